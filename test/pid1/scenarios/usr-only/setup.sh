# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# An image with nothing of ours in /etc, which was never started.
umask 077
rm -rf /etc/wg-profile /etc/wireguard /etc/credstore /etc/credstore.encrypted /var/lib/wg-profile
mkdir -p /usr/lib/wg-profile /usr/lib/credstore
printf '[Interface]\nAddress = 10.9.1.1/24\n' >/usr/lib/wg-profile/u0.conf
wg genkey >/usr/lib/credstore/wg-profile.u0.private-key
umask 022
mount --bind -o ro /usr /usr
