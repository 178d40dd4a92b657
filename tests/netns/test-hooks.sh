#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# PreUp, PostUp, PreDown, PostDown: when, in what, with what, and what becomes of the tunnel when one fails.

. "$(dirname "$0")/lib.sh"

setup_hosts
log=$work/log
export log

# What a hook finds: its name, the addresses and the state of the link, and how many peers.
cat > "$work/note" <<'EOT'
#!/bin/bash
if ip link show dev "$INTERFACE" > /dev/null 2>&1; then
        flags=$(ip -o link show dev "$INTERFACE" | grep -o '[<,]UP[,>]')
        echo "$1 ${flags:+up} addresses:$(ip -o address show dev "$INTERFACE" | grep -vc fe80) peers:$(wg show "$INTERFACE" peers | wc -l)"
else
        echo "$1 gone"
fi >> "$log"
EOT
chmod 700 "$work/note"
note=$work/note

# hooks NAME < lines of [Interface]
hooks() {
        { printf '[Interface]\nPrivateKey = %s\nAddress = 10.99.0.1/24\n' "$(key here)"
          cat
          printf '[Peer]\nPublicKey = %s\nAllowedIPs = 10.99.0.2/32\n' "$(pub there)"; } | profile "$1.conf"
        : > "$log"
}
log_is() { [ "$(cat "$log")" = "$1" ]; }
as_unit() { bash -c 'SYSTEMD_EXEC_PID=$$ exec "$@"' - "$apply" --root="$root" "$@"; }

snapshot > "$work/clean"

# --- order ---

hooks order <<EOT
PostDown = $note post-down-1 %i
PreUp = $note pre-up-1
PostUp = $note post-up-1
PreDown = $note pre-down-1
PreUp = $note pre-up-2
PostUp = $note post-up-2 # a comment of the shell's
PreDown = $note pre-down-2
PostDown = $note post-down-2
EOT
check_exit "plan" 10 "$apply" --root="$root" plan order
grep -n 'run P' "$work/out" > "$work/hook-lines"
check "plan: PreUp behind the link, PostUp last" test "$(cut -d: -f1 "$work/hook-lines" | tr "\n" " ")" = "2 3 8 9 "
check "plan: which" grep -q '^2:run PreUp of .*/order.conf:5: the tunnel comes up$' "$work/hook-lines"
check "plan runs none" log_is ''
check_exit "up" 0 up order
check "up: PreUp sees a link without anything, PostUp all" log_is 'pre-up-1  addresses:0 peers:0
pre-up-2  addresses:0 peers:0
post-up-1 up addresses:1 peers:1
post-up-2 up addresses:1 peers:1'
: > "$log"
check_exit "up again" 0 up order
check "up again: no hook" log_is ''
check_exit "repair" 0 "$apply" --root="$root" repair order
check "repair: no hook" log_is ''
check_exit "down" 0 down order
check "down: PreDown with everything there, PostDown with nothing" log_is 'pre-down-1 up addresses:1 peers:1
pre-down-2 up addresses:1 peers:1
post-down-1 gone
post-down-2 gone'
check_nothing_left "down"

# --- as they were when the tunnel came up ---

hooks kept <<EOT
PostUp = $note old-up
PreDown = $note old-pre-down
PostDown = printf '%s %s\n' '$(printf 'caf\351')' "\$CONFIG_FILE" >> "\$log"
EOT
check_exit "kept: up" 0 up kept
hooks kept <<EOT
PostUp = $note new-up
PreDown = $note new-pre-down
EOT
check_exit "kept: reload" 0 reload kept
check "kept: it is said that they are for later" says "The hooks of 'kept' have changed"
check "kept: a reload runs none" log_is ''
check "kept: the record is root's alone" test "$(stat -c %a "$state/kept.json")" = 600
rm "$root/etc/wg-profile/kept.conf"
check_exit "kept: down without the profile" 0 down kept
check "kept: the old ones, whatever bytes they have" log_is "old-pre-down up addresses:1 peers:1
$(printf 'caf\351') $root/etc/wg-profile/kept.conf"
check_nothing_left "kept"

# --- what they run in ---

