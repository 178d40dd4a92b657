/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds what belongs to a profile: its file, drop-ins, the key that was made for it, what the resolver remembers,
 * links that start its unit. */

#include "cli/profile-parts.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "cli/key-store.h"
#include "cli/message.h"
#include "model/implicit-key.h"
#include "system/profile-name.h"
#include "system/root-path.h"
#include "system/visit-directory.h"

void wgp_parts_done(WgpParts *parts) {
        wgp_names_done(&parts->files);
        wgp_names_done(&parts->directories);
}

/* The path on this system of one inside the root; a link at its end is not followed. */
static int locate(const WgpCli *cli, const char *directory, const char *file, char **ret) {
        _cleanup_(freep) char *parent = NULL;
        int r;

        r = wgp_root_path(cli->root, directory, &parent);
        if (r < 0)
                return r;
        if (asprintf(ret, "%s/%s", parent, file) < 0) {
                *ret = NULL;
                return -ENOMEM;
        }
        return 0;
}

static int add_if_present(const WgpCli *cli, const char *directory, const char *file, WgpNames *files) {
        _cleanup_(freep) char *path = NULL;
        struct stat st;
        int r;

        r = locate(cli, directory, file, &path);
        if (r < 0)
                return r == -ENOMEM ? r : 0;
        return lstat(path, &st) < 0 ? 0 : wgp_names_add(files, path);
}

static int add_printf(const WgpCli *cli, WgpNames *files, const char *directory, const char *before, const char *name,
                const char *after) {
        _cleanup_(freep) char *file = NULL;

        if (asprintf(&file, "%s%s%s", before, name, after) < 0) {
                file = NULL;
                return -ENOMEM;
        }
        return add_if_present(cli, directory, file, files);
}

typedef struct Dropins {
        WgpParts *parts;
        const char *path; /* of their directory */
} Dropins;

static int add_dropin(int directory, const char *file, void *userdata) {
        const Dropins *dropins = userdata;
        _cleanup_(freep) char *path = NULL;

        if (streq(file, ".") || streq(file, ".."))
                return 0;
        if (asprintf(&path, "%s/%s", dropins->path, file) < 0) {
                path = NULL;
                return -ENOMEM;
        }
        return wgp_names_add(&dropins->parts->files, path);
}

static int add_dropins(const WgpCli *cli, const char *directory, const WgpStoreItem *item, WgpParts *parts) {
        _cleanup_(freep) char *file = NULL, *path = NULL;
        _cleanup_(wgp_closep) int fd = -EBADF;
        int r;

        if (asprintf(&file, "%s%s.d", item->name, wgp_format_suffix(item->format)) < 0) {
                file = NULL;
                return -ENOMEM;
        }
        r = locate(cli, directory, file, &path);
        if (r < 0)
                return r == -ENOMEM ? r : 0;
        fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return 0;
        r = wgp_visit_directory(fd, add_dropin, &(Dropins) { parts, path });
        return r < 0 ? r : wgp_names_add(&parts->directories, path);
}

/* Finds all parts that are there. "ret" is for wgp_parts_done() in any case. Returns 0, or a negative errno. */
int wgp_parts_find(const WgpCli *cli, const WgpStoreItem *item, WgpParts *ret) {
        static const char *const ours[] = { "/etc/wg-profile", "/run/wg-profile" };
        static const char *const wants[] = {
                "/etc/systemd/system/wg-profile.target.wants",
                "/etc/systemd/system/multi-user.target.wants",
        };
        _cleanup_(freep) char *instance = wgp_instance_escape(item->name);
        int r = instance ? 0 : -ENOMEM;

        for (size_t i = 0; r >= 0 && i < WGP_ARRAY_SIZE(wants); i++)
                r = add_printf(cli, &ret->files, wants[i], WGP_UNIT_PREFIX, instance, WGP_UNIT_SUFFIX);
        for (size_t i = 0; r >= 0 && i < WGP_ARRAY_SIZE(ours); i++)
                r = add_dropins(cli, ours[i], item, ret);
        if (r >= 0)
                r = add_printf(cli, &ret->files, WGP_KEY_DIRECTORY, "", item->name, ".key");
        if (r >= 0)
                r = add_printf(cli, &ret->files, WGP_KEY_DIRECTORY, "", item->name, ".endpoints.json");
        if (r >= 0)
                r = add_printf(cli, &ret->files, "/etc/credstore.encrypted", "wg-profile.", item->name,
                                ".private-key");
        for (size_t i = 0; r >= 0 && i < WGP_ARRAY_SIZE(ours); i++)
                if (strncmp(item->path, ours[i], strlen(ours[i])) == 0)
                        r = add_printf(cli, &ret->files, ours[i], "", item->name, wgp_format_suffix(item->format));
        return r;
}

/* A profile that is a package's or another program's is not ours to remove or rename. "what" would have been done to
 * it. Returns 0, or the exit code (reported). */
int wgp_parts_refuse_foreign(const WgpLoaded *loaded, const char *what) {
        const WgpStoreItem *item = &loaded->item;

        if (strncmp(item->path, "/usr/", strlen("/usr/")) == 0 && !item->fallback) {
                wgp_cli_error("%s belongs to a package or an image, and was not %s. To hide it: ln -s /dev/null "
                              "/etc/wg-profile/%s%s",
                                loaded->path, what, item->name, wgp_format_suffix(item->format));
                return CLI_EXIT_FAILED;
        }
        if (item->fallback) {
                wgp_cli_error("%s belongs to %s, and was not %s.", loaded->path,
                                item->format == WGP_FORMAT_KEYFILE ? "NetworkManager ('nmcli connection')" :
                                                                     "wg-quick(8)",
                                what);
                return CLI_EXIT_FAILED;
        }
        return 0;
}
