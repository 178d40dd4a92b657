#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# DNS and firewalld zones: what systemd-resolved, resolvconf and firewalld are told, when, and when not. All three are
# stand-ins; the real ones are in test/uml.
#
#   test-dns.sh APPLY APPLY_WITH_FAULTS FAKE_BUS

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/bus-lib.sh"

fake=$(realpath "$3")
unset SYSTEMD_EXEC_PID WG_PROFILE_HOOKS WG_PROFILE_RESOLVCONF

finish_dns() {
        local pid
        for pid in "${pids[@]}" ${bus_pid-}; do
                kill "$pid" 2> /dev/null
        done
        finish
}
trap finish_dns EXIT

says_plan() {
        "$apply" --root="$root" plan "$1" > "$work/out" 2> "$work/err"
        grep -E 'dns|domain|zone' "$work/out"
}
# plans WHAT NAME LINE...
plans() {
        local what=$1 name=$2
        shift 2
        printf '%s\n' "$@" | sed '/^$/d' > "$work/expected"
        says_plan "$name" > "$work/planned"
        check_same "$what" "$work/expected" "$work/planned"
}

# conf NAME INTERFACE-LINE...: in the wg-quick format, for 10.99.0.0/24
conf() {
        local name=$1
        shift
        {
                printf '%s\n' '[Interface]' "PrivateKey = $(key here)" 'Address = 10.99.0.1/24' "$@"
                printf '%s\n' '[Peer]' "PublicKey = $(pub there)" "AllowedIPs = ${allowed:-10.99.0.2/32}"
        } | profile "$name.conf"
}
zone() { printf '%s\n' '[WgProfile]' "Zone=$1"; }
ifindex() { ip -o link show dev "$1" | cut -d: -f1; }

# What goes before the servers.
settings() {
        printf '%s\n' "SetLinkLLMNR $1 '${2-}'" "SetLinkMulticastDNS $1 '${3-}'" "SetLinkDNSOverTLS $1 '${4-}'" \
                "SetLinkDNSSEC $1 '${5-}'"
}

setup_hosts
snapshot > "$work/clean"

# --- nobody to be told ---

conf a 'DNS = 10.99.0.2, office.example'
no_resolvconf=$(PATH=/usr/sbin:/usr/bin command -v resolvconf)
[ -z "$no_resolvconf" ] || [[ $(realpath "$no_resolvconf") == */resolvectl ]] || mount --bind /dev/null "$no_resolvconf"
check_exit "no bus, no resolvconf: exit code 5" 5 up a
check "it says what to do" says "a.conf:4: No DNS manager: systemd-resolved is not running and resolvconf is not installed. Nothing was changed. Start systemd-resolved, install resolvconf or openresolv, or remove the DNS settings."
check_nothing_left "nobody to be told"
check_exit "plan says so, too" 5 "$apply" --root="$root" plan a

start_bus
check_exit "a bus, but nobody on it: exit code 5" 5 up a
check_nothing_left "nobody on the bus"

# The tunnel is up, and what was left of the system's DNS is not needed to take it down.
conf plain
check "up without DNS" up plain
conf plain 'DNS = 10.99.0.2'
check_exit "reload with DNS: exit code 5" 5 reload plain
check "the tunnel is still there" ip link show dev plain
check "down" down plain

# --- systemd-resolved ---

start_fake_service resolved
forget
plans "plan: DNS comes after the routes" a "set dns 10.99.0.2 domain office.example default-route no: not there"
check "a search domain: up" up a
i=$(ifindex a)
told "a search domain: those names only" "SetLinkDomains $i [ 'office.example' no ]" "SetLinkDefaultRoute $i no" \
        "$(settings "$i")" "SetLinkDNSEx $i [ 2 0a630002 0 '' ]"
check "the record is watched" grep -q '"dns"' "$state/a.json"
check "reload without a change" reload a
told "nothing is told" ''
check "up again" up a
told "nothing is told" ''
plans "nothing is planned" a ''

conf a 'DNS = 10.99.0.2, fd99::2'
plans "plan: a change" a "set dns 10.99.0.2 fd99::2 domain ~. default-route yes: differs"
check "no domain: reload" reload a
told "no domain: all names" "SetLinkDomains $i [ '.' yes ]" "SetLinkDefaultRoute $i yes" "$(settings "$i")" \
        "SetLinkDNSEx $i [ 2 0a630002 0 '' 10 fd990000000000000000000000000002 0 '' ]"

