#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Tunnels of the kernel's WireGuard in a network namespace and in a VRF, of both formats: where link, socket, addresses and
# routes are, that packets go through them and nowhere else, and that nothing is left.
set -uo pipefail
# shellcheck source=test/bed/guest/lib.sh
. /usr/lib/wgp-test/lib.sh

in_vpn() { ip netns exec vpn "$@"; }
pings() { wait_for 40 "$1" ping -c 1 -W 2 "${@:2}"; }
here() { "$@"; }
apply() { /usr/libexec/wg-profile-apply "$@"; }
plan_of() { wg-profile plan "$1" 2>&1; }
says() { journalctl --boot --unit="$1" --output=cat | grep -F -- "$2"; }
gone() { ! "$@"; }

# --- the far end, 192.0.4.2: number N has the addresses 10.N.0.1 and fdN::1; 10.41.0.1 is behind it ---

peer_add out 192.0.4.1/24 192.0.4.2/24
far=$(wg genkey)
server=$(wg pubkey <<<"$far")
peer_wireguard out 10.40.0.1/24 fd40::1/64 10.42.0.1/24 10.43.0.1/24 fd43::1/64 10.44.0.1/24 fd44::1/64 10.41.0.1/32 \
        fd41::1/128 <<END
[Interface]
PrivateKey = $far
ListenPort = 51820
END

# key N: a client's, which the far end knows
key() {
        local key
        key=$(wg genkey)
        ip netns exec out wg set wg0 peer "$(wg pubkey <<<"$key")" allowed-ips "10.$1.0.2/32,fd$1::2/128"
        echo "$key"
}

umask 077
# full NAME N LINE: a full tunnel, wg-quick's format
full() {
        cat >"/etc/wg-profile/$1.conf" <<END
[Interface]
PrivateKey = $(key "$2")
Address = 10.$2.0.2/24, fd$2::2/64

[Peer]
PublicKey = $server
Endpoint = 192.0.4.2:51820
AllowedIPs = 0.0.0.0/0, ::/0

[WgProfile]
Autoconnect = no
$3
END
}
# split NAME N LINE-OF-CONNECTION LINE: two networks, a keyfile with a rule of its own
split() {
        cat >"/etc/wg-profile/$1.nmconnection" <<END
[connection]
type=wireguard
interface-name=$1
autoconnect=false
$3

[wireguard]
private-key=$(key "$2")

[wireguard-peer.$server]
endpoint=192.0.4.2:51820
allowed-ips=10.$2.0.0/24;fd$2::/64;

[ipv4]
method=manual
address1=10.$2.0.2/24
routing-rule1=priority 7$2 from 10.$2.0.0/24 table 77

[ipv6]
method=manual
address1=fd$2::2/64

[WgProfile]
$4
END
}
full nsfull 40 'Netns = vpn'
split nssplit 42 '' Netns=vpn
full vrffull 43 'Vrf = blue'
split vrfsplit 44 $'controller=blue\nport-type=vrf' ''
umask 022
systemctl daemon-reload
rp_filter=$(sysctl -n net.ipv4.conf.all.rp_filter)
sysctl -q net.ipv4.conf.all.rp_filter=1

# --- what is not there ---

check_fails 'no network namespace, no tunnel' systemctl start wg-profile@nsfull
check_is 'it may work later' 1 "$(unit_property wg-profile@nsfull ExecMainStatus)"
check 'it says what to do' says wg-profile@nsfull 'systemctl enable --now wg-profile-netns@vpn.service'
check_fails 'no VRF, no tunnel' systemctl start wg-profile@vrffull
check_is 'that may work later, too' 1 "$(unit_property wg-profile@vrffull ExecMainStatus)"
check 'and says what to do' says wg-profile@vrffull 'ip link add blue type vrf'
systemctl stop wg-profile@nsfull wg-profile@vrffull
systemctl reset-failed 'wg-profile@*' 2>/dev/null

check 'a VRF' ip link add blue type vrf table 77
ip link set blue addrgenmode none
ip link set blue up
check 'a network namespace' systemctl start wg-profile-netns@vpn
net_state >/run/netns-before

# --- in the network namespace ---

