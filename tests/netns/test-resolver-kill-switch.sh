#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The kill switch with the resolver, which owns a second table and puts the first one back. All the time a program here sends
# to the world; what leaves is counted at the far end of the cable.
#
#   test-resolver-kill-switch.sh APPLY APPLY_WITH_FAULTS RESOLVER

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/resolver-lib.sh"

setup_hosts
ip route add default via 192.168.77.2
there ip address add 203.0.113.1/32 dev lo
there ip address add 198.51.100.1/32 dev lo # where the tunnel leads to
there nft -f - << 'EOT'
table inet count {
        chain in {
                type filter hook prerouting priority -350;
                iifname "cable" ip daddr 203.0.113.1 udp dport 7 counter
        }
}
EOT

cat > "$work/send.py" << 'EOT'
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
while True:
    try:
        s.sendto(b"x", ("203.0.113.1", 7))
    except OSError:
        pass
    time.sleep(0.0005)
EOT
python3 "$work/send.py" &
helpers+=($!)

leaked() { there nft list table inet count | sed -n 's/.*counter packets \([0-9]*\).*/\1/p'; }
forgive() { leaked_before=$(leaked); }
check_no_leak() {
        local now
        now=$(leaked)
        check "$1: nothing leaked" test "$now" = "$leaked_before"
        leaked_before=$now
}
leaks() { [ "$(leaked)" != "$leaked_before" ]; }

far_profile
there "$apply" --root="$root" up far
mv "$state/far.json" "$work/far.json"
profile one.conf << EOT
[Interface]
PrivateKey = $(key here)
Address = 10.99.0.1/24
[Peer]
PublicKey = $(pub there)
Endpoint = 198.51.100.1:51901
AllowedIPs = 0.0.0.0/0
[WgProfile]
KillSwitch = yes
EOT

killswitch() { "$apply" --root="$root" killswitch "$1"; }
killswitch_off() { "$apply" --root="$root" killswitch-off "$1"; }
table() { nft list table inet "$1"; }
rules() { table "$1" | grep -o 'comment .*'; }
is_owned() { table wg-killswitch-owned | grep -q 'flags owner'; }
both() { is_owned && diff <(rules wg-killswitch) <(rules wg-killswitch-owned); }
neither() { ! table wg-killswitch && ! table wg-killswitch-owned; }
n_told() { grep -cF 'The nft table of the kill switch was taken away or changed' "$work/log"; }
told() { test "$(n_told)" = "$1"; }

# --- on, without a tunnel ---

forgive
check "without it, packets leave" wait_for 5 leaks
check "on" killswitch one
forgive
check "without a resolver there is one table" sh -c '! nft list table inet wg-killswitch-owned 2> /dev/null'
start_resolver
check "the resolver has the same rules in a table of its own" within 20 both
sleep 3
check "it stays, though no tunnel is up" kill -0 "$resolver_pid"
check "nothing was told" told 0
check_no_leak "on"

nft flush ruleset
check "all tables flushed: the resolver's stays" is_owned
check "the other one is back within 200 ms" within 2 both
check "that is told" told 1
for _ in $(seq 40); do
        nft flush ruleset
        sleep 0.03
done
check "flushed 40 times: they are there" within 2 both
check "that is not told again" told 1
check_no_leak "flushed"

check "deleting a rule" nft delete table inet wg-killswitch
check "is mended" within 2 both
nft insert rule inet wg-killswitch output accept comment '"all"'
check "a rule too many" within 2 both
nft flush chain inet wg-killswitch output
check "a chain flushed" within 2 both
check "nobody else can delete the resolver's" sh -c '! nft delete table inet wg-killswitch-owned'
check_no_leak "changed"

# --- a flood of other people's changes ---

cat > "$work/flood" << 'EOT'
add table ip flood
add chain ip flood c
EOT
for i in $(seq 3000); do echo "add rule ip flood c ip saddr 10.$((i % 250)).$((i / 250)).1 counter"; done >> "$work/flood"
echo 'delete table ip flood' > "$work/unflood"
lines_before=$(grep -c . "$work/log")
n_wakes() { sed -n 's/^voluntary_ctxt_switches:\t//p' "/proc/$resolver_pid/status"; }
sleep 1
wakes_before=$(n_wakes)
for _ in $(seq 10); do
        nft -f "$work/flood"
        nft -f "$work/unflood"
done
sleep 0.5
check "30 000 rules of others come and go: nothing is told" test "$(grep -c . "$work/log")" = "$lines_before"
wakes=$(($(n_wakes) - wakes_before))
check "and nobody is woken by it ($wakes times)" test $wakes -le 3
{ cat "$work/flood"; echo 'delete table inet wg-killswitch'; } > "$work/hidden"
nft -f "$work/hidden"
check "one of ours among them is seen" within 2 both
nft -f "$work/unflood"
check_no_leak "a flood"

