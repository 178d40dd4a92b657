/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Visits the files of a directory, in no order. */

#include "system/visit-directory.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

/* Calls "visit" for each file of a directory, which stays open. Returns 0, what the visitor returned when negative, or
 * another negative errno: then some were not visited. */
int wgp_visit_directory(int directory, WgpFileVisitor visit, void *userdata) {
        int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
        DIR *d = fd >= 0 ? fdopendir(fd) : NULL;

        if (!d) {
                r = -errno;
                if (fd >= 0)
                        close(fd);
                return r;
        }
        for (const struct dirent *entry; r >= 0 && (entry = readdir(d));)
                r = visit(directory, entry->d_name, userdata);
        closedir(d);
        return WGP_MIN(r, 0);
}
