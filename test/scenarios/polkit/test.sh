#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The shipped example for polkit: a group that may start and stop tunnels, and nothing else.
set -uo pipefail
# shellcheck source=test/bed/guest/lib.sh
. /usr/lib/wgp-test/lib.sh

example=/usr/share/doc/wg-profile/examples/50-wg-profile-group.rules

as() {
        local user=$1
        shift

        runuser --user="$user" -- "$@"
}

groupadd --system wg-profile
useradd --no-create-home --groups wg-profile member
useradd --no-create-home stranger

check_fails 'without the example a member may not start a tunnel' as member systemctl --no-ask-password start wg-profile@shared
check 'the example is installed' test -f "$example"
# stopped: else it reads the file while that is being written
systemctl stop polkit.service
install -m 0644 "$example" /etc/polkit-1/rules.d/
check 'polkitd takes it' systemctl start polkit.service

check 'a member starts a tunnel' as member systemctl --no-ask-password start wg-profile@shared
check 'which is up' ip link show shared
check 'a member reloads it' as member systemctl --no-ask-password reload wg-profile@shared
check 'a member restarts it' as member systemctl --no-ask-password restart wg-profile@shared
check_fails 'a stranger may not stop it' as stranger systemctl --no-ask-password stop wg-profile@shared
check_fails 'a member may not mask it' as member systemctl --no-ask-password mask --runtime wg-profile@shared
check_fails 'a member may not stop what is not a tunnel' as member systemctl --no-ask-password stop ssh.service
check_fails 'nor read the key' as member cat /etc/wg-profile/shared.conf
check 'ssh is untouched' systemctl is-active ssh.service
check 'a member stops the tunnel' as member systemctl --no-ask-password stop wg-profile@shared
check_fails 'then it is down' ip link show shared
check_is 'polkitd has found no mistake in it' '' \
        "$(journalctl --boot --output=cat --unit=polkit | grep -v 'opening rules directory' | grep -iE '50-wg-profile|error')"
