# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# A network namespace that is enabled, a tunnel in it, and the other end of that tunnel, outside.
umask 077
mkdir -p /etc/wg-profile
near=$(wg genkey)
far=$(wg genkey)
cat >/etc/wg-profile/inside.conf <<END
[Interface]
PrivateKey = $near
Address = 10.9.0.2/24
[Peer]
PublicKey = $(wg pubkey <<<"$far")
Endpoint = far.example:51820
AllowedIPs = 0.0.0.0/0, ::/0
[WgProfile]
Netns = vpn
END
cat >/etc/wg-profile/far.conf <<END
[Interface]
PrivateKey = $far
ListenPort = 51820
Address = 10.9.0.1/24
[Peer]
PublicKey = $(wg pubkey <<<"$near")
AllowedIPs = 10.9.0.2/32
END
cat >/etc/wg-profile/name.conf <<END
[Interface]
PrivateKey = $(wg genkey)
[Peer]
PublicKey = $(wg pubkey <<<"$near")
Endpoint = far.example:51821
[WgProfile]
Autoconnect = no
END
umask 022
echo '192.168.77.1 far.example' >>/etc/hosts
mkdir -p /etc/systemd/system/multi-user.target.wants
ln -s /usr/lib/systemd/system/wg-profile-netns@.service \
        /etc/systemd/system/multi-user.target.wants/wg-profile-netns@vpn.service
cat >/etc/systemd/system/wgp-lan.service <<END
[Unit]
DefaultDependencies=no
Before=network-pre.target
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=ip link add lan type veth peer name far-lan
ExecStart=ip link set lan up
ExecStart=ip link set far-lan up
ExecStart=ip address add 192.168.77.1/24 dev lan
END
ln -s ../wgp-lan.service /etc/systemd/system/multi-user.target.wants/
