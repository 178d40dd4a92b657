#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What goes wrong: exit codes and messages; and every change that can fail or be the last thing before a SIGKILL.

. "$(dirname "$0")/lib.sh"

setup_hosts
snapshot > "$work/clean"

# --- exit codes ---

plain="[Interface]
PrivateKey = $(key here)
Address = 10.99.0.1/24"

check_exit "no arguments" 2 "$apply"
check_exit "unknown verb" 2 "$apply" sideways x
check_exit "unknown option" 2 "$apply" --sideways up x
check_exit "an instance that systemd would not make" 2 "$apply" --root="$root" up 'a\x2db'

check_exit "no profile at all" 6 up nope
profile one.conf <<< "$plain"
profile two.conf <<< "$plain"
check_exit "no such profile" 6 up nope
check "no such profile: names those there are" says "one, two"
check_exit "a name that cannot be" 6 "$apply" --root="$root" up 'a:b'

profile bad.conf <<< "[Interface]
PrivateKey = $(key here)
Adress = 10.0.0.1/24"
check_exit "an invalid profile" 3 up bad
check "an invalid profile: file, line, section, key" says "/etc/wg-profile/bad.conf:3: [Interface] Adress:"
check "an invalid profile: not the secret" sh -c "! grep -qF '$(key here)' '$work/err'"

profile names.conf <<< "$plain
[Peer]
PublicKey = $(pub there)
Endpoint = vpn.example.org:51820"
check_exit "an endpoint that is a name" 0 up names
check "an endpoint that is a name: told" says "by name"
down names

check_exit "neither kernel nor userspace WireGuard" 5 env WG_PROFILE_USERSPACE=/nonexistent "$apply" --root="$root" up one
check "neither kernel nor userspace WireGuard: says what to install" says "wireguard-go"
check_nothing_left "neither kernel nor userspace WireGuard"
check_exit "a userspace program that fails" 1 env WG_PROFILE_USERSPACE=/bin/false "$apply" --root="$root" up one
check_nothing_left "a userspace program that fails"
cat > "$work/silent-daemon" <<'EOT'
#!/bin/sh
wireguard-go "$1" && mv "/run/wireguard/$1.sock" "/run/wireguard/$1.hidden"
EOT
chmod +x "$work/silent-daemon"
check_exit "a daemon that does not answer" 1 env WG_PROFILE_USERSPACE="$work/silent-daemon" "$apply" --root="$root" up one
check "a daemon that does not answer: told" says "could not make the link one: "
check "a daemon that does not answer: nothing left, it says" says "nothing of it was left behind"
rm -f /run/wireguard/one.hidden
check_nothing_left "a daemon that does not answer"
check "a daemon that does not answer: it is gone" wait_for 5 sh -c "! pgrep -x wireguard-go"

there "$apply" --root="$root" up one
mv "$state" "$work/there-state"
check_exit "a daemon of another network namespace has the name" 1 up one
check "a daemon of another network namespace has the name: told" says "/run/wireguard/one.sock"
check_nothing_left "a daemon of another network namespace has the name"
rmdir "$state"
mv "$work/there-state" "$state"
check "a daemon of another network namespace has the name: it lives" there wg show one listen-port
there "$apply" --root="$root" down one

# Killed before the daemon was started: the record does not know the link yet, and somebody makes one of that name.
for ((i = 1; i < 30; i++)); do
        faulted $i:kill up one
        ip link show dev one > "$work/out" 2>&1 && break
        down one
done
check "killed when the daemon has made its link" ip link show dev one
check_exit "killed when the daemon has made its link: down" 0 "$apply" --root="$root" down --after-failure one
check_nothing_left "killed when the daemon has made its link"
faulted $((i - 1)):kill up one
check "killed before the daemon was started: there is a record" test -e "$state/one.json"
ip tuntap add dev one mode tun
check_exit "a tun device of that name that is not ours: up" 1 up one
check "a tun device of that name that is not ours: told" says "which is not ours (kind 'tun'"
check "a tun device of that name that is not ours: down" "$apply" --root="$root" down --after-failure one
check "a tun device of that name that is not ours: it stays" ip link show dev one
ip link delete dev one
check_nothing_left "a tun device of that name that is not ours"

