#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Who is gone when: each subset of profile, record, link and the profile's drop-in is taken away from a full tunnel that is up,
# and then each verb is run. Nothing of the outcome is written down here but what always holds:
#
#   - what nobody has asked to be taken down holds its traffic: none of it goes to the cable
#   - another tunnel is as it was
#   - an exit code of 0 is the truth: after "up" and "reload" the tunnel is whole, after "down" nothing of it is left
#   - "down" always says 0, as all that it takes is somewhere
#   - a verb that wants the profile says 6 without it, and changes nothing
#   - a kill switch can be switched off whatever is gone
#   - "repair" never guesses: 1 without a record, and changes nothing
#   - whatever was run, a "down" after it leaves nothing
#
# The kill switch is that of the tunnel's profile: on as before, unless it is the one that is asked.
#
#   test-table.sh APPLY APPLY_WITH_FAULTS

. "$(dirname "$0")/lib.sh"

setup_hosts
ip route add default via 192.168.77.2 dev cable
snapshot > "$work/clean"
run() { "$apply" --root="$root" "$@"; }
things=(profile record link drop-ins)
far=203.0.113.1

# tunnel NAME N ALLOWED_IPS
tunnel() {
        profile "$1.conf" << EOT
[Interface]
PrivateKey = $(key here)
ListenPort = 5190$2
Address = 10.99.$2.1/24, fd99:$2::1/64
[Peer]
PublicKey = $(pub there)
AllowedIPs = $3
EOT
}

restore() {
        tunnel a 1 "0.0.0.0/0, ::/0"
        mkdir -p "$root/etc/wg-profile/a.conf.d"
        printf '[Interface]\nMTU = 1380\n[WgProfile]\nKillSwitch = yes\n' > "$root/etc/wg-profile/a.conf.d/50.conf"
}
take_profile() { rm "$root/etc/wg-profile/a.conf"; }
take_record() { rm "$state/a.json"; }
take_link() { ip link delete dev a; }
take_drop-ins() { rm -r "$root/etc/wg-profile/a.conf.d"; }

held() { [[ $(ip route get $far 2>&1) != *' cable '* ]]; }
not_on() { ! kill_switch_is_on; }
kill_switch_is_on() { nft list table inet wg-killswitch > /dev/null 2>&1; }
# The part of the world that is the other tunnel's. Its priorities are not those of tunnels that come and go above it.
of_other() {
        ip -d -o link show dev b | sed -E 's/^[0-9]+: //; s/ qdisc [a-z_]+//'
        ip -o address show dev b | sed -E 's/^[0-9]+: //; /inet6 fe80/d'
        ip route show table all dev b
        ip -6 route show table all dev b | sed '/fe80/d; /ff00::/d'
        wg showconf b
        cat "$state/b.json"
}
whole() {
        local mark

        mark=$(($(wg show a fwmark))) || return 1
        [[ $(ip route get $far) == *" dev a "* ]] &&
                ip rule | grep -q "lookup $mark$" && ip -6 rule | grep -q "lookup $mark$" &&
                ip route show table $mark | grep -q '^unreachable default' &&
                ip -6 route show table $mark | grep -q '^unreachable default' &&
                [[ $(ip -o address show dev a) == *10.99.1.1/24*fd99:1::1/64* ]] && [ -s "$state/a.json" ] && run repair a
}

# judge_common and judge_VERB: what holds for all, and for one, by what is gone: ${gone[THING]}
judge_common() { # WHAT EXIT
        local what=$1 r=$2

        if [ -n "${gone[profile]-}" ] && [[ $verb != repair && $verb != down && $verb != killswitch-off ]]; then
                check "$what: no profile: exit code 6, not $r" test $r = 6
                snapshot > "$work/now"
                check_same "$what: no profile: nothing is changed" "$work/before" "$work/now"
        fi
        [ $verb = down ] || check "$what: it is held" held
}

judge_up() {
        [ -n "${gone[profile]-}" ] && return
        check "$1: exit code 0, not $2" test $2 = 0
        check "$1: it is whole" whole
}

judge_reload() {
        [ -n "${gone[profile]-}" ] && return
        if [ -n "${gone[link]-}" ]; then
                check "$1: no link: exit code 1, not $2" test $2 = 1
                return
        fi
        # without its drop-in the profile has no kill switch: that is told, and is no failure
        check "$1: exit code 0, not $2" test $2 = 0
        check "$1: it is whole" whole
}

judge_repair() {
        snapshot > "$work/now"
        if [ -n "${gone[record]-}" ]; then
                check "$1: no record: exit code 1, not $2" test $2 = 1
                check_same "$1: no record: nothing is changed" "$work/before" "$work/now"
        elif [ -z "${gone[link]-}" ]; then
                check "$1: exit code 0, not $2" test $2 = 0
                check_same "$1: there was nothing to do" "$work/before" "$work/now"
        else
                check "$1: no link: not 0" test $2 != 0
        fi
}

judge_down() {
        check "$1: exit code 0, not $2" test $2 = 0
        check "$1: no link" sh -c "! ip link show dev a"
        check "$1: no record" test ! -e "$state/a.json"
        run killswitch-off a 2> /dev/null
        snapshot > "$work/now"
        check_same "$1: nothing is left" "$work/other" "$work/now"
}

judge_killswitch() {
        [ -n "${gone[profile]-}" ] && return
        if [ -n "${gone[drop-ins]-}" ]; then
                check "$1: the profile wants none: exit code 3, not $2" test $2 = 3
        else
                check "$1: exit code 0, not $2" test $2 = 0
                check "$1: it is on" kill_switch_is_on
        fi
}

judge_killswitch-off() {
        check "$1: exit code 0, not $2" test $2 = 0
        check "$1: it is off" not_on
        check "$1: no record of it" test ! -e "$state/a.killswitch"
}

tunnel b 2 10.98.0.0/16
run up b 2> /dev/null
snapshot > "$work/other"
of_other > "$work/b"

for verb in up reload repair killswitch killswitch-off down; do
        for ((bits = 0; bits < 1 << ${#things[@]}; bits++)); do
                declare -A gone=()
                restore
                run up a 2> "$work/err" && run killswitch a 2>> "$work/err" || not_ok "it does not come up: $(< "$work/err")"
                for i in "${!things[@]}"; do
                        if ((bits >> i & 1)); then
                                gone[${things[i]}]=yes
                                take_"${things[i]}"
                        fi
                done
                what="$verb, gone: ${!gone[*]}"
                snapshot > "$work/before"
                check "$what: held before" held
                run $verb a > "$work/out" 2> "$work/err"
                r=$?
                judge_common "$what" $r
                [[ $verb == killswitch* || $verb == down ]] || check "$what: the kill switch is on" kill_switch_is_on
                judge_$verb "$what" $r
                of_other > "$work/now"
                check_same "$what: the other tunnel is as it was" "$work/b" "$work/now"
                restore
                run down a 2> /dev/null
                run killswitch-off a 2> /dev/null
                snapshot > "$work/now"
                check_same "$what: then down: nothing is left" "$work/other" "$work/now"
                unset gone
        done
done
run down b
check_nothing_left "all down"
end
