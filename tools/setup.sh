# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034
# Sourced by tools/demo and tools/test, in the project's directory: packages and builds on a fresh Debian 12.

build_packages=(
        gcc libc6-dev meson ninja-build pkg-config
        libc-ares-dev libinih-dev libjansson-dev libmd-dev libmnl-dev libnftables-dev libpng-dev libqrencode-dev libsodium-dev libsystemd-dev
        scdoc
)
test_packages=(
        bash-completion bsdutils clang clang-format dbus dnsmasq-base fish gnuplot-nox iproute2 libclang-rt-14-dev libcriterion-dev man-db nftables procps python3 python3-dbus strace systemd
        util-linux valgrind zbar-tools zsh
)
# what test/packages makes packages with
package_packages=(build-essential debhelper dpkg-dev git lintian rpm)
# what the beds are made with: kernel, images, machines
bed_packages=(
        bc bison debian-archive-keyring e2fsprogs flex libelf-dev make mmdebstrap ovmf patch qemu-system-x86 seabios swtpm xz-utils
)
run_packages=(iproute2 iputils-ping wireguard-go wireguard-tools)

# Installs what is missing, and asks the network for nothing when nothing is.
ensure_packages() {
        local package missing=()

        for package in "$@"; do
                dpkg-query --show --showformat='${db:Status-Status}\n' "$package" 2>/dev/null |
                        grep -qx installed || missing+=("$package")
        done
        [ ${#missing[@]} -gt 0 ] || return 0

        if [ "$(id -u)" -ne 0 ]; then
                echo "These packages are missing, and only root can install them: ${missing[*]}" >&2
                return 1
        fi
        echo "Installing ${missing[*]}"
        apt-get update --quiet=2
        DEBIAN_FRONTEND=noninteractive apt-get install --quiet=2 --yes --no-install-recommends \
                "${missing[@]}" >/dev/null
}

# build DIRECTORY [MESON-OPTION…]: sets the directory up once, then brings it up to date.
build() {
        local directory=$1
        shift

        if [ ! -f "$directory/build.ninja" ]; then
                meson setup --prefix=/usr "$@" "$directory" >"$directory.log" 2>&1 ||
                        { cat "$directory.log" >&2; return 1; }
        fi
        ninja -C "$directory" >"$directory.log" 2>&1 || { cat "$directory.log" >&2; return 1; }
        rm -f "$directory.log"
}

require_root() {
        [ "$(id -u)" -eq 0 ] && return 0
        echo "$1 makes network namespaces: run it as root." >&2
        exit 4
}
