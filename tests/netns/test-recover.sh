#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A record that is missing, damaged, newer, or another tunnel's: "down" takes all of the tunnel away, "up" and "reload" go on
# from what is there, and nothing of other tunnels or of other programs is touched.

. "$(dirname "$0")/lib.sh"

setup_hosts
repair() { "$apply" --root="$root" repair "$1"; }

# What is not ours, and looks a little like it.
ip rule add priority 31500 from 10.7.0.0/16 lookup 77 protocol static
ip rule add priority 31001 fwmark 0x9 goto 31999 protocol boot 2> /dev/null
ip -6 rule add priority 31700 not fwmark 0x9 lookup 99 protocol static
ip route add unreachable default metric 4294967295 table 99 protocol static
nft add table inet wg-profile-other
snapshot > "$work/clean"

# tunnel NAME N: a full tunnel of both families
tunnel() {
        profile "$1.conf" << EOT
[Interface]
PrivateKey = $(key here)
ListenPort = 5190$2
Address = 10.99.$2.1/24, fd99:$2::1/64
PostUp = echo up >> $work/hooks.$1
PostDown = echo down >> $work/hooks.$1
[Peer]
PublicKey = $(pub there)
AllowedIPs = 0.0.0.0/0, ::/0
EOT
}
tunnel a 1
tunnel b 2
profile plain.conf << EOT
[Interface]
PrivateKey = $(key here)
Address = 10.98.0.1/24
[Peer]
PublicKey = $(pub there)
AllowedIPs = 10.97.0.0/16
EOT

n_rules() { { ip rule; ip -6 rule; } | grep -cE '^31[0-9]{3}:'; }

# --- ways to lose a record: lose_HOW NAME ---

lose_missing() { rm -f "$state/$1.json"; }
lose_empty() { : > "$state/$1.json"; }
lose_garbage() { echo '{"version": 1' > "$state/$1.json"; }
lose_newer() { sed -i 's/"version": 1/"version": 2/' "$state/$1.json"; }
lose_other() { sed 's/"name": "[^"]*"/"name": "somebody"/' "$state/$1.json" > "$work/other" && cp "$work/other" "$state/$1.json"; }
lose_fifo() { rm -f "$state/$1.json" && mkfifo "$state/$1.json"; }
lose_directory() { rm -f "$state/$1.json" && mkdir "$state/$1.json"; }
lose_link() { mv "$state/$1.json" "$work/moved" && ln -s "$work/moved" "$state/$1.json"; }
lose_nul() { head -c 4096 /dev/zero > "$state/$1.json"; }
lose_kernels_rules() { # it names the rules of the kernel
        sed -i 's/"rules": \[/"rules": [\n  {"family": 2, "priority": 32766, "table": 254},/' "$state/$1.json"
}
lose_others_routes() { # it names the host's default route
        sed -i 's/"routes": \[/"routes": [\n  {"to": "0.0.0.0\/0", "device": false, "via": "192.168.77.2"},/' "$state/$1.json"
}
ways="missing empty garbage newer other fifo directory link nul kernels_rules others_routes"

ip route add default via 192.168.77.2 dev cable
snapshot > "$work/clean"

