/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wg-profile peer list, show: the clients of a server, and what the running tunnel knows of them. */

#include <stdio.h>

#include "base/text.h"
#include "cli/fields.h"
#include "cli/json-output.h"
#include "cli/message.h"
#include "cli/peer-find.h"
#include "cli/peer.h"
#include "cli/span.h"
#include "cli/tunnel-gather.h"
#include "model/value.h"
#include "system/profile-name.h"

/* One line of the list. */
typedef struct Row {
        WgpClientEntry entry;
        char key[WGP_KEY_TEXT_SIZE];
        char *name;                /* for people; the key of one without */
        WgpText addresses;         /* its allowed-ips */
        const WgpPeerState *state; /* in the kernel; NULL: it is not there */
} Row;

typedef struct List {
        const WgpCli *cli;
        WgpPeerServer server;
        WgpGather gather;
        bool asked; /* the kernel */
        WgpTunnelStatus tunnel;
        WgpMoment now;
        Row *rows;
        size_t n_rows;
} List;

static void row_done(Row *row) {
        wgp_client_entry_done(&row->entry);
        wgp_text_done(&row->addresses);
        free(row->name);
}

static void list_done(List *list) {
        for (size_t i = 0; i < list->n_rows; i++)
                row_done(list->rows + i);
        free(list->rows);
        if (list->asked)
                wgp_gather_done(&list->gather);
        wgp_tunnel_status_done(&list->tunnel);
        wgp_peer_server_done(&list->server);
}

/* --- gathering --- */

/* Who may not ask the kernel is told what the profile says. */
static int ask_kernel(List *list) {
        const WgpCli *cli = list->cli;
        const char *name = list->server.loaded.item.name;
        int r;

        if (!wgp_cli_is_this_system(cli))
                return 0;
        r = wgp_gather_open(cli, name, &list->gather);
        if (r != 0)
                return r;
        list->asked = true;
        return wgp_gather_tunnel(&list->gather, name, &list->tunnel);
}

static int add_row(List *list, const WgpPeer *peer, bool disabled) {
        Row *row = list->rows + list->n_rows++;
        const WgpPeerStatus *status;

        wgp_peer_find_entry(&list->server, peer, disabled, &row->entry);
        wgp_key_format(peer->public_key, row->key);
        row->name = wgp_printable(peer->name ?: row->key);
        status = list->asked ? wgp_tunnel_find_peer(&list->tunnel, peer->public_key) : NULL;
        row->state = status ? status->peer : NULL;
        for (size_t i = 0; i < peer->n_allowed_ips; i++) {
                char text[WGP_PREFIX_TEXT_SIZE];

                wgp_prefix_format(&peer->allowed_ips[i].prefix, text);
                wgp_text_printf(&row->addresses, "%s%s", i > 0 ? ", " : "", text);
        }
        wgp_text_append(&row->addresses, "");
        return !row->name || row->addresses.failed ? -ENOMEM : 0;
}

static int add_rows(List *list) {
        const WgpProfile *on = list->server.loaded.profile, *off = list->server.disabled;
        int r = 0;

        list->rows = calloc(on->n_peers + off->n_peers + 1, sizeof(*list->rows));
        if (!list->rows)
                return -ENOMEM;
        for (size_t i = 0; r >= 0 && i < on->n_peers; i++)
                r = add_row(list, on->peers + i, /* disabled= */ false);
        for (size_t i = 0; r >= 0 && i < off->n_peers; i++)
                r = add_row(list, off->peers + i, /* disabled= */ true);
        return r;
}

/* The lines of the kernel's peers are sorted by when they were heard. */
static int compare_keys(const void *a, const void *b) {
        const WgpPeerStatus *x = a, *y = b;

        return memcmp(x->peer->public_key, y->peer->public_key, WGP_KEY_SIZE);
}

static int open_list(const WgpCli *cli, List *list) {
        int r;

        *list = (List) { .cli = cli, .server = WGP_PEER_SERVER_NULL, .tunnel = WGP_TUNNEL_STATUS_NULL };
        r = wgp_peer_server_open(cli, WGP_PEER_SERVER_READ, &list->server);
        if (r == 0)
                r = ask_kernel(list);
        if (r != 0)
                return r;
        wgp_moment_now(&list->now);
        qsort(list->tunnel.peers, list->tunnel.n_peers, sizeof(*list->tunnel.peers), compare_keys);
        return add_rows(list);
}

/* --- words --- */

static const char *state_word(const List *list, const Row *row) {
        if (row->entry.disabled)
                return "disabled";
        if (!list->asked || !list->tunnel.has_record || list->tunnel.hidden)
                return "enabled";
        return row->state ? "enabled" : "reload needed";
}

static void handshake_words(const List *list, const Row *row, char ret[static WGP_SPAN_SIZE + 8]) {
        char span[WGP_SPAN_SIZE];

        if (!row->state || row->state->handshake_sec <= 0) {
                strcpy(ret, row->state ? "never" : "-");
                return;
        }
        wgp_span_format((uint64_t) WGP_MAX(list->now.real_sec - row->state->handshake_sec, 0), span);
        snprintf(ret, WGP_SPAN_SIZE + 8, "%s ago", span);
}

/* --- list --- */

