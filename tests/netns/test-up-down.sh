#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Both formats up, a packet through, a second "up" that does nothing, and "down" with less and less to go by.

. "$(dirname "$0")/lib.sh"

setup_hosts

profile a.conf <<EOT
[Interface]
PrivateKey = $(key here)
ListenPort = 51900
Address = 10.99.0.1/24, fd99::1/64
[Peer]
PublicKey = $(pub there)
PresharedKey = $(cat "$work/psk")
AllowedIPs = 10.99.0.2/32, fd99::2/128, 10.77.0.0/16
Endpoint = 192.168.77.2:51901
EOT
profile b.nmconnection <<EOT
[connection]
type=wireguard
interface-name=b
[wireguard]
private-key=$(key there)
listen-port=51901
[wireguard-peer.$(pub here)]
preshared-key=$(cat "$work/psk")
allowed-ips=10.99.0.1/32;fd99::1/128;
[ipv4]
method=manual
address1=10.99.0.2/24
route1=10.88.0.0/16,10.99.0.1
route1_options=mtu=1300
routing-rule1=priority 77 to 10.88.0.0/16 lookup main
[ipv6]
method=manual
address1=fd99::2/64
EOT

snapshot > "$work/clean"
snapshot there > "$work/clean-there"

plan() { "$apply" --root="$root" plan "$1"; }
check_exit "plan" 10 plan a
cat > "$work/expected" <<EOT
create link a type wireguard: not there
set device private-key listen-port 51900 1 peer: not there
        add peer $(pub there), preshared key, endpoint 192.168.77.2:51901, allowed-ips 10.99.0.2/32 fd99::2/128 10.77.0.0/16
add address 10.99.0.1/24: not there
add address fd99::1/64: not there
set link a mtu 1420 group 0x77677001 up: not there
add route 10.77.0.0/16 table 254: not there
EOT
check_same "plan: what it says" "$work/expected" "$work/out"
check_nothing_left "plan"

check "up of a wg-quick profile" up a
check "up of a keyfile" there "$apply" --root="$root" up b
check "the IPv4 tunnel carries packets" reaches here 10.99.0.2
check "the IPv6 tunnel carries packets" reaches there fd99::1

here ip route show > "$work/out"
check "wg-quick: route of an allowed-ip" grep -qx '10.77.0.0/16 dev a scope link ' "$work/out"
check "wg-quick: none where the address connects" test -z "$(here ip route show 10.99.0.2)"
there ip route show > "$work/out"
check "keyfile: prefix route" grep -qx '10.99.0.0/24 dev b proto kernel scope link src 10.99.0.2 metric 50 ' "$work/out"
check "keyfile: own route with its MTU" grep -qx '10.88.0.0/16 via 10.99.0.1 dev b proto static metric 50 mtu 1300 ' "$work/out"
check "keyfile: rule" grep -q '^77:.*to 10.88.0.0/16 lookup main proto static' <(there ip rule)
check "record: only root reads it" test "$(stat -c %a "$state" "$state/a.json" | tr '\n' ' ')" = "700 600 "
check "record: no secret" sh -c "! grep -qF -e '$(key here)' -e '$(cat "$work/psk")' '$state/a.json'"

snapshot > "$work/up"
wg show a latest-handshakes > "$work/handshakes"
stat -c '%i %y' "$state/a.json" > "$work/state-before"
check_exit "plan of a tunnel that is up" 0 plan a
check "up again" faulted count up a
check "up again: no change" test "$changes" = 0
check "reload: success" faulted count reload a
check "reload: no change" test "$changes" = 0
stat -c '%i %y' "$state/a.json" > "$work/state-after"
check_same "up again: the record was not written" "$work/state-before" "$work/state-after"
wg show a latest-handshakes > "$work/handshakes-after"
check_same "up again: the session goes on" "$work/handshakes" "$work/handshakes-after"

check "down" down a
check_nothing_left_but_b() {
        snapshot > "$work/now"
        check_same "$1" "$work/clean" "$work/now"
        check "$1: no record" test ! -e "$state/a.json" -a ! -e "$state/a.lock"
}
check_nothing_left_but_b "down leaves nothing"
check "down of a keyfile" there "$apply" --root="$root" down b
snapshot there > "$work/now"
check_same "down of a keyfile leaves nothing" "$work/clean-there" "$work/now"
check "down when it is down" down a
check "down --after-failure when it is down" "$apply" --root="$root" down --after-failure a

