#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Names: not there at boot, gone for a while, moved, with a dead address among them; with systemd-resolved, without it,
# and through a tunnel that gets all questions. What others take away is put back.
set -uo pipefail
# shellcheck source=test/bed/guest/lib.sh
. /usr/lib/wgp-test/lib.sh

in_net() { ip netns exec net "$@"; }
server=$(in_net wg show wg0 public-key)
names=/run/resolver-names

# --- DNS: dnsmasq in the namespace; records change by SIGHUP, and live for five seconds ---

start_dns() {
        in_net dnsmasq --conf-file=/dev/null --no-resolv --no-hosts --local=/example.test/ --addn-hosts="$names" --local-ttl=5 \
                --bind-interfaces --listen-address=192.0.2.53 --pid-file=/run/resolver-dns.pid \
                --user=root --log-facility=/run/resolver-dns.log --log-queries
}

# name NAME ADDRESS...
name() {
        local address
        sed -i "/ $1$/d" "$names"
        for address in "${@:2}"; do
                echo "$address $1" >>"$names"
        done
        [[ ! -e /run/resolver-dns.pid ]] || kill -HUP "$(</run/resolver-dns.pid)"
}

# gone ADDRESS...: the server is there no more
gone() {
        local address
        for address; do
                in_net nft add element inet gone addresses "{ $address }"
        done
}

# --- tunnels: number N has the address 10.30.N.2 and reaches 10.30.N.1 ---

# tunnel NAME N HOST [ALLOWED [PEER-LINES [INTERFACE-LINES]]]
tunnel() {
        local key
        key=$(wg genkey)
        in_net wg set wg0 peer "$(wg pubkey <<<"$key")" allowed-ips "10.30.$2.2/32"
        in_net ip address add "10.30.$2.1/32" dev wg0 2>/dev/null
        (
                umask 077
                cat >"/etc/wg-profile/$1.conf" <<END
[Interface]
PrivateKey = $key
Address = 10.30.$2.2/32
${6:-}

[Peer]
PublicKey = $server
Endpoint = $3:51820
AllowedIPs = ${4:-10.30.$2.1/32}
${5:-}
END
        )
}

endpoint() { wg show "$1" endpoints | cut -f2; }
has_endpoint() { [[ $(endpoint "$1") == "$2" ]]; }
answers() { ping -c 1 -W 1 "$1"; }
says() { journalctl --boot --output=cat --unit=wg-profile-resolver | grep -F -- "$1" >/dev/null; }

# check_within SECONDS TEXT COMMAND...: and says how long it took
check_within() {
        local limit=$1 text=$2 start=$EPOCHREALTIME
        shift 2
        if wait_for "$limit" "$@"; then
                pass "$text ($(bc_seconds "$start") s)"
        else
                fail "$text (not within $limit s)" "$(wg show all endpoints; journalctl --boot --output=short-monotonic --lines=25 --unit=wg-profile-resolver)"
        fi
}
bc_seconds() {
        local now=${EPOCHREALTIME//[!0-9]/} then=${1//[!0-9]/}
        echo "$(((now - then) / 1000000)).$(((now - then) / 100000 % 10))"
}

# --- the boot, without DNS ---

check_is 'nothing has failed' '' "$(systemctl --failed --legend=no)"
check 'a tunnel without DNS is up' systemctl is-active wg-profile@boot
check 'the resolver is there' systemctl is-active wg-profile-resolver
check 'and its timer' systemctl is-active wg-profile-resolver.timer
check_is 'of ours nothing but the tunnel itself, for less than a second, is on the way to multi-user.target' '' \
        "$(systemd-analyze critical-chain --no-pager multi-user.target | grep wg-profile |
                grep -vE 'wg-profile@boot\.service @[0-9.]+s \+[0-9]+ms$')"
check 'it says what is missing' says 'boot: cannot resolve boot.example.test'
check_like 'so does systemctl status' 'Looking after 1 tunnel with 1 name: 1 cannot be resolved' \
        "$(systemctl status --no-pager wg-profile-resolver)"

touch "$names"
name boot.example.test 192.0.2.1
start_dns
resolvectl dns to-net 192.0.2.53
check_within 3 'DNS comes: the endpoint is set' has_endpoint boot 192.0.2.1:51820
check 'and the peer answers' wait_for 10 answers 10.30.0.1
memory() { grep -E '^(Rss|Pss|Private_Dirty):' "/proc/$(unit_property wg-profile-resolver MainPID)/smaps_rollup"; }
note "$(memory)"

