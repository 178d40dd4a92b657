#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What the stand-ins of tests/support say is what the real services say: the recorded conversations are held again with
# systemd-resolved, systemd, firewalld and NetworkManager, and the methods, properties and signals that our programs use
# have the recorded types. tests/netns/test-recorded.sh holds the same ones with the stand-ins.
set -uo pipefail
# shellcheck source=test/bed/guest/lib.sh
. /usr/lib/wgp-test/lib.sh
cd /usr/lib/wgp-test/recorded || exit 1
release=$(. /etc/os-release && echo "$VERSION_ID")

# held NAME VARIABLE...: the conversation, as this release has it, and as it goes now
held() {
        local now
        now=$(./play "$1" "${@:2}" 2>&1)
        check_is "$1: the services say what is recorded" "$(./of-release "$release" <"$1")" "$now"
}

ip netns add far
ip link add index 4711 name recorded type veth peer name underlay netns far
ip address add 192.0.2.54/24 dev recorded
ip link set recorded up
ip -n far address add 192.0.2.53/24 dev underlay
ip -n far link set underlay up
ip -n far link set lo up
# A name server that knows one name, with one address.
ip netns exec far dnsmasq --conf-file=/dev/null --no-resolv --no-hosts --user=root --bind-interfaces --listen-address=192.0.2.53 \
        --local=/example.test/ --host-record=site.example.test,192.0.2.1 --local-ttl=60 --pid-file=/run/far.pid
resolvectl dns recorded 192.0.2.53
check 'the name server answers' wait_for 10 resolvectl query site.example.test

held questions link=4711 none=4712
held settings link=4711 none=4712
resolvectl revert recorded

systemctl --quiet unmask firewalld.service NetworkManager.service
check 'firewalld and NetworkManager start' systemctl start firewalld NetworkManager
held units
held jobs
held zones
held devices

# "INTERFACE MEMBER KIND TYPES" of an object, as "busctl introspect" has them
introspected() {
        busctl introspect --xml-interface "$1" "$2" | python3 ./members "$3"
}
while read -r service path interface member types; do
        check_is "$interface.$member" "$types" "$(introspected "$service" "$path" "$interface.$member")"
done < <(sed '/^#/d; /^$/d' members.recorded)
kill "$(</run/far.pid)"
