#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The kill switch: what passes before, with, and after a tunnel, from here and through here. What leaves is counted at the
# far end of the cable.

. "$(dirname "$0")/lib.sh"

setup_hosts
ip route add default via 192.168.77.2
ip -6 address add fd77::1/64 dev cable nodad
ip -6 address add 2001:db8::1/64 dev cable nodad
ip -6 route add default via 2001:db8::2
there ip -6 address add fd77::2/64 dev cable nodad
there ip -6 address add 2001:db8::2/64 dev cable nodad
there ip address add 203.0.113.1/32 dev lo
there ip address add 198.51.100.1/32 dev lo # where the tunnels lead to
there ip -6 address add 2001:db8:1::1/128 dev lo
# private, and behind a gateway
there ip address add 10.64.0.1/32 dev lo
there ip address add 192.168.99.1/32 dev lo
there ip address add 169.254.169.254/32 dev lo
there ip -6 address add fd99:64::1/128 dev lo
ip route add 192.168.99.0/24 via 192.168.77.2

# A machine behind this one.
unshare --net sleep infinity &
behind_pid=$!
behind() { nsenter --net --target "$behind_pid" "$@"; }
while [ "$(readlink /proc/$behind_pid/ns/net)" = "$(readlink /proc/self/ns/net)" ]; do sleep 0.02; done
ip link add inner type veth peer name inner2
ip link set inner2 netns "$behind_pid"
ip address add 192.168.88.1/24 dev inner
ip link set inner up
behind ip address add 192.168.88.2/24 dev inner2
behind ip link set inner2 up
behind ip route add default via 192.168.88.1
sysctl -q net.ipv4.ip_forward=1
there ip route add 192.168.88.0/24 via 192.168.77.1
snapshot > "$work/clean"

# What may leave, and in a counter of its own what may not.
there nft -f - <<'EOT'
table inet count {
        chain in {
                type filter hook prerouting priority -350;
                iifname "cable" icmpv6 type { nd-router-solicit, nd-neighbor-solicit, nd-neighbor-advert, mld2-listener-report } accept
                iifname "cable" ip daddr 198.51.100.1 udp dport 51901 accept
                iifname "cable" ip daddr { 192.168.77.0/24, 224.0.0.0/24, 255.255.255.255 } accept
                iifname "cable" ip6 daddr { fd77::/64, fe80::/10, ff00::/8 } accept
                iifname "cable" counter
        }
}
EOT
leaked() { there nft list table inet count | sed -n 's/.*counter packets \([0-9]*\).*/\1/p'; }
leaked_before=$(leaked)
check_no_leak() {
        local now
        now=$(leaked)
        check "$1: nothing leaked" test "$now" = "$leaked_before"
        leaked_before=$now
}
blocked() { # NAMESPACE ADDRESS: and the program is told at once
        local start=$EPOCHREALTIME
        ! reaches "$1" "$2" && awk "BEGIN { exit !($EPOCHREALTIME - $start < 2) }"
}

profile far.conf <<EOT
[Interface]
PrivateKey = $(key there)
ListenPort = 51901
Address = 10.99.0.2/24, fd99::2/64
Table = off
[Peer]
PublicKey = $(pub here)
AllowedIPs = 10.99.0.1/32, fd99::1/128, 192.168.88.0/24
[Peer]
PublicKey = $(pub third)
AllowedIPs = 10.99.0.3/32
EOT
there "$apply" --root="$root" up far

tunnel() { # NAME KEY ADDRESS ALLOWED-IPS [MORE]
        profile "$1.conf" <<EOT
[Interface]
PrivateKey = $(key "$2")
Address = $3
[Peer]
PublicKey = $(pub there)
Endpoint = 198.51.100.1:51901
AllowedIPs = $4
[WgProfile]
${5-KillSwitch = yes}
EOT
}
tunnel one here "10.99.0.1/24, fd99::1/64" "0.0.0.0/0, ::/0"
tunnel two third 10.99.0.3/24 "0.0.0.0/0, ::/0"
tunnel bare third 10.99.0.3/24 "0.0.0.0/0, ::/0" ""

killswitch() { "$apply" --root="$root" killswitch "$1"; }
killswitch_off() { "$apply" --root="$root" killswitch-off "$1"; }
is_on() { nft list table inet wg-killswitch > /dev/null 2>&1; }
rule_of() { nft list table inet wg-killswitch | grep -F "$1"; }

records() { find "$state" -mindepth 1 -not -name 'far.*' -not -name '.*'; }
check_nothing_left_here() {
        snapshot > "$work/now"
        check_same "$1: links, routes, rules, nft tables and sysctls" "$work/clean" "$work/now"
        check "$1: no record" test -z "$(records)"
}

# --- what it is not for ---

