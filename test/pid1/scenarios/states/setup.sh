# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Four tunnels, one masked as a unit and one as a profile; drop-ins of the profile and of the unit in all directories.
umask 077
for directory in /etc /run /usr/local/lib /usr/lib; do
        mkdir -p "$directory/wg-profile/many.conf.d"
done
profile() {
        printf '[Interface]\nPrivateKey = %s\nAddress = 10.9.%s.1/24\n' "$(wg genkey)" "$2" >"$1"
}
profile /usr/lib/wg-profile/many.conf 1
printf '[Interface]\nListenPort = 1001\nAddress = 10.8.1.1/24\n' >/usr/lib/wg-profile/many.conf.d/10-usr.conf
printf '[Interface]\nListenPort = 1002\nAddress = 10.8.2.1/24\n' >/usr/local/lib/wg-profile/many.conf.d/20-local.conf
printf '[Interface]\nListenPort = 1003\nAddress = 10.8.3.1/24\n' >/run/wg-profile/many.conf.d/30-run.conf
printf '[Interface]\nListenPort = 1004\nAddress = 10.8.4.1/24\n' >/etc/wg-profile/many.conf.d/40-etc.conf
# one that a file of the same name in a higher directory hides, and one that is masked
printf '[Interface]\nAddress = 10.8.5.1/24\n' >/usr/lib/wg-profile/many.conf.d/30-run.conf
printf '[Interface]\nAddress = 10.8.6.1/24\n' >/usr/lib/wg-profile/many.conf.d/60-masked.conf
ln -s /dev/null /etc/wg-profile/many.conf.d/60-masked.conf

profile /usr/lib/wg-profile/masked.conf 2
profile /usr/lib/wg-profile/hidden.conf 3
ln -s /dev/null /etc/wg-profile/hidden.conf
profile /run/wg-profile/volatile.conf 4
profile /usr/lib/wg-profile/manual.conf 5
printf '[WgProfile]\nAutoconnect = no\n' >>/usr/lib/wg-profile/manual.conf
profile /usr/lib/wg-profile/enabled.conf 6
printf '[WgProfile]\nAutoconnect = no\n' >>/usr/lib/wg-profile/enabled.conf

umask 022
ln -s /dev/null /etc/systemd/system/wg-profile@masked.service
mkdir -p /etc/systemd/system/wg-profile@many.service.d /etc/systemd/system/wg-profile.target.wants
printf '[Service]\nTimeoutStartSec=33\n' >/etc/systemd/system/wg-profile@many.service.d/override.conf
ln -s /usr/lib/systemd/system/wg-profile@.service /etc/systemd/system/wg-profile.target.wants/wg-profile@enabled.service
cat >/etc/systemd/system/other.target <<END
[Unit]
AllowIsolate=yes
Requires=basic.target
After=basic.target
Wants=wgp-test.service
END
