#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A kernel without WireGuard: wireguard-go makes the link. udev has seen that before it was in our group, and looks again.
set -uo pipefail
# shellcheck source=test/bed/guest/lib.sh
. /usr/lib/wgp-test/lib.sh

check_fails 'the kernel has no WireGuard' ip link add probe type wireguard
keep_off='ID_NET_MANAGED_BY=io.github.wg-profile NM_UNMANAGED=1'
properties() { udevadm info --query=property "/sys/class/net/$1" | grep -E '^(NM_UNMANAGED|ID_NET_MANAGED_BY)=' | sort | xargs; }
keeps_off() { [[ $(properties "$1") == "$keep_off" ]]; }

install -d -m 0755 /etc/wg-profile
for name in plain hooked; do
        install -m 0600 /dev/stdin /etc/wg-profile/$name.conf <<END
[Interface]
PrivateKey = $(wg genkey)
Address = 10.88.0.1/32
END
done
echo 'PostUp = true' >>/etc/wg-profile/hooked.conf
systemctl daemon-reload
for name in plain hooked; do
        check "$name starts" systemctl start wg-profile@$name
        check_like "$name: wireguard-go has made the link" 'tun type tun' "$(ip -details link show $name)"
        check "$name: udev tells NetworkManager and networkd to keep off" wait_for 10 keeps_off $name
        check_is "$name: nothing to complain of" '' "$(journalctl --quiet --output=cat --grep='Cannot' --unit=wg-profile@$name)"
done
ip tuntap add dev other mode tun
check_is 'another tun device is nobody of ours' '' "$(properties other)"

# wireguard-go is killed: the link goes, and comes back with all that it had.
pkill --signal=KILL --full 'wireguard-go plain'
check 'killed: the link is back' wait_for 20 ip link show plain
check 'killed: udev knows' wait_for 10 keeps_off plain

systemctl stop wg-profile@plain wg-profile@hooked
for name in plain hooked; do
        check_fails "$name: stopped, the link is gone" ip link show $name
done
check_is 'no record is left' '' "$(find /run/wg-profile/state -name '*.json')"
