#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The kill switch from before the network on: whatever is flushed, restarted or killed, nothing leaves that is not for the LAN
# or the tunnel's own. Somebody sends to the world all the time; what this machine sends is captured on the other side of the
# cable.
set -uo pipefail
# shellcheck source=test/bed/guest/lib.sh
. /usr/lib/wgp-test/lib.sh

apply=/usr/libexec/wg-profile-apply
unit=wg-profile-killswitch@safe

reaches() {
        wait_for 20 ping -c 1 -W 2 "$1"
}
monotonic() {
        unit_property "$1" ActiveEnterTimestampMonotonic
}
rules() {
        nft list table inet "$1" | grep -o 'comment .*'
}
# Both tables are there, with the same rules, and one is owned.
both() {
        nft list table inet wg-killswitch-owned | grep -q 'flags owner' &&
                [[ -n $(rules wg-killswitch) && $(rules wg-killswitch) == "$(rules wg-killswitch-owned)" ]]
}
neither() {
        ! nft list table inet wg-killswitch && ! nft list table inet wg-killswitch-owned
}
is_unowned() {
        ! nft list table inet wg-killswitch-owned
}

# leaked SINCE: packets of this machine since then that are neither for the LAN nor a tunnel's own.
leaked() {
        local filter
        filter='not arp
                and not (ip and (dst net 192.168.77.0/24 or dst net 224.0.0.0/4))
                and not (ip6 and (dst net fd77::/64 or dst net fe80::/10 or dst net ff00::/8))
                and not icmp6[0] == 135 and not icmp6[0] == 136
                and not (udp dst port 51904 and dst host 198.51.100.4)'
        sleep 0.5 # until the capture has it
        tcpdump -n -tt -r /run/world.pcap "$(tr '\n' ' ' <<<"$filter")" 2>/dev/null |
                awk -v since="$1" '$1 > since && ++n <= 5'
}
since=0
# check_no_leak TEXT: since the last one
check_no_leak() {
        check_is "$1: nothing leaked" '' "$(leaked "$since")"
        since=$EPOCHREALTIME
}

#
# From the boot on
#
check 'the kill switch is on after the boot' systemctl is-active "$unit"
check 'it came before network-pre.target' test "$(monotonic "$unit")" -lt "$(monotonic network-pre.target)"
check 'its tunnel is up' systemctl is-active wg-profile@safe
check 'the world is reached through it' reaches 203.0.113.1
check 'the IPv6 world, too' reaches 2001:db8:1::1
check 'the resolver has the second table' wait_for 10 both
check 'somebody has been sending' systemctl is-active wgp-sender
check_no_leak 'from before the network'

#
# A private address behind the gateway is not the LAN.
#
ip -n world address add 10.64.0.1/32 dev lo
systemctl stop wg-profile@safe
check 'the gateway is reached' reaches 192.168.77.2
check_fails 'what is behind it is not' ping -c 1 -W 2 10.64.0.1
check_no_leak 'the LAN'

#
# Flushes, while the tunnel is down and while it is up
#
for _ in $(seq 20); do
        nft flush ruleset
        sleep 0.02
done
check 'flushed 20 times: both tables are back' wait_for 2 both
check 'the tunnel starts' systemctl start wg-profile@safe
check 'the world is reached through it' reaches 203.0.113.1
for _ in $(seq 20); do
        nft flush ruleset
        sleep 0.02
done
printf '#!/usr/sbin/nft -f\nflush ruleset\n' >/etc/nftables.conf
systemctl restart nftables.service
check 'flushed 20 times with the tunnel, and by nftables.service' wait_for 2 both
check 'the world is reached through it' reaches 203.0.113.1
check_no_leak 'flushed'

#
# Restarts and reloads of the unit and of the tunnel, with the resolver and without
#
for _ in 1 2 3 4 5; do
        systemctl restart "$unit" && systemctl reload "$unit" && systemctl restart wg-profile@safe || fail 'a restart or a reload'
done
check 'both tables are there' wait_for 2 both
systemctl mask --runtime --now wg-profile-resolver.timer wg-profile-resolver.service 2>/dev/null
check 'without the resolver there is one table' is_unowned
for _ in 1 2 3 4 5; do
        systemctl restart "$unit" && systemctl reload "$unit" && systemctl restart wg-profile@safe || fail 'a restart or a reload'
done
check 'it is there' nft list table inet wg-killswitch
systemctl stop wg-profile@safe
for _ in 1 2 3 4 5; do
        systemctl restart "$unit" || fail 'a restart without the tunnel'
done
# systemd is asked whether it is a restart, bus or no bus.
mv /run/dbus/system_bus_socket /run/dbus/away
systemctl restart "$unit" || fail 'a restart without a bus'
mv /run/dbus/away /run/dbus/system_bus_socket
check_no_leak 'restarts and reloads'
systemctl unmask --runtime wg-profile-resolver.timer wg-profile-resolver.service
systemctl start wg-profile@safe
check 'the resolver has its table again' wait_for 5 both

