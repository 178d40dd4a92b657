#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The resolver with a bus: what it asks systemd-resolved and systemd, and what their signals make it do. Both are
# stand-ins (tests/support/fake-system.c); the real ones are in test/uml.
#
#   test-resolver-bus.sh APPLY APPLY_WITH_FAULTS RESOLVER FAKE_SYSTEM

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/resolver-lib.sh"
. "$(dirname "$0")/bus-lib.sh"

fake=$(realpath "$4")
fake_pid=

start_bus
helpers+=("$bus_pid")

# Line by line what the stand-in has; with "signal" among it, it says so.
configure() { printf '%s\n' "$@" > "$work/fake.conf"; }
reconfigure() {
        configure "$@"
        kill -HUP "$fake_pid"
}
start_fake() {
        "$fake" "$work/fake.conf" "$calls" &
        fake_pid=$!
        helpers+=("$fake_pid")
}
asked() { grep -qxF -- "$*" "$calls"; }
forget_calls() { : > "$calls"; }
hold() { sleep 10; } # while the last answer does
settle() { sleep 21; } # a question that an earlier event owes is asked when the answer's ten seconds are over, and holds as long

setup_hosts
start_server
ifindex() { ip -o link show dev "$1" | cut -d: -f1; }
cable=$(ifindex cable)
tunnel site here 10.99.0.1 site.example.test 10.99.0.2/32
base=("server $cable 192.168.77.2")

# --- questions and answers ---

configure "${base[@]}"
start_fake
wait_for 5 sh -c "busctl --system --no-pager list | grep -q '^org.freedesktop.resolve1 '"
start_resolver
check "up" up site
check "no such name" wait_for 3 logs "site: cannot resolve site.example.test: there is no such name"
check "it was asked without search domains" asked "hostname 0 site.example.test 256"

reconfigure "${base[@]}" "server $cable 192.168.77.3" "name 0 site.example.test 192.168.77.2 77" signal
check "a signal: set within 3 seconds" wait_for 3 has_endpoint site 192.168.77.2:51901
check "the TTL was asked for" asked "record 0 site.example.test 0"
next_is_after() {
        local times
        times=($(sed -n 's/.*"\(answered\|next\)": \([0-9]*\).*/\2/p' "$state/site.resolver.json"))
        [ "${#times[@]}" = 2 ] && [ $(((times[1] - times[0]) / 1000000)) = "$1" ]
}
check "the next question comes a second after the TTL" wait_for 13 next_is_after 78
check "the status says the TTL" status_says site '"ttl": 77'

settle
forget_calls
reconfigure "${base[@]}" "server $cable 192.168.77.3" "name 0 site.example.test 192.168.77.2 77" signal
sleep 2.5
check "a signal without a change of DNS: no question" test ! -s "$calls"
# as it does after each timeout of a server that is dead
reconfigure "${base[@]}" "server $cable 192.168.77.3" "current $cable 192.168.77.3" "name 0 site.example.test 192.168.77.2 77" signal
sleep 2.5
check "the other server is asked now: no question" test ! -s "$calls"
reconfigure "${base[@]}" "name 0 site.example.test 192.168.77.2 77" "server $cable 192.168.77.9" signal
check "another server: a question" wait_for 4 asked "hostname 0 site.example.test 256"
forget_calls
reconfigure "${base[@]}" "name 0 site.example.test 192.168.77.2 77" signal signal signal
sleep 2.5
check "so soon after an answer: no question" sh -c "! grep hostname '$calls'"
wait_for 15 asked "hostname 0 site.example.test 256"
sleep 1
check "three signals with a change: one question" test "$(grep -c hostname "$calls")" = 1
forget_calls
hold
reconfigure "${base[@]}" "name 0 site.example.test 192.168.77.2 77" resumed
check "resumed from sleep: a question" wait_for 3 asked "hostname 0 site.example.test 256"

# --- hosts(5) is systemd-resolved's, too, but it tells nobody ---

hold
forget_calls
echo '192.0.2.99 other.example.test' >> /etc/hosts
check "an edit of /etc/hosts: a question" wait_for 3 asked "hostname 0 site.example.test 256"

# --- the tunnel gets all questions ---

