#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# SaveConfig=: what is changed of a tunnel with wg(8) and ip(8) is in the profile when it is down, and nothing else is.

. "$(dirname "$0")/lib.sh"

setup_hosts
mkdir "$work/bin"
printf '#!/bin/sh\n[ "$1" = -d ] || cat > /dev/null\n' > "$work/bin/resolvconf"
chmod 755 "$work/bin/resolvconf"
PATH=$work/bin:$PATH
export DBUS_SYSTEM_BUS_ADDRESS=unix:path=$work/no-bus
etc=$root/etc/wg-profile

write() {
        rm -f "$etc/office.conf"
        profile office.conf <<EOF
# The office.
[Interface]
PrivateKey = $(key here)
Address = 10.99.0.1/24    # theirs
DNS = 10.99.0.53, office.example
SaveConfig = true
PostUp = true && echo up > "$work/hook" # [Interface] & all

# there; by name
[Peer]
PublicKey = $(pub there)
Endpoint = there.example:51820
AllowedIPs = 10.99.0.2/32
EOF
        cp -p "$etc/office.conf" "$work/before"
}
same() { cmp "$etc/office.conf" "$work/before"; }
changed() { diff "$work/before" "$etc/office.conf" | sed -n 's/^\([<>]\) */\1 /p'; }
change() {
        ip address add 10.98.0.1/24 dev office
        wg set office peer "$(pub third)" preshared-key "$work/psk" endpoint 192.168.77.2:1234 persistent-keepalive 25 \
                allowed-ips 10.97.0.0/24,fd97::/64
        wg set office peer "$(pub there)" endpoint 192.168.77.2:51820 allowed-ips 10.99.0.2/32,10.96.0.0/16
}

# What wg-quick(8) saves, too: one line per address, and per peer one with the keys and one per allowed-ip and keepalive.
saved() {
        sed -E 's/[[:blank:]]*#.*//; s/[[:blank:]]*=[[:blank:]]*/=/' "$1" | awk -F= -v OFS== '
                { key = $1; sub(/^[^=]*=/, "") }
                key == "PublicKey" { peer = $0; print "peer", peer }
                key == "PresharedKey" || key == "PersistentKeepalive" { print peer, key, $0 }
                key == "AllowedIPs" || key == "Address" {
                        n = split($0, item, /,[[:blank:]]*/)
                        for (i = 1; i <= n; i++) if (item[i] !~ /^fe80/) print peer, key, item[i]
                }' | sort
}

snapshot > "$work/clean"

# --- nothing, and everything ---

write
inode=$(stat -c %i "$etc/office.conf")
check_exit "unchanged: up" 0 up office
check_exit "unchanged: down" 0 down office
check "unchanged: the file was not touched" test "$(stat -c %i "$etc/office.conf")" = "$inode"
check "unchanged: nor is anything said of it" sh -c "! grep -q saved '$work/err'"

write
chgrp 7 "$etc/office.conf"
chmod 400 "$etc/office.conf"
check_exit "changed: up" 0 up office
change
mkdir "$work/wg-quick"
cp "$etc/office.conf" "$work/wg-quick/"
wg-quick save "$work/wg-quick/office.conf" 2> "$work/wg-quick/err"
check_exit "changed: down" 0 down office
check "changed: it is said" says "saved in $etc/office.conf"
changed > "$work/changes"
cat > "$work/wanted" <<EOF
< Address = 10.99.0.1/24    # theirs
> Address = 10.99.0.1/24, 10.98.0.1/24    # theirs
< AllowedIPs = 10.99.0.2/32
> AllowedIPs = 10.99.0.2/32, 10.96.0.0/16
> 
> [Peer]
> PublicKey = $(pub third)
> PresharedKey = $(cat "$work/psk")
> Endpoint = 192.168.77.2:1234
> PersistentKeepalive = 25
> AllowedIPs = 10.97.0.0/24, fd97::/64
EOF
check_same "changed: the file has it, and all else as it was" "$work/wanted" "$work/changes"
saved "$etc/office.conf" > "$work/ours"
saved "$work/wg-quick/office.conf" > "$work/theirs"
check_same "changed: peers and addresses are those that wg-quick saves" "$work/theirs" "$work/ours"
check "changed: there are some" test "$(wc -l < "$work/ours")" = 10
check "changed: wg-quick loses the name" sh -c "! grep -q there.example '$work/wg-quick/office.conf'"
check "changed: owner and mode stay" test "$(stat -c %u:%g:%a "$etc/office.conf")" = 0:7:400
check "changed: nothing lies beside it" test "$(ls -A "$etc")" = office.conf
check "changed: no key in what was said" sh -c "! grep -qF '$(cat "$work/psk")' '$work/err'"
check_nothing_left "changed"

