#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# 5000 names in one tunnel, and systemd-resolved: what they cost the resolver, until all are set and afterwards.
set -uo pipefail
# shellcheck source=test/bed/guest/lib.sh
. /usr/lib/wgp-test/lib.sh

n=5000
umask 077
mkdir -p /run/asking /etc/wg-profile
peer_add isp 198.51.100.1/30 198.51.100.2/30
ip -n isp address add 203.0.113.53/32 dev lo
ip route add default via 198.51.100.2
for ((i = 0; i < n; i++)); do echo "203.0.113.$((i % 50 + 1)) n$i.example"; done >/run/asking/names
ip netns exec isp dnsmasq --conf-file=/dev/null --no-resolv --no-hosts --bind-interfaces --user=root --listen-address=203.0.113.53 \
        --local=/example/ --local-ttl=300 --addn-hosts=/run/asking/names --dns-forward-max=2000
resolvectl dns to-isp 203.0.113.53
{
        printf '%s\n' '[Interface]' "PrivateKey = $(wg genkey)" 'Address = 10.60.0.2/24'
        python3 -c '
import base64, hashlib
for i in range('$n'):
        key = base64.b64encode(hashlib.sha256(str(i).encode()).digest()).decode()
        print(f"[Peer]\nPublicKey = {key}\nEndpoint = n{i}.example:51820")'
} >/etc/wg-profile/am0.conf
systemctl daemon-reload

cpu() { awk '{ print ($14 + $15) * 10 }' "/proc/$(unit_property wg-profile-resolver MainPID)/stat"; } # ms, at 100 Hz
all_set() { [ "$(wg show am0 endpoints | grep -c 203.0.113)" = "$n" ]; }

then=$EPOCHREALTIME
systemctl start wg-profile@am0
check 'all are set' wait_for 150 all_set
awk -v then="$then" -v now="$EPOCHREALTIME" 'BEGIN { printf "# until all are set: %.1f s\n", now - then }'
sleep 5
took=$(cpu)
echo "# CPU for all answers: $took ms"
# A name takes some 31 system calls: two questions over the bus, one path, one endpoint, one line for the journal. They are slower
# in User Mode Linux than on a host, and slower again while the host has other work.
# Work that grew with the square of the names took 45 s.
check 'CPU for all answers grows with their number' test "$took" -lt 35000
sed -n 's/^\(Private_Dirty\): *\([0-9]*\) kB/# \1 \2 kB/p' "/proc/$(unit_property wg-profile-resolver MainPID)/smaps_rollup"
sleep 60
after=$(($(cpu) - took))
echo "# CPU in the minute after: $after ms"
check '1 % of a core after' test "$after" -lt 600
systemctl stop wg-profile@am0
