# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# A PreUp= that sleeps moves neither multi-user.target nor ssh.service, and one that never ends is ended.
# shellcheck source=test/bed/guest/lib.sh
. /usr/lib/wgp-test/lib.sh

active_usec() {
        unit_property "$1" ActiveEnterTimestampMonotonic
}

has_ended() {
        [[ $(unit_property "wg-profile@$1" ActiveState) != activating ]]
}

begun=$(unit_property wg-profile@slow InactiveExitTimestampMonotonic)
wait_for 40 has_ended slow
check 'the tunnel is up then' test -e /run/slow-is-up -a "$(unit_property wg-profile@slow ActiveState)" = active
check 'before it slept, the link was there' grep -q slow: /run/slow-link
check_is 'and nothing was on it' '' "$(cat /run/slow-address)"
check "the hook took its time ($((($(active_usec wg-profile@slow) - begun) / 1000)) ms)" \
        test $(($(active_usec wg-profile@slow) - begun)) -gt 19000000
for unit in multi-user.target ssh.service network.target; do
        check "$unit did not wait for it ($((($(active_usec "$unit") - begun) / 1000)) ms after it began)" \
                test "$(active_usec "$unit")" -gt 0 -a "$(active_usec "$unit")" -lt $((begun + 10000000))
done
check 'nor did another tunnel' systemctl is-active wg-profile@quick
check 'network.target waited for that one' \
        test "$(active_usec wg-profile@quick)" -le "$(active_usec network.target)"
check_is 'the critical chain has none of ours' '' \
        "$(systemd-analyze --no-pager critical-chain multi-user.target | grep 'wg-profile@\(slow\|hung\)')"

wait_for 40 has_ended hung
check_is 'a hook that never ends is ended by the timeout' timeout "$(unit_property wg-profile@hung Result)"
check 'its link is gone' bash -c '! ip link show dev hung'
check 'and its record' test ! -e /run/wg-profile/state/hung.json
check 'and the hook itself' bash -c '! pgrep -fx "sleep 1000"'
check 'hooks of the end were not run: it had never been up' test ! -e /run/hung-post-down

systemctl stop wg-profile@slow
check 'the slow one goes' bash -c '! ip link show dev slow'
