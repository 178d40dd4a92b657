# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# A hook that takes long, one that never ends, and a tunnel without any.
umask 077
mkdir -p /etc/wg-profile
printf '[Interface]\nPrivateKey = %s\nAddress = 10.9.1.1/24\nPreUp = ip -o link show dev %%i >/run/slow-link; ip -o -4 address show dev %%i >/run/slow-address; sleep 20\nPostUp = touch /run/slow-is-up\n' \
        "$(wg genkey)" >/etc/wg-profile/slow.conf
printf '[Interface]\nPrivateKey = %s\nAddress = 10.9.2.1/24\n' "$(wg genkey)" >/etc/wg-profile/quick.conf
printf '[Interface]\nPrivateKey = %s\nAddress = 10.9.3.1/24\nPreUp = sleep 1000\nPostDown = touch /run/hung-post-down\n' \
        "$(wg genkey)" >/etc/wg-profile/hung.conf
umask 022
mkdir -p /etc/systemd/system/wg-profile@hung.service.d /etc/systemd/system/multi-user.target.wants
printf '[Service]\nTimeoutStartSec=5\nRestart=no\n' >/etc/systemd/system/wg-profile@hung.service.d/hung.conf
cat >/etc/systemd/system/ssh.service <<END
[Unit]
After=network.target
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/true
[Install]
WantedBy=multi-user.target
END
ln -sf ../ssh.service /etc/systemd/system/multi-user.target.wants/ssh.service