#
# The resolver is killed, and restarted
#
for _ in 1 2 3; do
        systemctl kill --signal=KILL wg-profile-resolver.service
        sleep 1
        systemctl restart wg-profile-resolver.service
done
check 'killed and restarted: both tables' wait_for 5 both
check_no_leak 'the resolver killed and restarted'
systemctl stop wg-profile@safe
systemctl kill --signal=KILL wg-profile-resolver.service
nft flush ruleset
check 'killed, and all flushed before it is back: both tables' wait_for 5 both
since=$EPOCHREALTIME # until then there was none

#
# apply is killed at 100 moments
#
for ((i = 0; i < 100; i++)); do
        case $((i % 4)) in
        0) verb=killswitch ;;
        1) verb=up ;;
        2) verb=reload ;;
        3) verb=down ;;
        esac
        "$apply" $verb safe 2>/dev/null &
        sleep "0.$(printf %03d $((i * 3)))"
        kill -KILL $! 2>/dev/null
        wait $! 2>/dev/null
done
"$apply" down safe 2>/dev/null
check 'killed 100 times: both tables' wait_for 5 both
check_fails 'the world is not there' ping -c 1 -W 2 203.0.113.1
check_no_leak 'apply killed 100 times'

#
# A stop that is killed, and one that is not
#
exec 5<>/run/wg-profile/state/.killswitch.lock
flock 5
systemctl stop --no-block "$unit"
sleep 1
systemctl kill --kill-who=control --signal=KILL "$unit"
sleep 1
flock -u 5
check 'a stop that is killed: the unit has failed' wait_for 5 systemctl is-failed "$unit"
check 'the kill switch stays on' both
check 'and that is said' sh -c "journalctl --quiet --unit=$unit | grep -q 'stays on, though its unit is not active'"
check 'a start' systemctl start "$unit"
check_no_leak 'a stop that is killed'
check 'a stop' systemctl stop "$unit"
check 'both tables are gone' neither
start=$EPOCHREALTIME
check 'the world is there' reaches 203.0.113.1
check 'the capture sees that' test -n "$(leaked "$start")"
check 'the resolver ends' wait_for 40 sh -c '! systemctl is-active wg-profile-resolver.service'

#
# A drop-in, and a reload of the tunnel
#
check 'a tunnel without a kill switch' wg-profile up one
mkdir -p /etc/wg-profile/one.conf.d
printf '[WgProfile]\nKillSwitch=yes\n' >/etc/wg-profile/one.conf.d/50-safe.conf
check_fails 'a drop-in with one, and a reload' wg-profile reload one
check_like 'says that it is off' 'its kill switch is off: run .systemctl start wg-profile-killswitch@one' "$(wg-profile reload one 2>&1)"
check_like 'and so does the status' 'the kill switch is off, and the profile has KillSwitch=yes' "$(wg-profile status one)"
check 'it can be switched on' systemctl start wg-profile-killswitch@one
check 'both tables are there' wait_for 5 both
check 'now the reload is fine' wg-profile reload one
check 'and so is the world' reaches 203.0.113.1
systemctl stop wg-profile-killswitch@one wg-profile@one
check 'both tables are gone' neither

#
# What others take away from a full tunnel without a kill switch
#
rm /etc/wg-profile/one.conf.d/50-safe.conf
systemctl daemon-reload
check 'a full tunnel without a kill switch' wg-profile up one
check 'the world is reached through it' reaches 203.0.113.1
look() {
        ip -4 rule
        ip -6 rule
        ip -4 route show table all dev one
        ip -6 route show table all dev one | grep -v fe80
        ip route show table all type unreachable
        ip -oneline address show dev one | sed 's/valid_lft.*//'
        ip -oneline link show dev one | grep -o '<[^>]*>'
        nft list ruleset
}
sleep 3 # what the start of the resolver looks for, it has looked for
look >/run/whole
is_whole() {
        look | cmp - /run/whole
}
delete_rules() {
        local family
        for family in -4 -6; do
                ip $family rule delete priority "$(ip $family rule | sed -n 's/^\([0-9]*\):.*not from all fwmark.*/\1/p' | head -n 1)"
        done
}
for _ in 1 2 3 4 5; do
        delete_rules
        check 'rules deleted: whole within two seconds' wait_for 2 is_whole
done
ip link set one down
check 'the link set down: whole' wait_for 15 is_whole
ip address flush dev one
check 'its addresses flushed: whole' wait_for 15 is_whole
systemctl kill --signal=KILL wg-profile-resolver.service
delete_rules
ip -4 route flush table "$(($(wg show one fwmark)))"
nft flush ruleset
ip link set one down
check 'the resolver killed, and all that deleted before it is back: whole' wait_for 20 is_whole
check 'the world is reached through it' reaches 203.0.113.1
check 'down' wg-profile down one
