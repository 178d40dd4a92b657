# shellcheck shell=bash disable=SC2154 # whoever sources it sets "bed", "scenarios_dir", "release" and "full"
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Which scenarios run, and which of them share a boot.

scenario_dir() {
        echo "$scenarios_dir/$1"
}

# scenario_words SCENARIO FILE DEFAULT: what the file of the scenario says, in one line.
scenario_words() {
        local file
        file=$(scenario_dir "$1")/$2
        if [[ -e $file ]]; then
                sed 's/#.*//' "$file" | xargs
        else
                echo "$3"
        fi
}

# A scenario of its own boot: it asks for a kernel command line or a machine of its own.
is_special() {
        local dir
        dir=$(scenario_dir "$1")
        [[ -e $dir/cmdline || -e $dir/cmdline-$bed ]] || [[ $bed == qemu && (-e $dir/qemu-args || -e $dir/tpm) ]]
}

is_for_bed() {
        grep -qw "$bed" <<<"$(scenario_words "$1" beds uml)"
}

is_for_release() {
        grep -qw "$release" <<<"$(scenario_words "$1" "releases-$bed" "$(scenario_words "$1" releases 12)")"
}

# Too slow for every change: on this bed and release, or on all.
is_full() {
        local words
        words=$(scenario_words "$1" full never)
        [[ -z $words || " $words " == *" $release "* || " $words " == *" $bed-$release "* ]]
}

# The names of all that run on this bed and release without being named.
all_scenarios() {
        local test_file dir
        for test_file in "$scenarios_dir"/*/test.sh; do
                dir=${test_file%/test.sh}
                [[ ! -e $dir/on-demand ]] || continue
                if ((full)) || ! is_full "${dir##*/}"; then
                        ! is_for_bed "${dir##*/}" || ! is_for_release "${dir##*/}" || echo "${dir##*/}"
                fi
        done
}

# plan_boots SCENARIO...: fills boots[], one line of scenario names each. A line of the file `groups` names the
# scenarios that share a boot; others have one of their own. The slowest boots come first, so that none of them is
# waited for alone at the end.
plan_boots() {
        local name group line sorted
        local -A boot_of=() group_of=()
        while read -r line; do
                for name in $line; do
                        [[ -e $(scenario_dir "$name")/test.sh ]] || die "groups: no scenario $name"
                        ! is_special "$name" || die "groups: $name has a command line or a machine of its own, it boots alone"
                        group_of[$name]=$line
                done
        done < <(sed 's/#.*//' "$scenarios_dir/groups")

        for name; do
                group=${group_of[$name]:-$name}
                if [[ -z ${boot_of[$group]+set} ]]; then
                        boot_of[$group]=${#boots[@]}
                        boots+=("$name")
                else
                        boots[${boot_of[$group]}]+=" $name"
                fi
        done

        mapfile -t sorted < <(
                for line in "${boots[@]}"; do
                        read -r -a names <<<"$line"
                        echo "$(time_limit_of "${names[@]}") $line"
                done | sort --stable --reverse --numeric-sort --key=1,1 | cut -d ' ' -f 2-)
        boots=("${sorted[@]}")
}

# time_limit_of SCENARIO...: the seconds that a boot with them may take, which are the most patient one's.
time_limit_of() {
        local name own limit=$default_limit

        for name; do
                own=$(scenario_words "$name" time-limit 0)
                ((own <= limit)) || limit=$own
        done
        echo "$limit"
}
