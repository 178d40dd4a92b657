/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Status files: the edge. Replaced by rename, so that a reader sees the old text or the new one. */

#include <stdio.h>
#include <unistd.h>

#include "resolver/status.h"
#include "system/whole-file.h"

enum {
        SIZE_MAX_READ = 64 << 20, /* bytes; ten thousand names take 5 MB */
};

static char *file_name(const char *name, const char *suffix) {
        char *s;

        return asprintf(&s, "%s%s", name, suffix) < 0 ? NULL : s;
}

/* Writes what is known of the names of a tunnel. Returns 0 or a negative errno. */
int wgp_status_write(int directory, const WgpTunnel *tunnel) {
        _cleanup_(freep) char *file = file_name(tunnel->name, WGP_STATUS_SUFFIX), *text = NULL;
        int r;

        if (!file)
                return -ENOMEM;
        r = wgp_status_format(tunnel, &text);
        return r < 0 ? r : wgp_write_file(directory, file, text);
}

/* Takes over what an earlier run has written. Returns 0 or a negative errno: -ENOENT, there is nothing. */
int wgp_status_read(int directory, WgpTunnel *tunnel) {
        _cleanup_(freep) char *file = file_name(tunnel->name, WGP_STATUS_SUFFIX), *text = NULL;
        size_t size = 0;
        int r;

        if (!file)
                return -ENOMEM;
        r = wgp_read_file(directory, file, SIZE_MAX_READ, &text, &size);
        return r < 0 ? r : wgp_status_restore(tunnel, text, size);
}

/* Returns 0, also when there is none, or a negative errno. */
int wgp_status_remove(int directory, const char *name) {
        _cleanup_(freep) char *file = file_name(name, WGP_STATUS_SUFFIX);

        if (!file)
                return -ENOMEM;
        return unlinkat(directory, file, 0) < 0 && errno != ENOENT ? -errno : 0;
}
