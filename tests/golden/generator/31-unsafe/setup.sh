chmod 620 etc/wg-profile/group.conf
chmod 602 etc/wg-profile/world.conf
chmod 777 usr/lib/wg-profile
chmod 775 etc/wg-profile/dropin.conf.d
