#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Full tunnels: the kill switch from boot on, then up to three tunnels at once under a strict rp_filter, up and down in
# every order. What this machine sent is captured on the other side of the cable: never anything to the world but the
# tunnels' own packets.
set -uo pipefail
# shellcheck source=test/bed/guest/lib.sh
. /usr/lib/wgp-test/lib.sh

apply=/usr/libexec/wg-profile-apply

reaches() {
        wait_for 20 ping -c 1 -W 2 "$1"
}
device_to() {
        ip route get "$@" | sed -n 's/.* dev \([^ ]*\).*/\1/p' | head -n 1
}
n_dropped() {
        nstat -asz TcpExtIPReversePathFilter | awk '/ReversePath/ { print $2 }'
}
# Whether rp_filter lets pass what a tunnel exchanges. The server of one that is down may send still, which is dropped, and
# rightly so: once without a drop is enough, as what is wrong with a tunnel shows with each packet.
passes_filter() {
        local before
        for _ in 1 2 3; do
                before=$(n_dropped)
                ping -c 1 -W 2 203.0.113.1 >/dev/null
                ping -c 1 -W 2 192.168.77.2 >/dev/null
                [[ $(n_dropped) != "$before" ]] || return 0
        done
        return 1
}
kill_switch_is_on() {
        nft list table inet wg-killswitch
}
monotonic() {
        unit_property "$1" ActiveEnterTimestampMonotonic
}

# leaked SINCE: packets of this machine since then that are neither for the LAN nor a tunnel's own.
leaked() {
        local filter
        filter='not arp
                and not (ip and (dst net 192.168.77.0/24 or dst net 224.0.0.0/4))
                and not (ip6 and (dst net fd77::/64 or dst net 2001:db8:77::/64 or dst net fe80::/10 or dst net ff00::/8))
                and not icmp6[0] == 135 and not icmp6[0] == 136
                and not (udp dst port 51901 and dst host 198.51.100.1)
                and not (udp dst port 51902 and dst host 198.51.100.2)
                and not (udp dst port 51903 and dst host 2001:db8:51::3)
                and not (udp dst port 51904 and dst host 198.51.100.4)'
        sleep 0.5 # until the capture has it
        tcpdump -n -tt -r /run/world.pcap "$(tr '\n' ' ' <<<"$filter")" 2>/dev/null |
                awk -v since="$1" '$1 > since && ++n <= 5'
}
# check_no_leak TEXT SINCE
check_no_leak() {
        check_is "$1: nothing leaked" '' "$(leaked "$2")"
}

#
# The kill switch
#
check 'the kill switch is on after the boot' systemctl is-active wg-profile-killswitch@safe
check 'it came before network-pre.target' \
        test "$(monotonic wg-profile-killswitch@safe)" -lt "$(monotonic network-pre.target)"
check 'its tunnel is up' systemctl is-active wg-profile@safe
check 'the world is reached through it' reaches 203.0.113.1
check 'the IPv6 world, too' reaches 2001:db8:1::1
check 'the LAN is reached' reaches 192.168.77.2
check 'the IPv6 LAN, too' reaches fd77::2
check 'somebody has been sending' systemctl is-active wgp-sender
check_no_leak 'from before the network' 0
systemctl stop wg-profile-resolver.timer wg-profile-resolver.service
systemctl kill --signal=KILL wg-profile-resolver.service 2>/dev/null
ip link delete safe
check_fails 'the resolver killed and the link gone, the world is not there' ping -c 1 -W 2 203.0.113.1
check 'the LAN is' reaches 192.168.77.2
systemctl stop wg-profile@safe
check_fails 'the tunnel stopped, the world is not there either' ping -c 1 -W 2 203.0.113.1
for n in 2 6 10 14; do
        "$apply" up safe 2>/dev/null &
        sleep "0.$n"
        kill -KILL $! 2>/dev/null
        wait $! 2>/dev/null
        "$apply" down safe 2>/dev/null
done
check_fails 'apply killed four times, the world is not there still' ping -c 1 -W 2 203.0.113.1
check 'the kill switch is on' kill_switch_is_on
check_no_leak 'until here' 0
start=$EPOCHREALTIME
check 'the kill switch is stopped' systemctl stop wg-profile-killswitch@safe
check_fails 'it is off' kill_switch_is_on
check 'the world is there without it' reaches 203.0.113.1
check 'the capture sees that' test -n "$(leaked "$start")"

