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
