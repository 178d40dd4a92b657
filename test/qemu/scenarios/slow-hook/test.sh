#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A hook that sleeps for a minute moves neither multi-user.target nor ssh.service.
set -uo pipefail
# shellcheck source=test/qemu/guest/lib.sh
. /usr/lib/wgp-test/lib.sh

begun=$(unit_property wg-profile@sleeper InactiveExitTimestampMonotonic)
check 'the tunnel has begun to start' test "$begun" -gt 0
check 'and its hook runs: its link is there, without an address' \
        test -n "$(ip -o link show dev sleeper)" -a -z "$(ip -o address show dev sleeper)"
for unit in multi-user.target ssh.service; do
        active=$(unit_property "$unit" ActiveEnterTimestampMonotonic)
        check "$unit did not wait for it ($(((active - begun) / 1000)) ms after it began)" \
                test "$active" -gt 0 -a "$active" -lt $((begun + 50000000))
done
check_is 'the critical chain has none of ours' '' \
        "$(systemd-analyze --no-pager critical-chain multi-user.target | grep 'wg-profile@sleeper')"