hooks inside <<'EOT'
PreUp = [[ $INTERFACE == inside && $PROFILE == inside && $LC_ALL == C && %i == inside && %I%%i == %I%"inside" ]]
PreUp = [[ aab == +(a)b ]]; read -r x < <(echo process substitution); echo "$x" >> "$log"
PreUp = if false | true; then echo pipefail is not set >> "$log"; fi
PreUp = (false; echo errexit is not set >> "$log") || true
PreUp = variable=1
PreUp = echo "variable: ${variable-}" >> "$log"
PreUp = env >> "$log.env"; echo to the standard output; echo to the standard error >&2
EOT
sed -i 's/^PreUp = (false.*/PreUp = f() { false; echo errexit is not set >> "$log"; }; (f); true/; ' "$root/etc/wg-profile/inside.conf"
check_exit "inside: errexit ends a hook" 1 up inside
check "inside: and says so" says 'PreUp failed with exit status 1.'
check "inside: process substitution and pipefail" log_is 'process substitution'
sed -i '/errexit/d' "$root/etc/wg-profile/inside.conf"
: > "$log"
check_exit "inside: up" 0 up inside
check "inside: each in a shell of its own" log_is 'process substitution
variable: '
check "inside: the output is on the standard error" sh -c "! test -s '$work/out' && grep -q 'to the standard output' '$work/err' && grep -q 'to the standard error' '$work/err'"
check "inside: no key of ours in the environment" sh -c "test -s '$log.env' && ! grep -qF -e '$(key here)' '$log.env'"
check_exit "inside: down" 0 down inside

# What a hook runs gets no descriptor of ours, and nobody sees a hook's text in ps(1).
hooks private <<'EOT'
PreUp = bash -c 'ls -l /proc/$$/fd' >> "$log.fd"; [[ ! -e /proc/$$/fd/3 ]]
PreUp = : the-secret-word && tr '\0' ' ' < /proc/$$/cmdline >> "$log.ps"
PostUp = sleep 1000 & echo $! > "$log.pid"
PostUp = no-such-command
EOT
check_exit "private: up" 1 up private
check "private: no descriptor of ours" sh -c "grep -q ' 2 -> ' '$log.fd' && ! grep 'state\|lock\|socket:\|memfd' '$log.fd'"
check "private: what is seen of it in ps" sh -c "grep -q '^bash -e' '$log.ps' && ! grep -q secret-word '$log.ps'"
check "private: bash says where it is" says "$root/etc/wg-profile/private.conf:7: line 1: no-such-command: command not found"
check "private: what runs in the background runs on" kill -0 "$(cat "$log.pid")"
kill "$(cat "$log.pid")"
check_nothing_left "private"

hooks eager <<'EOT'
PreUp = ip address add 10.99.0.1/24 dev %i && ip link set %i up
PostUp = ip route add 10.97.0.0/24 dev %i; ip link set %i mtu 1300
EOT
check_exit "hooks that do what the profile says as well: up" 0 up eager
check "hooks that do what the profile says as well: it is there" ip -4 -o address show dev eager to 10.99.0.1/24
check_exit "hooks that do what the profile says as well: up again" 0 up eager
check_exit "hooks that do what the profile says as well: down" 0 down eager
check_nothing_left "hooks that do what the profile says as well"

cp "$work/here.key" "$work/file.key"
hooks pass <<EOT
PostUp = wg set %i private-key <(cat '$work/file.key')
EOT
sed -i '/^PrivateKey/d' "$root/etc/wg-profile/pass.conf"
check_exit "the key comes from a hook" 0 up pass
check "the key comes from a hook: it is there" test "$(wg show pass private-key)" = "$(key here)"
check_exit "the key comes from a hook: reload" 0 reload pass
check "the key comes from a hook: no word of the same hooks" sh -c "! grep -q hooks '$work/err'"
check "the key comes from a hook: it stays" test "$(wg show pass private-key)" = "$(key here)"
check_exit "the key comes from a hook: down" 0 down pass

# What reads the records does not wait for PostUp.
hooks waits <<EOT
PostUp = grep -o '"complete": [a-z]*' '$state/waits.json' >> "\$log"
EOT
check_exit "waits: up" 0 up waits
check "waits: the record is complete when PostUp runs" log_is '"complete": true'
check_exit "waits: down" 0 down waits
check_nothing_left "waits"

# --- failures ---

for hook in PreUp PostUp; do
        hooks fails <<EOT
