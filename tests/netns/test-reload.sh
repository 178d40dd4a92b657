#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Reload changes what differs and nothing else; repair puts back what others took away.

. "$(dirname "$0")/lib.sh"

setup_hosts
snapshot > "$work/clean"

# The other end of two peers: "there" answers for both, over two links.
for i in 1 2; do
        wg genkey > "$work/far$i.key"
        wg pubkey < "$work/far$i.key" > "$work/far$i.pub"
done
interface="[Interface]
PrivateKey = $(key here)
ListenPort = 51900
Address = 10.99.0.1/24, fd99::1/64
"
peer() { # NUMBER ALLOWED-IPS [MORE]
        printf '[Peer]\nPublicKey = %s\nAllowedIPs = %s\nEndpoint = 192.168.77.2:5191%s\n%s\n' "$(cat "$work/far$1.pub")" "$2" "$1" "${3:-}"
}
for i in 1 2; do
        profile far$i.conf <<EOT
[Interface]
PrivateKey = $(cat "$work/far$i.key")
ListenPort = 5191$i
Address = 10.99.0.1$i/24
Table = off
[Peer]
PublicKey = $(pub here)
AllowedIPs = 10.99.0.1/32
EOT
        there "$apply" --root="$root" up far$i
done
# Two links with one network: each answers from its own address.
there ip route del 10.99.0.0/24 dev far2
there ip route add 10.99.0.1/32 dev far2 table 2
there ip rule add from 10.99.0.12 table 2

edit() { profile r.conf; }
edit <<< "$interface$(peer 1 10.99.0.11/32)
$(peer 2 10.99.0.12/32)"
up r
check "both peers answer" reaches here 10.99.0.11
check "both peers answer (2)" reaches here 10.99.0.12

counters() { wg show r latest-handshakes | grep -F "$(cat "$work/far$1.pub")"; wg show r endpoints | grep -F "$(cat "$work/far$1.pub")"; }

# Nothing that is done to peer 2 may show on peer 1.
counters 1 > "$work/before"
untouched() {
        counters 1 > "$work/after"
        check_same "$1: the other peer's session goes on" "$work/before" "$work/after"
        check "$1: the other peer answers" reaches here 10.99.0.11
}

edit <<< "$interface$(peer 1 10.99.0.11/32)
$(peer 2 10.99.0.12/32 'PersistentKeepalive = 21')"
faulted count reload r
check "keepalive: one message, and the record is the same" test "$changes" = 1
check "keepalive: set" test "$(wg show r persistent-keepalive | cut -f2 | grep -cx 21)" = 1
untouched "keepalive"

edit <<< "$interface$(peer 1 10.99.0.11/32)
$(peer 2 10.99.0.12/32 "PresharedKey = $(cat "$work/psk")")"
reload r
check "preshared key: set" test "$(wg show r preshared-keys | grep -cF "$(cat "$work/psk")")" = 1
check "keepalive that left the profile: off" test "$(wg show r persistent-keepalive | cut -f2 | grep -cx off)" = 2
edit <<< "$interface$(peer 1 10.99.0.11/32)
$(peer 2 10.99.0.12/32)"
reload r
check "preshared key that left the profile: gone" test "$(wg show r preshared-keys | cut -f2 | grep -cx '(none)')" = 2
untouched "preshared key"

edit <<< "$interface$(peer 1 10.99.0.11/32)
$(peer 2 '10.99.0.12/32, 10.98.0.0/16, fd98::/64')"
reload r
check "more allowed-ips: routes" test "$(ip route show 10.98.0.0/16 | wc -l)$(ip -6 route show fd98::/64 | wc -l)" = 11
edit <<< "$interface$(peer 1 '10.99.0.11/32, 10.98.0.0/16')
$(peer 2 10.99.0.12/32)"
reload r
check "allowed-ip moved and one gone" test "$(wg show r allowed-ips | cut -f2- | sort | tr '\n' ';')" = "10.99.0.11/32 10.98.0.0/16;10.99.0.12/32;"
check "allowed-ip gone: its route, too" test -z "$(ip -6 route show fd98::/64)"
check "peer 2 answers" reaches here 10.99.0.12
untouched "allowed-ips"

edit <<< "$interface$(peer 1 10.99.0.11/32)
[Peer]
PublicKey = $(pub third)"
reload r
check "another peer" test "$(wg show r peers | sort)" = "$( (cat "$work/far1.pub"; pub third) | sort)"
untouched "another peer"

# roaming
wg set r peer "$(cat "$work/far1.pub")" endpoint 192.168.77.2:51912
reload r
check "a roamed endpoint stays" sh -c "wg show r endpoints | grep -q ':51912'"
sed -i 's/:51911/:51913/' "$root/etc/wg-profile/r.conf"
reload r
check "another endpoint in the profile is set" sh -c "wg show r endpoints | grep -q ':51913'"
sed -i 's/:51913/:51911/' "$root/etc/wg-profile/r.conf"
reload r
check "and back" sh -c "wg show r endpoints | grep -q ':51911'"

