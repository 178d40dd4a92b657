# SPDX-License-Identifier: LGPL-2.1-or-later
mkdir -p /etc/wg-profile
install -m 0600 /dev/stdin /etc/wg-profile/pa.conf <<EOF
[Interface]
PrivateKey = $(wg genkey)
Address = 10.9.1.1/24
EOF
