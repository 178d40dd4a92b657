#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The guest's half of bench/vm: our tools beside wg-quick, NetworkManager and systemd-networkd, on the kernel's
# WireGuard. A line "# row" is one of bench's rows, with tabs; what is no measurement is a check.
set -uo pipefail
# shellcheck source=test/bed/guest/lib.sh
. /usr/lib/wgp-test/lib.sh
cd /usr/lib/wgp-test/bench || exit 1
umask 077

rounds=7
apply=/usr/libexec/wg-profile-apply
generator=/usr/lib/systemd/system-generators/wg-profile-generator
work=/run/bench
keyfiles=/etc/NetworkManager/system-connections
export WGP_BENCH_ROWS=$work/rows WGP_BENCH_ROW apply work keyfiles
mkdir -p $work/out $work/a $work/b $work/generated /etc/wg-profile

# row QUESTION WORKLOAD TOOL WHAT UNIT VALUE
row() {
        printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t1\n' "$@" "$6" "$6" >>$WGP_BENCH_ROWS
}
# missing QUESTION WORKLOAD TOOL REASON
missing() { row "$1" "$2" "$3" missing '' "$4"; }
no_reload='it leaves a link alone that is there already, as networkctl(1) says'
milliseconds() { echo $((${EPOCHREALTIME//[!0-9]/} / 1000)); }

# --- the far end: one peer that answers ---

private_key=$(wg genkey)
far_key=$(wg genkey)
far_public=$(wg pubkey <<<"$far_key")
peer_add far 192.0.2.1/24 192.0.2.2/24
cat >$work/far.conf <<END
[Interface]
PrivateKey = $far_key
ListenPort = 51820
[Peer]
PublicKey = $(wg pubkey <<<"$private_key")
AllowedIPs = 10.50.0.1/32
END
peer_wireguard far 10.50.0.2/24 <$work/far.conf

# make_profiles DIR OTHERS [ENDPOINT [NAME...]]: by default the tunnel as wgo (ours), wgq, wgn, wgd
make_profiles() {
        ./vm-profiles "$1" "$private_key" "$far_public" "${3:-192.0.2.2:51820}" "$2" "${@:4}"
        chgrp systemd-network "$1"/*.netdev "$1"/*.network
}

# --- the tools; each has a tunnel of its own name, one is up at a time ---

# use DIR: that version of the profiles is the present one
use() {
        cp -p $work/"$1"/wgo.conf $work/"$1"/wgq.conf /etc/wg-profile/
        cp -p $work/"$1"/wgq.conf $work/
        cp -p $work/"$1"/wgn.nmconnection $keyfiles/
}
up_networkd() {
        cp -p $work/a/wgd.netdev $work/a/wgd.network /etc/systemd/network/
        networkctl reload
        until [[ $(ip -brief address show dev wgd 2>/dev/null) == *10.50.0.1* ]]; do :; done
}
down_networkd() {
        rm -f /etc/systemd/network/wgd.*
        ip link delete dev wgd
        networkctl reload
}
reload_quick() { wg syncconf wgq <(exec wg-quick strip $work/wgq.conf); }
up_nm() { nmcli connection load $keyfiles/wgn.nmconnection && nmcli connection up wgn; }
reload_nm() { nmcli connection load $keyfiles/wgn.nmconnection && nmcli device reapply wgn; }
# What the tool before has set off is over: udev's part, and what NetworkManager and systemd-networkd make of a link.
settle() {
        udevadm settle
        sleep 0.3
}
# What boot has set off is over, too: ten times in two seconds nothing but the one who looks wants a processor.
is_idle() {
        local i running
        for ((i = 0; i < 10; i++)); do
                sleep 0.2
                read -r _ _ _ running _ </proc/loadavg
                ((${running%/*} <= 1)) || return 1
        done
}
export -f settle use up_networkd down_networkd reload_quick up_nm reload_nm

# table QUESTION WORKLOAD ARGUMENTS-OF-INTERLEAVE...
table() {
        export WGP_BENCH_ROW="$1"$'\t'"$2"
        echo "# $1, $2"
        shift 2
        ./interleave "$rounds" $work/out "$@" 2>&1 | sed 's/^/# /'
}

start_services() {
        mkdir -p /etc/NetworkManager/conf.d
        cat >/etc/NetworkManager/conf.d/bench.conf <<'END'
[main]
dns=systemd-resolved
no-auto-default=*
[keyfile]
unmanaged-devices=*,except:interface-name:wgn,except:interface-name:n*
END
        systemctl unmask --quiet NetworkManager systemd-networkd
        systemctl start NetworkManager systemd-networkd
        check 'NetworkManager runs' wait_for 60 nmcli general status
        check 'systemd-networkd runs' wait_for 60 networkctl list
        check 'boot is over' wait_for 120 is_idle
}

# record VERB: what that run of ours sends, for the floor
record() {
        : >"$work/$1.record"
        LD_PRELOAD=$PWD/witness.so WGP_WITNESS_RECORD=$work/$1.record $apply "$1" wgo
}

# Sets ifindex.
make_records() {
        record up
        ifindex=$(ip -oneline link show dev wgo | cut -d: -f1)
        record down
}

# Up, down, and a reload that adds a peer to that many. What wg-quick takes down or reloads is made by ours, which is the same
# to it: with 300 routes its own "up" takes a quarter of a minute.
bench_peers() {
        local workload=$1
        make_profiles $work/a $(($1 - 1)) "" wgo wgq wgn wgd
        use a
        nmcli connection load $keyfiles/wgn.nmconnection

        make_records
        table up "$workload" \
                wg-profile -before bash -c settle -do $apply up wgo -after $apply down wgo -- \
                wg-quick -before bash -c settle -do wg-quick up $work/wgq.conf -after wg-quick down $work/wgq.conf -- \
                'nmcli connection up' -before bash -c settle -do nmcli connection up wgn \
                -after nmcli connection down wgn -- \
                'networkctl reload' -before bash -c settle -do bash -c up_networkd -after bash -c down_networkd -- \
                floor -before bash -c settle -do ./floor --changes $work/up.record wgo "$ifindex" \
                -after ip link delete dev wgo
        table down "$workload" \
                wg-profile -before bash -c "$apply up wgo; settle" -do $apply down wgo -- \
                wg-quick -before bash -c "$apply up wgq; settle" -do wg-quick down $work/wgq.conf -after $apply down wgq -- \
                'nmcli connection down' -before bash -c 'nmcli connection up wgn; settle' -do nmcli connection down wgn -- \
                floor -before bash -c "$apply up wgo; settle" -do ./floor --changes $work/down.record wgo "$ifindex" \
                -after $apply down wgo
        make_profiles $work/b "$1" "" wgo wgq wgn wgd
        table 'reload, one peer added' "$workload" \
                wg-profile -before bash -c "use a; $apply up wgo; use b; settle" -do $apply reload wgo \
                -after $apply down wgo -- \
                'wg syncconf' -before bash -c "use a; $apply up wgq; use b; settle" -do bash -c reload_quick \
                -after $apply down wgq -- \
                'nmcli device reapply' -before bash -c "use a; up_nm; use b; settle" -do bash -c reload_nm \
                -after nmcli connection down wgn
        missing 'reload, one peer added' "$workload" 'networkctl reload' "$no_reload"
}

# --- packets lost ---

# loss TOOL LINK UP RELOAD DOWN: 30 reloads while packets flow to the peer that stays as it is
loss() {
        local tool=$1 link=$2 pid sent received added=0 i
        use a
        eval "$3" >/dev/null 2>&1
        wait_for 20 ping -c 1 -W 1 10.50.0.2
        # not -I: a socket that is bound to a link is good for nothing when there is another of that name
        ping -n -i 0.02 -W 2 10.50.0.2 >$work/ping 2>&1 &
        pid=$!
        ip netns exec far wg show wg0 latest-handshakes >$work/handshakes
        for ((i = 0; i < 15; i++)); do
                use b
                eval "$4" >/dev/null 2>&1
                (($(wg show "$link" peers | wc -l) == 21)) && added=$((added + 1))
                ip netns exec far wg show wg0 latest-handshakes >>$work/handshakes
                use a
                eval "$4" >/dev/null 2>&1
                ip netns exec far wg show wg0 latest-handshakes >>$work/handshakes
        done
        sleep 1
        kill -INT $pid
        wait $pid
        # what could not be sent counts to ping as sent; the answers to the last half second may have been under way
        sent=$(($(sed -nE 's/^([0-9]+) packets transmitted.*/\1/p' $work/ping) - 25))
        received=$(sed -nE 's/.* icmp_seq=([0-9]+) ttl.*/\1/p' $work/ping | sort -nu | awk -v sent=$sent '$1 <= sent' | wc -l)
        echo "# $tool: $received of $sent packets"
        row '30 reloads' '1 untouched peer, 20 others' "$tool" 'packets lost' '' $((sent - received))
        row '30 reloads' '1 untouched peer, 20 others' "$tool" 'packets sent' '' "$sent"
        row '30 reloads' '1 untouched peer, 20 others' "$tool" 'handshakes repeated' '' $(($(sort -u $work/handshakes | wc -l) - 1))
        row '30 reloads' '1 untouched peer, 20 others' "$tool" 'peers were added' 'of 15' $added
        eval "$5" >/dev/null 2>&1
        sleep 1
}

bench_loss() {
        make_profiles $work/a 0 "" wgo wgq wgn wgd
        make_profiles $work/b 20 "" wgo wgq wgn wgd
        loss wg-profile wgo "$apply up wgo" "$apply reload wgo" "$apply down wgo"
        loss 'wg syncconf' wgq "wg-quick up $work/wgq.conf" reload_quick "wg-quick down $work/wgq.conf"
        loss 'wg-quick down and up' wgq "wg-quick up $work/wgq.conf" "wg-quick down $work/wgq.conf; wg-quick up $work/wgq.conf" \
                "wg-quick down $work/wgq.conf"
        loss 'nmcli device reapply' wgn up_nm reload_nm "nmcli connection down wgn"
        missing '30 reloads' '1 untouched peer, 20 others' 'networkctl reload' "$no_reload"
}

# --- many tunnels ---

# private_dirty NAME...: KiB of all processes of these names
private_dirty() {
        local name pid sum=0
        for name; do
                for pid in $(pgrep -x "$name"); do
                        sum=$((sum + $(awk '/^Private_Dirty/ { print $2 }' /proc/"$pid"/smaps_rollup)))
                done
        done
        echo $sum
}

# links LETTER: how many of these names are up
links() { ip -brief link show type wireguard up | grep -c "^$1[0-9]"; }
# await_links LETTER N
await_links() { wait_for 300 eval "((\$(links '$1') == $2))"; }

bench_many() {
        local n=$1 i start names workload
        workload="$1 tunnel$( ((n == 1)) || echo s)"
        names=()
        for ((i = 1; i <= n; i++)); do names+=("o$i" "q$i" "n$i" "d$i"); done
        make_profiles $work/a 0 '' "${names[@]}"
        rm -f /etc/wg-profile/*
        mv $work/a/o[0-9]*.conf /etc/wg-profile/
        rounds=3 table 'generator' "$workload" wg-profile -do $generator $work/generated $work/generated $work/generated
        systemctl daemon-reload
        start=$(milliseconds)
        for ((i = 1; i <= n; i++)); do $apply up o$i >/dev/null 2>&1; done
        row 'start' "$workload" 'wg-profile-apply, one after the other' time ms $(($(milliseconds) - start))
        for ((i = 1; i <= n; i++)); do $apply down o$i >/dev/null 2>&1; done
        start=$(milliseconds)
        systemctl start wg-profile.target
        row 'start' "$workload" 'wg-profile.target' time ms $(($(milliseconds) - start))
        check "$n tunnels of ours are up" test "$(links o)" = "$n"
        sleep 2
        row 'memory of what stays' "$workload" wg-profile 'private dirty' KiB "$(private_dirty wg-profile-reso)"
        systemctl stop wg-profile.target 'wg-profile@*.service' wg-profile-resolver.timer wg-profile-resolver.service
        rm -f /etc/wg-profile/o*
        systemctl daemon-reload

        mkdir -p /etc/wireguard
        mv $work/a/q[0-9]*.conf /etc/wireguard/
        start=$(milliseconds)
        eval "systemctl start wg-quick@q{1..$n}"
        row 'start' "$workload" 'wg-quick@' time ms $(($(milliseconds) - start))
        eval "systemctl stop wg-quick@q{1..$n}"
        rm -f /etc/wireguard/q*

        mv $work/a/n[0-9]*.nmconnection $keyfiles/
        row 'memory of what stays' 'no tunnel' NetworkManager 'private dirty' KiB "$(private_dirty NetworkManager)"
        start=$(milliseconds)
        systemctl restart NetworkManager
        check "$n tunnels of NetworkManager are up" await_links n "$n"
        row 'start' "$workload" 'NetworkManager' time ms $(($(milliseconds) - start))
        sleep 2
        row 'memory of what stays' "$workload" NetworkManager 'private dirty' KiB "$(private_dirty NetworkManager)"
        rm -f $keyfiles/n[0-9]*
        nmcli connection reload
        wait_for 60 eval "((\$(links n) == 0))"

        mv $work/a/d[0-9]*.net* /etc/systemd/network/
        start=$(milliseconds)
        systemctl restart systemd-networkd
        check "$n tunnels of systemd-networkd are up" await_links d "$n"
        row 'start' "$workload" 'systemd-networkd' time ms $(($(milliseconds) - start))
        sleep 2
        row 'memory of what stays' "$workload" systemd-networkd 'private dirty' KiB "$(private_dirty systemd-network)"
        rm -f /etc/systemd/network/d*
        for ((i = 1; i <= n; i++)); do ip link delete dev d$i; done
        networkctl reload
}

has_endpoints() { (($(wg show all endpoints | grep -c 192.0.2.2:51820) >= $1)); }

# Ours alone, for the kernel's WireGuard and what stays. Nobody deletes them: it is the last part.
bench_thousand() {
        local i start names=()
        systemctl stop NetworkManager systemd-networkd
        echo '192.0.2.2 far.example.com' >>/etc/hosts
        for ((i = 1; i <= 1000; i++)); do names+=("o$i"); done
        make_profiles $work/a 0 far.example.com:51820 "${names[@]}"
        rm -f /etc/wg-profile/*
        mv $work/a/o[0-9]*.conf /etc/wg-profile/
        rounds=3 table 'generator' '1000 tunnels' \
                wg-profile -do $generator $work/generated $work/generated $work/generated
        start=$(milliseconds)
        for ((i = 1; i <= 1000; i++)); do $apply up o$i >/dev/null 2>&1; done
        row 'start' '1000 tunnels' 'wg-profile-apply, one after the other' time ms $(($(milliseconds) - start))
        check '1000 tunnels of ours are up' test "$(links o)" = 1000
        systemctl restart wg-profile-resolver.service
        check 'their endpoints are set' wait_for 120 has_endpoints 1000
        sleep 2
        row 'memory of what stays' '1000 tunnels' wg-profile 'private dirty' KiB "$(private_dirty wg-profile-reso)"
}

# --- a DNS change ---

serve() {
        [[ -z ${dnsmasq_pid:-} ]] || { kill "$dnsmasq_pid"; wait "$dnsmasq_pid"; }
        dnsmasq --keep-in-foreground --no-resolv --no-hosts --listen-address=127.0.0.5 --bind-interfaces --local-ttl=5 \
                --host-record="far.example.com,$1" --pid-file= &
        dnsmasq_pid=$!
        sleep 1
        resolvectl flush-caches
}

# moved TOOL LINK UP DOWN LIMIT
moved() {
        local start
        ip -n far address flush dev underlay
        ip -n far address add 192.0.2.2/24 dev underlay
        serve 192.0.2.2
        check_like "$1: DNS tells where the peer is" '192\.0\.2\.2' "$(resolvectl query far.example.com 2>&1)"
        eval "$3" >/dev/null 2>&1
        check "$1: the tunnel works at first" wait_for 60 ping -c 1 -W 1 -I "$2" 10.50.0.2
        # in this order: the second of a network would go with the first
        ip -n far address delete 192.0.2.2/24 dev underlay
        ip -n far address add 192.0.2.3/24 dev underlay
        # It was started anew, and knows nobody: it would tell its new address by itself.
        ip netns exec far wg setconf wg0 $work/far.conf
        serve 192.0.2.3
        start=$(milliseconds)
        if wait_for "$5" ping -c 1 -W 1 -I "$2" 10.50.0.2; then
                row 'the peer moves, DNS tells' '1 peer' "$1" 'time to traffic' ms $(($(milliseconds) - start))
        else
                row 'the peer moves, DNS tells' '1 peer' "$1" "no traffic after" s "$5"
        fi
        eval "$4" >/dev/null 2>&1
}

bench_moved() {
        install -d -m 0755 /etc/systemd/resolved.conf.d
        printf '[Resolve]\nDNS=127.0.0.5\nDNSSEC=no\nCache=yes\n' >/etc/systemd/resolved.conf.d/bench.conf
        chmod 0644 /etc/systemd/resolved.conf.d/bench.conf # it is no root that reads it
        systemctl restart systemd-resolved
        make_profiles $work/a 0 far.example.com:51820 wgo wgq wgn wgd
        use a
        systemctl daemon-reload
        moved wg-profile wgo 'systemctl start wg-profile@wgo' 'systemctl stop wg-profile@wgo' 150
        moved NetworkManager wgn up_nm 'nmcli connection down wgn' 150
        kill "$dnsmasq_pid"
}

# tell: what was found out since the last time
tell() {
        sed 's/^/# row\t/' $WGP_BENCH_ROWS
        : >$WGP_BENCH_ROWS
}

versions() {
        dpkg-query --show --showformat='${Package}: ${Version}\n' wireguard-tools network-manager systemd iproute2 bash |
                sed 's/^/# head /'
        echo "# head kernel of the guest: $(uname -r)"
}

# part NAME: a line per part of this, the last ones the first to be given up when time is short
part() {
        echo "# part $1 begins after $SECONDS s"
        case $1 in
                # short enough for more of them: what comes between by chance is as long as the run
                peers-1) rounds=15 bench_peers 1 ;;
                peers-*) bench_peers "${1#*-}" ;;
                tunnels-1000) bench_thousand ;;
                tunnels-*) bench_many "${1#*-}" ;;
                loss) bench_loss ;;
                moved) bench_moved ;;
                *) fail "there is no part $1" ;;
        esac
        tell
}

versions
start_services
read -r -a parts <only
[[ ${#parts[@]} -gt 0 ]] || parts=(peers-1 loss tunnels-1 tunnels-10 peers-300 moved tunnels-50 tunnels-1000)
for name in "${parts[@]}"; do
        part "$name"
done
echo "# all parts took $SECONDS s"
