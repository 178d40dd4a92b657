# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# What is cut short leaves nothing: a start that takes too long, a SIGKILL, a daemon that dies.
# shellcheck source=test/bed/guest/lib.sh
. /usr/lib/wgp-test/lib.sh

records() {
        find /run/wg-profile/state -name '*.json'
}

before=$(net_state)
check_fails 'a start that hangs ends with the time limit' systemctl start wg-profile@slow
check 'it had come as far as the link' test -e /run/wireguard/reached
check_is 'its result is the time limit' timeout "$(unit_property wg-profile@slow Result)"
check_is 'nothing is left in the network' "$before" "$(net_state)"
check_is 'no record is left' '' "$(records)"
check_is 'no process is left' '' "$(pgrep --full 'wireguard-(go|slow) slow')"
systemctl reset-failed wg-profile@slow

rm /run/wireguard/reached
systemctl start --no-block wg-profile@slow
check 'a start is on its way' wait_for 3 test -e /run/wireguard/reached
systemctl kill --kill-whom=main --signal=KILL wg-profile@slow
check 'after a SIGKILL it has failed' wait_for 5 systemctl is-failed wg-profile@slow
check_is 'no record is left then' '' "$(records)"
check_is 'nothing is left in the network' "$before" "$(net_state)"
systemctl stop wg-profile@slow
systemctl reset-failed wg-profile@slow

check 'a tunnel starts' systemctl start wg-profile@victim
pkill --full 'wireguard-go victim'
wait_for 5 test ! -e /sys/class/net/victim
check 'its daemon killed, it stops' systemctl stop wg-profile@victim
check_is 'and leaves nothing' "$before" "$(net_state)"

check 'a tunnel starts again' systemctl start wg-profile@victim
ip link delete victim
check 'its link deleted, it stops' systemctl stop wg-profile@victim
check_is 'and leaves nothing in the network' "$before" "$(net_state)"
check 'a tunnel starts once more' systemctl start wg-profile@victim
rm /etc/wg-profile/victim.conf
check 'its profile deleted, it stops' systemctl stop wg-profile@victim
check_is 'and leaves nothing of it' "$before" "$(net_state)"
check_is 'no record is left in the end' '' "$(records)"