# --- no such name, for a while ---

tunnel later 1 later.example.test
systemctl daemon-reload
systemctl start wg-profile@later
check 'no such name: told' wait_for 5 says 'later: cannot resolve later.example.test: there is no such name'
sleep 8
name later.example.test 192.0.2.1
check_within 20 'the name appears' has_endpoint later 192.0.2.1:51820

# --- servers that move; one address of two is dead ---

tunnel moves 2 moves.example.test
tunnel family 3 family.example.test
tunnel dual 4 dual.example.test 10.30.4.1/32 'PersistentKeepalive = 5'
name moves.example.test 192.0.2.2
name family.example.test 192.0.2.3
name dual.example.test 192.0.2.99 192.0.2.4
systemctl daemon-reload
systemctl start wg-profile@moves wg-profile@family
check_within 3 'a second tunnel: its endpoint' has_endpoint moves 192.0.2.2:51820
for address in 10.30.2.1 10.30.3.1; do
        ping -q -i 0.5 "$address" >/dev/null &
done
check 'both answer' wait_for 10 answers 10.30.2.1
systemctl start wg-profile@dual
check_within 45 'one dead address of two: the other one answers' answers 10.30.4.1
# until the kernel has been looked at while they send
sleep $((61 - SECONDS % 60))
before=$(endpoint boot)
gone 192.0.2.2 192.0.2.3
name moves.example.test 192.0.2.4
name family.example.test 2001:db8:2::1
check_within 40 'A to A: found' has_endpoint moves 192.0.2.4:51820
check_within 20 'A to AAAA: found' has_endpoint family '[2001:db8:2::1]:51820'
check_within 10 'A to A: answers' answers 10.30.2.1
check_within 10 'A to AAAA: answers' answers 10.30.3.1
check_is 'a tunnel that was idle has the address it had' "$before" "$(endpoint boot)"
check_like 'its status says what it has, and why' '"why": "' "$(cat /run/wg-profile/state/family.resolver.json)"

# --- systemd-resolved ---

endpoints=$(wg show all endpoints | sort)
systemctl restart systemd-resolved
sleep 4
check_is 'systemd-resolved is restarted: nothing moves' "$endpoints" "$(wg show all endpoints | sort)"
systemctl stop systemd-resolved
rm /etc/resolv.conf
echo nameserver 192.0.2.53 >/etc/resolv.conf
tunnel plain 5 plain.example.test
name plain.example.test 192.0.2.1
systemctl daemon-reload
systemctl start wg-profile@plain
check_within 4 'without systemd-resolved: getaddrinfo' has_endpoint plain 192.0.2.1:51820
check_fails 'and nobody started it again' systemctl is-active systemd-resolved
systemctl start systemd-resolved
ln -sf ../run/systemd/resolve/stub-resolv.conf /etc/resolv.conf
resolvectl dns to-net 192.0.2.53
check_is 'nothing has moved' "$endpoints" "$(wg show all endpoints | grep -v '^plain' | sort)"

# --- a full tunnel that gets all questions, and whose server moves ---

tunnel full 6 full.example.test 0.0.0.0/0 '' 'DNS = 10.30.6.53' # where nobody answers
name full.example.test 192.0.2.1
systemctl daemon-reload
systemctl start wg-profile@full
check_within 4 'a full tunnel: its endpoint' has_endpoint full 192.0.2.1:51820
ping -q -i 0.5 10.30.6.1 >/dev/null &
check 'it answers' wait_for 10 answers 10.30.6.1
check_like 'it gets all questions' '~\.' "$(resolvectl domain full)"
resolvectl flush-caches
check_fails 'others now ask through the tunnel, in vain' timeout 3 resolvectl query --legend=no full.example.test
sleep $((61 - SECONDS % 60))
gone 192.0.2.1
name full.example.test 192.0.2.4
name boot.example.test 192.0.2.4
name later.example.test 192.0.2.4
name plain.example.test 192.0.2.4
check_within 40 'its server moves: found, past the tunnel' has_endpoint full 192.0.2.4:51820
check_within 10 'it answers' answers 10.30.6.1