profile vrf.conf <<< "$plain
[WgProfile]
Vrf = cable
"
check_exit "what should be a VRF is none" 1 up vrf
check "what should be a VRF is none: told, with the line" says "/etc/wg-profile/vrf.conf:5: The link 'cable' is not a VRF (kind 'veth')"
sed -i s/cable/blue/ "$root/etc/wg-profile/vrf.conf"
check_exit "a VRF that is not there" 1 up vrf
check "a VRF that is not there: told, with what to do" says "ip link add blue type vrf"
check_nothing_left "a VRF that is not there"

ip link add one type veth peer name two
check_exit "a link of that name that is not ours" 1 up one
check "a link of that name that is not ours: says whose" says "kind 'veth'"
check "a link of that name that is not ours: stays" ip link show dev one
check "down leaves it alone, too" down one
check "down leaves it alone, too: it stays" ip link show dev one
ip link delete dev one

profile same.nmconnection <<EOT
[connection]
type=wireguard
interface-name=one
[wireguard]
private-key=$(key here)
EOT
up one
snapshot > "$work/up-one"
check_exit "a link that another profile has" 1 up same
check "a link that another profile has: says which" says "belongs to the tunnel 'one'"
down same
snapshot > "$work/now"
check_same "a link that another profile has: it stays" "$work/up-one" "$work/now"
down one

profile port.conf <<< "${plain/Address/ListenPort = 51999
Address}"
profile port2.conf <<< "${plain/Address/ListenPort = 51999
Address}"
up port
check_exit "a port that is taken" 1 up port2
check "a port that is taken: the line" says "/etc/wg-profile/port2.conf:3: "
check "a port that is taken: the reason" says "Address already in use"
check_exit "a port that is taken: nothing left" 1 ip link show dev port2
down port
check_nothing_left "a port that is taken"

ip route add 10.55.0.0/16 dev cable protocol static
profile route.conf <<< "$plain
[Peer]
PublicKey = $(pub there)
AllowedIPs = 10.54.0.0/16, 10.55.0.0/16"
check_exit "a route that is taken" 1 up route
check "a route that is taken: the line" says "/etc/wg-profile/route.conf:4: Cannot add route 10.55.0.0/16"
check "a route that is taken: whose" says "device cable, protocol static"
check "a route that is taken: nothing left" says "nothing of it was left behind"
check "a route that is taken: it stays" sh -c "ip route show dev cable | grep -q '^10.55'"

# What a reload adds may fail: what it would replace is kept then.
sed -i 's|, 10.55.0.0/16|, 10.53.0.0/16, 0.0.0.0/0|' "$root/etc/wg-profile/route.conf"
up route 2> /dev/null
ip rule > "$work/rules"
sed -i 's|10.99.0.1/24|10.99.1.1/24|; s|10.53.0.0/16|10.52.0.0/16, 10.55.0.0/16|' "$root/etc/wg-profile/route.conf"
check_exit "a reload to a route that is taken" 1 reload route
check "a reload to a route that is taken: the line" says "/etc/wg-profile/route.conf:4: Cannot add route 10.55.0.0/16"
check "a reload to a route that is taken: it stays up" says "The tunnel 'route' stays up"
check "a reload to a route that is taken: the old address stays" sh -c "ip address show dev route | grep -q 10.99.0.1/24"
check "a reload to a route that is taken: the old route stays" sh -c "ip route show dev route | grep -q '^10.53.0.0/16'"
check "a reload to a route that is taken: what else is new is there" sh -c "ip route show dev route | grep -q '^10.52.0.0/16'"
ip rule > "$work/now"
check_same "a reload to a route that is taken: the rules are as they were" "$work/rules" "$work/now"

# Without its mark the device would send its own packets into itself by the old rules.
sed -i 's|, 0.0.0.0/0||' "$root/etc/wg-profile/route.conf"
check_exit "no full tunnel any more, and a route that is taken" 1 reload route
check "no full tunnel any more, and a route that is taken: the mark stays" test "$(wg show route fwmark)" = 0xca6c
ip rule > "$work/now"
check_same "no full tunnel any more, and a route that is taken: the rules stay" "$work/rules" "$work/now"
snapshot > "$work/before"
check_exit "repair after a reload that failed" 0 "$apply" --root="$root" repair route
check "repair after a reload that failed: told" says "was not fully applied: correct that and reload it"
snapshot > "$work/now"
check_same "repair after a reload that failed: nothing is put back" "$work/before" "$work/now"
ip route del 10.55.0.0/16 dev cable
check_exit "a reload when it is not taken any more" 0 reload route
check "a reload when it is not taken any more: the mark is off" test "$(wg show route fwmark)" = off
check "a reload when it is not taken any more: the rules are gone" test "$(ip rule | wc -l)" = 3
check "a reload when it is not taken any more: what was replaced is gone" \
        test "$(ip route show dev route; ip address show dev route | grep -c 10.99.0)" = "$(
                printf '10.52.0.0/16 scope link \n10.54.0.0/16 scope link \n10.55.0.0/16 scope link \n'
                printf '10.99.1.0/24 proto kernel scope link src 10.99.1.1 \n0')"
