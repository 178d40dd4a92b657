echo 'cTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=' > psk
echo 'nonsense' > bad
cp root/etc/wg-profile/office.conf before
# links, which mean what they mean in the tree: its own /etc and /usr, not this machine's
mkdir -p root/etc/wireguard
cp root/etc/wg-profile/office.conf root/etc/wireguard/linked.conf
ln -s /etc/wireguard/linked.conf root/etc/wg-profile/linked.conf
ln -s /usr/lib/wg-profile/vendor.conf root/etc/wg-profile/branded.conf
mkdir -p root/etc/wg-profile/linked.conf.d
printf '[Peer]\nPublicKey = xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=\nPersistentKeepalive = 7\n' > root/etc/wireguard/keepalive
ln -s /etc/wireguard/keepalive root/etc/wg-profile/linked.conf.d/keepalive.conf
