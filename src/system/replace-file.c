/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Replaces files whose owner, mode and attributes must stay. */

#include "system/replace-file.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/xattr.h>
#include <time.h>

#include "system/root-path.h"
#include "system/whole-file.h"

void wgp_replace_done(WgpReplace *old) {
        if (old->fd >= 0)
                close(old->fd);
        wgp_wipe_free(old->data, old->data ? old->size : 0);
        *old = WGP_REPLACE_NULL;
}

static int read_data(WgpReplace *file) {
        int r = wgp_read_fd(file->fd, (size_t) file->st.st_size, &file->data, &file->size);

        /* it grows or shrinks meanwhile */
        return r == -EFBIG || (r >= 0 && file->size != (size_t) file->st.st_size) ? -EAGAIN : r;
}

/* Whether "path" itself, inside of the root, is a link. */
static int look_for_link(const char *root, const char *path, bool *ret) {
        _cleanup_(freep) char *parent = strdup(path), *directory = NULL, *file = NULL;
        const char *name = strrchr(path, '/');
        struct stat st;
        int r;

        if (!parent)
                return -ENOMEM;
        parent[name - path] = 0;
        r = wgp_root_path(root, parent, &directory);
        if (r < 0)
                return r;
        if (asprintf(&file, "%s%s", directory, name) < 0) {
                file = NULL;
                return -ENOMEM;
        }
        if (lstat(file, &st) < 0)
                return -errno;
        *ret = S_ISLNK(st.st_mode);
        return 0;
}

/* Reads a regular file, of which "path" is the absolute path inside of "root"; NULL: this system. Where it lies tells
 * the kernel, links followed. Returns 0, or a negative errno: -EFBIG beyond "size_max" bytes. */
int wgp_replace_open(const char *root, const char *path, size_t size_max, WgpReplace *ret) {
        _cleanup_(wgp_replace_done) WgpReplace file = WGP_REPLACE_NULL;
        char link[sizeof("/proc/self/fd/") + 3 * sizeof(int)];
        _cleanup_(freep) char *real = NULL;
        ssize_t n;
        int r;

        r = wgp_root_path(root, path, &real);
        if (r >= 0)
                r = look_for_link(root, path, &file.linked);
        if (r < 0)
                return r;
        file.fd = open(real, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        if (file.fd < 0 || fstat(file.fd, &file.st) < 0)
                return -errno;
        if (!S_ISREG(file.st.st_mode))
                return -EINVAL;
        if (file.st.st_size > (off_t) size_max)
                return -EFBIG;

        snprintf(link, sizeof(link), "/proc/self/fd/%d", file.fd);
        n = readlink(link, file.path, sizeof(file.path) - 1);
        if (n < 0)
                return -errno;
        file.path[n] = 0;
        if (file.path[0] != '/')
                return -ENOENT;

        r = read_data(&file);
        if (r < 0)
                return r;

        *ret = file;
        file = WGP_REPLACE_NULL;
        return 0;
}

/* Whether it lies below /usr, links followed: it is the distribution's then. "root": the tree that it was looked for
 * in, NULL: this system. */
bool wgp_replace_is_in_usr(const WgpReplace *file, const char *root) {
        char real[PATH_MAX] = "";

        if (root && !realpath(root, real))
                return true; /* not known: hands off */
        return strncmp(file->path + (streq(real, "/") ? 0 : strlen(real)), "/usr/", strlen("/usr/")) == 0;
}

/* Whether it may contain a key: only its owner can read it, or enter its directory. That is the rule of
 * wgp_store_load(), which refuses the profile otherwise; a directory does not protect the target of a link. */
bool wgp_replace_is_private(const WgpReplace *file) {
        char parent[PATH_MAX];
        struct stat st;

        if (!(file->st.st_mode & (S_IRGRP | S_IROTH)))
                return true;
        if (file->linked)
                return false;
        snprintf(parent, sizeof(parent), "%.*s", (int) (strrchr(file->path, '/') - file->path), file->path);
        return stat(parent, &st) >= 0 && !(st.st_mode & (S_IXGRP | S_IXOTH));
}

static bool is_unchanged(const WgpReplace *old, int directory, const char *name) {
        struct stat st;

        return fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW) >= 0 && st.st_dev == old->st.st_dev &&
               st.st_ino == old->st.st_ino && st.st_size == old->st.st_size &&
               st.st_mtim.tv_sec == old->st.st_mtim.tv_sec && st.st_mtim.tv_nsec == old->st.st_mtim.tv_nsec;
}

