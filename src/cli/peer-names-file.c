/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/peer-names-file.h"

#include <sys/stat.h>

#include "cli/input.h"
#include "system/profile-store.h"

/* Adds the names of peers in the comments of one file. One that cannot be read has none. Returns 0, or -ENOMEM. */
int wgp_peer_names_read_file(const char *file, WgpPeerNames *names) {
        _cleanup_(wgp_input_done) WgpInput input = WGP_INPUT_NULL;
        struct stat st;
        int r;

        if (stat(file, &st) < 0 || !S_ISREG(st.st_mode))
                return 0;
        r = wgp_input_read(file, WGP_STORE_FILE_MAX, &input);
        if (r >= 0)
                r = wgp_peer_names_read(input.data, input.size, names);
        return r == -ENOMEM ? r : 0;
}
