/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* What the files that judge a profile share. Private to them. */

#include "model/prefix-map.h"
#include "parse/parse.h"

typedef struct Verify {
        WgpProfile *profile;
        const WgpLookup *lookup;
        WgpDiagnostics *diagnostics;

        /* of IPv4 and of IPv6, from wgp_verify_peers() */
        const WgpPeer *default_peer[2]; /* the first with a default route as allowed-ip */
        bool full_tunnel[2];            /* everything of that family goes into the tunnel */
        size_t n_allowed_ips;
        WgpPrefixMap connected; /* the networks of the tunnel's addresses in the main table, with the address's index
                                 */
} Verify;

static inline bool is_keyfile(const Verify *v) {
        return v->profile->format == WGP_FORMAT_KEYFILE;
}

static inline WgpPlace place_of(const Verify *v, WgpOrigin origin, const char *section, const char *key) {
        return (WgpPlace) {
                .file = wgp_profile_file(v->profile, origin),
                .line = origin.line,
                .section = section,
                .key = key,
        };
}

/* A report about the line that "origin" names, in the words of the profile's format. Gives 0, or -ENOMEM. */
#define report(v, severity, origin, section, key, ...)                                 \
        ({                                                                             \
                const WgpPlace _place = place_of(v, origin, section, key);             \
                wgp_diagnostics_add((v)->diagnostics, severity, &_place, __VA_ARGS__); \
        })

#define words(v, wg_quick, keyfile) (is_keyfile(v) ? (keyfile) : (wg_quick))

int wgp_verify_peers(Verify *v);
int wgp_verify_default_route(Verify *v); /* after wgp_verify_peers() */
