# not enabled: the tunnel fails with apply's message, and no sandbox helps
mkdir -p usr/sbin usr/bin usr/lib/systemd/system
touch usr/bin/resolvectl usr/lib/systemd/system/systemd-resolved.service
ln -s ../bin/resolvectl usr/sbin/resolvconf
