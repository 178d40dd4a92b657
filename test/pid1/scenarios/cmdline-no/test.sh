# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# wg_profile=no: nothing comes up, all can be started.
# shellcheck source=test/bed/guest/lib.sh
. /usr/lib/wgp-test/lib.sh

check_is 'no tunnel is up' '' "$(systemctl list-units --legend=no 'wg-profile@*')"
check_is 'nor is the target' inactive "$(systemctl is-active wg-profile.target)"
check_is 'units know their profiles' /etc/wg-profile/c1.conf "$(unit_property wg-profile@c1 SourcePath)"
check 'one starts by hand' systemctl start wg-profile@c1
check 'multi-user.target is reached' systemctl is-active multi-user.target
