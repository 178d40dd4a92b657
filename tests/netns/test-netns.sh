#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Netns=: the link is in another network namespace, and its packets are sent and received in this one.
#
# usage: test-netns.sh APPLY APPLY_WITH_FAULTS RESOLVER FAKE_SYSTEM WG-PROFILE

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/resolver-lib.sh"

export WG_PROFILE_APPLY=$apply COLUMNS=80
program=$(realpath "$5")

# Names of network namespaces are the machine's, too.
mkdir -p /run/netns
mount -t tmpfs tmpfs /run/netns

in_vpn() { nsenter --net=/run/netns/vpn "$@"; }
plan() { "$program" --root="$root" plan "$@"; }
status() { "$program" --root="$root" status "$@"; }
json() { status --json "$1" | python3 -c 'import json, sys; t = json.load(sys.stdin)["tunnels"][0]; print(eval(sys.argv[1]))' "$2"; }
is() { [ "$(json "$1" "$2")" = "$3" ]; }
no_daemon() { ! [ -e "/run/wireguard/$1.sock" ]; }

finish_netns() {
        ip netns delete vpn 2> /dev/null
        ip netns delete other 2> /dev/null
        finish_resolver
}
trap finish_netns EXIT

setup_hosts
start_server
rm -f "$state"/*
there ip address add 10.66.0.1/24 dev lo
name far.example 192.168.77.2

profile vpn.conf << EOT
[Interface]
PrivateKey = $(key here)
Address = 10.99.0.1/24, fd99::1/64
[Peer]
PublicKey = $(pub there)
AllowedIPs = 0.0.0.0/0, ::/0
Endpoint = 192.168.77.2:51901
[WgProfile]
Netns = vpn
EOT
cp "$root/etc/wg-profile/vpn.conf" "$work/vpn.conf"
snapshot > "$work/clean"

# --- there is no such network namespace ---

check_exit "no such network namespace" 1 up vpn
check "says where that was asked for, and what to do" \
        says "/etc/wg-profile/vpn.conf:9: There is no network namespace 'vpn': nothing was changed. Make it with 'systemctl enable --now wg-profile-netns@vpn.service'"
check_nothing_left "no such network namespace"
check_exit "nor is there a plan" 1 plan vpn
touch /run/netns/vpn
check_exit "a file that is none" 1 up vpn
check "says how to be rid of it" says "'ip netns delete vpn'"
check_nothing_left "a file that is none"
rm /run/netns/vpn

# --- up ---

ip netns add vpn
in_vpn ip link set lo up
snapshot in_vpn > "$work/vpn-clean"
check_exit "not permitted" 4 setpriv --bounding-set -sys_admin --inh-caps -sys_admin "$apply" --root="$root" up vpn
check "says what gives it the permission" says "systemctl daemon-reload"
check_nothing_left "not permitted"

check_exit "the plan" 10 plan vpn
check "it says where the link will be" grep -qx 'create link vpn type wireguard netns vpn: not there' "$work/out"
check "no rules, no table of its own, no nft table" sh -c "! grep -E 'rule|table 518|nft|sysctl|unreachable' '$work/out'"
ip link set cable mtu 1400
check_exit "up" 0 up vpn
check "it says nothing but this" test "$(wc -l < "$work/err")" = 0
check_exit "the link is not in this network namespace" 1 ip link show dev vpn
check "it is in the other one" in_vpn ip link show dev vpn
check "with its MTU from the way to the endpoint, in this one" sh -c "ip -n vpn link show dev vpn | grep -q 'mtu 1320 '"
check "with its default routes in the main table" sh -c "ip -n vpn route show default | grep -qx 'default dev vpn scope link '"
check "of IPv6, too" sh -c "ip -n vpn -6 route show default | grep -q '^default dev vpn metric 1024'"
ip link set cable mtu 1500
snapshot > "$work/now"
check_same "nothing else is in this one" "$work/clean" "$work/now"
check "it reaches the far end" reaches in_vpn 10.99.0.2
check "and what is behind it" reaches in_vpn 10.66.0.1
check_exit "as this one does not" 1 reaches here 10.66.0.1
port=$(wg show vpn listen-port)
check "the socket is in this one" sh -c "ss -ulnH | grep -q ':$port '"
check "and not in the other" sh -c "! ip netns exec vpn ss -ulnH | grep -q ':$port '"
check_exit "there is nothing left to do" 0 plan vpn
faulted count up vpn
check "up again changes nothing" test "$changes" = 0

# --- status ---

check_exit "status" 0 status vpn
check "status: the network namespace" grep -qE '^ +link: vpn, network namespace vpn, userspace WireGuard, MTU 1320' "$work/out"
check "status: the address" grep -q 'fd99::1/64' "$work/out"
check "status for programs" is vpn 't["link"]["netns"]' vpn
check "status for programs: no difference" is vpn 't["differences"]' '[]'
check "metrics" sh -c "'$program' --root='$root' status --prometheus | grep -q 'interface=\"vpn\",netns=\"vpn\"'"
check_exit "status of somebody who may not look in there" 4 setpriv --bounding-set -sys_admin --inh-caps -sys_admin "$program" --root="$root" status vpn
check "it says so" grep -q 'only root can see' "$work/out"

# --- DNS ---

sed -i 's/^Address/DNS = 10.99.0.2, example.org\n&/' "$root/etc/wg-profile/vpn.conf"
check_exit "DNS servers are nobody's here" 0 reload vpn
check "it says where they belong" says "for programs in the network namespace 'vpn', write its name servers into $root/etc/netns/vpn/resolv.conf"
mkdir -p "$root/etc/netns/vpn"
echo "nameserver 10.99.0.2" > "$root/etc/netns/vpn/resolv.conf"
check_exit "DNS servers that are there" 0 reload vpn
check "it says nothing" test "$(wc -l < "$work/err")" = 0
cp "$work/vpn.conf" "$root/etc/wg-profile/vpn.conf"

# --- set --runtime: a daemon goes by its socket's name; the kernel's device is one for a VM, which has such a kernel ---

check_exit "set --runtime" 0 "$program" --root="$root" set --runtime vpn peer "$(pub there)" persistent-keepalive 11
check "set --runtime: the peer" test "$(wg show vpn persistent-keepalive | cut -f2)" = 11
check_exit "set --runtime: until the next reload" 0 reload vpn
check "set --runtime: then it is as before" test "$(wg show vpn persistent-keepalive | cut -f2)" = off

# --- reload ---

sed -i 's/10.99.0.1/10.99.0.5/; s|^Endpoint|PersistentKeepalive = 7\n&|; s|0.0.0.0/0|0.0.0.0/0, 10.98.0.0/16|' "$root/etc/wg-profile/vpn.conf"
check_exit "a plan of changes" 10 plan vpn
check_exit "status: differences" 0 status vpn
check "status: they are told" grep -q 'add address 10.99.0.5/24' "$work/out"
check_exit "reload" 0 reload vpn
check "reload: the address" sh -c "ip -n vpn -o address show dev vpn | grep -q 'inet 10.99.0.5/24'"
check "reload: the address before is gone" sh -c "! ip -n vpn -o address show dev vpn | grep -q 10.99.0.1"
check "reload: the route" sh -c "ip -n vpn route | grep -q '^10.98.0.0/16 dev vpn'"
check "reload: the peer" test "$(wg show vpn persistent-keepalive | cut -f2)" = 7
check_exit "reload: nothing left to do" 0 plan vpn
sed -i 's/Netns = vpn/Netns = other/' "$root/etc/wg-profile/vpn.conf"
check_exit "reload does not take it to another network namespace" 1 reload vpn
check "it says what does" says "changed the network namespace, which needs a restart: nothing was changed"
check_exit "plan says so, too" 1 plan vpn
check "plan says so, too: what does" says "changed the network namespace, which needs a restart: nothing was changed"
check_exit "status sends one to the plan" 0 status vpn
check "status sends one to the plan: it says so" grep -qE "^ +differs: not known: run 'wg-profile plan vpn'" "$work/out"
check_exit "up does not either when that is not there" 1 up vpn
check "the tunnel stays where it is" in_vpn ip link show dev vpn
ip netns add other
check_exit "up takes it to another one" 0 up vpn
check "it is there" ip -n other link show dev vpn
check_exit "and no more in the first" 1 in_vpn ip link show dev vpn
sed -i '/Netns/d' "$root/etc/wg-profile/vpn.conf"
check_exit "up takes it to this one" 0 up vpn
check "where a full tunnel has rules" sh -c "ip rule | grep -q '^31999:.*nop'"
cp "$work/vpn.conf" "$root/etc/wg-profile/vpn.conf"
check_exit "and back" 0 up vpn
check "it is there again" in_vpn ip link show dev vpn
snapshot > "$work/now"
check_same "nothing of it is left in this one" "$work/clean" "$work/now"
ip netns delete other

# --- repair ---

snapshot in_vpn > "$work/vpn-up"
in_vpn ip address delete 10.99.0.1/24 dev vpn
in_vpn ip route delete default
check "repair" "$apply" --root="$root" repair vpn
snapshot in_vpn > "$work/now"
check_same "repair: all is there again" "$work/vpn-up" "$work/now"

# --- down ---

check "down" down vpn
check_nothing_left "down"
snapshot in_vpn > "$work/now"
check_same "down: nothing is left in the other one" "$work/vpn-clean" "$work/now"

up vpn
ip netns delete vpn
check_exit "status when the network namespace is gone" 1 status vpn
check "it says so" grep -q 'the network namespace of its link is gone' "$work/out"
check_exit "repair when the network namespace is gone" 1 "$apply" --root="$root" repair vpn
check_exit "reload when the network namespace is gone" 1 reload vpn
check_exit "down when the network namespace is gone" 0 down vpn
check "a notice says so" says "There is no network namespace 'vpn' any more"
check_nothing_left "down when the network namespace is gone"
check "its daemon has ended" wait_for 5 no_daemon vpn

ip netns add vpn
nsenter --net=/run/netns/vpn sleep infinity & # no function: "$!" has to be the program
helpers+=($!)
up vpn
ip netns delete vpn
check "down when somebody still is in the nameless network namespace" down vpn
check "its daemon has ended" wait_for 5 no_daemon vpn
check "and its link is gone" sh -c "! nsenter --net --target ${helpers[-1]} ip link show dev vpn"
check_nothing_left "down when somebody still is in the nameless network namespace"
kill "${helpers[-1]}"

# --- names that are taken ---

ip netns add vpn
in_vpn ip link set lo up
in_vpn ip link add vpn type veth peer name vpn2
check_exit "a link of that name in there" 1 up vpn
check "says whose" says "kind 'veth'"
in_vpn ip link delete dev vpn
check_nothing_left "a link of that name in there"
ip link add vpn type veth peer name vpn2
check_exit "a link of that name here is in the daemon's way" 1 up vpn
check "says so" says "so that there cannot be one in 'vpn'"
ip link delete dev vpn
check_nothing_left "a link of that name here"

# The same rule in two network namespaces is two rules.
for ns in here vpn; do
        profile $ns-rule.nmconnection << EOT
[connection]
type=wireguard
interface-name=$ns-rule
[wireguard]
private-key=$(key here)
[ipv4]
method=manual
address1=10.97.0.1/24
routing-rule1=priority 700 from 10.97.0.0/24 table 77
$([ $ns = here ] || echo "[WgProfile]"; [ $ns = here ] || echo "Netns=vpn")
EOT
done
check "a keyfile with a rule" up vpn-rule
check "the rule is in there" sh -c "ip -n vpn rule | grep -q '^700:.*lookup 77'"
check_exit "and not here" 1 sh -c "ip rule | grep '^700:'"
check "the same rule here" up here-rule
check "down in there" down vpn-rule
check_exit "its rule went" 1 sh -c "ip -n vpn rule | grep '^700:'"
check "that here stays" sh -c "ip rule | grep -q '^700:'"
down here-rule
check_nothing_left "rules"

# --- the resolver ---

sed 's/192.168.77.2/far.example/; s/AllowedIPs = .*/AllowedIPs = 10.99.0.0\/24/' "$work/vpn.conf" > "$root/etc/wg-profile/vpn.conf"
up vpn
start_resolver
check "the resolver sets the endpoint" wait_for 5 has_endpoint vpn 192.168.77.2:51901
check "and the tunnel carries packets" reaches in_vpn 10.99.0.2
ip link set cable mtu 1300
check "the MTU follows the way, in this network namespace" wait_for 5 sh -c "ip -n vpn link show dev vpn | grep -q 'mtu 1280 '"
ip link set cable mtu 1500
check "and back" wait_for 5 sh -c "ip -n vpn link show dev vpn | grep -q 'mtu 1420 '"
in_vpn ip link delete dev vpn
check "a link that was deleted in there is missed" wait_for 20 logs "vpn: its link was deleted"
check "up again" up vpn
check "the resolver sets the endpoint again" wait_for 5 has_endpoint vpn 192.168.77.2:51901
: > "$work/log"
ip netns delete vpn
check "a deleted network namespace is gone, with the resolver running" wait_for 5 no_daemon vpn
check "it is missed" wait_for 20 logs "vpn: its link was deleted"
check "down" down vpn
check "the resolver forgets it" wait_for 5 test ! -e "$state/vpn.resolver.json"
stop_resolver
check_nothing_left "the resolver"

