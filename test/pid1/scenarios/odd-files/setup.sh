# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Everything that may lie in the directory by mistake or malice, beside one good profile.
mkdir -p /etc/wg-profile
cd /etc/wg-profile || exit 1

profile() {
        printf '[Interface]\nPrivateKey = %s\nAddress = 10.9.%s.1/24\n' "$(wg genkey)" "$1"
}
umask 077
profile 1 >good.conf
profile 2 >broken.conf
echo 'Adress = 10.0.0.1' >>broken.conf
profile 3 >readable.conf
chmod 0644 readable.conf
: >masked.conf
ln -s /dev/null masked2.nmconnection
mkfifo fifo.conf
mkfifo fifo.nmconnection
mkdir directory.conf
ln -s loop2.conf loop1.conf
ln -s loop1.conf loop2.conf
ln -s /dev/zero zero.conf
ln -s /proc/kmsg kmsg.conf
truncate --size=1G huge.conf
mkdir fifodrop.conf.d
profile 4 >fifodrop.conf
mkfifo fifodrop.conf.d/10-fifo.conf
profile 5 >.hidden.conf
profile 6 >'two words.conf'
profile 7 >"$(printf 'x%.0s' {1..250}).conf"
printf '[Interface]\nAddress = 10.9.8.1/24\n[WgProfile]\nGenerateKey = yes\nKillSwitch = yes\n' >-x.conf
