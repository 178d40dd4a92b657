#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What "wg-profile status" and "wait" say of tunnels in all their states, to people, programs and monitoring.
#
# usage: test-status.sh APPLY APPLY_WITH_FAULTS RESOLVER FAKE_SYSTEM WG-PROFILE

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/resolver-lib.sh"

export WG_PROFILE_APPLY=$apply COLUMNS=80 SYSTEMD_PAGER=
program=$(realpath "$5")
status() { "$program" --root="$root" status "$@"; }
json() { status --json "$1" | python3 -c 'import json, sys; t = json.load(sys.stdin)["tunnels"][0]; print(eval(sys.argv[1]))' "$2"; }
first_line() { status "$1" | head -n 1; }
is() { [ "$(json "$1" "$2")" = "$3" ]; }

setup_hosts
name far.example 192.168.77.2

far_profile server
profile client.conf <<EOT
[Interface]
PrivateKey = $(key here)
Address = 10.99.0.1/24, fd99::1/64
[Peer]
# friendly_name=gateway
PublicKey = $(pub there)
PresharedKey =
AllowedIPs = 10.99.0.2/32, 10.77.0.0/16
Endpoint = far.example:51901
PersistentKeepalive = 5
EOT
sed -i '/PresharedKey/d' "$root/etc/wg-profile/client.conf"
profile spare.conf <<EOT
[Interface]
PrivateKey = $(key third)
EOT

check_exit "nothing runs: that is no failure" 0 status
check "each profile is a line of the overview" bash -c "[ \$(grep -cE '^  (client|server|spare) +down +-' '$work/out') = 3 ]"
check "and there is a summary" grep -qx '3 tunnels: 3 down.' "$work/out"
check_exit "a tunnel that is not started, by name" 9 status client
check "says so" grep -qx '\* client: down, it was not started' "$work/out"
check_exit "no such name" 6 status cleint
check "names those that there are" says "client"
check_exit "wait: no such name" 6 "$program" --root="$root" wait cleint
check_exit "wait: no such time" 2 "$program" --root="$root" wait client --timeout=soon
check_exit "wait: in vain" 1 "$program" --root="$root" wait client --timeout=300ms
check "says what is instead" says "client: still down, it was not started"

# --- connecting ---

check "up" up client
check_exit "the endpoint's name was not looked up yet" 7 status client
check "the first line says so" grep -qx '\* client: connecting, far.example has no address yet' "$work/out"
check_exit "wait: the tunnel is there" 0 "$program" --root="$root" wait client --timeout=5
check_exit "wait: nobody has answered" 1 "$program" --root="$root" wait client --handshake --timeout=300ms
start_resolver
wait_for 5 is client 't["peers"][0]["endpoint"]["address"]' 192.168.77.2:51901
check_exit "nobody answers" 7 status client
check "there was no handshake yet" grep -qx '\* client: connecting, no handshake yet' "$work/out"
check "the name and its address" grep -q 'endpoint: far.example:51901 -> 192.168.77.2:51901$' "$work/out"
check_exit "resolve: its name, now" 0 "$program" --root="$root" resolve client
check "prints the address" grep -qx 'far.example: 192.168.77.2' "$work/out"
check "the request is gone" test ! -e "$state/client.resolve"
# resolved EXPRESSION: of what "resolve --json" has printed, "e"
resolved() { python3 -c 'import json, sys; t = json.load(open(sys.argv[1]))["tunnels"]; e = t[0]["endpoints"][0]; sys.exit(not (t[0]["name"] == "client" and len(t) == 1 and eval(sys.argv[2])))' "$work/out" "$1"; }
check_exit "resolve --json" 0 "$program" --root="$root" --json resolve client
check "has the address" resolved 'e["host"] == "far.example" and e["port"] == 51901 and e["addresses"] == ["192.168.77.2:51901"] and e["failure"] is None and e["next"] > 0'
grep -v far.example /etc/hosts > /etc/hosts.new
mv /etc/hosts.new /etc/hosts
check_exit "resolve: it is gone" 1 "$program" --root="$root" resolve client
check "says so" says "client: far.example: there is no such name"
check_exit "resolve --json: it is gone" 1 "$program" --root="$root" --json resolve client
check "has the reason" resolved 'e["failure"] == "there is no such name"'
echo 192.168.77.2 far.example >> /etc/hosts
check "an edit of /etc/hosts is noticed" wait_for 10 is client 't["peers"][0]["endpoint"]["failure"]' None
check_exit "resolve: a tunnel that is not up" 1 "$program" --root="$root" resolve spare
check_exit "resolve: no such name" 6 "$program" --root="$root" resolve cleint

