# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Profiles with a kill switch: a good one, one with an error, one in a fallback directory.
umask 077
mkdir -p /etc/wg-profile /etc/wireguard
profile() { # PATH MORE
        printf '[Interface]\nPrivateKey = %s\n%s\n[WgProfile]\nKillSwitch = yes\n' "$(wg genkey)" "$2" >"$1"
}
profile /etc/wg-profile/safe.conf "$(printf 'Address = 10.9.1.1/24\n[Peer]\nPublicKey = %s\nAllowedIPs = 0.0.0.0/0, ::/0' "$(wg genkey | wg pubkey)")"
profile '/etc/wg-profile/a+b.conf' 'Address = nonsense'
profile /etc/wireguard/fall.conf 'Address = 10.9.2.1/24'
umask 022
# Whoever begins with the network finds the kill switch there.
cat >/etc/systemd/system/network-begins.service <<'EOF'
[Unit]
DefaultDependencies=no
After=network-pre.target
Before=network.target
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -c 'nft list table inet wg-killswitch >/run/network-begins'
EOF
mkdir -p /etc/systemd/system/sysinit.target.wants
ln -sf ../network-begins.service /etc/systemd/system/sysinit.target.wants/
# A target to isolate; the test itself goes on.
cat >/etc/systemd/system/quiet.target <<'EOF'
[Unit]
Requires=basic.target wgp-test.service
AllowIsolate=yes
EOF
