#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The MTU of a tunnel: stated, or what the paths to its endpoints leave.
#
#   test-mtu.sh APPLY APPLY_WITH_FAULTS

. "$(dirname "$0")/lib.sh"

setup_hosts
# Paths beside the one of 1500 bytes.
path() {
        ip link add "$1" mtu "$2" type veth peer name "$1-far" mtu "$2"
        ip address add "$3" dev "$1"
        ip link set "$1" up
        ip link set "$1-far" up
}
path ppp 1492 192.168.78.1/24
path jumbo 9000 192.168.79.1/24
path narrow 1300 192.168.80.1/24
ip address add fd80::1/64 dev ppp nodad
ip route add 203.0.113.0/24 via 192.168.77.2 mtu 1450
ip route add 203.0.113.128/25 via 192.168.77.2 mtu lock 1440
# a name that anybody who looked it up would find, and send through the narrow path
printf '192.168.80.2 %s\n' narrow.example.test other.example.test > "$work/hosts"
mount --bind "$work/hosts" /etc/hosts
snapshot > "$work/clean"

check "the name can be looked up" sh -c "getent ahosts narrow.example.test | grep -q '^192.168.80.2 '"
address='10.99.0.1/24'
allowed='10.99.0.2/32'
# conf NAME LINE... -- ENDPOINT...: a peer for each
conf() {
        local name=$1 n=0
        shift
        {
                printf '%s\n' '[Interface]' "PrivateKey = $(key here)" "Address = $address"
                while [ $# -gt 0 ] && [ "$1" != -- ]; do
                        echo "$1"
                        shift
                done
                shift
                for endpoint; do
                        n=$((n + 1))
                        printf '%s\n' '[Peer]' "PublicKey = $(wg genkey | wg pubkey)" "Endpoint = $endpoint:51901"
                        [ $n != 1 ] || echo "AllowedIPs = $allowed"
                done
        } | profile "$name.conf"
}
mtu_of() { ip -o link show dev "$1" | sed 's/.* mtu \([0-9]*\) .*/\1/'; }
# has_mtu MTU WHAT ARGUMENT...: for conf
has_mtu() {
        local mtu=$1 what=$2
        shift 2
        conf a "$@"
        check "$what: up" up a
        check "$what: $mtu (it is $(mtu_of a))" test "$(mtu_of a)" = "$mtu"
        down a
}

# --- paths ---

has_mtu 1420 "no endpoint" --
has_mtu 1420 "Ethernet" -- 192.168.77.2
has_mtu 1412 "PPPoE" -- 192.168.78.2
has_mtu 8920 "jumbo frames" -- 192.168.79.2
has_mtu 1412 "the smallest of several" -- 192.168.79.2 192.168.78.2 192.168.77.2
has_mtu 1370 "the MTU of a route" -- 203.0.113.1
has_mtu 1360 "one that is locked" -- 203.0.113.129
has_mtu 1420 "there is no way there now" -- 198.51.100.1
has_mtu 1412 "no way to one of them" -- 198.51.100.1 192.168.78.2
has_mtu 1420 "a name does not count" -- narrow.example.test 192.168.77.2
has_mtu 1420 "names only" -- narrow.example.test other.example.test
has_mtu 1412 "IPv6" -- '[fd80::2]'
has_mtu 1412 "a link-local address, on its link" -- '[fe80::2%ppp]'
has_mtu 65455 "loopback" -- 127.0.0.1

# --- clamped ---

has_mtu 1220 "a narrow path" -- 192.168.80.2
address='10.99.0.1/24, fd99::1/64' has_mtu 1280 "a narrow path, and an IPv6 address" -- 192.168.80.2
allowed='10.99.0.2/32, fd99::/64' has_mtu 1280 "a narrow path, and an IPv6 route" -- 192.168.80.2
allowed='0.0.0.0/0, ::/0' conf a 'Table = off' -- 192.168.80.2
check "a narrow path, and an IPv6 route of somebody else's: up" up a
check "a narrow path, and an IPv6 route of somebody else's: it can be made" ip route add fd98::/64 dev a
check "a narrow path, and an IPv6 route of somebody else's: the resolver knows" grep -q '"ipv6": true' "$state/a.json"
down a

# --- stated ---

has_mtu 1300 "stated" 'MTU = 1300' -- 192.168.78.2
has_mtu 1412 "0 states none" 'MTU = 0' -- 192.168.78.2
has_mtu 1290 "stated in [WgProfile]" 'MTU = 1300' '[WgProfile]' 'MTU = 1290' -- 192.168.78.2
has_mtu 1412 "taken back there" 'MTU = 1300' '[WgProfile]' 'MTU = auto' -- 192.168.78.2
keyfile() {
        profile b.nmconnection << EOT
[connection]
type=wireguard
interface-name=b
[wireguard]
private-key=$(key here)
$1
[wireguard-peer.$(pub there)]
endpoint=192.168.80.2:51901
[ipv4]
method=manual
address1=10.98.0.1/24
[ipv6]
method=${2-disabled}
EOT
}
keyfile mtu=1390
check "keyfile, stated: up" up b
check "keyfile, stated" test "$(mtu_of b)" = 1390
down b
keyfile mtu=0
check "keyfile: up" up b
check "keyfile" test "$(mtu_of b)" = 1220
down b
mkdir -p "$root/etc"
echo 0123456789abcdef0123456789abcdef > "$root/etc/machine-id"
keyfile '' link-local
check "keyfile, a link-local address: up" up b
check "keyfile, a link-local address" test "$(mtu_of b)" = 1280
down b

# --- with the mark ---

ip rule add fwmark 7 lookup 77
ip route add 192.168.77.0/24 dev ppp table 77
snapshot > "$work/clean"
has_mtu 1412 "the profile's own mark goes another way" 'FwMark = 7' -- 192.168.77.2
ip rule del fwmark 7
ip rule add not fwmark 0/0x8000 lookup 77 # 51820 is 0xca6c; one without "not" would have another mark chosen
snapshot > "$work/clean"
allowed=0.0.0.0/0 has_mtu 1412 "so does the mark that a full tunnel is given" -- 192.168.77.2
ip rule del not fwmark 0/0x8000
ip route flush table 77
snapshot > "$work/clean"

# --- reload ---

conf a -- 192.168.77.2
check "up" up a
conf a -- 192.168.78.2
check "another endpoint: reload" reload a
check "another endpoint" test "$(mtu_of a)" = 1412
ip link set ppp mtu 1480
check "the path has changed: reload" reload a
check "the path has changed: that is the resolver's business" test "$(mtu_of a)" = 1412
conf a 'MTU = 1350' -- 192.168.78.2
check "one is stated: reload" reload a
check "one is stated" test "$(mtu_of a)" = 1350
conf a -- 192.168.78.2
check "none is stated any more: reload" reload a
check "none is stated any more" test "$(mtu_of a)" = 1400
down a
ip link set ppp mtu 1492
check_nothing_left "the end"
end
