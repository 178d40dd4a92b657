#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Default routes through tunnels: the rules, two of them at once, and what happens when a link vanishes.

. "$(dirname "$0")/lib.sh"

setup_hosts
ip route add default via 192.168.77.2
there ip address add 203.0.113.1/32 dev lo
there ip address add 10.5.0.1/32 dev lo
there ip address add 198.51.100.1/32 dev lo # where the tunnels lead to, behind the default route
snapshot > "$work/clean"

far_profile
there "$apply" --root="$root" up far

tunnel() { # NAME KEY ADDRESS [MORE]
        profile "$1.conf" <<EOT
[Interface]
PrivateKey = $(key "$2")
Address = $3/24
${4:-}
[Peer]
PublicKey = $(pub there)
Endpoint = 198.51.100.1:51901
AllowedIPs = 0.0.0.0/0, ::/0
EOT
}
tunnel one here 10.99.0.1
tunnel two third 10.99.0.3

device_to() { ip route get "$@" | sed -n 's/.* dev \([^ ]*\).*/\1/p' | head -1; }

check "up" up one
snapshot > "$work/up-one"
check "mark and table" test "$(wg show one fwmark)" = 0xca6c
check "rules" test "$(ip rule | sed 's/\t/ /g' | grep -A9 '^3[01]' | sed 's/ *$//' | head -4)" = "31000: from all fwmark 0xca6c goto 31999
31996: from all lookup main suppress_prefixlength 0
31997: not from all fwmark 0xca6c lookup 51820
31999: from all nop"
check "the world is behind the tunnel" test "$(device_to 203.0.113.1)" = one
check "our own packets go around it" test "$(device_to 203.0.113.1 mark 51820)" = cable
check "connected networks stay" test "$(device_to 192.168.77.2)" = cable
check "packets go through" reaches here 203.0.113.1
check "up again: nothing to do" sh -c "test $(faulted count up one; echo "$changes") = 0"
check "behind the link there is nothing" test "$(ip route show table 51820 type unreachable)" = "unreachable default proto kernel metric 4294967295 "

# --- nft table and src_valid_mark ---

valid_mark() { sysctl -n net.ipv4.conf.all.src_valid_mark; }
nft_of() { nft -s list table inet "wg-profile-$1" 2>/dev/null; }
port_of() { wg show "$1" listen-port; }

check "nft: the address, and the port that the kernel chose" sh -c "nft list table inet wg-profile-one | grep -c -e 'iifname != \"one\" ip daddr 10.99.0.1 fib saddr type != local drop' -e 'udp dport $(port_of one) fib daddr type local meta mark set 0x0000ca6c' | grep -qx 2"
check "nft: nothing of conntrack" sh -c "! nft list ruleset | grep -q 'ct '"
check "nft: at the priority before raw" sh -c "nft -n list table inet wg-profile-one | grep -q 'hook prerouting priority -301;'"
check "src_valid_mark is set" test "$(valid_mark)" = 1
nft_of one > "$work/nft-one"

# Replies to our packets come from where only packets with the mark go by the cable: to a strict reverse path filter that
# does not see the mark, they should have come through the tunnel.
sysctl -q net.ipv4.conf.all.rp_filter=1 net.ipv4.conf.cable.rp_filter=1
n_dropped() { nstat -asz TcpExtIPReversePathFilter | awk '/ReversePath/ { print $2 }'; }
check "strict rp_filter: packets go through" reaches here 203.0.113.1
check "strict rp_filter: none was dropped" test "$(n_dropped)" = 0
sysctl -q net.ipv4.conf.all.src_valid_mark=0
check "strict rp_filter: without the sysctl packets are dropped" sh -c '! timeout 3 bash -c "exec 3<>/dev/tcp/203.0.113.1/9" 2>&1 | grep refused'
sysctl -q net.ipv4.conf.all.src_valid_mark=1
n_expected=$(n_dropped)
check "strict rp_filter: they were dropped" test "$n_expected" -gt 0
check "strict rp_filter: and with it none" reaches here 203.0.113.1

