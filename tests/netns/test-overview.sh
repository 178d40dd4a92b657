#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The overview of a thousand tunnels takes less than 300 ms of processor time: each has a profile, a record and a link.
# The links are cables and WireGuard's userspace daemons are missing: test/scenarios/everyday has real ones.
#
# usage: test-overview.sh APPLY APPLY_WITH_FAULTS RESOLVER FAKE_SYSTEM WG-PROFILE

. "$(dirname "$0")/lib.sh"

program=$(realpath "$5")
setup_hosts
profile many.conf <<EOT
[Interface]
PrivateKey = $(key here)
Address = 10.99.0.1/24
[Peer]
PublicKey = $(pub there)
Endpoint = 192.168.77.2:51901
AllowedIPs = 10.99.0.0/24
EOT
check "one tunnel is up" up many
for ((i = 0; i < 1000; i++)); do
        sed 's/10.99.0/10.98.0/' "$root/etc/wg-profile/many.conf" > "$root/etc/wg-profile/many$i.conf"
        sed "s/\"many\"/\"many$i\"/g; s/\"ifindex\": *[0-9]*/\"ifindex\":0/; s/\"index\": *[0-9]*/\"index\":0/" "$state/many.json" > "$state/many$i.json"
        echo "link add many$i type veth peer name other$i"
done | ip -batch -
chmod 600 "$root"/etc/wg-profile/*.conf "$state"/*.json

check_exit "the overview" 1 "$program" --root="$root" --no-legend
check "has each of them" [ "$(grep -cE '^\* many[0-9]+ ' "$work/out")" = 1000 ]
check "with its link, which is what cannot be asked here" [ "$(grep -c 'userspace WireGuard does not answer' "$work/out")" = 1000 ]
TIMEFORMAT='%U %S %R'
spent=$( { time "$program" --root="$root" --no-legend > "$work/out"; } 2>&1)
echo "# user, system, real: $spent s"
check "in less than 300 ms" awk -v spent="$spent" 'BEGIN { split(spent, part, " "); exit !(part[1] + part[2] < 0.3) }'
check "down" down many

end
