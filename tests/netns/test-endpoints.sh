#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Which address a peer is sent to, with userspace WireGuard: the last good one before DNS, alternate endpoints, endpoints that
# are addresses, and the way back from where DNS led by mistake.
#
#   test-endpoints.sh APPLY APPLY_WITH_FAULTS RESOLVER

. "$(dirname "$0")/lib.sh"

. "$(dirname "$0")/resolver-lib.sh"
export DBUS_SYSTEM_BUS_ADDRESS=unix:path=$work/no-bus
export STATE_DIRECTORY=$work/kept
mkdir -m 0700 "$STATE_DIRECTORY"
kept() { grep -qF -- "$1" "$STATE_DIRECTORY/site.endpoints.json"; }
traffic() {
        sh -c 'while sleep 0.5; do ping -n -q -c 1 -W 1 10.99.0.2; done' > /dev/null 2>&1 &
        traffic=$!
        helpers+=($!)
}

setup_hosts
for address in 130 131; do
        there ip address add 192.168.77.$address/32 dev cable
        ip route add 192.168.77.$address/32 dev cable
done

# block ADDRESS: nothing gets there any more, nor from there; unblock
block() {
        there nft add rule inet walls input ip daddr "$1" udp dport 51901 drop
        there nft add rule inet walls output ip saddr "$1" udp sport 51901 drop
}
unblock() { there nft flush table inet walls; }
there nft add table inet walls
there nft add chain inet walls input '{ type filter hook input priority 0; }'
there nft add chain inet walls output '{ type filter hook output priority 0; }'

start_server
tunnel site here 10.99.0.1 site.example.test 10.99.0.2/32
mkdir "$root/etc/wg-profile/site.conf.d"

# --- the last good address ---

name site.example.test 192.168.77.2
start_resolver
check "up" up site
check "the name's address" wait_for 3 has_endpoint site 192.168.77.2:51901
check "packets go through" wait_for 6 reaches here 10.99.0.2
check "it is written down" wait_for 15 kept '"address": "192.168.77.2:51901"'
check "not for everybody" test "$(stat -c %a "$STATE_DIRECTORY/site.endpoints.json")" = 600
check "no key is in it" sh -c "! grep -q '$(key here)' '$STATE_DIRECTORY/site.endpoints.json'"
check "down" down site
stop_resolver
name site.example.test
start_resolver
check "up without DNS, as after a boot" up site
check "the last good address within two seconds" wait_for 2 has_endpoint site 192.168.77.2:51901
check "packets go through" wait_for 6 reaches here 10.99.0.2
check "the name cannot be resolved" wait_for 3 status_says site '"failure": "there is no such name"'

# --- an alternate endpoint ---

profile site.conf.d/alternates.conf << EOT
[Peer]
PublicKey = $(pub there)
AlternateEndpoints = backup.example.test:51901, 192.168.77.131:51901
EOT
name site.example.test 192.168.77.2
check "a reload with alternate endpoints" reload site
check "the peer stays" has_endpoint site 192.168.77.2:51901
check "the status has all endpoints" wait_for 4 status_says site '"host": "192.168.77.131"'
check "a name that does not exist yet among them" wait_for 4 status_says site '"host": "backup.example.test"'
traffic
sleep 12
block 192.168.77.2
before=$SECONDS
check "its address dies: another endpoint's, within 25 + 7 seconds and a look" wait_for 45 has_endpoint site 192.168.77.131:51901
echo "# after $((SECONDS - before)) s"
check "and answers" wait_for 8 reaches here 10.99.0.2
check "the death is told" logs "site: site.example.test does not answer at 192.168.77.2:51901."
check "and the recovery" wait_for 12 logs "site: 192.168.77.131 answers again at 192.168.77.131:51901, after "
unblock
check "that is written down" wait_for 4 kept '"address": "192.168.77.131:51901"'

# --- an endpoint that is an address ---

kill "$traffic"
rm "$root/etc/wg-profile/site.conf.d/alternates.conf"
sed -i 's/^Endpoint = .*/Endpoint = 192.168.77.130:51901/' "$root/etc/wg-profile/site.conf"
check "a reload with an address" reload site
check "apply has set it" has_endpoint site 192.168.77.130:51901
check "packets go through" wait_for 6 reaches here 10.99.0.2
check "nothing is asked" wait_for 3 sh -c "! grep -q '\"next\"' '$state/site.resolver.json'"

# --- a lie ---

sed -i 's/^Endpoint = .*/Endpoint = site.example.test:51901/' "$root/etc/wg-profile/site.conf"
printf '[WgProfile]\nRefreshSec = 1min\n' | profile site.conf.d/refresh.conf
check "a reload with a name" reload site
check "the peer goes there" wait_for 10 has_endpoint site 192.168.77.2:51901
check "packets go through" wait_for 8 reaches here 10.99.0.2
traffic
sleep 12
name site.example.test 0.0.0.0
check "0.0.0.0 is no answer" wait_for 5 logs "site: cannot resolve site.example.test: it has no address where a peer can be."
check "the peer stays" has_endpoint site 192.168.77.2:51901
name site.example.test 192.168.77.9
# by the log: an answer that was under way may take the peer back at once
check "a wrong address: the peer follows the second answer" wait_for 80 logs "site: endpoint site.example.test set to 192.168.77.9:51901"
before=$SECONDS
check "and is back within one trial" wait_for 30 has_endpoint site 192.168.77.2:51901
echo "# after $((SECONDS - before)) s"
check "packets go through" wait_for 8 reaches here 10.99.0.2
sleep 12
check "it does not follow again" has_endpoint site 192.168.77.2:51901

check "down" down site
stop_resolver
end_resolver_test