there ip route add 10.99.0.1/32 via 192.168.77.1 table 77
there ip rule add priority 10 from 203.0.113.7 lookup 77
there ip address add 203.0.113.7/32 dev lo
nft add table inet count
nft 'add chain inet count in { type filter hook prerouting priority -302; }'
nft add rule inet count in iifname cable ip daddr 10.99.0.1 counter
nft 'add chain inet count after { type filter hook prerouting priority -300; }'
nft add rule inet count after iifname cable ip daddr 10.99.0.1 counter
n_packets() { nft list chain inet count "$1" | sed -n 's/.*counter packets \([0-9]*\).*/\1/p'; }
there ping -c 2 -i 0.2 -W 1 -I 203.0.113.7 10.99.0.1 > /dev/null
check "forged packets arrive" test "$(n_packets in)" -ge 2
check "forged packets are dropped" test "$(n_packets after)" = 0
nft delete table inet count

changes_of() { faulted count "$@"; echo "$changes"; }
check "reload: nothing to do" test "$(changes_of reload one)" = 0
plan() { "$apply" --root="$root" plan "$1"; }
nft flush ruleset
check "flushed: the plan" sh -c "$apply --root=$root plan one | grep -qx 'set nft table inet wg-profile-one address 10.99.0.1 port $(port_of one) mark 0xca6c: not there'"
repair() { "$apply" --root="$root" repair "$1"; }
check "flushed: repair" repair one
nft_of one > "$work/now"
check_same "flushed: all is back" "$work/nft-one" "$work/now"
nft flush table inet wg-profile-one
check "emptied: repair" repair one
nft_of one > "$work/now"
check_same "emptied: all is back" "$work/nft-one" "$work/now"
nft delete rule inet wg-profile-one prerouting handle "$(nft -a list table inet wg-profile-one | sed -n 's/.*forged.*# handle //p')"
check "a rule deleted: repair" repair one
nft_of one > "$work/now"
check_same "a rule deleted: it is back" "$work/nft-one" "$work/now"
sysctl -q net.ipv4.conf.all.src_valid_mark=0
check "src_valid_mark set back: repair" repair one
check "src_valid_mark set back: it is set again" test "$(valid_mark)" = 1
check "repair: then nothing to do" test "$(changes_of repair one)" = 0

wg set one listen-port 51999
check "another port by hand: reload" reload one
check "another port by hand: the table follows" sh -c "nft list table inet wg-profile-one | grep -q 'udp dport 51999 '"
check "another port by hand: packets go through" reaches here 203.0.113.1
snapshot > "$work/up-one"

check "second tunnel" up two
check "nft: two tables" test "$(nft list tables | sort | xargs)" = "table inet wg-profile-one table inet wg-profile-two"
check "second tunnel: none was dropped by rp_filter" test "$(n_dropped)" = "$n_expected"
check "second tunnel: its own mark" test "$(wg show two fwmark)" = 0xca6d
check "second tunnel: its MTU is that of the way around the first" sh -c "ip link show dev two | grep -q 'mtu 1420 '"
check "second tunnel: carries the traffic" test "$(device_to 203.0.113.1)" = two
check "second tunnel: our packets skip both" test "$(device_to 203.0.113.1 mark 51821)" = cable
check "first tunnel: its packets skip both" test "$(device_to 203.0.113.1 mark 51820)" = cable
check "second tunnel: packets go through" reaches here 203.0.113.1
snapshot > "$work/up-both"
check "reload of the first" reload one
snapshot > "$work/now"
check_same "reload of the first: no change" "$work/up-both" "$work/now"

ip link delete dev two
check "the link vanishes: nothing leaks" sh -c "! ip route get 203.0.113.1"
check "the link vanishes: up again" up two
snapshot > "$work/now"
sed -i -E "s/port [0-9]+/port RANDOM/g" "$work/up-both" "$work/now"
check_same "the link vanishes: all is back" "$work/up-both" "$work/now"
check "the link vanishes: the table has the new port" sh -c "nft list table inet wg-profile-two | grep -q 'udp dport $(port_of two) '"

check "the second goes" down two
snapshot > "$work/now"
check_same "the second goes: the first has all it had" "$work/up-one" "$work/now"
check "the second goes: the first carries the traffic" reaches here 203.0.113.1
check "strict rp_filter: still none was dropped" test "$(n_dropped)" = "$n_expected"
check "src_valid_mark stays while a tunnel needs it" test "$(valid_mark)" = 1
up two
check "the first goes" down one
check "the first goes: the second carries the traffic" reaches here 203.0.113.1
check "the first goes: the shared rule stays" sh -c "ip rule | grep -q '^31999:.*nop'"
down two
check_nothing_left_here() {
        snapshot > "$work/now"
        check_same "$1" "$work/clean" "$work/now"
}
check_nothing_left_here "both gone"

# --- without nft_socket: everything but the rule that needs it ---

