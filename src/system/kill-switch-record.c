/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads and writes the record of a kill switch, one JSON object. A damaged record counts as a kill switch that lets
 * nothing pass. */

#include "system/kill-switch-record.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/value.h"
#include "system/json-text.h"
#include "system/root-path.h"
#include "system/visit-directory.h"
#include "system/whole-file.h"

#define SUFFIX ".killswitch"

static char *file_name(const char *name) {
        char *s;

        return asprintf(&s, "%s" SUFFIX, name) < 0 ? NULL : s;
}

static WgpKillSwitch parse(const json_t *o) {
        _cleanup_(freep) char *link = NULL;
        json_int_t mark = json_integer_value(json_object_get(o, "mark"));
        WgpKillSwitch record = {};

        if (wgp_json_bytes_parse(json_object_get(o, "link"), &link) >= 0 && wgp_ifname_is_valid(link))
                strcpy(record.link, link);
        if (mark > 0 && mark <= UINT32_MAX)
                record.mark = (uint32_t) mark;
        record.strict = json_is_true(json_object_get(o, "strict"));
        return record;
}

/* Returns 0, WGP_KILL_SWITCH_E_OFF, or a negative errno. */
int wgp_kill_switch_read(int directory, const char *name, WgpKillSwitch *ret) {
        _cleanup_(freep) char *file = file_name(name);
        _cleanup_(json_decrefp) json_t *o = NULL;
        _cleanup_(wgp_closep) int fd = -EBADF;

        if (!file)
                return -ENOMEM;
        fd = openat(directory, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
        if (fd < 0)
                return errno == ENOENT ? WGP_KILL_SWITCH_E_OFF : -errno;
        o = json_loadfd(fd, JSON_REJECT_DUPLICATES, NULL);
        *ret = parse(o);
        return 0;
}

/* Whether a file in the directory of the records is called as one of these. */
bool wgp_kill_switch_is_record(const char *file) {
        size_t n = strlen(file);

        return n > strlen(SUFFIX) && streq(file + n - strlen(SUFFIX), SUFFIX);
}

typedef struct Others {
        const char *except;
        WgpKillSwitches switches;
} Others;

static int add_file(int directory, const char *file, void *userdata) {
        _cleanup_(freep) char *name = NULL;
        Others *others = userdata;
        WgpKillSwitch record;
        int r;

        if (!wgp_kill_switch_is_record(file))
                return 0;
        name = strndup(file, strlen(file) - strlen(SUFFIX));
        if (!name)
                return -ENOMEM;
        if (streq(name, others->except))
                return 0;
        r = wgp_kill_switch_read(directory, name, &record);
        return r == 0 ? wgp_kill_switches_add(&others->switches, &record) : WGP_MIN(r, 0);
}

/* Reads all but that of "name". Returns 0, or a negative errno. */
int wgp_kill_switch_read_others(int directory, const char *name, WgpKillSwitches *ret) {
        Others others = { .except = name };
        int r;

        r = wgp_visit_directory(directory, add_file, &others);
        if (r < 0) {
                wgp_kill_switches_done(&others.switches);
                return r;
        }
        *ret = others.switches;
        return 0;
}

/* Returns 0, or a negative errno. */
int wgp_kill_switch_write(int directory, const char *name, const WgpKillSwitch *record) {
        _cleanup_(freep) char *file = file_name(name), *text = NULL;
        _cleanup_(json_decrefp) json_t *o = NULL;

        o = json_pack("{s:o, s:I, s:b}", "link", wgp_json_bytes(record->link), "mark", (json_int_t) record->mark,
                        "strict", record->strict);
        text = o ? json_dumps(o, 0) : NULL;
        return file && text ? wgp_write_file(directory, file, text) : -ENOMEM;
}

/* No error when there is none. Returns 0, or a negative errno. */
int wgp_kill_switch_remove(int directory, const char *name) {
        _cleanup_(freep) char *file = file_name(name);

        if (!file)
                return -ENOMEM;
        return unlinkat(directory, file, 0) < 0 && errno != ENOENT ? -errno : 0;
}

/* Takes the lock if nobody has it. Returns 0, -EWOULDBLOCK, or another negative errno; it is held as long as "*ret" is
 * open. */
int wgp_kill_switch_try_lock(int directory, int *ret) {
        _cleanup_(wgp_closep) int fd = openat(
                        directory, WGP_KILL_SWITCH_LOCK ".lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

        if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0)
                return -errno;
        *ret = TAKE_FD(fd);
        return 0;
}
