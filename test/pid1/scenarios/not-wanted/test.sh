# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# A tunnel that is not wanted and has a record is taken down by the resolver: one whose unit was masked before it was stopped,
# and one whose stop did not survive. One that somebody brought up by hand is not.
# shellcheck source=test/qemu/guest/lib.sh
. /usr/lib/wgp-test/lib.sh

records() { find /run/wg-profile/state -name '*.json' -not -name '*.resolver.json' -printf '%f\n' | sort | xargs; }
has_record() { test -e "/run/wg-profile/state/$1.json"; }
lacks_record() { ! has_record "$1"; }
active() { unit_property "wg-profile@$1" ActiveState; }
says() { journalctl --boot --output=cat --unit=wg-profile-resolver | grep -F -- "$1"; }

check_is 'all are up after the boot' 'inside.json killed.json masked.json' "$(records)"
sleep 4
check_is 'and stay' 'inside.json killed.json masked.json' "$(records)"
check 'one is restarted' systemctl restart wg-profile@masked
check 'and reloaded' systemctl reload wg-profile@masked
sleep 4
check_is 'it stays, too' active "$(active masked)"
check 'nothing was taken down' bash -c "! journalctl --boot --output=cat --unit=wg-profile-resolver | grep -F 'taking it down'"
rm -f /run/masked.log

systemctl mask --runtime wg-profile@masked 2>/dev/null
check 'a running tunnel is masked, and stopped' systemctl stop wg-profile@masked
check_is 'to systemd, it is' inactive "$(active masked)"
check 'the resolver takes it down' wait_for 15 lacks_record masked
check 'it says so' says 'masked: its unit is not active, and the tunnel is there still: taking it down.'
check_fails 'its link is gone' ip link show dev masked
check_is 'its hook has run' post-down "$(cat /run/masked.log)"
check_is 'the others are there' 'inside.json killed.json' "$(records)"

systemctl stop wg-profile@killed
check_is 'a stop that was killed' failed "$(active killed)"
check 'it leaves everything' has_record killed
check 'the resolver takes it down' wait_for 15 lacks_record killed
check_fails 'its link is gone' ip link show dev killed
check_is 'and with the last full tunnel the sysctl' 0 "$(cat /proc/sys/net/ipv4/conf/all/src_valid_mark)"
check_is 'no rules are left' 3 "$(ip -4 rule | wc -l)"

systemctl mask --runtime wg-profile@inside 2>/dev/null
systemctl stop wg-profile@inside
check 'one in a network namespace, likewise' wait_for 15 lacks_record inside
check_fails 'its link is gone, too' ip -n vpn link show dev inside

# what happens while the resolver is not there
systemctl unmask --runtime wg-profile@masked 2>/dev/null
check 'started again' systemctl start wg-profile@masked
systemctl stop wg-profile-resolver.timer wg-profile-resolver
systemctl mask --runtime wg-profile@masked 2>/dev/null
systemctl stop wg-profile@masked
sleep 3
check 'nobody sees it' has_record masked
check 'a tunnel by hand' /usr/libexec/wg-profile-apply up hand
systemctl start wg-profile-resolver
check 'the resolver does when it starts' wait_for 15 lacks_record masked
sleep 4
check_is 'what somebody brought up by hand stays' 'hand.json' "$(records)"
check_fails 'no restart was announced' says 'restarting the tunnel'
check 'and goes by hand' /usr/libexec/wg-profile-apply down hand
check_is 'nothing is left of the units that did it' '' \
        "$(systemctl list-units --all --legend=no --plain 'wg-profile-down@*' | grep -v '^$')"
check_is 'nothing is left' '' "$(records)"