site=$(ifindex site)
hold
forget_calls
reconfigure "${base[@]}" "server $site 10.99.0.2" "domain $site . 1" "silent 0" "silent $site" \
        "name $cable site.example.test 192.168.77.2 60" "server $cable 192.168.77.4" signal
check "a tunnel that catches all: asked by the link below" wait_for 3 asked "hostname $cable site.example.test 256"
check "and for the TTL, too" wait_for 3 asked "record $cable site.example.test 0"
check "and not through itself" sh -c "! grep -q '^hostname 0' '$calls'"

# --- it gets them only while its name is asked for ---

down site
reconfigure "${base[@]}" "silent 0"
sleep 1
forget_calls
up site
check "up: its name is asked for, in vain" wait_for 3 asked "hostname 0 site.example.test 256"
site=$(ifindex site)
reconfigure "${base[@]}" "silent 0" "server $site 10.99.0.2" "domain $site . 1" \
        "name $cable site.example.test 192.168.77.2 60" signal
check "the tunnel catches all: asked the other way, too, past what the first waits for" wait_for 6 asked "hostname $cable site.example.test 4352"
check "and found" wait_for 3 has_endpoint site 192.168.77.2:51901
forget_calls
reconfigure "${base[@]}" "server $site 10.99.0.2" "domain $site . 1" "silent $cable" "name 0 site.example.test 192.168.77.2 60" signal
sleep 2
kill -HUP "$resolver_pid"
check "reload: past all caches" wait_for 3 asked "hostname $cable site.example.test 4352"
check "a way without an answer is left for the next" wait_for 12 asked "hostname 0 site.example.test 4352"

# --- past all caches ---

tunnel other third 10.99.0.3 other.example.test 10.98.0.0/16 'PersistentKeepalive = 1'
reconfigure "${base[@]}" "name 0 other.example.test 192.168.77.9 600" "name 0 site.example.test 192.168.77.2 600" signal
check "up: a peer that is not there" up other
check "it is asked for past all caches" wait_for 40 asked "hostname 0 other.example.test 4352"
down other

# --- reload ---

sleep 1
forget_calls
kill -HUP "$resolver_pid"
check "SIGHUP: a question, past all caches" wait_for 3 asked "hostname 0 site.example.test 4352"

# --- systemd-resolved goes, and comes back ---

down site
name site.example.test 192.168.77.2
kill "$fake_pid"
wait "$fake_pid"
check "up, without systemd-resolved" up site
check "getaddrinfo(3) is asked instead" wait_for 3 has_endpoint site 192.168.77.2:51901
forget_calls
start_fake
check "it is back: a question, when the last answer no longer holds" wait_for 13 asked "hostname 0 site.example.test 256"

# --- the link is deleted ---

forget_calls
for n in 1 2 3; do
        ip link delete dev site
        check "deleted: systemd is asked to restart the unit ($n)" wait_for 4 sh -c \
                "test \$(grep -cxF 'TryRestartUnit wg-profile@site.service fail' '$calls') = $n"
        down site
        up site
        sleep 0.5
done
ip link delete dev site
check "deleted once more: it is asked to stop it" wait_for 4 asked "StopUnit wg-profile@site.service replace"
check "and that is told" logs "more than 3 times in 10 minutes"
down site
up site
forget_calls
sleep 0.5
down site
sleep 3
check "deleted by apply: nothing is asked" sh -c "! grep -q Unit '$calls'"

# --- its link goes while nobody looks ---

wait "$resolver_pid" # there was no tunnel for a while
check "the budget of restarts went with the last tunnel" test ! -e "$state/site.restarts"
up site
ip link delete dev site
forget_calls
start_resolver
check "deleted before the resolver began: it is restarted" wait_for 5 asked "TryRestartUnit wg-profile@site.service fail"
down site

# --- the bus goes ---

wait "$resolver_pid" # there was no tunnel for a while
up site
start_resolver
wait_for 3 has_endpoint site 192.168.77.2:51901
kill "$bus_pid"
wait "$bus_pid"
wait "$resolver_pid"
status=$?
check "without the bus it ends ($status), to be started again" test $status = 1
resolver_pid=
down site
end_resolver_test
