#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Hooks that use the tunnel, and SaveConfig= in the unit's sandbox, with the kernel's WireGuard.
set -uo pipefail
# shellcheck source=test/bed/guest/lib.sh
. /usr/lib/wgp-test/lib.sh

umask 077
mkdir -p /run/hooks /etc/wg-profile
for name in near far other; do
        wg genkey >"/run/hooks/$name"
done
public() { wg pubkey <"/run/hooks/$1"; }

peer_add hooks-far 198.51.100.241/30 198.51.100.242/30
peer_wireguard hooks-far 10.44.0.2/24 <<END
[Interface]
PrivateKey = $(</run/hooks/far)
ListenPort = 4444
[Peer]
PublicKey = $(public near)
AllowedIPs = 10.44.0.1/32
END
net_state >/run/hooks/before

# --- hooks ---

cat >/etc/wg-profile/hk0.conf <<END
[Interface]
Address = 10.44.0.1/24
PreUp = ip -o link show dev %i >/run/hooks/link; ip -o address show dev %i >/run/hooks/addresses
PostUp = wg set %i private-key <(cat /run/hooks/near)
PostUp = ping -q -c 1 -W 5 10.44.0.2 && echo "up \$INTERFACE \$PROFILE" >>/run/hooks/log
PreDown = ping -q -c 1 -W 5 10.44.0.2 && echo pre-down >>/run/hooks/log
PostDown = [[ ! -e /sys/class/net/%i ]] && echo post-down >>/run/hooks/log

[Peer]
PublicKey = $(public far)
AllowedIPs = 10.44.0.2/32
Endpoint = 198.51.100.242:4444
END
check_fails 'without its drop-in, a unit starts no tunnel with hooks' systemctl start wg-profile@hk0
check_is 'and nothing was done' '' "$(cat /run/hooks/log /run/hooks/link 2>/dev/null)"
systemctl daemon-reload
check 'with it, it does' systemctl start wg-profile@hk0
check_like 'PreUp had a link that was down' 'hk0:.*state DOWN' "$(cat /run/hooks/link)"
check_is 'and nothing on it' '' "$(cat /run/hooks/addresses)"
check_is 'PostUp had the tunnel, and gave it its key' 'up hk0 hk0' "$(cat /run/hooks/log)"
check 'reload runs none' systemctl reload wg-profile@hk0
check 'and keeps the key' test "$(wg show hk0 private-key)" = "$(</run/hooks/near)"
check 'stop' systemctl stop wg-profile@hk0
check_is 'PreDown had the tunnel still, PostDown no more' 'up hk0 hk0
pre-down
post-down' "$(cat /run/hooks/log)"
net_state >/run/hooks/after
check 'nothing is left' diff /run/hooks/before /run/hooks/after

# --- SaveConfig= ---

cat >/etc/wg-profile/hk1.conf <<END
# the far end
[Interface]
PrivateKey = $(</run/hooks/near)
Address = 10.44.0.1/24
SaveConfig = true

[Peer]
PublicKey = $(public far)
AllowedIPs = 10.44.0.2/32
END
chgrp daemon /etc/wg-profile/hk1.conf
chmod 640 /etc/wg-profile/hk1.conf
mode=$(stat -c %a /etc/wg-profile)
chmod 700 /etc/wg-profile # closed, so that the file may be readable
cp -p /etc/wg-profile/hk1.conf /run/hooks/hk1.conf
systemctl daemon-reload
check 'start with SaveConfig' systemctl start wg-profile@hk1
# removed first: it has a session with hk0, and would go on with that for a while
ip netns exec hooks-far wg set wg0 peer "$(public near)" remove
ip netns exec hooks-far wg set wg0 peer "$(public near)" allowed-ips 10.44.0.1/32 \
        endpoint "198.51.100.241:$(wg show hk1 listen-port)"
check 'the far end finds us' ip netns exec hooks-far ping -q -c 3 -W 5 10.44.0.1
wg set hk1 peer "$(public other)" preshared-key /run/hooks/other allowed-ips 10.45.0.0/16,fd45::/64
ip address add fd44::1/64 dev hk1 nodad
check_is 'the unit is in its sandbox' strict "$(unit_property wg-profile@hk1 ProtectSystem)"
check 'stop with SaveConfig' systemctl stop wg-profile@hk1
check_is 'what changed is in the file, and all else as it was' "4c4
< Address = 10.44.0.1/24
---
> Address = 10.44.0.1/24, fd44::1/64
9a10,15
> Endpoint = 198.51.100.242:4444
> 
> [Peer]
> PublicKey = $(public other)
> PresharedKey = $(</run/hooks/other)
> AllowedIPs = 10.45.0.0/16, fd45::/64" "$(diff /run/hooks/hk1.conf /etc/wg-profile/hk1.conf)"
check_is 'owner, group and mode are' 'root:daemon 640' "$(stat -c '%U:%G %a' /etc/wg-profile/hk1.conf)"
check 'it starts again' systemctl start wg-profile@hk1
check 'with all of it' test "$(wg show hk1 allowed-ips | wc -l)" = 2 -a -n "$(ip address show dev hk1 to fd44::1)"
check 'and stops' systemctl stop wg-profile@hk1
net_state >/run/hooks/after
check 'nothing is left' diff /run/hooks/before /run/hooks/after

rm /etc/wg-profile/hk[01].conf
chmod "$mode" /etc/wg-profile
systemctl reset-failed 'wg-profile@hk*' 2>/dev/null
systemctl daemon-reload
ip link delete dev to-hooks-far
ip netns delete hooks-far
