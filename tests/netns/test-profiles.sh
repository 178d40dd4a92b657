#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What profiles mean in the kernel where that takes more than one of them, or the host: metrics that are taken, a peer that is
# this very tunnel, endpoints inside the tunnel's own networks, keys that leave the profile.

. "$(dirname "$0")/lib.sh"

setup_hosts
snapshot > "$work/clean"

plan_is_empty() { "$apply" --root="$root" plan "$1" > "$work/plan" 2>&1; }

# keyfile NAME ADDRESS4 ADDRESS6 [MORE-OF-IPV4]
keyfile() {
        profile "$1.nmconnection" << EOT
[connection]
id=$1
type=wireguard
interface-name=$1

[wireguard]
private-key=$(key here)

[wireguard-peer.$(pub there)]
allowed-ips=10.98.0.0/16;fd98::/48;

[ipv4]
method=manual
address1=$2
${4:-}

[ipv6]
method=manual
address1=$3
EOT
}
metrics() { { ip -4 route show dev "$1" table main; ip -6 route show dev "$1" table main | grep -v ^fe80; } | sed 's/.* metric \([0-9]*\).*/\1/' | sort -u | tr '\n' ' '; }

# --- a metric that nobody stated, and that is taken ---

keyfile one 192.0.2.1/24 2001:db8:1::1/64
keyfile two 192.0.2.2/24 2001:db8:1::2/64
keyfile three 192.0.2.3/24 2001:db8:1::3/64
check "the first of three tunnels in one network" up one
check "the second" up two
check "the third" up three
for tunnel in one:50 two:51 three:52; do
        check "${tunnel%:*} has the metric ${tunnel#*:} for all of its routes" test "$(metrics "${tunnel%:*}")" = "${tunnel#*:} "
        check "${tunnel%:*}: nothing to do" plan_is_empty "${tunnel%:*}"
        check "${tunnel%:*}: a reload" reload "${tunnel%:*}"
        check "${tunnel%:*}: it keeps the metric" test "$(metrics "${tunnel%:*}")" = "${tunnel#*:} "
done
check "the record has the number" grep -q '"route-metric": 51' "$state/two.json"
check "the first one has none to record" sh -c "! grep -q route-metric '$state/one.json'"
ip route delete 192.0.2.0/24 dev two
ip -6 route delete 2001:db8:1::/64 dev two
check "a repair" "$apply" --root="$root" repair two
check "what was deleted is back at that metric" test "$(metrics two)" = "51 "

down one
check "when the first one goes, the second keeps its metric" test "$(metrics two)" = "51 "
check "the first one again" up one
check "it has its metric back" test "$(metrics one)" = "50 "

# a metric that somebody stated is an error that names who has the place
keyfile four 192.0.2.4/24 2001:db8:1::4/64 route-metric=51
check_exit "a stated metric that is taken is an error" 1 up four
check "it names the owner" says "such a route exists already, device two"
check "and nothing of it is left" test ! -e /sys/class/net/four
for tunnel in one two three; do
        down "$tunnel"
done
check_nothing_left "after tunnels in one network"

# beside a network of the host's
ip route add 192.0.2.0/24 dev cable metric 50
snapshot > "$work/beside"
check "beside a route of the host's with that metric" up one
check "it has the next one" test "$(metrics one)" = "51 "
ip route change 192.0.2.0/24 dev cable metric 50 mtu 1300
check "the host's route is still there" test -n "$(ip route show 192.0.2.0/24 dev cable metric 50)"
ip route change 192.0.2.0/24 dev cable metric 50
down one
snapshot > "$work/now"
check_same "and stays when the tunnel goes" "$work/beside" "$work/now"
ip route delete 192.0.2.0/24 dev cable metric 50

