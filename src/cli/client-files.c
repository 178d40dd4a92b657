/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Client files. A file appears whole or not at all: it is written under another name, brought to the disk and renamed.
 * One run at a time changes the directory. */

#include "cli/client-files.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli/message.h"
#include "system/profile-name.h"
#include "system/root-path.h"
#include "system/whole-file.h"

#define PROFILE_DIRECTORY "/etc/wg-profile"
#define LOCK_FILE ".clients.lock"
#define NEW_FILE ".clients.new"

void wgp_client_files_done(WgpClientFiles *files) {
        if (files->lock_fd >= 0) {
                (void) unlinkat(files->fd, LOCK_FILE, 0); /* before it is let go: whoever waits looks again */
                close(files->lock_fd);
        }
        wgp_closep(&files->fd);
        free(files->path);
        *files = WGP_CLIENT_FILES_NULL;
}

/* --- the directory --- */

static int find_directory(const WgpCli *cli, const WgpStoreItem *item, bool make, char **ret) {
        _cleanup_(freep) char *parent = NULL, *path = NULL;
        int r;

        r = wgp_root_path(cli->root, PROFILE_DIRECTORY, &parent);
        if (r < 0)
                return wgp_cli_report_failure(PROFILE_DIRECTORY, r);
        if (asprintf(&path, "%s/%s%s.d", parent, item->name, wgp_format_suffix(item->format)) < 0) {
                path = NULL;
                return -ENOMEM;
        }
        if (make && mkdir(parent, 0755) < 0 && errno != EEXIST)
                return wgp_cli_report_failure(parent, -errno);
        if (make && mkdir(path, 0755) < 0 && errno != EEXIST)
                return wgp_cli_report_failure(path, -errno);
        *ret = TAKE_PTR(path);
        return 0;
}

static int open_directory(const WgpCli *cli, const WgpStoreItem *item, bool make, WgpClientFiles *files) {
        int r;

        r = find_directory(cli, item, make, &files->path);
        if (r != 0)
                return r;
        files->fd = open(files->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (files->fd >= 0 || (errno == ENOENT && !make))
                return 0;
        return wgp_cli_report_failure(files->path, -errno);
}

/* Opens the directory for reading. Returns 0, also when there is none; an exit code (reported); or -ENOMEM. */
int wgp_client_files_open(const WgpCli *cli, const WgpStoreItem *item, WgpClientFiles *ret) {
        WgpClientFiles files = WGP_CLIENT_FILES_NULL;
        int r;

        r = open_directory(cli, item, /* make= */ false, &files);
        if (r == 0)
                *ret = files;
        else
                wgp_client_files_done(&files);
        return r;
}

/* --- the lock --- */

/* Takes the lock of a file that is still the one of that name. Only root can open it, and so keep others waiting. */
static int try_lock(WgpClientFiles *files) {
        _cleanup_(wgp_closep) int fd = -EBADF;
        struct stat here, there;

        fd = openat(files->fd, LOCK_FILE, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0)
                return -errno;
        if (flock(fd, LOCK_EX | LOCK_NB) < 0)
                return errno == EWOULDBLOCK ? -EAGAIN : -errno;
        if (fstat(fd, &here) < 0)
                return -errno;
        if (fstatat(files->fd, LOCK_FILE, &there, AT_SYMLINK_NOFOLLOW) < 0 || here.st_ino != there.st_ino ||
                        here.st_dev != there.st_dev)
                return -EAGAIN; /* of a run that has just ended */
        files->lock_fd = TAKE_FD(fd);
        return 0;
}

static int lock(WgpClientFiles *files) {
        enum {
                ATTEMPTS = 3000,
                PAUSE_NSEC = 10 * 1000 * 1000,
        };
        int r = -EAGAIN;

        for (unsigned i = 0; i < ATTEMPTS && r == -EAGAIN; i++) {
                if (i > 0)
                        (void) nanosleep(&(struct timespec) { .tv_nsec = PAUSE_NSEC }, NULL);
                r = try_lock(files);
        }
        if (r != -EAGAIN)
                return r < 0 ? wgp_cli_report_failure(files->path, r) : 0;
        wgp_cli_error("%s: another run has been changing clients for 30 s: nothing was changed. Try again.",
                        files->path);
        return CLI_EXIT_FAILED;
}

/* Opens the directory, which is made if need be, and keeps other runs off until wgp_client_files_done(). What is read
 * after that is what will be changed. Returns 0, an exit code (reported), or -ENOMEM. */
int wgp_client_files_open_locked(const WgpCli *cli, const WgpStoreItem *item, WgpClientFiles *ret) {
        WgpClientFiles files = WGP_CLIENT_FILES_NULL;
        int r;

        r = open_directory(cli, item, /* make= */ true, &files);
        if (r == 0)
                r = lock(&files);
        if (r == 0)
                *ret = files;
        else
                wgp_client_files_done(&files);
        return r;
}

/* --- files --- */

/* To be freed by the caller; NULL: no memory. */
char *wgp_client_file_name(const char *client, const char *suffix) {
        char *name;

        return asprintf(&name, WGP_CLIENT_FILE_PREFIX "%s%s", client, suffix) < 0 ? NULL : name;
}

/* Whatever it is. */
bool wgp_client_file_exists(const WgpClientFiles *files, const char *client, const char *suffix) {
        _cleanup_(freep) char *name = wgp_client_file_name(client, suffix);

        return name && files->fd >= 0 && faccessat(files->fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static int write_new(const WgpClientFiles *files, const char *data, size_t size) {
        _cleanup_(wgp_closep) int fd = -EBADF;
        int r;

        if (unlinkat(files->fd, NEW_FILE, 0) < 0 && errno != ENOENT) /* of a run that was killed */
                return -errno;
        fd = openat(files->fd, NEW_FILE, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (fd < 0)
                return -errno;
        r = fchmod(fd, 0600) < 0 ? -errno : wgp_write_all(fd, data, size);
        return r >= 0 && fsync(fd) < 0 ? -errno : r;
}

/* Makes a file of mode 0600, never in the place of another one. Returns 0, or a negative errno: -EEXIST. The directory
 * is as it was, then. */
int wgp_client_file_create(const WgpClientFiles *files, const char *file, const char *data, size_t size) {
        int r;

        r = write_new(files, data, size);
        if (r >= 0 && renameat2(files->fd, NEW_FILE, files->fd, file, RENAME_NOREPLACE) < 0)
                r = -errno;
        if (r < 0) {
                (void) unlinkat(files->fd, NEW_FILE, 0);
                return r;
        }
        return fsync(files->fd) < 0 ? -errno : 0;
}

/* Returns 0, or a negative errno. */
int wgp_client_file_remove(const WgpClientFiles *files, const char *file) {
        if (unlinkat(files->fd, file, 0) < 0)
                return -errno;
        return fsync(files->fd) < 0 ? -errno : 0;
}
