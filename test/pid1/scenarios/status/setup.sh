# SPDX-License-Identifier: LGPL-2.1-or-later
mkdir -p /etc/wg-profile
for name in good manual unkeyed; do
        install -m 0600 /dev/stdin /etc/wg-profile/$name.conf <<EOT
[Interface]
PrivateKey = $(wg genkey)
Address = 10.9.1.1/24
EOT
done
printf '[WgProfile]\nAutoconnect = no\n' >> /etc/wg-profile/manual.conf
sed -i 's/^PrivateKey = .*/PrivateKey = @missing/' /etc/wg-profile/unkeyed.conf
install -m 0600 /dev/stdin /etc/wg-profile/broken.conf <<EOT
[Interface]
PrivateKey = $(wg genkey)
Address = 10.9.2.1/33
EOT
