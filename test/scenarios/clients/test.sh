#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A server of either format that hands out tunnels: do the profiles that it prints work with wg-quick(8) and NetworkManager,
# do other clients not notice, and does a client that is sent away stay away?
set -uo pipefail
# shellcheck source=test/bed/guest/lib.sh
. /usr/lib/wgp-test/lib.sh

# Two clients' machines, in network namespaces behind one bridge.
prepare_network() {
        local name n=2

        ip link add br-clients type bridge
        ip address add 192.0.2.1/24 dev br-clients
        ip link set br-clients up
        for name in phone other; do
                ip netns add "$name"
                ip link add "to-$name" type veth peer name eth0 netns "$name"
                ip link set "to-$name" master br-clients up
                ip -n "$name" address add "192.0.2.$n/24" dev eth0
                ip -n "$name" link set eth0 up
                ip -n "$name" link set lo up
                n=$((n + 1))
        done
}

# bring_up NAMESPACE FILE: by the real wg-quick(8). All that it changes is the namespace's.
bring_up() {
        ip netns exec "$1" wg-quick up "$2"
}

pings() {
        wait_for 20 ip netns exec "$1" ping -c 1 -W 2 "$2"
}

prepare_network
umask 077
cd /run || exit 1
cat >vpn.conf <<END
[Interface]
PrivateKey = $(wg genkey)
Address = 10.8.0.1/24, fd08::1/64
ListenPort = 51820
END
mkdir -p /etc/wg-profile/vpn.conf.d
printf '[WgProfile]\nClientEndpoint = 192.0.2.1\nClientAllowedIPs = 10.8.0.0/24, fd08::/64\n' >/etc/wg-profile/vpn.conf.d/clients.conf

# The five commands of the README.
check_is 'a server is imported and started' "/etc/wg-profile/vpn.conf: imported, mode 0600.
It starts at boot." "$(wg-profile import --start vpn.conf)"
mkdir -p /run/phone /run/other
check 'a client is added to a running server' wg-profile peer add vpn phone --output=/run/phone/vpn.conf
check_is 'the kernel has it' 1 "$(wg show vpn peers | wc -l)"
check_is 'the list says so' 'phone  10.8.0.2/32, fd08::2/128  enabled  never' "$(wg-profile peer list vpn | tail -n 1)"
check 'wg-quick takes the profile' bring_up phone /run/phone/vpn.conf
check 'the server answers the phone by IPv4' pings phone 10.8.0.1
check 'the server answers the phone by IPv6' pings phone fd08::1
check_like 'the list tells of the handshake' 'enabled  [0-9]+ ?s.* ago|enabled  .*ago' "$(wg-profile peer list vpn | tail -n 1)"
check_is 'no journal has the private key' '' "$(journalctl --boot | grep -F "$(sed -n 's/^PrivateKey = //p' /run/phone/vpn.conf)")"
check_fails 'no file of the system has it' grep -rqF "$(sed -n 's/^PrivateKey = //p' /run/phone/vpn.conf)" /etc/wg-profile /run/wg-profile /var/lib/wg-profile /tmp

# Nobody else notices: a ping every 10 ms while clients come and go.
ip netns exec phone ping -i 0.01 -w 600 -q 10.8.0.1 >/run/ping.out 2>&1 &
ping_pid=$!
for i in $(seq 20); do
        wg-profile peer add vpn "c$i" --output="/run/c$i.conf" || echo "not ok - c$i was not added"
done
check_is 'all of them are in the kernel' 21 "$(wg show vpn peers | wc -l)"
for i in $(seq 20); do
        wg-profile peer remove vpn "c$i" >/run/removed || echo "not ok - c$i was not removed"
done
kill -INT "$ping_pid"
wait "$ping_pid"
cat /run/ping.out
check_like 'the phone has lost nothing while 20 came and went' ' 0% packet loss' "$(cat /run/ping.out)"
check_is 'they are gone from the kernel' 1 "$(wg show vpn peers | wc -l)"

# Another client, in the format of NetworkManager, which has no namespaces: converted for wg-quick.
check 'a client in the format of NetworkManager is added' wg-profile peer add vpn other --format=nmconnection --output=/run/other/vpn.nmconnection
check 'it can be had as wg-quick has it' wg-profile convert --to=wg-quick --output=/run/other/vpn.conf /run/other/vpn.nmconnection
check 'wg-quick takes that' bring_up other /run/other/vpn.conf
check 'the server answers the other by IPv4' pings other 10.8.0.1
check 'the server answers the other by IPv6' pings other fd08::1

# A site: the running server gets the route, and loses it.
check 'a client with a network behind it is added' wg-profile peer add vpn branch --site=10.30.0.0/16,fd30::/48 --output=/run/branch.conf
check_like 'the server has the route' 'dev vpn' "$(ip route get 10.30.0.1)"
check_like 'and that of IPv6' 'dev vpn' "$(ip -6 route get fd30::1)"
check_is 'the client has the others' "AllowedIPs = 10.8.0.0/24, fd08::/64" "$(grep AllowedIPs /run/branch.conf)"
check 'the site goes' wg-profile peer remove vpn branch
check_is 'its routes go, too' '' "$(ip route show 10.30.0.0/16; ip -6 route show fd30::/48)"
check 'the other one has not noticed' pings other 10.8.0.1

# Away, and back.
check_is 'a client is disabled' "vpn: 'phone' was disabled. Tunnel reloaded." "$(wg-profile peer disable vpn phone)"
check_fails 'it is not let in any more' ip netns exec phone ping -c 3 -i 0.3 -W 1 10.8.0.1
check 'the other one is' pings other 10.8.0.1
check_is 'a client is enabled' "vpn: 'phone' was enabled. Tunnel reloaded." "$(wg-profile peer enable vpn phone)"
check 'it is let in again' pings phone 10.8.0.1
check_is 'a client is removed' "vpn: 'phone' was removed. Tunnel reloaded." "$(wg-profile peer remove vpn phone)"
check_fails 'a removed one is not let in' ip netns exec phone ping -c 3 -i 0.3 -W 1 10.8.0.1

# By hand.
rm /etc/wg-profile/vpn.conf.d/peer-other.conf
check 'a reload after a file was removed by hand' systemctl reload wg-profile@vpn
check_is 'revokes as well' 0 "$(wg show vpn peers | wc -l)"
check 'the server stops' wg-profile down vpn

# What cannot be written.
mount -t tmpfs -o size=64k,mode=755 tmpfs /etc/wg-profile/vpn.conf.d
printf '[WgProfile]\nClientEndpoint = 192.0.2.1\n' >/etc/wg-profile/vpn.conf.d/clients.conf
head -c 1M /dev/zero >/etc/wg-profile/vpn.conf.d/filler 2>/run/error
check_fails 'a full disk is an error' wg-profile peer add vpn full --output=/run/full.conf
check_fails 'then nobody has a profile' test -e /run/full.conf
check_is 'and nothing is left behind' $'clients.conf\nfiller' "$(ls -A /etc/wg-profile/vpn.conf.d)"
rm /etc/wg-profile/vpn.conf.d/filler
mount -o remount,ro /etc/wg-profile/vpn.conf.d
check_like 'a read-only directory is an error that says so' 'Read-only file system' "$(wg-profile peer add vpn ro 2>&1)"
umount /etc/wg-profile/vpn.conf.d
