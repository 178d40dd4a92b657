/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looks whether credentials are in the system's stores. The directories are opened once; each credential costs one
 * system call per directory. Nothing is read or decrypted: that may take a TPM. */

#include "system/credstore.h"

#include <fcntl.h>
#include <stdio.h>

#include "system/root-path.h"

/* Opens those of the stores of one form that there are. "received" is where this system has what it got from firmware
 * or boot loader; NULL: nowhere, or another root is looked at. Returns 0, or -ENOMEM. */
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

/* Whether a credential is in a store, in either form. "here": this system's, what it was handed included; else
 * "root_fd" is where another one is. Returns 1, 0, -EACCES when there is a store that the caller may not look into, or
 * -ENOMEM. */
int wgp_credstore_knows(int root_fd, bool here, const char *id) {
        bool denied = false;

        for (int encrypted = 0; encrypted < 2; encrypted++) {
                const char *received = encrypted ? WGP_CREDENTIALS_RECEIVED_ENCRYPTED : WGP_CREDENTIALS_RECEIVED;
                WgpCredstore store;
                bool has;
                int r;

                r = wgp_credstore_open(&store, root_fd, encrypted, here ? received : NULL);
                has = r >= 0 && wgp_credstore_has(&store, id);
                denied = denied || store.denied;
                wgp_credstore_close(&store);
                if (r < 0 || has)
                        return r < 0 ? r : 1;
        }
        return denied ? -EACCES : 0;
}
