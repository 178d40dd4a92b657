#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Which address a peer is sent to, with the kernel's WireGuard and the real service: the last good one after a boot without DNS,
# an alternate one after a death, and back from where DNS led by mistake.
set -uo pipefail
# shellcheck source=test/bed/guest/lib.sh
. /usr/lib/wgp-test/lib.sh

key=P5TWfuyWheBupCltN6KMfOJjKA7WQOl/gaLzPt9HhAo=

endpoint() { wg show site endpoints | cut -f2; }
has_endpoint() { [[ $(endpoint) == "$1:51820" ]]; }
answers() { ping -n -q -c 1 -W 1 10.10.0.1; }
logs() { journalctl -o cat WG_PROFILE=site WG_PEER="$key" | grep -F -- "$1" > /dev/null; }
status_has() { wg-profile status --json site | grep -F -- "$1" > /dev/null; }

# name ADDRESS...: what /etc/hosts says; the new file is news for the resolver
name() {
        grep -v vpn.example.test /etc/hosts > /etc/hosts.new
        printf '%s vpn.example.test\n' "$@" >> /etc/hosts.new
        mv /etc/hosts.new /etc/hosts
        systemctl reload wg-profile-resolver
}

# block ADDRESS: nothing gets there, nor from there; unblock
block() {
        ip netns exec site nft "add rule inet walls input ip daddr $1 udp dport 51820 drop"
        ip netns exec site nft "add rule inet walls output ip saddr $1 udp sport 51820 drop"
}
unblock() { ip netns exec site nft flush table inet walls; }

# took TEXT SECONDS COMMAND...: it is so within that time; tells how long it took
took() {
        local text=$1 limit=$2 begin=$EPOCHREALTIME end
        shift 2
        check "$text" wait_for "$limit" "$@"
        end=$EPOCHREALTIME
        note "after $(((${end/./} - ${begin/./}) / 100000)) tenths of a second"
}

# --- the last good address ---

check 'site is up' systemctl is-active wg-profile@site
check 'its name cannot be resolved' wait_for 10 logs 'cannot resolve vpn.example.test'
check 'the peer has the address where it last answered' wait_for 5 has_endpoint 192.0.2.2
up=$(systemctl show --value --property=ActiveEnterTimestampMonotonic wg-profile@site)
set=$(journalctl -b -o json WG_PROFILE=site WG_PEER="$key" | grep -m1 'set to 192.0.2.2:51820 (where it last answered)' |
        grep -o '"__MONOTONIC_TIMESTAMP":"[0-9]*"' | tr -dc 0-9)
note "set $(((${set:-0} - up) / 1000)) ms after the tunnel was up"
check 'within two seconds' test "${set:-0}" -gt 0 -a $((${set:-0} - up)) -lt 2000000
check 'it answers' wait_for 10 answers
check_is 'the state directory is for root alone' 700 "$(stat -c %a /var/lib/wg-profile)"
check_is 'and so is what is in it' 600 "$(stat -c %a /var/lib/wg-profile/site.endpoints.json)"

# --- what is no answer, and a lie ---

systemd-run -q --unit=traffic sh -c 'while sleep 0.5; do ping -n -q -c 1 -W 1 10.10.0.1; done'
name 192.0.2.2
check 'the name is found' wait_for 10 status_has '"192.0.2.2:51820"'
sleep 11
name 0.0.0.0
check '0.0.0.0 is no answer' wait_for 10 logs 'cannot resolve vpn.example.test: it has no address'
check 'the peer stays' has_endpoint 192.0.2.2
name 192.0.2.9
# by the journal: an answer that was under way may take the peer back at once
took 'a wrong address: a live peer follows the second answer' 90 logs 'set to 192.0.2.9:51820'
took 'and is back within one trial' 27 has_endpoint 192.0.2.2
check 'it answers' wait_for 10 answers
sleep 65
check 'it does not follow again' has_endpoint 192.0.2.2

# --- a death, and an alternate endpoint ---

cat > /etc/wg-profile/site.conf.d/alternates.conf <<END
[Peer]
PublicKey = $key
AlternateEndpoints = 192.0.2.3:51820
END
check 'a reload with an alternate endpoint' systemctl reload wg-profile@site
check 'the status has it' wait_for 5 status_has '"host": "192.0.2.3"'
sleep 11
block 192.0.2.2
# what DNS still says is tried first
took 'its address dies: the alternate one' 60 has_endpoint 192.0.2.3
took 'which answers' 10 answers
check 'the death has its fields' logs 'vpn.example.test does not answer at 192.0.2.2:51820.'
check 'and the recovery' wait_for 15 logs '192.0.2.3 answers again at 192.0.2.3:51820, after '
unblock
sleep 5
check 'it stays where it works' has_endpoint 192.0.2.3
check 'why is in the status' status_has '"reason": "the address before did not answer"'
check 'that is kept for the next boot' wait_for 5 grep -q '192.0.2.3:51820' /var/lib/wg-profile/site.endpoints.json
systemctl stop traffic
check_is 'nothing has failed' '' "$(systemctl --failed --legend=no)"