check_exit "the overview" 7 status
check "says why nobody answers" grep -qE '^\* client +connecting +- +0 B +[0-9.]+ K?i?B +yes +no handshake yet$' "$work/out"

# --- up ---

check "the other one comes" there "$apply" --root="$root" up server
check_exit "wait: a peer has answered" 0 "$program" --root="$root" wait client --handshake --timeout=20
check_exit "it is up" 0 status client
cat "$work/out" | sed 's/^/# /'
check "the first line" grep -qxE '\* client: up, last handshake [0-9]+s ago' "$work/out"
check "the peer by name" grep -qF "peer: gateway, up" "$work/out"
allowed=$(wg show client allowed-ips | cut -f2 | sed 's/ /, /') # a daemon has an order of its own
check "addresses, the port, the key, allowed-ips, the keepalive" bash -c "
        grep -q '^    addresses: 10.99.0.1/24, fd99::1/64' '$work/out' && grep -qE '^         port: [0-9]+$' '$work/out' &&
        grep -qF 'public key: $(pub here)' '$work/out' && grep -qx '        allowed ips: $allowed' '$work/out' &&
        grep -qx '          keepalive: every 5s' '$work/out'"
check "when it was resolved, and will be again" grep -qE 'resolved [0-9]+s ago,|again in ' "$work/out"
check "nothing differs" bash -c "! grep -q differs '$work/out'"
check "on a terminal no line is wider than that, and there are colours" bash -c "
        TERM=xterm script -qec '$program --root=$root status client' /dev/null < /dev/null > '$work/typescript' &&
        grep -q \$'\\e\\[32mup' '$work/typescript' &&
        [ \$(sed \$'s/\\e\\[[0-9;]*m//g; s/\\r//' '$work/typescript' | wc -L) -le 80 ]"
check "none if NO_COLOR says so" bash -c "
        NO_COLOR=1 TERM=xterm script -qec '$program --root=$root status client' /dev/null < /dev/null > '$work/typescript' &&
        ! grep -q \$'\\e' '$work/typescript'"
check "no secret" bash -c "! grep -qF -e '$(key here)' -e '$(key there)' '$work/out'"

check_exit "the overview: the link of the other one is not here" 1 status
cat "$work/out" | sed 's/^/# /'
check "when it was heard of, what came and went, and nothing else" grep -qE '^\* client +up +[0-9]+s ago +[0-9.]+ K?i?B +[0-9.]+ K?i?B +yes$' "$work/out"
check_exit "the same without a verb" 1 "$program" --root="$root"
check "has its lines" grep -qE '^\* client +up ' "$work/out"
printf '# a comment\n' >> "$root/etc/wg-profile/client.conf"
check_exit "a profile that changed only in words" 1 status
check "is no change" bash -c "! grep -q 'profile changed' '$work/out'"
sed -i 's/Keepalive = 5/Keepalive = 6/' "$root/etc/wg-profile/client.conf"
check_exit "a profile that changed" 1 status
check "is told with the command that helps" grep -qE '^\* client +up .* profile changed: wg-profile reload client$' "$work/out"
sed -i 's/Keepalive = 6/Keepalive = 5/' "$root/etc/wg-profile/client.conf"
timeout 3 "$program" --root="$root" status --watch=200ms > "$work/out"
check "watching shows rates, and looks every 200 ms" bash -c "
        [ \$(grep -cE '^\* client +up .*B/s +[0-9.]+ K?i?B/s' '$work/out') -ge 5 ]"