PreUp = $note pre-up
$hook = exit 7
$hook = $note never
PreDown = $note pre-down
PostDown = $note post-down
EOT
        check_exit "a failing $hook" 1 up fails
        check "a failing $hook: where and what" says "$root/etc/wg-profile/fails.conf:5: $hook failed with exit status 7."
        check "a failing $hook: nothing is left, it says" says 'nothing of it was left behind'
        check "a failing $hook: the others do not run" log_is 'pre-up  addresses:0 peers:0'
        check_nothing_left "a failing $hook"
done

hooks stubborn <<EOT
PreDown = $note pre-down-1
PreDown = kill -KILL \$\$
PreDown = $note pre-down-3
PostDown = false
PostDown = $note post-down
EOT
check_exit "stubborn: up" 0 up stubborn
check_exit "stubborn: down" 1 down stubborn
check "stubborn: the signal" says 'PreDown was ended by signal 9 (Killed).'
check "stubborn: the status" says 'PostDown failed with exit status 1.'
check "stubborn: it is down, it says" says "The tunnel 'stubborn' is down."
check "stubborn: the others run" log_is 'pre-down-1 up addresses:1 peers:1
pre-down-3 up addresses:1 peers:1
post-down gone'
check_nothing_left "stubborn"

hooks deleted <<EOT
PreUp = $note pre-up
PreDown = $note pre-down
PostDown = $note post-down
EOT
check_exit "the link is deleted: up" 0 up deleted
ip link delete dev deleted
check_exit "the link is deleted: up again" 0 up deleted
check "the link is deleted: the new one gets its hooks" log_is 'pre-up  addresses:0 peers:0
pre-up  addresses:0 peers:0'
ip link delete dev deleted
check_exit "the link is deleted: down" 0 down deleted
check "the link is deleted: hooks of the end run" test "$(tail -n 2 "$log" | tr '\n' ' ')" = "pre-down gone post-down gone "
check_nothing_left "the link is deleted"

# --- killed, as by a timeout of the unit ---

# kill_in VERB NAME: kills the run and its hook
kill_in() {
        setsid "$apply" --root="$root" "$1" "$2" 2> "$work/err" &
        local pid=$!
        while ! grep -q begun "$log"; do sleep 0.05; done
        kill -KILL -- -$pid
        wait $pid
} 2> /dev/null

for hook in PreUp PostUp; do
        hooks killed <<EOT
$hook = echo begun >> "\$log"; sleep 1000
PreDown = $note pre-down
PostDown = $note post-down
EOT
        kill_in up killed
        check_exit "killed in $hook: down --after-failure" 0 "$apply" --root="$root" down --after-failure killed
        check "killed in $hook: no hook of the end" log_is begun
        check_nothing_left "killed in $hook"
done
hooks killed <<EOT
PreUp = $note pre-up
PostUp = echo begun >> "\$log"; [ -e "$work/again" ] || kill -KILL \$PPID
PreDown = $note pre-down
EOT
check_exit "killed in PostUp: up" 137 up killed
touch "$work/again"
check_exit "killed in PostUp: up again" 0 up killed
check "killed in PostUp: up again runs the hooks again" test "$(grep -c 'pre-up\|begun' "$log")" = 4
check_exit "killed in PostUp: then down" 0 down killed
check "killed in PostUp: then down has its hooks" test "$(tail -n 1 "$log")" = 'pre-down up addresses:1 peers:1'
check_nothing_left "killed in PostUp"

hooks killed <<EOT
PreDown = echo begun >> "\$log"; sleep 1000
PostDown = $note post-down
EOT
check_exit "killed in PreDown: up" 0 up killed
kill_in down killed
check_exit "killed in PreDown: down --after-failure" 0 "$apply" --root="$root" down --after-failure killed
check "killed in PreDown: it is not run again, PostDown is" log_is 'begun
post-down gone'
check_nothing_left "killed in PreDown"

# --- a slow hook holds up nobody else ---

