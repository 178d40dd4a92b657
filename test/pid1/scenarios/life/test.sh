# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# A tunnel's life in units: boot, stop, start, reload, a profile added, changed, removed, masked, the target.
# shellcheck source=test/bed/guest/lib.sh
. /usr/lib/wgp-test/lib.sh

add_profile() {
        install -m 0600 /dev/stdin "/etc/wg-profile/$1" <<EOF
[Interface]
PrivateKey = $(wg genkey)
Address = 10.9.$2.1/24
EOF
}

check 'pa is active after the boot' systemctl is-active wg-profile@pa
check_is 'nothing has failed' '' "$(systemctl --failed --legend=no)"
check 'the target is active' systemctl is-active wg-profile.target
check_is 'it is enabled by the generator' enabled-runtime "$(systemctl is-enabled wg-profile@pa)"
check_is 'SourcePath= is the profile' /etc/wg-profile/pa.conf "$(unit_property wg-profile@pa SourcePath)"
check 'the link is there' ip link show pa

check 'it stops' systemctl stop wg-profile@pa
check_fails 'then the link is gone' ip link show pa
check 'it starts' systemctl start wg-profile@pa

add_profile pb.conf 2
check_fails 'an added profile does nothing by itself' systemctl is-active wg-profile@pb
check 'but it can be started' systemctl start wg-profile@pb
check 'daemon-reload with an added profile' systemctl daemon-reload
check 'both are active' systemctl is-active wg-profile@pa wg-profile@pb
check 'reload' systemctl reload wg-profile@pb

rm /etc/wg-profile/pb.conf
systemctl daemon-reload
check 'a removed profile is still active' systemctl is-active wg-profile@pb
check 'it stops cleanly' systemctl stop wg-profile@pb
check_fails 'and its link is gone' ip link show pb
check_fails 'it cannot be started again' systemctl start wg-profile@pb
check_is 'for there is no such profile' 6 "$(unit_property wg-profile@pb ExecMainStatus)"
systemctl reset-failed wg-profile@pb

add_profile 'two words.conf' 3
systemctl daemon-reload
check_is 'a name that is too odd for a link, but not for a unit, is seen' '/etc/wg-profile/two words.conf' \
        "$(systemctl show --value --property=SourcePath 'wg-profile@two words' 2>/dev/null)"
rm '/etc/wg-profile/two words.conf'

systemctl mask --runtime wg-profile@pa 2>/dev/null
systemctl stop wg-profile@pa
check_fails 'a masked tunnel does not start' systemctl start wg-profile@pa
systemctl unmask --runtime wg-profile@pa 2>/dev/null
check 'an unmasked one does' systemctl start wg-profile@pa

# systemd allows five starts in ten seconds
systemctl reset-failed 'wg-profile@*'
check 'stopping the target' systemctl stop wg-profile.target
check_fails 'stops all' systemctl is-active wg-profile@pa
check 'starting it' systemctl start wg-profile.target
check 'starts all' systemctl is-active wg-profile@pa
check_is 'nothing has failed in the end' '' "$(systemctl --failed --legend=no)"
check_is 'and PID 1 has warned of nothing' '' \
        "$(journalctl --boot --output=cat _PID=1 | grep -iE 'wg-profile.*(unknown|ignoring|warning)|Unknown key')"