#
# Up and down in every order
#
sysctl -q net.ipv4.conf.all.rp_filter=1 net.ipv4.conf.default.rp_filter=1 net.ipv4.conf.to-world.rp_filter=1
before=$(net_state)

# What has to be true of tunnels that are up, the last one started at the end of the list. Prints what is not.
judge() {
        local name device address
        for name; do
                for address in 203.0.113.1 2001:db8:1::1; do
                        device=$(device_to "$address" mark "$(wg show "$name" fwmark)")
                        [[ $device == to-world ]] || echo "with $* up, packets of $name to $address go by $device"
                done
        done
        for address in 203.0.113.1 2001:db8:1::1; do
                device=$(device_to "$address")
                [[ $device == "${*: -1}" ]] || echo "with $* up, $address goes by $device"
                reaches "$address" || echo "with $* up, there is no answer from $address"
        done
        [[ $(device_to 192.168.77.2) == to-world ]] || echo "with $* up, the LAN goes by $(device_to 192.168.77.2)"
        ping -c 1 -W 2 192.168.77.2 >/dev/null || echo "with $* up, there is no answer from the LAN"
        passes_filter || echo "with $* up, rp_filter drops packets"
        [[ $(</proc/sys/net/ipv4/conf/all/src_valid_mark) == 1 ]] || echo "with $* up, src_valid_mark is off"
        [[ $(nft list tables | sort) == "$(printf 'table inet wg-profile-%s\n' "$@" | sort)" ]] || nft list tables
}

# without NAME TUNNEL...: the others
without() {
        local name=$1
        shift
        for t; do
                [[ $t == "$name" ]] || printf '%s ' "$t"
        done
}

# walk "UP..." "DOWN...": brings tunnels up, and down, in these orders. Prints what is wrong.
walk() {
        local name start now=()
        for name in $1; do
                "$apply" up "$name" || echo "$name does not come up"
                now+=("$name")
                ((${#now[@]} > 1)) || start=$EPOCHREALTIME
                judge "${now[@]}"
        done
        for name in $2; do
                ((${#now[@]} > 1)) || leaked "$start"
                "$apply" down "$name" || echo "$name does not go down"
                read -r -a now <<<"$(without "$name" "${now[@]}")"
                ((${#now[@]} == 0)) || judge "${now[@]}"
        done
        diff <(echo "$before") <(net_state)
}

for up in 'one two' 'two one' 'two three' 'three two' 'one three' 'three one'; do
        read -r first second <<<"$up"
        for down in "$first $second" "$second $first"; do
                check_is "two: up $up, down $down" '' "$(walk "$up" "$down" 2>&1)"
        done
done
orders=('one two three' 'one three two' 'two one three' 'two three one' 'three one two' 'three two one')
for up in "${orders[@]}"; do
        for down in "${orders[@]}"; do
                check_is "three: up $up, down $down" '' "$(walk "$up" "$down" 2>&1)"
        done
done

#
# What others do to a tunnel
#
check 'a tunnel is started' systemctl start wg-profile@one
check 'another one over it' systemctl start wg-profile@two
check 'the world is reached through that' reaches 203.0.113.1
start=$EPOCHREALTIME
index=$(</sys/class/net/two/ifindex)
ip link delete two
is_back() {
        [[ -e /sys/class/net/two && $(</sys/class/net/two/ifindex) != "$index" ]] && systemctl is-active wg-profile@two
}
check 'its link deleted, it comes back by itself' wait_for 30 is_back
check 'the world is reached through it again' reaches 203.0.113.1
check 'it was not the other one that had the traffic' test "$(device_to 203.0.113.1)" = two
check_no_leak 'between the end of the link and the repair' "$start"
check 'a restart by hand' systemctl restart wg-profile@two wg-profile@one
check 'the world is reached after it' reaches 203.0.113.1
check_no_leak 'a restart' "$start"
check 'one stops' systemctl stop wg-profile@one
check 'the other one has the traffic' reaches 203.0.113.1
check_no_leak 'one of two stopped' "$start"
systemctl stop wg-profile@two
systemctl stop wg-profile-resolver.timer wg-profile-resolver.service
check_is 'nothing is left of both' "$before" "$(net_state)"
systemctl stop wgp-sender
