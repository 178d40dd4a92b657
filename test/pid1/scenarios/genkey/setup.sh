# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Profiles that want a key, an image that has none, as a first boot finds them.
umask 077
mkdir -p /usr/lib/wg-profile
profile() {
        printf '[Interface]\nAddress = 10.9.%s.1/24\n[WgProfile]\nGenerateKey = %s\n' "$2" "$3" >"/usr/lib/wg-profile/$1.conf"
}
profile plain 1 yes
profile sealed 2 encrypted
profile handed 3 yes
profile a+b 4 yes
profile stuck 5 yes
mkdir -p /etc/credstore
wg genkey >/etc/credstore/wg-profile.handed.private-key
rm -rf /var/lib/wg-profile /etc/credstore.encrypted /var/lib/systemd/credential.secret
# As a second boot finds it: keys that the first one made.
profile kept 6 yes
profile keptsealed 7 encrypted
mkdir -p /var/lib/wg-profile /etc/credstore.encrypted
wg genkey >/var/lib/wg-profile/kept.key
wg genkey >/root/keptsealed.key
systemd-creds setup >/dev/null 2>&1
systemd-creds encrypt --with-key=host --name=wg-profile.keptsealed.private-key /root/keptsealed.key \
        /etc/credstore.encrypted/wg-profile.keptsealed.private-key
cp /var/lib/wg-profile/kept.key /root/kept.key
# "stuck" cannot have its key made
umask 022
mkdir -p /etc/systemd/system/wg-profile-genkey@stuck.service.d
printf '[Service]\nExecStart=\nExecStart=/bin/false\n' >/etc/systemd/system/wg-profile-genkey@stuck.service.d/stuck.conf
