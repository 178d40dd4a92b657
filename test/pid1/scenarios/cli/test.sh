# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The verbs that go through systemd: up, down, reload; and plan beside them.
# shellcheck source=test/bed/guest/lib.sh
. /usr/lib/wgp-test/lib.sh

add_profile() {
        install -m 0600 /dev/stdin "/etc/wg-profile/$1" <<EOF
[Interface]
PrivateKey = $(wg genkey)
Address = 10.9.$2.1/24
$3
EOF
}

# run COMMAND...: its exit code in "$status", what it said in "$output"
run() {
        status=0
        output=$("$@" 2>&1) || status=$?
}

# When systemd has read its units last: the generators' directory is a new one each time.
units_read() {
        stat --format='%i %z' /run/systemd/generator
}

run wg-profile plan pa
check_is 'plan: nothing to do for a tunnel that is up' '0 ' "$status $output"
run wg-profile plan --json pa
check_is 'plan --json: nothing' '0 []' "$status $output"

run wg-profile down pa
check_is 'down' '0 ' "$status $output"
check_fails 'then the link is gone' ip link show pa
run wg-profile plan pa
check_is 'plan: something' 10 "$status"
check_like 'plan: what' 'add address 10\.9\.1\.1/24: ' "$output"
run wg-profile plan --json pa
check_is 'plan --json: something' 10 "$status"
check_like 'plan --json: what' '"operation": "create link pa type wireguard"' "$output"

before=$(units_read)
run wg-profile up pa
check_is 'up' '0 ' "$status $output"
check 'then the link is there' ip link show pa
check_is 'without reading the units again' "$before" "$(units_read)"
run wg-profile up pa
check_is 'up again' '0 ' "$status $output"

sed -i 's/10\.9\.1\.1/10.9.1.2/' /etc/wg-profile/pa.conf
run wg-profile up pa
check_is 'up of a tunnel whose profile has changed' 0 "$status"
check_like 'it is told' "'pa' was up already, and is not as its profile says by now: 'wg-profile reload pa'" "$output"
check_like 'nothing is changed' '10\.9\.1\.1/24' "$(ip -o address show pa)"
run wg-profile reload pa
check_is 'reload' '0 ' "$status $output"
check_like 'then the address is the new one' '10\.9\.1\.2/24' "$(ip -o address show pa)"
check_is 'without reading the units again' "$before" "$(units_read)"

add_profile pb.conf 2 'MTU = 1400'
run wg-profile up pb
check_is 'up of a new profile' '0 ' "$status $output"
check_is 'systemd knows the profile then' /etc/wg-profile/pb.conf "$(unit_property wg-profile@pb SourcePath)"
check_fails 'the units were read again' test "$(units_read)" = "$before"

run wg-profile up pz
check_is 'up of no profile' 6 "$status"
check_like 'up of no profile: the names' "no profile 'pz'\. Did you mean 'pa'\? There are: pa, pb\." "$output"
check_is 'systemd was not asked' inactive "$(systemctl is-active wg-profile@pz)"
run wg-profile reload pz
check_is 'reload of no profile' 6 "$status"
run wg-profile down pz
check_is 'down of no profile' 6 "$status"
cd /etc/wg-profile || exit 1
for verb in up down reload plan; do
        run wg-profile $verb pa.conf
        check_is "$verb of a file beside which it is run" 6 "$status"
        check_like "$verb: the profile that was meant" "no profile 'pa\.conf'\. Did you mean 'pa'\?" "$output"
done
cd /
check_is 'the tunnel is still up' active "$(systemctl is-active wg-profile@pa)"
run wg-profile --root=/tmp up pa
check_is 'up in another root' 2 "$status"

rm /etc/wg-profile/pb.conf
run wg-profile down pb
check_is 'down without the profile' '0 ' "$status $output"
check_fails 'its link is gone, too' ip link show pb

add_profile pc.conf 3 'Mtu = nonsense'
run wg-profile up pc
check_is 'up of a broken profile' 3 "$status"
check_like 'its problem is told' 'pc\.conf:4: \[Interface\]' "$output"

