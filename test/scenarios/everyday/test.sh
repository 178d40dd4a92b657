#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What a person does with tunnels on an ordinary day: looks at all of them, at one, with a pager and without, and a thousand.
set -uo pipefail
# shellcheck source=test/bed/guest/lib.sh
. /usr/lib/wgp-test/lib.sh
export LC_ALL=C.UTF-8

far_private=EImIM5ls1XNlzB9jCoolyOlsf0HnrFDjRLqewUHcXHU=
far_public=$(wg pubkey <<<$far_private)

# check_line TEXT REGEX OUTPUT: a line of it matches.
check_line() {
        if grep -qE -e "$2" <<<"$3"; then pass "$1"; else fail "$1" "$3"; fi
}

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
check_line 'a tunnel that is up, and starts at boot' '^● home +up +[0-9]+s ago +[0-9.]+ K?i?B +[0-9.]+ K?i?B +yes$' "$overview"
check_line 'one whose peer does not answer, and why' '^● office +connecting +- +0 B +[0-9.]+ K?i?B +yes +no handshake yet$' "$overview"
check_line 'one that is not started' '^○ lab +down +- +- +- +no$' "$overview"
check_line 'a profile with errors, how many, and what to run' '^○ broken +down .*no +2 errors: wg-profile check broken$' "$overview"
check_line 'a kill switch that is off' '^○ vault +down .*no +the kill switch is off' "$overview"
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

# --- verbs ---

wg-profile start home
check_is 'start is up' active "$(systemctl is-active wg-profile@home)"
before=$(systemctl show --value --property InvocationID wg-profile@home)
check 'restart' wg-profile restart home
check 'is a new start' test "$before" != "$(systemctl show --value --property InvocationID wg-profile@home)"
check_like 'a warning of check is printed by a start' 'no private key' "$(
        printf '[Interface]\nListenPort = 4\n[WgProfile]\nAutoconnect=no\n' >/etc/wg-profile/bare.conf
        chmod 600 /etc/wg-profile/bare.conf
        wg-profile up bare 2>&1)"
wg-profile down bare
check_like 'logs: the unit, and systemd about it' 'Started|Finished' "$(wg-profile logs home --no-pager)"
check_is 'logs: no other tunnel' '' "$(wg-profile logs --no-pager lab | grep home)"

systemctl start wg-profile-resolver 2>/dev/null
invocation=$(systemctl show --value --property InvocationID wg-profile@home)
check_like 'edit: shows the plan, and reloads' 'The tunnel was reloaded' "$(
        printf 'y\n' | EDITOR='sed -i s/Keepalive\ =\ 5/Keepalive\ =\ 7/' script -qec 'wg-profile edit home' /dev/null | tee /tmp/edit)"
note "$(cat /tmp/edit)"
check_like 'edit: the plan names the change' 'keepalive' "$(cat /tmp/edit)"
check_is 'edit: the running tunnel has it' 7 "$(wg show home persistent-keepalive | cut -f2)"
check_is 'edit: nothing was restarted' "$invocation" "$(systemctl show --value --property InvocationID wg-profile@home)"
printf 'n\n' | EDITOR='sed -i s/Keepalive\ =\ 7/Keepalive\ =\ 9/' script -qec 'wg-profile edit home' /dev/null >/tmp/edit
check_is 'edit: no is no' '7 7' "$(wg show home persistent-keepalive | cut -f2) $(sed -n 's/^PersistentKeepalive = //p' /etc/wg-profile/home.conf)"
check_like 'edit: the text is kept' 'Your text is in /etc/wg-profile/.home.conf.edit-' "$(cat /tmp/edit)"
rm /etc/wg-profile/.*.edit-*
EDITOR=true script -qec 'wg-profile edit home' /dev/null </dev/null >/tmp/edit
check_like 'edit: nothing saved' 'nothing to change' "$(cat /tmp/edit)"
{ sleep 2; printf '\003'; sleep 1; } | EDITOR='sed -i s/Keepalive\ =\ 7/Keepalive\ =\ 8/' script -qec 'wg-profile edit home' /dev/null >/tmp/edit
check_like 'edit: Ctrl-C is no' 'Nothing was changed' "$(cat /tmp/edit)"
check_is 'edit: and changes nothing' 7 "$(sed -n 's/^PersistentKeepalive = //p' /etc/wg-profile/home.conf)"
rm -f /etc/wg-profile/.*.edit-*

sed -i 's/KillSwitch=no/KillSwitch=yes/' /etc/wg-profile/vault.conf
wg-profile up vault
wg-profile disable vault >/dev/null
check 'remove: a tunnel that is up, with its kill switch' wg-profile remove --yes vault
check_is 'remove: nothing of it is left' '' "$(
        find / -xdev -path /proc -prune -o -name '*vault*' -print 2>/dev/null | grep -v '^/sys\|^/run/systemd/generator\|^/tmp'
        ip link show vault 2>/dev/null
        nft list tables | grep -i vault
        systemctl list-units --all --plain --no-legend 'wg-profile*vault*')"

# --- many ---

for ((i = 0; i < 1000; i++)); do
        printf '[Interface]\nPrivateKey = %s\n[Peer]\nPublicKey = %s\nAllowedIPs = 10.80.%s.%s/32\n[WgProfile]\nAutoconnect=no\n' \
                "$far_private" "$far_public" $((i / 250)) $((i % 250)) >"/etc/wg-profile/many$i.conf"
done
chmod 600 /etc/wg-profile/many*.conf
check 'thirty tunnels start' wg-profile start many{0..29}
wg-profile --no-legend >/tmp/overview
check_is 'of a thousand profiles each has its line' '30 970' "$(grep -c '^● many[0-9]* *idle' /tmp/overview) $(grep -c '^○ many[0-9]* *down' /tmp/overview)"
check 'those that a pattern names stop' wg-profile down 'many[0-9]' 'many[12][0-9]' home
check_is 'and no other one runs' '' "$(wg show interfaces)"
rm -r /etc/wg-profile/*
