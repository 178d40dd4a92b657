/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wg-profile peer add: a client of a server. Its private key is made here, written out once, and kept nowhere. */

#include <signal.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/connection-uuid.h"
#include "cli/json-output.h"
#include "cli/message.h"
#include "cli/output.h"
#include "cli/peer-code.h"
#include "cli/peer-facts.h"
#include "cli/peer.h"
#include "cli/tunnel-follow.h"
#include "desired/client-address.h"
#include "model/value.h"
#include "rewrite/client-text.h"
#include "system/profile-name.h"

typedef struct Add {
        const WgpCli *cli;
        const char *name; /* of the client */
        WgpPeerServer server;
        WgpPrefixList networks, taken, addresses, allowed_ips, sites;
        WgpEndpoint endpoint;
        uint8_t server_key[WGP_KEY_SIZE];
        uint8_t private_key[WGP_KEY_SIZE], public_key[WGP_KEY_SIZE], preshared_key[WGP_KEY_SIZE];
        WgpFormat format; /* of the client's profile */
        WgpText dropin, profile;
        WgpText code;      /* what is handed out in the place of the profile, if that was asked for */
        char *file, *path; /* of the drop-in, in the server's directory */
        bool follows;
} Add;

static void add_done(Add *add) {
        wgp_peer_server_done(&add->server);
        wgp_prefix_list_done(&add->networks);
        wgp_prefix_list_done(&add->taken);
        wgp_prefix_list_done(&add->addresses);
        wgp_prefix_list_done(&add->allowed_ips);
        wgp_prefix_list_done(&add->sites);
        wgp_endpoint_done(&add->endpoint);
        wgp_text_done(&add->dropin);
        wgp_text_done(&add->profile);
        wgp_text_done(&add->code);
        free(add->file);
        free(add->path);
        explicit_bzero(add, sizeof(*add));
}

/* --- the name --- */

static int refuse_taken(const Add *add, const char *what) {
        wgp_cli_error("'%s' has a client '%s' already: %s. Nothing was changed.", add->server.loaded.item.name,
                        add->name, what);
        return CLI_EXIT_FAILED;
}

static int judge_name(Add *add) {
        static const char *const suffixes[] = { WGP_CLIENT_FILE_ON, WGP_CLIENT_FILE_OFF };
        const WgpProfile *profile = add->server.loaded.profile;

        for (size_t i = 0; i < WGP_ARRAY_SIZE(suffixes); i++)
                if (wgp_client_file_exists(&add->server.files, add->name, suffixes[i])) {
                        _cleanup_(freep) char *path = NULL;

                        if (asprintf(&path, "%s/" WGP_CLIENT_FILE_PREFIX "%s%s", add->server.files.path, add->name,
                                            suffixes[i]) < 0) {
                                path = NULL;
                                return -ENOMEM;
                        }
                        return refuse_taken(add, path);
                }
        for (size_t i = 0; i < profile->n_peers; i++)
                if (streq_ptr(profile->peers[i].name, add->name))
                        return refuse_taken(add, wgp_profile_file(profile, profile->peers[i].origin));
        add->file = wgp_client_file_name(add->name, WGP_CLIENT_FILE_ON);
        if (!add->file)
                return -ENOMEM;
        if (asprintf(&add->path, "%s/%s", add->server.files.path, add->file) < 0) {
                add->path = NULL;
                return -ENOMEM;
        }
        return 0;
}

/* --- addresses --- */

static int refuse_full(const Add *add, const WgpPrefix *network) {
        char text[WGP_PREFIX_TEXT_SIZE];
        uint64_t used = 0, all = 0;
        int r;

        r = wgp_client_addresses_count(network, add->taken.items, add->taken.n_items, &used, &all);
        if (r < 0)
                return r;
        wgp_prefix_format(network, text);
        wgp_cli_error("%s of '%s' is full: %llu of its %llu addresses are in use. No client was added.", text,
                        add->server.loaded.item.name, (unsigned long long) used, (unsigned long long) all);
        return CLI_EXIT_FAILED;
}

