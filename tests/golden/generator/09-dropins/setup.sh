mkdir -p etc/wg-profile/wg0.conf.d run/wg-profile/wg0.conf.d
: > etc/wg-profile/wg0.conf.d/30-masked.conf
ln -s /dev/null run/wg-profile/wg0.conf.d/31-masked.conf
# a drop-in that cannot be read refuses the profile
cp usr/lib/wg-profile/wg0.conf etc/wg-profile/fifo.conf
chmod 600 etc/wg-profile/fifo.conf
mkdir etc/wg-profile/fifo.conf.d
mkfifo etc/wg-profile/fifo.conf.d/x.conf
