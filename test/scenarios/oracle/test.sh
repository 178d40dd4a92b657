#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# NetworkManager and wg-quick as oracles: the same profiles with them and with us, on the kernel's WireGuard, with
# systemd-resolved and firewalld. tests/oracle/compare.py says how.
set -uo pipefail
# shellcheck source=test/bed/guest/lib.sh
. /usr/lib/wgp-test/lib.sh
cd /usr/lib/wgp-test/oracle || exit 1

# compare ORACLE [CASE]...
compare() {
        python3 -u compare.py --vm "$1" /usr/libexec/wg-profile-apply "${@:2}" |
                sed -uE 's/^(ok|not ok) [0-9]+ - /\1 - /; /^1\.\./d'
}

compare wg-quick

mkdir -p /etc/NetworkManager/conf.d
cat >/etc/NetworkManager/conf.d/oracle.conf <<EOF
[main]
dns=systemd-resolved
no-auto-default=*
[keyfile]
unmanaged-devices=except:type:wireguard,except:interface-name:nm-vrf
EOF
systemctl unmask --quiet NetworkManager firewalld
systemctl start NetworkManager
check 'NetworkManager runs' wait_for 60 nmcli general status
# firewalld makes everything slow: it is there where a zone is
compare networkmanager 'n[!z]*' 'h*'
systemctl start firewalld
check 'firewalld runs' wait_for 60 firewall-cmd --state
compare networkmanager 'nz*'
systemctl stop NetworkManager firewalld
systemctl mask --quiet NetworkManager firewalld