for how in $ways; do
        what="record: $how"

        # down
        up a 2> /dev/null
        lose_$how a
        : > "$work/hooks.a"
        check_exit "$what: down" 0 down a
        check "$what: down: told" says "its state is read from the kernel"
        check "$what: down: PostDown was run" grep -q down "$work/hooks.a"
        check_nothing_left "$what: down"

        # the link is gone, too
        up a 2> /dev/null
        lose_$how a
        ip link delete dev a
        check_exit "$what: down without a link" 0 down a
        check_nothing_left "$what: down without a link"

        # after a run that failed
        up a 2> /dev/null
        lose_$how a
        check_exit "$what: down --after-failure" 0 env SERVICE_RESULT=timeout "$apply" --root="$root" down --after-failure a
        check_nothing_left "$what: down --after-failure"

        # up goes on with the numbers that are there, and a later down knows all of them
        up a 2> /dev/null
        before=$(wg show a fwmark)
        snapshot > "$work/up"
        lose_$how a
        check_exit "$what: up" 0 up a
        check "$what: up: the mark" test "$(wg show a fwmark)" = "$before"
        snapshot > "$work/now"
        check_same "$what: up: nothing beside it" "$work/up" "$work/now"
        check_exit "$what: up: then down" 0 down a
        check_nothing_left "$what: up: then down"

        # the same without the link: what holds the traffic is there all the time
        up a 2> /dev/null
        lose_$how a
        ip link delete dev a
        check_exit "$what: up without a link" 0 up a
        check "$what: up without a link: the mark" test "$(wg show a fwmark)" = "$before"
        snapshot > "$work/now"
        check_same "$what: up without a link: nothing beside it" "$work/up" "$work/now"
        down a
        check_nothing_left "$what: up without a link: then down"

        # reload keeps the link, and knows afterwards what there is
        up a 2> /dev/null
        index=$(ip -o link show dev a | cut -d: -f1)
        lose_$how a
        check_exit "$what: reload" 0 reload a
        check "$what: reload: the link stays" test "$(ip -o link show dev a | cut -d: -f1)" = "$index"
        snapshot > "$work/now"
        check_same "$what: reload: as it was" "$work/up" "$work/now"
        check_exit "$what: reload: then repair" 0 repair a
        check_exit "$what: reload: then down" 0 down a
        check_nothing_left "$what: reload: then down"

        # repair cannot know
        up a 2> /dev/null
        lose_$how a
        snapshot > "$work/before"
        check_exit "$what: repair" 1 repair a
        snapshot > "$work/now"
        check_same "$what: repair: nothing is touched" "$work/before" "$work/now"
        down a 2> /dev/null
        check_nothing_left "$what: repair: then down"

        # beside another tunnel
        up b 2> /dev/null
        snapshot > "$work/b"
        up a 2> /dev/null
        lose_$how a
        check_exit "$what: down beside another tunnel" 0 down a
        snapshot > "$work/now"
        check_same "$what: down beside another tunnel: that is as it was" "$work/b" "$work/now"
        down b
        check_nothing_left "$what: down beside another tunnel: then that"

        # both records
        up a 2> /dev/null
        snapshot > "$work/a"
        up b 2> /dev/null
        lose_$how a
        lose_$how b
        check_exit "$what: both lost: down of one" 0 down b
        snapshot > "$work/now"
        check_same "$what: both lost: the other is as it was" "$work/a" "$work/now"
        check_exit "$what: both lost: down of the other" 0 down a
        check_nothing_left "$what: both lost: both down"

        # a tunnel with a good record, beside one without
        up a 2> /dev/null
        snapshot > "$work/a"
        up b 2> /dev/null
        lose_$how a
        check_exit "$what: down of a tunnel beside it" 0 down b
        snapshot > "$work/now"
        check_same "$what: down of a tunnel beside it: it is as it was" "$work/a" "$work/now"
        up b 2> /dev/null
        check "$what: another up beside it: another mark" test "$(wg show a fwmark)" != "$(wg show b fwmark)"
        down b
        down a 2> /dev/null
        check_nothing_left "$what: a tunnel beside it: both down"
done

# --- plain tunnels, and those by another name ---

up plain
lose_missing plain
check_exit "a plain tunnel: down" 0 down plain
check_nothing_left "a plain tunnel: down"
check_exit "a plain tunnel: down again" 0 down plain
check "a plain tunnel: down again: nothing is told" test ! -s "$work/err"

# The profile's own rules have no shape of ours: the profile says which they are.
cat > "$root/etc/wg-profile/rules.nmconnection" << EOT
[connection]
id=rules
type=wireguard
interface-name=rules
[wireguard]
private-key=$(key here)
[wireguard-peer.$(pub there)]
allowed-ips=10.97.0.0/16;
[ipv4]
method=manual
address1=10.98.0.1/24
route1=10.96.0.0/16
route1_options=table=1234
routing-rule1=priority 5006 from 10.98.0.1 table 1234
routing-rule2=priority 5007 from 10.98.0.2 table 1234
[ipv6]
method=disabled
EOT
for how in $ways; do
        up rules 2> /dev/null
        ip rule delete priority 5007
        snapshot > "$work/up"
        lose_$how rules
        check_exit "rules of the profile, record: $how: down" 0 down rules
        check_nothing_left "rules of the profile, record: $how: down"
done
up rules
lose_missing rules
check_exit "rules of the profile: up without a record" 0 up rules
check_exit "rules of the profile: then down" 0 down rules
check_nothing_left "rules of the profile: up without a record, then down"

