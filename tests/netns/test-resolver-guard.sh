#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What others take away from tunnels, while the resolver looks and while there is none. A program here sends to the world all
# the time: what leaves past a full tunnel is counted at the far end of the cable.
#
#   test-resolver-guard.sh APPLY APPLY_WITH_FAULTS RESOLVER

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/resolver-lib.sh"

setup_hosts
ip route add default via 192.168.77.2
ip -6 address add 2001:db8::1/64 dev cable nodad
ip -6 route add default via 2001:db8::2
there ip address add 203.0.113.1/32 dev lo
there ip address add 198.51.100.1/32 dev lo # where the tunnels lead to
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
    time.sleep(0.001)
EOT
leaked() { there nft list table inet count | sed -n 's/.*counter packets \([0-9]*\).*/\1/p'; }
# in milliseconds, about
check_leaked_at_most() {
        local now
        now=$(leaked)
        check "$2: clear packets, one a millisecond: $((now - leaked_before)), at most $1" test $((now - leaked_before)) -le "$1"
        leaked_before=$now
}

far_profile
there "$apply" --root="$root" up far
mv "$state/far.json" "$work/far.json"
profile full.conf << EOT
[Interface]
PrivateKey = $(key here)
Address = 10.99.0.1/24, fd99::1/64
MTU = 1400
[Peer]
PublicKey = $(pub there)
Endpoint = 198.51.100.1:51901
AllowedIPs = 0.0.0.0/0, ::/0
EOT
profile plain.conf << EOT
[Interface]
PrivateKey = $(key third)
Address = 10.98.0.1/24, fd98::1/64
MTU = 1400
[Peer]
PublicKey = $(pub there)
Endpoint = 198.51.100.1:51901
AllowedIPs = 10.97.0.0/16, fd97::/64
EOT
check "up" up plain
check "up: a full tunnel" up full
python3 "$work/send.py" &
helpers+=($!)

# What the tunnels have; what only the daemon does, and counters, left out.
look() {
        snapshot | sed -E 's/(mtu [0-9]+) .*(group)/\1 \2/; /counter/d'
}
is_whole() { look > "$work/now" && cmp "$work/whole" "$work/now"; }
n_lines() { grep -c . "$work/log"; }
n_saying() { grep -cF -- "$1" "$work/log"; }
sleep 1
look > "$work/whole"
leaked_before=$(leaked)
start_resolver
sleep 2.5
check "a start of the resolver where nothing is missing: nothing is said" \
        sh -c "! grep -v 'No system bus' '$work/log'"
check "and nothing changed" is_whole
check_leaked_at_most 0 "so far"

# --- what leaks is put back at once ---

rule_of() { ip "$1" rule | sed -n "s/^\([0-9]*\):.*$2.*/\1/p" | head -n 1; }
delete_rules() {
        local family
        for family in -4 -6; do
                ip $family rule delete priority "$(rule_of $family 'lookup 51820')"
        done
}
has_rules() { [ "$(ip rule | grep -c 'lookup 51820')" = 1 ]; }
delete_rules
check "rules deleted: whole within 500 ms" within 5 is_whole
check_leaked_at_most 250 "rules deleted"
for _ in $(seq 10); do
        delete_rules 2> /dev/null
        sleep 0.5
done
check "deleted ten times: not slower and slower" within 5 is_whole
check_leaked_at_most 2500 "ten times"
check "and told once" test "$(n_saying 'full: one of its rules was deleted: repairing it.')" = 1
ip route delete unreachable default table 51820
check "an unreachable route, within 500 ms" within 5 is_whole

# Another tunnel's repair that waits does not keep it waiting.
flock "$state/plain.lock" sleep 3 &
ip address delete 10.98.0.1/24 dev plain
delete_rules
check "while apply is at work on another tunnel" within 5 has_rules
check "all of it" wait_for 12 is_whole
leaked_before=$(leaked)

# --- what does not, soon ---

