# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# A hook that takes long. What stands in for it takes as long and fails, if apply takes no hooks.
umask 077
mkdir -p /etc/wg-profile
printf '[Interface]\nPrivateKey = %s\nAddress = 10.9.1.1/24\nPreUp = true\n' "$(wg genkey)" >/etc/wg-profile/slow.conf
printf '[Interface]\nPrivateKey = %s\nAddress = 10.9.2.1/24\n' "$(wg genkey)" >/etc/wg-profile/quick.conf
umask 022
mkdir -p /etc/systemd/system/wg-profile@slow.service.d /etc/systemd/system/multi-user.target.wants
printf '[Service]\nExecStartPre=/bin/sleep 20\nRestart=no\n' >/etc/systemd/system/wg-profile@slow.service.d/slow.conf
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
