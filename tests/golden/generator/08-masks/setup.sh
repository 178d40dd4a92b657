cd etc/wg-profile
: > empty.conf
: > dropins.conf
: > suffix.nmconnection
: > fallback.conf
ln -s /dev/null null.conf
ln -s ../../dev/null relative.conf
