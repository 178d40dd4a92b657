/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* The key table: every section and key of both formats, once. It drives parsing, duplicates, required keys,
 * redaction, "wg-profile show", the completeness test of the man page and the fuzzer's dictionary. */

#include "model/profile.h"

typedef struct WgpParse WgpParse;
typedef struct WgpSection WgpSection;

typedef enum WgpSectionId {
        WGP_SECTION_INTERFACE,
        WGP_SECTION_PEER,
        WGP_SECTION_CONNECTION,
        WGP_SECTION_WIREGUARD,
        WGP_SECTION_WIREGUARD_PEER,
        WGP_SECTION_IPV4,
        WGP_SECTION_IPV6,
        WGP_SECTION_WG_PROFILE,
        _WGP_SECTION_N,
} WgpSectionId;

enum {
        WGP_KEY_SECRET = 1 << 0,     /* the value is never shown */
        WGP_KEY_LIST = 1 << 1,       /* repeats add up; in a drop-in they are appended, an empty value resets */
        WGP_KEY_INDEXED = 1 << 2,    /* keyfile: a number follows, "address1" */
        WGP_KEY_OPTIONS = 1 << 3,    /* keyfile: "_options" follows the number */
        WGP_KEY_WG = 1 << 4,         /* wg(8) reads it: white space is deleted, an empty value is an error */
        WGP_KEY_RAW = 1 << 5,        /* the value runs to the end of the line, "#" included */
        WGP_KEY_STRINGS = 1 << 6,    /* keyfile: ";" separates strings, each with its own escapes */
        WGP_KEY_REQUIRED = 1 << 7,   /* the section is nothing without it */
        WGP_KEY_IGNORED = 1 << 8,    /* known, and without meaning here: taken silently */
        WGP_KEY_OTHER_FORM = 1 << 9, /* an older name of another key */
        WGP_KEY_DROPIN = 1 << 10,    /* ours, in a section of the format: read in drop-ins only, so that the file stays
                                        portable */
};

/* What a key sets, where several rows set the same, or code has to recognise the key. */
typedef enum WgpKeyId {
        WGP_KEY_ID_NONE, /* the row is enough to recognise it */
        WGP_KEY_ID_ADDRESS,
        WGP_KEY_ID_ROUTE,
        WGP_KEY_ID_RULE,
        WGP_KEY_ID_INTERFACE_NAME,
        WGP_KEY_ID_MTU,
        WGP_KEY_ID_ZONE,
        WGP_KEY_ID_CONTROLLER,
        WGP_KEY_ID_PORT_TYPE,
} WgpKeyId;

struct WgpKey {
        const char *name;
        /* Reads "value" into "field". Reports what is wrong. Returns 0, -EBADMSG after a report, or -ENOMEM. NULL for
         * a key that is ignored. */
        int (*parse)(WgpParse *p, char *value, void *field);
        unsigned flags;
        const char *type; /* what the value is, for the man page and for messages */
        size_t field;     /* offset in WgpProfile; in WgpPeer for a peer's key, in WgpFamily for [ipv4] and [ipv6] */
        size_t origin;    /* offset of the WgpOrigin that goes with the field; 0: none */
        WgpKeyId id;
};

/* A row for a key that is known, and means nothing here. */
#define WGP_IGNORED_KEY(name) \
        { name, NULL, WGP_KEY_IGNORED, "" }

struct WgpSection {
        WgpSectionId id;
        const char *name; /* for WGP_SECTION_WIREGUARD_PEER the part before the peer's key */
        const WgpKey *keys;
        size_t n_keys;
};

/* Which keys a section states is a bit per row: of a peer 32, else 64. */
enum {
        WGP_PEER_KEYS_MAX = 32,
        WGP_SECTION_KEYS_MAX = 64,
};
#define WGP_ASSERT_KEYS_FIT(keys, max) _Static_assert(WGP_ARRAY_SIZE(keys) <= (max), "a mask has a bit for each key")

/* Each is in the file that reads the section. */
extern const WgpSection wgp_section_interface, wgp_section_peer;
extern const WgpSection wgp_section_connection, wgp_section_wireguard, wgp_section_wireguard_peer;
extern const WgpSection wgp_section_ipv4, wgp_section_ipv6;
extern const WgpSection wgp_section_wg_profile;

const WgpSection *wgp_section(WgpSectionId id);

/* key-search.c */
const WgpKey *wgp_section_missing_key(const WgpSection *section, uint64_t seen);
const WgpKey *wgp_section_find_key(const WgpSection *section, const char *name, bool ignore_case);
uint64_t wgp_section_key_bit(const WgpSection *section, WgpKeyId id);
const WgpKey *wgp_section_find_indexed(
                const WgpSection *section, const char *name, int64_t *ret_index, bool *ret_options);
