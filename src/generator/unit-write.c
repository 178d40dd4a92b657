/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Unit files. A file appears whole or not at all, since systemd uses what a generator wrote even when it
 * failed or was killed. The number of system calls per profile is constant. */

#include "generator/unit-write.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "generator/paths.h"
#include "system/profile-name.h"

#define TARGET "wg-profile.target"
#define TEMPORARY ".50-wg-profile.tmp"

enum {
        PATH_SIZE = NAME_MAX + sizeof("/51-wg-profile-saveconfig.conf"), /* "NAME_MAX/FILE" */
};

/* "wg-profile@INSTANCE.service.d", and a file in it. */
static int dropin_path(char path[static PATH_SIZE], const char *instance, const char *file) {
        int n;

        n = snprintf(path, PATH_SIZE, WGP_UNIT_PREFIX "%s" WGP_UNIT_SUFFIX ".d%s%s", instance, *file ? "/" : "", file);
        return n < PATH_SIZE ? 0 : -ENAMETOOLONG;
}

/* Makes a directory, unless it is there. Returns 0, or a negative errno. */
int wgp_unit_write_directory(int directory_fd, const char *name) {
        if (mkdirat(directory_fd, name, 0755) < 0 && errno != EEXIST)
                return -errno;
        return 0;
}

/* A link that is there already is another run's, or says the same. */
static int write_link(int directory_fd, const char *target, const char *path) {
        if (symlinkat(target, directory_fd, path) < 0 && errno != EEXIST)
                return -errno;
        return 0;
}

/* Opens the temporary file. One that is there was left by a run that was killed. */
static int open_temporary(int directory_fd, const char *path) {
        int fd;

        for (unsigned attempt = 0; attempt < 2; attempt++) {
                fd = openat(directory_fd, path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
                if (fd >= 0)
                        return fd;
                if (errno != EEXIST || unlinkat(directory_fd, path, 0) < 0)
                        break;
        }
        return -errno;
}

static int write_all(int fd, const char *text) {
        size_t n = strlen(text);

        while (n > 0) {
                ssize_t k = write(fd, text, n);

                if (k < 0)
                        return -errno;
                text += k;
                n -= (size_t) k;
        }
        return 0;
}

/* Writes the drop-in of an instance, and the directory it lies in. Returns 0, or a negative errno. */
int wgp_unit_write_dropin(int directory_fd, const char *instance, const char *text) {
        char path[PATH_SIZE], temporary[PATH_SIZE];
        int fd, r;

        r = dropin_path(path, instance, "");
        if (r >= 0)
                r = wgp_unit_write_directory(directory_fd, path);
        if (r >= 0)
                r = dropin_path(path, instance, WGP_UNIT_DROPIN);
        if (r >= 0)
                r = dropin_path(temporary, instance, TEMPORARY);
        if (r < 0)
                return r;

        fd = open_temporary(directory_fd, temporary);
        if (fd < 0)
                return fd;
        r = write_all(fd, text);
        if (close(fd) < 0 && r >= 0)
                r = -errno;
        if (r >= 0 && renameat(directory_fd, temporary, directory_fd, path) < 0)
                r = -errno;
        if (r < 0)
                (void) unlinkat(directory_fd, temporary, 0);
        return r;
}

/* Links one of the drop-ins that we ship into an instance's directory, which exists. Returns 0, or a
 * negative errno. */
int wgp_unit_write_snippet(int directory_fd, const char *instance, const char *link, const char *file) {
        char path[PATH_SIZE], target[PATH_MAX];
        int r;

        r = dropin_path(path, instance, link);
        if (r < 0)
                return r;
        if (snprintf(target, sizeof(target), WGP_SNIPPET_DIRECTORY "/%s", file) >= (int) sizeof(target))
                return -ENAMETOOLONG;
        return write_link(directory_fd, target, path);
}

/* Makes our target want an instance. The directory of its wants exists. Returns 0, or a negative errno. */
int wgp_unit_write_wants(int directory_fd, const char *instance) {
        char path[PATH_SIZE];
        int n;

        n = snprintf(path, sizeof(path), TARGET ".wants/" WGP_UNIT_PREFIX "%s" WGP_UNIT_SUFFIX, instance);
        if (n >= (int) sizeof(path))
                return -ENAMETOOLONG;
        return write_link(directory_fd, WGP_UNIT_DIRECTORY "/" WGP_UNIT_PREFIX WGP_UNIT_SUFFIX, path);
}

/* Makes a normal boot want our target: an image needs no "systemctl enable". Returns 0, or a negative
 * errno. */
int wgp_unit_write_target(int directory_fd) {
        int r;

        r = wgp_unit_write_directory(directory_fd, "multi-user.target.wants");
        if (r < 0)
                return r;
        return write_link(directory_fd, WGP_UNIT_DIRECTORY "/" TARGET, "multi-user.target.wants/" TARGET);
}
