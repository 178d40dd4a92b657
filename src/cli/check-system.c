/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Check of the system: the questions that no profile answers by itself. What cannot be told, since the caller may not
 * look, is not said. */

#include "cli/check-system.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>

#include "cli/key-store.h"
#include "cli/message.h"
#include "generator/resolvconf-detect.h"
#include "model/implicit-key.h"
#include "system/credstore.h"
#include "system/root-path.h"

static int warn(WgpDiagnostics *diagnostics, const char *file, unsigned line, const char *section, const char *key,
                const char *message) {
        return wgp_warning(diagnostics, &(WgpPlace) { .file = file, .line = line, .section = section, .key = key },
                        "%s", message);
}

/* --- the private key --- */

/* "PostUp = wg set %i private-key <(pass ...)", as wg-quick(8) has it in its manual. */
static bool may_come_from_hook(const WgpProfile *profile) {
        for (size_t i = 0; i < profile->n_hooks && wgp_profile_runs_hooks(profile); i++)
                if (strstr(profile->hooks[i].command, "private-key") || strstr(profile->hooks[i].command, "setconf") ||
                                strstr(profile->hooks[i].command, "addconf"))
                        return true;
        return false;
}

/* Returns whether it is anywhere, or may be; or a negative errno. */
static int has_private_key(const WgpCli *cli, int root_fd, const WgpProfile *profile) {
        _cleanup_(freep) char *path = NULL;
        int r;

        if (profile->private_key.source != WGP_SECRET_NONE || profile->generate_key != WGP_GENERATE_KEY_NO ||
                        may_come_from_hook(profile))
                return true;
        if (!cli->root && geteuid() != 0)
                return true; /* generated ones are in a directory of root's */
        r = wgp_key_store_find(root_fd, profile->name, &path);
        if (r < 0 || path)
                return r == -ENOMEM ? r : true;
        for (unsigned i = 0; i < _WGP_IMPLICIT_CREDENTIAL_N; i++) {
                _cleanup_(freep) char *id = wgp_implicit_credential(i, profile->name);

                r = id ? wgp_credstore_knows(root_fd, !cli->root, id) : -ENOMEM;
                if (r != 0)
                        return r == -ENOMEM ? r : true;
        }
        return false;
}

static int check_private_key(const WgpCli *cli, int root_fd, WgpLoaded *loaded) {
        const WgpProfile *profile = loaded->profile;
        const bool keyfile = profile->format == WGP_FORMAT_KEYFILE;
        int r;

        if (loaded->diagnostics.n_errors > 0) /* it may be what could not be read */
                return 0;
        r = has_private_key(cli, root_fd, profile);
        if (r != 0)
                return WGP_MIN(r, 0);
        return warn(&loaded->diagnostics, profile->files[0].path, 0, keyfile ? "wireguard" : "Interface",
                        keyfile ? "private-key" : "PrivateKey",
                        "There is no private key, neither here nor as a credential nor as a generated one: nobody answers without. "
                        "Make one with 'wg-profile genkey'.");
}

/* --- DNS --- */

static int check_dns(int root_fd, WgpLoaded *loaded) {
        const WgpProfile *profile = loaded->profile;
        const WgpOrigin origin = profile->n_dns_servers > 0 ? profile->dns_servers[0].origin :
                                 profile->n_dns_domains > 0 ? profile->dns_domains[0].origin :
                                                              (WgpOrigin) {};
        const bool keyfile = profile->format == WGP_FORMAT_KEYFILE;

        if (origin.line == 0 || profile->netns || wgp_dns_has_manager(root_fd))
                return 0;
        return warn(&loaded->diagnostics, wgp_profile_file(profile, origin), origin.line, keyfile ? NULL : "Interface",
                        keyfile ? "dns" : "DNS",
                        "This system has neither systemd-resolved nor resolvconf(8), which these settings are for: the tunnel does "
                        "not start.");
}

/* --- what lies in the directories --- */

static bool has_profile(const WgpProfileSet *set, const char *name, size_t n, WgpFormat format) {
        for (size_t i = 0; i < set->n_items; i++) {
                const WgpStoreItem *item = &set->items[i].item;

                if (strlen(item->name) == n && strncmp(item->name, name, n) == 0 &&
                                (item->format == format || (item->rival && item->rival->format == format)))
                        return true;
        }
        return false;
}