# what was set by hand and is not the profile's stays
ip address add 10.44.0.1/24 dev r
ip route add 10.45.0.0/24 dev r
reload r
check "somebody else's address and route stay" sh -c "ip -o address show dev r | grep -q 10.44.0.1 && ip route show | grep -q 10.45.0.0"
ip route del 10.45.0.0/24 dev r
ip address del 10.44.0.1/24 dev r

# addresses; without promote_secondaries the kernel takes the new address away together with the old one
for promote in 0 1; do
        echo $promote > /proc/sys/net/ipv4/conf/r/promote_secondaries
        edit <<< "$interface$(peer 1 '10.99.0.11/32, 10.98.0.0/16')"
        reload r
        snapshot > "$work/up1"
        edit <<< "${interface/10.99.0.1/10.99.0.3}$(peer 1 '10.99.0.11/32, 10.98.0.0/16')"
        check "another address of the subnet (promote_secondaries=$promote)" reload r
        check "another address of the subnet (promote_secondaries=$promote): it" sh -c "ip -o address show dev r | grep -q 'inet 10.99.0.3/24'"
        check "another address of the subnet (promote_secondaries=$promote): not the old" sh -c "! ip -o address show dev r | grep -q 'inet 10.99.0.1/24'"
        check "another address of the subnet (promote_secondaries=$promote): route" test -n "$(ip route show 10.98.0.0/16)"
        edit <<< "$interface$(peer 1 '10.99.0.11/32, 10.98.0.0/16')"
        reload r
        snapshot > "$work/now"
        check_same "another address of the subnet (promote_secondaries=$promote): and back" "$work/up1" "$work/now"
done

# an error in the profile changes nothing
sed -i 's/AllowedIPs/AllowdIPs/' "$root/etc/wg-profile/r.conf"
check_exit "reload of an invalid profile" 3 reload r
snapshot > "$work/now"
check_same "reload of an invalid profile: all stays" "$work/up1" "$work/now"
sed -i 's/AllowdIPs/AllowedIPs/' "$root/etc/wg-profile/r.conf"

# nor does one that is no more
mv "$root/etc/wg-profile/r.conf" "$work/r.conf"
check_exit "reload without a profile" 6 reload r
ln -s /dev/null "$root/etc/wg-profile/r.conf"
check_exit "reload of a masked profile" 6 reload r
snapshot > "$work/now"
check_same "reload without a profile: all stays" "$work/up1" "$work/now"
rm "$root/etc/wg-profile/r.conf"
mv "$work/r.conf" "$root/etc/wg-profile/r.conf"

# --- repair ---

profile k.nmconnection <<EOT
[connection]
type=wireguard
interface-name=k
[wireguard]
private-key=$(key third)
[wireguard-peer.$(pub there)]
allowed-ips=10.60.0.0/16;
[ipv4]
method=manual
address1=10.61.0.1/24
routing-rule1=priority 88 to 10.60.0.0/16 lookup main
EOT
up k
snapshot > "$work/up-k"
ip rule del priority 88
ip route del 10.60.0.0/16 dev k
ip address del 10.61.0.1/24 dev k
mv "$root/etc/wg-profile/k.nmconnection" "$work/k"
check "repair, without the profile" "$apply" --root="$root" repair k
snapshot > "$work/now"
check_same "repair: all is back" "$work/up-k" "$work/now"
faulted count repair k
check "repair again: nothing to do" test "$changes" = 0
wg set k peer "$(pub there)" remove
"$apply" --root="$root" repair k
check "repair: peers are not its business" test -z "$(wg show k peers)"
ip link delete dev k
check_exit "repair without the link" 1 "$apply" --root="$root" repair k
check "repair without the link: says what to do" says "restart the tunnel"
down k
check_exit "repair of what is not up" 1 "$apply" --root="$root" repair k
check_exit "reload of what is not up" 6 reload k

# --- what takes a restart ---

mv "$work/k" "$root/etc/wg-profile/k.nmconnection"
up k
sed -i 's/interface-name=k/interface-name=k2/' "$root/etc/wg-profile/k.nmconnection"
for verb in reload plan; do
        check_exit "$verb of another name of the link" 1 "$apply" --root="$root" $verb k
        check "$verb of another name of the link: told" says "The profile 'k' changed the name of the interface, which needs a restart: nothing was changed."
done
down k
check_exit "plan of a tunnel that is down" 10 "$apply" --root="$root" plan k

ip link delete dev r
check_exit "reload of a tunnel whose link is gone" 1 reload r
check "reload of a tunnel whose link is gone: says what helps" says "The link r of the tunnel 'r' is gone: restart the tunnel."
down r
check_exit "reload of a tunnel that is down" 1 reload r
check "reload of a tunnel that is down: says what helps" says "The tunnel 'r' is not up: start it."
there "$apply" --root="$root" down far1
there "$apply" --root="$root" down far2
check_nothing_left "down"

end
