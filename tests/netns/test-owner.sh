#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A link of the tunnel's name that wg-quick's unit or NetworkManager has: refused, and who it is is said. Both are
# stand-ins; the real ones are in test/scenarios/neighbours.
#
#   test-owner.sh APPLY APPLY_WITH_FAULTS FAKE_BUS

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/bus-lib.sh"

fake=$(realpath "$3")
# bus-lib.sh starts them by these names
systemd=org.freedesktop.systemd1
manager=org.freedesktop.NetworkManager

finish_owner() {
        local pid
        for pid in "${pids[@]}" ${bus_pid-}; do
                kill "$pid" 2> /dev/null
        done
        finish
}
trap finish_owner EXIT

setup_hosts
profile one.conf <<< "[Interface]
PrivateKey = $(key here)
Address = 10.99.0.1/24"
ip link add one type veth peer name two
snapshot > "$work/clean"

# refused WHAT WORDS
refused() {
        check_exit "$1" 1 up one
        check "$1: says so" says "$2"
        check_exit "$1: plan says so, too" 1 "$apply" --root="$root" plan one
        check_nothing_left "$1"
}

unknown="which is not ours (kind 'veth'"
refused "no bus" "$unknown"
start_bus
refused "nobody on the bus" "$unknown"

start_fake_service systemd
echo 'fail GetUnit org.freedesktop.systemd1.NoSuchUnit Unit wg-quick@one.service not loaded.' > "$work/fake.conf"
forget
refused "the unit is not loaded" "$unknown"
check "that unit was asked for" grep -qx "GetUnit 'wg-quick@one.service'" "$calls"

unit() { # STATE
        echo 'answer GetUnit o /org/freedesktop/systemd1/unit/x'
        echo "answer Get:ActiveState s $1"
}
unit inactive > "$work/fake.conf"
refused "the unit is inactive" "$unknown"
for state_of_unit in active activating; do
        unit $state_of_unit > "$work/fake.conf"
        refused "wg-quick's unit is $state_of_unit" \
                "There is a link one already: nothing was changed. wg-quick@one.service has it. Run 'systemctl disable --now wg-quick@one.service'."
done

start_fake_service manager
connection() { # FLAGS PATH
        unit inactive
        echo 'answer GetDeviceByIpIface o /org/freedesktop/NetworkManager/Devices/7'
        echo "answer Get:ActiveConnection o $2"
        echo "answer Get:StateFlags u $1"
        echo 'answer Get:Id s The office'
        echo 'answer Get:Uuid s 6a1c1f0e-0f0b-4a55-9d3f-0123456789ab'
}
connection 12 /org/freedesktop/NetworkManager/ActiveConnection/1 > "$work/fake.conf"
refused "NetworkManager has it" "NetworkManager has it, as the connection 'The office'. Run: nmcli connection modify uuid 6a1c1f0e-0f0b-4a55-9d3f-0123456789ab connection.autoconnect no; nmcli connection down uuid 6a1c1f0e-0f0b-4a55-9d3f-0123456789ab."
connection 140 /org/freedesktop/NetworkManager/ActiveConnection/1 > "$work/fake.conf"
refused "NetworkManager only looks at it" "$unknown"
connection 12 / > "$work/fake.conf"
refused "NetworkManager has nothing active on it" "$unknown"
echo 'answer Get:ActiveState u 7' > "$work/fake.conf"
refused "answers of another type" "$unknown"

start=$(date +%s)
echo 'silent GetUnit' > "$work/fake.conf"
check_exit "no answer" 1 up one
check "no answer: the time is short" test $(($(date +%s) - start)) -lt 8
end
