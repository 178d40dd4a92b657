#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The real neighbours for what tests/netns/test-owner.sh, test-restart.sh and test-resolver-bus.sh try with stand-ins: a link
# of the tunnel's name that wg-quick's unit or NetworkManager has, a restart that systemd itself has the job of, and a
# machine that logind sends to sleep.
set -uo pipefail
# shellcheck source=test/bed/guest/lib.sh
. /usr/lib/wgp-test/lib.sh

apply=/usr/libexec/wg-profile-apply
umask 077
mkdir -p /etc/wireguard /run/neighbours
profile() {
        printf '[Interface]\nPrivateKey = %s\nAddress = 10.61.0.1/24\n' "$(wg genkey)"
}
profile >/etc/wg-profile/one.conf
{ profile; echo 'Table = off'; } >/etc/wireguard/one.conf

# refused TEXT REGEX: the link that is there stays as it is.
refused() {
        local before status=0 # and output, for the caller
        udevadm settle
        before=$(net_state)
        output=$("$apply" up one 2>&1) || status=$?
        check_is "$1: refused" 1 "$status"
        check_like "$1: says so" "$2" "$output"
        check_is "$1: nothing was changed" "$before" "$(net_state)"
}

# --- who has the link ---

ip link add one type dummy
refused "nobody has it" "which is not ours \(kind 'dummy'"
ip link delete one
systemctl start wg-quick@one
check 'wg-quick@one is active' systemctl is-active wg-quick@one
refused "wg-quick's unit has it" "wg-quick@one\.service has it\. Run 'systemctl disable --now wg-quick@one\.service'"
systemctl stop wg-quick@one

systemctl --quiet unmask NetworkManager.service
systemctl start NetworkManager
nmcli --wait 10 connection add type dummy ifname one con-name 'The office' autoconnect no ipv4.method manual \
        ipv4.addresses 10.62.0.1/24 ipv6.method disabled >/dev/null
check 'NetworkManager makes it' nmcli --wait 20 connection up 'The office'
uuid='[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}'
refused 'NetworkManager has it' "NetworkManager has it, as the connection 'The office'\. Run: nmcli connection modify uuid $uuid connection\.autoconnect no; nmcli connection down uuid $uuid\."
advice=$(sed -n 's/.*Run: \(nmcli .*\)\.$/\1/p' <<<"$output" | head -n 1)
check 'what it says to run can be run' bash -ec "$advice"
check 'and takes it down' wait_for 10 sh -c '! ip link show dev one'
check_is 'for good' no "$(nmcli --get-values connection.autoconnect connection show 'The office')"
nmcli --wait 10 connection delete 'The office' >/dev/null
ip link add one type dummy
ip address add 10.62.0.2/24 dev one
ip link set one up
check 'NetworkManager looks at one that somebody else made' wait_for 20 sh -c 'nmcli -t -f GENERAL.STATE device show one | grep -q "connected (externally)"'
refused 'NetworkManager only looks at it' "which is not ours \(kind 'dummy'"
ip link delete one
systemctl stop NetworkManager
systemctl --quiet mask NetworkManager.service

# --- a restart of a full tunnel: its hooks once, and nothing past it in between ---

log=/run/neighbours/log
cat >/etc/wg-profile/full.conf <<END
[Interface]
PrivateKey = $(wg genkey)
Address = 10.63.0.1/24
PreDown = echo pre-down >>$log
PostDown = echo post-down >>$log

[Peer]
PublicKey = $(wg genkey | wg pubkey)
AllowedIPs = 0.0.0.0/0

[WgProfile]
Autoconnect = no
END
systemctl daemon-reload
before=$(net_state)
check 'a full tunnel starts' systemctl start wg-profile@full
rules=$(ip rule)
for n in 1 2 3; do
        : >$log
        check "restart $n" systemctl restart wg-profile@full
        check_is "restart $n: each hook once" 'pre-down post-down' "$(xargs <$log)"
        check_is "restart $n: the rules are the same" "$rules" "$(ip rule)"
done
: >$log
check 'and stops' systemctl stop wg-profile@full
check_is 'with each hook once' 'pre-down post-down' "$(xargs <$log)"
systemctl stop wg-profile-resolver.timer wg-profile-resolver.service
check_is 'and nothing is left' "$before" "$(net_state)"

# --- logind sends the machine to sleep, and it wakes up ---

ip netns add far
ip link add to-far type veth peer name underlay netns far
ip address add 192.0.2.54/24 dev to-far
ip link set to-far up
ip -n far address add 192.0.2.53/24 dev underlay
ip -n far link set underlay up
ip -n far link set lo up
ip netns exec far dnsmasq --conf-file=/dev/null --no-resolv --no-hosts --user=root --bind-interfaces --listen-address=192.0.2.53 \
        --local=/example.test/ --host-record=site.example.test,192.0.2.1 --local-ttl=600 --pid-file=/run/far.pid \
        --log-queries --log-facility=/run/neighbours/questions
resolvectl dns to-far 192.0.2.53
cat >/etc/wg-profile/site.conf <<END
[Interface]
PrivateKey = $(wg genkey)
Address = 10.64.0.1/24

[Peer]
PublicKey = $(wg genkey | wg pubkey)
Endpoint = site.example.test:51820
AllowedIPs = 10.64.0.2/32
END
systemctl daemon-reload
check 'a tunnel with a name starts' systemctl start wg-profile@site
check 'its endpoint' wait_for 10 sh -c 'wg show site endpoints | grep -q 192.0.2.1:51820'
# The kernel's own part of it would end this kernel: all else is what a suspended machine does.
mkdir -p /run/systemd/system/systemd-suspend.service.d
printf '[Service]\nExecStart=\nExecStart=/bin/sleep 2\n' >/run/systemd/system/systemd-suspend.service.d/awake.conf
systemctl daemon-reload
sleep 12 # while the answer is new, there is no other question
questions() { grep -c 'query\[A\] site.example.test' /run/neighbours/questions; }
resolvectl flush-caches
asked=$(questions)
check 'logind sends the machine to sleep' systemctl suspend
more_asked() { (($(questions) > asked)); }
check 'it wakes up: the name is asked for' wait_for 15 more_asked
systemctl stop wg-profile@site
rm /etc/wg-profile/{one,full,site}.conf /etc/wireguard/one.conf
kill "$(</run/far.pid)"
ip netns delete far
systemctl daemon-reload
check_is 'nothing has failed at the end' '' "$(systemctl --failed --legend=no)"