tcpdump -p -i to-out -n -U -Z root -w /run/netns.pcap 2>/dev/null &
tcpdump=$!
check 'a full tunnel starts' systemctl start wg-profile@nsfull
check_fails 'its link is not here' ip link show dev nsfull
check_like 'it is in there' 'mtu 1420 .* group 2003267585' "$(in_vpn ip -d -o link show dev nsfull)"
port=$(in_vpn wg show nsfull listen-port)
check 'its socket is here' test -n "$(ss --no-header -uln "sport = :$port")"
check_is 'and not in there' '' "$(in_vpn ss --no-header -uln "sport = :$port")"
check 'the far end answers' pings in_vpn 10.40.0.1
check 'what is behind it, too' pings in_vpn 10.41.0.1
check 'and of IPv6' pings in_vpn fd41::1
check_fails 'from here it is not reached' ping -c 1 -W 2 10.41.0.1
check_is 'the default route is in the main table in there' 'default dev nsfull scope link ' "$(in_vpn ip route show default)"
check_is 'there are no rules of ours' '' "$(in_vpn ip rule | grep ^31; ip rule | grep ^31)"
check_is 'nor a mark' off "$(in_vpn wg show nsfull fwmark)"
check 'a keyfile in the same one' systemctl start wg-profile@nssplit
check 'it answers' pings in_vpn 10.42.0.1
check_like 'its rule is in there' 'from 10.42.0.0/24 lookup 77' "$(in_vpn ip rule)"
check_is 'but for that this network namespace is as before' "$(</run/netns-before)" "$(net_state)"
for name in nsfull nssplit; do
        check_is "there is nothing left to do for $name" '' "$(plan_of $name)"
done
check_like 'status says where it is' 'network namespace vpn' "$(wg-profile status nsfull)"

sed -i 's|^Endpoint|PersistentKeepalive = 9\n&|; s|10.40.0.2/24|10.40.0.2/24, 10.40.9.2/32|' /etc/wg-profile/nsfull.conf
handshake=$(in_vpn wg show nsfull latest-handshakes)
check 'reload' systemctl reload wg-profile@nsfull
check_like 'reload: an address more' 10.40.9.2/32 "$(in_vpn ip -4 -o address show dev nsfull)"
check_like 'reload: keepalive' 9 "$(in_vpn wg show nsfull persistent-keepalive)"
check_is 'reload: the session stays' "$handshake" "$(in_vpn wg show nsfull latest-handshakes)"
in_vpn ip address flush dev nsfull
in_vpn ip route flush table main
check 'repair' apply repair nsfull
check 'the far end answers again' pings in_vpn 10.41.0.1
check_is 'there is nothing left to do then' '' "$(plan_of nsfull)"
sed -i 's/vpn/other/' /etc/wg-profile/nsfull.conf
check_fails 'reload does not move it' systemctl reload wg-profile@nsfull
sed -i 's/other/vpn/' /etc/wg-profile/nsfull.conf

# A namesake out here: newer kernels do not mind, older ones do, and then somebody says so.
systemctl stop wg-profile@nssplit
ip link add nssplit type dummy
if systemctl start wg-profile@nssplit 2>/dev/null; then
        check 'a link of the same name out here does not matter' in_vpn ip link show dev nssplit
else
        check 'a link of the same name out here is told of' says wg-profile@nssplit 'There is a link nssplit in this network namespace'
fi
ip link delete nssplit
systemctl stop wg-profile@nssplit
check 'without it' systemctl start wg-profile@nssplit

# The resolver works in here, and its hand reaches in there.
echo '192.0.4.2 far.example' >>/etc/hosts
sed -i 's/192.0.4.2:/far.example:/' /etc/wg-profile/nsfull.conf
check 'a restart with a name as endpoint' systemctl restart wg-profile@nsfull
check 'the resolver sets it' pings in_vpn 10.41.0.1
ip link set to-out mtu 1400
check 'the MTU follows the path out here' wait_for 20 sh -c 'ip -n vpn link show dev nsfull | grep -q "mtu 1320 "'
ip link set to-out mtu 1500
check 'and back' wait_for 20 sh -c 'ip -n vpn link show dev nsfull | grep -q "mtu 1420 "'
in_vpn ip link delete dev nsfull
check 'a link that is deleted in there comes back' wait_for 60 in_vpn ip link show dev nsfull
check 'and answers' pings in_vpn 10.41.0.1
check 'the unit is active' systemctl is-active wg-profile@nsfull
kill "$tcpdump"
wait "$tcpdump" 2>/dev/null
check_is 'on the cable there was nothing but what is between the ends of the tunnels' '' \
        "$(tcpdump -r /run/netns.pcap -n 'not arp and not host 192.0.4.2 and not dst net ff02::/16' 2>/dev/null)"
check 'and there was that' test -n "$(tcpdump -r /run/netns.pcap -n -c 1 'udp port 51820' 2>/dev/null)"

check 'both stop' systemctl stop wg-profile@nsfull wg-profile@nssplit
check_is 'nothing is left in there' 'lo' "$(in_vpn ip -o link | awk -F': ' '{ print $2 }')"
check_is 'no rule, either' 3 "$(in_vpn ip rule | wc -l)"
check_is 'nor here' "$(</run/netns-before)" "$(net_state)"

# The index of its link may be that of another tunnel's link out here, which is no business of "set --runtime".
index=60 # more than either has had
check 'a link out here of a high index' ip link add namesake index $index type wireguard
for ((last = 0; last < index - 1;)); do # the kernel counts, in each network namespace by itself
        ip -n vpn link add bump type dummy || break
        last=$(ip -n vpn -o link show dev bump | cut -d: -f1)
        ip -n vpn link delete dev bump
