#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What a person does with tunnels on an ordinary day: looks at all of them, at one, with a pager and without, and a thousand.
set -uo pipefail
# shellcheck source=test/bed/guest/lib.sh
. /usr/lib/wgp-test/lib.sh
export LC_ALL=C.UTF-8

far_private=EImIM5ls1XNlzB9jCoolyOlsf0HnrFDjRLqewUHcXHU=
far_public=$(wg pubkey <<<$far_private)

# profile NAME [LINE...]: a tunnel to the far end, which knows it.
keys=()
profile() {
        local name=$1 key
        shift

        key=$(wg genkey)
        keys+=("$(wg pubkey <<<"$key")")
        mkdir -p /etc/wg-profile
        (
                umask 077
                {
                        printf '[Interface]\nPrivateKey = %s\nAddress = 10.70.%s.2/32\n' "$key" ${#keys[@]}
                        printf '[Peer]\nPublicKey = %s\nEndpoint = 192.0.2.2:51820\n' "$far_public"
                        printf 'AllowedIPs = 10.70.%s.1/32\nPersistentKeepalive = 5\n' ${#keys[@]}
                        [[ $# -eq 0 ]] || printf '%s\n' "$@"
                } >"/etc/wg-profile/$name.conf"
        )
}

profile home
profile office
profile lab $'[WgProfile]\nAutoconnect=no'
profile vault $'[WgProfile]\nKillSwitch=yes\nAutoconnect=no'
sed -i 's/^Endpoint.*/Endpoint = 192.0.2.77:51820/' /etc/wg-profile/office.conf
printf '[Interface]\nPrivateKey = nonsense\nMTU = much\n[WgProfile]\nAutoconnect=no\n' >/etc/wg-profile/broken.conf
chmod 600 /etc/wg-profile/broken.conf
peer_add far 192.0.2.1/24 192.0.2.2/24
{
        printf '[Interface]\nPrivateKey = %s\nListenPort = 51820\n' "$far_private"
        for i in "${!keys[@]}"; do
                printf '[Peer]\nPublicKey = %s\nAllowedIPs = 10.70.%s.2/32\n' "${keys[i]}" $((i + 1))
        done
} | peer_wireguard far 10.70.1.1/16
systemctl daemon-reload
# a kill switch that somebody has switched off
systemctl stop wg-profile-killswitch@vault

# --- the overview ---

wg-profile up home office
check 'the tunnel is up' wg-profile wait --handshake --timeout=20 home
overview=$(wg-profile)
code=$?
note "$overview"
check_is 'the overview: 1, as a kill switch is off' 1 $code
check_like 'a tunnel that is up, and starts at boot' '^● home +up +[0-9]+s ago +[0-9.]+ K?i?B +[0-9.]+ K?i?B +yes$' "$overview"
check_like 'one whose peer does not answer, and why' '^● office +connecting +- +0 B +[0-9.]+ K?i?B +yes +no handshake yet$' "$overview"
check_like 'one that is not started' '^○ lab +down +- +- +- +no$' "$overview"
check_like 'a profile with errors, how many, and what to run' '^○ broken +down .*no +2 errors: wg-profile check broken$' "$overview"
check_like 'a kill switch that is off' '^○ vault +down .*no +the kill switch is off' "$overview"
check_is 'status without a name is the same' "$(sed 's/[0-9]*s ago.*//' <<<"$overview")" "$(wg-profile status | sed 's/[0-9]*s ago.*//')"
systemctl start wg-profile-killswitch@vault
check_is 'with the kill switch on, the code is that of the worst tunnel' 7 "$(wg-profile >/dev/null; echo $?)"
systemctl stop wg-profile-killswitch@vault
sed -i 's/KillSwitch=yes/KillSwitch=no/' /etc/wg-profile/vault.conf

check_is '40 columns: no line is wider, the reason is cut off' '40' "$(
        COLUMNS=40 TERM=xterm NO_COLOR=1 SYSTEMD_PAGER='' script -qec 'wg-profile --no-legend' /dev/null </dev/null | tr -d '\r' | wc -L)"
check_is 'nobody reads: no word' '' "$(wg-profile status 2>&1 | true; wg-profile status home 2>&1 >/dev/full | grep -v 'No space')"
check_is 'a pager gets it' 'paged' "$(TERM=xterm SYSTEMD_PAGER='sed -n s/.*NAME.*/paged/p' script -qec 'wg-profile' /dev/null </dev/null | tr -d '\r')"
check_fails 'a user sees states, and that there is more' setpriv --reuid=65534 --regid=65534 --clear-groups wg-profile
note "$(setpriv --reuid=65534 --regid=65534 --clear-groups wg-profile 2>&1)"

wg-profile status home
wg-profile down home office
check_like 'down: it says that its profile has errors' 'it was not started, and its profile has 2 errors: run .wg-profile check broken' "$(wg-profile status broken)"

# --- a thousand ---

for ((i = 0; i < 1000; i++)); do
        printf '[Interface]\nPrivateKey = %s\n[Peer]\nPublicKey = %s\nAllowedIPs = 10.80.%s.%s/32\n[WgProfile]\nAutoconnect=no\n' \
                "$far_private" "$far_public" $((i / 250)) $((i % 250)) >"/etc/wg-profile/many$i.conf"
done
chmod 600 /etc/wg-profile/many*.conf
systemctl daemon-reload
check 'a thousand tunnels start' systemctl start $(printf 'wg-profile@many%s ' {0..999})
wg-profile >/dev/null
start=${EPOCHREALTIME/./}
wg-profile --no-legend >/tmp/overview
spent=$(((${EPOCHREALTIME/./} - start) / 1000))
check_is 'each has its line' 1000 "$(grep -c '^● many[0-9]* *idle' /tmp/overview)"
note "1 000 running tunnels: $spent ms in $(</usr/lib/wgp-test/bed)"
check 'in less than 300 ms' test "$spent" -lt 300
check 'all of them stop' wg-profile down 'many*'
rm /etc/wg-profile/*.conf