# --- every change fails, and is the last ---

ip netns add vpn
in_vpn ip link set lo up
sed 's/^Address/ListenPort = 51900\n&/' "$work/vpn.conf" > "$root/etc/wg-profile/vpn.conf"
faulted count up vpn
n_up=$changes
snapshot in_vpn > "$work/vpn-up"
faulted count down vpn
n_down=$changes
check "there is enough to fail" test "$n_up" -ge 10 -a "$n_down" -ge 2

check_vpn_clean() {
        check_nothing_left "$1"
        snapshot in_vpn > "$work/now"
        check_same "$1: nothing is in there" "$work/vpn-clean" "$work/now"
        check "$1: no daemon" no_daemon vpn
}
for ((i = 1; i <= n_up; i++)); do
        faulted $i:error up vpn
        check "up fails at change $i: exit code" test $? = 1
        check_vpn_clean "up fails at change $i"

        faulted $i:kill up vpn
        check "up is killed before change $i: exit code" test $? = 137
        check "up is killed before change $i: up again" up vpn
        snapshot in_vpn > "$work/now"
        check_same "up is killed before change $i: as if nothing had happened" "$work/vpn-up" "$work/now"
        snapshot > "$work/now"
        check_same "up is killed before change $i: nothing is here" "$work/clean" "$work/now"
        down vpn
        check_vpn_clean "up is killed before change $i: down"

        faulted $i:kill up vpn
        check "up is killed before change $i: down --after-failure" "$apply" --root="$root" down --after-failure vpn
        check_vpn_clean "up is killed before change $i: down --after-failure"
done
check_failing_downs vpn "$n_down" check_vpn_clean

end_resolver_test
