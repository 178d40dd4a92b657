#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Profile, record, unit and world disagree: a full tunnel is held or healed, and a stop takes all of it away.
set -uo pipefail
# shellcheck source=test/bed/guest/lib.sh
. /usr/lib/wgp-test/lib.sh

unit=wg-profile@full
record=/run/wg-profile/state/full.json
profile=/etc/wg-profile/full.conf

# Each line is something of ours.
left() {
        ip -brief link show type wireguard
        { ip -4 rule; ip -6 rule; } | grep -E '^31[0-9]{3}:'
        { ip -4 route show table all type unreachable; ip -6 route show table all type unreachable; } | grep 4294967295
        nft list tables | grep -F wg-profile
        grep -v '^0$' /proc/sys/net/ipv4/conf/all/src_valid_mark
        find /run/wg-profile/state -name '*.json' ! -name '*.resolver.json'
}
nothing_left() { [[ -z $(left) ]]; }
check_nothing_left() { check_is "$1: nothing is left" '' "$(left)"; }
whole() { # each family: two of the tunnel, one for its packets, and the target of that
        [[ $(ip -4 rule | grep -cE '^31[0-9]{3}:') == 4 && $(ip -6 rule | grep -cE '^31[0-9]{3}:') == 4 ]] &&
                [[ $(ip route get 203.0.113.1) == *'dev full '* ]]
}
held() { [[ $(ip route get 203.0.113.1 2>&1) != *'dev to-far '* ]]; }
delete_rules() {
        local family priority
        for family in -4 -6; do
                for priority in $(ip $family rule | sed -n 's/^\(31[0-9]*\):.*/\1/p' | tac); do
                        ip $family rule delete priority "$priority"
                done
        done
}
run() {
        status=0
        output=$("$@" 2>&1) || status=$?
}
stop_resolver() { systemctl stop wg-profile-resolver.timer wg-profile-resolver; }
# write_profile [IN-INTERFACE [ALLOWED-IPS [ENDPOINT [MORE]]]]
write_profile() {
        install -m 0600 /dev/stdin $profile <<END
[Interface]
PrivateKey = $here
Address = 10.97.0.2/32, fd97::2/128
${1-}

[Peer]
PublicKey = $(wg pubkey <<<"$there")
AllowedIPs = ${2:-0.0.0.0/0, ::/0}
Endpoint = ${3:-198.51.100.1:51820}
${4-}
END
        systemctl daemon-reload
}

peer_add far 198.51.100.254/24 198.51.100.1/24
ip route add default via 198.51.100.1
here=$(wg genkey) there=$(wg genkey)
install -d -m 0755 /etc/wg-profile
write_profile
check_nothing_left 'before'
check 'without a tunnel, the world is beyond the cable' bash -c '[[ $(ip route get 203.0.113.1) == *"dev to-far "* ]]'

# The profile is broken or deleted, and systemd reads its units again.
for how in 'echo nonsense >>' 'rm'; do
        write_profile
        check "$how: start" systemctl start $unit
        check "$how: it is whole" whole
        eval "$how $profile"
        systemctl daemon-reload
        check "$how: stop" systemctl stop $unit
        check_nothing_left "$how"
done
write_profile

# The record cannot be used.
for how in 'echo "{" >' ': >' 'sed -i s/\"version\":\ 1/\"version\":\ 99/' 'rm'; do
        check "record, $how: start" systemctl start $unit
        stop_resolver
        eval "$how $record"
        check "record, $how: stop" systemctl stop $unit
        check_nothing_left "record, $how"
        check "record, $how: start again" wg-profile up full
        stop_resolver
        eval "$how $record"
        check "record, $how: reload" wg-profile reload full
        check "record, $how: it is whole" whole
        check "record, $how: down" wg-profile down full
        check_nothing_left "record, $how, then a reload"
done

# A reload has failed, and then somebody deletes the rules.
check 'a start' systemctl start $unit
ip route add 10.55.0.0/16 dev to-far protocol static
sed -i 's|^AllowedIPs.*|&, 10.55.0.0/16|' $profile
sed -i 's|^Address.*|&\nTable = 254|' $profile
check_fails 'a reload that fails' systemctl reload $unit
check 'the tunnel stays up' systemctl is-active $unit
check 'and holds' held
delete_rules
check 'the rules deleted, it holds again' wait_for 5 held
ip route delete 10.55.0.0/16
write_profile
check 'a reload' systemctl reload $unit
check 'it is whole' whole

# What leaks is repaired at once, whatever was before a restart.
for _ in {1..6}; do delete_rules; wait_for 60 whole; done
check 'a restart' systemctl restart $unit
delete_rules
check 'the rules deleted after a restart: whole within two seconds' wait_for 2 whole
check 'a stop' systemctl stop $unit
check_nothing_left 'deleted rules'

