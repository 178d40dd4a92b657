/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Judgement of several profiles together. Two that want the same link or port cannot both be up: an error when both
 * come up at boot, since one of them will fail there; else a warning, since a person may switch between them. */

#include "core/verify-together.h"

#include <stdio.h>

/* A profile in an order by what has to be unique. */
typedef struct Claim {
        const WgpTogether *of;
        size_t position;
} Claim;

typedef struct Rule {
        bool (*claims)(const WgpProfile *profile);
        int (*compare)(const WgpProfile *a, const WgpProfile *b);
        WgpPlace (*place)(const WgpProfile *profile);
        int (*describe)(const WgpProfile *profile, char **ret);
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

static bool claims_name(const WgpProfile *profile) {
        return profile->ifname;
}

/* Links of two network namespaces may have one name. */
static int compare_names(const WgpProfile *a, const WgpProfile *b) {
        return strcmp(a->ifname, b->ifname) ?: strcmp(a->netns ?: "", b->netns ?: "");
}

static WgpPlace name_place(const WgpProfile *profile) {
        return place_of(profile, profile->ifname_origin, "connection", "interface-name");
}

static int describe_name(const WgpProfile *profile, char **ret) {
        return asprintf(ret, "The link %s", profile->ifname);
}

/* --- the listen port --- */

static bool claims_port(const WgpProfile *profile) {
        return profile->has_listen_port && profile->listen_port > 0;
}

/* A network namespace makes no difference: the socket stays where the link was made. */
static int compare_ports(const WgpProfile *a, const WgpProfile *b) {
        return (a->listen_port > b->listen_port) - (a->listen_port < b->listen_port);
}

static WgpPlace port_place(const WgpProfile *profile) {
        const bool keyfile = profile->format == WGP_FORMAT_KEYFILE;

        return place_of(profile, profile->listen_port_origin, keyfile ? "wireguard" : "Interface",
                        keyfile ? "listen-port" : "ListenPort");
}

static int describe_port(const WgpProfile *profile, char **ret) {
        return asprintf(ret, "The port %u", profile->listen_port);
}

/* --- any of them --- */

static const Rule rules[] = {
        { claims_name, compare_names, name_place, describe_name },
        { claims_port, compare_ports, port_place, describe_port },
};

static int compare_claims(const void *a, const void *b, void *userdata) {
        const Claim *x = a, *y = b;
        const Rule *rule = userdata;

        return rule->compare(x->of->profile, y->of->profile) ?:
                        (x->position > y->position) - (x->position < y->position);
}

static int report(const Rule *rule, const WgpTogether *one, const WgpTogether *other) {
        const WgpPlace place = rule->place(one->profile), there = rule->place(other->profile);
        _cleanup_(freep) char *what = NULL;
        char line[sizeof(":4294967295")] = "";

        if (rule->describe(one->profile, &what) < 0) {
                what = NULL;
                return -ENOMEM;
        }
        if (there.line > 0)
                snprintf(line, sizeof(line), ":%u", there.line);
        return wgp_diagnostics_add(one->diagnostics,
                        one->autoconnects && other->autoconnects ? WGP_ERROR : WGP_WARNING, &place,
                        "%s is that of '%s', too (%s%s): only one of them can be up.", what, other->profile->name,
                        there.file, line);
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
                else if (second == SIZE_MAX)
                        second = i;
        }

        for (size_t i = 0; i < n; i++) {
                size_t other = first != SIZE_MAX && first != i ? first : second != SIZE_MAX ? second : i == 0;

                r = report(rule, claims[i].of, claims[other].of);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int apply_rule(const Rule *rule, const WgpTogether *profiles, size_t n_profiles) {
        _cleanup_(freep) Claim *claims = NULL;
        size_t n = 0, run;
        int r;

        claims = calloc(n_profiles + 1, sizeof(*claims));
        if (!claims)
                return -ENOMEM;

        for (size_t i = 0; i < n_profiles; i++)
                if (rule->claims(profiles[i].profile))
                        claims[n++] = (Claim) { profiles + i, i };
        qsort_r(claims, n, sizeof(*claims), compare_claims, (void *) rule);

        for (size_t i = 0; i < n; i += run) {
                for (run = 1; i + run < n; run++)
                        if (rule->compare(claims[i].of->profile, claims[i + run].of->profile) != 0)
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