timeout 1 "$program" --root="$root" status client --watch=200ms > "$work/out"
check "of each peer as well" grep -qE '^ +rates: [0-9.]+ K?i?B/s received, [0-9.]+ K?i?B/s sent$' "$work/out"

there "$program" --root="$root" status server > "$work/out"
check "of two peers one is up, and the other has no reason to be" grep -qxE '\* server: up, 1 of 2 peers, last handshake [0-9]+s ago' "$work/out"
check "the peer's name from its comment" grep -qF 'peer: the other one, up' "$work/out"

check "JSON: states, numbers, times" is client '(t["state"], t["link"]["up"], t["peers"][0]["name"], t["peers"][0]["keepalive"], t["peers"][0]["received-bytes"] > 0, t["differences"], t["unit"])' "('up', True, 'gateway', 5, True, [], None)"
check_exit "metrics" 0 status --prometheus
check "the state" grep -qx 'wg_profile_state{tunnel="client",state="up"} 1' "$work/out"
# a key may have a "+" in it, which a regular expression would take as its own
labels="{interface=\"client\",public_key=\"$(pub there)\",allowed_ips=\"${allowed/, /,}\",friendly_name=\"gateway\"}"
check "a peer's, with the names of prometheus_wireguard_exporter" bash -c "
        sed -n 's/^wireguard_received_bytes_total//p' '$work/out' | grep -F '$labels' | grep -q '} [1-9][0-9]*$'"
check_exit "metrics into a file" 0 status --prometheus --output="$work/metrics.prom"
check "that everybody can read" [ "$(stat -c %a "$work/metrics.prom")" = 644 ]
check_exit "again, over it" 0 status --prometheus --output="$work/metrics.prom"
check "and nothing is left beside it" [ -z "$(find "$work" -name '.metrics*')" ]

# The file is the same again before the edit is looked at, and the answer is that of the time between.
sed -i 's/.* far.example$/192.168.77.9 far.example/' /etc/hosts
"$program" --root="$root" resolve client > "$work/resolved" &
asking=$!
sleep 0.3
sed -i 's/.* far.example$/192.168.77.2 far.example/' /etc/hosts
check "resolve: an edit of /etc/hosts" wait "$asking"
check "another address" grep -qx 'far.example: 192.168.77.9' "$work/resolved"
check "the edit is taken back at once: that is noticed" \
        wait_for 20 is client 't["peers"][0]["endpoint"]["addresses"]' "['192.168.77.2:51901']"
check "its peer has stayed" is client 't["peers"][0]["endpoint"]["address"]' 192.168.77.2:51901

# --- set ---

