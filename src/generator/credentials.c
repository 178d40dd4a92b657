/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Credential stores. The directories are opened once; asking for a credential costs one system call for each
 * that exists. Nothing is read, and nothing decrypted: that may take a TPM. */

#include "generator/credentials.h"

#include <fcntl.h>
#include <stdio.h>

#include "system/root-path.h"

/* Opens those of the stores of one form that there are. "received" is where this system has what it got from firmware or
 * boot loader; NULL: nowhere, or another root is looked at. Returns 0, or -ENOMEM. */
int wgp_credstore_open(WgpCredstore *store, int root_fd, bool encrypted, const char *received) {
        /* below each of CONF_PATHS, as credential_search_path() of systemd has it */
        static const char *const paths[2][WGP_CREDSTORE_DIRECTORIES - 1] = {
                { "/etc/credstore", "/run/credstore", "/usr/local/lib/credstore", "/usr/lib/credstore" },
                { "/etc/credstore.encrypted", "/run/credstore.encrypted", "/usr/local/lib/credstore.encrypted",
                  "/usr/lib/credstore.encrypted" },
        };

        *store = WGP_CREDSTORE_NULL;
        for (size_t i = 0; i < WGP_CREDSTORE_DIRECTORIES; i++) {
                const char *path = i < WGP_ARRAY_SIZE(paths[0]) ? paths[encrypted][i] : received;
                _cleanup_(freep) char *real = NULL;
                int fd;

                if (!path || *path != '/')
                        continue;
                fd = wgp_root_open_directory(root_fd, path, &real);
                if (fd == -ENOMEM)
                        return fd;
                if (fd >= 0)
                        store->fds[store->n_fds++] = fd;
                else if (fd == -EACCES)
                        store->denied = true;
        }
        return 0;
}

bool wgp_credstore_has(const WgpCredstore *store, const char *id) {
        for (size_t i = 0; i < store->n_fds; i++)
                if (faccessat(store->fds[i], id, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
                        return true;
        return false;
}

void wgp_credstore_close(WgpCredstore *store) {
        while (store->n_fds > 0)
                close(store->fds[--store->n_fds]);
}

/* Looks into which form of each credential systemd will find. */
void wgp_credstore_find_forms(const WgpCredstore *plain, const WgpCredstore *encrypted, WgpUnitFacts *facts) {
        for (size_t i = 0; i < facts->n_credentials; i++) {
                WgpUnitCredential *c = facts->credentials + i;

                c->encrypted = wgp_credstore_has(encrypted, c->id) ||
                                (c->to_be_encrypted && !wgp_credstore_has(plain, c->id));
        }
}
