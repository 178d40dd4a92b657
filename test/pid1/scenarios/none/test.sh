# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Without a profile nothing of ours is there, and the generator is as good as not there.
# shellcheck source=test/bed/guest/lib.sh
. /usr/lib/wgp-test/lib.sh

start=$(systemctl show --value --property=GeneratorsStartTimestampMonotonic)
end=$(systemctl show --value --property=GeneratorsFinishTimestampMonotonic)
echo "# generators, ours being the only one: $((end - start)) us"
check "in less than half a second ($(((end - start) / 1000)) ms)" test $((end - start)) -lt 500000
check_is 'no unit is generated' '' "$(find /run/systemd/generator* -name '*wg-profile*' 2>/dev/null)"
check_is 'no unit is active' '' "$(systemctl list-units --legend=no --state=active 'wg-profile*')"
check_is 'the generator says nothing' '' "$(/usr/lib/systemd/system-generators/wg-profile-generator /tmp 2>&1)"
check_is 'the critical chain has none of ours' '' "$(systemd-analyze --no-pager critical-chain multi-user.target | grep wg-profile)"
