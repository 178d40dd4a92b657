#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A record that is cut off at each of its bytes, one after the other: "reload" goes on from what is there and writes the whole
# record again, "down" leaves nothing, and the next "up" finds nothing in its way.
#
#   test-truncated.sh APPLY APPLY_WITH_FAULTS

. "$(dirname "$0")/lib.sh"

setup_hosts
ip route add default via 192.168.77.2 dev cable

profile a.conf << EOT
[Interface]
PrivateKey = $(key here)
Address = 10.99.1.1/24
[Peer]
PublicKey = $(pub there)
AllowedIPs = 0.0.0.0/0
EOT

# As snapshot(), but for what a tunnel of this test cannot leave: it is looked at some thousand times.
look() {
        ip -o -4 address | sed 's/^[0-9]*: //'
        ip -4 route show table all
        ip -4 rule
        ip -6 rule
        nft list tables
        cat /proc/sys/net/ipv4/conf/all/src_valid_mark
        ls "$state" 2> /dev/null
}
# wrong WHERE WHAT: what was expected is in $work/expected
wrong() {
        look > "$work/now"
        cmp -s "$work/expected" "$work/now" && return 1
        not_ok "cut off at byte $1: $2"
        diff "$work/expected" "$work/now" | sed 's/^/# /'
}
# tried WHERE VERB: it has to succeed
tried() {
        "$apply" --root="$root" "$2" a 2> "$work/err" && return
        not_ok "cut off at byte $1: $2"
        sed 's/^/# /' "$work/err"
}

snapshot > "$work/clean"
look > "$work/nothing"
up a
cp "$state/a.json" "$work/whole"
look > "$work/all"
size=$(stat -c %s "$work/whole")
check "there is a record to be cut off" test "$size" -gt 500

# The last byte is the line feed, without which it is whole.
n_reloads=0
for ((n = 0; n < size - 1; n++)); do
        head -c $n "$work/whole" > "$state/a.json"
        cp "$work/all" "$work/expected"
        tried $n reload
        wrong $n "what is there after the reload"
        cmp -s "$work/whole" "$state/a.json" || { not_ok "cut off at byte $n: the record after the reload"; cp "$work/whole" "$state/a.json"; }
        n_reloads=$((n_reloads + 1))
done
check "reloaded with a record cut off at each byte" test $n_reloads = $((size - 1))

n_downs=0
for ((n = 0; n < size - 1; n++)); do
        head -c $n "$work/whole" > "$state/a.json"
        cp "$work/nothing" "$work/expected"
        tried $n down
        wrong $n "what is left after the stop"
        cp "$work/all" "$work/expected"
        tried $n up
        wrong $n "what is there after the next start"
        n_downs=$((n_downs + 1))
done
check "stopped and started with a record cut off at each byte" test $n_downs = $((size - 1))

down a
check_nothing_left "down"
end
