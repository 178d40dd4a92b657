# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# systemd-networkd removes rules, and routes without a link, that it has not made itself, when it starts and when it
# configures a link. Those of a full tunnel stay.
# shellcheck source=test/bed/guest/lib.sh
. /usr/lib/wgp-test/lib.sh

state() {
        local family

        for family in -4 -6; do
                ip "$family" rule
                ip "$family" route show table 51820
        done
}
has_its_link() {
        ip address show dev managed | grep --quiet 203.0.113.1
}
none_of_others() {
        [[ -z $(ip rule show priority 7777; ip route show table 7777) ]]
}

rm /run/systemd/system/systemd-networkd.service # masked
systemctl daemon-reload
check 'the tunnel is up' systemctl is-active wg-profile@full
check_like 'nothing gets past its default route' 'unreachable default' "$(state)"
state >/run/before
# what it would put back has to stay by itself
check 'the resolver is stopped' systemctl stop wg-profile-resolver.timer wg-profile-resolver.service
ip link add managed type veth peer name managed2
ip link set managed up

check 'systemd-networkd starts' systemctl start systemd-networkd
check 'it configures its link' wait_for 20 has_its_link
check 'rules and routes of the tunnel stay' diff /run/before <(state)

ip rule add priority 7777 lookup 7777
ip route add unreachable 203.0.113.128/25 table 7777 protocol static
check 'it is restarted' systemctl restart systemd-networkd
check 'it has removed those of others' wait_for 20 none_of_others
check 'and none of the tunnel' diff /run/before <(state)
