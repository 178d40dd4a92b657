# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# wg_profile.only=: one tunnel, whichever way the key is spelt.
# shellcheck source=test/bed/guest/lib.sh
. /usr/lib/wgp-test/lib.sh

check_is 'only c2 is up' 'wg-profile@c2.service' \
        "$(systemctl list-units --legend=no --plain --state=active 'wg-profile@*' | awk '{ print $1 }')"
check 'another one starts by hand' systemctl start wg-profile@c3
