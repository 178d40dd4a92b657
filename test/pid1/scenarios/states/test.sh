# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# mask, disable, enable, isolate; drop-ins in all four directories.
# shellcheck source=test/bed/guest/lib.sh
. /usr/lib/wgp-test/lib.sh

check_is 'drop-ins of all directories count, one of a name' \
        '10.8.1.1/24 10.8.2.1/24 10.8.3.1/24 10.8.4.1/24 10.9.1.1/24 ' \
        "$(ip -o -4 address show dev many | awk '{ print $4 }' | sort | tr '\n' ' ')"
check_is 'the last one has the last word' 1004 "$(wg show many listen-port)"
check_is 'a drop-in of the unit, too' 33s "$(unit_property wg-profile@many TimeoutStartUSec)"
check 'a profile of /run is up' systemctl is-active wg-profile@volatile

check_is 'a masked unit does not come up' 'masked inactive' \
        "$(unit_property wg-profile@masked LoadState) $(unit_property wg-profile@masked ActiveState)"
check_is 'a masked profile has no unit' inactive "$(systemctl is-active wg-profile@hidden)"
check_is 'one that is not to connect is not up' inactive "$(systemctl is-active wg-profile@manual)"
check 'unless somebody has linked it into the target' systemctl is-active wg-profile@enabled
check_is 'nothing has failed' '' "$(systemctl --failed --legend=no)"

check 'disable takes the link back' wg-profile disable enabled
check_is 'and leaves the tunnel up' active "$(systemctl is-active wg-profile@enabled)"
check_fails 'it does not start at boot any more' test -e /etc/systemd/system/wg-profile.target.wants/wg-profile@enabled.service
systemctl disable wg-profile@many 2>/dev/null
check_is 'what systemctl disable does not reach' enabled-runtime "$(systemctl is-enabled wg-profile@many)"
check 'wg-profile disable does' wg-profile disable many
check_fails 'the target does not want it' grep -qw wg-profile@many.service <<<"$(unit_property wg-profile.target Wants)"
check 'and wg-profile enable' wg-profile enable many
check 'it does again' grep -qw wg-profile@many.service <<<"$(unit_property wg-profile.target Wants)"
check 'a tunnel that is to be masked is stopped' systemctl stop wg-profile@many
check 'and masked then' systemctl mask wg-profile@many
check_is 'for the next start' masked "$(systemctl is-enabled wg-profile@many)"
check_fails 'and does not start again' systemctl start wg-profile@many
check_fails 'nor with the target' sh -c 'systemctl start wg-profile.target; systemctl is-active wg-profile@many'
check 'unmask' systemctl unmask wg-profile@many
check 'gives it back' systemctl start wg-profile@many

before=$(systemctl list-units --legend=no --plain --state=active 'wg-profile@*' | awk '{ print $1 }')
check 'isolate of another target' systemctl isolate other.target
check_fails 'which does not want ours' systemctl is-active multi-user.target
check_is 'tunnels stay up' "$before" \
        "$(systemctl list-units --legend=no --plain --state=active 'wg-profile@*' | awk '{ print $1 }')"
check 'and back again' systemctl isolate wgp-boot.target
check_is 'they still are' "$before" \
        "$(systemctl list-units --legend=no --plain --state=active 'wg-profile@*' | awk '{ print $1 }')"

# A profile that changes and goes while the tunnel is up.
sed -i 's/^ListenPort = .*/ListenPort = 1005/' /etc/wg-profile/many.conf.d/40-etc.conf
check 'daemon-reload with a changed profile' systemctl daemon-reload
check_is 'changes nothing by itself' 1004 "$(wg show many listen-port)"
check 'reload' systemctl reload wg-profile@many
check_is 'does' 1005 "$(wg show many listen-port)"
check_is 'daemon-reexec keeps all' "$before" \
        "$(systemctl daemon-reexec; systemctl list-units --legend=no --plain --state=active 'wg-profile@*' | awk '{ print $1 }')"
check 'stop of all' systemctl stop wg-profile.target
check 'leaves no link' wait_for 10 sh -c "! ip -brief link | grep -E '^(many|volatile|enabled)'"

# What this version of systemd thinks of the units, with what was generated.
for unit in wg-profile@many.service wg-profile-genkey@many.service wg-profile-resolver.service wg-profile-resolver.timer \
        wg-profile.target; do
        check_is "verify $unit" '' "$(systemd-analyze verify --man=no "$unit" 2>&1 | grep -F wg-profile)"
done
for unit in wg-profile@many.service wg-profile-genkey@many.service wg-profile-resolver.service; do
        check "the exposure of $unit is at most 2.5" systemd-analyze security --no-pager --threshold=25 "$unit"
done
