#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The resolver with getaddrinfo(3) and userspace WireGuard: names appear, servers die and move, others take rules away.
#
#   test-resolver.sh APPLY APPLY_WITH_FAULTS RESOLVER

. "$(dirname "$0")/lib.sh"

. "$(dirname "$0")/resolver-lib.sh"
export DBUS_SYSTEM_BUS_ADDRESS=unix:path=$work/no-bus

setup_hosts
there ip address add 192.168.77.130/32 dev cable
ip route add 192.168.77.130/32 dev cable
snapshot > "$work/clean"

start_server
tunnel site here 10.99.0.1 site.example.test 10.99.0.2/32
tunnel full third 10.99.0.3 full.example.test 0.0.0.0/0

# --- a name that does not exist yet ---

start_resolver
check "up without DNS" up site
check "a failure is told" wait_for 3 logs "site: cannot resolve site.example.test: there is no such name"
check "and in the status" wait_for 3 status_says site '"failure": "there is no such name"'
sleep 2
check "but once" test "$(grep -c 'cannot resolve' "$work/log")" = 1
name site.example.test 192.168.77.2
check "DNS changes: set within 3 seconds" wait_for 3 has_endpoint site 192.168.77.2:51901
check "the reason is told" logs "site: endpoint site.example.test set to 192.168.77.2:51901 (first answer)."
check "and in the status" wait_for 3 status_says site '"chosen": "192.168.77.2:51901"'
check "packets go through" wait_for 6 reaches here 10.99.0.2
# from here on there is traffic
sh -c 'while sleep 0.5; do ping -n -q -c 1 -W 1 10.99.0.2; done' > /dev/null 2>&1 &
helpers+=($!)
check "the status is not for everybody" test "$(stat -c %a "$state/site.resolver.json")" = 600

# --- an address that works is left alone ---

name site.example.test 192.168.77.130
sleep 4
check "one answer without it does not move a peer that works" has_endpoint site 192.168.77.2:51901
name site.example.test 192.168.77.2

# --- the profile names another server ---

name other.example.test 192.168.77.130
sed -i 's/^Endpoint = .*/Endpoint = other.example.test:51901/' "$root/etc/wg-profile/site.conf"
check "a reload with another name" reload site
# again six seconds later, when a packet that was under way has taken it back
check "the peer goes there, though it works" wait_for 10 has_endpoint site 192.168.77.130:51901
check "the reason is told" logs "site: endpoint other.example.test set to 192.168.77.130:51901 (the profile has another endpoint now)."
sed -i 's/^Endpoint = .*/Endpoint = 192.168.77.2:51901/' "$root/etc/wg-profile/site.conf"
check "a reload with an address" reload site
check "the peer goes there" wait_for 10 has_endpoint site 192.168.77.2:51901 # likewise
check "the resolver is stopped" stop_resolver
sed -i 's/^Endpoint = .*/Endpoint = other.example.test:51902/' "$root/etc/wg-profile/site.conf"
check "a reload with a name, and another port, while it is" reload site
start_resolver
check "the peer goes there in the end" wait_for 4 has_endpoint site 192.168.77.130:51902
check "the status knows" wait_for 2 status_says site '"chosen": "192.168.77.130:51902"'
sed -i 's/^Endpoint = .*/Endpoint = site.example.test:51901/' "$root/etc/wg-profile/site.conf"
check "back again" reload site
check "and there" wait_for 3 has_endpoint site 192.168.77.2:51901
check "packets go through" wait_for 6 reaches here 10.99.0.2

# --- the resolver starts again ---

check "it ends when told to" stop_resolver
start_resolver
check "started again: it knows that it set it" wait_for 5 status_says site '"chosen": "192.168.77.2:51901"'
check "started again: the endpoint is the same" has_endpoint site 192.168.77.2:51901

# --- and again, after a reload that has failed ---

check "it ends" stop_resolver
cp "$root/etc/wg-profile/site.conf" "$work/site.conf"
sed -i 's/^Address = .*/&\nMTU = 1400/' "$root/etc/wg-profile/site.conf"
faulted 2:error reload site # the record is the first
check "a reload fails" test $? = 1
check "its record says so" grep -q '"complete": false' "$state/site.json"
cp "$work/site.conf" "$root/etc/wg-profile/site.conf"
rm "$state/site.resolver.json"
start_resolver
check "the resolver looks after the tunnel all the same" wait_for 3 status_says site '"present": "192.168.77.2:51901"'
check "a reload that does not fail" reload site

# --- rules ---

name full.example.test 192.168.77.2
check "up: a full tunnel" up full
check "up: its endpoint" wait_for 3 has_endpoint full 192.168.77.2:51901
sleep 3 # nothing that comes with the first address is under way
ip rule show > "$work/rules"

rule_of() { ip "$1" rule | sed -n "s/^\([0-9]*\):.*$2.*/\1/p"; }

# apply is at work on one of two tunnels
tunnel six here 10.99.0.7 192.168.77.2 ::/0
check "up: another full tunnel" up six
sleep 3
ip -6 rule show > "$work/rules6"
flock "$state/full.lock" sleep 8 &
ip -4 rule delete priority "$(rule_of -4 'lookup 51820')"
sleep 0.3
ip -6 rule delete priority "$(rule_of -6 goto)"
check "a locked tunnel does not keep others from being repaired" wait_for 5 sh -c "ip -6 rule | cmp - '$work/rules6'"
check "and is repaired afterwards" wait_for 12 sh -c "ip rule | cmp - '$work/rules'"
check "no repair has failed" test "$(grep -c 'the repair has failed' "$work/log")" = 0
table=$(($(wg show six fwmark)))
ip -6 route show table $table > "$work/routes6"
check "an unreachable route behind its default route" grep -q '^unreachable default' "$work/routes6"
ip -6 route delete unreachable default dev lo table $table
check "it is deleted: it is put back" wait_for 6 sh -c "ip -6 route show table $table | cmp - '$work/routes6'"
check "and told" logs "six: its unreachable route was deleted: repairing it."
check "down: the other one" down six

