#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A host that does not play along: IPv6 switched off, hooks that call us, a reload that fails and rules that go then.

. "$(dirname "$0")/lib.sh"

setup_hosts
snapshot > "$work/clean"
repair() { "$apply" --root="$root" repair "$1"; }
ipv6_off() { sysctl -qw net.ipv6.conf.default.disable_ipv6=$1 net.ipv6.conf.all.disable_ipv6=$1; }

full="[Interface]
PrivateKey = $(key here)
ListenPort = 51900
Address = 10.99.0.1/24, fd99::1/64
[Peer]
PublicKey = $(pub there)
AllowedIPs = 0.0.0.0/0, ::/0, 10.98.0.0/16, fd98::/48"

# --- IPv6 is switched off ---

profile full.conf <<< "$full"
ipv6_off 1
snapshot > "$work/off"
check_exit "IPv6 is off: up" 0 up full
check "IPv6 is off: up: told" says "IPv6 is switched off on this host"
check "IPv6 is off: up: once" test "$(grep -c 'switched off' "$work/err")" = 1
check "IPv6 is off: the address" sh -c "ip address show dev full | grep -q 10.99.0.1/24"
check "IPv6 is off: the default route" sh -c "ip route show table 51820 | grep -q 'default dev full'"
check "IPv6 is off: the rules of both families" test "$(ip rule | grep -c '^31') $(ip -6 rule | grep -c '^31')" = "4 4"
check "IPv6 is off: what is behind the IPv6 default route" sh -c "ip -6 route show table 51820 | grep -q unreachable"
snapshot > "$work/up"
check_exit "IPv6 is off: reload" 0 reload full
snapshot > "$work/now"
check_same "IPv6 is off: reload: nothing changes" "$work/up" "$work/now"
check_exit "IPv6 is off: repair" 0 repair full
check_exit "IPv6 is off: plan: nothing to do" 0 "$apply" --root="$root" plan full
ipv6_off 0
check_exit "IPv6 is on again: reload" 0 reload full
check "IPv6 is on again: the address" sh -c "ip address show dev full | grep -q fd99::1/64"
check "IPv6 is on again: the route" sh -c "ip -6 route show table 51820 | grep -q 'default dev full'"
sysctl -qw net.ipv6.conf.full.disable_ipv6=1
check_exit "IPv6 is switched off on the link: repair" 0 repair full
check_exit "IPv6 is switched off on the link: reload" 0 reload full
check "IPv6 is switched off on the link: told" says "IPv6 is switched off on this host"
down full
check_nothing_left "IPv6 is off: down"

# --- hooks that call for their own tunnel ---

for verb in reload up down repair plan "down --after-failure"; do
        profile hooked.conf <<< "${full/\[Peer\]/PostUp = $apply --root=$root $verb hooked
\[Peer\]}"
        check_exit "a hook calls $verb of its tunnel: up ends at once" 1 timeout 10 "$apply" --root="$root" up hooked
        check "a hook calls $verb of its tunnel: told" says "A hook of the tunnel 'hooked' cannot wait for itself"
        check_nothing_left "a hook calls $verb of its tunnel"
done
profile other.conf <<< "${full/51900/51902}"
sed -i 's/10.99.0.1/10.99.7.1/; s/fd99::1/fd99:7::1/; s|, 10.98.0.0/16, fd98::/48||' "$root/etc/wg-profile/other.conf"
profile hooked.conf <<< "${full/\[Peer\]/PostUp = $apply --root=$root up other; $apply --root=$root down other
PostDown = $apply --root=$root up other; $apply --root=$root down other
\[Peer\]}"
check_exit "a hook calls for another tunnel: up" 0 timeout 20 "$apply" --root="$root" up hooked
check_exit "a hook calls for another tunnel: down" 0 timeout 20 "$apply" --root="$root" down hooked
check_nothing_left "a hook calls for another tunnel"
# what a hook has started may do so when the hook has ended
profile hooked.conf <<< "${full/\[Peer\]/PostUp = (sleep 2; $apply --root=$root reload hooked; echo \$? > $work/later) > \/dev\/null 2>\&1 \&
\[Peer\]}"
check_exit "what a hook has started calls later: up" 0 timeout 10 "$apply" --root="$root" up hooked
check "what a hook has started calls later" wait_for 8 grep -q '^0$' "$work/later"
down hooked
check_nothing_left "what a hook has started calls later"

# --- a reload that has failed, and somebody who deletes ---

ip route add 10.55.0.0/16 dev cable protocol static
profile full.conf <<< "$full"
up full 2> /dev/null
sed -i 's|10.98.0.0/16|10.97.0.0/16, 10.55.0.0/16|' "$root/etc/wg-profile/full.conf"
check_exit "a reload fails" 1 reload full
snapshot > "$work/failed"
ip rule del priority 31997
ip -6 rule del priority 31997
ip -6 route del unreachable default table 51820 metric 4294967295
ip route del default dev full table 51820
nft delete table inet wg-profile-full
sysctl -qw net.ipv4.conf.all.src_valid_mark=0
check_exit "a reload has failed: repair" 0 repair full
check "a reload has failed: repair: told" says "Until then only the rules that hold its traffic are repaired."
snapshot > "$work/now"
check_same "a reload has failed: repair: what holds the traffic is there" "$work/failed" "$work/now"
check_exit "a reload has failed: repair again" 0 repair full
snapshot > "$work/now"
check_same "a reload has failed: repair again: nothing changes" "$work/failed" "$work/now"
wg set full fwmark 0x77
snapshot > "$work/foreign"
check_exit "a reload has failed, and the mark is another's: repair" 1 repair full
check "a reload has failed, and the mark is another's: told" says "Until then nothing is repaired."
snapshot > "$work/now"
check_same "a reload has failed, and the mark is another's: nothing changes" "$work/foreign" "$work/now"
down full
ip route del 10.55.0.0/16 dev cable
check_nothing_left "a reload has failed: down"
ip route add 10.55.0.0/16 dev cable protocol static

profile plain.conf <<< "${full/0.0.0.0\/0, ::\/0, /}"
up plain
sed -i 's|10.98.0.0/16|10.97.0.0/16, 10.55.0.0/16|' "$root/etc/wg-profile/plain.conf"
check_exit "a plain tunnel: a reload fails" 1 reload plain
check_exit "a plain tunnel: repair" 1 repair plain
check "a plain tunnel: repair: told" says "Until then nothing is repaired."
down plain
ip route del 10.55.0.0/16 dev cable
check_nothing_left "a plain tunnel: a reload has failed: down"
end
