# SPDX-License-Identifier: LGPL-2.1-or-later
# Shared by the tests in network namespaces: two hosts, "here" and "there", joined by a cable; profiles in a tree of
# their own; the result as TAP. Sourced by a script that was called with the programs' paths:
#
#   test-NAME.sh APPLY APPLY_WITH_FAULTS
#
# Needs root. Every link made here is deleted at the end, since a userspace daemon lives as long as its link.

set -u
LC_ALL=C
export LC_ALL

if [ "${WGP_NETNS_TEST:-}" != inside ]; then
        # and its own processes: none of them outlives the test, however it ends
        WGP_NETNS_TEST=inside exec unshare --net --mount --propagation private --pid --fork --kill-child --mount-proc \
                bash "$0" "$@"
fi

apply=$(realpath "$1")
faulty=$(realpath "$2")
[ -x "$apply" ] && [ -x "$faulty" ] || { echo "Bail out! no programs to test"; exit 1; }
root=$(mktemp -d)
work=$(mktemp -d)
state=$root/run/wg-profile/state
n_checks=0
n_failed=0
there_pid=

# The daemons' sockets are found by the link's name alone: keep them from those of the machine.
mkdir -p /run/wireguard
mount -t tmpfs tmpfs /run/wireguard

finish() {
        local ns link

        for ns in here there; do
                for link in $($ns ip -o link 2>/dev/null | sed 's/^[0-9]*: \([^:@]*\).*/\1/'); do
                        [ "$link" = lo ] || $ns ip link delete dev "$link" 2>/dev/null
                done
        done
        [ -n "$there_pid" ] && kill "$there_pid" 2>/dev/null
        rm -rf "$root" "$work"
}
trap finish EXIT

here() { "$@"; }
there() { nsenter --net --target "$there_pid" "$@"; }

setup_hosts() {
        unshare --net sleep infinity &
        there_pid=$!
        while [ "$(readlink /proc/$there_pid/ns/net)" = "$(readlink /proc/self/ns/net)" ]; do sleep 0.02; done
        ip link add cable type veth peer name cable2
        ip link set cable2 netns "$there_pid"
        there ip link set cable2 name cable
        here ip address add 192.168.77.1/24 dev cable
        there ip address add 192.168.77.2/24 dev cable
        local ns
        for ns in here there; do
                $ns ip link set lo up
                $ns ip link set cable up
        done
}

# --- profiles ---

mkdir -p "$root/etc/wg-profile"
umask 077
for name in here there third; do
        wg genkey > "$work/$name.key"
        wg pubkey < "$work/$name.key" > "$work/$name.pub"
done
wg genpsk > "$work/psk"
key() { cat "$work/$1.key"; }
pub() { cat "$work/$1.pub"; }

# profile NAME.SUFFIX < text
profile() { cat > "$root/etc/wg-profile/$1"; }

# far_profile [NAME]: the profile of the other host's end, which is a server
far_profile() {
        profile "${1:-far}.conf" << EOT
[Interface]
PrivateKey = $(key there)
ListenPort = 51901
Address = 10.99.0.2/24
[Peer]
# Name = the other one
PublicKey = $(pub here)
AllowedIPs = 10.99.0.1/32
[Peer]
PublicKey = $(pub third)
AllowedIPs = 10.99.0.3/32
EOT
}

up() { "$apply" --root="$root" up "$1"; }
down() { "$apply" --root="$root" down "$1"; }
reload() { "$apply" --root="$root" reload "$1"; }

# faulted FAULT VERB NAME: the exit code is that of the program; "$changes" is how many it tried
faulted() {
        local r
        { WGP_FAULT=$1 "$faulty" --root="$root" "${@:2}" 9> "$work/changes"; } 2> "$work/stderr"
        r=$?
        changes=$(cat "$work/changes")
        return $r
}

# --- looking ---

# wait_for SECONDS COMMAND...: tries ten times a second until the command succeeds. The attempts are counted, not the
# time: where the machine is short of it, each attempt takes longer, and so does what is waited for.
wait_for() {
        local attempts=$(($1 * 10 + 10))
        shift
        until "$@" > /dev/null 2>&1; do
                [ $((attempts--)) -gt 0 ] || return 1
                sleep 0.1
        done
}

