# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# A userspace WireGuard that makes the link and then never says that it is ready.
umask 077
mkdir -p /etc/wg-profile /etc/systemd/system/wg-profile@slow.service.d
for name in slow victim; do
        printf '[Interface]\nPrivateKey = %s\nAddress = 10.9.1.1/24\n[WgProfile]\nAutoconnect = no\n' "$(wg genkey)" \
                >/etc/wg-profile/$name.conf
done
umask 022
cat >/usr/bin/wireguard-slow <<'EOF'
#!/bin/bash
wireguard-go "$@"
touch /run/wireguard/reached
exec sleep infinity
EOF
chmod +x /usr/bin/wireguard-slow
cat >/etc/systemd/system/wg-profile@slow.service.d/slow.conf <<EOF
[Service]
Environment=WG_PROFILE_USERSPACE=wireguard-slow
TimeoutStartSec=3
Restart=no
EOF
