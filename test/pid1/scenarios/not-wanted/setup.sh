# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Full tunnels, one with a hook, one in a network namespace; and one that somebody brings up by hand.
umask 077
mkdir -p /etc/wg-profile
profile() { # NAME NUMBER INTERFACE WG-PROFILE
        printf '[Interface]\nPrivateKey = %s\nAddress = 10.9.%s.1/24\n%s\n[Peer]\nPublicKey = %s\nEndpoint = 192.0.2.1:51820\nAllowedIPs = 0.0.0.0/0, ::/0\n[WgProfile]\n%s\n' \
                "$(wg genkey)" "$2" "$3" "$(wg genkey | wg pubkey)" "$4" >"/etc/wg-profile/$1.conf"
}
profile masked 1 'PostDown = echo post-down >>/run/masked.log' ''
profile killed 2 '' ''
profile inside 3 '' 'Netns = vpn'
profile hand 4 '' 'Autoconnect = no'
profile failing 5 '' 'Autoconnect = no'
umask 022
mkdir -p /etc/systemd/system/multi-user.target.wants /etc/systemd/system/wg-profile@killed.service.d
ln -s /usr/lib/systemd/system/wg-profile-netns@.service \
        /etc/systemd/system/multi-user.target.wants/wg-profile-netns@vpn.service
printf '[Service]\nExecStop=\nExecStop=/bin/sh -c "kill -KILL $$$$"\nExecStopPost=\nExecStopPost=/bin/sh -c "kill -KILL $$$$"\n' \
        >/etc/systemd/system/wg-profile@killed.service.d/killed.conf
