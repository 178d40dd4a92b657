#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Tunnels that are ill in one way each: the doctor names it, with evidence and what to do; of a healthy one it says nothing.
set -uo pipefail
# shellcheck source=test/bed/guest/lib.sh
. /usr/lib/wgp-test/lib.sh
export LC_ALL=C.UTF-8

far_private=EImIM5ls1XNlzB9jCoolyOlsf0HnrFDjRLqewUHcXHU=
far_public=$(wg pubkey <<<$far_private)
key=$(wg genkey) other=$(wg genkey)

# profile NAME KEY ADDRESS ALLOWED-IPS ENDPOINT [LINE...]
profile() {
        mkdir -p /etc/wg-profile
        (
                umask 077
                {
                        printf '[Interface]\nAddress = %s\n' "$3"
                        [[ -z $2 ]] || printf 'PrivateKey = %s\n' "$2"
                        printf '[Peer]\nPublicKey = %s\nPersistentKeepalive = 1\nAllowedIPs = %s\nEndpoint = %s\n' "$far_public" "$4" "$5"
                        shift 5
                        printf '%s\n' '[WgProfile]' Autoconnect=no "$@"
                } >"/etc/wg-profile/$1.conf"
        )
}

peer_add far 192.0.2.1/24 192.0.2.2/24
peer_wireguard far 10.70.1.1/16 <<END
[Interface]
PrivateKey = $far_private
ListenPort = 51820
[Peer]
PublicKey = $(wg pubkey <<<"$key")
AllowedIPs = 10.70.1.2/32
END
profile home "$key" 10.70.1.2/24 10.70.1.0/24 192.0.2.2:51820
profile stranger "$other" 10.70.2.2/24 10.70.2.0/24 192.0.2.2:51820
profile inside "$other" 10.70.3.2/24 192.0.2.2/32 192.0.2.2:51820
profile nameless "$other" 10.70.4.2/24 10.70.4.0/24 nowhere.invalid:51820
profile keyless '' 10.70.5.2/24 10.70.5.0/24 192.0.2.2:51820
profile broken nonsense 10.70.6.2/24 10.70.6.0/24 192.0.2.2:51820
profile vault "$other" 10.70.7.2/24 10.70.7.0/24 192.0.2.2:51820 KillSwitch=yes
profile full "$other" 10.70.8.2/24 0.0.0.0/0 192.0.2.2:51820
systemctl daemon-reload

# finds TEXT NAME REGEX: the doctor's words about a tunnel match, and its exit code is 10.
finds() {
        local said code

        said=$(wg-profile doctor "$2")
        code=$?
        note "$said"
        if [[ $code == 10 ]] && grep -qE -e "$3" <<<"$said"; then pass "$1"; else fail "$1" "$code: $said"; fi
}

wg-profile up home
check 'the healthy one is up' wg-profile wait --handshake --timeout=20 home
check_is 'nothing is found in it' 'home: nothing found; it is up.' "$(wg-profile doctor home)"
check 'which is 0' wg-profile doctor home
check_is 'and in JSON' '{"changed":false,"findings":[]}' "$(wg-profile doctor --json home | jq -cS . 2>/dev/null ||
        wg-profile doctor --json home | python3 -c 'import json,sys; print(json.dumps(json.load(sys.stdin), sort_keys=True, separators=(",", ":")))')"

finds 'a tunnel that is down' stranger '^stranger: the tunnel is down$'
wg-profile up stranger
finds 'our key is unknown there' stranger '^stranger: peer .*: [0-9]+ bytes were sent to 192.0.2.2:51820, and nothing came back$'
finds 'and which key that is' stranger "public key $(wg pubkey <<<"$other" | sed 's,[+],[+],g')"
wg-profile down stranger
finds 'a profile with errors' broken 'has 1 error$'
wg-profile up keyless 2>/dev/null
finds 'no private key' keyless 'has no private key'
wg-profile down keyless
sed -i '2i Table = off' /etc/wg-profile/inside.conf
wg-profile up inside
ip route add 192.0.2.2/32 dev inside
finds 'the endpoint lies in its own tunnel' inside 'its endpoint 192.0.2.2:51820 lies in 192.0.2.2/32, which goes into the tunnel'
wg-profile down inside
wg-profile up nameless
finds 'a name without an address' nameless 'the name nowhere.invalid has no address'
wg-profile down nameless
systemctl stop wg-profile-killswitch@vault
finds 'the kill switch is off' vault 'the kill switch is off: traffic may leave'
systemctl start wg-profile-killswitch@vault
finds 'the kill switch is on, and there is no tunnel' vault 'the kill switch is on, and there is no tunnel'
systemctl stop wg-profile-killswitch@vault
sed -i s/KillSwitch=yes/KillSwitch=no/ /etc/wg-profile/vault.conf
wg-profile up full
check_is 'a full tunnel, and no IPv6 here' '' "$(wg-profile doctor full | grep IPv6)"
ip -6 address add fd77::1/64 dev to-far 2>/dev/null
ip -6 route add default dev to-far
finds 'IPv6 leaves past a full tunnel' full 'IPv6 leaves outside'
wg-profile down full

sed -i 's/Keepalive = 1/Keepalive = 2/' /etc/wg-profile/home.conf
finds 'the profile was changed' home 'differs from its profile in [0-9]+ points?, the first being: '
check_is 'no daemon-reload is asked for that would change nothing' '' "$(wg-profile doctor home | grep daemon-reload; wg-profile status home | grep daemon-reload)"
mkdir -p /etc/systemd/system/wg-profile@home.service.d
printf '[Service]\nNice=5\n' >/etc/systemd/system/wg-profile@home.service.d/nice.conf
systemctl daemon-reload
sleep 1
printf '[Service]\nNice=6\n' >/etc/systemd/system/wg-profile@home.service.d/nice.conf
finds 'one that would change something is' home 'systemd has not read the unit again'
rm -r /etc/systemd/system/wg-profile@home.service.d
systemctl daemon-reload
wg-profile reload home
netns_of() { ip netns exec far "$@"; }
netns_of wg set wg0 peer "$(wg pubkey <<<"$key")" remove
ip link delete home
finds 'the link is gone' home 'the tunnel has failed: its link is gone'
wg-profile down home
check 'without a name: all that run, which are none' wg-profile doctor
check_fails 'no such name' wg-profile doctor hoem
check_is 'only root can look' 4 "$(wg-profile up home; setpriv --reuid=65534 --regid=65534 --clear-groups wg-profile doctor home >/dev/null 2>&1; echo $?)"
wg-profile down home
rm -r /etc/wg-profile/*
