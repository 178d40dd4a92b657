# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The README's commands, where wg-profile never was; with NetworkManager, too, in test/uml. Debian 12 only: the other root
# has no apt-get.
# shellcheck source=test/bed/guest/lib.sh
. /usr/lib/wgp-test/lib.sh
# shellcheck source=test/bed/guest/readme.sh
. /usr/lib/wgp-test/readme.sh

readme=/usr/lib/wgp-test/README.md
export HOME=/root DEBIAN_FRONTEND=noninteractive LC_ALL=C
far_key=$(wg genkey) wg0_key=$(wg genkey) home_key=$(wg genkey)

# As peer_wireguard, by wireguard-go, whose socket goes by the link's name.
peer_add far 192.0.2.1/24 192.0.2.2/24
ip netns exec far wireguard-go far0
ip netns exec far wg setconf far0 /dev/stdin <<END
[Interface]
PrivateKey = $far_key
ListenPort = 51820
[Peer]
PublicKey = $(wg pubkey <<<"$wg0_key")
AllowedIPs = 10.10.0.2/32
[Peer]
PublicKey = $(wg pubkey <<<"$home_key")
AllowedIPs = 10.11.0.2/32
END
for address in 10.10.0.1/24 10.11.0.1/24 10.20.0.1/16; do
        ip -n far address add $address dev far0
done
ip -n far link set far0 up
echo '192.0.2.2 vpn.example.org' >>/etc/hosts

far_public=$(wg pubkey <<<"$far_key")
rm -rf /etc/wireguard
mkdir -p /etc/wireguard /root
wg_quick_file "$wg0_key" 10.10.0.2/24 10.10.0.0/24 "$far_public" >/root/wg0.conf
(umask 077; wg_quick_file "$home_key" 10.11.0.2/24 10.11.0.0/24 "$far_public" >/etc/wireguard/home.conf)
systemctl enable --quiet --now wg-quick@home
check 'before: wg-quick has a tunnel' ip link show home

install_by_readme /usr/lib/wgp-test/packages
cd /root || exit 1
follow 'Five minutes'
check 'the tunnel carries packets' wait_for 20 ping -c 1 -W 2 10.10.0.1
check 'to the network that came later, too' wait_for 20 ping -c 1 -W 2 10.20.0.1
follow 'From wg-quick@'
check 'the tunnel from wg-quick carries packets' wait_for 20 ping -c 1 -W 2 10.11.0.1
check_is 'and is ours' active "$(systemctl is-active wg-profile@home)"
check_is 'and not wg-quick'\''s' inactive "$(systemctl is-active wg-quick@home)"
check_is 'nothing has failed' '' "$(systemctl --failed --legend=no)"
