/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Judgement of several profiles together. Two that want the same link or port cannot both be up: an error when both
 * come up at boot, since one of them will fail there; else a warning, since a person may switch between them. Two with
 * one private key or one address can be up, and get in each other's way: a warning. */

#include "parse/verify-set.h"

#include <stdio.h>

#include "model/prefix.h"
#include "model/value.h"

/* A profile in an order by what has to be unique. */
typedef struct Claim {
        const WgpTogether *of;
        size_t position;
        size_t item; /* of several that the profile has */
} Claim;

typedef struct Rule {
        size_t (*count)(const WgpProfile *profile); /* how many the profile has of it */
        int (*compare)(const Claim *a, const Claim *b);
        WgpPlace (*place)(const Claim *claim);
        int (*describe)(const Claim *claim, char **ret);
        const char *consequence; /* NULL: only one of them can be up */
} Rule;

static WgpPlace place_of(const WgpProfile *profile, WgpOrigin origin, const char *section, const char *key) {
        return (WgpPlace) {
                .file = wgp_profile_file(profile, origin),
                .line = origin.line,
                .section = origin.line > 0 ? section : NULL,
                .key = origin.line > 0 ? key : NULL,
        };
}

/* --- the link's name --- */

static size_t count_names(const WgpProfile *profile) {
        return profile->ifname != NULL;
}

/* Links of two network namespaces may have one name. */
static int compare_names(const Claim *a, const Claim *b) {
        const WgpProfile *x = a->of->profile, *y = b->of->profile;

        return strcmp(x->ifname, y->ifname) ?: strcmp(x->netns ?: "", y->netns ?: "");
}

static WgpPlace name_place(const Claim *claim) {
        const WgpProfile *profile = claim->of->profile;

        return place_of(profile, profile->ifname_origin, "connection", "interface-name");
}

static int describe_name(const Claim *claim, char **ret) {
        return asprintf(ret, "The link %s", claim->of->profile->ifname);
}

/* --- the listen port --- */

static size_t count_ports(const WgpProfile *profile) {
        return profile->has_listen_port && profile->listen_port > 0;
}

/* A network namespace makes no difference: the socket stays where the link was made. */
static int compare_ports(const Claim *a, const Claim *b) {
        const uint16_t x = a->of->profile->listen_port, y = b->of->profile->listen_port;

        return (x > y) - (x < y);
}

static WgpPlace port_place(const Claim *claim) {
        const WgpProfile *profile = claim->of->profile;
        const bool keyfile = profile->format == WGP_FORMAT_KEYFILE;

        return place_of(profile, profile->listen_port_origin, keyfile ? "wireguard" : "Interface",
                        keyfile ? "listen-port" : "ListenPort");
}

static int describe_port(const Claim *claim, char **ret) {
        return asprintf(ret, "The port %u", claim->of->profile->listen_port);
}

/* --- the private key --- */

static size_t count_keys(const WgpProfile *profile) {
        return profile->private_key.source == WGP_SECRET_VALUE;
}

static int compare_keys(const Claim *a, const Claim *b) {
        return memcmp(a->of->profile->private_key.value, b->of->profile->private_key.value, WGP_KEY_SIZE);
}

static WgpPlace key_place(const Claim *claim) {
        const WgpProfile *profile = claim->of->profile;
        const bool keyfile = profile->format == WGP_FORMAT_KEYFILE;

        return place_of(profile, profile->private_key.origin, keyfile ? "wireguard" : "Interface",
                        keyfile ? "private-key" : "PrivateKey");
}

static int describe_key(const Claim *claim, char **ret) {
        *ret = strdup("The private key");
        return *ret ? 0 : -ENOMEM;
}

/* --- addresses --- */

static size_t count_addresses(const WgpProfile *profile) {
        return profile->n_addresses;
}

static const WgpAddress *address_of(const Claim *claim) {
        return claim->of->profile->addresses + claim->item;
}

/* The address alone, whatever its prefix length; in another network namespace or VRF it is another one. */
static int compare_addresses(const Claim *a, const Claim *b) {
        const WgpProfile *p = a->of->profile, *q = b->of->profile;
        WgpPrefix x = address_of(a)->prefix, y = address_of(b)->prefix;

        x.length = y.length = 0;
        return wgp_prefix_compare(&x, &y) ?:
                               strcmp(p->netns ?: "", q->netns ?: "") ?:
                               strcmp(wgp_profile_vrf(p) ?: "", wgp_profile_vrf(q) ?: "");
}