static void print_table(const List *list) {
        const WgpTerminal *out = &list->cli->out;
        int name = strlen("NAME"), addresses = strlen("ADDRESSES"), state = strlen("STATE");

        for (size_t i = 0; i < list->n_rows; i++) {
                name = WGP_MAX(name, (int) strlen(list->rows[i].name));
                addresses = WGP_MAX(addresses, (int) list->rows[i].addresses.size);
                state = WGP_MAX(state, (int) strlen(state_word(list, list->rows + i)));
        }
        if (list->n_rows == 0) {
                printf("No clients.\n");
                return;
        }
        printf("%s%-*s  %-*s  %-*s  HANDSHAKE%s\n", wgp_terminal_colour(out, WGP_COLOUR_BOLD), name, "NAME", addresses,
                        "ADDRESSES", state, "STATE", wgp_terminal_reset(out, WGP_COLOUR_BOLD));
        for (size_t i = 0; i < list->n_rows; i++) {
                const Row *row = list->rows + i;
                char handshake[WGP_SPAN_SIZE + 8];

                handshake_words(list, row, handshake);
                printf("%-*s  %-*s  %-*s  %s\n", name, row->name, addresses, row->addresses.data, state,
                                state_word(list, row), handshake);
        }
}

static json_t *row_json(const List *list, const Row *row) {
        const WgpPeer *peer = row->entry.peer;
        _cleanup_(json_decrefp) json_t *addresses = json_array();

        for (size_t i = 0; addresses && i < peer->n_allowed_ips; i++)
                if (json_array_append_new(addresses, wgp_json_prefix(&peer->allowed_ips[i].prefix)) < 0)
                        return NULL;
        return json_pack("{s:o, s:s, s:o, s:s, s:b, s:o, s:i, s:b, s:o, s:I, s:I}", "name", wgp_json_text(peer->name),
                        "public-key", row->key, "allowed-ips", TAKE_PTR(addresses), "state", state_word(list, row),
                        "preshared-key", peer->preshared_key.source != WGP_SECRET_NONE, "path",
                        wgp_json_text(row->entry.path), "line", (int) peer->origin.line, "ours",
                        row->entry.file != NULL, "handshake",
                        row->state && row->state->handshake_sec > 0 ? json_integer(row->state->handshake_sec) :
                                                                      json_null(),
                        "received", (json_int_t) (row->state ? row->state->rx_bytes : 0), "sent",
                        (json_int_t) (row->state ? row->state->tx_bytes : 0));
}

static int print_json(const List *list) {
        _cleanup_(json_decrefp) json_t *json =
                        json_pack("{s:o, s:[]}", "server", wgp_json_text(list->server.loaded.item.name), "clients");

        for (size_t i = 0; json && i < list->n_rows; i++)
                if (json_array_append_new(json_object_get(json, "clients"), row_json(list, list->rows + i)) < 0)
                        return -ENOMEM;
        return wgp_json_print(json);
}

int wgp_peer_list(const WgpCli *cli) {
        _cleanup_(list_done) List list;
        int r;

        r = open_list(cli, &list);
        if (r != 0)
                return r;
        if (cli->json)
                return print_json(&list);
        print_table(&list);
        return 0;
}

/* --- show --- */

static void field(WgpFields *fields, const char *label, const char *value) {
        wgp_field_begin(fields, label);
        wgp_field_add(fields, value);
        wgp_field_end(fields);
}

static void print_transfer(WgpFields *fields, const Row *row) {
        char received[WGP_BYTES_SIZE], sent[WGP_BYTES_SIZE];

        if (!row->state)
                return;
        wgp_bytes_format(row->state->rx_bytes, received);
        wgp_bytes_format(row->state->tx_bytes, sent);
        wgp_field_begin(fields, "transfer");
        wgp_field_printf(fields, "%s received", received);
        wgp_field_printf(fields, "%s sent", sent);
        wgp_field_end(fields);
}

static int print_row(const List *list, const Row *row) {
        WgpFields fields = { .terminal = &list->cli->out, .indent = 14 };
        _cleanup_(freep) char *path = wgp_printable(row->entry.path);
        char handshake[WGP_SPAN_SIZE + 8];

        if (!path)
                return -ENOMEM;
        handshake_words(list, row, handshake);
        field(&fields, "name", row->entry.peer->name ? row->name : "(none)");
        field(&fields, "public key", row->key);
        field(&fields, "addresses", row->addresses.data);
        field(&fields, "state", state_word(list, row));
        field(&fields, "preshared", row->entry.peer->preshared_key.source != WGP_SECRET_NONE ? "yes" : "no");
        field(&fields, "handshake", handshake);
        print_transfer(&fields, row);
        wgp_field_begin(&fields, "file");
        wgp_field_printf(&fields, "%s:%u", path, row->entry.peer->origin.line);
        wgp_field_end(&fields);
        return 0;
}

int wgp_peer_show(const WgpCli *cli) {
        _cleanup_(wgp_client_entry_done) WgpClientEntry entry = {};
        _cleanup_(list_done) List list;
        int r;

        r = open_list(cli, &list);
        if (r == 0)
                r = wgp_peer_find(&list.server, cli->arguments[2], &entry);
        for (size_t i = 0; r == 0 && i < list.n_rows; i++)
                if (list.rows[i].entry.peer == entry.peer) {
                        _cleanup_(json_decrefp) json_t *json = cli->json ? row_json(&list, list.rows + i) : NULL;

                        return cli->json ? wgp_json_print(json) : print_row(&list, list.rows + i);
                }
        return r;
}
