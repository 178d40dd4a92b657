/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Records of kill switches: whatever is in one, the switch is on, and no link passes that cannot be. */

#include <fcntl.h>
#include <unistd.h>

#include "fuzz.h"
#include "model/value.h"
#include "system/kill-switch-record.h"

#define NAME "site"

/* A directory in memory, with the record in it: it is read from a file only. */
static char path[] = "/dev/shm/fuzz-kill-switch-XXXXXX";
static int directory = -1;

static void remove_directory(void) {
        (void) wgp_kill_switch_remove(directory, NAME);
        (void) rmdir(path);
}

static void make_directory(void) {
        check(mkdtemp(path));
        directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        check(directory >= 0);
        check(atexit(remove_directory) == 0);
}

static void write_record(const uint8_t *data, size_t size) {
        int fd = openat(directory, NAME ".killswitch", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

        check(fd >= 0);
        check(write(fd, data, size) == (ssize_t) size);
        close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        WgpKillSwitch record = {}, again = {};

        if (directory < 0)
                make_directory();
        write_record(data, size);
        check(wgp_kill_switch_read(directory, NAME, &record) == 0);
        check(memchr(record.link, 0, sizeof(record.link)));
        check(!*record.link || wgp_ifname_is_valid(record.link));

        check(wgp_kill_switch_write(directory, NAME, &record) == 0);
        check(wgp_kill_switch_read(directory, NAME, &again) == 0);
        check(streq(record.link, again.link) && record.mark == again.mark && record.strict == again.strict);
        return 0;
}
