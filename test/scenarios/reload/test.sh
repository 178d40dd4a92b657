#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# 30 reloads that add and remove peers, while 50 packets a second go to a peer that they do not concern: none is lost,
# and its session stays. A run without reloads is the control. Then what a reload and a start do with metrics, scopes and loops.
set -uo pipefail
# shellcheck source=test/bed/guest/lib.sh
. /usr/lib/wgp-test/lib.sh

/usr/lib/wgp-test/reload-setup
systemctl daemon-reload
systemctl start wg-profile@rl0
far=$(wg pubkey </run/reload/far)
base=$(</etc/wg-profile/rl0.conf)

write_profile() {
        local i

        {
                printf '%s\n' "$base"
                for ((i = 0; i < $1; i++)); do
                        printf '\n[Peer]\nPublicKey = %s\nAllowedIPs = 10.33.1.%s/32\nEndpoint = 192.0.2.34:%s\n' \
                                "${keys[i]}" "$i" $((40000 + i))
                done
        } >/etc/wg-profile/rl0.conf
}

# lost COMMAND…: sends 50 packets a second while the command runs, and a few more; prints how many of them did not come
# back, leaving out those after the last one that did.
lost() {
        local ping

        ping -n -i 0.02 10.33.0.1 >/run/reload/ping 2>&1 &
        ping=$!
        "$@" >&2 || echo "the command failed"
        sleep 1
        kill -INT "$ping" || echo "no packets were sent"
        wait "$ping"
        sed -n 's/.* icmp_seq=\([0-9]*\) ttl=.*/\1/p' /run/reload/ping |
                awk '$1 > last { last = $1 } { n++ } END { if (n < 25) print n, "packets were received"; print last - n }'
}

reloads() {
        local i

        for ((i = 1; i <= 30; i++)); do
                write_profile $((i % 3 * 4))
                wg-profile-apply-of-unit || return 1
        done
}

# What ExecReload= runs. Through systemctl each of them would cost a second of an emulated machine.
wg-profile-apply-of-unit() {
        /usr/libexec/wg-profile-apply reload rl0
}

mapfile -t keys < <(for _ in {1..8}; do wg genkey | wg pubkey; done)
check 'the tunnel is up' systemctl is-active wg-profile@rl0
check 'its peer answers' wait_for 20 ping -c 1 -W 2 10.33.0.1

check_is 'a run without reloads loses nothing' 0 "$(lost sleep 10)"
before=$(wg show rl0 latest-handshakes | grep -F "$far")
port=$(wg show rl0 listen-port)
check_is '30 reloads lose nothing' 0 "$(lost reloads)"
echo "# $(grep transmitted /run/reload/ping)"
check_is 'its session is the same one' "$before" "$(wg show rl0 latest-handshakes | grep -F "$far")"
check_is 'and so is the port' "$port" "$(wg show rl0 listen-port)"

write_profile 3
check 'a reload through systemd' systemctl reload wg-profile@rl0
check_is 'has added its peers' 4 "$(wg show rl0 peers | wc -l)"
check_is 'and their routes' 3 "$(ip route show dev rl0 | grep -c '^10.33.1.')"
write_profile 0
check 'another one' systemctl reload wg-profile@rl0
check_is 'has removed them' 1 "$(wg show rl0 peers | wc -l)"
check_is 'and their routes, too' 0 "$(ip route show dev rl0 | grep -c '^10.33.1.')"

systemctl stop wg-profile@rl0

# --- what only the kernel's own WireGuard and routes can tell: a metric, a key, a loop, a scope ---

umask 077

keyfile() {
        cat >"/etc/wg-profile/$1.nmconnection" <<EOT
[connection]
id=$1
type=wireguard
interface-name=$1

[wireguard]
private-key=$(wg genkey)

[ipv4]
method=manual
address1=$2
EOT
}

keyfile rlm1 198.18.0.1/24
keyfile rlm2 198.18.0.2/24
keyfile rls 169.254.7.1/16
printf '[Interface]\nPrivateKey = %s\nAddress = 198.18.1.1/32\n' "$(wg genkey)" >/etc/wg-profile/rlk.conf
cat >/etc/wg-profile/rll.conf <<EOT
[Interface]
PrivateKey = $(wg genkey)
Address = 198.18.2.1/24
[Peer]
PublicKey = $(wg genkey | wg pubkey)
Endpoint = 198.18.2.9:51820
AllowedIPs = 198.18.2.0/24
EOT
systemctl daemon-reload

check 'two keyfiles with addresses in one network start' systemctl start wg-profile@rlm1 wg-profile@rlm2
check_is 'each with a metric of its own' '50 51 ' "$(ip route show 198.18.0.0/24 | sed 's/.* metric \([0-9]*\).*/\1/' | sort | tr '\n' ' ')"
check 'nothing is left to do for the second' wg-profile plan rlm2

check 'a tunnel with a link-local address starts' systemctl start wg-profile@rls
check_like 'the address has scope link' ' 169[.]254[.]7[.]1/16 ' "$(ip -o address show dev rls scope link)"

check 'a tunnel with a key starts' systemctl start wg-profile@rlk
sed -i '/^PrivateKey/d' /etc/wg-profile/rlk.conf
check 'a reload without it' systemctl reload wg-profile@rlk
check_is 'clears the key' '(none)' "$(wg show rlk private-key)"

# Some systems close the credential stores to all but CAP_DAC_*: nobody can say that the key is not in there.
printf '[Interface]\nPrivateKey = %s\nAddress = 198.18.1.1/32\n' "$(wg genkey)" >/etc/wg-profile/rlk.conf
systemctl restart wg-profile@rlk
key=$(wg show rlk private-key)
mkdir --mode=0 /etc/credstore
sed -i '/^PrivateKey/d' /etc/wg-profile/rlk.conf
check 'a reload without it, where a store is closed' systemctl reload wg-profile@rlk
check_is 'keeps the key' "$key" "$(wg show rlk private-key)"
check_like 'and says so' 'keeps the private key that left the profile' "$(journalctl --boot --output=cat --unit=wg-profile@rlk)"
rmdir /etc/credstore

check_fails 'an endpoint inside of the network of an address of its own tunnel is refused' systemctl start wg-profile@rll
check_fails 'and there is no link' ip link show rll

systemctl stop wg-profile@rlm1 wg-profile@rlm2 wg-profile@rls wg-profile@rlk
rm /etc/wg-profile/rl[mskl]*
