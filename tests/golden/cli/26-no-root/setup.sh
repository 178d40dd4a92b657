# "somebody COMMAND": as a user who is not root, and may read vendor.conf alone.
chmod 000 root/etc/wg-profile/office.conf
chmod 644 root/usr/lib/wg-profile/vendor.conf
chmod 555 root/etc/wg-profile root/etc root
chmod 755 .. .
# as Debian has it
mkdir -m 700 root/etc/wireguard
printf '[Interface]\n' > root/etc/wireguard/wg0.conf
# where the program was built, others may not get in
cp --remove-destination "$(realpath ../bin/wg-profile)" ../bin/wg-profile
cat > ../bin/somebody <<'EOT'
#!/bin/sh
[ "$(id -u)" -ne 0 ] || exec setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
exec "$@"
EOT
chmod 755 ../bin/somebody
