# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Profile and key in a read-only /usr, and an /etc without a file of ours.
# shellcheck source=test/bed/guest/lib.sh
. /usr/lib/wgp-test/lib.sh

check 'the tunnel is up' systemctl is-active wg-profile@u0
check_is 'with its key' "$(</usr/lib/credstore/wg-profile.u0.private-key)" "$(wg show u0 private-key)"
check_is 'nothing has failed' '' "$(systemctl --failed --legend=no)"
check_is 'nothing of ours came into /etc' '' "$(find /etc -name '*wg-profile*' -o -name '*wireguard*' | grep -v '^/etc/wireguard')"
check 'it is reloaded' systemctl reload wg-profile@u0
check 'and stopped' systemctl stop wg-profile@u0