set_() { "$program" --root="$root" set "$@"; }
check_exit "set --runtime: by the peer's name" 0 set_ --runtime client peer gateway persistent-keepalive 9 allowed-ips +10.66.0.0/16
check "changes the device" [ "$(wg show client persistent-keepalive | cut -f2)" = 9 ]
check "and not all of the list" grep -q "10.77.0.0/16.*10.66.0.0/16\|10.66.0.0/16.*10.77.0.0/16" <(wg show client allowed-ips)
check "the session goes on" is client 't["state"]' up
check "the profile is what it was" grep -q "Keepalive = 5" "$root/etc/wg-profile/client.conf"
check "so it differs" bash -c "$(declare -f status); program='$program' root='$root'; status client | grep -q 'differs: from the profile'"
check_exit "set --runtime: a new peer" 0 set_ --runtime client peer "$(pub third)" endpoint 192.168.77.9:1 allowed-ips 10.67.0.0/16
check "is there" grep -q "$(pub third).*192.168.77.9:1" <(wg show client endpoints)
check_exit "set --runtime: remove" 0 set_ --runtime client peer "$(pub third)" remove
check "is not" bash -c "! wg show client peers | grep -q '$(pub third)'"
check_exit "set --runtime: no such peer by name" 2 set_ --runtime client peer nobody remove
check_exit "set --runtime: no such host" 1 set_ --runtime client peer gateway endpoint nowhere.example:1
check_exit "set: in the profile" 0 set_ client peer gateway persistent-keepalive 7
check "and nothing but that" grep -q "Keepalive = 7" "$root/etc/wg-profile/client.conf"
check "a reload has the profile's values" reload client
check "all of them" [ "$(wg show client persistent-keepalive | cut -f2) $(wg show client allowed-ips | grep -c 10.66)" = "7 0" ]
check_exit "set: and back" 0 set_ client peer gateway persistent-keepalive 5
check "reload" reload client

mkdir "$root/srv"
mv "$root/etc/wg-profile/client.conf" "$root/srv/client.conf"
ln -s /srv/client.conf "$root/etc/wg-profile/client.conf"
check "peers' names behind a link, which means what it means in the root" is client 't["peers"][0]["name"]' gateway
mv "$root/srv/client.conf" "$root/etc/wg-profile/client.conf"

# --- import ---

printf '[Interface]\nListenPort = 7\n' > "$work/new.conf"
without_systemd() { unshare --mount sh -c 'mount -t tmpfs tmpfs /etc && mount -t tmpfs tmpfs /run && "$@" && stat /etc/wg-profile/new.conf' sh "$@"; }
check_exit "import, where systemd does not run" 0 without_systemd "$program" import "$work/new.conf"
check_exit "import --start, where systemd does not run, fails as up does" 1 without_systemd "$program" import --start "$work/new.conf"
check "and says so" says "not been booted with systemd"

# --- what differs ---

sed -i 's/keepalive = 5/keepalive = 6/i' "$root/etc/wg-profile/client.conf"
status client > "$work/out"
check "a changed profile" grep -qx "      differs: from the profile: run 'wg-profile reload client'" "$work/out"
check "and what a reload would change" grep -qE "change peer .* keepalive 6" "$work/out"
check "the state is what it was" grep -qE '^\* client: up' "$work/out"
status --prometheus > "$work/out"
check "it is counted" grep -qxE 'wg_profile_differences[{]tunnel="client"[}] [1-9]' "$work/out"
echo nonsense >> "$root/etc/wg-profile/client.conf"
check "a broken profile" bash -c "$(declare -f status); program='$program' root='$root'; status client | grep -q 'the profile has errors now'"
status --prometheus > "$work/out"
check "of which no differences are counted" [ "$(grep -c '^wg_profile_differences{tunnel="client"}' "$work/out")" = 0 ]
check "while its state is told" grep -qx 'wg_profile_state{tunnel="client",state="up"} 1' "$work/out"
rm "$root/etc/wg-profile/client.conf"
check_exit "a profile that is gone" 0 status client
check "is told" grep -q 'differs: the profile is gone' "$work/out"
check_exit "the overview: the other one's link is in its own namespace" 1 status
check "has what runs, and what does not" bash -c "[ \$(grep -c '^\* ' '$work/out') = 2 ]"
check "the latter by name" grep -qE '^  spare +down +-' "$work/out"

# --- a full tunnel ---

