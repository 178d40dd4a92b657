# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Netns= in units: the template, the order, the sandbox, and what becomes of a tunnel whose network namespace goes.
# shellcheck source=test/bed/guest/lib.sh
. /usr/lib/wgp-test/lib.sh

has_link() { ip -n vpn link show dev inside; }
# A closed port answers, and that takes the way there and back.
probe='[[ $(exec 2>&1 3<>/dev/tcp/10.9.0.1/9) == *refused* ]]'
answers() { wait_for 20 ip netns exec vpn bash -c "$probe"; }
sub_state() { [[ $(unit_property "$1" SubState) == "$2" ]]; }
started() { unit_property "$1" "$2"; }
main_pid() { unit_property wg-profile-resolver MainPID; }
may_enter() { [[ $(unit_property "$1" CapabilityBoundingSet) == *cap_sys_admin* ]]; }
says() { journalctl --unit="$1" --output=cat | grep -F -- "$2"; }

# --- after the boot ---

check 'the network namespace was made' systemctl is-active wg-profile-netns@vpn
check 'everybody sees it' ip netns exec vpn true
check_like 'its loopback link is up' 'UP' "$(ip -n vpn -o link show dev lo)"
check 'the tunnel is up' systemctl is-active wg-profile@inside
check 'in there' has_link
check_fails 'and not here' ip link show dev inside
check "the tunnel's service came later" test "$(started wg-profile-netns@vpn ActiveEnterTimestampMonotonic)" \
        -lt "$(started wg-profile@inside InactiveExitTimestampMonotonic)"
check 'its unit may enter' may_enter wg-profile@inside
check 'the unit of another tunnel may not' test "$(may_enter wg-profile@far && echo yes)" = ''
check 'the resolver may' may_enter wg-profile-resolver
has_capability() { (($((16#$(sed -n 's/^CapEff:[[:space:]]*//p' "/proc/$1/status"))) >> 21 & 1)); } # CAP_SYS_ADMIN
check_fails 'its process that asks DNS may not' has_capability "$(main_pid)"
check 'but the one beside it' has_capability "$(pgrep --parent "$(main_pid)" --oldest)"
check 'the resolver finds the name, and the other end answers' answers
check_like 'status tells where it is' 'network namespace vpn' "$(wg-profile status inside 2>&1)"
check 'a service in there reaches the other end' systemd-run --quiet --wait --property=NetworkNamespacePath=/run/netns/vpn \
        bash -c "$probe"
check_is 'nothing has failed' '' "$(systemctl --failed --legend=no)"

# --- the namespace goes, and comes ---

check 'the network namespace is stopped' systemctl stop wg-profile-netns@vpn
check_is 'and the tunnel with it' inactive "$(systemctl is-active wg-profile@inside)"
check_is 'before it' 0 "$(unit_property wg-profile@inside ExecMainStatus)"
check_fails 'it is gone' ip netns exec vpn true
check_is 'with the record' '' "$(find /run/wg-profile/state -name 'inside*.json')"
check_fails 'a start without it fails' systemctl start wg-profile@inside
check_is 'in a way that may work later' 1 "$(unit_property wg-profile@inside ExecMainStatus)"
check 'and says what to do' says wg-profile@inside 'systemctl enable --now wg-profile-netns@vpn.service'
systemctl stop wg-profile@inside
check 'the network namespace is started' systemctl start wg-profile-netns@vpn
check 'the tunnel, too' systemctl start wg-profile@inside
check 'the network namespace is restarted' systemctl restart wg-profile-netns@vpn
check 'and the tunnel with it' wait_for 10 systemctl is-active wg-profile@inside
check 'in the new one' has_link
check 'where the other end answers again' answers

# --- somebody takes it away ---

ip netns delete vpn
check 'the resolver misses the link' wait_for 30 says wg-profile-resolver 'inside: its link was deleted'
check 'the restarted tunnel waits for the network namespace' wait_for 10 \
        sub_state wg-profile@inside auto-restart
check 'once it is there' systemctl restart wg-profile-netns@vpn
check 'the tunnel comes up' wait_for 40 systemctl is-active wg-profile@inside
check 'in it' has_link

# --- one of somebody else ---

ip netns add other
check_fails 'a network namespace that is there is not taken over' systemctl start wg-profile-netns@other
check 'and stays' ip netns exec other true
systemctl reset-failed wg-profile-netns@other
ip netns delete other

# --- a resolver that was there before ---

systemctl stop wg-profile@inside wg-profile-resolver.timer wg-profile-resolver
mv /etc/wg-profile/inside.conf /run/
systemctl daemon-reload
check_fails 'without a tunnel in a network namespace the resolver may not enter any' may_enter wg-profile-resolver
check 'a tunnel with a name' systemctl start wg-profile@name
wait_for 10 test "$(main_pid)" != 0
before=$(main_pid)
mv /run/inside.conf /etc/wg-profile/
systemctl daemon-reload
check 'a tunnel in a network namespace comes' systemctl start wg-profile@inside
check 'the resolver is started anew' wait_for 15 says wg-profile-resolver 'Starting anew'
check 'by systemd' wait_for 15 systemctl is-active wg-profile-resolver
check 'and the other end answers' answers
check 'it is another process' test "$(main_pid)" != "$before"
systemctl stop wg-profile@inside wg-profile@name
check_is 'nothing has failed at the end' '' "$(systemctl --failed --legend=no)"
