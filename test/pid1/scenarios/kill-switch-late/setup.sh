# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Profiles that lie in a file system of local-fs.target: when units are made there is a link into nowhere.
umask 077
mkdir -p /etc/wg-profile /later
profile() { # NAME MORE
        printf '[Interface]\nPrivateKey = %s\nAddress = 10.9.1.1/24\n%s\n' "$(wg genkey)" "$2" >"/later/$1.conf"
        ln -s "/mnt/later/$1.conf" "/etc/wg-profile/$1.conf"
}
profile safe $'[WgProfile]\nKillSwitch = yes'
profile plain ''
profile never ''
rm /later/never.conf
printf '[Interface]\nPrivateKey = %s\n' "$(wg genkey)" >/etc/wg-profile/huge.conf
truncate --size=20M /etc/wg-profile/huge.conf
umask 022
cat >/etc/systemd/system/mnt-later.mount <<'END'
[Unit]
DefaultDependencies=no
Before=local-fs.target
[Mount]
What=/later
Where=/mnt/later
Type=none
Options=bind
END
mkdir -p /etc/systemd/system/local-fs.target.wants /mnt/later
ln -s ../mnt-later.mount /etc/systemd/system/local-fs.target.wants/
