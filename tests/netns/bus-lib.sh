# SPDX-License-Identifier: LGPL-2.1-or-later
# Shared by the tests with a system bus of their own, after lib.sh.

# Everybody may do everything. $bus_pid is to be ended by the test.
start_bus() {
        cat > "$work/bus.conf" << EOT
<busconfig>
  <type>system</type>
  <listen>unix:path=$work/bus</listen>
  <policy context="default">
    <allow send_destination="*"/>
    <allow receive_sender="*"/>
    <allow own="*"/>
    <allow user="*"/>
  </policy>
</busconfig>
EOT
        export DBUS_SYSTEM_BUS_ADDRESS=unix:path=$work/bus
        dbus-daemon --config-file="$work/bus.conf" --nofork --nopidfile 2> "$work/bus.log" &
        bus_pid=$!
        wait_for 5 test -S "$work/bus"
}

# The stand-in $fake (tests/support/fake-bus.c) for a service, "resolved" or "firewalld": it does what "$work/fake.conf"
# says, and writes down in $calls what it was told. ${pids[SERVICE]} is to be ended by the test, too.
resolved=org.freedesktop.resolve1
firewalld=org.fedoraproject.FirewallD1
calls=$work/calls
declare -A pids=()
: > "$calls"
: > "$work/fake.conf"
start_fake_service() {
        "$fake" "$work/fake.conf" "$calls" "${!1}" &
        pids[$1]=$!
        wait_for 5 sh -c "busctl --system --no-pager list | grep -q '^${!1} '"
}
stop_fake_service() {
        kill "${pids[$1]}"
        wait "${pids[$1]}"
        unset "pids[$1]"
}
# told WHAT LINE...: all that was called, and nothing else
told() {
        local what=$1
        shift
        printf '%s\n' "$@" | sed '/^$/d' > "$work/expected"
        check_same "$what" "$work/expected" "$calls"
        forget
}
forget() { : > "$calls"; }
