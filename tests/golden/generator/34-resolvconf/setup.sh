# openresolv behind an alternative; systemd-resolved was enabled, and is masked
mkdir -p usr/sbin etc/alternatives etc/systemd/system
touch usr/sbin/openresolv
ln -s /etc/alternatives/resolvconf usr/sbin/resolvconf
ln -s /usr/sbin/openresolv etc/alternatives/resolvconf
ln -s /usr/lib/systemd/system/systemd-resolved.service etc/systemd/system/dbus-org.freedesktop.resolve1.service
ln -s /dev/null etc/systemd/system/systemd-resolved.service
