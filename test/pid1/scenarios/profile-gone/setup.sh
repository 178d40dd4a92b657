# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# One tunnel for each thing that a stop takes beyond the sandbox.
umask 077
mkdir -p /etc/wg-profile

# profile NAME NUMBER < more of [Interface], and other sections
profile() {
        {
                printf '[Interface]\nPrivateKey = %s\nAddress = 10.9.%s.1/24\n' "$(wg genkey)" "$2"
                cat
        } >"/etc/wg-profile/$1.conf"
}
profile inside 1 <<'END'
[WgProfile]
Netns = vpn
END
profile hooked 2 <<'END'
PostDown = echo post-down >>/run/hooked.log
END
profile names 3 <<'END'
DNS = 10.9.3.53
END
profile saved 4 <<'END'
SaveConfig = true
END
profile plain 5 </dev/null
umask 022
rm -f /etc/resolv.conf
printf 'nameserver 192.0.2.53\n' >/etc/resolv.conf
mkdir -p /etc/systemd/system/multi-user.target.wants
ln -s /usr/lib/systemd/system/wg-profile-netns@.service \
        /etc/systemd/system/multi-user.target.wants/wg-profile-netns@vpn.service
