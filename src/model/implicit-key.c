/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/implicit-key.h"

#include <stdio.h>

/* The credential of the profile NAME that is looked for as the i-th. To be freed by the caller; NULL: no memory. */
char *wgp_implicit_credential(unsigned i, const char *name) {
        static const char *const affixes[_WGP_IMPLICIT_CREDENTIAL_N][2] = {
                [WGP_IMPLICIT_CREDENTIAL_OWN] = { "wg-profile.", ".private-key" },
                [WGP_IMPLICIT_CREDENTIAL_NETWORK] = { "network.wireguard.private.", "" },
        };
        char *id;

        return asprintf(&id, "%s%s%s", affixes[i][0], name, affixes[i][1]) < 0 ? NULL : id;
}

/* The file that "wg-profile genkey" makes. To be freed by the caller; NULL: no memory. */
char *wgp_generated_key_path(const char *name) {
        char *path;

        return asprintf(&path, WGP_KEY_DIRECTORY "/%s.key", name) < 0 ? NULL : path;
}
