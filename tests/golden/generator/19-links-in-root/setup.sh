mkdir -p etc/wg-profile usr/lib etc/alternatives
# absolute links are the root's, and none leads out of it
ln -s /srv/vpn/office.conf etc/wg-profile/absolute.conf
ln -s ../../srv/vpn/office.conf etc/wg-profile/relative.conf
ln -s ../../../../../../../../../srv/vpn/office.conf etc/wg-profile/clamped.conf
ln -s /etc/alternatives/vpn etc/wg-profile/chain.conf
ln -s ../../srv/vpn/./office.conf etc/alternatives/vpn
# directories, too
ln -s /usr/share/vendor/profiles usr/lib/wg-profile
ln -s /srv/vpn/conf.d etc/wg-profile/vendor.conf.d