# Everything of the host that a tunnel could leave behind. Left out: what differs from run to run (indices, queue
# sizes) and the random link-local address of a userspace daemon's link.
snapshot() {
        local ns=${1:-here}

        $ns ip -d -o link | sed -E 's/^[0-9]+: //; s/@if[0-9]+//; s/ qdisc [a-z_]+//; s/ state [A-Z]+//; s/NO-CARRIER,|,LOWER_UP//g' | sort
        $ns ip -o address | sed -E 's/^[0-9]+: //; s/ tentative//; /inet6 fe80/d' | sort
        $ns ip -4 route show table all | sort
        $ns ip -6 route show table all | sed -E '/fe80|ff00::/d' | sort
        $ns ip -4 rule
        $ns ip -6 rule
        $ns nft list ruleset
        $ns sysctl net.ipv4.conf.all.src_valid_mark
}

nft_library() { realpath "$(ldconfig -p | sed -n 's/.*libnftables\.so\.1 .*=> //p' | head -n 1)"; }

# over_nft FILE COMMAND...: with that file in the place of the library
over_nft() {
        local library r

        library=$(nft_library)
        mount --bind "$1" "$library"
        "${@:2}"
        r=$?
        umount "$library"
        return $r
}

# without_nft COMMAND...: as on a machine without the library
without_nft() { over_nft /dev/null "$@"; }

# without_in_nft TEXT COMMAND...: as with a kernel that refuses what has that text in it
without_in_nft() {
        cp "$(nft_library)" "$work/real-nft"
        WGP_NFT_WITHOUT=$1 WGP_REAL_NFT=$work/real-nft over_nft "$(dirname "$faulty")/nft-without.so" "${@:2}"
}

# without_nft_socket COMMAND...: as with a kernel that cannot tell packets by their socket
without_nft_socket() { without_in_nft ' socket ' "$@"; }

# A closed port answers, and that takes the way there and back.
reaches() {
        local ns=$1 address=$2 answer

        answer=$($ns timeout 5 bash -c "exec 3<>/dev/tcp/$address/9" 2>&1)
        [[ $answer == *refused* ]]
}

# --- TAP ---

ok() {
        n_checks=$((n_checks + 1))
        echo "ok $n_checks - $1"
}

not_ok() {
        n_checks=$((n_checks + 1))
        n_failed=$((n_failed + 1))
        echo "not ok $n_checks - $1"
}

# check WHAT COMMAND...
check() {
        local what=$1
        shift
        if "$@" > "$work/check.out" 2> "$work/check.err"; then
                ok "$what"
        else
                not_ok "$what"
                sed 's/^/# /' "$work/check.out" "$work/check.err"
        fi
}

# check_exit WHAT CODE COMMAND...: the standard error is left in $work/err
check_exit() {
        local what=$1 wanted=$2 r
        shift 2
        "$@" > "$work/out" 2> "$work/err"
        r=$?
        if [ $r = "$wanted" ]; then
                ok "$what"
        else
                not_ok "$what (exit code $r, not $wanted)"
                sed 's/^/# /' "$work/out" "$work/err"
        fi
}

says() { grep -qF -- "$1" "$work/err"; }

check_same() {
        local what=$1
        if diff "$2" "$3" > "$work/diff"; then
                ok "$what"
        else
                not_ok "$what"
                sed 's/^/# /' "$work/diff"
        fi
}

check_nothing_left() {
        snapshot > "$work/now"
        check_same "$1: links, addresses, routes, rules, nft tables and sysctls" "$work/clean" "$work/now"
        check "$1: no record" test -z "$(ls "$state" 2> /dev/null)"
}

# check_failing_downs NAME N CHECK...: each change of a "down", of which there are N, fails or is killed; after the next one CHECK
# is called, with a description.
check_failing_downs() {
        local i how
        for ((i = 1; i <= $2; i++)); do
                for how in error kill; do
                        up "$1"
                        faulted $i:$how down "$1"
                        check "down, $how at change $i: exit code" test $? != 0
                        check "down, $how at change $i: again" "$apply" --root="$root" down --after-failure "$1"
                        "${@:3}" "down, $how at change $i"
                done
        done
}

end() {
        echo "1..$n_checks"
        [ $n_failed = 0 ]
}