conf a 'DNS = office.example'
check "search domains only: reload" reload a
told "search domains only" "SetLinkDomains $i [ 'office.example' no ]" "SetLinkDefaultRoute $i no" "$(settings "$i")" \
        "SetLinkDNSEx $i [ ]"

conf a
plans "plan: DNS was dropped" a "revert dns: no longer in the profile"
check "DNS was dropped: reload" reload a
told "DNS was dropped: reverted" "RevertLink $i"
check "nothing of it is recorded" sh -c "! grep -q '\"dns\"' '$state/a.json'"
conf a 'DNS = 10.99.0.2'
check "DNS is back: reload" reload a
forget
check "down" down a
told "the link goes, and systemd-resolved forgets: nothing is told" ''
check_nothing_left "down"

allowed=0.0.0.0/0 conf a 'DNS = 10.99.0.2, office.example'
check "full tunnel with a search domain: up" up a
i=$(ifindex a)
told "full tunnel: all names, too" "SetLinkDomains $i [ 'office.example' no '.' yes ]" "SetLinkDefaultRoute $i yes" \
        "$(settings "$i")" "SetLinkDNSEx $i [ 2 0a630002 0 '' ]"
check "down" down a

profile b.nmconnection <<EOT
[connection]
type=wireguard
interface-name=b
llmnr=0
mdns=1
dns-over-tls=2
dnssec=1
[wireguard]
private-key=$(key here)
[ipv4]
method=manual
address1=10.98.0.1/24
dns=dns+tls://10.98.0.2:853#dns.example;10.98.0.3;
dns-search=~office.example;
dns-priority=-1
EOT
check "keyfile: up" up b
i=$(ifindex b)
told "keyfile: port, name, settings; a negative priority wants all names" \
        "SetLinkDomains $i [ 'office.example' yes '.' yes ]" "SetLinkDefaultRoute $i yes" \
        "$(settings "$i" no resolve yes allow-downgrade)" \
        "SetLinkDNSEx $i [ 2 0a620002 853 'dns.example' 2 0a620003 0 '' ]"
"$apply" --root="$root" repair b
told "repair tells it again" "SetLinkDomains $i [ 'office.example' yes '.' yes ]" "SetLinkDefaultRoute $i yes" \
        "$(settings "$i" no resolve yes allow-downgrade)" \
        "SetLinkDNSEx $i [ 2 0a620002 853 'dns.example' 2 0a620003 0 '' ]"
check "down" down b
forget

# --- when it will not ---

conf a 'DNS = 10.99.0.2'
echo "fail SetLinkDNSEx org.freedesktop.resolve1.LinkBusy Link a is managed." > "$work/fake.conf"
check_exit "systemd-resolved will not: up fails" 1 up a
check "in its words" says "a.conf:4: Cannot set dns 10.99.0.2 domain ~. default-route yes: Link a is managed."
check_nothing_left "systemd-resolved will not"
echo "fail SetLinkDNSEx org.freedesktop.DBus.Error.UnknownMethod Unknown method." > "$work/fake.conf"
forget
check "systemd-resolved is old: up" up a
check "addresses only" grep -qF "SetLinkDNS $(ifindex a) [ 2 0a630002 ]" "$calls"
check "down" down a
check_exit "old, and a port and a name: up fails" 1 up b
check "and says so" says "the service is too old"
check_nothing_left "systemd-resolved is old"
echo "silent SetLinkDefaultRoute" > "$work/fake.conf"
start=$SECONDS
check_exit "systemd-resolved hangs: up fails" 1 up a
check "after five seconds ($((SECONDS - start)))" test $((SECONDS - start)) -ge 4 -a $((SECONDS - start)) -le 8
check_nothing_left "systemd-resolved hangs"
: > "$work/fake.conf"
conf a
check "up without DNS" up a
conf a 'DNS = 10.99.0.2'
i=$(ifindex a)
echo "fail SetLinkDNSEx org.freedesktop.DBus.Error.Failed No." > "$work/fake.conf"
check_exit "reload fails" 1 reload a
: > "$work/fake.conf"
forget
check "the next reload" reload a
check "tells all of it" grep -qF "SetLinkDNSEx $i [ 2 0a630002 0 '' ]" "$calls"
check "down" down a

