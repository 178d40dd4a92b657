# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# A restart of a full tunnel: what keeps traffic from leaving past it stays, however the restart came about.
# shellcheck source=test/bed/guest/lib.sh
. /usr/lib/wgp-test/lib.sh

watch_rules() {
        ip monitor rule route >/run/monitor 2>/dev/null &
        monitor=$!
        sleep 0.3
}
# What of the rules and the routes without a link was taken away meanwhile, if only for a moment.
taken_away() {
        sleep 0.3
        kill "$monitor"
        wait "$monitor" 2>/dev/null
        grep --extended-regexp 'Deleted (3[01][0-9]{3}:|unreachable)' /run/monitor
}
rules() {
        ip -4 rule
        ip -6 rule
        ip route show table 51820
}

ip link add lan type veth peer name far
ip link set lan up
ip link set far up
ip address add 192.168.77.1/24 dev lan
ip route add default via 192.168.77.2
check 'a full tunnel is up' systemctl is-active wg-profile@full
up=$(rules)
watch_rules
check 'it is restarted' systemctl restart wg-profile@full
check_is 'nothing was taken away meanwhile' '' "$(taken_away)"
check_is 'it has what it had' "$up" "$(rules)"

ip link delete full
check_fails 'its link deleted, nothing gets by' ip route get 203.0.113.1
watch_rules
check 'it is restarted then' systemctl try-restart wg-profile@full
check_is 'nothing was taken away meanwhile, too' '' "$(taken_away)"
check_is 'it has what it had then' "$up" "$(rules)"

check 'another one over it' systemctl start wg-profile@other
check 'the first is restarted' systemctl restart wg-profile@full
check_like 'the other one keeps the traffic' 'dev other' "$(ip route get 203.0.113.1)"
check 'the other one is restarted' systemctl restart wg-profile@other
check_is 'and has its PostDown' post-down "$(cat /run/other.log)"
check 'and both stop' systemctl stop wg-profile@full wg-profile@other
check_is 'a stop has it, too' 'post-down post-down' "$(xargs </run/other.log)"
check_like 'the world is reached without' 'dev lan' "$(ip route get 203.0.113.1)"
check_is 'there are no rules' 3 "$(ip -4 rule | wc -l)"
check_is 'no record' '' "$(find /run/wg-profile/state -name '*.json')"

# One that cannot come up again leaves nothing.
check 'it is started' systemctl start wg-profile@full
mkdir -p /run/systemd/system/wg-profile@full.service.d
printf '[Service]\nRestart=no\n' >/run/systemd/system/wg-profile@full.service.d/no.conf
systemctl daemon-reload
cp /etc/wg-profile/full.conf /run/full.conf
echo nonsense >>/etc/wg-profile/full.conf
check_fails 'a restart with a broken profile' systemctl restart wg-profile@full
check_is 'leaves no rules' 3 "$(ip -4 rule | wc -l)"
check_is 'and no record' '' "$(find /run/wg-profile/state -name '*.json')"
cp /run/full.conf /etc/wg-profile/full.conf
check 'it is started once more' systemctl start wg-profile@full
ip link delete full
check 'its link deleted, it stops' systemctl stop wg-profile@full
check_is 'and leaves no rules' 3 "$(ip -4 rule | wc -l)"

# Nobody can tell whether it is a restart: the traffic is held all the same, and a stop says that it still is.
printf '[Service]\nInaccessiblePaths=-/run/systemd/private -/run/dbus/system_bus_socket\n' \
        >/run/systemd/system/wg-profile@full.service.d/no.conf
systemctl daemon-reload
check 'without a way to systemd, it is started' systemctl start wg-profile@full
watch_rules
check 'without a way to systemd, it is restarted' systemctl restart wg-profile@full
check_is 'nothing was taken away meanwhile, either' '' "$(taken_away)"
check_is 'it is up' active "$(systemctl is-active wg-profile@full)"
systemctl stop wg-profile-resolver.timer wg-profile-resolver
systemctl stop wg-profile@full
check_is 'a stop has failed' failed "$(systemctl is-active wg-profile@full)"
check_fails 'nothing gets by' ip route get 203.0.113.1
check 'the resolver starts' systemctl start wg-profile-resolver
check 'it takes all away' wait_for 20 eval '[[ ! -e /run/wg-profile/state/full.json ]]'
check_is 'no rules are left' 3 "$(ip -4 rule | wc -l)"
check_like 'the world is reached without once more' 'dev lan' "$(ip route get 203.0.113.1)"
