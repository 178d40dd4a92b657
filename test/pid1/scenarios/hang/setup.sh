# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
umask 077
mkdir -p /etc/wg-profile
for name in aaa hang zzz; do
        printf '[Interface]\nPrivateKey = %s\nAddress = 10.9.%s.1/24\n' "$(wg genkey)" "${#name}" >"/etc/wg-profile/$name.conf"
done
sed -i 's/10.9.3/10.9.5/' /etc/wg-profile/zzz.conf
echo /usr/lib/wgp-test/hang.so >/etc/ld.so.preload
chmod 0644 /etc/ld.so.preload