check_exit "a profile without KillSwitch=" 3 killswitch bare
check "says so" says "The profile 'bare' has no KillSwitch=yes: nothing was changed."
check_exit "no such profile" 6 killswitch three
check_exit "a machine without nft" 5 without_nft killswitch one
check "says so" says "Cannot make the nft table of the kill switch: "
check_exit "a kernel without nf_tables" 5 env ASAN_OPTIONS=detect_leaks=0 strace -o /dev/null -e trace=socket \
        -e inject=socket:error=EPROTONOSUPPORT "$apply" --root="$root" killswitch one
check "says so" says "Cannot make the nft table of the kill switch: the kernel has no nf_tables."
check_nothing_left_here "none of these"

# --- before the tunnel ---

check "without it the world is there" reaches here 203.0.113.1
leaked_before=$(leaked)
check "on" killswitch one
check "the world is not there, and a program need not wait" blocked here 203.0.113.1
check "nor its IPv6" blocked here 2001:db8:1::1
check "nor for what is behind this machine" blocked behind 203.0.113.1
check "this machine is" reaches here 127.0.0.1
check "the LAN is" reaches here 192.168.77.2
check "its IPv6 is" reaches here fd77::2
check "for what is behind this machine, too" reaches behind 192.168.77.2
for address in 10.64.0.1 192.168.99.1 169.254.169.254 fd99:64::1; do
        check "a private address behind a gateway is not the LAN: $address" blocked here "$address"
