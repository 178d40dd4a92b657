# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Shared by the scenarios asking and asking-past: a name server and a VPN server behind the default route.

umask 077
mkdir -p /run/asking /etc/wg-profile
wg genkey >/run/asking/here
wg genkey >/run/asking/far
peer_add isp 198.51.100.1/30 198.51.100.2/30
ip route add default via 198.51.100.2
for address in 203.0.113.1 203.0.113.2 203.0.113.53 203.0.113.54; do
        ip -n isp address add "$address/32" dev lo
done
peer_wireguard isp 10.60.0.1/24 <<EOF
[Interface]
PrivateKey = $(</run/asking/far)
ListenPort = 51820
[Peer]
PublicKey = $(wg pubkey </run/asking/here)
AllowedIPs = 10.60.0.2/32
EOF

# dns NAME ADDRESS...: all that the name server has of a name from now on
: >/run/asking/names
dns() {
        local address
        sed -i "/ $1\$/d" /run/asking/names
        for address in "${@:2}"; do echo "$address $1" >>/run/asking/names; done
        kill -HUP "$(</run/asking/dnsmasq.pid)"
}
ip netns exec isp dnsmasq --conf-file=/dev/null --no-resolv --no-hosts --bind-interfaces --user=root --no-negcache \
        --listen-address=203.0.113.53 --listen-address=203.0.113.54 --local=/example/ --local-ttl=77 \
        --cname=alias.example,vpn.example,66 --addn-hosts=/run/asking/names --pid-file=/run/asking/dnsmasq.pid

# profile HOST ALLOWED [LINE...]: the last ones are of [Interface]
profile() {
        {
                printf '%s\n' '[Interface]' "PrivateKey = $(</run/asking/here)" 'Address = 10.60.0.2/24' "${@:3}"
                printf '%s\n' '[Peer]' "PublicKey = $(wg pubkey </run/asking/far)" "Endpoint = $1:51820" "AllowedIPs = $2" \
                        'PersistentKeepalive = 5'
        } >/etc/wg-profile/as0.conf
        systemctl daemon-reload
}
start() { systemctl start wg-profile@as0 || journalctl --boot --output=cat --unit=wg-profile@as0 | tail -n 5; }
stop() { systemctl stop wg-profile@as0; }
status_of_peer() { sed -n "s/^ *\"$1\": \([0-9]*\).*/\1/p" /run/wg-profile/state/as0.resolver.json | head -n 1; }
# what systemd-resolved tells is what is left of it: the seconds since then are few
ttl_is() { local ttl; ttl=$(status_of_peer ttl); ((ttl > $1 - 8 && ttl <= $1)); }
has_endpoint() { wg show as0 endpoints | grep -qF "$1:51820"; }
has_handshake() { wg show as0 latest-handshakes | grep -vq '	0$'; }
# seconds COMMAND...: how long until it succeeds
seconds() {
        local then=$EPOCHREALTIME
        wait_for 60 "$@"
        awk -v then="$then" -v now="$EPOCHREALTIME" 'BEGIN { printf "%.1f\n", now - then }'
}
within() { awk -v is="$1" -v limit="$2" 'BEGIN { exit !(is < limit) }'; }
