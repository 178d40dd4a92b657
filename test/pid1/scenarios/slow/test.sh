# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# A PreUp= that sleeps moves neither multi-user.target nor ssh.service.
# shellcheck source=test/qemu/guest/lib.sh
. /usr/lib/wgp-test/lib.sh

active_usec() {
        unit_property "$1" ActiveEnterTimestampMonotonic
}

started=$(unit_property wg-profile@slow ExecMainStartTimestampMonotonic)
for _ in {1..100}; do
        [[ $(unit_property wg-profile@slow ActiveState) == activating ]] || break
        sleep 0.3
done
ended=$(unit_property wg-profile@slow InactiveEnterTimestampMonotonic)
((ended > 0)) || ended=$(active_usec wg-profile@slow)
sleeps=$(unit_property wg-profile@slow ExecStartPre | sed -n 's/.*start_time=\[\([^]]*\)\].*/\1/p')
begun=$(unit_property wg-profile@slow InactiveExitTimestampMonotonic)
check "the hook took its time ($(((ended - begun) / 1000)) ms, since $sleeps, $started)" test $((ended - begun)) -gt 19000000
for unit in multi-user.target ssh.service network.target; do
        check "$unit did not wait for it" test "$(active_usec "$unit")" -lt $((begun + 10000000))
done
check 'nor did another tunnel' systemctl is-active wg-profile@quick
check 'network.target waited for that one' \
        test "$(active_usec wg-profile@quick)" -le "$(active_usec network.target)"
check_is 'the critical chain has none of ours' '' \
        "$(systemd-analyze --no-pager critical-chain multi-user.target | grep wg-profile@slow)"
