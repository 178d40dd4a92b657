# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# A profile on a file system that hangs: the generator's alarm ends it, and the machine boots with what there is.
# shellcheck source=test/bed/guest/lib.sh
. /usr/lib/wgp-test/lib.sh

rm /etc/ld.so.preload
start=$(systemctl show --value --property=GeneratorsStartTimestampMonotonic)
end=$(systemctl show --value --property=GeneratorsFinishTimestampMonotonic)
check "the generator hung, and was ended ($(((end - start) / 1000)) ms)" test $((end - start)) -gt 2500000 -a $((end - start)) -lt 15000000
check 'multi-user.target is reached' systemctl is-active multi-user.target
check 'what it had done before is there' test -e /run/systemd/generator/wg-profile@aaa.service.d/50-wg-profile.conf
check 'a daemon-reload without the hang' systemctl daemon-reload
check 'brings all profiles' systemctl start wg-profile@aaa wg-profile@hang wg-profile@zzz