# IPv6 is switched off.
sysctl --quiet --write net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
check 'without IPv6: start' systemctl start $unit
check_like 'without IPv6: it is told' 'IPv6 is switched off on this host' "$(journalctl --output=cat --unit=$unit)"
check 'without IPv6: it is whole' whole
check 'without IPv6: stop' systemctl stop $unit
check_nothing_left 'without IPv6'
sysctl --quiet --write net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.default.disable_ipv6=0

# A hook that waits for itself.
write_profile 'PostUp = wg-profile reload full'
before=$SECONDS
check_fails 'a hook that reloads its own tunnel: the start fails' wg-profile up full
check 'at once' test $((SECONDS - before)) -lt 15
check_like 'it is told' "A hook of the tunnel 'full' cannot wait for itself" "$(journalctl --output=cat --unit=$unit)"
run wg-profile down full
check_nothing_left 'a hook that reloads its own tunnel'

# A peer with the tunnel's own key, and the LAN behind it.
write_profile '' '' '' "
[Peer]
PublicKey = $(wg pubkey <<<"$here")
AllowedIPs = 198.51.100.0/24"
check 'a peer with its own key: start' systemctl start $unit
check_like 'the LAN stays on the cable' 'dev to-far ' "$(ip route get 198.51.100.77)"
check 'stop' systemctl stop $unit
check_nothing_left 'a peer with its own key'

# Two halves, and an endpoint by name inside of one of them.
echo '198.51.100.1 vpn.example' >>/etc/hosts
write_profile '' '0.0.0.0/1, 128.0.0.0/1' vpn.example:51820
check 'halves and a name: start' systemctl start $unit
check 'the resolver sets it' wait_for 20 sh -c 'wg show full endpoints | grep -qF 198.51.100.1:51820'
mark=$(wg show full fwmark)
check_like 'the tunnel does not swallow its own packets' 'dev to-far ' "$(ip route get 198.51.100.1 mark "$mark")"
check_like 'all else goes in' 'dev full ' "$(ip route get 203.0.113.1)"
check 'stop' systemctl stop $unit
check_nothing_left 'halves and a name'

# An address twice, with two lengths.
write_profile
sed -i 's|^Address.*|Address = 10.97.0.2/32, fd97::2/64, fd97::2/128|' $profile
check 'an address with two lengths: start' systemctl start $unit
addresses=$(ip -6 -o address show dev full | sort)
for i in 1 2 3; do
        check "reload $i" systemctl reload $unit
        check_is "reload $i: the address is as it was" "$addresses" "$(ip -6 -o address show dev full | sort)"
done
check 'stop' systemctl stop $unit
write_profile

# The link is gone, and nobody but "up" looks.
check 'up' wg-profile up full
stop_resolver
ip link delete full
check 'the link deleted, it holds' held
run wg-profile up full
check_is 'up of a tunnel whose link is gone' 0 "$status"
check_like 'says so' 'The link full of the tunnel .full. is gone: the tunnel is restarted' "$output"
check 'it is whole' whole
sed -i 's/^Address.*/Address = 10.97.0.3\/32/' $profile
run wg-profile up full
check_like 'up of a tunnel whose profile has changed says so' "'wg-profile reload full' applies the profile" "$output"
check_is 'and is no failure' 0 "$status"
write_profile

# A failed unit whose profile is gone; a unit that waits for its next try.
systemctl stop $unit
echo nonsense >>$profile
check_fails 'a start with a broken profile' systemctl start $unit
rm $profile
check 'its profile deleted, down clears it' wg-profile down full
check_is 'then it has not failed' inactive "$(systemctl is-active $unit)"
write_profile
ip link add full type dummy
check_fails 'a start over the link of somebody else' wg-profile up full
check_is 'it waits for its next try' auto-restart "$(unit_property $unit SubState)"
ip link delete full
before=$SECONDS
check 'up does not' wg-profile up full
check 'it is there at once' test $((SECONDS - before)) -lt 15
check 'it is whole' whole

# A running tunnel is masked, and stopped.
systemctl mask --runtime $unit 2>/dev/null
systemctl stop $unit
check 'masked and stopped, the resolver takes it down' wait_for 30 nothing_left
systemctl unmask --runtime $unit 2>/dev/null

# A stop of which nothing survives.
mkdir -p /run/systemd/system/$unit.service.d
printf '[Service]\nExecStop=\nExecStop=/bin/sh -c "kill -KILL $$$$"\nExecStopPost=\nExecStopPost=/bin/sh -c "kill -KILL $$$$"\n' \
        >/run/systemd/system/$unit.service.d/killed.conf
systemctl daemon-reload
check 'a start' systemctl start $unit
systemctl stop $unit
check_is 'its stop is killed' failed "$(systemctl is-active $unit)"
check 'the resolver takes it down' wait_for 30 nothing_left
rm -r /run/systemd/system/$unit.service.d
systemctl daemon-reload
check 'down clears the failure' wg-profile down full
check_is 'then it has not failed' inactive "$(systemctl is-active $unit)"
check_nothing_left 'in the end'
check_like 'the world is beyond the cable again' 'dev to-far ' "$(ip route get 203.0.113.1)"