# such a tunnel again, whose own name is unknown while it comes up
systemctl stop wg-profile@full
name full.example.test
resolvectl flush-caches
systemctl start wg-profile@full
check 'a full tunnel without its name: told' wait_for 20 says 'full: cannot resolve full.example.test'
name full.example.test 192.0.2.4
check_within 70 'its name comes: found, past the tunnel' has_endpoint full 192.0.2.4:51820
# what comes now is not about DNS
sed -i '/^DNS/d' /etc/wg-profile/full.conf
check 'a reload without DNS=' systemctl reload wg-profile@full
check_is 'gives the questions back' '' "$(resolvectl domain full | grep '~')"

# --- what others take away ---

rules() { ip -4 rule; ip -6 rule; }
rules >/run/rules
mark=$(wg show full fwmark)
# It is put back within milliseconds: nobody can look at what is missing.
check 'a rule is deleted' ip rule del priority "$(ip rule | sed -n "s/^\([0-9]*\):.*fwmark $mark lookup.*/\1/p" | head -n 1)"
same_rules() { diff /run/rules <(rules); }
check_within 5 'it is put back' same_rules

mkdir -p /etc/systemd/network
printf '[Match]\nName=managed\n[Network]\nAddress=203.0.113.1/24\n' >/etc/systemd/network/managed.network
ip link add managed type dummy 2>/dev/null || ip link add managed type veth peer name managed2
ip link set managed up
ip rule add priority 7777 fwmark 0x7777 lookup main
unreachable() { ip -4 route show table all type unreachable; ip -6 route show table all type unreachable; }
unreachable >/run/unreachable
check_like 'there are routes without a link' 'proto kernel metric 4294967295' "$(</run/unreachable)"
systemctl start systemd-networkd
check 'networkd has its link' wait_for 20 sh -c 'ip address show dev managed | grep -q 203.0.113.1'
systemctl restart systemd-networkd
check 'networkd has its link again' wait_for 20 sh -c 'ip address show dev managed | grep -q 203.0.113.1'
check_is 'networkd has deleted a rule of no protocol' '' "$(ip rule show priority 7777)"
check_is 'but none of ours' "$(</run/rules)" "$(rules)"
check_is 'nor of our routes without a link' "$(</run/unreachable)" "$(unreachable)"
check_fails 'and none of them was put back' says 'unreachable route was deleted'
systemctl stop systemd-networkd
ip link del managed

# --- the link is deleted ---

for n in 1 2 3; do
        ip link del later
        check_within 15 "the link is deleted ($n): the unit is restarted" sh -c 'ip link show later && systemctl is-active wg-profile@later'
        check_within 10 'its endpoint' has_endpoint later 192.0.2.4:51820
done
ip link del later
check_within 15 'deleted once more: the unit is stopped' sh -c '! systemctl is-active wg-profile@later'
check 'and that is told' says 'more than 3 times in 10 minutes'

# --- the clock ---

endpoints=$(wg show all endpoints | sort)
date --set='+1 day' >/dev/null
sleep 15
date --set='-3 days' >/dev/null
sleep 15
date --set='+2 days' >/dev/null
check_is 'the clock jumps: nothing moves' "$endpoints" "$(wg show all endpoints | sort)"

# --- twenty ---

for ((i = 100; i < 120; i++)); do
        tunnel "n$i" "$i" "n$i.example.test"
        name "n$i.example.test" 192.0.2.4
done
systemctl daemon-reload
systemctl start "wg-profile@n"{100..119}
all_set() { [[ $(wg show all endpoints | grep -c '^n1.*192.0.2.4:51820') == 20 ]]; }
check_within 5 'twenty tunnels: all endpoints' all_set
note "$(memory)"
check 'systemctl reload' systemctl reload wg-profile-resolver
check 'is an answer to SIGHUP' wait_for 3 says 'looking up all names now'

# --- the end ---

kill $(jobs -p)
systemctl stop 'wg-profile@*'
check_within 40 'without a tunnel it ends' sh -c '! systemctl is-active wg-profile-resolver'
check_is 'as it should' success "$(unit_property wg-profile-resolver Result)"
check_is 'the timer, too' inactive "$(unit_property wg-profile-resolver.timer ActiveState)"
check_is 'nothing of it is left' '' "$(ls /run/wg-profile/state)"
systemctl start wg-profile@boot
# the last good address, or what the name has by now
sent_to_somewhere() { endpoint boot | grep -qE '^192\.0\.2\.[14]:51820$'; }
check_within 5 'and comes back with the next' sent_to_somewhere
check_is 'exposure' '' "$(systemd-analyze security --no-pager --threshold=25 wg-profile-resolver.service 2>&1 >/dev/null)"
check_is 'nothing has failed at the end' '' "$(systemctl --failed --legend=no)"
