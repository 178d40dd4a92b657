/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Key store. A key appears whole or not at all, and never in the place of another one: it is written under another
 * name, brought to the disk, and linked. */

#include "cli/key-store.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/child.h"
#include "model/implicit-key.h"
#include "system/program.h"
#include "system/root-path.h"
#include "system/whole-file.h"

/* --- where --- */

/* The path of a credential in a store, which is "/etc" or another such directory. NULL: no memory. */
static char *credential_path(const char *store, bool encrypted, unsigned i, const char *name) {
        _cleanup_(freep) char *id = wgp_implicit_credential(i, name);
        char *path;

        if (!id)
                return NULL;
        return asprintf(&path, "%s/credstore%s/%s", store, encrypted ? ".encrypted" : "", id) < 0 ? NULL : path;
}

/* To be freed by the caller; NULL: no memory. */
char *wgp_key_store_path(const char *name, bool encrypted) {
        return encrypted ? credential_path("/etc", encrypted, WGP_IMPLICIT_CREDENTIAL_OWN, name) :
                           wgp_generated_key_path(name);
}

/* What the path is to openat() and its like. On this system it is left to the kernel. */
static int find_real(int root_fd, const char *path, char ret[static PATH_MAX]) {
        if (root_fd >= 0)
                return wgp_root_resolve(root_fd, path, ret);
        return snprintf(ret, PATH_MAX, "%s", path) < PATH_MAX ? 0 : -ENAMETOOLONG;
}

static int exists(int root_fd, const char *path, bool *ret) {
        char real[PATH_MAX];
        int r;

        r = find_real(root_fd, path, real);
        if (r < 0)
                return r;
        *ret = faccessat(root_fd, real, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
        return 0;
}

/* Looks for a key of that profile wherever apply would: the file, and the credentials in all stores. Those that a
 * machine got from its firmware are the unit's business (ConditionCredential=).
 *
 * Returns 0, and the path of the first or NULL; or a negative errno. */
int wgp_key_store_find(int root_fd, const char *name, char **ret_path) {
        static const char *const stores[] = { "/etc", "/run", "/usr/local/lib", "/usr/lib" };
        _cleanup_(freep) char *path = wgp_key_store_path(name, /* encrypted= */ false);
        bool found = false;
        int r;

        if (!path)
                return -ENOMEM;
        r = exists(root_fd, path, &found);

        /* store, credential, form: all combinations */
        for (unsigned i = 0; r >= 0 && !found && i < WGP_ARRAY_SIZE(stores) * _WGP_IMPLICIT_CREDENTIAL_N * 2; i++) {
                freep(&path);
                path = credential_path(stores[i / 2 / _WGP_IMPLICIT_CREDENTIAL_N], i % 2,
                                i / 2 % _WGP_IMPLICIT_CREDENTIAL_N, name);
                r = path ? exists(root_fd, path, &found) : -ENOMEM;
        }
        if (r >= 0)
                *ret_path = found ? TAKE_PTR(path) : NULL;
        return r;
}

/* --- a file --- */

/* Opens the directory of a file, and makes it first: its parents for everybody to pass, itself for root alone. */
static int open_parent(int root_fd, const char *path) {
        const char *end = strrchr(path, '/');
        char part[PATH_MAX], real[PATH_MAX] = "";
        int fd, r;

        for (const char *slash = path; slash != end;) {
                slash = strchr(slash + 1, '/');
                if (snprintf(part, sizeof(part), "%.*s", (int) (slash - path), path) >= (int) sizeof(part))
                        return -ENAMETOOLONG;
                r = find_real(root_fd, part, real);
                if (r < 0)
                        return r;
                if (mkdirat(root_fd, real, slash == end ? 0700 : 0755) < 0 && errno != EEXIST)
                        return -errno;
        }
        fd = openat(root_fd, real, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        return fd < 0 ? -errno : fd;
}

static int write_file(int directory_fd, const char *file, const char *data, size_t size) {
        int fd, r;

        fd = openat(directory_fd, file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (fd < 0)
                return -errno;
        r = wgp_write_all(fd, data, size);
        if (r == 0 && fsync(fd) < 0)
                r = -errno;
        if (close(fd) < 0 && r == 0)
                r = -errno;
        return r;
}

/* Makes a file of mode 0600 at that path inside the root, and the directory it lies in. Returns 0, or a negative
 * errno: -EEXIST when there is one already. */
int wgp_key_store_save(int root_fd, const char *path, const char *data, size_t size) {
        _cleanup_(wgp_closep) int directory_fd = -EBADF;
        char temporary[sizeof(".new-") + 3 * sizeof(int)];
        int r;

        directory_fd = open_parent(root_fd, path);
        if (directory_fd < 0)
                return directory_fd;

        snprintf(temporary, sizeof(temporary), ".new-%d", (int) getpid());
        (void) unlinkat(directory_fd, temporary, 0); /* of a run with this number that was killed */
        r = write_file(directory_fd, temporary, data, size);
        if (r >= 0 && linkat(directory_fd, temporary, directory_fd, strrchr(path, '/') + 1, 0) < 0)
                r = -errno;
        (void) unlinkat(directory_fd, temporary, 0);
        /* A public key that was handed out has to be that of the key after a loss of power, too. */
        if (r >= 0 && fsync(directory_fd) < 0)
                r = -errno;
        return r;
}

/* --- an encrypted credential --- */

/* Encrypts a key, as text, with what this machine has for it: systemd-creds(1) knows. Its messages go to standard
 * error.
 *
 * Returns 0; -ENOENT: there is no such program; -EPROTO: it failed; or another negative errno. */
int wgp_key_store_encrypt(const char *id, const char *key_text, WgpText *ret) {
        _cleanup_(wgp_closep) int input = wgp_program_make_input(key_text), output = wgp_child_memory();
        _cleanup_(freep) char *name = NULL;
        int r;

        if (input < 0 || output < 0)
                return WGP_MIN(input, output);
        if (asprintf(&name, "--name=%s", id) < 0) {
                name = NULL;
                return -ENOMEM;
        }
        r = wgp_program_run((char *[]) { (char *) "systemd-creds", (char *) "encrypt", name, (char *) "-",
                                            (char *) "-", NULL },
                        (int[]) { input, output, STDERR_FILENO });
        if (r == 0)
                r = wgp_child_read(output, ret);
        if (r < 0)
                return r;
        return r > 0 || ret->size == 0 ? -EPROTO : 0;
}