static int refuse_no_network(const Add *add) {
        wgp_cli_error("'%s' has no address with a prefix that has room for clients, such as 10.8.0.1/24: no client was added.",
                        add->server.loaded.item.name);
        return CLI_EXIT_INVALID;
}

static int find_addresses(Add *add) {
        size_t full = 0;
        int r;

        if (!wgp_grow(&add->addresses.items, &add->addresses.n_allocated, add->networks.n_items + 1,
                            sizeof(WgpPrefix)))
                return -ENOMEM;
        r = wgp_client_addresses_find(add->networks.items, add->networks.n_items, add->taken.items, add->taken.n_items,
                        add->addresses.items, &add->addresses.n_items, &full);
        if (r == WGP_CLIENT_ADDRESSES_E_NONE)
                return refuse_no_network(add);
        return r == WGP_CLIENT_ADDRESSES_E_FULL ? refuse_full(add, add->networks.items + full) : r;
}

/* Says who has an address already. */
static const char *owner_of(const Add *add, const WgpPrefix *address) {
        const WgpProfile *profiles[] = { add->server.loaded.profile, add->server.disabled };

        for (size_t i = 0; i < add->addresses.n_items; i++)
                if (wgp_prefix_contains(add->addresses.items + i, address))
                        return "this client itself";
        for (size_t i = 0; i < WGP_ARRAY_SIZE(profiles); i++)
                for (size_t j = 0; j < profiles[i]->n_peers; j++)
                        for (size_t k = 0; k < profiles[i]->peers[j].n_allowed_ips; k++) {
                                const WgpPrefix *prefix = &profiles[i]->peers[j].allowed_ips[k].prefix;

                                if (prefix->length > 0 && wgp_prefix_contains(prefix, address))
                                        return profiles[i]->peers[j].name ?: "a peer without a name";
                        }
        return "the server, one of its routes, or a name server";
}

static int take_address(Add *add, const char *text) {
        const char *name = add->server.loaded.item.name;
        bool has_length = false;
        WgpPrefix address;

        if (wgp_prefix_parse(text, &address, &has_length) < 0 || address.length != wgp_family_bits(address.family)) {
                wgp_cli_error("--address: '%s' is not a valid IP address of a client.", text);
                return CLI_EXIT_USAGE;
        }
        switch (wgp_client_address_judge(
                        add->networks.items, add->networks.n_items, add->taken.items, add->taken.n_items, &address)) {
        case WGP_CLIENT_ADDRESS_FREE:
                return wgp_prefix_list_add(&add->addresses, &address) ?: wgp_prefix_list_add(&add->taken, &address);
        case WGP_CLIENT_ADDRESS_OUTSIDE:
                wgp_cli_error("--address: %s lies in none of the networks of '%s': no client was added.", text, name);
                return CLI_EXIT_FAILED;
        case WGP_CLIENT_ADDRESS_RESERVED:
                wgp_cli_error("--address: %s is the network itself or its broadcast address: no client was added.",
                                text);
                return CLI_EXIT_FAILED;
        case WGP_CLIENT_ADDRESS_TAKEN:
                break;
        }
        wgp_cli_error("--address: %s is taken, by %s: no client was added.", text, owner_of(add, &address));
        return CLI_EXIT_FAILED;
}

/* Takes the items of a list apart, which may be separated by commas or blanks. */
static int for_each_item(Add *add, const char *list, int (*take)(Add *add, const char *item)) {
        _cleanup_(freep) char *copy = strdup(list);
        int r = 0;

        if (!copy)
                return -ENOMEM;
        for (char *save = NULL, *item = strtok_r(copy, ", ", &save); r == 0 && item;
                        item = strtok_r(NULL, ", ", &save))
                r = take(add, item);
        return r;
}

static int choose_addresses(Add *add) {
        int r;

        r = wgp_peer_server_networks(&add->server, &add->networks);
        if (r >= 0)
                r = wgp_peer_server_taken(&add->server, &add->taken);
        if (r != 0)
                return r;
        r = add->cli->address ? for_each_item(add, add->cli->address, take_address) : find_addresses(add);
        if (r != 0 || add->addresses.n_items > 0)
                return r;
        wgp_cli_error("--address: There is no address in it.");
        return CLI_EXIT_USAGE;
}

