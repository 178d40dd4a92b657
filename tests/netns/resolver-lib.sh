# SPDX-License-Identifier: LGPL-2.1-or-later
# Shared by the tests of the resolver, after lib.sh: an /etc of their own, and the resolver.

resolver=$(realpath "$3")
resolver_pid=
helpers=() # processes to end

# A name is known when it stands in /etc/hosts. Everything in /etc is ours to change.
mkdir "$work/etc" "$work/overlay"
mount -t overlay overlay -o "lowerdir=/etc,upperdir=$work/etc,workdir=$work/overlay" /etc
echo 'hosts: files' > /etc/nsswitch.conf

# name NAME ADDRESS...: as whoever configures DNS would: the file is replaced, and so is resolv.conf
name() {
        local address
        grep -v " $1\$" /etc/hosts > /etc/hosts.new
        for address in "${@:2}"; do
                echo "$address $1" >> /etc/hosts.new
        done
        mv /etc/hosts.new /etc/hosts
        echo "# $((++n_changes))" > /etc/resolv.conf.new
        mv /etc/resolv.conf.new /etc/resolv.conf
}
n_changes=0

start_resolver() {
        "$resolver" --root="$root" --apply="$apply" --idle-sec=2 2>> "$work/log" &
        resolver_pid=$!
}

stop_resolver() {
        kill "$resolver_pid" && wait "$resolver_pid"
}

finish_resolver() {
        local pid
        for pid in $resolver_pid "${helpers[@]}"; do
                kill "$pid" 2> /dev/null
        done
        finish
}
trap finish_resolver EXIT

endpoint() { wg show "$1" endpoints | cut -f2; }
has_endpoint() { [ "$(endpoint "$1")" = "$2" ]; }
has_handshake() { [ "$(wg show "$1" latest-handshakes | cut -f2)" != 0 ]; }
logs() { grep -qF -- "$1" "$work/log"; }
status_says() { grep -qF -- "$2" "$state/$1.resolver.json"; }

# within TENTHS COMMAND...: as wait_for, of a second
within() {
        local i
        for ((i = 0; i < $1; i++)); do
                "${@:2}" > /dev/null 2>&1 && return
                sleep 0.1
        done
        "${@:2}"
}

# tunnel NAME KEY ADDRESS HOST ALLOWED [MORE]
tunnel() {
        profile "$1.conf" << EOT
[Interface]
PrivateKey = $(key "$2")
Address = $3/24
[Peer]
PublicKey = $(pub there)
Endpoint = $4:51901
AllowedIPs = $5
${6:-}
EOT
}

# The server, in the other namespace. Its record is the other host's business.
start_server() {
        far_profile
        there "$apply" --root="$root" up far
        mv "$state/far.json" "$work/far.json"
}

end_resolver_test() {
        rm -f "$state"/*
        grep . "$work/log" | sed 's/^/# /'
        end
}
: > "$work/log"
