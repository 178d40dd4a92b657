/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Shared by the files that read the two formats. Private to parse/. */

#include "model/prefix.h"
#include "parse/ini-reader.h"
#include "parse/key-table.h"

typedef struct WgpForeign WgpForeign;
typedef struct WgpIndexed WgpIndexed;
typedef struct WgpParse WgpParse;
typedef struct WgpWord WgpWord;

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

/* "ADDRESS/LENGTH,NEXT,METRIC" of addressN= and routeN=; NULL: not there. */
typedef union WgpKeyfileFields {
        char *fields[4];
        struct {
                char *address, *length, *next, *metric;
        };
} WgpKeyfileFields;

/* Who else has keys and sections of its own in the format of wg-quick. */
typedef enum WgpDialect {
        WGP_DIALECT_AMNEZIA,
        WGP_DIALECT_WIREPROXY,
        WGP_DIALECT_NETDEV,
        WGP_DIALECT_ANDROID,
        WGP_DIALECT_WARP,
        _WGP_DIALECT_N,
} WgpDialect;

/* How much of this file is of one of them, and where the first of it is. */
struct WgpForeign {
        size_t n;
        unsigned line;
        const WgpSection *section;
        char *section_name;   /* borrowed from the data */
        const char *key_name; /* likewise; NULL: a section */
};

/* A number that a keyfile has, and the word that people write for it. */
struct WgpWord {
        const char *word;
        int number;
};

/* One file being read. */
struct WgpParse {
        WgpProfile *profile;
        const WgpLookup *lookup;
        WgpDiagnostics *diagnostics;
        const char *path;
        uint16_t file;
        size_t size; /* bytes */
        bool dropin; /* not the first file: values add up, empty ones reset */

        /* where we are */
        const WgpSection *section; /* NULL: in none that we read */
        char *section_name;        /* as written, borrowed from the data */
        uint32_t section_number;
        const WgpKey *key;
        const char *key_name;
        unsigned line;
        bool quoted;                   /* the value is within quotes, which belong to no format */
        uint64_t seen[_WGP_SECTION_N]; /* the keys of this file by their index; of a peer's, those of this section */
        bool inexact_section;          /* "[ Interface ]": wg reads it, wg-quick does not */

        /* what the file says, joined with the profile when it ends */
        WgpPeer *peers;
        size_t n_peers, n_peers_allocated;
        bool in_peer;
        WgpIndexed *indexed;
        size_t n_indexed, n_indexed_allocated;
        WgpForeign foreign[_WGP_DIALECT_N];
        const char *last_route; /* the key of the route that was read last, for its options */
        bool last_route_refused;
};

static inline WgpOrigin parse_origin(const WgpParse *p) {
        return (WgpOrigin) { .file = p->file, .line = p->line };
}

static inline WgpPeer *parse_peer(WgpParse *p) {
        return p->in_peer ? p->peers + p->n_peers - 1 : NULL;
}

static inline int parse_family(const WgpParse *p) {
        return p->section->id == WGP_SECTION_IPV6 ? AF_INET6 : AF_INET;
}

/* What the section is about. */
static inline WgpFamily *parse_ip(const WgpParse *p) {
        return parse_family(p) == AF_INET6 ? &p->profile->ipv6 : &p->profile->ipv4;
}

extern const WgpIniHandler wgp_wg_quick_handler, wgp_keyfile_handler;

/* parse-report.c: about the current line */
int wgp_parse_report(WgpParse *p, WgpSeverity severity, const char *format, ...) _printf_(3, 4);
int wgp_parse_error(WgpParse *p, const char *format, ...) _printf_(2, 3);
int wgp_parse_warning(WgpParse *p, const char *format, ...) _printf_(2, 3);

/* parse-line.c */
int wgp_parse_begin_section(WgpParse *p, unsigned line, char *name);
int wgp_parse_end_section(WgpParse *p);
int wgp_parse_begin_peer(WgpParse *p);
int wgp_parse_note_key(WgpParse *p, const WgpKey *key);
int wgp_parse_entry(WgpParse *p, const WgpKey *key, char *name, char *value);
int wgp_parse_refuse(WgpParse *p, int r);
int wgp_parse_bad_line(void *userdata, unsigned line, const char *problem);

#define WGP_NOT_A_LINK \
        "'%s' is not a valid link name: expected 1 to 15 bytes without blanks, '/', ':' and '%%', not 'all' or 'default'."
#define WGP_NOT_AN_ESCAPE "'\\' does not start a valid escape: expected \\s, \\n, \\t, \\r or \\\\."
#define WGP_NOT_A_TABLE \
        "'%s' is not a valid routing table: expected auto, off, 1 to 4294967295, or a name of rt_tables."

