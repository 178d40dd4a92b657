#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# One profile of each format, there before the first boot: do they come up by themselves, go without a trace,
# and say what is wrong when something is?
set -uo pipefail
# shellcheck source=test/bed/guest/lib.sh
. /usr/lib/wgp-test/lib.sh

units=/usr/lib/systemd/system

reaches() {
        wait_for 20 ping -c 1 -W 2 "$1"
}

# What systemd-analyze, which loads much more than what it is asked for, says about our units.
verify_units() {
        systemd-analyze verify --man=no wg-profile.target wg-profile@site.service wg-profile@office.service 2>&1 |
                grep -F wg-profile
}

# After the boot.
for name in site office; do
        check "$name is active after the boot" systemctl is-active "wg-profile@$name"
done
check_is 'nothing has failed' '' "$(systemctl --failed --legend=no)"
check 'the IPv4 side of site answers' reaches 10.10.0.1
check 'the IPv6 side of site answers' reaches fd10::1
check 'the IPv4 side of office answers' reaches 10.20.0.1
check 'the IPv6 side of office answers' reaches fd20::1

check_like 'udev tells NetworkManager and networkd to keep off' \
        'NM_UNMANAGED=1.*ID_NET_MANAGED_BY=io.github.wg-profile|ID_NET_MANAGED_BY=io.github.wg-profile.*NM_UNMANAGED=1' \
        "$(udevadm info --query=property /sys/class/net/site)"
check_is 'and no other link of theirs' '' "$(udevadm info --query=property /sys/class/net/lo | grep -E 'NM_UNMANAGED|wg-profile')"

# Stop and start.
check 'site stops' systemctl stop wg-profile@site
check_fails 'a stopped site has no link' ip link show site
check 'office does not mind' reaches 10.20.0.1
check 'office stops' systemctl stop wg-profile@office
check_is 'two stopped tunnels leave the network as it was before' "$(</run/net-before)" "$(net_state)"
check 'site starts again' systemctl start wg-profile@site
check 'site answers again' reaches 10.10.0.1
check 'office starts again' systemctl start wg-profile@office
check 'office answers again' reaches fd20::1

# A profile that does not exist.
check_fails 'a start of nope fails' systemctl start wg-profile@nope
check_is 'its exit status says that there is no such profile' 6 "$(unit_property wg-profile@nope ExecMainStatus)"
log=$(journalctl --boot --output=cat --unit=wg-profile@nope)
check_like 'the message names site' '(^|[^[:alnum:]])site([^[:alnum:]]|$)' "$log"
check_like 'the message names office' '(^|[^[:alnum:]])office([^[:alnum:]]|$)' "$log"
check_like 'systemctl status shows it, too' '(^|[^[:alnum:]])site([^[:alnum:]]|$)' \
        "$(systemctl status --no-pager wg-profile@nope)"
check_is 'nobody tries again' 0 "$(unit_property wg-profile@nope NRestarts)"
systemctl reset-failed wg-profile@nope

# A profile that somebody broke. The number of the line is part of the message.
systemctl stop wg-profile@site
sed -i 's/^Address = .*/Address = 10.10.0.256\/32/' /etc/wg-profile/site.conf
line=$(grep -n '^Address' /etc/wg-profile/site.conf | cut -d: -f1)
check_fails 'a start of a broken site fails' systemctl start wg-profile@site
check_is 'its exit status says that the profile is invalid' 3 "$(unit_property wg-profile@site ExecMainStatus)"
check_like 'the message has file and line' "/etc/wg-profile/site.conf:$line: " \
        "$(journalctl --boot --output=cat --unit=wg-profile@site)"
check_fails 'a broken site has no link' ip link show site
sed -i 's/^Address = .*/Address = 10.10.0.2\/32, fd10::2\/128/' /etc/wg-profile/site.conf
check 'a repaired site starts' systemctl start wg-profile@site
check 'a repaired site answers' reaches 10.10.0.1

# What systemd thinks of it all.
check_is 'nothing has failed at the end' '' "$(systemctl --failed --legend=no)"
check_is 'PID 1 has warned of nothing' '' \
        "$(journalctl --boot --output=cat _PID=1 | grep -iE 'wg-profile.*(unknown|ignoring|warning)|Unknown key')"
check_is 'systemd-analyze verify finds nothing' '' "$(verify_units)"
check 'exposure is at most 2.5' systemd-analyze security --no-pager --offline=yes --threshold=25 \
        "$units/wg-profile@.service"