# At boot it may run before it is on the bus.
stop_fake_service resolved
forget
mkdir -p "$root/run/systemd/resolve"
python3 - "$root/run/systemd/resolve/io.systemd.Resolve" <<EOT &
import socket, sys, time
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen()
time.sleep(60)
EOT
pids[varlink]=$!
wait_for 5 test -S "$root/run/systemd/resolve/io.systemd.Resolve"
check_exit "it runs, but never comes to the bus: up fails" 1 up a
check_nothing_left "never on the bus"
kill "${pids[varlink]}"
wait "${pids[varlink]}"
unset "pids[varlink]"
check_exit "its socket is dead: exit code 5" 5 up a

# At boot the bus may not answer for a while.
python3 - "$work/dumb-bus" "$root/run/systemd/resolve/io.systemd.Resolve" <<EOT &
import os, socket, sys, time
sockets = []
for path in sys.argv[1:]:
    if os.path.exists(path):
        os.unlink(path)
    s = socket.socket(socket.AF_UNIX)
    s.bind(path)
    s.listen()
    sockets.append(s)
time.sleep(60)
EOT
pids[dumb]=$!
wait_for 5 test -S "$work/dumb-bus"
sleep 0.5
up_with_dumb_bus() { DBUS_SYSTEM_BUS_ADDRESS=unix:path=$work/dumb-bus up a; }
start=$SECONDS
check_exit "it runs, and the bus says nothing: up fails, and may work later" 1 up_with_dumb_bus
check "within twelve seconds ($((SECONDS - start)))" test $((SECONDS - start)) -le 12
check_nothing_left "the bus says nothing"
kill "${pids[dumb]}"
wait "${pids[dumb]}"
unset "pids[dumb]"
check_exit "the bus says nothing, and it does not run: exit code 5" 5 up_with_dumb_bus

# --- resolvconf ---

mkdir "$work/bin" "$root/etc/resolvconf"
cat > "$work/bin/resolvconf" <<EOT
#!/bin/sh
echo "resolvconf \$*" >> "$calls"
cat >> "$calls"
exit \$(cat "$work/resolvconf-exit" 2> /dev/null || echo 0)
EOT
chmod 755 "$work/bin/resolvconf"
PATH=$work/bin:$PATH

conf a 'DNS = 10.99.0.2, fd99::2, office.example' 'DNS = home.example'
plans "plan: resolvconf" a "set resolvconf a dns 10.99.0.2 fd99::2 domain office.example home.example default-route no: not there"
check "resolvconf: up" up a
told "as wg-quick does" 'resolvconf -a a -m 0 -x' 'nameserver 10.99.0.2' 'nameserver fd99::2' 'search office.example home.example'
check "reload without a change" reload a
told "nothing is told" ''
"$apply" --root="$root" repair a
told "nor by repair" ''
printf 'lo.inet*\nlo\ntun*\ntap*\n' > "$root/etc/resolvconf/interface-order"
conf a 'DNS = 10.99.0.3'
check "reload with another server" reload a
told "by the name that it has" 'resolvconf -a a -m 0 -x' 'nameserver 10.99.0.3'
start_fake_service resolved
conf a 'DNS = 10.99.0.4'
check "reload when systemd-resolved has come" reload a
told "it stays with resolvconf" 'resolvconf -a a -m 0 -x' 'nameserver 10.99.0.4'
stop_fake_service resolved
conf a
check "reload without DNS" reload a
told "taken back" 'resolvconf -d a -f'
conf a 'DNS = 10.99.0.2'
check "reload with DNS" reload a
told "a name from the order of interfaces" 'resolvconf -a tun.a -m 0 -x' 'nameserver 10.99.0.2'
rm -r "$root/etc/resolvconf"
ip link delete dev a
check "the link is gone: down" down a
told "taken back by the recorded name" 'resolvconf -d tun.a -f'
check_nothing_left "down without the link"

echo 7 > "$work/resolvconf-exit"
check_exit "resolvconf fails: up fails" 1 up a
check "and says so" says "Cannot set resolvconf a dns 10.99.0.2 domain ~. default-route yes: $work/bin/resolvconf ended with exit code 7."
check "what is left is recorded" test -e "$state/a.json"
rm "$work/resolvconf-exit"
check "down" down a
check_nothing_left "resolvconf fails"
check "up" up a
forget
mv "$work/bin/resolvconf" "$work/resolvconf"
check "resolvconf was removed: down" down a
check_nothing_left "without resolvconf"
mv "$work/resolvconf" "$work/bin/resolvconf"

# Without a record the profile says by which name resolvconf knows the link.
check "up" up a
rm "$state/a.json"
forget
check "the record is lost: down" down a
told "taken back by the profile's name" 'resolvconf -d a -f'
check_nothing_left "down without a record"

