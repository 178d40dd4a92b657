# Debian's resolvconf, and systemd-resolved enabled
mkdir -p sbin etc/systemd/system usr/lib/systemd/system
touch sbin/resolvconf usr/lib/systemd/system/systemd-resolved.service
ln -s /usr/lib/systemd/system/systemd-resolved.service etc/systemd/system/dbus-org.freedesktop.resolve1.service
