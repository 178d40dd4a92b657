# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# 1 000 profiles, 100 tunnels.
# shellcheck source=test/bed/guest/lib.sh
. /usr/lib/wgp-test/lib.sh

start=$(systemctl show --value --property=GeneratorsStartTimestampMonotonic)
end=$(systemctl show --value --property=GeneratorsFinishTimestampMonotonic)
# Nothing waits for tunnels, neither the boot nor who stops the target.
no_jobs() {
        [[ -z $(systemctl list-jobs --legend=no) ]]
}

echo "# all generators together: $(((end - start) / 1000)) ms"
check 'all jobs end' wait_for 60 no_jobs
# Where all start at once, a wireguard-go ends now and then: systemd or the resolver starts its tunnel again.
all_active() {
        [[ $(systemctl list-units --legend=no --plain --state=active 'wg-profile@*' | wc -l) == 100 ]]
}
all_links() {
        [[ $(ip -brief link | grep -c '^m[0-9]') == 100 ]]
}
check '100 tunnels are active' wait_for 30 all_active
check 'their links are there' wait_for 30 all_links
check_is 'nothing has failed' '' "$(systemctl --failed --legend=no)"
echo "# restarts: $(journalctl --boot --output=cat _PID=1 + _SYSTEMD_UNIT=wg-profile-resolver.service |
        grep -cE 'its daemon has died|Scheduled restart job')"
check_is 'all 1 000 have their drop-in' 1000 "$(find /run/systemd/generator -name 50-wg-profile.conf | wc -l)"
check 'one that does not come up by itself starts' systemctl start wg-profile@m999
check 'the target stops all' timeout 60 systemctl stop wg-profile.target wg-profile@m999
check 'and their jobs end' wait_for 60 no_jobs
check_is 'no link is left' 0 "$(ip -brief link | grep -c '^m[0-9]')"
check_is 'no record is left' '' "$(find /run/wg-profile/state -name '*.json')"