# As systemd runs it.
up_in_unit() { (SYSTEMD_EXEC_PID=$BASHPID exec "$apply" --root="$root" up "$1" 2> "$work/err"); }
check_exit "in a unit that is not prepared for it: exit code 5" 5 up_in_unit a
check "it says what to do" says "Start systemd-resolved; or disable it, and run 'systemctl daemon-reload'."
check_nothing_left "in a unit that is not prepared"
WG_PROFILE_RESOLVCONF=1 check "in a unit that is" up_in_unit a
start_fake_service resolved
forget
check "in a unit that is not any more: up again" up_in_unit a
check "tells systemd-resolved" grep -qF "SetLinkDNSEx $(ifindex a) [ 2 0a630002 0 '' ]" "$calls"
check "and says what it cannot tell resolvconf" says "run 'resolvconf -d a -f'"
check "down" down a
stop_fake_service resolved
WG_PROFILE_RESOLVCONF=1 check "up in a unit that is" up_in_unit a
down_in_unit() { (SYSTEMD_EXEC_PID=$BASHPID exec "$apply" --root="$root" down "$1" 2> "$work/err"); }
forget
check_exit "down in one that is not any more: exit code 1" 1 down_in_unit a
told "resolvconf is not told" ''
check "which is said" says "run 'resolvconf -d a -f'"
check_nothing_left "in a unit that is not any more"
WG_PROFILE_RESOLVCONF=1 check "in a unit that is" up_in_unit a
check "down" down a
check_exit "a port: exit code 5" 5 up b
check "it says why" says "b.nmconnection:13: A name server with a port needs systemd-resolved"
sed -i 's/^dns=.*/dns=10.98.0.3;/' "$root/etc/wg-profile/b.nmconnection"
check_exit "DNS over TLS: exit code 5" 5 up b
check "it says why" says "DNS over TLS needs systemd-resolved"
mkdir "$work/compat"
printf '#!/bin/sh\nexit 0\n' > "$work/compat/resolvectl"
chmod 755 "$work/compat/resolvectl"
ln -s resolvectl "$work/compat/resolvconf"
PATH=$work/compat:$PATH check_exit "a link to resolvectl is no resolvconf: exit code 5" 5 up a
check_nothing_left "resolvconf"
forget

# --- firewalld ---

conf a "$(zone trusted)"
plans "plan: a zone" a "set firewalld zone trusted: not there"
check "firewalld does not run: up" up a
told "nothing is told" ''
start_fake_service firewalld
"$apply" --root="$root" repair a
told "it has come: repair tells it" "changeZoneOfInterface 'trusted' 'a'"
check "the record is watched" grep -q '"zone"' "$state/a.json"
check "reload without a change" reload a
told "nothing is told" ''
conf a "$(zone '')"
plans "plan: the default zone" a "set firewalld's default zone: differs"
check "the default zone: reload" reload a
told "the default zone" "changeZoneOfInterface '' 'a'"
conf a
plans "plan: no zone" a "remove from firewalld's default zone: no longer in the profile"
check "no zone: reload" reload a
told "removed" "removeInterface '' 'a'"
conf a "$(zone work)"
check "a zone again: reload" reload a
forget
ip link delete dev a
check "the link is gone: down" down a
told "removed" "removeInterface '' 'a'"
check_nothing_left "zone"

echo "fail changeZoneOfInterface org.fedoraproject.FirewallD1.Exception INVALID_ZONE: work" > "$work/fake.conf"
check_exit "there is no such zone: up fails" 1 up a
check "in its words" says "Cannot set firewalld zone work: INVALID_ZONE: work."
check_nothing_left "no such zone"
# as firewalld answers when somebody has flushed its tables, with all its rules behind it
echo "fail changeZoneOfInterface org.fedoraproject.FirewallD1.Exception COMMAND_FAILED: it failed.|JSON blob:|{}" > "$work/fake.conf"
check_exit "firewalld has failed: up fails" 1 up a
check "in the first line of its words" says "Cannot set firewalld zone work: COMMAND_FAILED: it failed."
check "and no more of them" bash -c "! grep -q blob \"$work/err\""
check_nothing_left "firewalld has failed"
echo "fail changeZoneOfInterface org.fedoraproject.FirewallD1.Exception ZONE_ALREADY_SET: work" > "$work/fake.conf"
check "it is in the zone already: up" up a
echo "fail removeInterface org.fedoraproject.FirewallD1.Exception UNKNOWN_INTERFACE: a" > "$work/fake.conf"
check "it is in no zone any more: down" down a
: > "$work/fake.conf"
check_nothing_left "zone"

