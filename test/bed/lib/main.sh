# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What test/uml/run and test/qemu/run share: options, order of steps, result. A bed sets before it calls bed_main:
#
#   bed             its name, as in the scenarios' files "beds"
#   side_by_side    how many guests run at a time
#   default_limit   seconds that a boot may take when no scenario of it says more
#   result_port     the guest's device on which the runner reports
#   login_unit      the guest's unit that logs in on the console
#   ensure_bed      function: makes or installs what the bed itself consists of
#   start_guest SCENARIO..., stop_guest PID, shell_guest SCENARIO..., guest_words: functions; see boots.sh. $boot_dir has
#                   payload.tar, $image the root file system; the console goes to $boot_dir/console, the report to
#                   $boot_dir/result

bed_dir=$(realpath "${BASH_SOURCE[0]%/*}/..")
source_dir=$(realpath "$bed_dir/../..")
scenarios_dir=${WGP_BED_SCENARIOS:-$source_dir/test/scenarios}
readonly bed_dir source_dir scenarios_dir
readonly image_cache=${WGP_BED_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/wg-profile-bed}

# build_packages
# shellcheck source=tools/setup.sh
. "$source_dir/tools/setup.sh"
# shellcheck source=test/bed/lib/steps.sh
. "$bed_dir/lib/steps.sh"
# shellcheck source=test/bed/lib/plan.sh
. "$bed_dir/lib/plan.sh"
# shellcheck source=test/bed/lib/payload.sh
. "$bed_dir/lib/payload.sh"
# shellcheck source=test/bed/lib/boots.sh
. "$bed_dir/lib/boots.sh"
# shellcheck source=test/bed/lib/judge.sh
. "$bed_dir/lib/judge.sh"

usage() {
        cat <<END
Usage: test/$bed/run [OPTION...] [SCENARIO...]

  --release=12|13   the guest's Debian (default: 12)
  --full            also the scenarios that are too slow for every change
  --shell           log in as root on the console instead of running the tests
  --keep            keep console, results and the tar of what was installed, and say where
  --list            list the scenarios, one boot a line, and leave
  --prepare         make what is made once, kernel and image, and leave

Without a SCENARIO: all that are meant for this bed and the release, and that have no file "full" unless --full is
given.

  WGP_BUILD_DIR       an existing build to install (default: build-bed, configured and built here)
  WGP_BED_CACHE       where images are kept (default: ~/.cache/wg-profile-bed)
  WGP_BED_MIRROR      Debian mirror that images are made from
  WGP_BED_SCENARIOS   the directory of the scenarios (default: test/scenarios)
  WGP_BED_PLACES      a directory of files: each guest takes one, so that several runs have no more guests than those
END
        bed_usage
}

cleanup() {
        stop_all_guests
        clean_bed
        if ((keep)); then
                echo "kept: $work"
        else
                rm -rf "$work"
        fi
}

# Overridden by a bed that has something to take away.
clean_bed() {
        :
}

# select_boots SCENARIO...: fills boots[].
select_boots() {
        local name all=() chosen=()

        boots=()
        if ((shell)); then
                # One boot of whatever was named, also of nothing, also of what is for another bed or release.
                boots=("$*")
                return
        fi
        if (($#)); then
                for name; do
                        is_for_bed "$name" || die "$name is not for this bed but for: $(scenario_words "$name" beds uml)"
                        ! is_for_release "$name" || chosen+=("$name")
                done
                ((${#chosen[@]})) || die "none of them is for Debian $release: $*"
        else
                mapfile -t all < <(all_scenarios)
                chosen=("${all[@]}")
                ((${#chosen[@]})) || die "no scenario is for this bed and Debian $release"
        fi
        plan_boots "${chosen[@]}"
}

bed_main() {
        local argument selected=() list=0
        release=12 full=0 shell=0 keep=0 prepare=0
        for argument; do
                case $argument in
                        --release=12 | --release=13) release=${argument#*=} ;;
                        --release=*) die "no such release: ${argument#*=}" ;;
                        --full) full=1 ;;
                        --shell) shell=1 ;;
                        --keep) keep=1 ;;
                        --list) list=1 ;;
                        --prepare) prepare=1 ;;
                        --help)
                                usage
                                exit 0
                                ;;
                        -*)
                                usage >&2
                                exit 2
                                ;;
                        *)
                                [[ -e $(scenario_dir "$argument")/test.sh ]] || die "no scenario $argument"
                                selected+=("$argument")
                                ;;
                esac
        done
        select_boots "${selected[@]}"
        if ((list)); then
                printf '%s\n' "${boots[@]}"
                exit 0
        fi

        work=$(mktemp -d)
        trap cleanup EXIT
        trap 'exit 130' HUP INT PIPE TERM

        echo "$bed, Debian $release"
        # One at a time; the boots themselves disturb nobody.
        mkdir -p "$image_cache"
        exec {lock}>"$image_cache/lock"
        flock "$lock"
        ensure_bed
        ensure_image
        ((!prepare)) || exit 0
        ensure_build
        exec {lock}>&-

        if ((shell)); then
                boot_dir=$work/boot-1
                mkdir "$boot_dir"
                # shellcheck disable=SC2086 # names of scenarios
                make_payload "$default_limit" ${boots[0]}
                # shellcheck disable=SC2086
                shell_guest ${boots[0]}
                exit 0
        fi

        run_boots
        printf '%s\n' "${report[@]}"
        echo "$passed passed, $failed failed, $skipped skipped"
        ((failed == 0))
}
