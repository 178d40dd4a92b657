#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# How names are asked of systemd-resolved, and what makes them be asked: the name server is a real one.
set -uo pipefail
# shellcheck source=test/bed/guest/lib.sh
. /usr/lib/wgp-test/lib.sh
# shellcheck source=test/scenarios/asking/root/usr/lib/wgp-test/asking.sh
. /usr/lib/wgp-test/asking.sh

#
# systemd-resolved, with the server of a link
#
resolvectl dns to-isp 203.0.113.53
dns vpn.example 203.0.113.1
profile vpn.example 10.60.0.1/32
start
check 'systemd-resolved: the endpoint is set' wait_for 10 has_endpoint 203.0.113.1
check 'the TTL is known' wait_for 5 ttl_is 77
check_like 'wg-profile resolve: now, this one' '^vpn.example: 203.0.113.1 \(TTL 7[0-9] s\)$' "$(wg-profile resolve as0)"
stop
profile alias.example 10.60.0.1/32
start
check 'an alias: the endpoint is set' wait_for 10 has_endpoint 203.0.113.1
check 'its TTL is the smaller one' wait_for 5 ttl_is 66
stop

#
# A name that is not there, and is, after something has changed
#
n=0
react() {
        local title=$1 took name=late$((++n)).example # each time another: no cache knows it
        shift
        profile "$name" 10.60.0.1/32
        start
        sleep 17 # the next attempt of its own is 14 s later
        check_fails "$title: not set before" has_endpoint 203.0.113.2
        dns "$name" 203.0.113.2
        took=$(seconds_after "$@")
        echo "# $title: $took s"
        check "$title: set in 3 seconds" within "$took" 3
        stop
}
seconds_after() {
        "$@" >/dev/null
        seconds has_endpoint 203.0.113.2
}
react 'another DNS server' resolvectl dns to-isp 203.0.113.54
react 'another default route' ip route replace default via 198.51.100.2 metric 5
react 'another address' ip address add 198.51.100.9/32 dev to-isp
react 'an edit of /etc/hosts' sh -c 'echo 192.0.2.1 other.example >>/etc/hosts'
react 'wg-profile resolve' wg-profile resolve as0
react 'systemctl reload' systemctl reload wg-profile-resolver

#
# An event each second, and many names
#
n=200
for ((i = 0; i < n; i++)); do echo "203.0.113.1 n$i.example" >>/run/asking/names; done
kill -HUP "$(</run/asking/dnsmasq.pid)"
{
        printf '%s\n' '[Interface]' "PrivateKey = $(</run/asking/here)" 'Address = 10.60.0.2/24'
        for ((i = 0; i < n; i++)); do
                printf '%s\n' '[Peer]' "PublicKey = $(wg genkey)" "Endpoint = n$i.example:51820"
        done
} >/etc/wg-profile/as0.conf
systemctl daemon-reload
(while sleep 1; do ip address add 198.51.100.77/32 dev to-isp; sleep 1; ip address del 198.51.100.77/32 dev to-isp; done) &
churn=$!
start
all_set() { [ "$(wg show as0 endpoints | grep -c 203.0.113.1:51820)" = "$n" ]; }
took=$(seconds all_set)
echo "# $n names while the network changes each second: $took s"
check "$n names while the network changes each second: all are set in 20 seconds" within "$took" 20
kill "$churn"
stop