# --- with less to go by ---

up a
mv "$root/etc/wg-profile/a.conf" "$work/a.conf"
check "down without the profile" down a
check_nothing_left "down without the profile"
mv "$work/a.conf" "$root/etc/wg-profile/a.conf"

up a
ip link delete dev a
check "down without the link" down a
check_nothing_left "down without the link"

up a
kill -9 $(pgrep --ns $$ --nslist net -x wireguard-go) # those of this network namespace
sleep 0.2
check "down after the daemon was killed" down a
check_nothing_left "down after the daemon was killed"

up a
ip link delete dev a
check "up after the link was deleted" up a
snapshot > "$work/now"
check_same "up after the link was deleted: the same as before" "$work/up" "$work/now"
down a

up a
echo '{ "version": 1, "na' > "$state/a.json"
check_exit "down with a damaged record" 0 down a
check "down with a damaged record: told" says "it is damaged"
check_nothing_left "down with a damaged record"

up a
echo '{' > "$state/a.json"
ip address add 10.66.0.1/24 dev a # as if a profile from before had said so
check "up with a damaged record" up a
snapshot > "$work/now"
check_same "up with a damaged record: the same as before" "$work/up" "$work/now"
down a
check_nothing_left "down after that"

# --- ipv6.method=link-local ---

profile l.nmconnection <<EOT
[connection]
type=wireguard
interface-name=l
[wireguard]
private-key=$(key here)
[ipv6]
method=link-local
EOT
# The kernel gives the daemon's tun device one of its own, which it calls stable-privacy.
link_local() { ip -6 -o address show dev "$1" scope link | grep -v stable-privacy | grep -o 'fe80::[^ ]*/64'; }
check "up of a keyfile with method=link-local" up l
link_local l > "$work/link-local"
check "method=link-local: an address" test -s "$work/link-local"
check_exit "method=link-local: nothing to do when it is there" 0 plan l
down l
check "method=link-local: down" test -z "$(ip -o link show dev l 2>&1 | grep -v 'does not exist')"
up l
link_local l > "$work/link-local-again"
check_same "method=link-local: the same address again" "$work/link-local" "$work/link-local-again"
sed 's/^interface-name=l$/interface-name=m/' "$root/etc/wg-profile/l.nmconnection" | profile m.nmconnection
up m
link_local m > "$work/link-local-of-m"
check "method=link-local: another one on another link" sh -c "! cmp -s '$work/link-local' '$work/link-local-of-m'"
down m
down l
check_nothing_left "method=link-local: down leaves nothing"

# The name of the interface changes while the tunnel is up.
there "$apply" --root="$root" up b
sed -i 's/interface-name=b/interface-name=b2/' "$root/etc/wg-profile/b.nmconnection"
check_exit "reload refuses another name of the interface" 1 there "$apply" --root="$root" reload b
check "reload refuses another name of the interface: says what" says "the name of the interface"
check "reload refuses another name of the interface: the old link stays" there ip link show dev b
check "up takes the old link down first" there "$apply" --root="$root" up b
check "up takes the old link down first: new one" there ip link show dev b2
check_exit "up takes the old link down first: old one" 1 there ip link show dev b
there "$apply" --root="$root" down b
snapshot there > "$work/now"
check_same "down of that leaves nothing" "$work/clean-there" "$work/now"

# The format changes while the tunnel is up.
up a
snapshot > "$work/up"
mv "$root/etc/wg-profile/a.conf" "$work/a.conf"
sed "s/b2/a/; s|$(key there)|$(key here)|" "$root/etc/wg-profile/b.nmconnection" | profile a.nmconnection
check_exit "reload refuses another format" 1 reload a
check "reload refuses another format: says what" says "the format"
check "up changes the format" up a
check "up changes the format: the other one's addresses" sh -c "ip -o address show dev a | grep -q noprefixroute"
rm "$root/etc/wg-profile/a.nmconnection"
mv "$work/a.conf" "$root/etc/wg-profile/a.conf"
check "and back" up a
snapshot > "$work/now"
check_same "and back: as before" "$work/up" "$work/now"
down a
check_nothing_left "and back: down"

end
