#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The stand-ins for services say what the real ones say: the conversations that were recorded with systemd 252 and 257,
# firewalld and NetworkManager are held with them. test/scenarios/recording holds them with the real ones.
#
#   test-recorded.sh APPLY APPLY_WITH_FAULTS FAKE_BUS FAKE_SYSTEM

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/bus-lib.sh"

recorded=$(realpath "$(dirname "$0")/../recorded")
fake=$(realpath "$3")
fake_system=$(realpath "$4")
# bus-lib.sh starts them by these names
systemd=org.freedesktop.systemd1
manager=org.freedesktop.NetworkManager

finish_recorded() {
        local pid
        for pid in "${pids[@]}" ${bus_pid-}; do
                kill "$pid" 2> /dev/null
        done
        finish
}
trap finish_recorded EXIT

# held NAME VARIABLE...: on both releases they say the same
held() {
        local release
        "$recorded/play" "$recorded/$1" "${@:2}" > "$work/now" 2>&1
        for release in 12 13; do
                "$recorded/of-release" $release < "$recorded/$1" > "$work/expected"
                check_same "$1, as on Debian $release" "$work/expected" "$work/now"
        done
}

ip link add index 4711 name recorded type veth peer name other
ip link set recorded up
start_bus
for service in resolved systemd firewalld manager; do start_fake_service $service; done
held settings link=4711 none=4712
held units
held zones
held devices
for service in resolved systemd firewalld manager; do stop_fake_service $service; done

printf '%s\n' 'server 4711 192.0.2.53' 'name 0 site.example.test 192.0.2.1 60' 'name 4711 site.example.test 192.0.2.1 60' > "$work/fake.conf"
"$fake_system" "$work/fake.conf" "$calls" &
pids[system]=$!
wait_for 5 sh -c "busctl --system --no-pager list | grep -q '^org.freedesktop.resolve1 '"
held questions link=4711 none=4712
held jobs
end
