# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Hooks in a unit, with and without the drop-in that allows them; SaveConfig= over "systemctl stop".
# shellcheck source=test/bed/guest/lib.sh
. /usr/lib/wgp-test/lib.sh

journal() {
        journalctl --sync
        journalctl --boot --output=cat --unit="wg-profile@$1"
}

# --- hooks ---

check 'a tunnel with hooks is up after the boot' systemctl is-active wg-profile@every
check_is 'PostUp ran when all was done' 'up 1' "$(cat /run/every.log)"
check 'a hook may write where it likes, and mount for all to see' test -d /root/written-by-hook -a -n "$(findmnt /mnt)"
check_is 'it has its names' 'CONFIG_FILE=/etc/wg-profile/every.conf INTERFACE=every LC_ALL=C PROFILE=every' \
        "$(grep -E '^(INTERFACE|PROFILE|CONFIG_FILE|LC_ALL)=' /run/every.env | sort | tr '\n' ' ' | sed 's/ $//')"
check_fails 'and no key' grep -qF "$(sed -n 's/^PrivateKey = //p' /etc/wg-profile/every.conf)" /run/every.env
check_is 'nor any descriptor of ours' '0 1 2' "$(sed -n '/\/proc/d; s/.* \([0-9]*\) ->.*/\1/p' /run/every.fd | sort -n | tr '\n' ' ' | sed 's/ $//')"
check_is 'it has all capabilities' "$(grep CapBnd /proc/1/status)" "$(grep CapBnd /run/every.status)"
check 'what it started runs on' kill -0 "$(cat /run/every.pid)"
check 'stop, although a PreDown fails' systemctl stop wg-profile@every
check_is 'the others have run' 'up 1
pre-down
post-down 0' "$(cat /run/every.log)"
check_like 'and it is told' 'PreDown failed with exit status 1' "$(journal every)"
check_fails 'the link is gone' ip link show dev every
check_fails 'and so is what it started' kill -0 "$(cat /run/every.pid)"

check 'start, and restart, although a PreDown fails' \
        bash -c 'systemctl start wg-profile@every && systemctl restart wg-profile@every'
check 'it is up' systemctl is-active wg-profile@every
check_is 'after hooks of the end, and those of the start' 'up 1
pre-down
post-down 0
up 1' "$(tail -n 4 /run/every.log)"

check_is 'a tunnel without hooks has its sandbox' strict "$(unit_property wg-profile@late ProtectSystem)"
systemctl stop wg-profile@late
sed -i '/^Address/aPostUp = touch /run/late' /etc/wg-profile/late.conf
check_fails 'a hook that is new is refused' systemctl start wg-profile@late
check_is 'as something that the system lacks' 5 "$(unit_property wg-profile@late ExecMainStatus)"
check_like 'what to do is said' 'late.conf:4: .*systemctl daemon-reload' "$(journal late)"
check 'nothing was done' test ! -e /run/late -a ! -e /sys/class/net/late
systemctl daemon-reload
check 'after daemon-reload it starts' systemctl start wg-profile@late
check 'with its hook' test -e /run/late

check 'Hooks=no: the tunnel is up' systemctl is-active wg-profile@never
check 'without its hooks' test ! -e /run/never
check_is 'in its sandbox' strict "$(unit_property wg-profile@never ProtectSystem)"

systemctl start --no-block wg-profile@killed
wait_for 10 test -e /run/killed
kill -KILL "$(unit_property wg-profile@killed MainPID)"
wait_for 10 bash -c '[[ $(systemctl show --value --property=SubState wg-profile@killed) == auto-restart ]]'
check 'a run that was killed in a hook leaves nothing' \
        test ! -e /sys/class/net/killed -a ! -e /run/wg-profile/state/killed.json -a ! -e /run/killed-post-down
check_fails 'nor the hook' pgrep -fx 'sleep 1001'
touch /run/go
systemctl stop wg-profile@killed
check 'and the next one works' systemctl start wg-profile@killed

systemctl stop wg-profile@stuck
check 'a PreDown that never ends is ended by the timeout' test -e /run/stuck
check_is 'as the unit tells' timeout "$(unit_property wg-profile@stuck Result)"
check 'the tunnel is down, and PostDown has run' \
        test ! -e /sys/class/net/stuck -a ! -e /run/wg-profile/state/stuck.json -a -e /run/stuck-post-down
check_fails 'the hook is gone, too' pgrep -fx 'sleep 1002'

# --- SaveConfig= ---

cp -p /etc/wg-profile/saved.conf /run/before
other=$(wg genkey | wg pubkey)
wg set saved peer "$other" allowed-ips 10.11.0.0/16 endpoint 192.0.2.1:99
ip address add 10.12.0.1/24 dev saved
check 'stop with SaveConfig' systemctl stop wg-profile@saved
check_is 'a peer and an address were added to the file, and all else is as it was' "3c3
< Address = 10.9.5.1/24
---
> Address = 10.9.5.1/24, 10.12.0.1/24
$(wc -l </run/before)a$(($(wc -l </run/before) + 1)),$(($(wc -l </run/before) + 5))
> 
> [Peer]
> PublicKey = $other
> Endpoint = 192.0.2.1:99
> AllowedIPs = 10.11.0.0/16" "$(diff /run/before /etc/wg-profile/saved.conf )"
check_is 'owner and mode are' 'root:daemon 600' "$(stat -c '%U:%G %a' /etc/wg-profile/saved.conf)"
check_is 'nothing lies beside it' 'every killed late never plain saved stuck' \
        "$(ls -A /etc/wg-profile | sed 's/\.conf$//' | tr '\n' ' ' | sed 's/ $//')"
check 'it starts again' systemctl start wg-profile@saved
check 'with both' grep -qF "$other" <(wg show saved peers)

wg set saved peer "$other" remove
printf '# edited\n' >>/etc/wg-profile/saved.conf
cp -p /etc/wg-profile/saved.conf /run/before
check 'stop with a file that was edited' systemctl stop wg-profile@saved
check 'leaves it alone' cmp /run/before /etc/wg-profile/saved.conf
check_like 'and says so' 'saved.conf or a drop-in was edited meanwhile' "$(journal saved)"

systemctl stop wg-profile@plain
sed -i '/^Address/aSaveConfig = true' /etc/wg-profile/plain.conf
cp -p /etc/wg-profile/plain.conf /run/before
systemctl start wg-profile@plain
ip address add 10.12.1.1/24 dev plain
check 'SaveConfig that is new to the unit' systemctl stop wg-profile@plain
check 'cannot write' cmp /run/before /etc/wg-profile/plain.conf
check_like 'and says what to do' 'Read-only file system.*daemon-reload' "$(journal plain)"
