#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A key that the machine makes for itself at its first boot is sealed to the TPM, in the sandbox of the unit that makes it.
set -uo pipefail
# shellcheck source=test/bed/guest/lib.sh
. /usr/lib/wgp-test/lib.sh

key=/etc/credstore.encrypted/wg-profile.sealed.private-key
# What an encrypted credential begins with says what it is encrypted with.
sealed_with() { base64 --decode | head --bytes 16 | od -An -tx1; }

check 'there is a TPM' test -c /dev/tpmrm0
check 'systemd can use it' systemd-creds has-tpm2
check 'the tunnel is up' systemctl is-active wg-profile@sealed
check_is 'its key is sealed to TPM and machine' "$(systemd-creds encrypt --with-key=host+tpm2 --name=x - - <<<x | sealed_with)" \
        "$(sealed_with <$key)"
opened=$(systemd-creds decrypt --name=wg-profile.sealed.private-key $key - 2>/dev/null)
check_like 'and can be opened' '^[A-Za-z0-9+/]{43}=$' "$opened"
check_is 'it is the one in use' "$opened" "$(wg show sealed private-key)"
check 'a restart opens it again' systemctl restart wg-profile@sealed
check_is 'it is the same one' "$opened" "$(wg show sealed private-key)"
check_is 'it is in no journal' '' "$(journalctl --boot --output=cat | grep -F -- "$opened")"
check_is 'nothing has failed' '' "$(systemctl --failed --legend=no)"
