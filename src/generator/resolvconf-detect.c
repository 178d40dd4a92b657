/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Guesses from files whether DNS goes to resolvconf(8), since no bus can be asked here (apply does): systemd-resolved
 * counts if it is enabled (the bus starts it by its alias), resolvconf if it is installed and not a link to
 * resolvectl(1). */

#include "generator/resolvconf-detect.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "system/root-path.h"

/* Paths below a root that is a directory; this system's own begin with a slash. */
static const char *below(int root_fd, const char *path) {
        return root_fd >= 0 ? path + 1 : path;
}

/* Whether a unit is there under that name, and not masked. */
static bool has_unit(int root_fd, const char *name) {
        static const char *const directories[] = {
                "/etc/systemd/system",
                "/run/systemd/system",
                "/usr/local/lib/systemd/system",
                "/usr/lib/systemd/system",
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(directories); i++) {
                char path[PATH_MAX], target[16] = "";
                struct stat st;

                snprintf(path, sizeof(path), "%s/%s", directories[i], name);
                if (fstatat(root_fd, below(root_fd, path), &st, AT_SYMLINK_NOFOLLOW) < 0)
                        continue;
                return readlinkat(root_fd, below(root_fd, path), target, sizeof(target) - 1) <= 0 ||
                       !streq(target, "/dev/null");
        }
        return false;
}

/* The alias alone may be what a removed package has left. */
static bool has_resolved(int root_fd) {
        return has_unit(root_fd, "systemd-resolved.service") &&
               has_unit(root_fd, "dbus-org.freedesktop.resolve1.service");
}

/* Follows all links, to what is there. */
static bool find_real(int root_fd, const char *path, char ret[static PATH_MAX]) {
        struct stat st;

        if (root_fd < 0)
                return realpath(path, ret);
        return wgp_root_resolve(root_fd, path, ret) >= 0 && fstatat(root_fd, ret, &st, 0) >= 0;
}

static bool has_resolvconf(int root_fd) {
        static const char *const paths[] = {
                "/usr/local/sbin/resolvconf",
                "/usr/local/bin/resolvconf",
                "/usr/sbin/resolvconf",
                "/usr/bin/resolvconf",
                "/sbin/resolvconf",
                "/bin/resolvconf",
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(paths); i++) {
                char real[PATH_MAX];
                const char *slash;

                if (!find_real(root_fd, paths[i], real))
                        continue;
                slash = strrchr(real, '/');
                return slash && !streq(slash, "/resolvectl") && !streq(slash, "/systemd-resolve");
        }
        return false;
}

/* Whether there is anybody who takes DNS servers. */
bool wgp_dns_has_manager(int root_fd) {
        return has_resolvconf(root_fd) || has_resolved(root_fd);
}

bool wgp_resolvconf_decides(int root_fd) {
        return has_resolvconf(root_fd) && !has_resolved(root_fd);
}
