# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Hooks in a unit, with and without the drop-in that allows them; SaveConfig= over "systemctl stop".
umask 077
mkdir -p /etc/wg-profile

# profile NAME NUMBER < the rest of [Interface]
profile() {
        {
                printf '[Interface]\nPrivateKey = %s\nAddress = 10.9.%s.1/24\n' "$(wg genkey)" "$2"
                cat
        } >"/etc/wg-profile/$1.conf"
}

profile every 1 <<'END'
PreUp = env >/run/every.env; cat /proc/$$/status >/run/every.status; ls -l /proc/self/fd >/run/every.fd
PreUp = mkdir -p /root/written-by-hook && mount -t tmpfs hook /mnt
PostUp = sleep 1000 & echo $! >/run/every.pid
PostUp = echo up "$(ip -o -4 address show dev %i | wc -l)" >>/run/every.log
PreDown = echo pre-down >>/run/every.log; false
PostDown = echo post-down "$(ip link show dev %i 2>/dev/null | wc -l)" >>/run/every.log
END
profile late 2 </dev/null
profile never 3 <<'END'
PreUp = touch /run/never
END
printf '[WgProfile]\nHooks=no\n' >>/etc/wg-profile/never.conf
profile killed 4 <<'END'
PreUp = touch /run/killed; [ -e /run/go ] || sleep 1001
PostDown = touch /run/killed-post-down
END
printf '[WgProfile]\nAutoconnect=no\n' >>/etc/wg-profile/killed.conf
profile saved 5 <<'END'
# the office's
SaveConfig = true
MTU = 1400 # not more

[Peer] # by name
PublicKey = xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=
AllowedIPs = 10.10.0.0/16
Endpoint = office.invalid:51820
END
chgrp daemon /etc/wg-profile/saved.conf
profile stuck 7 <<'END'
PreDown = touch /run/stuck; sleep 1002
PostDown = touch /run/stuck-post-down
END
mkdir -p /etc/systemd/system/wg-profile@stuck.service.d
printf '[Service]\nTimeoutStopSec=3\n' >/etc/systemd/system/wg-profile@stuck.service.d/timeout.conf
profile plain 6 <<'END'
# nothing is saved without SaveConfig
END
