/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wg-profile peer remove, disable, enable: one file of the server's directory goes, or gets another name. */

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/json-output.h"
#include "cli/message.h"
#include "cli/peer-find.h"
#include "cli/peer.h"
#include "cli/tunnel-follow.h"

/* The word for what was done; NULL: it was so before. */
static int tell(const WgpCli *cli, const WgpPeerServer *server, const char *name, const char *done, const char *before,
                bool follows) {
        const char *server_name = server->loaded.item.name;

        if (cli->json) {
                _cleanup_(json_decrefp) json_t *json =
                                json_pack("{s:o, s:o, s:b, s:b}", "server", wgp_json_text(server_name), "name",
                                                wgp_json_text(name), "changed", done != NULL, "reloaded", follows);

                return wgp_json_print(json);
        }
        if (done)
                printf("%s: '%s' %s.%s\n", server_name, name, done, follows ? " Tunnel reloaded." : "");
        else
                printf("%s: '%s' %s already.\n", server_name, name, before);
        return 0;
}

static int follow_and_tell(const WgpCli *cli, WgpPeerServer *server, const char *name, const char *done) {
        bool follows;
        int r, k;

        wgp_client_files_done(&server->files);
        fflush(stdout);
        r = wgp_tunnel_follow(cli, server->loaded.item.name, &follows);
        if (r != 0)
                wgp_cli_error("'%s' %s in the profile, and the running tunnel does not know it yet.", name, done);
        k = tell(cli, server, name, done, NULL, follows);
        return r ?: k;
}

int wgp_peer_remove(const WgpCli *cli) {
        _cleanup_(wgp_peer_server_done) WgpPeerServer server = WGP_PEER_SERVER_NULL;
        _cleanup_(wgp_client_entry_done) WgpClientEntry entry = {};
        int r;

        r = wgp_peer_server_open(cli, WGP_PEER_SERVER_CHANGE, &server);
        if (r == 0)
                r = wgp_peer_find_ours(&server, cli->arguments[2], &entry);
        if (r != 0)
                return r;
        r = wgp_client_file_remove(&server.files, entry.file);
        if (r < 0)
                return wgp_cli_report_failure(entry.path, r);
        return follow_and_tell(cli, &server, cli->arguments[2], "was removed");
}

/* The file's name with the other suffix. NULL: no memory. */
static char *other_name(const char *file, bool on) {
        const char *suffix = on ? WGP_CLIENT_FILE_ON : WGP_CLIENT_FILE_OFF, *dot = strrchr(file, '.');
        char *name;

        return asprintf(&name, "%.*s%s", (int) (dot - file), file, suffix) < 0 ? NULL : name;
}

static int switch_file(const WgpPeerServer *server, const WgpClientEntry *entry, bool on) {
        _cleanup_(freep) char *name = other_name(entry->file, on);

        if (!name)
                return -ENOMEM;
        if (renameat2(server->files.fd, entry->file, server->files.fd, name, RENAME_NOREPLACE) < 0)
                return wgp_cli_report_failure(entry->path, -errno);
        return fsync(server->files.fd) < 0 ? wgp_cli_report_failure(entry->path, -errno) : 0;
}

/* While it was away, somebody may have got its address. */
static int refuse_clash(const WgpPeerServer *server, const WgpClientEntry *entry) {
        const WgpProfile *profile = server->loaded.profile;

        for (size_t i = 0; i < profile->n_peers; i++)
                for (size_t j = 0; j < profile->peers[i].n_allowed_ips; j++)
                        for (size_t k = 0; k < entry->peer->n_allowed_ips; k++) {
                                if (memcmp(&profile->peers[i].allowed_ips[j].prefix,
                                                    &entry->peer->allowed_ips[k].prefix, sizeof(WgpPrefix)) != 0)
                                        continue;
                                wgp_cli_error("'%s' has an address of '%s' by now, which was not enabled.",
                                                profile->peers[i].name ?: "Another peer", entry->peer->name);
                                return CLI_EXIT_FAILED;
                        }
        return 0;
}

static int run_switch(const WgpCli *cli, bool on) {
        _cleanup_(wgp_peer_server_done) WgpPeerServer server = WGP_PEER_SERVER_NULL;
        _cleanup_(wgp_client_entry_done) WgpClientEntry entry = {};
        const char *name = cli->arguments[2];
        int r;

        r = wgp_peer_server_open(cli, on ? WGP_PEER_SERVER_ADD : WGP_PEER_SERVER_CHANGE, &server);
        if (r == 0)
                r = wgp_peer_find_ours(&server, name, &entry);
        if (r == 0 && entry.disabled != on)
                return tell(cli, &server, name, NULL, on ? "is enabled" : "is disabled", false);
        if (r == 0 && on)
                r = refuse_clash(&server, &entry);
        if (r == 0)
                r = switch_file(&server, &entry, on);
        return r != 0 ? r : follow_and_tell(cli, &server, name, on ? "was enabled" : "was disabled");
}

int wgp_peer_disable(const WgpCli *cli) {
        return run_switch(cli, /* on= */ false);
}

int wgp_peer_enable(const WgpCli *cli) {
        return run_switch(cli, /* on= */ true);
}
