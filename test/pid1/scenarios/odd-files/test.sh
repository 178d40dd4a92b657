# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Nothing in the directory can hold up the boot or hide the good profile; what is broken is visible as a failed unit.
# shellcheck source=test/bed/guest/lib.sh
. /usr/lib/wgp-test/lib.sh

failed_units() {
        systemctl --failed --legend=no --plain | awk '{ print $1 }' | sort
}

generator_msec() {
        local start end

        start=$(systemctl show --value --property=GeneratorsStartTimestampMonotonic)
        end=$(systemctl show --value --property=GeneratorsFinishTimestampMonotonic)
        echo $(((end - start) / 1000))
}

check 'the good profile is active' systemctl is-active wg-profile@good
msec=$(generator_msec)
check "the generators took less than two seconds ($msec ms)" test "$msec" -lt 2000
check_like 'the broken profile is a failed unit' 'wg-profile@broken.service' "$(failed_units)"
check_like 'its message has file and line' '/etc/wg-profile/broken.conf:4: .*' \
        "$(journalctl --boot --output=cat --unit=wg-profile@broken)"
check_is 'it is not tried again' 0 "$(unit_property wg-profile@broken NRestarts)"
check_like 'the profile that others may read is a failed unit' 'wg-profile@readable.service' "$(failed_units)"
check_like 'its message says what to do' 'chmod 600' \
        "$(journalctl --boot --output=cat --unit=wg-profile@readable)"
for name in masked masked2 directory .hidden; do
        check_is "$name is no unit of the boot" inactive "$(systemctl is-active "wg-profile@$name")"
done
check_fails 'a masked profile cannot be started' systemctl start wg-profile@masked
check 'a name that looks like an option is none' systemctl is-active wg-profile@-x
check 'it has its link' ip link show dev -x
check 'its key was made' test -s /var/lib/wg-profile/-x.key
check 'its kill switch is on' systemctl is-active wg-profile-killswitch@-x
check 'reload' systemctl reload wg-profile@-x
check 'up, by the command' wg-profile up -- -x
check 'its kill switch goes off' systemctl stop wg-profile-killswitch@-x
check 'stop' systemctl stop wg-profile@-x
check_fails 'its link is gone' ip link show dev -x
check_is 'nothing of that has failed' '' "$(failed_units | grep -e -x)"
check 'multi-user.target is reached' systemctl is-active multi-user.target

systemctl stop 'wg-profile@*'
systemctl reset-failed
check 'daemon-reload ends, too' timeout 20 systemctl daemon-reload
check_is 'no key is in the journal' '' \
        "$(journalctl --boot --output=cat | grep -F -f <(sed -n 's/^PrivateKey = //p' /etc/wg-profile/{good,broken,readable}.conf))"
