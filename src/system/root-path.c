/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opens files inside a root. With --root=DIR a symlink to /srv/wg0.conf means DIR/srv/wg0.conf, as the booted image
 * will see it, not the builder's own /srv. openat2(RESOLVE_IN_ROOT) would do that in one call, but container runtimes
 * with an older seccomp list refuse it, and images are built there. So links are followed here, and only where there
 * are any: a plain file costs one openat() either way. */

#include "system/root-path.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum {
        LINKS_MAX = 40, /* MAXSYMLINKS of linux/namei.h */
        /* O_NONBLOCK: a FIFO or a device must never hold the generator up. */
        OPEN_FLAGS = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
};

/* A path on its way: "done" has no links in it, "todo" has not been looked at. */
typedef struct Walk {
        char done[PATH_MAX], todo[PATH_MAX];
        size_t n_done;
        unsigned n_links;
} Walk;

static void drop_last(Walk *w) {
        while (w->n_done > 0 && w->done[--w->n_done] != '/')
                ;
        w->done[w->n_done] = 0;
}

static int append(Walk *w, const char *component, size_t n) {
        if (w->n_done + 1 + n >= sizeof(w->done))
                return -ENAMETOOLONG;
        if (w->n_done > 0)
                w->done[w->n_done++] = '/';
        memcpy(w->done + w->n_done, component, n);
        w->n_done += n;
        w->done[w->n_done] = 0;
        return 0;
}

/* Puts what a link says before the rest of the path. */
static int follow(Walk *w, const char *target, const char *rest) {
        char todo[2 * PATH_MAX];
        int n;

        if (++w->n_links > LINKS_MAX)
                return -ELOOP;

        n = snprintf(todo, sizeof(todo), "%s/%s", target, rest);
        if (n < 0 || (size_t) n >= sizeof(w->todo))
                return -ENAMETOOLONG;

        if (*target == '/') {
                w->n_done = 0;
                w->done[0] = 0;
        } else
                drop_last(w);
        memcpy(w->todo, todo, (size_t) n + 1);
        return 0;
}

/* Follows the links in "path", with "root_fd" as "/" and as the parent of itself. Components that do not
 * exist are kept as they are written: opening the result says so.
 *
 * Returns 0 and a path relative to the root, without links; or -ELOOP, -ENAMETOOLONG, -EACCES, -ENOTDIR. */
int wgp_root_resolve(int root_fd, const char *path, char ret[static PATH_MAX]) {
        Walk w = {};
        char *next, target[PATH_MAX];
        size_t n;
        int r;

        if (strlen(path) >= sizeof(w.todo))
                return -ENAMETOOLONG;
        strcpy(w.todo, path);

        for (next = w.todo; *next; next += n) {
                ssize_t k;

                next += strspn(next, "/");
                n = strcspn(next, "/");
                if (n == 0 || (n == 1 && *next == '.'))
                        continue;
                if (n == 2 && next[0] == '.' && next[1] == '.') {
                        drop_last(&w);
                        continue;
                }

                r = append(&w, next, n);
                if (r < 0)
                        return r;

                k = readlinkat(root_fd, w.done, target, sizeof(target) - 1);
                if (k < 0) {
                        if (errno != EINVAL && errno != ENOENT)
                                return -errno;
                        continue;
                }
                target[k] = 0;

                r = follow(&w, target, next + n);
                if (r < 0)
                        return r;
                next = w.todo;
                n = 0;
        }

        strcpy(ret, w.n_done > 0 ? w.done : ".");
        return 0;
}

/* Where that is, seen from this system, what "path" means in the tree below "root"; NULL: that is this system's own,
 * and the links of the path are left to the kernel. Returns 0 with the path, to be freed by the caller, or a negative
 * errno. */
int wgp_root_path(const char *root, const char *path, char **ret) {
        _cleanup_(wgp_closep) int fd = -EBADF;
        char resolved[PATH_MAX], *real;
        int r;

        if (!root) {
                *ret = strdup(path);
                return *ret ? 0 : -ENOMEM;
        }
        fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return -errno;
        r = wgp_root_resolve(fd, path, resolved);
        if (r < 0)
                return r;
        if (asprintf(&real, "%s/%s", root, resolved) < 0)
                return -ENOMEM;
        *ret = real;
        return 0;
}

static int open_at(int root_fd, const char *path, int flags) {
        int fd;

        fd = openat(root_fd, path, flags);
        return fd < 0 ? -errno : fd;
}

/* Opens a directory for reading its entries. Returns the descriptor and the path without links that it has
 * below "root_fd", to be freed by the caller; or a negative errno. */
int wgp_root_open_directory(int root_fd, const char *path, char **ret_real) {
        _cleanup_(freep) char *real = NULL;
        char resolved[PATH_MAX];
        int fd, r;

        if (root_fd >= 0) {
                r = wgp_root_resolve(root_fd, path, resolved);
                if (r < 0)
                        return r;
                path = resolved;
        }

        real = strdup(path);
        if (!real)
                return -ENOMEM;
        fd = open_at(root_fd, path, OPEN_FLAGS | O_DIRECTORY);
        if (fd >= 0)
                *ret_real = TAKE_PTR(real);
        return fd;
}

/* Opens a file for reading without waiting for anything. "path" is its path inside the root, "real" the same
 * with the directory's links followed.
 *
 * Returns the descriptor, and whether the file itself is a link; -ENODATA for a link to /dev/null in a root
 * that has no such device; or another negative errno. */
int wgp_root_open_file(int root_fd, const char *real, const char *path, bool *ret_symlink) {
        char resolved[PATH_MAX];
        int fd, r;

        fd = open_at(root_fd, real, OPEN_FLAGS | O_NOFOLLOW);
        if (fd != -ELOOP) {
                *ret_symlink = false;
                return fd;
        }

        *ret_symlink = true;
        if (root_fd < 0)
                return open_at(root_fd, path, OPEN_FLAGS);

        r = wgp_root_resolve(root_fd, path, resolved);
        if (r < 0)
                return r;
        if (streq(resolved, "dev/null"))
                return -ENODATA;
        return open_at(root_fd, resolved, OPEN_FLAGS | O_NOFOLLOW);
}