# Without a record nobody puts a deleted rule back: what the other tunnels share with it stays all the same.
for family in -4 -6; do
        for action in goto "not from"; do
                up a 2> /dev/null
                up b 2> /dev/null
                lose_missing a
                priority=$(ip $family rule | grep "fwmark $(wg show a fwmark) " | grep -- "$action" | cut -d: -f1)
                check "a tunnel without a record: it has a rule '$action' of $family" ip $family rule delete priority "$priority"
                check "a tunnel without a record, and without its rule '$action' of $family: down of the other" down b
                check "a tunnel without a record, and without its rule '$action' of $family: the sysctl stays" \
                        grep -qx 1 /proc/sys/net/ipv4/conf/all/src_valid_mark
                check "a tunnel without a record, and without its rule '$action' of $family: the shared rules stay" \
                        test "$( (ip -4 rule; ip -6 rule) | grep -c '^31999:')" = 2
                down a 2> /dev/null
                check_nothing_left "a tunnel without a record, and without its rule '$action' of $family: both down"
        done
done

# What full tunnels share goes with the last of them: that another record cannot be read makes its tunnel no full one. In another
# network namespace it would never find what was left to it.
up plain
snapshot > "$work/plain"
lose_garbage plain
up a 2> /dev/null
check_exit "beside a plain tunnel without a record: down" 0 down a
snapshot > "$work/now"
check_same "beside a plain tunnel without a record: as before" "$work/plain" "$work/now"
up a 2> /dev/null
for how in missing garbage; do
        up a 2> /dev/null
        lose_$how a
        check_exit "beside a plain tunnel without a record, the own record $how: down" 0 down a
        snapshot > "$work/now"
        check_same "beside a plain tunnel without a record, the own record $how: as before" "$work/plain" "$work/now"
done
check_exit "beside a plain tunnel without a record: reload of a full one" 0 sh -c "'$apply' --root='$root' up a 2> /dev/null && '$apply' --root='$root' reload a"
down a 2> /dev/null
down plain 2> /dev/null
check_nothing_left "beside a plain tunnel without a record: both down"

cat > "$root/etc/wg-profile/home.nmconnection" << EOT
[connection]
id=home
type=wireguard
interface-name=wgx
[wireguard]
private-key=$(key here)
[wireguard-peer.$(pub there)]
allowed-ips=0.0.0.0/0;::/0;
[ipv4]
method=manual
address1=10.99.9.1/24
[ipv6]
method=disabled
EOT
up home 2> /dev/null
lose_missing home
check_exit "another name: down" 0 down home
check_nothing_left "another name: down"
up home 2> /dev/null
lose_missing home
echo broken >> "$root/etc/wg-profile/home.nmconnection"
check_exit "another name, and a broken profile: down" 0 down home
check_nothing_left "another name, and a broken profile: down"

# Two tunnels are gone but for what they left, and one of them by a record that nobody understands: whose is it?
up a 2> /dev/null
up b 2> /dev/null
lose_garbage a
lose_garbage b
ip link delete dev a
ip link delete dev b
check_exit "nobody can tell whose it is: down of one" 1 down a
check "nobody can tell whose it is: told" says "or to a tunnel whose record cannot be read"
check "nobody can tell whose it is: it holds the traffic" test "$(n_rules)" -ge 8
check_exit "nobody can tell whose it is: down of the other" 0 down b
check_nothing_left "nobody can tell whose it is: down of both"

# --- a full disk ---

mount -t tmpfs -o size=64k tmpfs "$state" 2> /dev/null || { mkdir -p "$state"; mount -t tmpfs -o size=64k tmpfs "$state"; }
up a 2> /dev/null
snapshot > "$work/up"
cat /dev/zero > "$state/.full" 2> /dev/null
check_exit "full disk: down" 0 down a
rm "$state/.full"
check_nothing_left "full disk: down"
cat /dev/zero > "$state/.full" 2> /dev/null
check_exit "full disk: up" 1 up a
check "full disk: up: told" says "No space left on device"
rm "$state/.full"
check_nothing_left "full disk: up"
up a 2> /dev/null
lose_missing a
cat /dev/zero > "$state/.full" 2> /dev/null
check_exit "full disk, and no record: down" 0 down a
rm "$state/.full"
check_nothing_left "full disk, and no record: down"
umount "$state"

# --- no means to read it ---

up a 2> /dev/null
snapshot > "$work/up"
check_exit "no descriptors: down" 1 sh -c "ulimit -n 4; exec \"\$@\"" sh "$apply" --root="$root" down a
snapshot > "$work/now"
check_same "no descriptors: down: nothing is done by halves" "$work/up" "$work/now"
down a
check_nothing_left "no descriptors: then down"
end