profile named.conf <<< "[Interface]
PrivateKey = $(key third)
Address = 10.99.0.9/24
[Peer]
PublicKey = $(pub there)
AllowedIPs = 0.0.0.0/0
Endpoint = vpn.example.test:51820"
answers='udp sport 53 socket mark 0x0000ca6c meta mark set 0x0000ca6c'
check "an endpoint by name: up" up named
check "an endpoint by name: what name servers answer is marked" sh -c "nft list table inet wg-profile-named | grep -qF '$answers'"
check "an endpoint by name: nothing to do" test -z "$("$apply" --root="$root" plan named)"
nft_of named > "$work/nft-named"
check "an endpoint by name: nothing to repair" repair named
nft_of named > "$work/now"
check_same "an endpoint by name: a repair leaves the table as it is" "$work/nft-named" "$work/now"
nft delete table inet wg-profile-named
check "an endpoint by name: the table is deleted, and repaired" repair named
nft_of named > "$work/now"
check_same "an endpoint by name: a repair puts back all of it" "$work/nft-named" "$work/now"
down named
check_exit "without nft_socket: up" 0 without_nft_socket up named
check "without nft_socket: says what it means" says "needs nft_socket: unknown error. A strict rp_filter may drop them."
nft_of named > "$work/nft-named"
check "without nft_socket: all the rest is there" test "$(grep -cE 'forged|own packets' "$work/nft-named")" = 2
check "without nft_socket: that is not" sh -c "! grep -q 'socket mark' '$work/nft-named'"
check "without nft_socket: nothing to do" test -z "$("$apply" --root="$root" plan named)"
nft delete rule inet wg-profile-named prerouting handle "$(nft -a list table inet wg-profile-named | sed -n 's/.*forged.*# handle //p')"
check "without nft_socket: another rule is deleted, and put back" without_nft_socket reload named
nft_of named > "$work/now"
check_same "without nft_socket: all the rest is there again" "$work/nft-named" "$work/now"
check "without nft_socket: nothing to do then" test -z "$("$apply" --root="$root" plan named)"
sed -i 's/^Endpoint.*/Endpoint = 192.168.77.2:51820/' "$root/etc/wg-profile/named.conf"
check "no name any more" reload named
sed -i 's/^Endpoint.*/Endpoint = vpn.example.test:51820/' "$root/etc/wg-profile/named.conf"
check "a name again, and nft_socket" reload named
check "a name again, and nft_socket: the rule is there" sh -c "nft list table inet wg-profile-named | grep -qF '$answers'"
nft delete rule inet wg-profile-named prerouting handle "$(nft -a list table inet wg-profile-named | sed -n 's/.*answers of.*# handle //p')"
check "it is deleted" sh -c "! nft list table inet wg-profile-named | grep -qF '$answers'"
check "a reload puts it back" reload named
check "it is there again" sh -c "nft list table inet wg-profile-named | grep -qF '$answers'"
down named

# --- without nft ---

check_exit "without nft: up" 0 without_nft up one
check "without nft: says so, and what it means" says "The tunnel has no nft table: "
check "without nft: a strict rp_filter drops packets" sh -c '! timeout 3 bash -c "exec 3<>/dev/tcp/203.0.113.1/9" 2>&1 | grep refused'
sysctl -q net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.cable.rp_filter=0
check "without nft: without it packets go through" reaches here 203.0.113.1
check "without nft: there is no table" test -z "$(nft list tables)"
check "without nft: the record has the reason" grep -q '"nft-problem": ".*libnftables' "$state/one.json"
check_exit "without nft: it is tried again with a reload" 0 without_nft reload one
check "without nft: and said again" says "The tunnel has no nft table: "
check_exit "with nft again: reload" 0 reload one
check "with nft again: the table" test -n "$(nft_of one)"
check "with nft again: the record has no reason" sh -c "! grep -q nft-problem '$state/one.json'"
without_nft down one > /dev/null 2>&1
check "without nft: down leaves the record of what it could not take away" test -e "$state/one.json"
check "with nft again: down" down one
check_nothing_left_here "with nft again"

# --- a sysctl that cannot be written ---

mount --bind -o ro /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys
check_exit "read-only sysctls: up" 0 up one
check "read-only sysctls: says so" says "Cannot set net.ipv4.conf.all.src_valid_mark: "
check "read-only sysctls: packets go through" reaches here 203.0.113.1
umount /proc/sys
check "read-only sysctls: down" down one
check_nothing_left_here "read-only sysctls"

# --- numbers that are taken, numbers that are stated ---

