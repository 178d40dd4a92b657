/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* What the files that judge a profile share. Private to them. */

#include "model/prefix-map.h"
#include "parse/parse-internal.h"

typedef struct Verify {
        WgpProfile *profile;
        const WgpLookup *lookup;
        WgpDiagnostics *diagnostics;

        /* of IPv4 and of IPv6, from wgp_verify_peers() */
        const WgpPeer *default_peer[2]; /* the first with a default route as allowed-ip */
        bool full_tunnel[2];            /* everything of that family goes into the tunnel */
        size_t n_allowed_ips;
        /* the networks of the tunnel's addresses in the main table, with the address's index */
        WgpPrefixMap connected;
} Verify;

static inline bool is_keyfile(const Verify *v) {
        return v->profile->format == WGP_FORMAT_KEYFILE;
}

/* Chooses the word of the profile's format. */
static inline const char *format_word(const Verify *v, const char *wg_quick, const char *keyfile) {
        return is_keyfile(v) ? keyfile : wg_quick;
}

/* verify-report.c */
int wgp_verify_report(const Verify *v, WgpSeverity severity, WgpOrigin origin, const char *section, const char *key,
                const char *format, ...) _printf_(6, 7);

int wgp_verify_peers(Verify *v);
int wgp_verify_default_route(Verify *v); /* after wgp_verify_peers() */