# each change fails, or is killed: what is left is taken down by the next run
ip route add 192.0.2.0/24 dev cable metric 50
faulted count up one
n=$changes
down one
for ((i = 1; i <= n; i++)); do
        for how in error kill; do
                faulted $i:$how up one 2> /dev/null
                down one 2> /dev/null
                snapshot > "$work/now"
                if ! diff "$work/beside" "$work/now" > "$work/diff" || [ -n "$(ls "$state" 2> /dev/null)" ]; then
                        not_ok "a moving metric, $how at change $i: nothing is left"
                        sed 's/^/# /' "$work/diff"
                fi
        done
done
check "a moving metric: $n changes that failed or were killed" test "$n" -gt 10
ip route delete 192.0.2.0/24 dev cable metric 50

# --- a peer that is this very tunnel: a list that all hosts of a mesh have in common ---

mesh() { # KEY ADDRESS
        cat << EOT
[Interface]
PrivateKey = $1
ListenPort = 51902
Address = $2/24
EOT
        local name n=1
        for name in here there third; do
                printf '[Peer]\nPublicKey = %s\nEndpoint = 192.168.77.%d:51902\nAllowedIPs = 10.97.0.%d/32, 172.20.%d.0/24\n' "$(pub $name)" $n $n $n
                n=$((n + 1))
        done
}
ip address add 172.20.1.1/24 dev cable # the network that this host has for the others
snapshot > "$work/mesh"
mesh "$(key here)" 10.97.0.1 | profile mesh.conf
mesh "$(key there)" 10.97.0.2 | profile far-mesh.conf
check "this host's mesh comes up" up mesh
check "the other's, too" there "$apply" --root="$root" up far-mesh
check "the host's own network is its own" test -z "$(ip route show 172.20.1.0/24 dev mesh)"
check "the others' are not" test -n "$(ip route show 172.20.2.0/24 dev mesh)"
check "nothing to do" plan_is_empty mesh
check "one host reaches the other" reaches here 10.97.0.2
check "a reload" reload mesh
check "still nothing to do" plan_is_empty mesh
sed -i 's/172.20.2.0/172.20.1.0/' "$root/etc/wg-profile/mesh.conf"
check_exit "a prefix that only another peer may claim" 1 reload mesh
check "it names the network that is there" says "such a route exists already, device cable"
down mesh
there "$apply" --root="$root" down far-mesh
snapshot > "$work/now"
check_same "after the mesh" "$work/mesh" "$work/now"
ip address delete 172.20.1.1/24 dev cable

# --- endpoints inside the tunnel's own network ---

loop() { # ENDPOINT [MORE]
        profile loop.conf << EOT
[Interface]
PrivateKey = $(key here)
Address = 10.96.0.2/24
${2:-}
[Peer]
PublicKey = $(pub there)
Endpoint = $1:51901
AllowedIPs = 10.96.0.0/24
EOT
}
loop 10.96.0.1
check_exit "an endpoint in the network of the tunnel's own address is refused" 1 up loop
check "with the reason" says "would go into the tunnel loop itself"
check_nothing_left "after the loop"
ip route add 10.96.0.1/32 via 192.168.77.2
snapshot > "$work/with-route"
check "with a better route of the host's it is not" up loop
down loop
snapshot > "$work/now"
check_same "after it" "$work/with-route" "$work/now"
ip route delete 10.96.0.1/32
ip address add 10.96.0.1/32 dev lo
check "nor is one that the host itself is" up loop
down loop
ip address delete 10.96.0.1/32 dev lo
loop 10.96.0.1 "PostUp = ip route add 10.96.0.1/32 via 192.168.77.2
PostDown = ip route delete 10.96.0.1/32"
check "nor is one that a hook makes a route to" up loop
down loop
check_nothing_left "after hooks"

