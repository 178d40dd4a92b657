# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# private-key-flags= and preshared-key-flags=: never at boot; at an explicit start an agent answers.
# shellcheck source=test/bed/guest/lib.sh
. /usr/lib/wgp-test/lib.sh

reply=/usr/lib/systemd/systemd-reply-password

# agent ANSWER-FOR-PRIVATE ANSWER-FOR-PRESHARED: answers questions as they appear; "-" refuses.
agent() {
        local file message answer

        for _ in {1..400}; do
                for file in /run/systemd/ask-password/ask.*; do
                        [[ -f $file ]] || continue
                        message=$(sed -n 's/^Message=//p' "$file")
                        echo "$(sed -n 's/^Id=//p' "$file") $message" >>/run/questions
                        case $message in
                                *'private key:') answer=$1 ;;
                                *) answer=$2 ;;
                        esac
                        if [[ $answer == - ]]; then
                                "$reply" 0 "$(sed -n 's/^Socket=//p' "$file")" </dev/null
                        else
                                printf '%s' "$answer" | "$reply" 1 "$(sed -n 's/^Socket=//p' "$file")"
                        fi
                        while [[ -f $file ]]; do
                                sleep 0.05
                        done
                done
                sleep 0.05
        done
}

with_agent() {
        local agent status=0

        : >/run/questions
        agent "$1" "$2" &
        agent=$!
        shift 2
        "$@" || status=$?
        kill "$agent"
        wait "$agent" 2>/dev/null
        return "$status"
}

check_is 'it is not started at boot' inactive "$(systemctl is-active wg-profile@typed)"
check_is 'nobody was asked' '' "$(ls /run/systemd/ask-password/ask.* 2>/dev/null)"
check 'it starts when somebody answers' \
        with_agent "$(</root/answers/private)" "$(</root/answers/preshared)" systemctl --no-ask-password start wg-profile@typed
check_is 'the private key is what was typed' "$(</root/answers/private)" "$(wg show typed private-key)"
check_is 'so is the preshared one' "$(</root/answers/preshared)" "$(wg show typed preshared-keys | cut -f2)"
check_is 'the questions name tunnel and peer' "wg-profile:typed WireGuard tunnel typed, private key:
wg-profile:typed WireGuard tunnel typed, preshared key with $(</root/peer):" "$(</run/questions)"
check 'a reload asks nobody' timeout 10 systemctl reload wg-profile@typed
check_is 'and keeps the keys' "$(</root/answers/private) $(</root/answers/preshared)" \
        "$(wg show typed private-key) $(wg show typed preshared-keys | cut -f2)"
check 'it stops' systemctl stop wg-profile@typed

check_fails 'a refusal is a failed start' with_agent - - systemctl --no-ask-password start wg-profile@typed
check_like 'the message says so' 'Nobody entered the private key' \
        "$(journalctl --boot --output=cat --unit=wg-profile@typed)"
check_is 'nobody is asked again' 'failed 0' \
        "$(unit_property wg-profile@typed ActiveState) $(unit_property wg-profile@typed NRestarts)"
systemctl reset-failed wg-profile@typed
check_fails 'what is no key is refused' with_agent 'a secret phrase' - systemctl --no-ask-password start wg-profile@typed
check_like 'by a message' 'is not a valid key' "$(journalctl --boot --output=cat --unit=wg-profile@typed)"
check_is 'which does not repeat it' '' "$(journalctl --boot --output=cat | grep -F 'a secret phrase')"
check_is 'nothing is left' '' "$(ip -brief link show typed 2>/dev/null)"
limit=$(unit_property wg-profile@typed TimeoutStartUSec)
check_is 'the unit waits longer than the question' '2min' "$limit"
