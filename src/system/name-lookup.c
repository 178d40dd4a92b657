/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looks up numbers of UDP services and routing tables, in files only. In a tree that will be another system, a name
 * without a file stays open. nsswitch.conf(5) may send services to the network, which no tunnel can wait for. */

#include "system/name-lookup.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>

#include "model/value.h"
#include "system/root-path.h"

/* A parser's questions carry no userdata: there is one root per process. */
static int root_fd = AT_FDCWD;

static const char services_path[] = "/etc/services";

/* In the order of precedence; iproute2 looks into the first that exists, so a later one adds what that one lacks. */
static const char *const table_paths[] = {
        "/etc/iproute2/rt_tables",
        "/usr/share/iproute2/rt_tables",
        "/usr/lib/iproute2/rt_tables",
};

/* Reads "name" out of one line. Returns 0, or -ENOENT: not on this one. */
typedef int (*SearchLine)(char *line, const char *name, uint32_t *ret);

static FILE *open_inside(const char *path) {
        char resolved[PATH_MAX];
        FILE *f;
        int fd;

        if (root_fd < 0)
                return fopen(path, "re");

        if (wgp_root_resolve(root_fd, path, resolved) < 0)
                return NULL;
        fd = openat(root_fd, resolved, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (fd < 0)
                return NULL;
        f = fdopen(fd, "re");
        if (!f)
                close(fd);
        return f;
}

static int search_file(const char *path, SearchLine search, const char *name, uint32_t *ret) {
        _cleanup_(freep) char *line = NULL;
        size_t n_allocated = 0;
        int r = -ENOENT;
        FILE *f;

        f = open_inside(path);
        if (!f)
                return -ENOENT;
        while (r < 0 && getline(&line, &n_allocated, f) >= 0) {
                line[strcspn(line, "#\n")] = 0;
                r = search(line, name, ret);
        }
        fclose(f);
        return r;
}

/* --- services --- */

/* "name port/udp alias…" */
static int search_service(char *line, const char *name, uint32_t *ret) {
        char *cursor, *first, *port, *slash;
        uint64_t number;
        bool found;

        first = strtok_r(line, " \t", &cursor);
        port = first ? strtok_r(NULL, " \t", &cursor) : NULL;
        slash = port ? strchr(port, '/') : NULL;
        if (!slash || !streq(slash, "/udp"))
                return -ENOENT;
        *slash = 0;

        found = streq(first, name);
        for (char *alias; !found && (alias = strtok_r(NULL, " \t", &cursor));)
                found = streq(alias, name);
        if (!found || wgp_parse_decimal(port, UINT16_MAX, &number) < 0)
                return -ENOENT;
        *ret = (uint32_t) number;
        return 0;
}

static int look_up_service(const char *name, uint16_t *ret_port) {
        uint32_t port;
        int r;

        r = search_file(services_path, search_service, name, &port);
        if (r >= 0)
                *ret_port = (uint16_t) port;
        return r;
}

/* --- tables --- */

/* "NUMBER NAME", the number decimal or with 0x in front. */
static int search_table(char *line, const char *name, uint32_t *ret) {
        char *cursor, *number, *found;
        uint64_t table;
        int r;

        number = strtok_r(line, " \t", &cursor);
        found = number ? strtok_r(NULL, " \t", &cursor) : NULL;
        if (!found || !streq(found, name))
                return -ENOENT;

        r = strncmp(number, "0x", strlen("0x")) == 0 ? wgp_parse_base0(number, UINT32_MAX, &table) :
                                                       wgp_parse_decimal(number, UINT32_MAX, &table);
        if (r < 0)
                return -ENOENT;
        *ret = (uint32_t) table;
        return 0;
}

/* rt_tables.d/, "*.conf" of it. */
static int search_directory(const char *path, const char *name, uint32_t *ret) {
        _cleanup_(freep) char *real = NULL;
        const struct dirent *entry;
        int fd, r = -ENOENT;
        DIR *directory;

        fd = wgp_root_open_directory(root_fd, path, &real);
        if (fd < 0)
                return -ENOENT;
        directory = fdopendir(fd);
        if (!directory) {
                close(fd);
                return -ENOMEM;
        }
        while (r < 0 && (entry = readdir(directory))) {
                _cleanup_(freep) char *file = NULL;
                size_t n = strlen(entry->d_name), k = strlen(".conf");

                if (n <= k || !streq(entry->d_name + n - k, ".conf"))
                        continue;
                if (asprintf(&file, "%s/%s", path, entry->d_name) < 0) {
                        file = NULL;
                        r = -ENOMEM;
                        break;
                }
                r = search_file(file, search_table, name, ret);
        }
        closedir(directory);
        return r;
}

static int look_up_table(const char *name, uint32_t *ret_table) {
        for (size_t i = 0; i < WGP_ARRAY_SIZE(table_paths); i++) {
                char directory[64];

                snprintf(directory, sizeof(directory), "%s.d", table_paths[i]);
                if (search_file(table_paths[i], search_table, name, ret_table) >= 0 ||
                                search_directory(directory, name, ret_table) >= 0)
                        return 0;
        }
        return -ENOENT;
}

/* --- which questions there are answers to --- */

static bool is_inside(const char *path) {
        FILE *f = open_inside(path);

        if (!f)
                return false;
        fclose(f);
        return true;
}

static bool has_tables(void) {
        for (size_t i = 0; i < WGP_ARRAY_SIZE(table_paths); i++)
                if (is_inside(table_paths[i]))
                        return true;
        return false;
}

/* Fills in the two questions about names and leaves the others alone. "root" is NULL or "" for this system; in a tree
 * that lacks a file, its question is not answered at all.
 *
 * Returns 0, or why the root cannot be opened. */
int wgp_name_lookup_open(const char *root, WgpLookup *ret) {
        if (!root || root[strspn(root, "/")] == 0) {
                ret->service = look_up_service;
                ret->table = look_up_table;
                return 0;
        }

        root_fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (root_fd < 0) {
                root_fd = AT_FDCWD;
                return -errno;
        }
        ret->service = is_inside(services_path) ? look_up_service : NULL;
        ret->table = has_tables() ? look_up_table : NULL;
        return 0;
}

void wgp_name_lookup_close(void) {
        wgp_closep(&root_fd);
        root_fd = AT_FDCWD;
}
