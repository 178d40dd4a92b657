#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# NetworkManager as oracle: it loads the same keyfiles as we do. What it takes and we refuse, or the other way round, and
# what it reads otherwise, is in the list of deviations of nm/compare, or is a failure.
set -uo pipefail
# shellcheck source=test/bed/guest/lib.sh
. /usr/lib/wgp-test/lib.sh
cd /usr/lib/wgp-test/nm || exit 1

systemctl unmask --quiet NetworkManager
systemctl start NetworkManager
check 'NetworkManager runs' wait_for 60 nmcli general status
nmcli networking off


mkdir -p /etc/NetworkManager/system-connections
for file in keyfiles/*.nmconnection; do
        name=$(basename "$file")
        cp "$file" "/etc/NetworkManager/system-connections/$name"
        chmod 0600 "/etc/NetworkManager/system-connections/$name"
done
python3 compare
systemctl stop NetworkManager
systemctl mask --quiet NetworkManager

# The kernel gives its WireGuard links no link-local address: this one is ours.
mkdir -p /etc/wg-profile
(umask 077; sed 's/wg67/link-local/' keyfiles/67-link-local.nmconnection >/etc/wg-profile/link-local.nmconnection)
systemctl daemon-reload
check 'a keyfile with method=link-local comes up' systemctl start wg-profile@link-local
check_is 'it has one link-local address' 1 "$(ip -6 -o address show dev link-local scope link | grep -c ' fe80::')"
check_is 'and nothing to do for a reload' 0 "$(wg-profile plan link-local >/dev/null 2>&1; echo $?)"
systemctl stop wg-profile@link-local
rm /etc/wg-profile/link-local.nmconnection