add_profile pd.conf 4
ip link add pd type veth peer name pd-peer
run wg-profile up pd
check_is 'up that fails in apply' 1 "$status"
check_like 'apply is heard' 'There is a link pd already, which is not ours' "$output"
check_fails 'and not systemctl' grep -qE 'journalctl|systemctl status' <<<"$output"
ip link delete pd
systemctl stop wg-profile@pd


run wg-profile up pd
check_is 'up after the failure' '0 ' "$status $output"
ip link delete pd
run wg-profile reload pd
check_is 'reload that fails in apply' 1 "$status"
check_like 'apply is heard' "The link pd of the tunnel 'pd' is gone" "$output"
run wg-profile down pd
check_is 'down without the link' '0 ' "$status $output"
run wg-profile reload pd
check_is 'reload of what is not running' 1 "$status"
check 'systemctl is heard' test -n "$output"

systemctl mask --runtime wg-profile@pa 2>/dev/null
systemctl stop wg-profile@pa
run wg-profile up pa
check_is 'up of a masked unit' 1 "$status"
check_like 'systemctl is heard' 'masked' "$output"
systemctl unmask --runtime wg-profile@pa 2>/dev/null

# Nobody repairs: the resolver would restart it.
run wg-profile up pd
systemctl stop wg-profile-resolver.timer wg-profile-resolver
ip link delete pd
run wg-profile up pd
check_is 'up of a tunnel whose link is gone' 0 "$status"
check_is 'it is told' "wg-profile: The link pd of the tunnel 'pd' is gone: the tunnel is restarted." "$output"
check 'then the link is there' ip link show pd
printf '[WgProfile]\nNetns=elsewhere\n' >>/etc/wg-profile/pd.conf
run wg-profile up pd
check_is 'up of a tunnel that only a restart can bring to its profile' 0 "$status"
check_like 'it is told' 'needs a restart' "$output"
check 'nothing is changed' ip link show pd
sed -i '/^\[WgProfile\]/,$d' /etc/wg-profile/pd.conf
run wg-profile down pd

# Who is not root: systemd decides, not whether the profile can be read; and nobody has said that they may.
as_nobody() { # systemctl's exit code is 4 where there is no polkit, else 1
        run setpriv --reuid=65534 --regid=65534 --clear-groups wg-profile "$@"
}

as_nobody up pa
check_like 'up by somebody else, the profile is not readable' '^[14]$' "$status"
check_like 'systemctl is heard' 'authentication|[Aa]ccess denied' "$output"
install -d -m 0700 /etc/wireguard
printf '[Interface]\nPrivateKey = %s\n' "$(wg genkey)" | install -m 0600 /dev/stdin /etc/wireguard/pe.conf
for verb in up down; do
        as_nobody $verb pe
        check_like "$verb by somebody else, the directory is not readable" '^[14]$' "$status"
        check_like 'systemctl is heard' 'authentication|[Aa]ccess denied' "$output"
        check_fails 'not that there is no profile' grep -q 'no profile' <<<"$output"
done
as_nobody show pe
check_is 'show, likewise' 4 "$status"
check_like 'what was not looked at' '^/etc/wireguard: .*denied' "$output"
chmod 0700 /etc/wg-profile
install -D -m 0644 /dev/stdin /usr/lib/wg-profile/pa.conf <<<'[Interface]
PrivateKey = @pa'
as_nobody up pa
check_like 'up by somebody else, another profile can be read' '^[14]$' "$status"
check_like 'the start is asked for, not the units read again' 'start' "$output"

# --- down where systemd has nothing to stop, or nothing to stop it with ---

cd /
records() { find /run/wg-profile/state -name 'p[a-z].json' -printf '%f\n' | sort | xargs; }
active() { systemctl is-active "wg-profile@$1"; }

# a unit that has failed, and its profile is gone
add_profile pf.conf 6 'MTU = 1'
run wg-profile up pf
check_is 'up of a broken profile' 3 "$status"
systemctl start wg-profile@pf 2>/dev/null
check_is 'its unit has failed' failed "$(active pf)"
rm /etc/wg-profile/pf.conf
run wg-profile down pf
check_is 'down clears it' '0 ' "$status $output"
check_is 'then it has not' inactive "$(active pf)"
run wg-profile down pf
check_is 'down of what is not there at all' 6 "$status"

