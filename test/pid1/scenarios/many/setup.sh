# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# 1 000 profiles in /usr/lib, of which 100 come up.
umask 077
mkdir -p /usr/lib/wg-profile
cd /usr/lib/wg-profile || exit 1
key=$(wg genkey)
for i in {0..999}; do
        printf '[Interface]\nPrivateKey = %s\nAddress = 10.%s.%s.1/24\n' "$key" $((i / 250 + 1)) $((i % 250)) >"m$i.conf"
        ((i < 100)) || printf '[WgProfile]\nAutoconnect = no\n' >>"m$i.conf"
done
