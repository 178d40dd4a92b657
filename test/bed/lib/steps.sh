# shellcheck shell=bash disable=SC2154 # whoever sources it sets "work"
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Steps that a run takes before it boots, each told in one line.

die() {
        echo "run: $*" >&2
        exit 1
}

# Seconds since an earlier EPOCHREALTIME, with one decimal.
seconds_since() {
        local now=${EPOCHREALTIME//[!0-9]/} then=${1//[!0-9]/}
        local tenths=$(((now - then) / 100000))
        echo "$((tenths / 10)).$((tenths % 10))"
}

say_step() {
        printf '   %-10s %s\n' "$1" "$2"
}

# step TITLE COMMAND...: one line with the seconds it took, or the end of what it printed. COMMAND must be a program,
# not a function: inside a condition errexit would be off in it.
step() {
        local title=$1 start=$EPOCHREALTIME
        shift
        if ! "$@" >"$work/step.log" 2>&1; then
                say_step "$title" "failed after $(seconds_since "$start") s; the end of its output:"
                tail -n 50 "$work/step.log"
                exit 1
        fi
        say_step "$title" "$(seconds_since "$start") s"
}

# need_packages PACKAGE...: installs those that are missing.
need_packages() {
        local package missing=()
        for package; do
                if [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) != installed ]]; then
                        missing+=("$package")
                fi
        done
        ((${#missing[@]})) || return 0

        ((EUID == 0)) || die "not root, and these packages are missing: ${missing[*]}"
        step 'apt-get' apt-get update
        step 'apt-get' env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"
}

# need_space DIRECTORY MEGABYTES PURPOSE
need_space() {
        local free
        free=$(df --output=avail --block-size=M "$1" | tail -n 1 | tr -dc 0-9)
        ((free >= $2)) || die "$1 has $free MB free; $3 needs $2 MB"
}
