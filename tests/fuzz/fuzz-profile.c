/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A profile and its drop-ins, separated by the byte 0x1e, read and judged. What comes out must keep the promises that
 * the rest of the program relies on. */

#include "fuzz.h"

#include <stdio.h>

#include "model/prefix.h"
#include "model/value.h"
#include "parse/key-table.h"
#include "parse/parse.h"
#include "support/profile-text.h"

enum {
        SEPARATOR = 0x1e,
        FILES_MAX = 8,
};

static int public_key(const uint8_t private_key[WGP_KEY_SIZE], uint8_t ret[WGP_KEY_SIZE]) {
        memcpy(ret, private_key, WGP_KEY_SIZE);
        return 0;
}

static void parse_files(WgpProfile *profile, const WgpLookup *lookup, const uint8_t *data, size_t size,
                WgpDiagnostics *diagnostics) {
        for (unsigned i = 0; i < FILES_MAX; i++) {
                const uint8_t *end = size > 0 ? memchr(data, SEPARATOR, size) : NULL;
                const size_t n = end && i + 1 < FILES_MAX ? (size_t) (end - data) : size;
                char *copy = malloc(n + 1), path[16];

                check(copy);
                if (n > 0)
                        memcpy(copy, data, n);
                snprintf(path, sizeof(path), "file-%u", i);
                check(wgp_profile_parse(profile, path, copy, n, lookup, diagnostics) == 0);
                free(copy);
                if (n == size)
                        break;
                data += n + 1;
                size -= n + 1;
        }
}

static void check_prefix(const WgpPrefix *prefix, bool masked) {
        WgpPrefix copy = *prefix;

        check(prefix->family == AF_INET || prefix->family == AF_INET6);
        check(prefix->length <= wgp_family_bits(prefix->family));
        check(!masked || !wgp_prefix_mask(&copy));
}

static void check_peers(const WgpProfile *p) {
        for (size_t i = 0; i < p->n_peers; i++) {
                const WgpPeer *peer = p->peers + i;
                const WgpEndpoint *e = &peer->endpoint;

                for (size_t j = 0; j < i && p->n_peers < 100; j++)
                        check(memcmp(peer->public_key, p->peers[j].public_key, WGP_KEY_SIZE) != 0);
                for (size_t j = 0; j < peer->n_allowed_ips; j++)
                        check_prefix(&peer->allowed_ips[j].prefix, true);
                check(!e->host || e->address.family == AF_UNSPEC);
                check(!e->scope || e->address.family == AF_INET6);
                check((peer->preshared_key.source == WGP_SECRET_CREDENTIAL) == (peer->preshared_key.name != NULL));
        }
}

static void check_profile(const WgpProfile *p) {
        for (size_t i = 0; i < p->n_addresses; i++)
                check_prefix(&p->addresses[i].prefix, false);
        for (size_t i = 0; i < p->n_routes; i++)
                check_prefix(&p->routes[i].destination, true);
        for (size_t i = 0; i < p->n_rules; i++)
                check(p->rules[i].family == AF_INET || p->rules[i].family == AF_INET6);
        for (size_t i = 0; i < p->n_dns_servers; i++)
                check(p->dns_servers[i].address.family != AF_UNSPEC);
        for (size_t i = 0; i < p->n_dns_domains; i++)
                check(p->dns_domains[i].name && *p->dns_domains[i].name);
        for (size_t i = 0; i < p->n_hooks; i++)
                check(p->hooks[i].command && *p->hooks[i].command);
        for (size_t i = 0; i < p->n_entries; i++) {
                const WgpEntry *e = p->entries + i;

                check(e->section_name && e->name && e->origin.line > 0 && e->origin.file < p->n_files);
                check(e->value || e->key->flags & WGP_KEY_SECRET);
                check(!e->value || !(e->key->flags & WGP_KEY_SECRET) || !*e->value || *e->value == '@');
        }
        check(!p->ifname || p->format == WGP_FORMAT_WG_QUICK || wgp_ifname_is_valid(p->ifname));
        check_peers(p);
}

static char *read_and_dump(WgpFormat format, const WgpLookup *lookup, const uint8_t *data, size_t size) {
        WgpDiagnostics diagnostics = WGP_DIAGNOSTICS_NULL;
        WgpProfile *profile;
        char *text = NULL;
        size_t n;
        FILE *f;

        check(wgp_profile_new("wg0", format, &profile) == 0);
        profile->keep_entries = true;
        parse_files(profile, lookup, data, size, &diagnostics);
        check(wgp_profile_verify(profile, lookup, &diagnostics) == 0);
        check_profile(profile);
        fuzz_check_diagnostics(&diagnostics, /* secrets= */ true);

        f = open_memstream(&text, &n);
        check(f);
        profile_dump(profile, f);
        diagnostics_dump(&diagnostics, f);
        fclose(f);
        wgp_diagnostics_done(&diagnostics);
        wgp_profile_free(profile);
        return text;
}

void fuzz_profile(WgpFormat format, const uint8_t *data, size_t size) {
        const WgpLookup lookup = { test_lookup.service, test_lookup.table, public_key };
        char *first = read_and_dump(format, &lookup, data, size);

        /* Now and then, for speed: nothing may depend on what was in memory before, nor on somebody to ask. */
        if (size % 8 == 0) {
                char *second = read_and_dump(format, &lookup, data, size);

                check(streq(first, second));
                free(second);
        } else if (size % 8 == 1)
                free(read_and_dump(format, NULL, data, size));
        free(first);
}
