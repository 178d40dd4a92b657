#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The Debian package under a tunnel that is up, with the kernel's WireGuard: installing it again and upgrading it lose no
# packet, removing it takes the tunnel down and leaves nothing.
set -uo pipefail
# shellcheck source=test/bed/guest/lib.sh
. /usr/lib/wgp-test/lib.sh
export DEBIAN_FRONTEND=noninteractive

packages=/usr/lib/wgp-test/packages

far_key=$(wg genkey) key=$(wg genkey)
peer_add pkg 198.51.100.1/24 198.51.100.2/24
peer_wireguard pkg 10.30.0.1/24 <<END
[Interface]
PrivateKey = $far_key
ListenPort = 51830
[Peer]
PublicKey = $(wg pubkey <<<"$key")
AllowedIPs = 10.30.0.2/32
END

check 'the package installs' dpkg --install "$packages/wg-profile.deb"
net_before=$(net_state)
install -m 0600 /dev/stdin /etc/wg-profile/pkg.conf <<END
[Interface]
PrivateKey = $key
Address = 10.30.0.2/24
[Peer]
PublicKey = $(wg pubkey <<<"$far_key")
Endpoint = 198.51.100.2:51830
AllowedIPs = 10.30.0.0/24
PersistentKeepalive = 25
END
check 'a tunnel comes up' wg-profile up pkg
check 'and answers' wait_for 20 ping -c 1 -W 2 10.30.0.1
invocation=$(unit_property wg-profile@pkg InvocationID) resolver=$(unit_property wg-profile-resolver MainPID)

# through TEXT COMMAND...: while it runs, and a little longer, no packet gets lost.
through() {
        local text=$1 ping
        shift
        ping -i 0.05 -W 5 10.30.0.1 >/run/wgp-ping &
        ping=$!
        sleep 1
        check "$text" "$@"
        sleep 2
        kill -INT "$ping"
        wait "$ping"
        check_like "$text: packets were sent" '[0-9][0-9] packets transmitted' "$(</run/wgp-ping)"
        # the last one may have been under way when ping was told to stop
        check_is "$text: none was lost" yes \
                "$(awk '/packets transmitted/ { print $1 - $4 <= 1 ? "yes" : $0 }' /run/wgp-ping)"
        check_is "$text: the tunnel was not started again" "$invocation" "$(unit_property wg-profile@pkg InvocationID)"
}
through 'the same version is installed again' dpkg --install "$packages/wg-profile.deb"
through 'a newer version is installed' dpkg --install "$packages/wg-profile-newer.deb"
check 'the resolver runs' wait_for 20 systemctl is-active wg-profile-resolver
check_fails 'as another process' [ "$resolver" = "$(unit_property wg-profile-resolver MainPID)" ]
through 'the newer program reloads the tunnel' wg-profile reload pkg

check 'the package is removed' dpkg --remove wg-profile
check_fails 'the tunnel is gone' ip link show pkg
check_is 'and nothing is left of it in the network' "$net_before" "$(net_state)"
check_is 'no unit is left' '' "$(systemctl list-units --legend=no --state=active 'wg-profile*')"
check 'the profile stays' test -s /etc/wg-profile/pkg.conf
check_is 'nothing has failed' '' "$(systemctl --failed --legend=no)"