# --- with a tunnel ---

check "up" up one
check "both let its mark pass when it is up" sh -c "nft list table inet wg-killswitch-owned | grep -q 'mark 0x0000ca6c accept'"
check "the world is there, through the tunnel" reaches here 203.0.113.1
nft flush ruleset
check "flushed: both are back" within 3 both
check "the tunnel's table is" within 40 table wg-profile-one
check "reload" reload one
check "down" down one
check "no mark passes" within 2 sh -c "! nft list ruleset | grep -q ca6c"
check "both are there" both
check_no_leak "with the tunnel" # what comes through it comes in by another link

# --- who is killed ---

kill -9 "$resolver_pid"
wait "$resolver_pid"
check "the resolver is killed: its table goes" within 5 sh -c '! nft list table inet wg-killswitch-owned 2> /dev/null'
check "the unit's stays" table wg-killswitch
start_resolver
check "another one owns it again" within 20 both
check_no_leak "the resolver killed"
stop_resolver
check "stopped: the unit's stays" table wg-killswitch
check_no_leak "the resolver stopped"
nft flush ruleset
start_resolver
check "flushed while there was none: both are there again" within 20 both
forgive

faulted count killswitch one
for i in $(seq "$changes"); do
        faulted "$i:kill" killswitch one
        within 5 both || not_ok "killed before change $i of looking into the profile again"
done
check_no_leak "apply killed while it looks into the profile again"

# For real: at 100 moments of a start and an end of the tunnel, and of another look into the profile.
for i in $(seq 100); do
        case $((i % 3)) in
        0) verb=killswitch ;;
        1) verb=up ;;
        2) verb=down ;;
        esac
        "$apply" --root="$root" $verb one 2> /dev/null &
        pid=$!
        sleep "0.0$((i / 10))$((i % 10))"
        kill -9 $pid 2> /dev/null
        wait $pid 2> /dev/null
done
down one 2> /dev/null
killswitch one
check "apply killed 100 times: both are there" within 10 both
check_no_leak "apply killed 100 times"

# --- off ---

faulted count killswitch-off one
n=$changes
killswitch one
within 20 both > /dev/null
for i in $(seq "$n"); do
        faulted "$i:kill" killswitch-off one
        "$apply" --root="$root" killswitch-off --after-failure one 2> /dev/null
        [ "$i" = 1 ] || neither > /dev/null 2>&1 || not_ok "killed before change $i of off, and once more: it is on"
        killswitch one
        within 20 both > /dev/null || not_ok "on again after $i"
done
kill -STOP "$resolver_pid"
check_exit "off, and the resolver does not answer" 1 killswitch_off one
check "says so" says "wg-profile-resolver.service still enforces the kill switch of 'one'"
kill -CONT "$resolver_pid"
check "when it does, both are gone" within 5 neither
killswitch one
within 20 both > /dev/null
check "off" killswitch_off one
check "both are gone then" neither
forgive
check "packets leave" wait_for 5 leaks
check "the resolver ends" wait "$resolver_pid"
resolver_pid=

# --- a record that is lost ---

killswitch one
start_resolver
within 20 both > /dev/null
forgive
rm "$state/one.killswitch"
sleep 0.5
check "its record deleted: both tables stay" both
check_no_leak "a record deleted"
check "off" killswitch_off one
check "both are gone" within 5 neither
check "the resolver ends" wait "$resolver_pid"

# --- a kernel without owners ---

killswitch one
without_in_nft 'flags owner' eval 'start_resolver; wait_for 10 logs "The kill switch has no table that nobody else can delete: "'
check "no table of its own: that is told" test $? = 0
nft flush ruleset
check "flushed: the unit's is back within 300 ms" within 3 table wg-killswitch
killswitch_off one
check "off: the resolver ends" wait "$resolver_pid"
resolver_pid=

# --- somebody else owns a table of that name, for a while ---

mkfifo "$work/hold"
nft -i < "$work/hold" > /dev/null 2>&1 &
holder=$!
helpers+=("$holder")
exec 6> "$work/hold"
echo 'add table inet wg-killswitch-owned { flags owner; }' >&6
check "another program has a table of that name" within 10 table wg-killswitch-owned
killswitch one
start_resolver
check "that is told" within 20 sh -c "[ \$(grep -c 'has no table that nobody else can delete: ' '$work/log') = 2 ]"
kill "$holder"
check "when that program ends, the resolver has its own" within 40 both
killswitch_off one
check "off: the resolver ends" wait "$resolver_pid"
resolver_pid=

end_resolver_test
