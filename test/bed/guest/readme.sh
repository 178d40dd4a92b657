# shellcheck shell=bash disable=SC2154 # whoever sources it sets "readme"
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Doing what the README says. Sourced after lib.sh; $readme is the file.

# commands_of HEADING: the lines "# COMMAND" of the section's console blocks.
commands_of() {
        awk -v heading="## $1" '
                /^## / { here = $0 == heading }
                /^```/ { block = here && $0 == "```console"; next }
                block && /^# / { print substr($0, 3) }' "$readme"
}

# output_of HEADING N: what the README shows below the Nth of them.
output_of() {
        awk -v heading="## $1" -v wanted="$2" '
                /^## / { here = $0 == heading }
                /^```/ { block = here && $0 == "```console"; on = 0; next }
                block && /^# / { on = ++command == wanted; next }
                on' "$readme"
}

# What is another key or another machine is no other output.
without_keys() {
        sed -E 's,[A-Za-z0-9+/]{43}=,KEY,g; s/ +$//'
}

# follow HEADING: runs them, and compares what a person would see: not a status, which has the time in it.
follow() {
        local command output status commands n=0
        mapfile -t commands < <(commands_of "$1")
        check "README, $1: there are commands" [ "${#commands[@]}" -ge 3 ]
        for command in "${commands[@]}"; do
                n=$((n + 1)) status=0
                output=$(bash -c "$command" 2>&1) || status=$?
                # "plan" tells with 10 that there is something to do
                if ((status == 0)) || [[ $status == 10 && $command == 'wg-profile plan '* ]]; then
                        pass "README, $1: $command"
                else
                        fail "README, $1: $command" "$output"
                fi
                note "# $command"
                [[ -z $output ]] || note "$output"
                [[ $command == *' status '* ]] ||
                        check_is "README, $1: $command: prints what is there" "$(output_of "$1" $n | without_keys)" \
                                "$(without_keys <<<"$output")"
        done
}

# install_by_readme DIRECTORY: from the packages in there, in a directory beside, where the README's build leaves them. The
# guest's image has no apt-get, and all that the package depends on: dpkg takes its place.
install_by_readme() {
        local package=$1/wg-profile.deb command
        command=$(sed -n 's/^    \(apt-get install \.\.\/.*\)/\1 --yes/p' "$readme")
        command -v apt-get >/dev/null || command=$(sed -n 's/^    apt-get install \(\.\.\/.*\)/dpkg --install \1/p' "$readme")
        mkdir -p /root/wg-profile
        cp "$package" "/root/wg-profile_$(dpkg-deb --field "$package" Version)_amd64.deb"
        check_fails 'before: there is no wg-profile' command -v wg-profile
        check "README, Install: $command" bash -c "cd /root/wg-profile && $command"
        check 'and then there is' command -v wg-profile
}

# wg_quick_file PRIVATE_KEY ADDRESS/LENGTH ALLOWED_IPS PEER_KEY: what somebody got from the one who runs the server.
wg_quick_file() {
        cat <<END
[Interface]
PrivateKey = $1
Address = $2

[Peer]
# Name = gateway
PublicKey = $4
Endpoint = vpn.example.org:51820
AllowedIPs = $3
PersistentKeepalive = 25
END
}
