#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A hook that sleeps for a minute moves neither multi-user.target nor ssh.service.
set -uo pipefail
# shellcheck source=test/bed/guest/lib.sh
. /usr/lib/wgp-test/lib.sh

begun=$(unit_property wg-profile@sleeper InactiveExitTimestampMonotonic)
check 'the tunnel has begun to start' test "$begun" -gt 0
check_like 'its hook had the link' 'sleeper: ' "$(cat /run/sleeper.link)"
check_is 'and nothing was on it' '' "$(cat /run/sleeper.addresses)"
# the boot has ended by now: systemd takes it for unfinished as long as the tunnel starts, and nothing waits for that
check 'the tunnel is up in the end' systemctl is-active wg-profile@sleeper
took=$(($(unit_property wg-profile@sleeper ActiveEnterTimestampMonotonic) - begun))
check "the hook took its time ($((took / 1000)) ms)" test "$took" -gt 59000000
for unit in multi-user.target ssh.service; do
        active=$(unit_property "$unit" ActiveEnterTimestampMonotonic)
        check "$unit did not wait for it ($(((active - begun) / 1000)) ms after it began)" \
                test "$active" -gt 0 -a "$active" -lt $((begun + 50000000))
done
check_is 'the critical chain has none of ours' '' \
        "$(systemd-analyze --no-pager critical-chain multi-user.target | grep 'wg-profile@sleeper')"