# one, and two
ip rule delete priority "$(ip rule | sed -n 's/^\([0-9]*\):.*lookup 51820.*/\1/p')"
check "a rule is deleted" sh -c "! ip rule | cmp -s - '$work/rules'"
check "it is put back" wait_for 5 sh -c "ip rule | cmp - '$work/rules'"
check "and told" logs "full: one of its rules was deleted"
ip route show table 51820 > "$work/routes"
ip route delete unreachable default table 51820
ip rule delete priority "$(ip rule | sed -n 's/^\([0-9]*\):.*goto.*/\1/p')"
ip rule delete priority "$(ip rule | sed -n 's/^\([0-9]*\):.*suppress.*/\1/p')"
check "two of them, and what is behind its default route" wait_for 6 sh -c "ip rule | cmp - '$work/rules'"
check "both are put back" sh -c "ip route show table 51820 | cmp - '$work/routes'"
check "and told" logs "full: its unreachable route was deleted: repairing it."
nft list ruleset > "$work/nft"
check "an nft table" grep -q 'table inet wg-profile-full' "$work/nft"
sleep 0.5 # each deletion of the three may have had its repair
n=$(grep -c repairing "$work/log")
nft add table inet somebody
nft delete table inet somebody
check "a reload" reload full
sleep 3
check "nor for the tables of others" test "$(grep -c repairing "$work/log")" = "$n"
nft flush ruleset
check "all tables are flushed: it is put back" wait_for 8 sh -c "nft list ruleset | cmp - '$work/nft'"
check "and told" logs "full: its nft table was changed: repairing it."
nft delete rule inet wg-profile-full prerouting handle "$(nft -a list table inet wg-profile-full | sed -n 's/.*forged.*# handle //p' | head -n 1)"
check "a rule of it" wait_for 20 sh -c "nft list ruleset | cmp - '$work/nft'"
# what is noticed stands, whatever happens until it is put right
ip rule delete priority "$(rule_of -4 'lookup 51820')"
sleep 0.3
kill -HUP "$resolver_pid"
sleep 0.3
cp "$state/full.json" "$state/full.new"
mv "$state/full.new" "$state/full.json" # a record is written, and nobody has put anything back
check "a rule that was deleted before a reload of the resolver" wait_for 25 sh -c "ip rule | cmp - '$work/rules'"

n=$(grep -c repairing "$work/log")
check "down" down full
sleep 3
check "down: nothing is repaired then" test "$(grep -c repairing "$work/log")" = "$n"
check "down: the status is gone" test ! -e "$state/full.resolver.json"

# --- one of two addresses is dead ---

name full.example.test 192.168.77.9 192.168.77.130
tunnel full third 10.99.0.3 full.example.test 10.98.0.0/16 'PersistentKeepalive = 5'
start=$SECONDS
check "up: a name with a dead address" up full
check "of two addresses the one that answers" wait_for 45 has_handshake full
echo "# after $((SECONDS - start)) s"

# --- a server moves ---

start=$SECONDS
there ip address del 192.168.77.2/24 dev cable
ip neighbour flush dev cable
name site.example.test 192.168.77.130
# 30 seconds when the kernel is known to send, a minute more when it was last looked at before it did
check "a server that moved is found" wait_for 90 has_endpoint site 192.168.77.130:51901
echo "# after $((SECONDS - start)) s"
check "and answers" wait_for 7 reaches here 10.99.0.2
kill "${helpers[0]}"

# --- the MTU follows the path ---

mtu_of() { ip -o link show dev "$1" | sed 's/.* mtu \([0-9]*\) .*/\1/'; }
check "the MTU before" test "$(mtu_of site)" = 1420
ip link set cable mtu 1400
check "the MTU follows that of the way out" wait_for 4 sh -c "ip -o link show dev site | grep -q 'mtu 1320'"
check "and it is told" logs "site: the MTU of site is now 1320: that of the path is 1400."

# --- a daemon hangs ---

hung=$(pgrep --ns $$ --nslist net -f 'wireguard-go site$')
kill -STOP "$hung"
kill -HUP "$resolver_pid"
name full.example.test 192.168.77.130
sed -i 's/^Endpoint = .*/Endpoint = full.example.test:51903/' "$root/etc/wg-profile/full.conf"
check "while a daemon hangs, another tunnel is reloaded" reload full
check "and its peer is sent to elsewhere within ten seconds" wait_for 10 has_endpoint full 192.168.77.130:51903
# told when it is looked at next: an idle peer is looked at every minute
check "it is told" wait_for 70 logs "site: cannot see the peers of site: Connection timed out."
check "and taken for what it was" status_says site '"present": "192.168.77.130:51901"'
kill -CONT "$hung"

# --- the end ---

check "down" down site
check "down" down full
check "without a tunnel it ends" wait_for 5 sh -c "! kill -0 $resolver_pid"
wait "$resolver_pid"
check "with status 0" test $? = 0
resolver_pid=
end_resolver_test
