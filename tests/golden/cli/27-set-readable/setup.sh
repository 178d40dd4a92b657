echo 'cTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=' > key
mkdir root/srv
chmod 644 root/etc/wg-profile/wg0.conf
cp -p root/etc/wg-profile/wg0.conf root/srv/wg1.conf
ln -s ../../srv/wg1.conf root/etc/wg-profile/wg1.conf
cp root/etc/wg-profile/wg0.conf before
