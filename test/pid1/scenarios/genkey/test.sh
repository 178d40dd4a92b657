# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# GenerateKey=: a key at the first start, the same one from then on.
# shellcheck source=test/bed/guest/lib.sh
. /usr/lib/wgp-test/lib.sh

key_of() {
        wg show "$1" private-key
}

for name in plain sealed handed a+b; do
        check "$name is up after the first boot" systemctl is-active "wg-profile@$name"
done
check_is 'the key is in its file' "$(</var/lib/wg-profile/plain.key)" "$(key_of plain)"
check_is 'which is root'\''s alone' '600 root 700 root' \
        "$(stat --format='%a %U' /var/lib/wg-profile/plain.key) $(stat --format='%a %U' /var/lib/wg-profile)"
check_is 'a name that units escape' "$(<'/var/lib/wg-profile/a+b.key')" "$(key_of a+b)"
check_is 'clamped as X25519 wants it' 0 \
        "$(base64 -d </var/lib/wg-profile/plain.key | od -An -tu1 -w32 | awk '{ print $1 % 8 + (int($32 / 64) != 1) }')"
public=$(key_of plain | wg pubkey)
check_like 'the public key is in the journal' "The public key of plain is ${public//+/\\+}" \
        "$(journalctl --boot --output=cat --unit=wg-profile-genkey@plain)"

check_is 'an encrypted key is in no file of its own' '' "$(ls /var/lib/wg-profile/sealed.key 2>/dev/null)"
check_is 'but a credential of mode 0600' 600 "$(stat --format=%a /etc/credstore.encrypted/wg-profile.sealed.private-key)"
check_is 'which is this key' "$(key_of sealed)" \
        "$(systemd-creds decrypt --name=wg-profile.sealed.private-key /etc/credstore.encrypted/wg-profile.sealed.private-key - 2>/dev/null)"
check_is 'a profile that was handed a key keeps to it' "$(</etc/credstore/wg-profile.handed.private-key)" "$(key_of handed)"
check_is 'and gets no other' '' "$(ls /var/lib/wg-profile/handed.key 2>/dev/null)"

check_is 'a later boot keeps the key' "$(</root/kept.key) $(</root/kept.key)" "$(</var/lib/wg-profile/kept.key) $(key_of kept)"
check_is 'and the encrypted one' "$(</root/keptsealed.key)" "$(key_of keptsealed)"
check_is 'whose unit did not even run' '' "$(unit_property wg-profile-genkey@kept ExecMainStartTimestamp)"

check_fails 'without a key there is no tunnel' systemctl is-active wg-profile@stuck
check_like 'and the message says where to look' 'wg-profile-genkey@stuck' \
        "$(journalctl --boot --output=cat --unit=wg-profile@stuck)"

# A second boot finds the keys; so do a reload and a restart.
before="$(key_of plain) $(key_of sealed)"
check 'daemon-reload' systemctl daemon-reload
check 'reload' systemctl reload wg-profile@plain wg-profile@sealed
check_is 'keeps the keys' "$before" "$(key_of plain) $(key_of sealed)"
check 'restart' systemctl restart wg-profile@plain wg-profile@sealed
check_is 'keeps them, too' "$before" "$(key_of plain) $(key_of sealed)"
check 'the unit runs again' systemctl start wg-profile-genkey@plain wg-profile-genkey@sealed wg-profile-genkey@handed
check_is 'and makes nothing' "$before $(</etc/credstore/wg-profile.handed.private-key)" \
        "$(</var/lib/wg-profile/plain.key) $(systemctl restart wg-profile@sealed; key_of sealed) $(key_of handed)"

# By hand
check_fails 'a key is not overwritten' wg-profile genkey plain
check_fails 'an encrypted one is not either' wg-profile genkey --encrypt sealed
check_fails 'nor is one hidden by the other form' wg-profile genkey sealed
printf '[Interface]\nAddress = 10.9.9.1/24\n' | install -m 0600 /dev/stdin /usr/lib/wg-profile/byhand.conf
cp /usr/lib/wg-profile/byhand.conf /run/byhand.conf
public=$(wg-profile genkey --encrypt byhand)
systemctl daemon-reload
check 'a profile finds the encrypted key made by hand' systemctl start wg-profile@byhand
check_is 'and has the public key that was printed' "$public" "$(wg show byhand public-key)"
check 'the profile is untouched' cmp /usr/lib/wg-profile/byhand.conf /run/byhand.conf
check_is 'no key is in the journal' '' "$(journalctl --boot --output=cat | grep -F -e "$(key_of plain)" -e "$(key_of sealed)")"
check 'the exposure of the unit is small' systemd-analyze security --no-pager --offline=yes --threshold=25 \
        /usr/lib/systemd/system/wg-profile-genkey@.service
check_is 'PID 1 has warned of nothing' '' \
        "$(journalctl --boot --output=cat _PID=1 | grep -iE 'wg-profile.*(unknown|ignoring|warning)|Unknown key')"
