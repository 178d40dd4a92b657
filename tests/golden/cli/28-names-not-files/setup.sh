: > root/etc/wg-profile/vendor.conf
cp root/etc/wg-profile/office.conf root/etc/wg-profile/twice.conf.conf
