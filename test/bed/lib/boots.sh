# shellcheck shell=bash disable=SC2154 # whoever sources it sets what is not set here
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Runs guests, as many side by side as the bed can, and says what became of them. The number of a boot is its index in
# boots[] plus one; what belongs to it is in $work/boot-NUMBER: payload.tar, console, result.
#
# A bed has a function start_guest SCENARIO..., which starts the guest of $boot_dir in the background and sets
# guest_pid, and one stop_guest PID.

declare -A guest_pids=() started_at=() booted_at=() time_limits=() places=()

# take_place NUMBER: one of the places that several runs share, the files of $WGP_BED_PLACES; fails when all are taken.
# A guest started later inherits the file, so giving the place back must unlock it, not only close it.
take_place() {
        local file place

        [[ -n ${WGP_BED_PLACES:-} ]] || return 0
        for file in "$WGP_BED_PLACES"/*; do
                exec {place}<"$file"
                if flock --nonblock "$place"; then
                        places[$1]=$place
                        return 0
                fi
                exec {place}<&-
        done
        return 1
}

# leave_place NUMBER
leave_place() {
        local place=${places[$1]:-}

        [[ -n $place ]] || return 0
        flock --unlock "$place"
        exec {place}<&-
        unset "places[$1]"
}

# start_boot NUMBER
start_boot() {
        local number=$1 names
        boot_dir=$work/boot-$number

        mkdir "$boot_dir"
        read -r -a names <<<"${boots[number - 1]}"
        time_limits[$number]=$(time_limit_of "${names[@]}")
        make_payload "${time_limits[$number]}" "${names[@]}"
        touch "$boot_dir/result" "$boot_dir/console"
        started_at[$number]=$EPOCHREALTIME
        start_guest "${names[@]}"
        guest_pids[$number]=$guest_pid
}

# watch_boot NUMBER: notes when the boot was finished; ends and judges it when its guest is gone or its time is up.
watch_boot() {
        local number=$1 problem='' elapsed
        boot_dir=$work/boot-$number

        if [[ -z ${booted_at[$number]:-} ]] && grep -q '^# booted ' "$boot_dir/result"; then
                booted_at[$number]=$EPOCHREALTIME
        fi
        elapsed=$(seconds_since "${started_at[$number]}")
        if ! kill -0 "${guest_pids[$number]}" 2>/dev/null; then
                wait "${guest_pids[$number]}" || problem="it failed with status $?$(guest_words)"
        elif ((${elapsed%.*} >= time_limits[$number])); then
                problem="still running after ${time_limits[$number]} s"
                stop_guest "${guest_pids[$number]}"
        else
                return 0
        fi
        unset "guest_pids[$number]"
        leave_place "$number"
        finish_boot "$number" "$problem"
}

# finish_boot NUMBER PROBLEM: prints all about a boot that has ended. PROBLEM says why, when it was not the runner's doing.
finish_boot() {
        local number=$1 problem=$2 booted=${booted_at[$1]:-}

        echo "boot $number of ${#boots[@]}: ${boots[number - 1]}"
        if [[ -z $booted ]] && grep -q '^# booted ' "$boot_dir/result"; then
                booted=$EPOCHREALTIME
        fi
        if [[ -z $booted ]]; then
                problem=${problem:-ended before the boot was finished}
        else
                say_step boot "$(sed -n 's/^# booted //p' "$boot_dir/result") s"
                if grep -q '^# finished' "$boot_dir/result"; then
                        say_step tests "$(seconds_since "$booted") s"
                        [[ ! -e $boot_dir/processor ]] || say_step processor "$(<"$boot_dir/processor") s"
                else
                        problem=${problem:-ended before its tests did}
                fi
        fi
        # shellcheck disable=SC2086 # names of scenarios
        judge "$problem" ${boots[number - 1]}
}

# run_boots: all of boots[].
run_boots() {
        local next=1 number

        while ((next <= ${#boots[@]} || ${#guest_pids[@]})); do
                while ((next <= ${#boots[@]} && ${#guest_pids[@]} < side_by_side)) && take_place "$next"; do
                        start_boot "$next"
                        next=$((next + 1))
                done
                sleep 0.2
                for number in "${!guest_pids[@]}"; do
                        watch_boot "$number"
                done
        done
}

stop_all_guests() {
        local number

        for number in "${!guest_pids[@]}"; do
                stop_guest "${guest_pids[$number]}"
        done
        guest_pids=()
}