# halves of everything, and an endpoint of which only the name is known
profile halves.conf << EOT
[Interface]
PrivateKey = $(key here)
Address = 10.95.0.1/32
[Peer]
PublicKey = $(pub there)
Endpoint = vpn.invalid:51901
AllowedIPs = 0.0.0.0/1, 128.0.0.0/1
EOT
check "halves of everything beside a name" up halves
check "the device has a mark" test "$(wg show halves fwmark)" != off
mark=$(wg show halves fwmark)
check "our own packets stay outside" test "$(ip route get 198.51.100.7 mark "$mark" 2>&1 | grep -c 'dev halves')" = 0
check "others go inside" test "$(ip route get 198.51.100.7 | grep -c 'dev halves')" = 1
check "nothing to do" plan_is_empty halves
ip link delete halves
route_is_unreachable() {
        ip route get "$1" 2>&1 | grep -q "No route to host"
}
check "where the link is gone, nothing leaves past the tunnel" route_is_unreachable 198.51.100.7
down halves
check_nothing_left "after the halves"

# --- what leaves the profile ---

own() {
        profile own.conf << EOT
[Interface]
$1
Address = 10.94.0.1/24
${2:-}
EOT
}
own "PrivateKey = $(key here)"
up own
own ""
check_exit "a private key that left the profile: there is something to do" 10 plan_is_empty own
reload own
check "it is gone" test "$(wg show own private-key)" = "(none)"
check "and then there is nothing to do" plan_is_empty own
wg set own private-key "$work/there.key"
check "a key from elsewhere is nobody's business" plan_is_empty own
reload own
check "it stays" test "$(wg show own private-key)" = "$(key there)"
down own

own "" "PostUp = wg set %i private-key $work/there.key"
up own
reload own
check "a key that a hook has set stays" test "$(wg show own private-key)" = "$(key there)"
down own

own "PrivateKey = $(key here)"
up own
own ""
mkdir -p "$root/etc/credstore"
cp "$work/there.key" "$root/etc/credstore/wg-profile.own.private-key"
reload own
check "with a credential for the next start, the present key stays" test "$(wg show own private-key)" = "$(key here)"
rm -r "$root/etc/credstore"
down own
check_nothing_left "after keys"

# --- addresses ---

keyfile scope 169.254.7.1/16 2001:db8:9::1/64
up scope
check "a link-local address of a keyfile has scope link" test -n "$(ip -o address show dev scope scope link | grep ' 169.254.7.1/16')"
check "nothing to do" plan_is_empty scope
down scope
profile scope.conf << EOT
[Interface]
Address = 169.254.7.1/16, fd00::1/64, fd00::1/128
EOT
rm "$root/etc/wg-profile/scope.nmconnection"
up scope
check "that of wg-quick has scope global" test -n "$(ip -o address show dev scope scope global | grep ' 169.254.7.1/16')"
for i in 1 2 3; do
        reload scope
        check "one IPv6 address with two lengths keeps the first ($i)" test "$(ip -o -6 address show dev scope | grep -c ' fd00::1/64')" = 1
done
check "nothing to do" plan_is_empty scope
down scope
check_nothing_left "after addresses"

# --- what a reload resets: a row per line of the table in wg-profile(5); DNS and zones are in test-dns.sh, Netns in test-netns.sh ---

write_reset_conf() {
        profile reset.conf << EOT
[Interface]
PrivateKey = $(key here)
Address = 10.93.0.1/32
$1
[Peer]
PublicKey = $(pub there)
AllowedIPs = 10.92.0.0/16
$2
EOT
}

write_reset_keyfile() {
        profile reset.nmconnection << EOT
[connection]
id=reset
type=wireguard
interface-name=reset
[wireguard]
private-key=$(key here)
[wireguard-peer.$(pub there)]
allowed-ips=10.92.0.0/16
[ipv4]
method=manual
address1=10.93.0.1/32
$1
EOT
}

# resets WRITER WHAT FIRST SECOND COMMAND BEFORE AFTER: COMMAND says BEFORE with the lines, and AFTER when they have left
resets() {
        local now
        rm -f "$root"/etc/wg-profile/reset.*
        $1 "$3" "$4"
        up reset || not_ok "$2: up"
        now=$(eval "$5" 2>&1)
        check "$2: what the profile says ($now)" test "$now" = "$6"
        $1 "" ""
        reload reset || not_ok "$2: reload"
        now=$(eval "$5" 2>&1)
        check "$2: what stays of it ($now)" test "$now" = "$7"
        check "$2: nothing to do" plan_is_empty reset
        down reset || not_ok "$2: down"
}

