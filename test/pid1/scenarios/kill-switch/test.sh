# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The kill switch is there before the network, and until somebody stops it.
# shellcheck source=test/bed/guest/lib.sh
. /usr/lib/wgp-test/lib.sh

is_on() {
        nft list table inet wg-killswitch
}
passes() { # TEXT
        is_on | grep --quiet "$1"
}
monotonic() {
        unit_property "$1" ActiveEnterTimestampMonotonic
}

check 'it is on after the boot' systemctl is-active wg-profile-killswitch@safe
check 'it was when the network began' grep --quiet 'oifname "safe" accept' /run/network-begins
check 'it came before network-pre.target' \
        test "$(monotonic wg-profile-killswitch@safe)" -lt "$(monotonic network-pre.target)"
check 'the tunnel is up' systemctl is-active wg-profile@safe
check 'and lets its packets pass' passes 'meta mark 0x0000ca6c accept'
check_fails 'a profile with an error has no tunnel' systemctl is-active wg-profile@a+b
check 'but a kill switch' systemctl is-active wg-profile-killswitch@a+b
check_like 'which tells of the error' 'a\+b.conf:3: \[Interface\] Address' \
        "$(journalctl --boot --output=cat --unit=wg-profile-killswitch@a+b)"
rm /etc/wg-profile/a+b.conf
systemctl daemon-reload
check 'that one is stopped, with the profile gone' systemctl stop wg-profile-killswitch@a+b
check 'which leaves the other one' passes 'oifname "safe" accept'
check_fails 'in a fallback directory nothing comes at boot' systemctl is-active wg-profile-killswitch@fall

# What does not take it away
pkill --signal=KILL --full 'wireguard-go safe'
check 'the daemon dies: it stays' is_on
check 'the tunnel stops' systemctl stop wg-profile@safe
check 'it stays' systemctl is-active wg-profile-killswitch@safe
check_fails 'and lets no mark pass' passes 'meta mark'
check 'wg-profile.target stops' systemctl stop wg-profile.target
check 'it stays then' is_on
check 'another target is isolated' systemctl isolate --no-block quiet.target
wait_for 5 systemctl is-active quiet.target
check 'it stays there' is_on
systemctl start --no-block multi-user.target
check 'and back' wait_for 10 systemctl is-active wg-profile@safe
sed -i 's/KillSwitch = yes/KillSwitch = no/' /etc/wg-profile/safe.conf
check 'the profile does not want it any more' systemctl daemon-reload
check 'it stays all the same' systemctl is-active wg-profile-killswitch@safe
check 'as does its table' is_on
check_fails 'a reload says that the profile has none' systemctl reload wg-profile-killswitch@safe
check 'and it stays' is_on
rm /etc/wg-profile/safe.conf
systemctl stop wg-profile@safe

# What does
check 'stopped' systemctl stop wg-profile-killswitch@safe
check_fails 'it is gone' is_on
check_is 'without a trace' '' "$(find /run/wg-profile/state -name '*.killswitch*' -not -name '.*')"

check 'one in a fallback directory comes with the tunnel' systemctl start wg-profile@fall
check 'it is on' passes 'oifname "fall" accept'
check 'it says so' bash -c "wg-profile status fall | grep --quiet 'kill switch: on'"
check_like 'the tunnel down, that is told' "systemctl stop wg-profile-killswitch@fall'" "$(wg-profile down fall 2>&1)"
check 'it says so then, too' bash -c "wg-profile status fall | grep --quiet 'kill switch: on'"
check 'stopped with the rest' systemctl stop wg-profile-killswitch@fall
check_fails 'it is gone with the rest' is_on