down route
check_nothing_left "a reload to a route that is taken"

sed -i 's|10.54.0.0/16|0.0.0.0/0|' "$root/etc/wg-profile/route.conf"
up route 2> /dev/null
rm -f "$state/.numbers"* && mkdir "$state/.numbers.lock"
check_exit "the lock of all tunnels cannot be taken: down" 1 down route
check "the lock of all tunnels cannot be taken: told once" test "$(grep -c '^Cannot read' "$work/err")" = 1
rmdir "$state/.numbers.lock"
check_exit "the lock of all tunnels can be taken again: down" 0 down route
check_nothing_left "the lock of all tunnels can be taken again"

check_exit "not permitted" 4 setpriv --bounding-set -net_admin --inh-caps -net_admin "$apply" --root="$root" up one
check_nothing_left "not permitted"

# --- secrets ---

credentials=$work/credentials
mkdir "$credentials"
with_credentials() { CREDENTIALS_DIRECTORY=$credentials "$@"; }
profile secret.conf <<< "[Interface]
PrivateKey = @one-key
[Peer]
PublicKey = $(pub there)
PresharedKey = @psk"
check_exit "a credential that is not there" 1 up secret
check "a credential that is not there: says which and where" says "secret.conf:2: The private key should be in the credential one-key"
key here > "$credentials/one-key"
head -c 600 /dev/urandom | base64 > "$credentials/psk"
check_exit "a credential that was not decrypted" 1 with_credentials up secret
check "a credential that was not decrypted: says what to do" says "systemctl daemon-reload"
echo hello > "$credentials/psk"
check_exit "a credential that is no key" 1 with_credentials up secret
check_nothing_left "a credential that is no key"
cp "$work/psk" "$credentials/psk"
check "credentials" with_credentials up secret
check "credentials: private key" test "$(wg show secret private-key)" = "$(key here)"
check "credentials: preshared key" test "$(wg show secret preshared-keys | cut -f2)" = "$(cat "$work/psk")"
check "reload without credentials" reload secret
check "reload without credentials: the keys stay" test "$(wg show secret private-key)$(wg show secret preshared-keys | cut -f2)" = "$(key here)$(cat "$work/psk")"
cat >> "$root/etc/wg-profile/secret.conf" <<EOT
[Peer]
PublicKey = $(pub third)
PresharedKey = @psk
[Peer]
PublicKey = $(pub here)
PersistentKeepalive = 7
EOT
sed -i "s|^PublicKey = $(pub there)|&\nPersistentKeepalive = 9|" "$root/etc/wg-profile/secret.conf"
check_exit "reload cannot add a peer whose key it cannot read" 1 reload secret
check "reload cannot add a peer whose key it cannot read: told" says "run 'systemctl restart'"
check "reload changes what it can" test "$(wg show secret persistent-keepalive)" = "$(printf '%s\t9' "$(pub there)")"
down secret

profile implicit.conf <<< "[Interface]
Address = 10.99.0.1/24"
key third > "$credentials/network.wireguard.private.implicit"
check "a private key by the name of the profile" with_credentials up implicit
check "a private key by the name of the profile: it is used" test "$(wg show implicit private-key)" = "$(key third)"
down implicit
key here > "$credentials/wg-profile.implicit.private-key"
check "our own name for it comes first" with_credentials up implicit
check "our own name for it comes first: it is used" test "$(wg show implicit private-key)" = "$(key here)"
down implicit

