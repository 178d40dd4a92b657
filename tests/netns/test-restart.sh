#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The first half of a restart of a full tunnel, which leaves what keeps traffic from leaving past it: hooks of the end run
# once, whatever becomes of it. The service manager that has the job is a stand-in; the real one is in
# test/scenarios/neighbours and test/pid1.
#
#   test-restart.sh APPLY APPLY_WITH_FAULTS FAKE_BUS

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/bus-lib.sh"

fake=$(realpath "$3")
systemd=org.freedesktop.systemd1 # bus-lib.sh starts it by this name
log=$work/log

finish_restart() {
        local pid
        for pid in "${pids[@]}" ${bus_pid-}; do
                kill "$pid" 2> /dev/null
        done
        finish
}
trap finish_restart EXIT

# Units are this system's only: the programs are called without --root=, and find what they need in /run.
mount -t tmpfs tmpfs /run
mkdir -p /run/wireguard /run/wg-profile
state=/run/wg-profile/state
run() { "$apply" "$@" full; }
log_is() { [ "$(xargs < "$log")" = "$1" ]; }
job() { echo "answer ListUnitsByNames job $1" > "$work/fake.conf"; }
rest() {
        ip rule
        ip route show table 51820 type unreachable
}

setup_hosts
snapshot > "$work/clean"
cat > /run/wg-profile/full.conf <<EOT
[Interface]
PrivateKey = $(key here)
Address = 10.99.0.1/24
PreDown = echo pre-down >> $log
PostDown = echo post-down >> $log
[Peer]
PublicKey = $(pub there)
AllowedIPs = 0.0.0.0/0
EOT
start_bus
start_fake_service systemd
job restart

# The kill switch, and its unit.
printf '[WgProfile]\nKillSwitch=yes\n' > /run/wg-profile/other.conf
is_on() { nft list table inet wg-killswitch && test -e $state/other.killswitch; }
check "kill switch: on" "$apply" killswitch other
check "kill switch: the first half of a restart" "$apply" killswitch-off other
check "kill switch: its last step" "$apply" killswitch-off --after-failure other
check "kill switch: all stays" is_on
job start
check "kill switch: the second half" "$apply" killswitch other
check "kill switch: all is there" is_on
sed -i 's/yes/no/' /run/wg-profile/other.conf
check_exit "kill switch: the profile has none any more, the second half of another restart" 3 "$apply" killswitch other
check "kill switch: what follows that" "$apply" killswitch-off --after-failure other
check "kill switch: it is off" sh -c "! nft list table inet wg-killswitch"
sed -i 's/no$/yes/' /run/wg-profile/other.conf
"$apply" killswitch other
echo nonsense >> /run/wg-profile/other.conf
check_exit "kill switch: the profile has an error: what follows a failure" 0 "$apply" killswitch-off --after-failure other
check "kill switch: it stays on" is_on
check "kill switch: says so" says "The kill switch of 'other' stays on"
job stop
check "kill switch: a stop" "$apply" killswitch-off other
check "kill switch: it is off" sh -c "! nft list table inet wg-killswitch"
rm /run/wg-profile/other.conf
job restart

check "up" run up
rest > "$work/rest"
check_exit "down" 0 run down
check "down: the hooks" log_is "pre-down post-down"
check "down: the link is gone" sh -c "! ip link show dev full"
rest > "$work/now"
check_same "down: the rest is there" "$work/rest" "$work/now"
check_exit "down --after-failure" 0 run down --after-failure
check "down --after-failure: no hook a second time" log_is "pre-down post-down"
rest > "$work/now"
check_same "down --after-failure: the rest is there" "$work/rest" "$work/now"
: > "$log"
check_exit "up again" 0 run up
check "up again: no hook of the end" log_is ""
job stop
check_exit "down for good" 0 run down
check "down for good: the hooks" log_is "pre-down post-down"
check_nothing_left "down for good"

# --- nobody says whether it is one ---

run up 2> /dev/null
: > "$log"
echo "silent ListUnitsByNames" > "$work/fake.conf"
check_exit "no answer: down" 1 run down
check "no answer: told" says "Cannot ask systemd whether the tunnel 'full' is being restarted"
check "no answer: the link is gone" sh -c "! ip link show dev full"
rest > "$work/now"
check_same "no answer: the rest is there" "$work/rest" "$work/now"
check_exit "no answer: down --after-failure" 1 run down --after-failure
rest > "$work/now"
check_same "no answer: down --after-failure: the rest is there" "$work/rest" "$work/now"
check "no answer: hooks have run once" log_is "pre-down post-down"
job stop
check_exit "then an answer: down" 0 run down
check_nothing_left "then an answer: down"
printf '[WgProfile]\nKillSwitch=yes\n' > /run/wg-profile/other.conf
"$apply" killswitch other
echo "silent ListUnitsByNames" > "$work/fake.conf"
check_exit "no answer: killswitch-off" 1 "$apply" killswitch-off other
check "no answer: killswitch-off: it stays on" is_on
job stop
check_exit "then an answer: killswitch-off" 0 "$apply" killswitch-off other
rm /run/wg-profile/other.conf
mkdir -p /run/systemd/system # systemd is there, and neither by its socket nor on the bus
stop_fake_service systemd
run up 2> /dev/null
check_exit "systemd cannot be reached: down" 1 run down
rest > "$work/now"
check_same "systemd cannot be reached: the rest is there" "$work/rest" "$work/now"
rmdir -p /run/systemd/system 2> /dev/null
check_exit "there is no systemd: down" 0 run down
check_nothing_left "there is no systemd: down"
start_fake_service systemd

# --- interrupted ---

# interrupt N:HOW
interrupt() {
        { WGP_FAULT=$1 "$faulty" down full 9> "$work/changes"; } 2> "$work/stderr"
}

job restart
run up 2> /dev/null
interrupt count
n=$(cat "$work/changes")
check "there is something to interrupt" test "$n" -ge 5
job stop
run down 2> /dev/null
for ((i = 1; i <= n; i++)); do
        run up 2> /dev/null
        : > "$log"
        job restart
        interrupt "$i:kill"
        check "killed before change $i" test $? = 137
        check_exit "killed before change $i: down --after-failure" 0 run down --after-failure
        # The last change is PostDown itself: it counts as begun.
        n_expected=$((i < n))
        check "killed before change $i: PostDown has run once" test "$(grep -c post-down "$log")" = $n_expected
        check "killed before change $i: PreDown at most once" test "$(grep -c pre-down "$log")" -le 1
        rest > "$work/now"
        check_same "killed before change $i: the rest is there" "$work/rest" "$work/now"
        : > "$log"
        job stop
        check_exit "killed before change $i: then a stop" 0 run down
        check "killed before change $i: then a stop: no hook" log_is ""
        check_nothing_left "killed before change $i: then a stop"
done
end
