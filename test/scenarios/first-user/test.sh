#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Somebody who has the README and nothing else: each command of its sections, in their order, on a Debian where wg-profile
# never was, with a file for wg-quick, one that wg-quick runs already, and a connection of NetworkManager.
set -uo pipefail
# shellcheck source=test/bed/guest/lib.sh
. /usr/lib/wgp-test/lib.sh
# shellcheck source=test/bed/guest/readme.sh
. /usr/lib/wgp-test/readme.sh

readme=/usr/lib/wgp-test/README.md
export HOME=/root DEBIAN_FRONTEND=noninteractive LC_ALL=C
far_private=EImIM5ls1XNlzB9jCoolyOlsf0HnrFDjRLqewUHcXHU=
far_public=$(wg pubkey <<<$far_private)

# --- the world ---

# One server that all three tunnels lead to. Its name is in /etc/hosts, since there is no DNS here.
wg0_key=$(wg genkey) home_key=$(wg genkey) office_key=$(wg genkey)
peer_add far 192.0.2.1/24 192.0.2.2/24
peer_wireguard far 10.10.0.1/24 10.11.0.1/24 10.12.0.1/24 10.20.0.1/16 <<END
[Interface]
PrivateKey = $far_private
ListenPort = 51820
[Peer]
PublicKey = $(wg pubkey <<<"$wg0_key")
AllowedIPs = 10.10.0.2/32
[Peer]
PublicKey = $(wg pubkey <<<"$home_key")
AllowedIPs = 10.11.0.2/32
[Peer]
PublicKey = $(wg pubkey <<<"$office_key")
AllowedIPs = 10.12.0.2/32
END
echo '192.0.2.2 vpn.example.org' >>/etc/hosts

# --- what the person has ---

wg_quick_file "$wg0_key" 10.10.0.2/24 10.10.0.0/24 "$far_public" >/root/wg0.conf
mkdir -p /etc/wireguard
(umask 077; wg_quick_file "$home_key" 10.11.0.2/24 10.11.0.0/24 "$far_public" >/etc/wireguard/home.conf)
systemctl enable --quiet --now wg-quick@home

mkdir -p /etc/NetworkManager/system-connections /etc/NetworkManager/conf.d
printf '[keyfile]\nunmanaged-devices=interface-name:to-*,interface-name:home\n' >/etc/NetworkManager/conf.d/here.conf
(umask 077; cat >/etc/NetworkManager/system-connections/office.nmconnection <<END
[connection]
id=office
uuid=5c4ae6b9-6fd2-4f0e-8a0c-1c40f5c7a811
type=wireguard
interface-name=office

[wireguard]
private-key=$office_key

[wireguard-peer.$far_public]
endpoint=vpn.example.org:51820
allowed-ips=10.12.0.0/24;
persistent-keepalive=25

[ipv4]
method=manual
address1=10.12.0.2/24

[ipv6]
method=disabled
END
)
systemctl unmask --quiet NetworkManager
systemctl start NetworkManager
check 'before: NetworkManager has its tunnel' wait_for 60 ip link show office
check 'before: so has wg-quick' ip link show home

# --- what the README says ---

reaches() {
        wait_for 20 ping -c 1 -W 2 "$1"
}

install_by_readme /usr/lib/wgp-test/packages
cd /root || exit 1
follow 'Five minutes'
check 'the tunnel carries packets' reaches 10.10.0.1
check 'to the network that came later, too' reaches 10.20.0.1
follow 'From wg-quick@'
check 'the tunnel from wg-quick carries packets' reaches 10.11.0.1
check_is 'and is ours' active "$(systemctl is-active wg-profile@home)"
check_is 'and not wg-quick'\''s' inactive "$(systemctl is-active wg-quick@home)"
follow 'From NetworkManager'
check 'the tunnel from NetworkManager carries packets' reaches 10.12.0.1
check_is 'and is ours' active "$(systemctl is-active wg-profile@office)"
check_is 'NetworkManager leaves it alone' unmanaged "$(nmcli --terse --get-values GENERAL.STATE device show office | sed 's/.*(\(.*\))/\1/')"
check_is 'nothing has failed' '' "$(systemctl --failed --legend=no)"
check_is 'all three would come up at the next boot' '3' \
        "$(find /run/systemd/generator/wg-profile.target.wants -name 'wg-profile@*.service' | wc -l)"

wg-profile down wg0
wg-profile down home
wg-profile down office
rm -r /etc/wg-profile/*
systemctl stop NetworkManager
systemctl mask --quiet NetworkManager
