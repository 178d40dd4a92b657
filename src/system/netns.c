/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opens network namespaces by name. */

#include "system/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/macro.h"

/* Opens the network namespace of that name: a file to be kept open only as long as it is needed, since the namespace
 * lives as long.
 *
 * Returns 0 or a negative errno: -ENOENT: there is none; -EMEDIUMTYPE: there is a file, but it is no network
 * namespace, like those that "ip netns add" leaves behind when it could not mount. */
int wgp_netns_open(const char *name, int *ret) {
        char path[sizeof(WGP_NETNS_DIRECTORY) + 1 + 255];
        int fd;

        if (snprintf(path, sizeof(path), WGP_NETNS_DIRECTORY "/%s", name) >= (int) sizeof(path))
                return -ENAMETOOLONG;
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        if (fd < 0)
                return -errno;
        if (ioctl(fd, NS_GET_NSTYPE) != CLONE_NEWNET) {
                close(fd);
                return -EMEDIUMTYPE;
        }
        *ret = fd;
        return 0;
}