ip rule add priority 40000 table 51820
ip route add unreachable 10.250.0.0/16 table 51821
ip rule add priority 31000 to 10.251.0.0/16 table main
snapshot > "$work/taken"
up one
check "taken by a rule, and by a route" test "$(wg show one fwmark)" = 0xca6e
check "a taken priority" sh -c "ip rule | grep -q '^31001:.*goto'"
down one
snapshot > "$work/now"
check_same "other people's rules stay" "$work/taken" "$work/now"
ip rule del priority 40000
ip rule del priority 31000
ip route del unreachable 10.250.0.0/16 table 51821

tunnel one here 10.99.0.1 'FwMark = 0x77'
up one
check "a stated mark is the table, too" test "$(wg show one fwmark)$(ip route show table 119 type unicast)" = "0x77default dev one scope link "
down one
tunnel one here 10.99.0.1 'Table = 300'
up one
check "a stated table: no rules" test "$(ip rule | wc -l)" = 3
check "a stated table: the routes" test "$(ip route show table 300)" = "default dev one scope link "
down one
check_nothing_left_here "stated numbers"

# --- from split to full and back ---

profile s.conf <<EOT
[Interface]
PrivateKey = $(key here)
Address = 10.99.0.1/24
[Peer]
PublicKey = $(pub there)
Endpoint = 192.168.77.2:51901
AllowedIPs = 10.99.0.2/32
EOT
up s
snapshot > "$work/split"
sed -i 's|10.99.0.2/32|0.0.0.0/0|' "$root/etc/wg-profile/s.conf"
check "reload to a full tunnel" reload s
check "reload to a full tunnel: packets go through" reaches here 203.0.113.1
sed -i 's|0.0.0.0/0|10.99.0.2/32|' "$root/etc/wg-profile/s.conf"
check "reload to a split tunnel" reload s
snapshot > "$work/now"
check_same "reload to a split tunnel: as before" "$work/split" "$work/now"
check "reload to a split tunnel: the mark is off" test "$(wg show s fwmark)" = off
down s

# --- another mark, or none: whatever a reload has changed by then, our own packets go around the tunnel ---

own_packets_go_around() { # NAME
        local mark
        mark=$(wg show "$1" fwmark)
        [ "$(device_to 198.51.100.1 mark "${mark/off/0}")" = cable ]
}

# reload_broken_off WHAT SED-SCRIPT: from the full tunnel "one" to what the script makes of it
reload_broken_off() {
        local i how n=1
        for ((i = 0; i <= n; i++)); do
                for how in error kill; do
                        tunnel one here 10.99.0.1
                        up one
                        sed -i "$2" "$root/etc/wg-profile/one.conf"
                        if [ $i = 0 ]; then
                                faulted count reload one
                                n=$changes
                                check "$1: our own packets go around" own_packets_go_around one
                        else
                                faulted $i:$how reload one
                                check "$1, $how at change $i: our own packets go around" own_packets_go_around one
                                check "$1, $how at change $i: again" reload one
                                check "$1, $how at change $i: again: our own packets go around" own_packets_go_around one
                        fi
                        down one
                done
        done
        check_nothing_left_here "$1: down"
}
reload_broken_off "from full to split" 's|0.0.0.0/0, ::/0|10.99.0.2/32|'
reload_broken_off "from one mark to another" 's|^Address|FwMark = 0x77\n&|'
reload_broken_off "from full to a table and a mark of the profile's" 's|^Address|Table = 300\nFwMark = 0x77\n&|'
reload_broken_off "to another mark for one family" 's|^Address|FwMark = 0x77\n&|; s|0.0.0.0/0, ||'

# --- an endpoint inside an allowed-ip ---

sed -i 's|10.99.0.2/32|10.99.0.0/24, 192.168.0.0/16, 10.5.0.0/16|; s|192.168.77.2:|192.168.77.2:|' "$root/etc/wg-profile/s.conf"
ip address del 192.168.77.1/24 dev cable
ip address add 192.168.77.1/32 peer 192.168.77.254 dev cable
ip route add default dev cable src 192.168.77.1
there ip route add 192.168.77.1 dev cable 2> /dev/null
check "an endpoint inside an allowed-ip" up s
check "an endpoint inside an allowed-ip: around the tunnel" test "$(device_to 192.168.77.2 mark 51820)" = cable
check "an endpoint inside an allowed-ip: others through it" test "$(device_to 192.168.77.3)" = s
check "an endpoint inside an allowed-ip: packets go through" reaches here 10.5.0.1
down s

