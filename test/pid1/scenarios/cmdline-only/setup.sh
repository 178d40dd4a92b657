# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
umask 077
mkdir -p /etc/wg-profile
for i in 1 2 3; do
        printf '[Interface]\nPrivateKey = %s\nAddress = 10.9.%s.1/24\n' "$(wg genkey)" "$i" >"/etc/wg-profile/c$i.conf"
done