chmod 600 "$etc/office.conf"
check_exit "again: up" 0 up office
wg show office dump | tail -n +2 | cut -f1,2,4,8 | sort > "$work/dump"
{ printf '%s\t(none)\t10.99.0.2/32,10.96.0.0/16\toff\n' "$(pub there)"
  printf '%s\t%s\t10.97.0.0/24,fd97::/64\t25\n' "$(pub third)" "$(cat "$work/psk")"; } | sort > "$work/wanted"
sed -E 's/10.96.0.0\/16,10.99.0.2\/32/10.99.0.2\/32,10.96.0.0\/16/; s/fd97::\/64,10.97.0.0\/24/10.97.0.0\/24,fd97::\/64/' -i "$work/dump"
check_same "again: it is what it was" "$work/wanted" "$work/dump"
cp -p "$etc/office.conf" "$work/before"
check_exit "again: reload" 0 reload office
check_exit "again: up" 0 up office
check_exit "again: down" 0 down office
check "again: nothing to write" same

# --- removed ---

check_exit "removed: up" 0 up office
wg set office peer "$(pub third)" remove
ip address delete 10.98.0.1/24 dev office
check_exit "removed: down" 0 down office
mv "$etc/office.conf" "$work/removed"
write
sed -i 's,^AllowedIPs.*,AllowedIPs = 10.99.0.2/32\, 10.96.0.0/16,' "$etc/office.conf"
check_same "removed: both are out of the file" "$etc/office.conf" "$work/removed"

# --- edited meanwhile ---

write
check_exit "edited: up" 0 up office
change
sed -i 's/^# The office/# Our office/' "$etc/office.conf"
cp -p "$etc/office.conf" "$work/before"
check_exit "edited: down" 0 down office
check "edited: it is said" says "was edited meanwhile"
check "edited: the file is left alone" same

write
check_exit "edited, then reloaded: up" 0 up office
sed -i 's/^# The office/# Our office/' "$etc/office.conf"
check_exit "edited, then reloaded: reload" 0 reload office
ip address add 10.98.0.1/24 dev office
check_exit "edited, then reloaded: down" 0 down office
check "edited, then reloaded: both changes are there" sh -c "grep -q '^# Our office' '$etc/office.conf' && grep -q '10.98.0.1/24' '$etc/office.conf'"

write
check_exit "a new drop-in: up" 0 up office
change
mkdir "$etc/office.conf.d"
printf '[Peer]\nPublicKey = %s\nPersistentKeepalive = 5\n' "$(pub there)" > "$etc/office.conf.d/a.conf"
check_exit "a new drop-in: down" 0 down office
check "a new drop-in: the file is left alone" same
check_exit "a drop-in: up" 0 up office
wg set office peer "$(pub there)" persistent-keepalive 7
ip address add 10.98.0.1/24 dev office
check_exit "a drop-in: down" 0 down office
check "a drop-in: what it says is not written elsewhere" says "PersistentKeepalive of peer $(pub there) has changed, and is not saved: it is a drop-in's"
check "a drop-in: what it does not say is" test "$(changed | wc -l)" = 2
rm -r "$etc/office.conf.d"

write
check_exit "the file has gone: up" 0 up office
rm "$etc/office.conf"
check_exit "the file has gone: down" 0 down office
check "the file has gone: it is not made anew" test ! -e "$etc/office.conf"
check_nothing_left "the file has gone"

# --- where it cannot be ---

write
mount --bind "$etc" "$etc"
mount -o remount,ro,bind "$etc"
check_exit "read-only: up" 0 up office
change
check_exit "read-only: down" 0 down office
check "read-only: it is said" says "Read-only file system"
check "read-only: the file is left alone" same
umount "$etc"
check_nothing_left "read-only"

mkdir -p "$root/usr/lib/wg-profile"
write
mv "$etc/office.conf" "$root/usr/lib/wg-profile/"
check_exit "in /usr: up" 0 up office
change
check_exit "in /usr: down" 0 down office
check "in /usr: it is said" says "Copy it to /etc/wg-profile/"
check "in /usr: the file is left alone" cmp "$work/before" "$root/usr/lib/wg-profile/office.conf"
rm "$root/usr/lib/wg-profile/office.conf"

mkdir -p "$root/srv"
write
mv "$etc/office.conf" "$root/srv/file"
ln -s /srv/file "$etc/office.conf"
check_exit "a link: up" 0 up office
ip address add 10.98.0.1/24 dev office
check_exit "a link: down" 0 down office
check "a link: it stays one" test "$(readlink "$etc/office.conf")" = /srv/file
check "a link: what it points to is written" grep -q 10.98.0.1/24 "$root/srv/file"
rm "$etc/office.conf" "$root/srv/file"

