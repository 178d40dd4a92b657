# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Keys that are not in the profile.
# shellcheck source=test/bed/guest/lib.sh
. /usr/lib/wgp-test/lib.sh

key_of() {
        wg show "$1" private-key
}

check_is 'wg-profile.NAME.private-key is found' "$(</etc/credstore/wg-profile.implicit.private-key)" "$(key_of implicit)"
check_is 'network.wireguard.private.NAME is found' "$(</etc/credstore/network.wireguard.private.networkd)" "$(key_of networkd)"
check_is '@NAME is a private key' "$(</etc/credstore/office-key)" "$(key_of byname)"
check_is '@NAME is a preshared key' "$(</etc/credstore/office-psk)" "$(wg show byname preshared-keys | cut -f2)"
check_is 'PrivateKeyFile= is read' "$(</root/wg.key)" "$(key_of byfile)"
check_is 'an encrypted credential is decrypted' "$(</root/sealed.key)" "$(key_of sealed)"

check_is 'so is one that the machine has got' "$(</root/sealed.key)" "$(key_of received)"

# "up" lets systemd read the units again only if that changes them: it knows the same stores.
units_read() {
        stat --format='%i %z' /run/systemd/generator
}
before=$(units_read)
for name in implicit byname sealed received; do
        check "up of $name, which is up" wg-profile up "$name"
        check_is 'without reading the units again' "$before" "$(units_read)"
done
# Who cannot look into the stores takes it that they are what they were.
mkdir -p -m 755 /usr/lib/wg-profile
cp /etc/wg-profile/{byname,sealed,received}.conf /usr/lib/wg-profile/
rm /etc/wg-profile/{byname,sealed,received}.conf
chmod 644 /usr/lib/wg-profile/{byname,sealed,received}.conf
chmod 755 /etc/wg-profile /usr/lib/wg-profile
systemctl daemon-reload
for name in byname sealed received; do
        output=$(setpriv --reuid=65534 --regid=65534 --clear-groups wg-profile up "$name" 2>&1)
        check_like "up of $name by somebody else: the start is asked for" "^Failed to start wg-profile@$name.service" "$output"
done
printf 'PresharedKey = @other-psk\n' >>/usr/lib/wg-profile/byname.conf
output=$(setpriv --reuid=65534 --regid=65534 --clear-groups wg-profile up byname 2>&1)
check_like 'another credential: the units have to be read again' '(Reload daemon failed|Failed to reload daemon)' "$output"
for name in byname sealed received; do
        mv /usr/lib/wg-profile/$name.conf /etc/wg-profile/
        chmod 600 /etc/wg-profile/$name.conf
done
sed -i '/other-psk/d' /etc/wg-profile/byname.conf
systemctl daemon-reload

log=$(journalctl --boot --output=cat --unit=wg-profile@nokey)
check_fails 'a credential that nobody has fails the unit' systemctl is-active wg-profile@nokey
check_like 'the message names it' 'nobody-has-it' "$log"
check_fails 'and there is no link' ip link show nokey

# reload has no credentials: what cannot be read stays as it is
printf '\n[Peer]\nPublicKey = %s\nAllowedIPs = 10.98.0.0/24\n' "$(wg genkey)" >>/etc/wg-profile/byname.conf
check 'a reload without credentials' systemctl reload wg-profile@byname
check_is 'keeps the private key' "$(</etc/credstore/office-key)" "$(key_of byname)"
check_is 'and adds the peer' 2 "$(wg show byname peers | wc -l)"
check_like 'the preshared key is kept, too' "$(sed 's/[+/]/\\&/g' /etc/credstore/office-psk)" "$(wg show byname preshared-keys)"

# a credential that was encrypted after the units were made
mv /etc/credstore/wg-profile.implicit.private-key /root/implicit.key
systemd-creds encrypt --with-key=host --name=wg-profile.implicit.private-key /root/implicit.key \
        /etc/credstore/wg-profile.implicit.private-key
check_fails 'ciphertext is no key' systemctl restart wg-profile@implicit
check_like 'the message says so' 'encrypted' "$(journalctl --boot --output=cat --unit=wg-profile@implicit)"

check_is 'no key is in a unit' '' "$(systemctl show 'wg-profile@*' | grep -F -f <(cat /etc/credstore/office-* /root/*.key))"
check_is 'no key is in the journal' '' "$(journalctl --boot --output=cat | grep -F -f <(cat /etc/credstore/office-* /root/*.key))"
check_is 'no key is in a record' '' "$(cat /run/wg-profile/state/* | grep -F -f <(cat /etc/credstore/office-* /root/*.key))"
