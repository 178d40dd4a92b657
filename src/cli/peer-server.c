/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Peer server. */

#include "cli/peer-server.h"

#include <stdio.h>
#include <unistd.h>

#include "cli/message.h"
#include "cli/peer-names-file.h"
#include "model/value.h"
#include "parse/parse.h"
#include "system/root-path.h"
#include "system/visit-directory.h"
#include "system/whole-file.h"

void wgp_prefix_list_done(WgpPrefixList *list) {
        free(list->items);
        *list = WGP_PREFIX_LIST_NULL;
}

/* Returns 0, or -ENOMEM. */
int wgp_prefix_list_add(WgpPrefixList *list, const WgpPrefix *prefix) {
        if (!wgp_grow(&list->items, &list->n_allocated, list->n_items + 1, sizeof(*prefix)))
                return -ENOMEM;
        list->items[list->n_items++] = *prefix;
        return 0;
}

void wgp_peer_server_done(WgpPeerServer *server) {
        wgp_loaded_done(&server->loaded);
        wgp_client_files_done(&server->files);
        wgp_profile_free(server->disabled);
        *server = WGP_PEER_SERVER_NULL;
}

/* --- clients that are switched off --- */

static bool is_disabled_file(const char *file) {
        const size_t n = strlen(file), before = strlen(WGP_CLIENT_FILE_PREFIX), after = strlen(WGP_CLIENT_FILE_OFF);

        return n > before + after && strncmp(file, WGP_CLIENT_FILE_PREFIX, before) == 0 &&
               streq(file + n - after, WGP_CLIENT_FILE_OFF);
}

/* One that cannot be read, or understood, keeps what could be made out of it. */
static int read_disabled(int directory, const char *file, void *userdata) {
        WgpPeerServer *server = userdata;
        _cleanup_(wgp_diagnostics_done) WgpDiagnostics ignored = WGP_DIAGNOSTICS_NULL;
        _cleanup_(freep) char *path = NULL;
        size_t size = 0;
        char *data = NULL;
        int r;

        if (!is_disabled_file(file))
                return 0;
        r = wgp_read_file(directory, file, WGP_STORE_FILE_MAX, &data, &size);
        if (r < 0)
                return r == -ENOMEM ? r : 0;
        if (asprintf(&path, "%s/%s", server->files.path, file) < 0) {
                path = NULL;
                r = -ENOMEM;
        } else
                r = wgp_profile_parse(server->disabled, path, data, size, &server->cli->lookup, &ignored);
        wgp_wipe_free(data, size + 1);
        return r == -ENOMEM ? r : 0;
}

static int read_all_disabled(WgpPeerServer *server) {
        _cleanup_(wgp_diagnostics_done) WgpDiagnostics ignored = WGP_DIAGNOSTICS_NULL;
        char nothing[1] = "";
        int r;

        r = wgp_profile_new(server->loaded.item.name, server->loaded.item.format, &server->disabled);
        if (r >= 0) /* what comes after the first file is read as a drop-in */
                r = wgp_profile_parse(server->disabled, "", nothing, 0, NULL, &ignored);
        if (r == -ENOMEM || server->files.fd < 0)
                return r == -ENOMEM ? r : 0;
        r = wgp_visit_directory(server->files.fd, read_disabled, server);
        return r < 0 && r != -ENOMEM ? wgp_cli_report_failure(server->files.path, r) : r;
}

/* --- names --- */

/* Gives each peer without Name= the name that a comment has for it: only the files of such peers are read again. */
static int name_peers(WgpPeerServer *server) {
        _cleanup_(wgp_peer_names_done) WgpPeerNames names = WGP_PEER_NAMES_NULL;
        WgpProfile *profile = server->loaded.profile;
        _cleanup_(freep) bool *was_read = calloc(profile->n_files + 1, sizeof(*was_read));

        if (!was_read)
                return -ENOMEM;
        for (size_t i = 0; i < profile->n_peers; i++) {
                const uint16_t file = profile->peers[i].origin.file;

                if (profile->peers[i].name || file >= profile->n_files || was_read[file])
                        continue;
                was_read[file] = true;
                if (wgp_peer_names_read_file(profile->files[file].path, &names) < 0)
                        return -ENOMEM;
        }
        for (size_t i = 0; i < profile->n_peers; i++) {
                WgpPeer *peer = profile->peers + i;
                const char *name = peer->name ? NULL : wgp_peer_names_find(&names, peer->public_key);

                if (name && !(peer->name = strdup(name)))
                        return -ENOMEM;
        }
        return 0;
}

/* --- opening --- */

