# Kill switches that can be neither read nor ruled out: a link that leads to what is not mounted yet; a file that is too large
# to be read; a drop-in of either kind. And what can be ruled out: a directory, a pipe, a link to itself, a profile that says no.
cd etc/wg-profile
mkdir dropin.conf.d late.conf.d says-no.conf.d pipe.conf.d directory.conf
truncate --size=20M dropin.conf.d/50-large.conf large.conf
ln -s /mnt/later/profile.conf awaited.conf
ln -s /mnt/later/more.conf late.conf.d/50-later.conf
ln -s /mnt/later/more.conf says-no.conf.d/50-later.conf
ln -s loop.conf loop.conf
mkfifo pipe.conf.d/50-pipe.conf fifo.conf
