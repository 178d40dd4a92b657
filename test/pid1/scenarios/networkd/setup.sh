# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# A full tunnel, and a link of systemd-networkd's, which is not started by itself here.
umask 077
mkdir -p /etc/wg-profile /etc/systemd/network
printf '[Interface]\nPrivateKey = %s\nAddress = 10.9.1.1/24, fd09::1/64\n[Peer]\nPublicKey = %s\nAllowedIPs = 0.0.0.0/0, ::/0\n' \
        "$(wg genkey)" "$(wg genkey | wg pubkey)" >/etc/wg-profile/full.conf
umask 022
printf '[Match]\nName=managed\n[Network]\nAddress=203.0.113.1/24\nConfigureWithoutCarrier=yes\n' \
        >/etc/systemd/network/managed.network
