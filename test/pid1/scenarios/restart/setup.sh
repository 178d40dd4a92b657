# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
umask 077
mkdir -p /etc/wg-profile
for name in full other; do
        printf '[Interface]\nPrivateKey = %s\nAddress = 10.9.1.1/24\n[Peer]\nPublicKey = %s\nAllowedIPs = 0.0.0.0/0, ::/0\n' \
                "$(wg genkey)" "$(wg genkey | wg pubkey)" >/etc/wg-profile/$name.conf
done
printf '[WgProfile]\nAutoconnect = no\n' >>/etc/wg-profile/other.conf
sed -i '/^Address/aPostDown = echo post-down >>/run/other.log' /etc/wg-profile/other.conf
