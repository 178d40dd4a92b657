# shellcheck shell=bash disable=SC2154 # whoever sources it sets "boot_dir"
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Counts the checks of a boot, and shows console and tests of one that has failed.

passed=0 failed=0 skipped=0
report=()

# add_check ok|'not ok' TEXT
add_check() {
        report+=("$1 - $2")
        case "$1 $2" in
                'not ok'*) failed=$((failed + 1)) ;;
                *' # SKIP'*) skipped=$((skipped + 1)) ;;
                *) passed=$((passed + 1)) ;;
        esac
}

# The console without escape sequences and without the line that PID 1 redraws while it waits for a job.
readable_console() {
        tr -d '\r\000' <"$boot_dir/console" | sed -E 's/\x1b(M|\[[0-9;]*[A-Za-z])//g; /^\[[ *]{6}\]/d'
}

# judge PROBLEM SCENARIO...: reads the result file of a boot, adds its checks to report and the counters.
judge() {
        local problem=$1 line name=boot failed_before=$failed ended
        local -A checked=()
        shift
        while IFS= read -r line; do
                case $line in
                        '# scenario '*) name=${line#'# scenario '} ;;
                        'ok - '*) checked[$name]=1 && add_check ok "$name: ${line#'ok - '}" ;;
                        'not ok - '*) checked[$name]=1 && add_check 'not ok' "$name: ${line#'not ok - '}" ;;
                esac
        done < <(tr -d '\r' <"$boot_dir/result")

        for name; do
                ended=$(sed -n "s/^# end $name //p" "$boot_dir/result" | tr -d '\r')
                if [[ $ended != 0 ]]; then
                        add_check 'not ok' "$name: test.sh ends with status 0 (${ended:-it did not end})"
                elif [[ -z ${checked[$name]:-} ]]; then
                        add_check 'not ok' "$name: test.sh has checked something"
                fi
        done
        if [[ -n $problem ]] && ((failed == failed_before)); then
                add_check 'not ok' "$name: the guest ends by itself, without a failure"
        fi

        if ((failed > failed_before)); then
                [[ -z $problem ]] || echo "-- the guest: $problem"
                echo '-- the end of the console'
                readable_console | tail -n 150
                echo '-- what the tests printed'
                cat "$boot_dir/result"
                echo '--'
        fi
}