static int take_allowed_ip(Add *add, const char *text) {
        WgpPrefix prefix;

        if (wgp_prefix_parse(text, &prefix, NULL) < 0) {
                wgp_cli_error("--allowed-ips: '%s' is not a valid prefix: expected ADDRESS/LENGTH.", text);
                return CLI_EXIT_USAGE;
        }
        wgp_prefix_mask(&prefix);
        return wgp_prefix_list_add(&add->allowed_ips, &prefix);
}

/* --- a site --- */

/* A default route does not: what is longer goes elsewhere. */
static bool takes_part(const WgpPrefix *taken, const WgpPrefix *prefix) {
        return taken->length > 0 && wgp_prefix_overlaps(taken, prefix);
}

/* Who has a part of that prefix already; NULL: nobody. */
static const char *find_rival(const Add *add, const WgpPrefix *prefix) {
        for (size_t i = 0; i < add->networks.n_items; i++)
                if (takes_part(add->networks.items + i, prefix))
                        return "the server's own network";
        for (size_t i = 0; i < add->sites.n_items; i++)
                if (takes_part(add->sites.items + i, prefix))
                        return "another one of this client";
        for (size_t i = 0; i < add->taken.n_items; i++)
                if (takes_part(add->taken.items + i, prefix))
                        return owner_of(add, add->taken.items + i);
        return NULL;
}

static int take_site(Add *add, const char *text) {
        const char *rival;
        WgpPrefix prefix;

        if (wgp_prefix_parse(text, &prefix, NULL) < 0 || prefix.length == 0) {
                wgp_cli_error("--site: '%s' is not a valid prefix of a site: expected ADDRESS/LENGTH.", text);
                return CLI_EXIT_USAGE;
        }
        if (wgp_prefix_mask(&prefix)) {
                wgp_cli_error("--site: %s has host bits set: it is not the prefix of a network.", text);
                return CLI_EXIT_USAGE;
        }
        rival = find_rival(add, &prefix);
        if (!rival)
                return wgp_prefix_list_add(&add->sites, &prefix);
        wgp_cli_error("--site: %s overlaps with %s: no client was added.", text, rival);
        return CLI_EXIT_FAILED;
}

static int choose_sites(Add *add) {
        const WgpProfile *profile = add->server.loaded.profile;
        int r;

        r = add->cli->site ? for_each_item(add, add->cli->site, take_site) : 0;
        if (r == 0 && add->sites.n_items > 0 && (profile->table.kind == WGP_TABLE_OFF || !profile->peer_routes))
                wgp_cli_error("'%s' makes no routes (Table=off, or peer-routes=false): one to the site has to be made by hand.",
                                profile->name);
        return r;
}

static bool is_client_address(const Add *add, const WgpPrefix *prefix) {
        for (size_t i = 0; i < add->networks.n_items; i++)
                if (wgp_prefix_contains(add->networks.items + i, prefix))
                        return true;
        return prefix->length == 0;
}

/* What a site reaches through the tunnel: the server's networks, and the sites that there are. */
static int add_other_sites(Add *add) {
        const WgpProfile *profile = add->server.loaded.profile;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < add->networks.n_items; i++)
                r = wgp_prefix_list_add(&add->allowed_ips, add->networks.items + i);
        for (size_t i = 0; i < profile->n_peers; i++)
                for (size_t j = 0; r >= 0 && j < profile->peers[i].n_allowed_ips; j++) {
                        const WgpPrefix *prefix = &profile->peers[i].allowed_ips[j].prefix;

                        if (!is_client_address(add, prefix))
                                r = wgp_prefix_list_add(&add->allowed_ips, prefix);
                }
        return r;
}

static int choose_allowed_ips(Add *add) {
        if (add->cli->allowed_ips)
                return for_each_item(add, add->cli->allowed_ips, take_allowed_ip);
        if (add->sites.n_items > 0 && add->server.loaded.profile->n_client_allowed_ips == 0)
                return add_other_sites(add);
        return wgp_peer_facts_allowed_ips(&add->server, &add->allowed_ips);
}

/* --- keys and texts --- */

