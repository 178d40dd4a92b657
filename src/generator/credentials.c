/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Credential stores. The directories are opened once; asking for a credential costs one system call for each
 * that exists. Nothing is read, and nothing decrypted: that may take a TPM. */

#include "generator/credentials.h"

#include <fcntl.h>
#include <stdio.h>

#include "system/root-path.h"

/* Opens the stores that there are. Returns 0, or -ENOMEM. */
int wgp_credstore_open(WgpCredstore *store, int root_fd) {
        /* credstore.encrypted below each of CONF_PATHS, as credential_search_path() of systemd has it */
        const char *paths[WGP_CREDSTORE_DIRECTORIES] = {
                "/etc/credstore.encrypted",
                "/run/credstore.encrypted",
                "/usr/local/lib/credstore.encrypted",
                "/usr/lib/credstore.encrypted",
                /* those that the machine got from firmware or boot loader; of no other root */
                root_fd < 0 ? getenv("ENCRYPTED_CREDENTIALS_DIRECTORY") : NULL,
        };

        *store = WGP_CREDSTORE_NULL;
        for (size_t i = 0; i < WGP_ARRAY_SIZE(paths); i++) {
                _cleanup_(freep) char *real = NULL;
                int fd;

                if (!paths[i] || *paths[i] != '/')
                        continue;
                fd = wgp_root_open_directory(root_fd, paths[i], &real);
                if (fd == -ENOMEM)
                        return fd;
                if (fd >= 0)
                        store->fds[store->n_fds++] = fd;
        }
        return 0;
}

bool wgp_credstore_has_encrypted(const WgpCredstore *store, const char *id) {
        for (size_t i = 0; i < store->n_fds; i++)
                if (faccessat(store->fds[i], id, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
                        return true;
        return false;
}

void wgp_credstore_close(WgpCredstore *store) {
        while (store->n_fds > 0)
                close(store->fds[--store->n_fds]);
}
