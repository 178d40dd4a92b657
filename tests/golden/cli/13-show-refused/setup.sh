chmod 644 root/etc/wg-profile/open.conf
ln -s /dev/null root/etc/wg-profile/linked.conf
mkdir root/etc/wg-profile/directory.conf
