# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What the guest's scripts share: checks for a test.sh, peers for a scenario's network.

#
# Checks. Each prints "ok - TEXT" or "not ok - TEXT" and, when it fails, what it saw as "# " lines.
#
note() {
        printf '%s\n' "$*" | sed 's/^/#   /'
}

pass() {
        echo "ok - $1"
}

# fail TEXT [DETAIL]
fail() {
        echo "not ok - $1"
        [[ -z ${2:-} ]] || note "$2"
}

# skip TEXT REASON
skip() {
        echo "ok - $1 # SKIP $2"
}

# check TEXT COMMAND...: the command succeeds.
check() {
        local text=$1 output
        shift
        if output=$("$@" 2>&1); then
                pass "$text"
        else
                fail "$text" "status $? from: $*"$'\n'"$output"
        fi
}

# check_fails TEXT COMMAND...: the command does not succeed.
check_fails() {
        local text=$1 output
        shift
        if output=$("$@" 2>&1); then
                fail "$text" "succeeded: $*"$'\n'"$output"
        else
                pass "$text"
        fi
}

# check_is TEXT WANTED GOT
check_is() {
        if [[ $3 == "$2" ]]; then
                pass "$1"
        else
                fail "$1" "$(diff <(printf '%s\n' "$2") <(printf '%s\n' "$3"))"
        fi
}

# check_like TEXT REGEX GOT: an extended regular expression matches somewhere.
check_like() {
        if [[ $3 =~ $2 ]]; then
                pass "$1"
        else
                fail "$1" "not matched: $2"$'\n'"in: $3"
        fi
}

# wait_for SECONDS COMMAND...: tries every quarter of a second until the command succeeds. The attempts are counted, not
# the time: where the machine is short of it, each attempt takes longer, and so does what is waited for.
wait_for() {
        local attempts=$(($1 * 4 + 4))
        shift
        until "$@" >/dev/null 2>&1; do
                ((attempts-- > 0)) || return 1
                sleep 0.25
        done
}

# The property's bare value: unit_property UNIT PROPERTY
unit_property() {
        systemctl show --value --property="$2" "$1"
}

# Everything that a tunnel could leave behind, without what changes by itself.
net_state() {
        ip -details link
        ip address
        ip -4 route show table all
        ip -6 route show table all
        ip -4 rule
        ip -6 rule
        nft list ruleset
        grep -H . /proc/sys/net/ipv4/conf/*/src_valid_mark
}

#
# Peers. A peer is a network namespace behind a veth, with kernel WireGuard in it: the rest of the world.
#
# peer_add NAMESPACE HOST_ADDRESS/LENGTH PEER_ADDRESS/LENGTH: the veth on this side is called to-NAMESPACE.
peer_add() {
        local namespace=$1 host_address=$2 peer_address=$3
        ip netns add "$namespace"
        ip link add "to-$namespace" type veth peer name underlay netns "$namespace"
        # Addresses that appear or get ready by themselves would be differences in net_state.
        ip link set "to-$namespace" addrgenmode none
        ip -n "$namespace" link set underlay addrgenmode none
        ip address add "$host_address" dev "to-$namespace" nodad
        ip -n "$namespace" address add "$peer_address" dev underlay nodad
        ip link set "to-$namespace" up
        ip -n "$namespace" link set underlay up
        ip -n "$namespace" link set lo up
}

# peer_wireguard NAMESPACE ADDRESS/LENGTH... <CONFIGURATION: wg0 in the namespace, configured as `wg setconf` reads it.
peer_wireguard() {
        local namespace=$1 address
        shift
        ip -n "$namespace" link add wg0 type wireguard
        ip netns exec "$namespace" wg setconf wg0 /dev/stdin
        for address; do
                ip -n "$namespace" address add "$address" dev wg0 nodad
        done
        ip -n "$namespace" link set wg0 up
}