done
check "nor for what is behind this machine" blocked behind 10.64.0.1
check "the gateway itself is" reaches here 192.168.77.2
check "a private address behind it still is not" blocked here 10.64.0.1
ip -6 neigh flush dev cable
check "a neighbour is found again" ping -c 1 -W 2 fd77::2
check_no_leak "before the tunnel"
send() { # SOURCE-PORT PORT
        python3 -c 'import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("", int(sys.argv[1])))
s.sendto(b"x", ("203.0.113.1", int(sys.argv[2])))' "$1" "$2"
}
check "a DHCP server elsewhere can be asked" send 68 67
check "nobody else by that port" sh -c "! python3 -c 'import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind((\"\", 68))
s.sendto(b\"x\", (\"203.0.113.1\", 53))' 2>/dev/null"
check "of these one was seen" test "$(leaked)" = $((leaked_before + 1))
leaked_before=$(leaked)
check_exit "on again" 0 killswitch one

# --- strict ---

sed -i 's/^KillSwitch.*/KillSwitch = strict/' "$root/etc/wg-profile/one.conf"
check "looking into the profile again: strict" killswitch one
check "this machine is there" reaches here 127.0.0.1
check "the LAN is not" blocked here 192.168.77.2
check "nor its IPv6" blocked here fd77::2
not_reached() { ! reaches "$@"; }
check "nor for what is behind this machine, which is not even told" not_reached behind 192.168.77.2
ip -6 neigh flush dev cable
check "a DHCP server can be asked" python3 -c 'import socket
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.bind(("", 546))
s.sendto(b"x", ("fd77::2", 547))'
check "and was found as a neighbour" wait_for 2 sh -c 'ip -6 neigh show fd77::2 | grep lladdr'
check "another one" killswitch two
check "that is not strict lets the LAN be what it is" blocked here 192.168.77.2
killswitch_off two
check "up" up one
check "through the tunnel" reaches here 203.0.113.1
check "the LAN is not there" blocked here 192.168.77.2
faulted count reload one
check "reload: nothing to do" test "$changes" = 0
down one
sed -i 's/^KillSwitch.*/KillSwitch = yes/' "$root/etc/wg-profile/one.conf"
up one
check_exit "reload of the tunnel, whose kill switch is stricter than the profile by now" 1 reload one
check "says so" says "The kill switch of 'one' is strict, unlike the profile's: run 'systemctl reload wg-profile-killswitch@one'."
down one
killswitch one
check "the LAN is there again" reaches here 192.168.77.2
check_no_leak "strict"

# --- with the tunnel ---

check_exit "up" 0 up one
check "no warning" test ! -s "$work/err"
check "the world is there, through the tunnel" reaches here 203.0.113.1
check "for what is behind this machine, too" reaches behind 203.0.113.1
check "the LAN is" reaches here 192.168.77.2
check "the tunnel's mark passes" rule_of "meta mark 0x0000ca6c accept"
check_no_leak "with the tunnel"
faulted count reload one
check "reload: nothing to do" test "$changes" = 0
grep -q '"kill-switch"' "$state/one.json" && grep -q '"nft"' "$state/one.json"
check "the record says so" test $? = 0

nft flush ruleset
check "flushed: plan" sh -c "'$apply' --root='$root' plan one | grep -qx 'set kill switch link one mark 0xca6c: differs'"
"$apply" --root="$root" repair one
check "flushed: repair" rule_of "meta mark 0x0000ca6c accept"
nft flush chain inet wg-killswitch output
leaked_before=$(leaked)
check "a chain flushed: nothing passes" sh -c '! timeout 1 bash -c "exec 3<>/dev/tcp/192.168.77.2/9" 2>&1 | grep refused'
"$apply" --root="$root" repair one
check "a chain flushed: repair" reaches here 203.0.113.1
nft delete table inet wg-killswitch
check "deleted: reload" reload one
check "deleted: it is there" rule_of "meta mark 0x0000ca6c accept"
check_exit "looking into the profile again, with the tunnel up" 0 killswitch one
check "keeps the mark" reaches here 203.0.113.1

# "one" is either of two now, and the only one that says anything has another link.
cp "$root/etc/wg-profile/one.conf" "$work/one.conf"
: > "$root/etc/wg-profile/one.conf"
profile one.nmconnection <<'EOT'
[connection]
type=wireguard
interface-name=other
[WgProfile]
KillSwitch=yes
EOT
check_exit "a file of the other format beside it, with the tunnel up" 0 killswitch one
check "says so" says "one.nmconnectionas well: remove one of them."
check "keeps the mark and the link" reaches here 203.0.113.1
cp "$work/one.conf" "$root/etc/wg-profile/one.conf"
rm "$root/etc/wg-profile/one.nmconnection"

# --- when the tunnel ends, one way or another ---

leaked_before=$(leaked)
ip link delete dev one
check "the link vanishes: nothing but the LAN" blocked here 203.0.113.1
check "the link vanishes: the LAN" reaches here 192.168.77.2
check_no_leak "the link vanishes"
check "up again" up one
check "through the tunnel again" reaches here 203.0.113.1
check "down" down one
check "down: nothing but the LAN" blocked here 203.0.113.1
check "down: nor for what is behind this machine" blocked behind 203.0.113.1
check "down: no mark passes" sh -c "! nft list table inet wg-killswitch | grep -q mark"
check_no_leak "down"

# A run that is killed at any point; the daemon takes its link along.
faulted count up one
n=$changes
down one
for i in $(seq 1 "$n"); do
        faulted "$i:kill" up one
        is_on || not_ok "killed before change $i: it is off"
        ip link delete dev one 2> /dev/null
        reaches here 203.0.113.1 && not_ok "killed before change $i: the world is there"
        down one 2> /dev/null
        is_on || not_ok "killed before change $i, down: it is off"
done
check_no_leak "killed $n times"

# --- several ---

check "another one" killswitch two
check "with both: neither is up" blocked here 203.0.113.1
check "with both: the first up" up one
check "with both: it can be used" reaches here 203.0.113.1
check "with both: the second up, too" up two
check "with both: it can be used" reaches here 203.0.113.1
check "with both: two marks pass" test "$(nft list table inet wg-killswitch | grep -c 'meta mark')" = 2
check_no_leak "with both"
check "the second is switched off: the first is not" killswitch_off two
check "its mark does not pass any more" test "$(nft list table inet wg-killswitch | grep -c 'meta mark')" = 1
down two
check "the first can be used" reaches here 203.0.113.1
down one
check_exit "a tunnel without one" 0 up bare
check "is not let pass" blocked here 203.0.113.1
down bare
check_no_leak "a tunnel without one"
check_exit "a tunnel whose kill switch is off" 0 up two
check "says so" says "The profile 'two' has KillSwitch=, and its kill switch is off: run 'systemctl start wg-profile-killswitch@two'"
check_exit "its reload" 1 reload two
check "says so" says "The profile 'two' has KillSwitch=, and its kill switch is off: run 'systemctl start wg-profile-killswitch@two'"
sed -i 's/ListenPort.*//; 2iListenPort = 51999' "$root/etc/wg-profile/two.conf"
check_exit "all else is reloaded" 1 reload two
check "all else is" test "$(wg show two listen-port)" = 51999
down two

# --- not a full tunnel ---

tunnel one here 10.99.0.1/24 10.99.0.2/32
check_exit "a split tunnel" 0 up one
check "has a mark" test "$(wg show one fwmark)" = 0xca6c
check "and no rules" test "$(ip rule | wc -l)" = 3
check "it can be used" reaches here 10.99.0.2
check "the world is not there" blocked here 203.0.113.1
check_no_leak "a split tunnel"
faulted count reload one
check "reload: nothing to do" test "$changes" = 0
tunnel two third 10.99.0.3/24 10.99.0.3/32
check_exit "another one" 0 up two
check "has a mark of its own" test "$(wg show two fwmark)" = 0xca6d
down one
faulted count reload two
check "when the first one is down, reload of the second: nothing to do" test "$changes" = 0
check "it keeps its mark" test "$(wg show two fwmark)" = 0xca6d
ip rule add priority 40000 fwmark 0xca6d lookup main
check_exit "somebody has a rule for the mark: reload" 1 reload two
check "it gets another one" test "$(wg show two fwmark)" = 0xca6c
ip rule del priority 40000
ip route add unreachable 10.250.0.0/16 table 51820
check_exit "somebody has the table of the mark: reload" 1 reload two
check "it gets another one, before it is a full tunnel" test "$(wg show two fwmark)" = 0xca6d
ip route del unreachable 10.250.0.0/16 table 51820
tunnel two third 10.99.0.3/24 "0.0.0.0/0, ::/0"
check_exit "reload to a full tunnel" 1 reload two
check "keeps the mark" test "$(wg show two fwmark)" = 0xca6d
down two

# --- a tunnel that is up, and has no record that says so ---

for how in damaged deleted; do
        killswitch_off one
        up one 2> /dev/null
        if [ $how = damaged ]; then
                echo '{"version": 1' > "$state/one.json"
        else
                rm "$state/one.json"
        fi
        check "a record that is $how: on" killswitch one
        check "a record that is $how: the tunnel is let pass" rule_of "mark $(printf '0x%08x' "$(wg show one fwmark)") accept"
        check "a record that is $how: it can be used" reaches here 10.99.0.2
        check "a record that is $how: down" down one
        check "a record that is $how: no mark is let pass then" sh -c "! nft list table inet wg-killswitch | grep -q ca6c"
done

# --- profiles that cannot be used ---

check "off, without the profile" killswitch_off one
check "the world is there" reaches here 203.0.113.1
check_nothing_left_here "off"
leaked_before=$(leaked)
sed -i 's/^Endpoint.*/Endpoint = nonsense/' "$root/etc/wg-profile/one.conf"
check_exit "a profile with an error" 0 killswitch one
check "tells of it" says "one.conf:6: [Peer] Endpoint"
check "is on all the same" blocked here 203.0.113.1
check_exit "there is no tunnel" 3 up one
check "the LAN is there" reaches here 192.168.77.2
check_no_leak "a profile with an error"
rm "$root/etc/wg-profile/one.conf"
echo nonsense > "$state/one.killswitch"
check_exit "the profile is gone: off" 0 killswitch_off one
check_nothing_left_here "the profile is gone"
printf '[connection]\ntype=wireguard\ninterface-name=a"b\n[wireguard]\nprivate-key=%s\n[WgProfile]\nKillSwitch=yes\n' "$(key here)" |
        profile quoted.nmconnection
check_exit "a link that nft cannot name" 3 up quoted
check "says so" says "nft(8) cannot have the name 'a\"b' in its text: KillSwitch= needs another one."

tunnel one here 10.99.0.1/24 10.99.0.2/32
profile one.nmconnection <<'EOT'
[connection]
type=wireguard
interface-name=other
EOT
check_exit "a file of the other format beside it: on" 0 killswitch one
check "says so" says "one.nmconnectionas well: remove one of them."
check "the world is not there" blocked here 203.0.113.1
check_exit "the tunnel is refused" 3 up one
check "off" killswitch_off one
profile bare.nmconnection <<'EOT'
[connection]
type=wireguard
interface-name=other
EOT
check_exit "neither has one" 3 killswitch bare
: > "$root/etc/wg-profile/bare.conf"
: > "$root/etc/wg-profile/bare.nmconnection"
check_exit "neither can be read" 3 killswitch bare
rm "$root/etc/wg-profile/one.nmconnection"
check_nothing_left_here "two formats"

# --- a run that is killed ---

tunnel one here 10.99.0.1/24 "0.0.0.0/0, ::/0"
faulted count killswitch one
n=$changes
killswitch_off one
for i in $(seq 1 "$n"); do
        faulted "$i:kill" killswitch one
        killswitch one || not_ok "killed before change $i: the next one"
        is_on || not_ok "killed before change $i: it is off"
        killswitch_off one
        faulted "$i:error" killswitch one
        [ -z "$(records)" ] || not_ok "failed at change $i: a record is left"
        is_on && not_ok "failed at change $i: a table is left"
done
killswitch one
faulted count killswitch-off one
n=$changes
killswitch one
for i in $(seq 1 "$n"); do
        faulted "$i:kill" killswitch-off one
        killswitch_off one || not_ok "killed before change $i of off: the next one"
        is_on && not_ok "killed before change $i of off: it is on"
        killswitch one
        faulted "$i:kill" killswitch-off one
        "$apply" --root="$root" killswitch-off --after-failure one
        case $i in
        1) is_on && [ -n "$(records)" ] || not_ok "killed before the first change of off: after that it is off" ;;
        *) is_on && not_ok "killed before change $i of off: after that it is on" ;;
        esac
        killswitch one
done
killswitch_off one
check_nothing_left_here "after all that"

there "$apply" --root="$root" down far
kill "$behind_pid"
end
