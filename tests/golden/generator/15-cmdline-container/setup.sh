mkdir -p proc/1
printf "/sbin/init\0wg_profile.only=wg1\0systemd.log_level=debug\0" > proc/1/cmdline