static int make_keys(Add *add) {
        if (getrandom(add->private_key, WGP_KEY_SIZE, 0) != WGP_KEY_SIZE ||
                        getrandom(add->preshared_key, WGP_KEY_SIZE, 0) != WGP_KEY_SIZE)
                return -EIO;
        wgp_key_clamp(add->private_key);
        return add->cli->lookup.public_key(add->private_key, add->public_key);
}

static int write_texts(Add *add) {
        const WgpProfile *profile = add->server.loaded.profile;
        const WgpClient client = {
                .name = add->name,
                .server = profile->name,
                .addresses = add->addresses.items,
                .n_addresses = add->addresses.n_items,
                .sites = add->sites.items,
                .n_sites = add->sites.n_items,
                .public_key = add->public_key,
                .preshared_key = add->cli->no_psk ? NULL : add->preshared_key,
                .private_key = add->private_key,
                .server_key = add->server_key,
                .endpoint = &add->endpoint,
                .allowed_ips = add->allowed_ips.items,
                .n_allowed_ips = add->allowed_ips.n_items,
                .dns = profile->client_dns,
                .mtu = profile->mtu,
                .keepalive = wgp_client_endpoint_is_public(&add->endpoint) ? 25 : 0,
        };
        char uuid[WGP_UUID_TEXT_SIZE];

        wgp_uuid_of_key(add->public_key, uuid);
        wgp_client_dropin_write(&client, add->server.loaded.item.format, &add->dropin);
        return add->dropin.failed ? -ENOMEM : wgp_client_profile_write(&client, add->format, uuid, &add->profile);
}

/* --- what comes out --- */

static int print_json(const Add *add) {
        _cleanup_(json_decrefp) json_t *json = NULL;
        _cleanup_(json_decrefp) json_t *addresses = json_array();
        char key[WGP_KEY_TEXT_SIZE];

        for (size_t i = 0; addresses && i < add->addresses.n_items; i++)
                if (json_array_append_new(addresses, wgp_json_prefix(add->addresses.items + i)) < 0)
                        return -ENOMEM;
        wgp_key_format(add->public_key, key);
        json = json_pack("{s:o, s:o, s:s, s:o, s:o, s:s, s:o, s:o, s:b}", "server",
                        wgp_json_text(add->server.loaded.item.name), "name", wgp_json_text(add->name), "public-key",
                        key, "addresses", TAKE_PTR(addresses), "path", wgp_json_text(add->path), "format",
                        wgp_format_name(add->format), "text",
                        wgp_json_text(add->cli->output ? NULL : add->profile.data), "output",
                        wgp_json_text(add->cli->output), "reloaded", add->follows);
        return wgp_json_print(json);
}

/* Standard output last: with JSON, it tells what has become of it all. */
static int write_profile(const Add *add) {
        const WgpText *text = wgp_peer_form(add->cli) == WGP_PEER_FORM_TEXT ? &add->profile : &add->code;
        int r;

        if (!add->cli->output)
                return add->cli->json ? 0 : wgp_output_write(text->data, text->size);
        r = wgp_output_create(add->cli->output, text->data, text->size);
        if (r != -EEXIST)
                return r;
        wgp_cli_error("%s: It exists, and is not overwritten. No client was added.", add->cli->output);
        return CLI_EXIT_FAILED;
}

/* The client's profile is written first where it is a file, since it cannot be made again. One that nobody got is of
 * no use, and then the client is taken back. */
static int write_both(Add *add) {
        int r;

        if (add->cli->output) {
                r = write_profile(add);
                if (r != 0)
                        return r < 0 ? wgp_cli_report_failure(add->cli->output, r) : r;
        }
        r = wgp_client_file_create(&add->server.files, add->file, add->dropin.data, add->dropin.size);
        if (r < 0) {
                if (add->cli->output)
                        (void) unlink(add->cli->output);
                return wgp_cli_report_failure(add->path, r);
        }
        if (add->cli->output)
                return 0;
        r = write_profile(add);
        if (r < 0) {
                (void) wgp_client_file_remove(&add->server.files, add->file);
                return wgp_cli_report_failure("Standard output, so that no client was added", r);
        }
        return r;
}