profile file.conf <<< "[WgProfile]
PrivateKeyFile = /etc/keys/file.key"
check_exit "a key file that is not there" 1 up file
mkdir "$root/etc/keys"
key here > "$root/etc/keys/file.key"
chmod 644 "$root/etc/keys/file.key"
check_exit "a key file that others may read" 1 up file
chmod 600 "$root/etc/keys/file.key"
check "a key file" up file
check "a key file: it is used" test "$(wg show file private-key)" = "$(key here)"
# as one on a disk that is mounted for the start only
mv "$root/etc/keys/file.key" "$work/file.key"
cat >> "$root/etc/wg-profile/file.conf" <<EOT
[Peer]
PublicKey = $(pub there)
[Peer]
PublicKey = $(pub third)
EOT
check_exit "reload without the key file" 0 reload file
check "reload without the key file: told" says "file.conf:2: The private key should be in the file /etc/keys/file.key, which does not exist: the tunnel keeps the one it has."
check "reload without the key file: the key stays" test "$(wg show file private-key)" = "$(key here)"
check "reload without the key file: all else is changed" test "$(wg show file peers | wc -l)" = 2
check_exit "plan without the key file" 0 "$apply" --root="$root" plan file
echo no key > "$root/etc/keys/file.key"
check_exit "reload with a file that does not contain a key" 1 reload file
check "reload with a file that does not contain a key: told" says "does not contain a key"
down file
rm "$root/etc/keys/file.key"
check_exit "plan of a tunnel that is down, without the key file" 1 "$apply" --root="$root" plan file
check "plan of a tunnel that is down, without the key file: told" says "The private key should be in the file /etc/keys/file.key, which does not exist."
check_nothing_left "secrets"

# --- every change fails, and is the last ---

profile f.conf <<< "[Interface]
PrivateKey = $(key here)
ListenPort = 51900
Address = 10.99.0.1/24, fd99::1/64
MTU = 1400
[Peer]
PublicKey = $(pub there)
AllowedIPs = 10.98.0.0/16, fd98::/48, 0.0.0.0/0"
cp "$root/etc/wg-profile/f.conf" "$work/f1.conf"
sed 's/10.98/10.97/; s/MTU = 1400/MTU = 1380/; s/fd99::1/fd99::2/; s/, 0.0.0.0.0//' "$work/f1.conf" > "$work/f2.conf"

faulted count up f
n_up=$changes
snapshot > "$work/up1"
cp "$work/f2.conf" "$root/etc/wg-profile/f.conf"
faulted count reload f
n_reload=$changes
snapshot > "$work/up2"
down f
cp "$work/f1.conf" "$root/etc/wg-profile/f.conf"
up f
faulted count down f
n_down=$changes
check_nothing_left "all changes were made ($n_up, $n_reload, $n_down)"
check "there is enough to fail" test "$n_up" -ge 10 -a "$n_reload" -ge 8 -a "$n_down" -ge 6

cp "$work/f1.conf" "$root/etc/wg-profile/f.conf"
for ((i = 1; i <= n_up; i++)); do
        faulted $i:error up f
        check "up fails at change $i: exit code" test $? = 1
        check_nothing_left "up fails at change $i"

        faulted $i:kill up f
        check "up is killed before change $i: exit code" test $? = 137
        check "up is killed before change $i: up again" up f
        snapshot > "$work/now"
        check_same "up is killed before change $i: as if nothing had happened" "$work/up1" "$work/now"
        down f
        check_nothing_left "up is killed before change $i: down"

        faulted $i:kill up f
        check "up is killed before change $i: down --after-failure" "$apply" --root="$root" down --after-failure f
        check_nothing_left "up is killed before change $i: down --after-failure"
done

for ((i = 1; i <= n_reload; i++)); do
        for how in error kill; do
                cp "$work/f1.conf" "$root/etc/wg-profile/f.conf"
                up f
                cp "$work/f2.conf" "$root/etc/wg-profile/f.conf"
                faulted $i:$how reload f
                check "reload, $how at change $i: exit code" test $? != 0
                if [ $((i % 2)) = 0 ]; then
                        check "reload, $how at change $i: reload again" reload f
                        snapshot > "$work/now"
                        check_same "reload, $how at change $i: done" "$work/up2" "$work/now"
                        faulted count reload f
                        check "reload, $how at change $i: nothing left to do" test "$changes" = 0
                else
                        cp "$work/f1.conf" "$root/etc/wg-profile/f.conf"
                        check "reload, $how at change $i: back" reload f
                        snapshot > "$work/now"
                        check_same "reload, $how at change $i: back to before" "$work/up1" "$work/now"
                fi
                down f
                check_nothing_left "reload, $how at change $i: down"
        done
done

cp "$work/f1.conf" "$root/etc/wg-profile/f.conf"
check_failing_downs f "$n_down" check_nothing_left

end
