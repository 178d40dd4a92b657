# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# status and wait over systemd's own word.
# shellcheck source=test/bed/guest/lib.sh
. /usr/lib/wgp-test/lib.sh

status() { wg-profile status "$@" 2>/tmp/status.err; }
code() { local r=0; "$@" >/dev/null 2>&1 || r=$?; echo $r; }

first_word() { status "$1" | sed -n '1s/^[^:]*: \([a-z]*\).*/\1/p'; }

check_is 'one without peers is idle' 'idle 0' "$(first_word good) $(code status good)"
check_is 'one that is not to start is down' 'down 9' "$(first_word manual) $(code status manual)"
check_is 'a broken profile has failed' 'failed 1' "$(first_word broken) $(code status broken)"
check 'with what was said about it' sh -c \
        "wg-profile status broken | head -n 1 | grep -F 'failed, /etc/wg-profile/broken.conf:3: [Interface] Address: '"
check_is 'a credential that is not there has failed, too' 'failed 1' "$(first_word unkeyed) $(code status unkeyed)"
check 'and says so' sh -c "wg-profile status unkeyed | head -n 1 | grep -i credential"
check_is 'all of them: the worst' 1 "$(code status)"
check 'the others are there, and down' sh -c 'wg-profile status | grep -E "^. manual +down "'
check_is 'of no such name' 6 "$(code status good2)"
check 'the unit, and since when' sh -c "wg-profile status good | grep -E 'unit: active \(exited\), since [-0-9]+ [:0-9]+; [0-9]+'"

check_is 'wait for one that is there' 0 "$(code wg-profile wait good --timeout=5)"
check_is 'for one that has failed for good: no waiting' 1 "$(code timeout 5 wg-profile wait broken)"
(sleep 1; systemctl start wg-profile@manual) &
check_is 'for one that is started meanwhile' 0 "$(code wg-profile wait manual --timeout=20)"
wait
check_is 'who is not root sees as much as systemd tells' 4 \
        "$(code setpriv --reuid=65534 --regid=65534 --clear-groups wg-profile status good)"
check 'and what not' sh -c \
        'setpriv --reuid=65534 --regid=65534 --clear-groups wg-profile status good 2>&1 | grep "shown to root only"'
check_is 'also that one has failed' 1 \
        "$(code setpriv --reuid=65534 --regid=65534 --clear-groups wg-profile status broken)"
check 'after stop' systemctl stop wg-profile@good
check_is 'it is down' 'down 9' "$(first_word good) $(code status good)"
check 'metrics' sh -c 'wg-profile status --prometheus | grep -x "wg_profile_state{tunnel=\"broken\",state=\"failed\"} 1"'