/* An access list says more than the mode, which shows its mask. */
static int copy_access(const WgpReplace *old, int fd) {
        static const char name[] = "system.posix_acl_access"; /* XATTR_NAME_POSIX_ACL_ACCESS of linux/xattr.h */
        struct stat st;
        char list[4096];
        ssize_t n;

        if (fstat(fd, &st) < 0)
                return -errno;
        if ((st.st_uid != old->st.st_uid || st.st_gid != old->st.st_gid) &&
                        fchown(fd, old->st.st_uid, old->st.st_gid) < 0)
                return -errno;
        if (fchmod(fd, old->st.st_mode & 07777) < 0)
                return -errno;
        n = fgetxattr(old->fd, name, list, sizeof(list));
        if (n < 0)
                return errno == ENODATA || errno == EOPNOTSUPP ? 0 : -errno;
        return fsetxattr(fd, name, list, (size_t) n, 0) < 0 ? -errno : 0;
}

/* --- the new file --- */

/* Takes the lock of an open file, without waiting, and looks whether it is still the one of that name. */
static bool lock(int fd, int directory, const char *name) {
        struct stat here, there;

        return flock(fd, LOCK_EX | LOCK_NB) >= 0 && fstat(fd, &here) >= 0 &&
               fstatat(directory, name, &there, AT_SYMLINK_NOFOLLOW) >= 0 && here.st_dev == there.st_dev &&
               here.st_ino == there.st_ino;
}

/* Removes what a killed run left: nobody has its lock. It is not written over: somebody may have opened it. */
static int remove_left_over(int directory, const char *name) {
        _cleanup_(wgp_closep) int fd = -EBADF;

        fd = openat(directory, name, O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK);
        if (fd < 0 && errno != ELOOP) /* a link is none of ours */
                return errno == ENOENT ? 0 : -errno;
        if (fd >= 0 && !lock(fd, directory, name))
                return 0;
        return unlinkat(directory, name, 0) < 0 && errno != ENOENT ? -errno : 0;
}

/* Makes the new file, which keeps other writers off for as long as it is open and has that name. A lock on the old
 * one, or on the directory, could be held by everybody who may read them. Nobody else may read the new file before it
 * has its text. Returns 0, or a negative errno: -EBUSY. */
static int open_new(int directory, const char *name, int *ret) {
        enum {
                ATTEMPTS = 500,
                PAUSE_NSEC = 10 * 1000 * 1000,
        };

        for (unsigned i = 0; i < ATTEMPTS; i++) {
                _cleanup_(wgp_closep) int fd = -EBADF;
                int r;

                if (i > 0)
                        (void) nanosleep(&(struct timespec) { .tv_nsec = PAUSE_NSEC }, NULL);
                fd = openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
                if (fd < 0 && errno != EEXIST)
                        return -errno;
                if (fd >= 0 && lock(fd, directory, name)) {
                        *ret = TAKE_FD(fd);
                        return 0;
                }
                r = fd < 0 ? remove_left_over(directory, name) : 0;
                if (r < 0)
                        return r;
        }
        return -EBUSY;
}

/* Its mode comes last. */
static int write_new(const WgpReplace *old, int fd, const char *data, size_t size) {
        int r;

        r = wgp_write_all(fd, data, size);
        if (r >= 0)
                r = copy_access(old, fd);
        if (r < 0)
                return r;
        return fsync(fd) < 0 ? -errno : 0;
}

/* Puts new text in the place of what was read. Of several that do this at once, one comes first, and the others find
 * the file changed. Returns 0, WGP_REPLACE_E_CHANGED, or a negative errno; the file is the old one in both cases. */
int wgp_replace_file(const WgpReplace *old, const char *data, size_t size) {
        _cleanup_(wgp_closep) int directory = -EBADF, fd = -EBADF;
        char parent[PATH_MAX], temporary[NAME_MAX + 1];
        const char *name = strrchr(old->path, '/') + 1;
        int r;

        snprintf(parent, sizeof(parent), "%.*s", (int) (name - old->path), old->path);
        /* not a profile's name, and the same each time: what a killed run left is found */
        if (snprintf(temporary, sizeof(temporary), ".%s.new", name) >= (int) sizeof(temporary))
                return -ENAMETOOLONG;
        directory = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (directory < 0)
                return -errno;
        r = open_new(directory, temporary, &fd);
        if (r < 0)
                return r;

        /* before it is written, since that may take a while, and after, since editors don't know of the lock */
        r = is_unchanged(old, directory, name) ? write_new(old, fd, data, size) : WGP_REPLACE_E_CHANGED;
        if (r == 0 && !is_unchanged(old, directory, name))
                r = WGP_REPLACE_E_CHANGED;
        if (r == 0 && renameat(directory, temporary, directory, name) < 0)
                r = -errno;
        if (r != 0) {
                (void) unlinkat(directory, temporary, 0);
                return r;
        }
        (void) fsync(directory); /* the new text is on the disk, and after a loss of power one of the two is there */
        return 0;
}