# a stop of which nothing survives
add_profile pg.conf 7
mkdir -p /run/systemd/system/wg-profile@pg.service.d
printf '[Service]\nExecStop=\nExecStop=/bin/sh -c "kill -KILL $$$$"\nExecStopPost=\nExecStopPost=/bin/sh -c "kill -KILL $$$$"\n' \
        >/run/systemd/system/wg-profile@pg.service.d/killed.conf
run wg-profile up pg
check_is 'up of a tunnel whose stop will be killed' '0 ' "$status $output"
systemctl stop wg-profile-resolver.timer wg-profile-resolver # which would see to it
systemctl stop wg-profile@pg
check_is 'its stop leaves it' 'failed pg.json' "$(active pg) $(records | grep -o pg.json)"
run wg-profile down pg
check_is 'down takes it down' 0 "$status"
check_is 'and the failure with it' 'inactive ' "$(active pg) $(records | grep -o pg.json)"
check_fails 'its link is gone' ip link show pg
rm -r /run/systemd/system/wg-profile@pg.service.d
systemctl daemon-reload

# a running tunnel that is masked: there is no ExecStop= any more
run wg-profile up pg
systemctl stop wg-profile-resolver.timer wg-profile-resolver
systemctl mask --runtime wg-profile@pg 2>/dev/null
run wg-profile down pg
check_is 'down of a masked tunnel' 0 "$status"
check_is 'it is down' 'inactive ' "$(active pg) $(records | grep -o pg.json)"
check_fails 'its link is gone, too' ip link show pg
systemctl unmask --runtime wg-profile@pg 2>/dev/null

# a stop that fails tells so
add_profile ph.conf 8 'PostDown = false'
run wg-profile up ph
run wg-profile down ph
check_is 'down with a hook that fails' 1 "$status"
check_like 'it is told' 'PostDown failed with exit status 1' "$output"
run wg-profile down ph
check_is 'down once more clears it' '0 inactive' "$status $(active ph)"

# --- up of a unit that waits for its next try ---

add_profile pi.conf 9
ip link add pi type dummy 2>/dev/null || ip link add pi type veth peer name pi-peer
run wg-profile up pi
check_is 'up fails while there is another link of that name' 1 "$status"
check_is 'the unit waits' auto-restart "$(unit_property wg-profile@pi SubState)"
ip link delete pi
before=$SECONDS
run wg-profile up pi
check_is 'up does not' '0 ' "$status $output"
check 'it takes no half minute' test $((SECONDS - before)) -lt 10
check 'then it is there' ip link show pi
run wg-profile down pi

# --- enable and disable ---

wanted() { systemctl show --value --property=Wants wg-profile.target | tr ' ' '\n' | grep -c "^wg-profile@$1\.service$"; }
check_is 'at boot, the target wants it' 1 "$(wanted pi)"
run wg-profile disable pi
check_is 'disable' '0 pi does not start at boot any more.' "$status $output"
check_is 'then it does not' 0 "$(wanted pi)"
run wg-profile enable --now pi
check_is 'enable --now' '0 pi starts at boot from now on.' "$status $output"
check_is 'it is up, and will be' 'active 1' "$(active pi) $(wanted pi)"
systemctl mask --runtime wg-profile@pi 2>/dev/null
run wg-profile disable --now pi
check_is 'disable --now of a masked tunnel' '0 pi does not start at boot any more.' "$status $output"
check_is 'it is down' 'inactive ' "$(active pi) $(records | grep -o pi.json)"
systemctl unmask --runtime wg-profile@pi 2>/dev/null
check_fails 'systemctl enable says that it cannot' bash -c 'systemctl enable wg-profile@pi 2>&1 | grep -qF "Created symlink"'
as_nobody enable pi
check_is 'enable by somebody else' 4 "$status"
run wg-profile down pa
check_is 'what a masked stop has left above is taken down' '0 ' "$status $(records | grep -o pa.json)"
systemctl stop wg-profile.target
check_is 'in the end no record is left' '' "$(records)"
