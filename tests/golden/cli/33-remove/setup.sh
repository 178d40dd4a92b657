mkdir -p root/etc/systemd/system/wg-profile.target.wants
ln -s /usr/lib/systemd/system/wg-profile@.service root/etc/systemd/system/wg-profile.target.wants/wg-profile@home.service