for what in 'address delete 10.98.0.1/24 dev plain' 'address delete fd98::1/64 dev plain' 'route delete 10.97.0.0/16 dev plain' \
        '-6 route delete fd97::/64 dev plain' 'link set plain down' 'link set full down' 'address flush dev full'; do
        ip $what
        check "ip $what: put back" wait_for 40 is_whole
done
check "what was put back is said" logs 'plain: putting back what others removed: add address 10.98.0.1/24'
check_leaked_at_most 0 "a link down, addresses flushed"

profile stops.nmconnection << EOT
[connection]
type=wireguard
interface-name=stops
[wireguard]
private-key=$(key third)
mtu=1400
[ipv4]
method=manual
address1=10.96.0.1/24
route1=10.95.0.0/16
route1_options=type=unreachable
EOT
check "up: a route that leads nowhere" up stops
sleep 2.5
ip route delete unreachable 10.95.0.0/16
check "it is put back" wait_for 8 sh -c "ip route show 10.95.0.0/16 | grep -q ^unreachable"
n=$(n_lines)
sed -i '/^route1/d' "$root/etc/wg-profile/stops.nmconnection"
check "a reload takes it away" reload stops
sleep 2.5
check "it stays away" sh -c "! ip route show 10.95.0.0/16 | grep -q ."
check "and nothing is said" test "$(n_lines)" = "$n"
check "down" down stops

# --- IPv6 is switched off, and on again ---

is_without() { ! ip -6 -o address show dev "$1" | grep -q fd9; }
sysctl -q net.ipv6.conf.all.disable_ipv6=1
check "IPv6 off: none of it is there" within 5 is_without full
sleep 2.5 # what can be repaired has been
sysctl -q net.ipv6.conf.all.disable_ipv6=0
ip -6 address add 2001:db8::1/64 dev cable nodad
ip -6 route add default via 2001:db8::2
check "IPv6 on: all of it is back" wait_for 65 is_whole # checks are paced, and there were some
leaked_before=$(leaked)

# --- a restart forgets the past ---

for _ in 1 2 3 4 5 6; do
        nft delete table inet wg-profile-full 2> /dev/null
        sleep 0.7
done
down full
up full
sleep 1.2
look > "$work/whole"
nft delete table inet wg-profile-full
check "after a restart a repair is not slow for what was before" wait_for 3 is_whole

# --- while there is none ---

kill -9 "$resolver_pid"
wait "$resolver_pid" 2> /dev/null
delete_rules
ip route delete unreachable default table 51820
ip -6 route flush table 51820
nft flush ruleset
ip link set plain down
ip address flush dev full
leaked_before=$(leaked)
start_resolver
check "a full tunnel is whole within 500 ms of the start" within 5 has_rules
check "all of it is" wait_for 12 is_whole

# --- a loss of sight ---

n=$(n_lines)
kill -STOP "$resolver_pid"
for i in $(seq 400); do echo "link add dummy$i type dummy"; echo "link set dummy$i up"; done > "$work/many"
for i in $(seq 400); do echo "link del dummy$i"; done > "$work/fewer"
for _ in 1 2 3; do ip -batch "$work/many"; ip -batch "$work/fewer"; done
kill -CONT "$resolver_pid"
sleep 3
check "thousands of notifications at once: nothing is said" test "$(n_lines)" = "$n"
check "and all is there" wait_for 5 is_whole

check "down" down plain
check "down" down full
check "the resolver ends" wait_for 5 sh -c "! kill -0 $resolver_pid"
resolver_pid=

# --- a repair that fails when its tunnel is gone ---

cat > "$work/failing-apply" << EOT
#!/bin/sh
touch "$work/repairing"
while [ -e "$state/full.json" ]; do sleep 0.1; done
sleep 0.5
exit 1
EOT
chmod 755 "$work/failing-apply"
check "up" up full
apply=$work/failing-apply start_resolver
check "a repair" wait_for 10 test -e "$work/repairing"
check "down meanwhile" down full
check "it fails" wait_for 10 logs 'full: the repair has failed (exit status 1).'
check "and the resolver ends all the same" wait_for 20 sh -c "! kill -0 $resolver_pid"
resolver_pid=
end_resolver_test
