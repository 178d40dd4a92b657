cd etc/wg-profile
chmod 604 other.conf
chmod 640 group.conf
chmod 644 nosecret.conf dropin.conf.d/psk.conf dropin.conf.d/mtu.conf
# a mode that nobody can make use of, as /etc/wireguard has been for years
chmod 644 ../wireguard/closed.conf
chmod 700 ../wireguard
