cd etc/wg-profile
mkfifo fifo.conf
mkdir directory.conf
ln -s nowhere dangling.conf
ln -s loop.conf loop.conf
ln -s fifo.conf link-to-fifo.conf
truncate -s $((16 * 1024 * 1024 + 1)) huge.conf
cp good.conf ignored.txt
cp good.conf conf
# a lower file does not step in for one that cannot be used
mkdir -p ../../usr/lib/wg-profile
cp good.conf ../../usr/lib/wg-profile/fifo.conf