hooks slow <<EOT
PreUp = echo begun >> "\$log"; while ! grep -q go "\$log"; do sleep 0.05; done
EOT
sed -i 's,^AllowedIPs.*,AllowedIPs = 0.0.0.0/0,' "$root/etc/wg-profile/slow.conf"
sed '/^PreUp/d; s/10.99.0.1/10.98.0.1/' "$root/etc/wg-profile/slow.conf" | profile quick.conf
up slow 2> "$work/slow.err" &
slow=$!
while ! grep -q begun "$log"; do sleep 0.05; done
check "slow: another full tunnel comes up meanwhile" timeout 20 "$apply" --root="$root" up quick
check "slow: and has another mark" test "$(grep -ho '"fwmark": [0-9]*' "$state"/{slow,quick}.json | sort -u | wc -l)" -ge 2
check "slow: and goes" timeout 20 "$apply" --root="$root" down quick
echo go >> "$log"
check "slow: then it is up" wait $slow
check_exit "slow: down" 0 down slow
check_nothing_left "slow"

# --- what nobody else is to have ---

hooks credential <<EOT
PreUp = env > $work/env
PostUp = env >> $work/env
EOT
mkdir "$work/credentials"
up_with_credentials() { CREDENTIALS_DIRECTORY=$work/credentials up credential; }
check_exit "with credentials: up" 0 up_with_credentials
check "with credentials: the hooks have run" test "$(grep -c '^INTERFACE=credential$' "$work/env")" = 2
check_exit "with credentials: no hook is told where they are" 1 grep -q CREDENTIALS_DIRECTORY "$work/env"
daemon=$(pgrep --full 'wireguard-go credential')
check "with credentials: the daemon has an environment" grep -qz '^PATH=' "/proc/$daemon/environ"
check_exit "with credentials: and is not told either" 1 grep -qz '^CREDENTIALS_DIRECTORY' "/proc/$daemon/environ"
check_exit "with credentials: down" 0 down credential

# Of a process that would dump its memory, what is below /proc is its user's.
hooks waits < /dev/null
chown -R 65534:65534 "$root"
mkdir -p "$state"
chown -R 65534:65534 "$root/run"
chmod 755 "$root" "$root/run"
: > "$state/waits.lock"
chown 65534:65534 "$state/waits.lock"
exec 8> "$state/waits.lock"
flock 8
setpriv --reuid=65534 --regid=65534 --clear-groups "$apply" --root="$root" down waits 8>&- 2> "$work/err" &
waiting=$!
is_somebody() { [ "$(cat "/proc/$waiting/comm")" = wg-profile-appl ] && grep -q '^Uid:[[:space:]]65534' "/proc/$waiting/status"; }
belongs_to_root() { wait_for 5 test "$(stat -c %u "/proc/$waiting/environ")" = 0; }
check "apply runs as somebody else" wait_for 5 is_somebody
check "its memory is not for a core dump" belongs_to_root
exec 8>&-
wait $waiting
chown -R 0:0 "$root"

# --- not at all ---

hooks refused <<EOT
PreUp = $note pre-up
EOT
check_exit "in a unit without the drop-in" 5 as_unit up refused
check "in a unit without the drop-in: what to do" says "systemctl daemon-reload"
check "in a unit without the drop-in: no hook" log_is ''
check_nothing_left "in a unit without the drop-in"
WG_PROFILE_HOOKS=1 check_exit "in a unit with it" 0 as_unit up refused
check "in a unit with it: the hook" log_is 'pre-up  addresses:0 peers:0'
check_exit "in a unit with it: down" 0 down refused

hooks lost <<EOT
PostUp = true
PreDown = $note pre-down
PostDown = $note post-down
EOT
check_exit "the drop-in has gone: up" 0 up lost
check_exit "the drop-in has gone: down" 1 as_unit down lost
check "the drop-in has gone: it is said" says "PreDown of 'lost' was not run"
check "the drop-in has gone: no hook" log_is ''
check_nothing_left "the drop-in has gone"

mkdir "$work/bin"
ln -s "$(command -v wireguard-go)" "$work/bin/"
without_bash() { env PATH="$work/bin" "$apply" --root="$root" up "$1"; }
check_exit "without bash" 5 without_bash refused
check "without bash: what is missing" says 'bash, which is not installed'
check_nothing_left "without bash"

printf '[WgProfile]\nHooks=no\n' >> "$root/etc/wg-profile/refused.conf"
: > "$log"
check_exit "Hooks=no: up" 0 without_bash refused
check "Hooks=no: it is said" says 'Hooks=no'
check "Hooks=no: no hook" log_is ''
check_exit "Hooks=no: down" 0 down refused
check_nothing_left "Hooks=no"

end
