# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Profiles without a key in them: by implicit names, by reference, encrypted, by file.
umask 077
mkdir -p /etc/wg-profile /etc/credstore /etc/credstore.encrypted
profile() {
        printf '[Interface]\nAddress = 10.9.%s.1/24\n' "$1"
}
key() {
        wg genkey
}

profile 1 >/etc/wg-profile/implicit.conf
key >/etc/credstore/wg-profile.implicit.private-key

profile 2 >/etc/wg-profile/networkd.conf
key >/etc/credstore/network.wireguard.private.networkd

profile 3 >/etc/wg-profile/byname.conf
printf 'PrivateKey = @office-key\n\n[Peer]\nPublicKey = %s\nPresharedKey = @office-psk\nAllowedIPs = 10.99.0.0/24\n' \
        "$(key)" >>/etc/wg-profile/byname.conf
key >/etc/credstore/office-key
key >/etc/credstore/office-psk

profile 4 >/etc/wg-profile/byfile.conf
key >/root/wg.key
printf '[WgProfile]\nPrivateKeyFile = /root/wg.key\n' >>/etc/wg-profile/byfile.conf

profile 5 >/etc/wg-profile/nokey.conf
printf 'PrivateKey = @nobody-has-it\n' >>/etc/wg-profile/nokey.conf

profile 6 >/etc/wg-profile/sealed.conf
printf 'PrivateKey = @sealed\n' >>/etc/wg-profile/sealed.conf
key >/root/sealed.key
systemd-creds setup >/dev/null 2>&1
systemd-creds encrypt --with-key=host --name=sealed /root/sealed.key /etc/credstore.encrypted/sealed

# What a machine gets from its firmware, PID 1 knows where.
profile 7 >/etc/wg-profile/received.conf
printf 'PrivateKey = @received\n' >>/etc/wg-profile/received.conf
mkdir /root/received
systemd-creds encrypt --with-key=host --name=received /root/sealed.key /root/received/received
echo ENCRYPTED_CREDENTIALS_DIRECTORY=/root/received >/usr/lib/wgp-test/environment