profile full.conf <<EOT
[Interface]
PrivateKey = $(key third)
[Peer]
PublicKey = $(pub there)
AllowedIPs = 0.0.0.0/0
EOT
without_nft up full 2> /dev/null
status full > "$work/out"
check "a full tunnel without its nft table: says why" grep -q '^    nft table: none: .*libnftables' "$work/out"
check "and in JSON" is full 't["nft"]["table"] is None and "libnftables" in t["nft"]["problem"]' True
up full 2> /dev/null
status full > "$work/out"
check "a full tunnel: its nft table" grep -qx '    nft table: inet wg-profile-full' "$work/out"
check "and in JSON" is full 't["nft"]["table"], t["nft"]["problem"]' "('wg-profile-full', None)"
check "another tunnel has none" is client 't["nft"]' None
down full
rm "$root/etc/wg-profile/full.conf"

# --- a name that is no UTF-8 ---

cafe=$'caf\351'
profile "$cafe.conf" <<EOT
[Interface]
PrivateKey = $(key third)
Address = 10.98.0.1/24
[Peer]
PublicKey = $(pub there)
AllowedIPs = 0.0.0.0/0
Endpoint = far.example:51901
[WgProfile]
KillSwitch = yes
EOT
check_exit "a name that is no UTF-8: kill switch" 0 "$apply" --root="$root" killswitch "$cafe"
check_exit "plan" 10 "$apply" --root="$root" plan --json "$cafe"
check "names the link" grep -qF 'create link caf\\xe9' "$work/out"
check_exit "up" 0 up "$cafe"
check "nothing more to do" "$apply" --root="$root" plan "$cafe"
wait_for 5 is "$cafe" 't["peers"][0]["endpoint"]["address"]' 192.168.77.2:51901
check "the resolver's file is its own again" status_says "$cafe" '"chosen": "192.168.77.2:51901"'
check "status" is "$cafe" 't["name"], t["kill-switch"]' "('caf\\\\xe9', True)"
check "what the profile wants" is "$cafe" 't["kill-switch-wanted"]' yes
"$apply" --root="$root" killswitch-off "$cafe"
check "a kill switch that is off, unlike the profile's" is "$cafe" 't["kill-switch"], t["kill-switch-wanted"], t["differences"][-1]' \
        "(False, 'yes', 'the kill switch is off, and the profile has KillSwitch=yes')"
status "$cafe" > "$work/out"
check "is said" grep -q 'kill switch: *the kill switch is off, and the profile has KillSwitch=yes' "$work/out"
"$apply" --root="$root" killswitch "$cafe" && reload "$cafe"
status --prometheus > "$work/metrics" # another one is no longer up
check "metrics" grep -qF 'wg_profile_state{tunnel="caf\\xe9",' "$work/metrics"
check "are UTF-8" iconv -f UTF-8 -t UTF-8 -o /dev/null "$work/metrics"
check "reload" reload "$cafe"
nft delete table inet wg-killswitch
check "repair" "$apply" --root="$root" repair "$cafe"
check "the kill switch knows the link" nft list table inet wg-killswitch
check "down" down "$cafe"
check "kill switch off" "$apply" --root="$root" killswitch-off "$cafe"
rm "$root/etc/wg-profile/$cafe.conf"

# --- bad ---

check "the resolver, which would put things right, ends" stop_resolver
resolver_pid=
ip link set client down
check_exit "a link that somebody has set down" 1 status client
check "says so" grep -qx '\* client: failed, somebody has set its link down' "$work/out"
ip link delete client
check_exit "a link that is gone" 1 status client
check "says so" grep -qx '\* client: failed, its link is gone' "$work/out"

# --- who may not look ---

chmod 755 "$root" "$root/etc" "$root/etc/wg-profile" "$root/run" "$root/run/wg-profile"
nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups "$program" --root="$root" "$@"; }
cp "$program" "$work/wg-profile" && chmod 755 "$work" "$work/wg-profile" && program=$work/wg-profile
check_exit "without root: what cannot be shown is said" 4 nobody status client
check "in words" says "are shown to root only"
check "wait, likewise" bash -c "$(declare -f nobody); program='$program' root='$root'; nobody wait client 2>&1 | grep -q 'Only root can see'"

end
