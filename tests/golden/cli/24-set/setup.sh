echo 'cTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=' > psk
echo 'nonsense' > bad
cp root/etc/wg-profile/office.conf before
