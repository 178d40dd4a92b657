#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# 20 random edits of a profile, each followed by a reload: what is there then is what a fresh start makes.
set -o pipefail
cd /usr/lib/wgp-test/netns || exit 1
# the numbers are TAP's
WGP_EDITS=10 bash ./test-random-edits.sh /usr/libexec/wg-profile-apply ./apply-with-faults |
        sed -E 's/^((not )?ok) [0-9]+ - /\1 - /'