static int check_entry(WgpProfileSet *set, const char *directory, const char *entry) {
        static const char *const suffixes[] = { ".conf", ".nmconnection" };
        const size_t size = strlen(entry);
        _cleanup_(freep) char *path = NULL;

        if (*entry == '.' || asprintf(&path, "%s/%s", directory, entry) < 0)
                return *entry == '.' ? 0 : -ENOMEM;
        for (WgpFormat format = 0; format < _WGP_FORMAT_N; format++) {
                const size_t n = strlen(suffixes[format]);

                if (size > n && strcasecmp(entry + size - n, suffixes[format]) == 0 &&
                                !streq(entry + size - n, suffixes[format]))
                        return warn(&set->diagnostics, path, 0, NULL, NULL,
                                        "Not read: the suffix of a profile is .conf or .nmconnection, in lower case.");
                if (size > n + 2 && streq(entry + size - 2, ".d") &&
                                strncmp(entry + size - 2 - n, suffixes[format], n) == 0 &&
                                !has_profile(set, entry, size - 2 - n, format))
                        return warn(&set->diagnostics, path, 0, NULL, NULL,
                                        "These drop-ins are not read: there is no profile of that name and format.");
        }
        return 0;
}

static int compare_names(const void *a, const void *b) {
        return strcmp(*(char *const *) a, *(char *const *) b);
}

typedef struct Entries {
        char **names;
        size_t n, n_allocated;
} Entries;

static void entries_done(Entries *entries) {
        for (size_t i = 0; i < entries->n; i++)
                free(entries->names[i]);
        free(entries->names);
}

/* A directory that cannot be read was told of when the profiles were looked for. */
static int list_directory(int root_fd, const char *path, Entries *entries) {
        _cleanup_(freep) char *real = NULL;
        int fd = wgp_root_open_directory(root_fd, path, &real),
            copy = fd >= 0 ? openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : fd;
        DIR *directory = copy >= 0 ? fdopendir(copy) : NULL;
        int r = 0;

        wgp_closep(&fd);
        if (!directory) {
                wgp_closep(&copy);
                return 0;
        }
        for (const struct dirent *d; r >= 0 && entries->n < WGP_STORE_ENTRIES_MAX && (d = readdir(directory));) {
                char *name = strdup(d->d_name);

                if (!name || !wgp_grow(&entries->names, &entries->n_allocated, entries->n + 1,
                                             sizeof(*entries->names))) {
                        free(name);
                        r = -ENOMEM;
                } else
                        entries->names[entries->n++] = name;
        }
        closedir(directory);
        if (entries->n > 0)
                qsort(entries->names, entries->n, sizeof(*entries->names), compare_names);
        return r;
}

static int check_directories(const WgpCli *cli, int root_fd, WgpProfileSet *set) {
        static const char *const directories[] = {
                "/etc/wg-profile",
                "/run/wg-profile",
                "/usr/local/lib/wg-profile",
                "/usr/lib/wg-profile",
        };
        int r = 0;

        for (size_t i = 0; r >= 0 && i < WGP_ARRAY_SIZE(directories); i++) {
                _cleanup_(entries_done) Entries entries = {};
                _cleanup_(freep) char *shown = NULL;

                if (asprintf(&shown, "%s%s", cli->root ?: "", directories[i]) < 0)
                        return -ENOMEM;
                r = list_directory(root_fd, directories[i], &entries);
                for (size_t k = 0; r >= 0 && k < entries.n; k++)
                        r = check_entry(set, shown, entries.names[k]);
        }
        return r;
}

/* Adds what the system says to the profiles of the set, and what lies beside them to the set's own diagnostics when it
 * has all profiles. Returns 0, or a negative errno. */
int wgp_check_system(const WgpCli *cli, WgpProfileSet *set) {
        _cleanup_(wgp_closep) int root_fd = cli->root ? open(cli->root, O_PATH | O_DIRECTORY | O_CLOEXEC) : AT_FDCWD;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < set->n_items; i++) {
                if (!set->items[i].profile)
                        continue;
                r = check_private_key(cli, root_fd, set->items + i);
                if (r >= 0)
                        r = check_dns(root_fd, set->items + i);
                wgp_cli_sort_diagnostics(&set->items[i].diagnostics);
        }
        return r < 0 || cli->n_arguments > 0 ? r : check_directories(cli, root_fd, set);
}
