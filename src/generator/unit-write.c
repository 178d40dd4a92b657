/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes unit files. A file is written by one call, and removed when that fails: systemd uses what a generator wrote
 * even when it failed or was killed. The number of system calls per profile is constant. */

#include "generator/unit-write.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "generator/paths.h"
#include "system/profile-name.h"

#define TARGET "wg-profile.target"

enum {
        PATH_SIZE = NAME_MAX + sizeof("/50-wg-profile-askpassword.conf"), /* "NAME_MAX/FILE" */
};

/* "wg-profile@INSTANCE.service.d", and a file in it. */
static int dropin_path(char path[static PATH_SIZE], const char *prefix, const char *instance, const char *file) {
        int n;

        n = snprintf(path, PATH_SIZE, "%s%s" WGP_UNIT_SUFFIX ".d%s%s", prefix, instance, *file ? "/" : "", file);
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

/* Opens a new file. One that is there was left by an earlier run; PID 1 itself empties the directory first. */
static int open_new(int directory_fd, const char *path) {
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

/* Makes the directory of an instance's drop-ins. Returns 0, or a negative errno. */
int wgp_unit_write_dropin_directory(int directory_fd, const char *instance) {
        char path[PATH_SIZE];
        int r;

        r = dropin_path(path, WGP_UNIT_PREFIX, instance, "");
        return r < 0 ? r : wgp_unit_write_directory(directory_fd, path);
}

/* Writes the drop-in of an instance, and the directory it lies in. Returns 0, or a negative errno. */
int wgp_unit_write_dropin(int directory_fd, const char *instance, const char *text) {
        const size_t size = strlen(text);
        char path[PATH_SIZE];
        ssize_t n;
        int fd, r;

        r = wgp_unit_write_dropin_directory(directory_fd, instance);
        if (r >= 0)
                r = dropin_path(path, WGP_UNIT_PREFIX, instance, WGP_UNIT_DROPIN);
        if (r < 0)
                return r;

        fd = open_new(directory_fd, path);
        if (fd < 0)
                return fd;
        n = write(fd, text, size);
        r = n < 0 ? -errno : n < (ssize_t) size ? -ENOSPC : 0;
        if (close(fd) < 0 && r >= 0)
                r = -errno;
        if (r < 0)
                (void) unlinkat(directory_fd, path, 0);
        return r;
}

/* A drop-in of ours, linked into a unit's directory. */
static int link_snippet(int directory_fd, const char *path, const char *file) {
        char target[PATH_MAX];

        if (snprintf(target, sizeof(target), WGP_SNIPPET_DIRECTORY "/%s", file) >= (int) sizeof(target))
                return -ENAMETOOLONG;
        return write_link(directory_fd, target, path);
}

/* Links one of the drop-ins that we ship into an instance's directory, which exists. Returns 0, or a
 * negative errno. */
int wgp_unit_write_snippet(int directory_fd, const char *instance, const char *link, const char *file) {
        char path[PATH_SIZE];
        int r;

        r = dropin_path(path, WGP_UNIT_PREFIX, instance, link);
        return r < 0 ? r : link_snippet(directory_fd, path, file);
}

/* Lets the resolver look after tunnels in network namespaces. Returns 0, or a negative errno. */
int wgp_unit_write_resolver_netns(int directory_fd) {
        int r;

        r = wgp_unit_write_directory(directory_fd, WGP_UNIT_RESOLVER_DIRECTORY);
        return r < 0 ? r : link_snippet(directory_fd, WGP_UNIT_RESOLVER_NETNS, "resolver-netns.conf");
}

/* Links a drop-in of ours into the directory of another unit of an instance's. */
static int link_of(int directory_fd, const char *prefix, const char *instance, const char *link, const char *file) {
        char path[PATH_SIZE];
        int r;

        r = dropin_path(path, prefix, instance, "");
        if (r >= 0)
                r = wgp_unit_write_directory(directory_fd, path);
        if (r >= 0)
                r = dropin_path(path, prefix, instance, link);
        return r < 0 ? r : link_snippet(directory_fd, path, file);
}

/* Lets the unit that makes an instance's key encrypt it. Returns 0, or a negative errno. */
int wgp_unit_write_genkey(int directory_fd, const char *instance) {
        return link_of(directory_fd, WGP_UNIT_GENKEY_PREFIX, instance, WGP_UNIT_GENKEY_DROPIN,
                        "genkey-encrypted.conf");
}

/* Has the unit of an instance's kill switch find out whether there is to be one. Returns 0, or a negative errno. */
int wgp_unit_write_uncertain(int directory_fd, const char *instance) {
        return link_of(directory_fd, WGP_KILL_SWITCH_UNIT_PREFIX, instance, WGP_UNIT_KILL_SWITCH_DROPIN,
                        "killswitch-uncertain.conf");
}

/* "template": its path; what stands before its suffix stands before the instance, too. */
static int write_wants(int directory_fd, const char *directory, const char *instance, const char *template) {
        const char *name = strrchr(template, '/') + 1;
        const int n_prefix = (int) (strlen(name) - strlen(WGP_UNIT_SUFFIX));
        char path[PATH_SIZE];
        int n;

        n = snprintf(path, sizeof(path), "%s/%.*s%s" WGP_UNIT_SUFFIX, directory, n_prefix, name, instance);
        return n >= (int) sizeof(path) ? -ENAMETOOLONG : write_link(directory_fd, template, path);
}

/* Makes early boot want an instance's kill switch. The directory of its wants exists. Returns 0, or a negative errno.
 */
int wgp_unit_write_kill_switch(int directory_fd, const char *instance) {
        return write_wants(directory_fd, WGP_UNIT_EARLY_WANTS, instance,
                        WGP_UNIT_DIRECTORY "/" WGP_KILL_SWITCH_UNIT_PREFIX WGP_UNIT_SUFFIX);
}

/* Makes our target want an instance. The directory of its wants exists. Returns 0, or a negative errno. */
int wgp_unit_write_wants(int directory_fd, const char *instance) {
        return write_wants(directory_fd, TARGET ".wants", instance,
                        WGP_UNIT_DIRECTORY "/" WGP_UNIT_PREFIX WGP_UNIT_SUFFIX);
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
