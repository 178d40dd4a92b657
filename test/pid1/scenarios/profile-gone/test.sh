# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# A tunnel runs, its profile is broken or deleted, and systemd reads its units again, as each package upgrade has it: the
# stop still takes everything away.
# shellcheck source=test/qemu/guest/lib.sh
. /usr/lib/wgp-test/lib.sh

tunnels=(inside hooked names saved plain)
units=("${tunnels[@]/#/wg-profile@}")

may_enter() { [[ $(unit_property "$1" CapabilityBoundingSet) == *cap_sys_admin* ]]; }
started_all() { systemctl is-active "${units[@]}"; }
needs() { (cd /run/wg-profile/state && find . -name '*.needs-*' -printf '%P\n' | sort | xargs); }
resolvers() { awk '$1 == "nameserver" { print $2 }' /etc/resolv.conf | xargs; }
left() {
        find /run/wg-profile/state -name '*.json' -printf '%f\n'
        ip -o link show type tun
        ip -n vpn -o link show dev inside 2>/dev/null
}

# what the units keep, whatever "$1" became of the profiles
keeps_what_it_needs() {
        check "$1: the unit of the network namespace may enter it" may_enter wg-profile@inside
        check_is "$1: the unit with hooks has no sandbox" no "$(unit_property wg-profile@hooked ProtectSystem)"
        check_like "$1: the unit with name servers may write them" '/etc' "$(unit_property wg-profile@names ReadWritePaths)"
        check_is "$1: and nothing else" strict "$(unit_property wg-profile@names ProtectSystem)"
        check_like "$1: the unit that saves its profile may" '/etc/wg-profile' "$(unit_property wg-profile@saved ReadWritePaths)"
        check_fails "$1: the plain unit gets nothing" may_enter wg-profile@plain
}

stops_whole() {
        for tunnel in "${tunnels[@]}"; do
                check "$1: $tunnel stops" systemctl stop "wg-profile@$tunnel"
                check_is "$1: $tunnel: the unit has not failed" inactive "$(systemctl is-active "wg-profile@$tunnel")"
        done
        check_is "$1: PostDown has run" post-down "$(cat /run/hooked.log)"
        check_is "$1: the name servers are those from before" 192.0.2.53 "$(resolvers)"
        check_is "$1: nothing is left" '' "$(left)"
        check_is "$1: and nothing is needed" '' "$(needs)"
        rm -f /run/hooked.log
}

check 'all are up after the boot' started_all
check_is 'name servers were set through resolvconf' 10.9.3.53 "$(resolvers)"
check_is 'what each stop takes is noted' \
        'hooked.needs-hooks inside.needs-netns names.needs-resolvconf saved.needs-saveconfig' "$(needs)"
keeps_what_it_needs 'at first'

cp -a /etc/wg-profile /run/profiles
for tunnel in "${tunnels[@]}"; do
        sed -i 's/^Address.*/Adress = 10.9.0.1.2/' "/etc/wg-profile/$tunnel.conf"
done
systemctl daemon-reload
keeps_what_it_needs 'a typo'
stops_whole 'a typo'

cp -a /run/profiles/. /etc/wg-profile/
systemctl daemon-reload
check 'repaired, they start' systemctl start "${units[@]}"
rm /etc/wg-profile/*.conf
systemctl daemon-reload
keeps_what_it_needs 'deleted'
stops_whole 'deleted'

cp -a /run/profiles/. /etc/wg-profile/
systemctl daemon-reload
check 'back again, they start' systemctl start "${units[@]}"
printf 'PostDown = true\n[Nonsense\n' >/etc/wg-profile/inside.conf # another need, and nothing of the old one
printf '[Interface]\nPrivateKey = nonsense\n' | tee /etc/wg-profile/{hooked,names,saved}.conf >/dev/null
systemctl daemon-reload
keeps_what_it_needs 'another profile'
stops_whole 'another profile'
rm /etc/wg-profile/*.conf
systemctl daemon-reload
check_is 'a stopped tunnel without a profile has no drop-in' '' \
        "$(find /run/systemd/generator -name 'wg-profile*' 2>/dev/null)"
check_is 'nothing has failed' '' "$(systemctl --failed --legend=no)"
