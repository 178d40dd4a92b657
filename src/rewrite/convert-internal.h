/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* What the files of the conversion share. Private to convert*.c. */

#include "base/text.h"
#include "model/value.h"
#include "parse/effective-lines.h"

typedef struct WgpConvert {
        const WgpProfile *profile;
        WgpFormat format; /* to write */
        const char *uuid; /* for a keyfile without one; NULL: none */
        WgpEffective effective;
        WgpText *text;
        WgpDiagnostics *losses;
        const char *pending; /* header of a section that has no line yet */
} WgpConvert;

static inline bool to_keyfile(const WgpConvert *c) {
        return c->format == WGP_FORMAT_KEYFILE;
}

static inline bool same_format(const WgpConvert *c) {
        return c->format == c->profile->format;
}

/* convert-line.c */
void wgp_convert_section(WgpConvert *c, const char *name);
void wgp_convert_header(WgpConvert *c, const char *name);
void wgp_convert_begin(WgpConvert *c, const char *key);
void wgp_convert_end(WgpConvert *c);
void wgp_convert_append_escaped(WgpText *text, const char *value, bool in_list);
void wgp_convert_leave_out(WgpConvert *c, const char *key, const char *why);
void wgp_convert_string(WgpConvert *c, const char *key, const char *value);
void wgp_convert_peer_comments(WgpConvert *c, const WgpPeer *peer);
void wgp_convert_number(WgpConvert *c, const char *key, int64_t value);
void wgp_convert_secret(WgpConvert *c, const char *key, const WgpSecret *secret);
bool wgp_convert_can_write_scope(WgpConvert *c, const char *key, const char *scope);
void wgp_convert_endpoint(WgpConvert *c, const char *key, const WgpEndpoint *endpoint);

/* convert-facts.c */
bool wgp_convert_has_default(const WgpProfile *profile, int family);
bool wgp_convert_has_address(const WgpProfile *profile, int family);
bool wgp_convert_has_server(const WgpProfile *profile, int family);
int wgp_convert_domain_family(const WgpProfile *profile);
bool wgp_convert_routes_all_names(const WgpProfile *profile);
int64_t wgp_convert_common_metric(const WgpProfile *profile);
uint32_t wgp_convert_common_table(const WgpProfile *profile);

/* convert-wg-quick.c, convert-keyfile.c, convert-route.c, convert-losses.c */
void wgp_convert_to_wg_quick(WgpConvert *c);
void wgp_convert_to_keyfile(WgpConvert *c);
void wgp_convert_routes(WgpConvert *c, int family);
void wgp_convert_rules(WgpConvert *c, int family);
int wgp_convert_losses(WgpConvert *c);
