#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# How names are asked past tunnels that catch all questions, past a kill switch, and without systemd-resolved.
set -uo pipefail
# shellcheck source=test/bed/guest/lib.sh
. /usr/lib/wgp-test/lib.sh
# shellcheck source=test/scenarios/asking/root/usr/lib/wgp-test/asking.sh
. /usr/lib/wgp-test/asking.sh

#
# The tunnel has "~.", and only global servers know its name
#
install -d -m 755 /etc/systemd/resolved.conf.d
printf '[Resolve]\nDNS=203.0.113.53\n' >/etc/systemd/resolved.conf.d/test.conf
chmod 644 /etc/systemd/resolved.conf.d/test.conf # it does not run as root
systemctl restart systemd-resolved
dns vpn.example 203.0.113.1
profile vpn.example 0.0.0.0/0 'DNS = 10.60.0.1'
start
took=$(seconds has_handshake)
echo "# global servers, and the tunnel catches all: $took s"
check 'global servers, and the tunnel catches all: it connects' within "$took" 20
check 'the TTL is known' wait_for 5 ttl_is 77
stop

#
# A kill switch, and public servers
#
rm /etc/systemd/resolved.conf.d/test.conf
systemctl restart systemd-resolved
resolvectl dns to-isp 203.0.113.53
profile vpn.example 0.0.0.0/0
printf '%s\n' '[WgProfile]' 'KillSwitch = yes' >>/etc/wg-profile/as0.conf
systemctl daemon-reload
systemctl start wg-profile-killswitch@as0
resolvectl flush-caches
check_fails 'kill switch: systemd-resolved cannot ask' timeout 4 resolvectl query vpn.example
start
took=$(seconds has_handshake)
echo "# kill switch, and public servers: $took s"
check 'kill switch: it connects' within "$took" 20
stop
systemctl stop wg-profile-killswitch@as0

#
# Without systemd-resolved
#
systemctl mask --now --quiet systemd-resolved
rm -f /etc/resolv.conf
echo 'nameserver 203.0.113.53' >/etc/resolv.conf
profile vpn.example 0.0.0.0/0
start
took=$(seconds has_handshake)
echo "# without systemd-resolved, a full tunnel: $took s"
check 'without systemd-resolved: a full tunnel connects' within "$took" 20
check 'the TTL is known' wait_for 5 ttl_is 77
stop
