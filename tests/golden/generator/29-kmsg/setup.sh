mkdir dev
: > dev/kmsg
