#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# NetworkManager as oracle: it loads the same keyfiles as we do. What it takes and we refuse, or the other way round, and
# what it reads otherwise, is in the list of deviations of nm/compare, or is a failure.
set -uo pipefail
# shellcheck source=test/qemu/guest/lib.sh
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