of_conf() { resets write_reset_conf "$@"; }
of_keyfile() { resets write_reset_keyfile "$1" "$2" "" "${@:3}"; }

of_conf Address "Address = 10.93.1.1/24" "" "ip -o address show dev reset | grep -c 'inet 10.93.1.1/24'" 1 0
of_conf AllowedIPs "" "AllowedIPs = 10.91.0.0/16" "echo \$(wg show reset allowed-ips | grep -c 10.91) \$(ip route show 10.91.0.0/16 | wc -l)" \
        "1 1" "0 0"
of_conf PresharedKey "" "PresharedKey = $(key there)" "wg show reset preshared-keys | cut -f2" "$(key there)" "(none)"
of_conf PersistentKeepalive "" "PersistentKeepalive = 21" "wg show reset persistent-keepalive | cut -f2" 21 off
of_conf FwMark "FwMark = 0x77" "" "wg show reset fwmark" 0x77 off
of_conf MTU "MTU = 1300" "" "cat /sys/class/net/reset/mtu 2> /dev/null || ip link show reset | grep -o 'mtu [0-9]*' | cut -d' ' -f2" 1300 1420
of_conf Table "Table = 77" "" "echo \$(ip route show table 77 2> /dev/null | grep -c 10.92) \$(ip route show | grep -c 10.92)" "1 0" "0 1"
of_conf RouteMetric "[WgProfile]
RouteMetric = 7" "" "ip route show 10.92.0.0/16 | grep -c 'metric 7'" 1 0
of_conf ListenPort "ListenPort = 51777" "" "wg show reset listen-port" 51777 51777
of_conf Endpoint "" "Endpoint = 198.51.100.9:51901" "wg show reset endpoints | cut -f2" 198.51.100.9:51901 198.51.100.9:51901
: > "$work/hooks"
of_conf Hooks "PostUp = echo up >> $work/hooks
PreDown = echo down >> $work/hooks" "" "grep -c up $work/hooks" 1 1
check "the hooks of the end are those of the start" test "$(cat "$work/hooks")" = "up
down"
of_keyfile routes "route1=10.90.0.0/16" "ip route show 10.90.0.0/16 | wc -l" 1 0
of_keyfile rules "routing-rule1=priority 500 from 10.89.0.1 table 12" "ip rule show | grep -c '^500:'" 1 0
of_keyfile route-metric "route-metric=9" "ip route show 10.92.0.0/16 | grep -o 'metric [0-9]*'" "metric 9" "metric 50"
of_keyfile route-table "route-table=13" "echo \$(ip route show table 13 2> /dev/null | grep -c 10.92) \$(ip route show | grep -c 10.92)" \
        "1 0" "0 1"

# with SaveConfig, what was changed at runtime would be written when the tunnel stops
rm "$root"/etc/wg-profile/reset.*
write_reset_conf "SaveConfig = true" ""
up reset
write_reset_conf "" ""
reload reset
wg set reset peer "$(pub there)" persistent-keepalive 33
down reset
check "SaveConfig that left the profile: nothing is saved" sh -c "! grep -q 33 '$root/etc/wg-profile/reset.conf'"

# what only a restart changes
write_reset_conf "" ""
up reset
rm "$root/etc/wg-profile/reset.conf"
write_reset_keyfile ""
sed -i 's/interface-name=reset/interface-name=other/' "$root/etc/wg-profile/reset.nmconnection"
check_exit "another name of the link: the reload is refused" 1 reload reset
check "the tunnel is as it was" test "$(wg show reset allowed-ips | cut -f2)" = 10.92.0.0/16
down reset
rm "$root"/etc/wg-profile/reset.*
check_nothing_left "after what a reload resets"

end
