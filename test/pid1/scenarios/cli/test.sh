# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The verbs that go through systemd: up, down, reload; and plan beside them.
# shellcheck source=test/qemu/guest/lib.sh
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
