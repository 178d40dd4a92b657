#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Several runs at once: one after the other for each tunnel, and no number twice.

. "$(dirname "$0")/lib.sh"

setup_hosts
snapshot > "$work/clean"

n=8
for ((i = 1; i <= n; i++)); do
        profile t$i.conf <<EOT
[Interface]
PrivateKey = $(key here)
Address = 10.99.$i.1/24
[Peer]
PublicKey = $(pub there)
Endpoint = 192.168.77.2:51901
AllowedIPs = 0.0.0.0/0, ::/0
EOT
done

all() { # VERB: of all tunnels at once
        local pids=() pid bad=0
        for ((i = 1; i <= n; i++)); do
                "$1" t$i 2>> "$work/err" &
                pids+=($!)
        done
        for pid in "${pids[@]}"; do wait $pid || bad=1; done
        return $bad
}

: > "$work/err"
check "$n full tunnels at once" all up
check "$n marks" test "$(for ((i = 1; i <= n; i++)); do wg show t$i fwmark; done | sort -u | wc -l)" = $n
check "$n priorities of each kind" test "$(ip rule | grep -c goto) $(ip rule | grep goto | cut -d: -f1 | sort -u | wc -l) $(ip rule | grep 'suppress_prefixlength 0' | cut -d: -f1 | sort -u | wc -l)" = "$n $n $n"
check "one shared rule" test "$(ip rule | grep -c nop)" = 1
check "all down at once" all down
check_nothing_left "all down at once"
# who goes at once with another leaves nothing to it
for ((round = 0; round < 5; round++)); do
        all up
        all down
        snapshot > "$work/now"
        check_same "all up and down at once, round $round: nothing is left" "$work/clean" "$work/now"
done

# The same tunnel: what is last counts, and nobody trips over another.
for ((i = 0; i < 6; i++)); do
        up t1 2>> "$work/err" &
        "$apply" --root="$root" reload t1 2>> "$work/err" &
        down t1 2>> "$work/err" &
        "$apply" --root="$root" down --after-failure t1 2>> "$work/err" &
done
wait $(jobs -p | grep -v "^$there_pid$")
check "a mess of runs, then up" up t1
check "a mess of runs, then up: complete" grep -q '"complete": true' "$state/t1.json"
check "a mess of runs, then down" down t1
check_nothing_left "a mess of runs"
check "nothing to tell but that it was down" sh -c "! grep -v -e 'is not up' -e warning: '$work/err'"

end
