#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A kernel without nf_tables: a full tunnel comes up with a warning, a kill switch does not. The modules are unloaded, which
# takes a kernel that has modules.
set -uo pipefail
# shellcheck source=test/bed/guest/lib.sh
. /usr/lib/wgp-test/lib.sh

reaches() {
        wait_for 20 ping -c 1 -W 2 "$1"
}
remove_nf_tables() {
        local module
        nft flush ruleset
        echo 'install nf_tables /bin/false' >/run/modprobe.d/none.conf
        for _ in {1..10}; do
                for module in $(lsmod | awk '/^nf/ { print $1 }'); do rmmod "$module" 2>/dev/null; done
        done
        ! nft list tables 2>/dev/null
}

peer_add far 198.51.100.254/24 198.51.100.1/24
here=$(wg genkey) there=$(wg genkey)
peer_wireguard far 203.0.113.1/32 <<END
[Interface]
PrivateKey = $there
ListenPort = 51820

[Peer]
PublicKey = $(wg pubkey <<<"$here")
AllowedIPs = 10.97.0.2/32
END
ip -n far route add 10.97.0.2/32 dev wg0
umask 077
cat >/run/full <<END
[Interface]
PrivateKey = $here
Address = 10.97.0.2/32

[Peer]
PublicKey = $(wg pubkey <<<"$there")
Endpoint = 198.51.100.1:51820
AllowedIPs = 0.0.0.0/0

[WgProfile]
Autoconnect = no
END
cp /run/full /etc/wg-profile/bare.conf
{ sed 's/10\.97\.0\.2/10.97.0.3/' /run/full; echo 'KillSwitch = yes'; } >/etc/wg-profile/barred.conf

mkdir -p /run/modprobe.d
check 'nf_tables is taken away' remove_nf_tables
systemctl daemon-reload
sysctl -q net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.to-far.rp_filter=0
check 'a tunnel comes up all the same' systemctl start wg-profile@bare
check_like 'with a warning' 'The tunnel has no nft table: the kernel has no nf_tables' \
        "$(journalctl --boot --output=cat --unit=wg-profile@bare)"
check_like 'which status repeats' 'nft table: none: the kernel has no nf_tables' "$(wg-profile status bare)"
check 'the world is reached' reaches 203.0.113.1
check 'it stops' systemctl stop wg-profile@bare
check_fails 'a kill switch cannot be switched on' systemctl start wg-profile-killswitch@barred
check_is 'the system lacks something' 5 "$(unit_property wg-profile-killswitch@barred ExecMainStatus)"
systemctl stop 'wg-profile-killswitch@*' 2>/dev/null
systemctl reset-failed
rm /run/modprobe.d/none.conf /etc/wg-profile/bare.conf /etc/wg-profile/barred.conf
modprobe nf_tables
systemctl daemon-reload
ip netns delete far
