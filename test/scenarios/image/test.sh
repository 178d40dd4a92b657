#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The first boot of a /usr-only image, without any network: 1 000 profiles, keys from firmware, kernel command line and
# store, keys made here, a broken profile and a masked one.
set -uo pipefail
# shellcheck source=test/bed/guest/lib.sh
. /usr/lib/wgp-test/lib.sh

key_of() {
        wg show "$1" private-key
}

usec() {
        systemctl show --value --property="$1"
}

check_is '10 of the 1 000 are up' 10 \
        "$(systemctl list-units --legend=no --plain --state=active 'wg-profile@m[0-9].service' | wc -l)"
check_is 'a key of the firmware' 'WAmgVYXkbT2bCtdcDwolI88/iVi/aV3/PHcUBTQSYmo=' "$(key_of smbios)"
check_is 'a key of the kernel command line' 'mKxOnZrRE2ctGFtKUsGPLS0gQ2SFbMs3DOVRmJlsUWc=' "$(key_of cmdline)"
check_is 'a key of the image'\''s store' 'KIxE6Wl9+jjQ0AMKfRYCnJp6Fpbz7f+7PSDpuSVfoEk=' "$(key_of store)"
check_is 'a key that was made' "$(</var/lib/wg-profile/made.key)" "$(key_of made)"
check_is 'a key that was made and encrypted, without a TPM' \
        "$(systemd-creds decrypt --name=wg-profile.sealed.private-key /etc/credstore.encrypted/wg-profile.sealed.private-key - 2>/dev/null)" \
        "$(key_of sealed)"
check_like 'which is a key' '^[A-Za-z0-9+/]{43}=$' "$(key_of sealed)"
check_is 'a port below 1024' 443 "$(wg show lowport listen-port)"
check_is 'nothing of ours in /etc but that key' '/etc/credstore.encrypted/wg-profile.sealed.private-key
/etc/systemd/system/wg-profile@masked.service' "$(find /etc -name '*wg-profile*' -not -type d | sort)"

check_is 'the broken profile is the one failed unit' 'wg-profile@broken.service' \
        "$(systemctl --failed --legend=no --plain | awk '{ print $1 }')"
check_like 'which says why' '/usr/lib/wg-profile/broken.conf:3: ' \
        "$(journalctl --boot --output=cat --unit=wg-profile@broken)"
check_like 'and so does the kernel log, from the generator' 'wg-profile-generator.*broken.conf:3: ' \
        "$(journalctl --boot --dmesg --output=short)"
check_is 'the masked one is not up' 'masked inactive' \
        "$(unit_property wg-profile@masked LoadState) $(unit_property wg-profile@masked ActiveState)"

# The boot
generators=$((($(usec GeneratorsFinishTimestampMonotonic) - $(usec GeneratorsStartTimestampMonotonic)) / 1000))
mkdir /run/generated
own=$( { time -p /usr/lib/systemd/system-generators/wg-profile-generator /run/generated 2>/dev/null; } 2>&1 | awk '/real/ { print $2 * 1000 }')
mkdir /run/nothing /run/generated-none
none=$( { time -p /usr/lib/systemd/system-generators/wg-profile-generator --root=/run/nothing /run/generated-none; } 2>&1 | awk '/real/ { print $2 * 1000 }')
echo "# all generators at boot: $generators ms; ours again: $own ms for 1 017 profiles, $none ms for none (emulated machine)"
chain=$(systemd-analyze --no-pager critical-chain multi-user.target)
printf '%s\n' "$chain" | sed 's/^/# /'
# The mount of a unit's credentials is there while the unit starts, and shown as if local-fs.target had waited for it.
check_is 'the critical chain has nothing that makes a key, or waits for one' '' \
        "$(grep -E 'genkey|made|sealed' <<<"$chain" | grep -v 'run-credentials-.*\.mount')"
check_is 'nor the resolver' '' "$(grep resolver <<<"$chain")"
check 'ssh is there' systemctl is-active ssh.service
check_is 'no job is left' '' "$(systemctl list-jobs --legend=no)"
check_is 'no key is in the journal' '' "$(journalctl --boot --output=cat --unit='wg-profile*' |
        grep -F -e "$(key_of smbios)" -e "$(key_of made)" -e "$(key_of sealed)" -e "$(key_of store)")"
check_is 'PID 1 has warned of nothing' '' \
        "$(journalctl --boot --output=cat _PID=1 | grep -iE 'wg-profile.*(unknown|ignoring|warning)|Unknown key')"
check 'the exposure is at most 2.5' systemd-analyze security --no-pager --offline=yes --threshold=25 \
        /usr/lib/systemd/system/wg-profile@.service /usr/lib/systemd/system/wg-profile-genkey@.service