done
check 'a tunnel of its own accord' systemctl start wg-profile@nsfull
check_is 'its link and one out here have the same index' $index "$(in_vpn cat /sys/class/net/nsfull/ifindex)"
before=$(wg showconf namesake)
check 'set --runtime' wg-profile set --runtime nsfull fwmark 7 peer "$server" persistent-keepalive 11
check_is 'set --runtime: the mark' 0x7 "$(in_vpn wg show nsfull fwmark)"
check_like 'set --runtime: the peer' '[[:space:]]11$' "$(in_vpn wg show nsfull persistent-keepalive)"
check_is 'set --runtime: the link out here is as before' "$before" "$(wg showconf namesake)"
ip link delete dev namesake
port=$(in_vpn wg show nsfull listen-port)
ip netns delete vpn
check 'a deleted network namespace takes the tunnel with it' wait_for 20 gone sh -c "ss --no-header -uln 'sport = :$port' | grep -q ."
check 'then it stops' systemctl stop wg-profile@nsfull
check_is 'and nothing is left' "$(</run/netns-before)" "$(net_state)"
check_is 'no record' '' "$(find /run/wg-profile/state -name 'ns*.json')"
systemctl reset-failed 'wg-profile@*' 2>/dev/null
systemctl stop wg-profile-netns@vpn 2>/dev/null
systemctl reset-failed wg-profile-netns@vpn 2>/dev/null

# --- in the VRF ---

check 'a full tunnel in a VRF starts' systemctl start wg-profile@vrffull
check_like 'it is in the VRF' 'vrffull' "$(ip -o link show master blue)"
check_like 'and has its IPv6 address nevertheless' 'fd43::2/64' "$(ip -6 -o address show dev vrffull)"
check_like 'its default route is in the table of the VRF' 'default dev vrffull' "$(ip route show table 77)"
check_like 'with one behind it' 'unreachable default proto kernel metric 4294967295' "$(ip route show table 77 type unreachable)"
check_like 'of IPv6, too' 'default dev vrffull' "$(ip -6 route show table 77)"
check_is 'there are no rules of ours in this case, too' '' "$(ip rule | grep ^31)"
check 'the far end answers in the VRF' pings here -I blue 10.43.0.1
check 'what is behind it answers in the VRF' pings here -I blue 10.41.0.1
check 'and of IPv6 in the VRF' pings here -I blue fd41::1
check_fails 'outside of the VRF it does not' ping -c 1 -W 2 10.41.0.1
check 'a keyfile with controller=' systemctl start wg-profile@vrfsplit
check 'it answers in the VRF' pings here -I blue 10.44.0.1
check_like 'its routes have their metric there' '10.44.0.0/24 dev vrfsplit .*metric 50' "$(ip route show table 77)"
for name in vrffull vrfsplit; do
        check_is "there is nothing left to do for $name" '' "$(plan_of $name)"
done
check_like 'status names the VRF' 'VRF blue' "$(wg-profile status vrffull)"
sed -i 's/blue/red/' /etc/wg-profile/vrffull.conf
check_fails 'reload does not take it to another VRF' systemctl reload wg-profile@vrffull
sed -i 's/red/blue/' /etc/wg-profile/vrffull.conf
ip link set dev vrffull nomaster
check_like 'taken out of the VRF it has lost its IPv6 address' '^$' "$(ip -6 -o address show dev vrffull scope global)"
check_like 'the plan is to put it back' 'set link vrffull vrf blue: differs' "$(plan_of vrffull)"
check 'repair does' apply repair vrffull
check_is 'there is nothing left to do for it then' '' "$(plan_of vrffull)"
check 'it answers again' pings here -I blue fd41::1
ip link delete dev vrffull
check_like 'without its link nothing leaves the VRF' 'No route to host' "$(ip route get 10.41.0.1 vrf blue 2>&1)"
check 'the link comes back' wait_for 60 ip link show dev vrffull
check 'and answers in the VRF' pings here -I blue 10.41.0.1
check 'both stop, of the VRF' systemctl stop wg-profile@vrffull wg-profile@vrfsplit
check_is 'nothing is left of them' "$(</run/netns-before)" "$(net_state)"
check_is 'no record of them' '' "$(find /run/wg-profile/state -name 'vrf*.json')"

# --- away ---

rm -f /etc/wg-profile/{nsfull,vrffull}.conf /etc/wg-profile/{nssplit,vrfsplit}.nmconnection
sed -i '/far.example/d' /etc/hosts
ip link delete dev blue
ip netns delete out
sysctl -q net.ipv4.conf.all.rp_filter="$rp_filter"
systemctl daemon-reload
check_is 'nothing has failed' '' "$(systemctl --failed --legend=no)"
