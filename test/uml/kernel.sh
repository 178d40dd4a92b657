# shellcheck shell=bash disable=SC2154 # whoever sources it sets "here" and has steps.sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The kernel that is a program: from the cache, or built.

readonly kernel_package=${WGP_UML_PACKAGE:-linux-source-6.12}
readonly kernel_cache=${WGP_UML_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/wg-profile-uml}
readonly packages_kernel=(bc bison flex gcc libc6-dev libelf-dev make patch xz-utils)

# The version of the package that apt would install; nothing when it knows of none.
kernel_version() {
        apt-cache policy "$kernel_package" 2>/dev/null | sed -n 's/^ *Candidate: *\([0-9].*\)/\1/p'
}

# kernel_file VERSION: where the kernel of this version and of the tree's configuration is.
kernel_file() {
        local hash
        hash=$(cat "$here/config" "$here"/patches/*.patch | sha256sum)
        echo "$kernel_cache/linux-$1-${hash:0:12}"
}

# Sets kernel.
ensure_kernel() {
        local version

        if [[ -n ${WGP_UML_KERNEL:-} ]]; then
                kernel=$(realpath "$WGP_UML_KERNEL")
                [[ -x $kernel ]] || die "$kernel cannot be run"
                return
        fi
        version=$(kernel_version)
        kernel=$(kernel_file "$version")
        if [[ -n $version && -x $kernel ]]; then
                say_step kernel cached
                return
        fi

        need_packages "${packages_kernel[@]}"
        # The lists of a machine that was not updated name packages that are gone.
        ((EUID != 0)) || step 'apt-get' apt-get update
        version=$(kernel_version)
        [[ -n $version ]] || die "there is no package $kernel_package to build the kernel from: is Debian's security suite among the sources of apt?"
        kernel=$(kernel_file "$version")
        if [[ -x $kernel ]]; then
                say_step kernel cached
                return
        fi
        build_kernel "$version"
}

build_kernel() {
        local building=$kernel_cache/building

        mkdir -p "$kernel_cache"
        need_space "$kernel_cache" 3500 'building the kernel'
        # What an interrupted run left, and kernels that are older than what anybody still builds.
        rm -rf "$building"
        find "$kernel_cache" -mindepth 1 -maxdepth 1 -name 'linux-*' -mtime +60 -delete
        mkdir "$building"
        step kernel "$here/build-kernel" "$kernel_package" "$1" "$building" "$building/done"
        mv "$building/done" "$kernel"
        rm -rf "$building"
}