# --- keyfile ---

profile k.nmconnection <<EOT
[connection]
type=wireguard
interface-name=k
[wireguard]
private-key=$(key here)
[wireguard-peer.$(pub there)]
endpoint=192.168.77.2:51901
allowed-ips=0.0.0.0/0;
[ipv4]
method=manual
address1=10.99.0.1/24
routing-rule1=priority 500 to 10.250.0.0/16 blackhole
route1=10.251.0.0/16
route1_options=type=blackhole
EOT
sed 's/interface-name=k/interface-name=k2/; s/10.99.0.1/10.98.0.1/; /allowed-ips/d' "$root/etc/wg-profile/k.nmconnection" |
        sed "s|^\[ipv4\]|[ipv6]\nmethod=disabled\n&|" | profile k2.nmconnection
snapshot > "$work/clean"
check "keyfile: up" up k
check "keyfile: packets go through" reaches here 203.0.113.1
check "keyfile: another one with the same rule" up k2
check "keyfile: reload of the first: nothing to do" test "$(changes_of reload k)" = 0
down k
check "keyfile: the rule stays while one profile has it" sh -c "ip rule | grep -q '^500:'"
check "keyfile: so does the blackhole route" sh -c "ip route show type blackhole | grep -q '^blackhole 10.251.0.0/16 proto static metric 50'"
check "keyfile: reload of the second: nothing to do" test "$(changes_of reload k2)" = 0
down k2
check_nothing_left_here "keyfile: the last one takes it away"

# With nothing but the route in common; it leaves one of the profiles.
sed -i '/^routing-rule1/d; s|0.0.0.0/0|10.99.0.0/24|' "$root/etc/wg-profile/k.nmconnection" "$root/etc/wg-profile/k2.nmconnection"
up k
up k2
check "keyfile: no rules" test "$(ip rule | wc -l)" = 3
cp "$root/etc/wg-profile/k.nmconnection" "$work/k.nmconnection"
sed -i '/^route1/d' "$root/etc/wg-profile/k.nmconnection"
check "keyfile: the route leaves one profile" reload k
check "keyfile: it stays while the other one has it" test "$(ip route show type blackhole)" = "blackhole 10.251.0.0/16 proto static metric 50 "
profile k.nmconnection < "$work/k.nmconnection"
check "keyfile: the profile has it again" reload k
down k2
check "keyfile: then the second one can go" test "$(ip route show type blackhole)" = "blackhole 10.251.0.0/16 proto static metric 50 "
down k
check_nothing_left_here "keyfile: the route goes with the last one"
ip route add blackhole 10.251.0.0/16 proto static metric 50
snapshot > "$work/foreign"
up k
up k2
down k
down k2
snapshot > "$work/now"
check_same "keyfile: a route that was there before both stays" "$work/foreign" "$work/now"
ip route del blackhole 10.251.0.0/16 proto static metric 50

# --- where a profile says otherwise ---

tunnel one here 10.99.0.1 'Table = off'
check "Table=off" up one
check "Table=off: no route, no rule, no table" test "$(ip route show dev one | wc -l) $(ip rule | wc -l) $(nft list tables | wc -l)" = "1 3 0"
down one
tunnel one here 10.99.0.1 'Table = main'
check_exit "Table=main" 3 up one
check "Table=main: says why" says "A default route in the main routing table would send the tunnel's own packets into the tunnel"
tunnel one here 10.99.0.1 'FwMark = 0x77'
tunnel two third 10.99.0.3 'FwMark = 0x77'
up one
snapshot > "$work/up-one"
check_exit "two profiles with one mark" 1 up two
check "two profiles with one mark: says whose it is" says "such a route exists already, device one"
snapshot > "$work/now"
check_same "two profiles with one mark: the first has all it had" "$work/up-one" "$work/now"
down one