/* What an address of that family is called in a message. */
static inline const char *parse_family_name(const WgpParse *p) {
        return parse_family(p) == AF_INET6 ? "IPv6" : "IPv4";
}

/* parse-values.c: values that both formats have */
int wgp_parse_string(char **field, const char *value);
int wgp_parse_text(WgpParse *p, char *value, void *field);
int wgp_parse_zone(WgpParse *p, char *value, void *field);
int wgp_parse_secret(WgpParse *p, char *value, void *field);
int wgp_parse_port_number(WgpParse *p, const char *value, bool as_wg, uint16_t *ret_port, char **ret_service);
int wgp_parse_table_name(WgpParse *p, const char *value, uint32_t *ret_table, char **ret_name);
int wgp_parse_mtu(WgpParse *p, char *value, void *field);
int wgp_parse_endpoint(WgpParse *p, char *value, bool as_wg, WgpEndpoint *endpoint);
int wgp_parse_refuse_prefix(WgpParse *p, const char *s, bool is_address);
int wgp_parse_prefix(WgpParse *p, const char *s, WgpPrefix *ret);
int wgp_parse_mask_prefix(WgpParse *p, WgpPrefix *prefix);
int wgp_parse_add_allowed_ip(WgpParse *p, WgpPeer *peer, WgpPeerIp *ip);
bool wgp_parse_is_host_name(const char *s);

/* parse-unknown.c */
int wgp_parse_unknown_key(WgpParse *p, const char *name, WgpSeverity severity);
int wgp_parse_unknown_section(WgpParse *p, const char *name);
int wgp_parse_report_foreign(WgpParse *p);

/* parse-dns.c */
int wgp_parse_dns_server(WgpParse *p, char *value);
int wgp_parse_dns_domain(WgpParse *p, const char *value, int family);
int wgp_keyfile_parse_dns(WgpParse *p, char *value, void *field);
int wgp_keyfile_parse_dns_search(WgpParse *p, char *value, void *field);

/* parse-client.c: what a server tells its clients */
int wgp_parse_client_endpoint(WgpParse *p, char *value, void *field);
int wgp_parse_client_allowed_ips(WgpParse *p, char *value, void *field);
int wgp_parse_client_dns(WgpParse *p, char *value, void *field);

/* parse-peer-own.c: what a peer's section of a drop-in has of our own, the same in both formats */
int wgp_parse_peer_name(WgpParse *p, char *value, void *field);
int wgp_parse_alternate_endpoints(WgpParse *p, char *value, void *field);

#define WGP_OWN_PEER_KEYS                                                                                       \
        { "Name", wgp_parse_peer_name, WGP_KEY_DROPIN, "text", offsetof(WgpPeer, name) }, {                     \
                "AlternateEndpoints", wgp_parse_alternate_endpoints, WGP_KEY_DROPIN | WGP_KEY_LIST, "endpoints" \
        }

/* parse-peers.c */
int wgp_parse_join_peers(WgpParse *p);

/* parse-fields.c: values of a keyfile */
int wgp_keyfile_parse_bool(WgpParse *p, char *value, bool otherwise, bool *ret);
int wgp_keyfile_parse_choice(WgpParse *p, char *value, const WgpWord *words, size_t n_words, int *ret);
int wgp_keyfile_parse_integer(WgpParse *p, char *value, const char *noun, int64_t min, int64_t max, int64_t *ret);
int wgp_keyfile_parse_tristate(WgpParse *p, char *value, void *field);
int wgp_keyfile_unescape(char *value, bool in_list);
char *wgp_keyfile_next_item(char **cursor);
int wgp_keyfile_split_fields(WgpParse *p, char *value, size_t max, WgpKeyfileFields *ret);
int wgp_keyfile_parse_prefix(WgpParse *p, const WgpKeyfileFields *f, uint8_t default_length, WgpPrefix *ret);

/* parse-connection.c, parse-route.c, parse-rule.c */
int wgp_keyfile_parse_interface_name(WgpParse *p, char *value, void *field);
int wgp_keyfile_parse_route(WgpParse *p, char *value, void *field);
int wgp_keyfile_parse_route_options(WgpParse *p, char *value, void *field);
int wgp_keyfile_parse_rule(WgpParse *p, char *value, void *field);

/* parse-indexed.c */
int wgp_keyfile_defer(WgpParse *p, const WgpKey *key, char *name, char *value);
int wgp_keyfile_finish(WgpParse *p);