/* Finds where the profile's drop-ins lie, without reading it. What cannot be found is reported later. */
static int find_item(const WgpCli *cli, const char *name, WgpStoreItem *ret, bool *ret_found) {
        _cleanup_(wgp_diagnostics_done) WgpDiagnostics ignored = WGP_DIAGNOSTICS_NULL;
        _cleanup_(wgp_store_freep) WgpStore *store = NULL;
        int r;

        r = wgp_cli_open_store(cli, &store);
        if (r != 0)
                return r;
        r = wgp_store_find(store, name, &ignored, ret);
        if (r == 0 && !ret->rival)
                r = wgp_store_is_masked(store, ret);
        *ret_found = r == 0 && !ret->rival;
        return r < 0 ? r : 0;
}

/* Opens the profile that the command line names, under the lock of its clients if it is to be changed.
 *
 * Returns 0, an exit code (reported), or a negative errno. */
int wgp_peer_server_open(const WgpCli *cli, WgpPeerServerUse use, WgpPeerServer *ret) {
        _cleanup_(wgp_peer_server_done) WgpPeerServer server = WGP_PEER_SERVER_NULL;
        _cleanup_(wgp_store_item_done) WgpStoreItem item = WGP_STORE_ITEM_NULL;
        const char *name = cli->arguments[1];
        bool found;
        int r;

        server.cli = cli;
        r = find_item(cli, name, &item, &found);
        if (r == 0 && found)
                r = use == WGP_PEER_SERVER_READ ? wgp_client_files_open(cli, &item, &server.files) :
                                                  wgp_client_files_open_locked(cli, &item, &server.files);
        if (r == 0)
                r = use == WGP_PEER_SERVER_ADD ? wgp_loaded_open_name(cli, name, &server.loaded) :
                                                 wgp_loaded_open_broken(cli, name, &server.loaded);
        if (r == 0)
                r = read_all_disabled(&server);
        if (r == 0)
                r = name_peers(&server);
        if (r != 0)
                return r;
        *ret = server;
        server = WGP_PEER_SERVER_NULL;
        return 0;
}

/* --- addresses --- */

static bool is_link_local(const WgpPrefix *prefix) {
        return prefix->family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&prefix->in6);
}

/* The networks that clients get an address of: those of the server's addresses, masked, each once. Returns 0, or
 * -ENOMEM. */
int wgp_peer_server_networks(const WgpPeerServer *server, WgpPrefixList *ret) {
        const WgpProfile *profile = server->loaded.profile;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < profile->n_addresses; i++) {
                WgpPrefix network = profile->addresses[i].prefix;
                bool known = is_link_local(&network);

                wgp_prefix_mask(&network);
                for (size_t j = 0; j < ret->n_items; j++)
                        known = known || wgp_prefix_overlaps(ret->items + j, &network);
                if (!known)
                        r = wgp_prefix_list_add(ret, &network);
        }
        return r;
}

static int add_host(WgpPrefixList *list, const WgpPrefix *prefix) {
        WgpPrefix host = *prefix;

        if (host.family == AF_UNSPEC)
                return 0;
        host.length = (uint8_t) wgp_family_bits(host.family);
        return wgp_prefix_list_add(list, &host);
}

static int add_peers(WgpPrefixList *list, const WgpProfile *profile) {
        int r = 0;

        for (size_t i = 0; i < profile->n_peers; i++)
                for (size_t j = 0; r >= 0 && j < profile->peers[i].n_allowed_ips; j++)
                        r = wgp_prefix_list_add(list, &profile->peers[i].allowed_ips[j].prefix);
        return r;
}

static int add_routes(WgpPrefixList *list, const WgpProfile *profile) {
        int r = 0;

        for (size_t i = 0; r >= 0 && i < profile->n_routes; i++) {
                r = wgp_prefix_list_add(list, &profile->routes[i].destination);
                if (r >= 0)
                        r = add_host(list, &profile->routes[i].gateway);
        }
        return r;
}

/* A name server that clients are told of is somebody, too. */
static int add_name_servers(WgpPrefixList *list, const WgpProfile *profile) {
        _cleanup_(freep) char *copy = profile->client_dns ? strdup(profile->client_dns) : NULL;
        int r = 0;

        if (profile->client_dns && !copy)
                return -ENOMEM;
        for (char *save = NULL, *item = copy ? strtok_r(copy, ", ", &save) : NULL; r >= 0 && item;
                        item = strtok_r(NULL, ", ", &save)) {
                WgpPrefix address;

                if (wgp_address_parse(item, &address) >= 0)
                        r = add_host(list, &address);
        }
        return r;
}

/* Everything that a client must not get: the server's own addresses, those of all peers, also of those that are
 * disabled or have expired, and what routes lead to. Returns 0, or -ENOMEM. */
int wgp_peer_server_taken(const WgpPeerServer *server, WgpPrefixList *ret) {
        const WgpProfile *profile = server->loaded.profile;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < profile->n_addresses; i++)
                r = add_host(ret, &profile->addresses[i].prefix);
        if (r >= 0)
                r = add_peers(ret, profile);
        if (r >= 0)
                r = add_peers(ret, server->disabled);
        if (r >= 0)
                r = add_routes(ret, profile);
        return r >= 0 ? add_name_servers(ret, profile) : r;
}