keyfile() { # IPV4-LINES
        profile k.nmconnection <<EOT
[connection]
type=wireguard
interface-name=k
[wireguard]
private-key=$(key here)
[wireguard-peer.$(pub there)]
endpoint=198.51.100.1:51901
allowed-ips=0.0.0.0/0;10.5.0.0/16;
[ipv4]
method=manual
address1=10.99.0.1/24
$1
EOT
}
sysctl -q net.ipv4.conf.all.rp_filter=1 net.ipv4.conf.cable.rp_filter=1
n_expected=$(n_dropped)
keyfile ""
check "keyfile: a full tunnel" up k
check "keyfile: the mark is the table" test "$(wg show k fwmark)$(ip route show table 51820 type unicast)" = "0xca6cdefault dev k proto static scope link metric 50 "
check "keyfile: strict rp_filter: packets go through" reaches here 203.0.113.1
check "keyfile: its nft table" test -n "$(nft_of k)"
down k
keyfile never-default=true
check "keyfile: never-default" up k
check "keyfile: never-default: not the default route" test "$(device_to 203.0.113.1)$(device_to 10.5.0.1)" = cablek
check "keyfile: never-default: no rule, no table" test "$(ip rule | wc -l) $(nft list tables | wc -l)" = "3 0"
check "keyfile: never-default: packets go through" reaches here 10.5.0.1
down k
keyfile "route-table=300"
check "keyfile: route-table" up k
check "keyfile: route-table: the default route is in the mark's" test "$(ip route show table 51820 type unicast)" = "default dev k proto static scope link metric 50 "
check "keyfile: route-table: other routes are there" test "$(ip route show table 300 10.5.0.0/16)" = "10.5.0.0/16 dev k proto static scope link metric 50 "
check "keyfile: route-table: packets go through" reaches here 203.0.113.1
down k
keyfile "route-table=300
ip4-auto-default-route=0"
sed -i '/^ip4-auto/d; s/^private-key.*/&\nip4-auto-default-route=0/' "$root/etc/wg-profile/k.nmconnection"
check "keyfile: ip4-auto-default-route=0" up k
check "keyfile: ip4-auto-default-route=0: the default route is in the stated table" sh -c "ip route show table 300 | grep -q '^default dev k'"
check "keyfile: ip4-auto-default-route=0: no rule, no table" test "$(ip rule | wc -l) $(nft list tables | wc -l)" = "3 0"
down k
check "strict rp_filter: none was dropped" test "$(n_dropped)" = "$n_expected"
sysctl -q net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.cable.rp_filter=0
check_nothing_left_here "where a profile says otherwise"

# --- three of them, up and down in every order ---

wg genkey > "$work/fourth.key"
wg pubkey < "$work/fourth.key" > "$work/fourth.pub"
cat >> "$root/etc/wg-profile/far.conf" <<EOT
[Peer]
PublicKey = $(pub fourth)
AllowedIPs = 10.99.0.4/32
EOT
check "a server for three" there "$apply" --root="$root" reload far
tunnel one here 10.99.0.1
tunnel two third 10.99.0.3 'FwMark = 0x77'
tunnel three fourth 10.99.0.4
ip address flush dev cable scope global
ip address add 192.168.77.1/24 dev cable
ip route add default via 192.168.77.2
sysctl -q net.ipv4.conf.all.rp_filter=1 net.ipv4.conf.cable.rp_filter=1
snapshot > "$work/clean"
n_expected=$(n_dropped)

# What is not as it should be with these tunnels up, the last one started at the end.
judge() {
        local name last=${*: -1}

        for name; do
                [ "$(device_to 203.0.113.1 mark "$(wg show "$name" fwmark)")" = cable ] || echo "with $*: packets of $name do not go around"
        done
        [ "$(device_to 203.0.113.1)" = "$last" ] || echo "with $*: $(device_to 203.0.113.1) has the traffic"
        [ "$(device_to 192.168.77.2)" = cable ] || echo "with $*: the LAN is behind $(device_to 192.168.77.2)"
        reaches here 203.0.113.1 || echo "with $*: packets do not go through"
        [ "$(nft list tables | wc -l)" = $# ] || echo "with $*: $(nft list tables | xargs)"
        [ "$(valid_mark)" = 1 ] || echo "with $*: src_valid_mark is off"
}

# walk "UP..." "DOWN...": what is wrong on the way
walk() {
        local name now=""

        for name in $1; do
                up "$name"
                now="$now $name"
                judge $now
        done
        for name in $2; do
                down "$name"
                now=$(printf '%s\n' $now | grep -vx "$name" | xargs)
                [ -z "$now" ] || judge $now
        done
        snapshot | diff "$work/clean" -
}

orders=("one two three" "one three two" "two one three" "two three one" "three one two" "three two one")
for up in "${orders[@]}"; do
        for down in "${orders[@]}"; do
                walk "$up" "$down" > "$work/walk" 2>&1
                check "up $up, down $down" diff /dev/null "$work/walk"
        done
done
check "strict rp_filter: none was dropped on all these ways" test "$(n_dropped)" = "$n_expected"

there "$apply" --root="$root" down far
end
