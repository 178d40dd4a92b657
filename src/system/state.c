/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads, writes and locks records. One directory, held open; files are replaced by rename, so that a reader sees the
 * old text or the new one. */

#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "system/needs.h"
#include "system/root-path.h"
#include "system/state.h"
#include "system/visit-directory.h"
#include "system/whole-file.h"

enum {
        STATE_SIZE_MAX = 256 << 20, /* bytes; a hundred thousand routes take 8 MB */
};

static char *file_name(const char *name, const char *suffix) {
        char *s;

        return asprintf(&s, "%s%s", name, suffix) < 0 ? NULL : s;
}

/* mkdir(2) for each part of "path" below "fd", which is consumed. Only the last is closed to others. */
static int open_below(int fd, const char *path, int *ret) {
        _cleanup_(wgp_closep) int parent = fd;
        _cleanup_(freep) char *copy = strdup(path);
        char *cursor = copy;

        if (!copy)
                return -ENOMEM;

        for (char *part; (part = strsep(&cursor, "/"));) {
                int child;

                if (!*part)
                        continue;
                if (mkdirat(parent, part, cursor ? 0755 : 0700) < 0 && errno != EEXIST)
                        return -errno;
                child = openat(parent, part, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
                if (child < 0)
                        return -errno;
                close(parent);
                parent = child;
        }
        *ret = TAKE_FD(parent);
        return 0;
}

/* Opens the directory of the state files, and makes it if need be. "root": the tree it is in, NULL or "": this
 * system. Returns 0 or a negative errno; "*ret" is to be closed by the caller. */
int wgp_state_open_directory(const char *root, int *ret) {
        int fd;

        fd = open(root && *root ? root : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return -errno;
        return open_below(fd, WGP_STATE_DIRECTORY, ret);
}

/* Opens it to read, without making it. Returns 0, or a negative errno: -ENOENT: no tunnel was ever up, -EACCES: only
 * root may look. */
int wgp_state_find_directory(const char *root, int *ret) {
        _cleanup_(freep) char *path = NULL;
        int fd;

        if (asprintf(&path, "%s" WGP_STATE_DIRECTORY, root ?: "") < 0) {
                path = NULL;
                return -ENOMEM;
        }
        fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return -errno;
        *ret = fd;
        return 0;
}

static int take_lock(int fd, const struct timespec *end) {
        enum {
                PAUSE_NSEC = 2 * 1000 * 1000
        };
        struct timespec now;

        if (!end)
                return flock(fd, LOCK_EX) < 0 ? -errno : 0;
        while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
                if (errno != EWOULDBLOCK)
                        return -errno;
                if (clock_gettime(CLOCK_MONOTONIC, &now) < 0 || now.tv_sec > end->tv_sec ||
                                (now.tv_sec == end->tv_sec && now.tv_nsec >= end->tv_nsec))
                        return -ETIMEDOUT;
                (void) nanosleep(&(struct timespec) { .tv_nsec = PAUSE_NSEC }, NULL);
        }
        return 0;
}

/* "end": CLOCK_MONOTONIC, NULL: never. */
static int open_lock(int directory, const char *name, const struct timespec *end, int *ret) {
        _cleanup_(freep) char *file = file_name(name, ".lock");

        if (!file)
                return -ENOMEM;

        for (;;) {
                _cleanup_(wgp_closep) int fd =
                                openat(directory, file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
                struct stat held, present;
                int r;

                if (fd < 0)
                        return -errno;
                r = take_lock(fd, end);
                if (r >= 0 && fstat(fd, &held) < 0)
                        r = -errno;
                if (r < 0)
                        return r;
                /* Its former holder may have removed the file while this run waited. */
                if (fstatat(directory, file, &present, AT_SYMLINK_NOFOLLOW) >= 0 && present.st_ino == held.st_ino) {
                        *ret = TAKE_FD(fd);
                        return 0;
                }
        }
}

/* Takes the tunnel's lock: waits until no other run has it. Returns 0 or a negative errno; the lock is held as long
 * as "*ret" is open. */
int wgp_state_open_lock(int directory, const char *name, int *ret) {
        return open_lock(directory, name, /* end= */ NULL, ret);
}

/* The same, but waits for so many milliseconds at most: then -ETIMEDOUT. */
int wgp_state_open_lock_within(int directory, const char *name, unsigned msec, int *ret) {
        struct timespec end = {};

        if (clock_gettime(CLOCK_MONOTONIC, &end) < 0)
                return -errno;
        end.tv_sec += msec / 1000;
        end.tv_nsec += (long) (msec % 1000) * 1000 * 1000;
        if (end.tv_nsec >= 1000 * 1000 * 1000) {
                end.tv_nsec -= 1000 * 1000 * 1000;
                end.tv_sec++;
        }
        return open_lock(directory, name, &end, ret);
}

/* Removes the lock's file, by the holder. Returns 0 or a negative errno. */
int wgp_state_remove_lock(int directory, const char *name) {
        _cleanup_(freep) char *file = file_name(name, ".lock");

        if (!file)
                return -ENOMEM;
        return unlinkat(directory, file, 0) < 0 ? -errno : 0;
}

/* Whether an error is about the file (a link, a directory, a socket, too large), not about lack of memory or
 * descriptors. */
static bool is_about_file(int error) {
        return error == -ELOOP || error == -EISDIR || error == -ENXIO || error == -EFBIG;
}

/* Reads a record of this version or, with WGP_STATE_E_NEWER, what of a newer one this version understands. Returns as
 * below. */
static int read_any(int directory, const char *name, WgpState *ret) {
        _cleanup_(freep) char *file = file_name(name, ".json"), *text = NULL;
        WgpState state = WGP_STATE_NULL;
        size_t size = 0;
        int r;

        if (!file)
                return -ENOMEM;
        r = wgp_read_file(directory, file, STATE_SIZE_MAX, &text, &size);
        if (r < 0)
                return r == -ENOENT ? WGP_STATE_E_ABSENT : is_about_file(r) ? WGP_STATE_E_CORRUPT : r;
        r = wgp_state_parse(text, size, &state);
        if (r < 0)
                return r == -EBADMSG ? WGP_STATE_E_CORRUPT : r;
        if (!streq(state.name, name)) { /* a copy of another tunnel's record */
                wgp_state_done(&state);
                return WGP_STATE_E_CORRUPT;
        }
        *ret = state;
        return r;
}

/* Reads the state of one tunnel. Returns 0; WGP_STATE_E_ABSENT, WGP_STATE_E_CORRUPT or WGP_STATE_E_NEWER, which say
 * that the tunnel is there without a record that can be used; or a negative errno, which says nothing of the record.
 */
int wgp_state_read(int directory, const char *name, WgpState *ret) {
        WgpState state = WGP_STATE_NULL;
        int r;

        r = read_any(directory, name, &state);
        if (r == 0)
                *ret = state;
        else
                wgp_state_done(&state);
        return r;
}

/* Returns what the stop of the tunnel needs beyond its unit's sandbox. */
static unsigned find_needs(const WgpState *state) {
        const WgpNetwork *network = &state->network;

        return (network->netns ? 1U << WGP_NEED_NETNS : 0) | (state->save_config ? 1U << WGP_NEED_SAVECONFIG : 0) |
               (network->dns.resolvconf ? 1U << WGP_NEED_RESOLVCONF : 0) |
               (network->n_hooks > 0 ? 1U << WGP_NEED_HOOKS : 0);
}

/* Writes the state of one tunnel, in the place of whatever is there. The caller holds its lock. A need of the record
 * has its file as long as the record is there: it comes before, and goes after. Returns 0 or a negative errno. */
int wgp_state_write(int directory, const WgpState *state) {
        _cleanup_(freep) char *file = file_name(state->name, ".json"), *text = NULL;
        const unsigned needs = find_needs(state);
        int r;

        if (!file)
                return -ENOMEM;
        r = wgp_state_format(state, &text);
        if (r >= 0)
                r = wgp_needs_add(directory, state->name, needs);
        if (r >= 0)
                r = wgp_write_file(directory, file, text);
        if (r == -EISDIR && unlinkat(directory, file, AT_REMOVEDIR) >= 0)
                r = wgp_write_file(directory, file, text);
        return r < 0 ? r : wgp_needs_keep_only(directory, state->name, needs);
}

/* Removes the state of one tunnel, the files of its needs, and what a run that was killed while it wrote has left; no
 * error when there is none. An empty directory in the place of the file goes, too. Returns 0 or a negative errno. */
int wgp_state_remove(int directory, const char *name) {
        _cleanup_(freep) char *file = file_name(name, ".json"), *unfinished = file_name(name, ".json.new");
        int r;

        if (!file || !unfinished)
                return -ENOMEM;
        (void) unlinkat(directory, unfinished, 0);
        r = unlinkat(directory, file, 0) < 0 ? -errno : 0;
        if (r == -EISDIR)
                r = unlinkat(directory, file, AT_REMOVEDIR) < 0 ? -errno : 0;
        return r < 0 && r != -ENOENT ? r : wgp_needs_keep_only(directory, name, 0);
}

/* The name of the tunnel whose record the file is, to be freed by the caller; NULL: it is no record.
 * "NAME.resolver.json" is the resolver's. */
static char *recorded_name(const char *file) {
        static const char suffix[] = ".json", resolver[] = ".resolver";
        size_t n = strlen(file);

        if (n <= strlen(suffix) || !streq(file + n - strlen(suffix), suffix) || *file == '.')
                return NULL;
        n -= strlen(suffix);
        if (n > strlen(resolver) && strncmp(file + n - strlen(resolver), resolver, strlen(resolver)) == 0)
                return NULL;
        return strndup(file, n);
}

typedef struct Others {
        const char *except;
        WgpStateVisitor visit;
        void *userdata;
} Others;

static int visit_file(int directory, const char *file, void *userdata) {
        _cleanup_(freep) char *name = recorded_name(file);
        const Others *others = userdata;
        WgpState state = WGP_STATE_NULL;
        int r;

        if (!name || streq(name, others->except))
                return 0;
        r = read_any(directory, name, &state);
        if (r < 0 || r == WGP_STATE_E_ABSENT) /* gone by now */
                return WGP_MIN(r, 0);
        /* what is understood of a newer record is that tunnel's all the same */
        r = others->visit(name, r == WGP_STATE_E_CORRUPT ? NULL : &state, others->userdata);
        wgp_state_done(&state);
        return r;
}

/* Calls "visit" for the record of every tunnel but "name". Returns 0, what the visitor returned when negative, or
 * another negative errno: then some were not read. */
int wgp_state_read_others(int directory, const char *name, WgpStateVisitor visit, void *userdata) {
        return wgp_visit_directory(directory, visit_file, &(Others) { name, visit, userdata });
}