static WgpPlace address_place(const Claim *claim) {
        const WgpPrefix *address = &address_of(claim)->prefix;
        const WgpProfile *profile = claim->of->profile;

        return place_of(profile, address_of(claim)->origin,
                        profile->format == WGP_FORMAT_WG_QUICK ? "Interface" :
                        address->family == AF_INET6            ? "ipv6" :
                                                                 "ipv4",
                        profile->format == WGP_FORMAT_WG_QUICK ? "Address" : "address");
}

static int describe_address(const Claim *claim, char **ret) {
        char text[INET6_ADDRSTRLEN];

        wgp_address_format(&address_of(claim)->prefix, text);
        return asprintf(ret, "The address %s", text);
}

/* --- any of them --- */

static const Rule rules[] = {
        { count_names, compare_names, name_place, describe_name, NULL },
        { count_ports, compare_ports, port_place, describe_port, NULL },
        { count_keys, compare_keys, key_place, describe_key,
                        "a peer that both know answers the one that it heard last" },
        { count_addresses, compare_addresses, address_place, describe_address, "packets to it take one of them" },
};

static int compare_claims(const void *a, const void *b, void *userdata) {
        const Claim *x = a, *y = b;
        const Rule *rule = userdata;

        return rule->compare(x, y)                                                       ?:
                               (x->position > y->position) - (x->position < y->position) ?:
                               (x->item > y->item) - (x->item < y->item);
}

static int report(const Rule *rule, const Claim *claim, const Claim *rival) {
        const WgpPlace place = rule->place(claim), there = rule->place(rival);
        const WgpTogether *one = claim->of, *other = rival->of;
        _cleanup_(freep) char *what = NULL;
        char line[sizeof(":4294967295")] = "";

        if (one == other)
                return 0;
        if (rule->describe(claim, &what) < 0) {
                what = NULL;
                return -ENOMEM;
        }
        if (there.line > 0)
                snprintf(line, sizeof(line), ":%u", there.line);
        return wgp_diagnostics_add(one->diagnostics,
                        !rule->consequence && one->autoconnects && other->autoconnects ? WGP_ERROR : WGP_WARNING,
                        &place, "%s is also that of '%s' (%s%s): %s.", what, other->profile->name, there.file, line,
                        rule->consequence ?: "only one of them can be up");
}

/* Names to each of a run the first other one, of those that come up at boot if there is one. */
static int report_run(const Rule *rule, const Claim *claims, size_t n) {
        size_t first = SIZE_MAX, second = SIZE_MAX;
        int r;

        for (size_t i = 0; i < n; i++) {
                if (!claims[i].of->autoconnects)
                        continue;
                if (first == SIZE_MAX)
                        first = i;
                else if (second == SIZE_MAX && claims[i].of != claims[first].of)
                        second = i;
        }

        for (size_t i = 0; i < n; i++) {
                size_t other = first != SIZE_MAX && claims[first].of != claims[i].of ? first : second;

                for (size_t k = 0; k < n && other == SIZE_MAX; k++)
                        if (claims[k].of != claims[i].of)
                                other = k;
                if (other == SIZE_MAX)
                        return 0; /* all are of one profile */

                r = report(rule, claims + i, claims + other);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int apply_rule(const Rule *rule, const WgpTogether *profiles, size_t n_profiles) {
        _cleanup_(freep) Claim *claims = NULL;
        size_t n = 0, run;
        int r;

        for (size_t i = 0; i < n_profiles; i++)
                n += rule->count(profiles[i].profile);
        claims = calloc(n + 1, sizeof(*claims));
        if (!claims)
                return -ENOMEM;

        n = 0;
        for (size_t i = 0; i < n_profiles; i++)
                for (size_t k = 0; k < rule->count(profiles[i].profile); k++)
                        claims[n++] = (Claim) { profiles + i, i, k };
        qsort_r(claims, n, sizeof(*claims), compare_claims, (void *) rule);

        for (size_t i = 0; i < n; i += run) {
                for (run = 1; i + run < n; run++)
                        if (rule->compare(claims + i, claims + i + run) != 0)
                                break;
                r = run > 1 ? report_run(rule, claims + i, run) : 0;
                if (r < 0)
                        return r;
        }
        return 0;
}

/* Adds what is found to the diagnostics of the profiles that it is about. Returns 0, or -ENOMEM. */
int wgp_verify_together(const WgpTogether *profiles, size_t n_profiles) {
        for (size_t i = 0; i < WGP_ARRAY_SIZE(rules); i++) {
                int r;

                r = apply_rule(rules + i, profiles, n_profiles);
                if (r < 0)
                        return r;
        }
        return 0;
}