/* wg-quick(8) calls the link as the file. */
static void warn_of_output(const Add *add) {
        const char *slash = add->cli->output ? strrchr(add->cli->output, '/') : NULL;
        const char *file = slash ? slash + 1 : add->cli->output;
        WgpFormat format;
        char link[IFNAMSIZ];
        size_t n;

        n = file ? wgp_profile_name_length(file, &format) : 0;
        if (n == 0 || format != WGP_FORMAT_WG_QUICK)
                return;
        snprintf(link, sizeof(link), "%.*s", (int) WGP_MIN(n, sizeof(link) - 1), file);
        if (n < sizeof(link) && wgp_ifname_is_valid(link))
                return;
        wgp_client_link_name(add->server.loaded.item.name, link);
        wgp_cli_error("%s: wg-quick(8) calls the link as the file, which is too long for that or has other characters: "
                      "rename it on the client, %s.conf for example.",
                        add->cli->output, link);
}

/* --- all of it --- */

static int check_format(Add *add) {
        const char *format = add->cli->client_format;

        add->format = WGP_FORMAT_WG_QUICK;
        if (!format || streq(format, "wg-quick"))
                return 0;
        add->format = WGP_FORMAT_KEYFILE;
        if (streq(format, "nmconnection"))
                return 0;
        wgp_cli_error("There is no such format (only wg-quick and nmconnection): %s.", format);
        return CLI_EXIT_USAGE;
}

static int check_words(Add *add) {
        const char *problem = wgp_client_name_problem(add->name);

        if (problem) {
                wgp_cli_error("%s: %s", add->name, problem);
                return CLI_EXIT_USAGE;
        }
        if (add->cli->qr && (add->cli->output || add->cli->json)) {
                wgp_cli_error("--qr is for this terminal: it does not go with --output= or --json.");
                return CLI_EXIT_USAGE;
        }
        if (wgp_peer_form(add->cli) != WGP_PEER_FORM_TEXT && add->cli->client_format) {
                wgp_cli_error("--format= is for text: the code that phones read has the format of wg-quick.");
                return CLI_EXIT_USAGE;
        }
        return check_format(add);
}

static int prepare(Add *add) {
        int r;

        r = wgp_peer_server_open(add->cli, WGP_PEER_SERVER_ADD, &add->server);
        if (r == 0)
                r = judge_name(add);
        if (r == 0)
                r = choose_addresses(add);
        if (r == 0)
                r = choose_sites(add);
        if (r == 0)
                r = choose_allowed_ips(add);
        if (r == 0)
                r = wgp_peer_facts_key(&add->server, add->server_key);
        if (r == 0)
                r = wgp_peer_facts_endpoint(&add->server, &add->endpoint);
        if (r == 0)
                r = make_keys(add);
        if (r == 0)
                r = write_texts(add);
        if (r == 0 && wgp_peer_form(add->cli) != WGP_PEER_FORM_TEXT)
                r = wgp_peer_code(add->cli, &add->profile, add->allowed_ips.n_items, &add->code);
        return r;
}

int wgp_peer_add(const WgpCli *cli) {
        _cleanup_(add_done) Add add = { .cli = cli, .name = cli->arguments[2], .server = WGP_PEER_SERVER_NULL };
        int r;

        umask(0022);
        signal(SIGPIPE, SIG_IGN); /* who does not read the profile is told so, and has no client */
        r = check_words(&add);
        if (r == 0)
                r = prepare(&add);
        if (r == -EBADMSG) {
                wgp_cli_error("The client's profile would not be a valid one: no client was added.");
                return CLI_EXIT_FAILED;
        }
        if (r == 0)
                r = write_both(&add);
        if (r != 0)
                return r;
        wgp_client_files_done(&add.server.files);
        warn_of_output(&add);
        r = wgp_tunnel_follow(cli, add.server.loaded.item.name, &add.follows);
        if (r != 0)
                wgp_cli_error("'%s' was added to the profile, and the running tunnel does not know it yet.", add.name);
        if (cli->json) {
                int k = print_json(&add);

                r = r ?: k;
        }
        return r;
}
