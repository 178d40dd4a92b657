/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Parsing, shared by the files that read the two formats. Private to core/. */

#include "core/ini-reader.h"
#include "core/profile-keys.h"
#include "core/profile.h"
#include "core/value.h"

typedef struct WgpIndexed WgpIndexed;
typedef struct WgpParse WgpParse;

/* A numbered key of a keyfile ("route2", "route2_options"): read in the order of the numbers when the file ends. */
struct WgpIndexed {
        const WgpKey *key;
        const WgpSection *section;
        char *section_name; /* as written, borrowed from the data */
        uint32_t section_number;
        bool options;  /* "route1_options", which follows "route1" */
        char *name;    /* as written, borrowed from the data */
        char *value;   /* likewise */
        int64_t index; /* -1: without a number */
        unsigned line;
        size_t position; /* in the file, for a stable order */
};

/* One file being read. */
struct WgpParse {
        WgpProfile *profile;
        const WgpLookup *lookup;
        WgpDiagnostics *diagnostics;
        const char *path;
        uint16_t file;
        bool dropin; /* not the first file: values add up, empty ones reset */

        /* where we are */
        const WgpSection *section; /* NULL: in none that we read */
        char *section_name;        /* as written, borrowed from the data */
        uint32_t section_number;
        const WgpKey *key;
        const char *key_name;
        unsigned line;
        bool inexact_section; /* "[ Interface ]": wg reads it, wg-quick does not */

        /* what the file says, joined with the profile when it ends */
        WgpPeer *peers;
        size_t n_peers, n_peers_allocated;
        bool in_peer;
        WgpIndexed *indexed;
        size_t n_indexed, n_indexed_allocated;
        const char *last_route; /* the key of the route that was read last, for its options; NULL: it was refused */
};

/* Reports about the current line. */
#define parse_error(p, ...) wgp_error((p)->diagnostics, &parse_place(p), __VA_ARGS__)
#define parse_warning(p, ...) wgp_warning((p)->diagnostics, &parse_place(p), __VA_ARGS__)
#define parse_place(p)                                                                   \
        ((WgpPlace) {                                                                    \
                .file = (p)->path,                                                       \
                .line = (p)->line,                                                       \
                .section = (p)->section_name,                                            \
                .key = (p)->key_name,                                                    \
        })
#define parse_origin(p) ((WgpOrigin) { .file = (p)->file, .line = (p)->line })

static inline WgpPeer *parse_peer(WgpParse *p) {
        return p->in_peer ? p->peers + p->n_peers - 1 : NULL;
}

extern const WgpIniHandler wgp_wg_quick_handler, wgp_keyfile_handler;

/* parse.c: lines */
void wgp_parse_begin_section(WgpParse *p, unsigned line, char *name);
int wgp_parse_begin_peer(WgpParse *p);
int wgp_parse_entry(WgpParse *p, const WgpKey *key, char *name, char *value);
int wgp_parse_refuse(WgpParse *p, int r);
int wgp_parse_bad_line(void *userdata, unsigned line, const char *problem);

/* parse-common.c: values that several sections have */
int wgp_parse_string(char **field, const char *value);
int wgp_parse_optional_secret(WgpParse *p, const char *value, WgpKeyStyle style, WgpSecret *secret);
int wgp_parse_port_number(WgpParse *p, const char *value, bool allow_service, uint16_t *ret_port, char **ret_service);
int wgp_parse_table_name(WgpParse *p, const char *value, uint32_t *ret_table, char **ret_name);
int wgp_parse_mtu(WgpParse *p, char *value);
int wgp_parse_endpoint(WgpParse *p, char *value, bool allow_service, WgpEndpoint *endpoint);
int wgp_parse_add_allowed_ip(WgpParse *p, WgpPeer *peer, WgpPeerIp *ip);
int wgp_parse_dns_server(WgpParse *p, char *value);
int wgp_parse_dns_domain(WgpParse *p, const char *value, int family);
int wgp_parse_add_dns_server(WgpParse *p, const WgpDnsServer *server);

/* parse-peers.c */
int wgp_parse_join_peers(WgpParse *p);

/* parse-keyfile.c */
int wgp_keyfile_parse_integer(WgpParse *p, char *value, int64_t min, int64_t max, int64_t *field);
int wgp_keyfile_parse_tristate_bool(WgpParse *p, char *value, WgpTristate *field);
int wgp_keyfile_unescape(char *value);
char *wgp_keyfile_next_item(char **cursor);

/* parse-ip.c, parse-route.c, parse-rule.c */
const WgpKey *wgp_keyfile_find_indexed(const WgpSection *section, const char *name, int64_t *ret_index,
                bool *ret_options);
int wgp_keyfile_defer(WgpParse *p, const WgpKey *key, char *name, char *value);
int wgp_keyfile_finish(WgpParse *p);
int wgp_keyfile_parse_prefix(WgpParse *p, char *field, int family, uint8_t default_length, WgpPrefix *ret);
char *wgp_keyfile_next_field(char **cursor);
int wgp_keyfile_parse_route(WgpParse *p, char *value);
int wgp_keyfile_parse_route_options(WgpParse *p, char *value);
int wgp_keyfile_parse_rule(WgpParse *p, char *value);
static inline int parse_family(const WgpParse *p) {
        return p->section->id == WGP_SECTION_IPV6 ? AF_INET6 : AF_INET;
}

/* profile.c */
void wgp_peer_done(WgpPeer *peer);
void wgp_secret_done(WgpSecret *secret);
void wgp_endpoint_done(WgpEndpoint *endpoint);
void wgp_profile_reset_dns(WgpProfile *profile, int server_family, int domain_family);
void wgp_profile_reset_hooks(WgpProfile *profile, WgpHookType type);