# What is left is taken away later by whoever sees that the unit is not active: it has to say that it is a unit's.
of_unit() { bash -c 'export SYSTEMD_EXEC_PID=$$; exec "$@"' of-unit "$apply" --root="$root" "$@"; }
check "as its unit: up" of_unit up a
sed -i 's/"version": 1/"version": 999/' "$state/a.json"
echo "fail removeInterface org.fedoraproject.FirewallD1.Exception COMMAND_FAILED: it failed" > "$work/fake.conf"
check_exit "as its unit, with a record of a newer version: down" 1 of_unit down a
check "the record of what is left is one of a unit" grep -q '"unit": true' "$state/a.json"
: > "$work/fake.conf"
check "then down" down a
check_nothing_left "as its unit"

# --- who waits for another program lets other tunnels start and stop ---

full() { # NAME N [TEXT]
        profile "$1.conf" << EOT
[Interface]
PrivateKey = $(key here)
Address = 10.99.$2.1/24
[Peer]
PublicKey = $(pub there)
AllowedIPs = 0.0.0.0/0
${3-}
EOT
}
within() { # SECONDS COMMAND...
        local start=${EPOCHREALTIME/./} limit=$(($1 * 1000000))
        shift
        "$@" && [ $((${EPOCHREALTIME/./} - start)) -lt $limit ]
}

forget
echo "silent changeZoneOfInterface" > "$work/fake.conf"
full slow1 11 "$(zone work)"
full slow2 12 "$(zone work)"
full quick 13
for name in slow1 slow2; do
        up $name 2> "$work/$name.err" &
done
check "firewalld is silent: it is asked" wait_for 5 sh -c "[ \$(grep -c changeZoneOfInterface $calls) = 2 ]"
check_exit "firewalld is silent: another tunnel starts" 0 within 3 up quick
check "firewalld is silent: and has a mark of its own" test "$(wg show quick fwmark)" = 0xca6e
check_exit "firewalld is silent: and stops" 0 within 3 down quick
# each asks twice: to be in the zone, and to be out of it
check "firewalld is silent: all wait at once" wait_for 25 sh -c "! pgrep -f '[u]p slow'"
check "firewalld is silent: told" grep -q "Cannot set firewalld zone work" "$work/slow2.err"
: > "$work/fake.conf"
check_nothing_left "firewalld is silent"

cat > "$work/slow-daemon" << 'EOT'
#!/bin/sh
sleep 4
exec wireguard-go "$1"
EOT
chmod +x "$work/slow-daemon"
full slow1 11
WG_PROFILE_USERSPACE=$work/slow-daemon up slow1 2> /dev/null &
check "a daemon is slow: it is waited for" wait_for 3 test -s "$state/slow1.json"
check_exit "a daemon is slow: another tunnel starts" 0 within 3 up quick
check_exit "a daemon is slow: and stops" 0 within 3 down quick
wait_for 10 sh -c "! pgrep -f '[u]p slow'"
check "a daemon is slow: its tunnel has the rule that all share" sh -c "ip rule | grep -q '^31999:'"
down slow1 2> /dev/null
check_nothing_left "a daemon is slow"

up quick 2> /dev/null
flock "$state/.numbers.lock" sleep 30 &
holder=$!
sleep 0.2
check_exit "the lock of all tunnels is held: down ends" 1 within 13 timeout 20 "$apply" --root="$root" down quick
check "the lock of all tunnels is held: down ends: within its time" says "has held the lock of routing numbers for 10 seconds"
kill $(pgrep -P $holder) $holder 2> /dev/null
wait $holder 2> /dev/null
check_exit "the lock of all tunnels is free: down" 0 down quick
check_nothing_left "the lock of all tunnels is free"

# --- a run that is killed ---

start_fake_service resolved
conf a 'DNS = 10.99.0.2' "$(zone work)"
faulted count up a
n_changes=$changes
down a
for ((n = 1; n <= n_changes; n++)); do
        faulted "$n:kill" up a
        forget
        check "killed at change $n of $n_changes: up" up a
        check "killed at change $n: DNS is set" grep -q "^SetLinkDNSEx $(ifindex a) \[ 2 0a630002 0 '' \]\$" "$calls"
        check "killed at change $n: the zone is set" grep -q "^changeZoneOfInterface 'work' 'a'\$" "$calls"
        down a
        faulted "$n:error" up a
        check_nothing_left "failed at change $n"
done
check_nothing_left "killed"
end
