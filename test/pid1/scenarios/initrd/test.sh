# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# In an initrd the generator does nothing: tunnels are for the system after it.
# shellcheck source=test/bed/guest/lib.sh
. /usr/lib/wgp-test/lib.sh

check_is 'there is no unit of ours' '' "$(find /run/systemd/generator* -name '*wg-profile*' 2>/dev/null)"
check_is 'nothing has failed' '' "$(systemctl --failed --legend=no 'wg-profile*')"
rm /etc/initrd-release
# PID 1 goes on to believe that it is in one
mkdir /run/outside
check 'outside of it' env -i /usr/lib/systemd/system-generators/wg-profile-generator /run/outside
check 'there is' test -e /run/outside/wg-profile@i0.service.d
