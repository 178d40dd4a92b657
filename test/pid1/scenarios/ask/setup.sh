# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# A keyfile whose keys are typed in.
umask 077
mkdir -p /etc/wg-profile /root/answers
wg genkey >/root/answers/private
wg genpsk >/root/answers/preshared
wg genkey | wg pubkey >/root/peer
cat >/etc/wg-profile/typed.nmconnection <<END
[connection]
id=typed
type=wireguard
interface-name=typed
autoconnect=true

[wireguard]
private-key-flags=1

[wireguard-peer.$(</root/peer)]
preshared-key-flags=2
allowed-ips=10.99.0.0/24;

[ipv4]
method=manual
address1=10.9.1.1/24
END
