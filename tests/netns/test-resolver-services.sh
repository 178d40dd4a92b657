#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The resolver, when systemd-resolved and firewalld may have forgotten what they were told. Both are stand-ins; the
# real ones are in test/scenarios/dns.
#
#   test-resolver-services.sh APPLY APPLY_WITH_FAULTS RESOLVER FAKE_BUS

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/resolver-lib.sh"
. "$(dirname "$0")/bus-lib.sh"

fake=$(realpath "$4")
finish_services() {
        kill "${pids[@]}" 2> /dev/null
        finish_resolver
}
trap finish_services EXIT

ifindex() { ip -o link show dev "$1" | cut -d: -f1; }
was_told() { grep -qxF -- "$1" "$calls"; }
# told_once LINE: soon, and not again
told_once() {
        wait_for 10 was_told "$1" && sleep 1.5 && [ "$(grep -cxF -- "$1" "$calls")" = 1 ]
}
# Nobody is told of anything for one and a half seconds.
settle() {
        local size='' quiet=0
        while [ $quiet -lt 15 ]; do
                quiet=$((quiet + 1))
                [ "$size" = "$(stat -c %s "$calls")" ] || quiet=0
                size=$(stat -c %s "$calls")
                sleep 0.1
        done
}
# The resolver's own question is no telling.
told_else() {
        sed -i '/^GetAll /d' "$calls"
        told "and of nothing else" "$1"
}
zone_of() { echo "changeZoneOfInterface 'work' '$1'"; }

# plain NAME ADDRESS LINE...: nothing else of it is watched
plain() {
        local name=$1 address=$2
        shift 2
        printf '%s\n' '[Interface]' "PrivateKey = $(key here)" "Address = $address/24" 'MTU = 1400' "$@" | profile "$name.conf"
}

setup_hosts
start_bus
helpers+=("$bus_pid")
start_fake_service resolved
start_fake_service firewalld

plain names 10.99.0.1 'DNS = 10.99.0.2'
plain zoned 10.98.0.1 '[WgProfile]' 'Zone = work'
printf '%s\n' '[Interface]' "PrivateKey = $(key here)" 'MTU = 1400' | profile neither.conf
for name in names zoned neither; do check "up: $name" up "$name"; done
forget
start_resolver
check "what was missed while there was none: servers" wait_for 5 was_told "SetLinkDNSEx $(ifindex names) [ 2 0a630002 0 '' ]"
check "a zone" wait_for 5 was_told "$(zone_of zoned)"
settle
forget

# --- firewalld ---

kill -HUP "${pids[firewalld]}"
check "firewalld has reloaded: it is told of the zone again, once" told_once "$(zone_of zoned)"
told_else "$(zone_of zoned)"
stop_fake_service firewalld
start_fake_service firewalld
check "it was started again: told, too" told_once "$(zone_of zoned)"
told_else "$(zone_of zoned)"

# A reload of the profile within the second before the repair changes nothing about the zone.
kill -HUP "${pids[firewalld]}"
plain zoned 10.98.0.1 'ListenPort = 51111' '[WgProfile]' 'Zone = work'
check "a reload meanwhile" reload zoned
check "does not take the place of the repair" told_once "$(zone_of zoned)"

echo "fail changeZoneOfInterface org.fedoraproject.FirewallD1.Exception BUSY: not yet" > "$work/fake.conf"
forget
kill -HUP "${pids[firewalld]}"
check "it will not yet: that is told" wait_for 10 logs "zoned: the repair has failed (exit status 1)."
: > "$work/fake.conf"
forget
check "and tried again" wait_for 20 was_told "$(zone_of zoned)"

plain zoned 10.98.0.1
check "no zone any more: reload" reload zoned
settle
forget
kill -HUP "${pids[firewalld]}"
sleep 2.5
told_else ''

# --- systemd-resolved ---

stop_fake_service resolved
start_fake_service resolved
check "systemd-resolved was started: it is told of the servers again, once" \
        told_once "SetLinkDNSEx $(ifindex names) [ 2 0a630002 0 '' ]"
sed -i "/^SetLink[A-Za-z]* $(ifindex names) /d" "$calls"
told_else ''

# What there was nobody to be told of. Keyfiles can say so.
down names
stop_fake_service resolved
profile quiet.nmconnection << EOT
[connection]
type=wireguard
interface-name=quiet
llmnr=0
[wireguard]
private-key=$(key here)
mtu=1400
EOT
forget
check "up without systemd-resolved, with a setting for it only" up quiet
settle
start_fake_service resolved
check "it has come: told" told_once "SetLinkLLMNR $(ifindex quiet) 'no'"

# --- nothing to look after any more ---

down quiet
down zoned
check "a tunnel without any of it does not keep the resolver" wait "$resolver_pid"
resolver_pid=
down neither
end_resolver_test
