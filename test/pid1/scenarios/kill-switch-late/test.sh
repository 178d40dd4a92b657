# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# A kill switch that could be neither read nor ruled out when units were made.
# shellcheck source=test/qemu/guest/lib.sh
. /usr/lib/wgp-test/lib.sh

passes() { nft list table inet wg-killswitch | grep --quiet "$1"; }
state() { unit_property "wg-profile-killswitch@$1" ActiveState; }
monotonic() { unit_property "$1" ActiveEnterTimestampMonotonic; }
says() { journalctl --boot --output=cat | grep -F -- "$1"; }

check 'a profile that was not there yet has its kill switch' systemctl is-active wg-profile-killswitch@safe
check 'for its link' passes 'oifname "safe" accept'
check 'after it was there' test "$(monotonic mnt-later.mount)" -le "$(monotonic wg-profile-killswitch@safe)"
check 'before the network' test "$(monotonic wg-profile-killswitch@safe)" -lt "$(monotonic network-pre.target)"
check_is 'one without KillSwitch= has none' inactive "$(state plain)"
check_is 'nor has one that never came' inactive "$(state never)"
check_fails 'for its link' passes 'oifname "plain"'
check 'what cannot be read at all has one' passes 'oifname "huge" accept'
check 'and that is told' says "Whether the profile 'huge' has KillSwitch= cannot be read: the kill switch is switched on."
check_like 'what could not be read was told when units were made' 'huge.conf: Larger than 16 MiB' "$(dmesg 2>/dev/null; says 'huge.conf')"
check_is 'no unit has failed' '' "$(systemctl --failed --legend=no)"

systemctl daemon-reload
check 'now the profile can be read' systemctl is-active wg-profile-killswitch@safe
check 'the tunnel starts' systemctl start wg-profile@safe
check_is 'it is no question any more' '' "$(find /run/systemd/generator/wg-profile-killswitch@safe.service.d 2>/dev/null)"
check 'a profile without one starts' systemctl start wg-profile@plain
check_is 'and has none' inactive "$(state plain)"
check 'the one that should not be is stopped' systemctl stop wg-profile-killswitch@huge
check_fails 'and gone' passes 'oifname "huge" accept'
check 'the other stays' passes 'oifname "safe" accept'
