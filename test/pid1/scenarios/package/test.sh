# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The Debian package comes, is there again, gets newer, and goes: what becomes of a tunnel that is up?
# shellcheck source=test/bed/guest/lib.sh
. /usr/lib/wgp-test/lib.sh
export DEBIAN_FRONTEND=noninteractive

packages=/usr/lib/wgp-test/packages

profile() {
        printf '[Interface]\nPrivateKey = %s\nAddress = 10.9.1.1/24\n' "$(wg genkey)"
}
tunnel_identity() {
        echo "link $(cat /sys/class/net/pa/ifindex 2>/dev/null || ip -o link show pa | cut -d: -f1)," \
                "$(unit_property wg-profile@pa InvocationID), $(pgrep -xf 'wireguard-go.* pa')"
}
resolver_pid() { unit_property wg-profile-resolver MainPID; }

check_fails 'it is not there' test -e /usr/bin/wg-profile
check 'it installs' dpkg --install "$packages/wg-profile.deb"
check 'the profile directory is there' test -d /etc/wg-profile
check_is 'and nobody starts anything' '' "$(systemctl list-units --legend=no 'wg-profile*')"

{ profile && printf '[WgProfile]\nKillSwitch = yes\n'; } | install -m 0600 /dev/stdin /etc/wg-profile/pa.conf
check 'a tunnel starts' wg-profile up pa
check 'its kill switch is on' nft list table inet wg-killswitch
check 'the resolver runs' wait_for 10 systemctl is-active wg-profile-resolver
tunnel=$(tunnel_identity) resolver=$(resolver_pid)

check 'it is installed again' dpkg --install "$packages/wg-profile.deb"
check_is 'the tunnel is the same' "$tunnel" "$(tunnel_identity)"
check 'it is upgraded' dpkg --install "$packages/wg-profile-newer.deb"
check_is 'the tunnel is the same again' "$tunnel" "$(tunnel_identity)"
check 'the kill switch is on still' nft list table inet wg-killswitch
check 'the resolver runs again' wait_for 10 systemctl is-active wg-profile-resolver
check_fails 'as another process' [ "$resolver" = "$(resolver_pid)" ]
check_is 'systemd knows of all changes' no "$(unit_property wg-profile@pa NeedDaemonReload)"
check 'it can be reloaded' wg-profile reload pa

mkdir -p /tmp/vendor/DEBIAN /tmp/vendor/usr/lib/wg-profile
printf 'Package: vendor\nVersion: 1\nArchitecture: all\nMaintainer: test <test@localhost>\nDescription: a profile\n' \
        >/tmp/vendor/DEBIAN/control
profile | install -m 0600 /dev/stdin /tmp/vendor/usr/lib/wg-profile/pv.conf
dpkg-deb --build --root-owner-group /tmp/vendor /tmp/vendor.deb >/dev/null
check 'a package with a profile comes' dpkg --install /tmp/vendor.deb
check_is 'systemd knows of it' /usr/lib/wg-profile/pv.conf "$(unit_property wg-profile@pv SourcePath)"

check 'a downgrade' dpkg --install "$packages/wg-profile.deb"
check_is 'leaves the tunnel alone, too' "$tunnel" "$(tunnel_identity)"

check 'it is removed' dpkg --remove wg-profile
check_fails 'the tunnel is gone' ip link show pa
check_fails 'the kill switch is off' nft list table inet wg-killswitch
check_is 'so is all that was running' '' "$(systemctl list-units --legend=no --state=active 'wg-profile*')"
check 'the profile is not' test -s /etc/wg-profile/pa.conf
check 'nor after a purge' sh -c 'dpkg --purge wg-profile && test -s /etc/wg-profile/pa.conf'
check_is 'nothing has failed' '' "$(systemctl --failed --legend=no)"