# A key must not come into a file that others may read.
write
sed -i '/^PrivateKey/d' "$etc/office.conf"
printf '%s\n' "[WgProfile]" "PrivateKeyFile = /etc/here.key" >> "$etc/office.conf"
cp "$work/here.key" "$root/etc/here.key"
chmod 644 "$etc/office.conf"
chmod 755 "$etc"
cp -p "$etc/office.conf" "$work/before"
check_exit "readable: up" 0 up office
change
check_exit "readable: down" 0 down office
check "readable: it is said" says "The preshared key of peer $(pub third) has changed, and is not saved: others may read the file"
check "readable: no key in it" sh -c "grep -q 10.98.0.1/24 '$etc/office.conf' && ! grep -qF -e '$(cat "$work/psk")' -e '$(key here)' '$etc/office.conf'"
check "readable: the mode stays" test "$(stat -c %a "$etc/office.conf")" = 644

# Where a link leads to, a closed directory is no help: such a profile would be refused at its next start.
chmod 700 "$etc" "$root/srv"
mv "$work/before" "$root/srv/file"
ln -sf /srv/file "$etc/office.conf"
check_exit "readable, by a link: up" 0 up office
change
check_exit "readable, by a link: down" 0 down office
check "readable, by a link: it is said" says "is not saved: others may read the file"
check "readable, by a link: no key in it" sh -c "grep -q 10.98.0.1/24 '$root/srv/file' && ! grep -qF -e '$(cat "$work/psk")' '$root/srv/file'"
rm "$etc/office.conf" "$root/srv/file"
chmod 755 "$etc"

# --- when not all is well ---

write
check_exit "the link has gone: up" 0 up office
ip link delete dev office
check_exit "the link has gone: down" 0 down office
check "the link has gone: it is said" says "its link has disappeared"
check "the link has gone: nobody takes that for removed peers" same
check_nothing_left "the link has gone"

write
sed -i 's,^PostUp.*,PreDown = ip address add 10.98.0.1/24 dev %i; wg set %i listen-port 4444; touch "$PRE_DOWN"; false,' "$etc/office.conf"
cp -p "$etc/office.conf" "$work/before"
check_exit "what PreDown does: up" 0 up office
PRE_DOWN=$work/pre-down check_exit "what PreDown does: down" 1 down office
check "what PreDown does: it is saved, and a port that was any is not" test "$(changed)" = "< Address = 10.99.0.1/24    # theirs
> Address = 10.99.0.1/24, 10.98.0.1/24    # theirs"

write
sed -i 's/^PostUp.*/PostUp = ip address add 10.98.0.1\/24 dev %i; false/' "$etc/office.conf"
cp -p "$etc/office.conf" "$work/before"
check_exit "a failed start: up" 1 up office
check "a failed start: nothing is saved" same

# --- a link in a network namespace: looked at there, while hooks are run here ---

mkdir -p /run/netns
mount -t tmpfs tmpfs /run/netns
ip netns add blue
write
sed -i 's,^PostUp.*,PostUp = readlink /proc/self/ns/net > "$HOOK_NS"; ip -n blue link show dev %i,' "$etc/office.conf"
sed -i '/^DNS/d' "$etc/office.conf"
printf '[WgProfile]\nNetns=blue\n' >> "$etc/office.conf"
cp -p "$etc/office.conf" "$work/before"
HOOK_NS=$work/hook-ns check_exit "in a namespace: up" 0 up office
check "in a namespace: hooks run outside" test "$(cat "$work/hook-ns")" = "$(readlink /proc/self/ns/net)"
ip -n blue address add 10.98.0.1/24 dev office
check_exit "in a namespace: down" 0 down office
check "in a namespace: the address is saved" test "$(changed)" = "< Address = 10.99.0.1/24    # theirs
> Address = 10.99.0.1/24, 10.98.0.1/24    # theirs"
ip netns delete blue

# What was killed on the way leaves one of the two texts.
for n in 1 2 3; do
        write
        check_exit "killed at $n: up" 0 up office
        change
        check_exit "killed at $n: down" 137 faulted "$n:kill" down office
        check "killed at $n: the file is old or new" sh -c "cmp -s '$etc/office.conf' '$work/before' || grep -q '^AllowedIPs = 10.97' '$etc/office.conf'"
        "$apply" --root="$root" down office 2> /dev/null
        check "killed at $n: then it is new" grep -q '^AllowedIPs = 10.97' "$etc/office.conf"
        check "killed at $n: nothing lies beside it" test "$(ls -A "$etc")" = office.conf
done
check_nothing_left "killed"

end
