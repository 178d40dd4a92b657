# Debian's resolvconf, and what is left of a systemd-resolved that was removed
mkdir -p sbin etc/systemd/system usr/lib/systemd/system
touch sbin/resolvconf
ln -s /usr/lib/systemd/system/systemd-resolved.service etc/systemd/system/dbus-org.freedesktop.resolve1.service
