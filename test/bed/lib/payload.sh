# shellcheck shell=bash disable=SC2154 # whoever sources it sets what is not set here
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What a guest gets: the image, the build, the scenarios.

readonly packages_image=(mmdebstrap e2fsprogs debian-archive-keyring)

# Sets image to the directory of the release's image. Its name has a hash of all that it is made from, so that an edit
# of the recipe makes a new image and two checkouts can share a cache.
ensure_image() {
        local hash building
        hash=$(find "$bed_dir/image" -type f -print0 | sort -z | xargs -0 cat | sha256sum)
        image=$image_cache/debian-$release-${hash:0:12}

        if [[ -e $image ]]; then
                touch "$image"
                say_step image cached
                return
        fi
        ((EUID == 0)) || die 'only root can make an image'
        need_packages "${packages_image[@]}"
        need_space "$image_cache" 2500 'making an image'
        # What interrupted runs left, and images of recipes that nobody has used for a week.
        rm -rf "$image_cache"/*.building
        find "$image_cache" -mindepth 1 -maxdepth 1 -name 'debian-*' -mtime +7 -exec rm -rf {} +
        building=$image.building
        mkdir "$building"
        step image "$bed_dir/image/build" "$release" "$building"
        mv "$building" "$image"
}

# Sets build_dir, and installs the build into $work/install.
ensure_build() {
        if [[ -n ${WGP_BUILD_DIR:-} ]]; then
                build_dir=$(realpath "$WGP_BUILD_DIR")
        else
                build_dir=$source_dir/build-bed
                need_packages "${build_packages[@]}"
                if [[ ! -e $build_dir/build.ninja ]]; then
                        step configure meson setup "$build_dir" "$source_dir" --prefix=/usr --buildtype=debugoptimized
                fi
        fi
        step build meson install -C "$build_dir" --destdir "$work/install"
}

# overlay_root SCENARIO DIR: copies root/ of the scenario. git keeps no modes, so they are made here.
overlay_root() {
        local source_root mode path
        source_root=$(scenario_dir "$1")/root
        [[ -d $source_root ]] || return 0

        while read -r -d '' path; do
                [[ ! -e $2/$path ]] || die "$path is in two scenarios of one boot: ${scenarios[*]}"
        done < <(cd "$source_root" && find . ! -type d -printf '%P\0')

        cp -R --no-dereference "$source_root/." "$2"
        find "$2" ! -type l -exec chmod u=rwX,go=rX {} +
        # Profiles hold secrets, and everybody refuses them when others can read them.
        find "$2" -type f \( -path '*/wg-profile/*' -o -path '*/wireguard/*' -o -path '*/system-connections/*' \) \
                \( -name '*.conf' -o -name '*.nmconnection' \) -exec chmod 0600 {} +
        if [[ -e $(scenario_dir "$1")/modes ]]; then
                while read -r mode path; do
                        chmod "$mode" "$2/$path"
                done <"$(scenario_dir "$1")/modes"
        fi
}

# append_tree DIR: adds what is in it to the payload. Not DIR itself as ".": a tar that extracts that one twice
# over an existing directory leaves it with mode 0700, even with --no-overwrite-dir.
append_tree() {
        find "$1" -mindepth 1 -maxdepth 1 -printf '%P\0' |
                tar --append --file="$boot_dir/payload.tar" --owner=0 --group=0 --numeric-owner \
                        --directory="$1" --null --files-from=-
}

# make_payload LIMIT SCENARIO...: the tar that the guest's init unpacks over its root. LIMIT is the seconds of the boot.
make_payload() {
        local overlay=$boot_dir/overlay name fresh=0 limit=$1
        shift
        local -a scenarios=("$@")
        local guest=$overlay/usr/lib/wgp-test

        mkdir -p "$overlay"
        for name; do
                overlay_root "$name" "$overlay"
                [[ ! -e $(scenario_dir "$name")/no-build ]] || fresh=1
                if [[ -e $(scenario_dir "$name")/prepare ]]; then
                        (cd "$source_dir" && bash "$(scenario_dir "$name")/prepare" "$overlay" "$build_dir") \
                                >"$boot_dir/prepare.log" 2>&1 || {
                                tail -n 40 "$boot_dir/prepare.log"
                                die "the scenario $name could not be prepared"
                        }
                fi
        done

        if ((shell)); then
                add_login "$overlay"
        else
                add_runner "$overlay"
        fi
        install -D -m 0644 "$bed_dir/guest/lib.sh" "$guest/lib.sh"
        for name; do
                install -D -m 0755 "$(scenario_dir "$name")/test.sh" "$guest/scenarios/$name"
                if [[ -e $(scenario_dir "$name")/setup.sh ]]; then
                        install -D -m 0755 "$(scenario_dir "$name")/setup.sh" "$guest/setup/$name"
                        install -D -m 0755 "$bed_dir/guest/before-boot" "$guest/before-boot"
                fi
        done
        printf '%s\n' "$@" >"$guest/order"
        echo "$result_port" >"$guest/port"
        echo "$bed" >"$guest/bed"
        # The guest ends its tests before the host loses patience, or nobody would learn where they hung.
        echo "$((limit - 15))" >"$guest/time-limit"

        # The overlay last: where both have a file, the scenario means it.
        if ((!fresh)); then
                append_tree "$work/install"
        fi
        append_tree "$overlay"
        rm -rf "$overlay"
}

# add_runner OVERLAY: the service that runs the scenarios when the boot is finished.
add_runner() {
        local units=$1/usr/lib/systemd/system

        install -D -m 0755 "$bed_dir/guest/runner" "$1/usr/lib/wgp-test/runner"
        install -D -m 0644 "$bed_dir/guest/wgp-test.service" "$units/wgp-test.service"
        mkdir -p "$units/multi-user.target.wants"
        ln -s ../wgp-test.service "$units/multi-user.target.wants/wgp-test.service"
}

# add_login OVERLAY: root is logged in on the console.
add_login() {
        local units=$1/etc/systemd/system

        install -D -m 0644 "$bed_dir/guest/autologin.conf" "$units/$login_unit.d/autologin.conf"
        mkdir -p "$units/multi-user.target.wants"
        ln -s "/usr/lib/systemd/system/${login_unit%%@*}@.service" "$units/multi-user.target.wants/$login_unit"
}
