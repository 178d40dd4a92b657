#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Random edits of a profile, each followed by a reload. What is there then must be what a fresh "up" of the same
# profile makes on another host, by ip's, wg's and our own account.
#
# $WGP_SEED repeats a run, $WGP_EDITS says how many edits of each format.

. "$(dirname "$0")/lib.sh"

seed=${WGP_SEED:-$RANDOM$RANDOM}
n_edits=${WGP_EDITS:-100}
echo "# WGP_SEED=$seed"
RANDOM=$((seed % 32768))

for i in {0..5}; do
        wg genkey | wg pubkey > "$work/peer$i"
        wg genpsk > "$work/psk$i"
done

# one of the arguments
pick() { echo "${@:$((RANDOM % $# + 1)):1}"; }
# true once in N
once_in() { [ $((RANDOM % $1)) = 0 ]; }

prefixes=(10.1.0.0/16 10.2.0.0/16 10.2.3.0/24 10.99.0.0/24 10.99.0.7/32 fd01::/48 fd01::1/128 fd99::/64 0.0.0.0/0 ::/0 192.168.77.0/24)

allowed_ips() { # SEPARATOR
        local list= p
        for p in "${prefixes[@]}"; do
                once_in 4 && list+="${list:+$1}$p"
        done
        echo "$list"
}

write_wg_quick() {
        echo "[Interface]"
        echo "PrivateKey = $(key "$(pick here there)")"
        echo "ListenPort = $(pick 51900 51901)"
        once_in 2 && echo "Address = $(pick 10.99.0.1/24 10.99.0.2/24 10.99.0.1/32), $(pick fd99::1/64 fd99::2/64 fd99::1/128)"
        once_in 3 && echo "Address = 10.44.0.1/16"
        once_in 3 && echo "MTU = $(pick 1280 1400)"
        once_in 4 && echo "FwMark = $(pick 0x5 0x6)"
        once_in 5 && echo "Table = $(pick off 123)"
        local i
        for i in {0..5}; do
                once_in 3 && continue
                printf '[Peer]\nPublicKey = %s\nEndpoint = 192.168.77.%s:5000\n' "$(cat "$work/peer$i")" "$(pick 2 3 4)"
                echo "AllowedIPs = $(allowed_ips ', ')"
                once_in 3 && echo "PresharedKey = $(cat "$work/psk$(pick 0 1)")"
                once_in 3 && echo "PersistentKeepalive = $(pick 5 25)"
        done
        return 0
}

write_keyfile() {
        printf '[connection]\ntype=wireguard\ninterface-name=x\n[wireguard]\n'
        echo "private-key=$(key "$(pick here there)")"
        echo "listen-port=$(pick 51900 51901)"
        once_in 3 && echo "mtu=$(pick 1280 1400)"
        once_in 4 && echo "fwmark=$(pick 5 6)"
        once_in 5 && echo "peer-routes=false"
        local i
        for i in {0..5}; do
                once_in 3 && continue
                printf '[wireguard-peer.%s]\nendpoint=192.168.77.%s:5000\n' "$(cat "$work/peer$i")" "$(pick 2 3 4)"
                echo "allowed-ips=$(allowed_ips ';')"
                once_in 3 && printf 'preshared-key=%s\npreshared-key-flags=0\n' "$(cat "$work/psk$(pick 0 1)")"
                once_in 3 && echo "persistent-keepalive=$(pick 5 25)"
        done
        printf '[ipv4]\nmethod=manual\naddress1=10.99.0.%s/24\n' "$(pick 1 2)"
        once_in 2 && echo "address2=10.44.0.1/$(pick 16 24)"
        once_in 3 && echo "route-metric=$(pick 7 8)"
        once_in 3 && echo "route-table=$(pick 77 78)"
        once_in 3 && echo "never-default=true"
        once_in 3 && printf 'route1=10.55.0.0/16,10.99.0.%s\nroute1_options=mtu=%s\n' "$(pick 8 9)" "$(pick 1300 1310)"
        once_in 3 && printf 'route2=10.56.0.0/16\nroute2_options=type=%s\n' "$(pick blackhole unreachable)"
        once_in 3 && echo "routing-rule1=priority $(pick 100 101) from 10.99.0.0/24 table $(pick 77 78)"
        printf '[ipv6]\nmethod=manual\naddress1=fd99::%s/64\n' "$(pick 1 2)"
        once_in 3 && echo "route1=fd55::/32,fd99::$(pick 8 9)"
        return 0
}

# What ip and wg say, the order of lists aside.
everything() {
        local what peer ips

        snapshot "$1" | sed '/link.ether/d'
        for what in private-key listen-port fwmark preshared-keys endpoints persistent-keepalive; do
                $1 wg show x $what | sort
        done
        $1 wg show x allowed-ips | sort | while read -r peer ips; do
                echo "$peer" "$(tr ' ' '\n' <<< "$ips" | sort | tr '\n' ' ')"
        done
}

# A host of its own for the fresh tunnel, with its own sockets and records.
mkdir -p "$root/run"
unshare --net --mount --propagation private sh -c "mount -t tmpfs tmpfs /run/wireguard; mount -t tmpfs tmpfs '$root/run'; exec sleep infinity" &
fresh_pid=$!
trap 'kill $fresh_pid; finish' EXIT
while ! nsenter --target $fresh_pid --mount mountpoint -q "$root/run" 2> /dev/null; do sleep 0.02; done
fresh() { nsenter --target $fresh_pid --net --mount "$@"; }

for host in here fresh; do
        $host ip link add cable type veth peer name far
        $host ip address add 192.168.77.1/24 dev cable
        for link in lo cable far; do $host ip link set $link up; done
done
snapshot > "$work/clean"

for format in wg_quick keyfile; do
        file=$root/etc/wg-profile/x.$([ $format = keyfile ] && echo nmconnection || echo conf)
        rm -f "$root"/etc/wg-profile/x.*
        write_$format > "$file"
        up x 2> "$work/err" || { not_ok "$format: first up"; sed 's/^/# /' "$work/err"; }
        bad=0
        for ((i = 1; i <= n_edits; i++)); do
                write_$format > "$file"
                reload x 2> "$work/err" || bad=1
                fresh "$apply" --root="$root" up x 2>> "$work/err" || bad=1
                everything here > "$work/reloaded"
                everything fresh > "$work/fresh"
                fresh "$apply" --root="$root" down x 2>> "$work/err" || bad=1
                diff "$work/fresh" "$work/reloaded" > "$work/diff" || bad=1
                faulted count reload x || bad=1
                [ "$changes" = 0 ] || bad=1
                [ $bad = 0 ] || break
        done
        if [ $bad = 0 ]; then
                ok "$format: $n_edits edits"
        else
                not_ok "$format: edit $i (WGP_SEED=$seed; $changes changes by a second reload)"
                sed '/warning:/d; s/^/# /' "$work/err" "$work/diff" "$file"
        fi
        down x
        check_nothing_left "$format"
done

end
