#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The resolver without systemd-resolved, where the name server is reached by the default route only: the tunnel that waits
# for the name is in the way.
#
#   test-resolver-underlay.sh APPLY APPLY_WITH_FAULTS RESOLVER

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/resolver-lib.sh"
export DBUS_SYSTEM_BUS_ADDRESS=unix:path=$work/no-bus

mkdir -p /run/resolvconf "$work/bin"
mount -t tmpfs tmpfs /run/resolvconf
[ ! -d /run/NetworkManager ] || mount -t tmpfs tmpfs /run/NetworkManager
setup_hosts
ip route add default via 192.168.77.2
sysctl -q net.ipv4.conf.all.rp_filter=1 net.ipv4.conf.cable.rp_filter=1 # strict, as in Fedora and RHEL
there ip address add 203.0.113.53/32 dev lo # the name server
there ip address add 203.0.113.54/32 dev lo # one that has nothing
there ip address add 198.51.100.1/32 dev lo # the VPN server

: > "$work/names"
there dnsmasq --conf-file=/dev/null --no-resolv --no-hosts --bind-interfaces --user=root --pid-file="$work/dnsmasq.pid" \
        --listen-address=203.0.113.53 --local=/example.test/ --local-ttl=77 --log-queries --log-facility="$work/queries" \
        --addn-hosts="$work/names"
wait_for 5 test -s "$work/dnsmasq.pid"
helpers+=("$(cat "$work/dnsmasq.pid")")

# dns NAME ADDRESS...: all that the name server has from now on
dns() {
        local address
        for address in "${@:2}"; do echo "$address $1"; done > "$work/names"
        kill -HUP "$(cat "$work/dnsmasq.pid")"
}
configure() {
        printf '%s\n' "$@" 'options timeout:1 attempts:1' > /etc/resolv.conf.new
        mv /etc/resolv.conf.new /etc/resolv.conf
}
resolves() { timeout 5 getent ahosts "$1"; }

echo 'hosts: files dns' > /etc/nsswitch.conf
configure 'nameserver 203.0.113.53'
dns vpn.example.test 198.51.100.1
start_server
check "the name server is there" wait_for 5 resolves vpn.example.test
tunnel full here 10.99.0.1 vpn.example.test 0.0.0.0/0

# --- it comes up ---

check "up: a full tunnel" up full
check "programs cannot ask the name server now" sh -c '! timeout 3 getent ahosts vpn.example.test'
start_resolver
check "the name is asked for past the tunnel" wait_for 10 has_endpoint full 198.51.100.1:51901
check "packets go through" wait_for 10 reaches here 203.0.113.53
check "the TTL is known" wait_for 3 sh -c "sed -n 's/.*\"\(answered\|next\)\": \([0-9]*\).*/\2/p' '$state/full.resolver.json' |
        { read -r a; read -r b; test \$(((b - a) / 1000000)) = 78; }"

# --- the server moves: the tunnel is dead, and the way to the name server with it ---

sh -c 'while sleep 0.5; do ping -n -q -c 1 -W 1 10.99.0.2; done' > /dev/null 2>&1 &
helpers+=($!)
sleep 11 # the kernel is seen to send
# nor does the server call from its old place, as one that is elsewhere now could not
there nft 'add table inet far; add chain inet far out { type filter hook output priority 0; };
        add rule inet far out udp sport 51901 ip saddr != 198.51.100.2 drop'
there ip address delete 198.51.100.1/32 dev lo
there ip address add 198.51.100.2/32 dev lo
dns vpn.example.test 198.51.100.2
start=$SECONDS
check "a server that moved is found" wait_for 90 has_endpoint full 198.51.100.2:51901
echo "# after $((SECONDS - start)) s"
check "packets go through" wait_for 10 reaches here 203.0.113.53
kill "${helpers[-1]}"

# --- a name that is not there, and is ---

check "down" down full
dns other.example.test 198.51.100.2
check "up, without such a name" up full
check "it is told" wait_for 10 logs "full: cannot resolve vpn.example.test: there is no such name."
dns vpn.example.test 198.51.100.2
check "it is found, once it is there" wait_for 20 has_endpoint full 198.51.100.2:51901
check "down" down full

# --- several servers, and addresses of both families ---

configure 'nameserver 127.0.0.1' 'nameserver 203.0.113.54' 'nameserver 203.0.113.53'
dns vpn.example.test 198.51.100.2 2001:db8::9
check "up, one of two servers is dead" up full
check "the other one is asked" wait_for 15 has_endpoint full 198.51.100.2:51901
check "both families were" wait_for 3 status_says full '"[2001:db8::9]:51901"'
check "down" down full

# --- resolvconf -x: the tunnel's server is the only one ---

cat > "$work/bin/resolvconf" <<'EOT'
#!/bin/sh
if [ "$1" = -a ]; then cat > /etc/resolv.conf.new; else cp /run/resolvconf/interfaces/cable.dhcp /etc/resolv.conf.new; fi
echo 'options timeout:1 attempts:1' >> /etc/resolv.conf.new
mv /etc/resolv.conf.new /etc/resolv.conf
EOT
chmod 755 "$work/bin/resolvconf"
export PATH=$work/bin:$PATH
mkdir /run/resolvconf/interfaces
echo 'nameserver 203.0.113.53' > /run/resolvconf/interfaces/cable.dhcp
tunnel full here '10.99.0.1/24
DNS = 203.0.113.54
#' vpn.example.test 0.0.0.0/0
: > "$work/queries"
check "up, with DNS= by resolvconf" up full
check "its server is the only one" test "$(grep -c '^nameserver' /etc/resolv.conf)" = 1
check "those of the links are asked, past the tunnel" wait_for 15 has_endpoint full 198.51.100.2:51901
check "down" down full

# --- the kill switch lets these questions pass, and no others ---

tunnel full here 10.99.0.1 vpn.example.test 0.0.0.0/0 $'[WgProfile]\nKillSwitch = yes'
configure 'nameserver 203.0.113.53'
check "kill switch: on" "$apply" --root="$root" killswitch full
check "the name server is out of reach" sh -c '! timeout 3 getent ahosts vpn.example.test'
: > "$work/queries"
check "kill switch: up" up full
check "but not to the tunnel's name" wait_for 10 has_endpoint full 198.51.100.2:51901
check "which is all that was asked" test "$(grep -c 'query\[' "$work/queries")" = "$(grep -c 'query\[.*vpn.example.test' "$work/queries")"
check "down" down full
check "kill switch: off" "$apply" --root="$root" killswitch-off full
end_resolver_test
