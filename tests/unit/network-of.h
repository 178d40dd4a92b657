/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* For tests: from the text of a profile to the state it asks for, and from a plan to its text. */

#include <criterion/criterion.h>
#include <stdio.h>

#include "desired/desired.h"
#include "parse/parse.h"
#include "plan/plan.h"

/* Keys, public or not: nothing here computes with them. */
#define KEY_A "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define KEY_B "AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define KEY_C "AwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define KEY_P "UAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define KEY_Q "YAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define KEY_S "UwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

static inline WgpProfile *profile_of(const char *text, WgpFormat format) {
        static const WgpLookup lookup = {};
        WgpDiagnostics diagnostics = WGP_DIAGNOSTICS_NULL;
        WgpProfile *profile = NULL;
        char *data = strdup(text);

        cr_assert(data);
        cr_assert(wgp_profile_new("wg0", format, &profile) >= 0);
        cr_assert(wgp_profile_parse(profile, "wg0", data, strlen(data), &lookup, &diagnostics) >= 0);
        cr_assert(wgp_profile_verify(profile, &lookup, &diagnostics) >= 0);
        for (size_t i = 0; i < diagnostics.n_items; i++)
                cr_assert(diagnostics.items[i].severity != WGP_ERROR, "line %u: %s", diagnostics.items[i].line,
                                diagnostics.items[i].message);
        wgp_diagnostics_done(&diagnostics);
        free(data);
        return profile;
}

/* A text that starts with [connection] is a keyfile. Returns what wgp_desired_build() says. */
static inline int try_network_of(const char *text, const WgpDesiredInput *input, WgpNetwork *ret) {
        bool keyfile = strncmp(text, "[connection]", strlen("[connection]")) == 0;
        WgpProfile *profile = profile_of(text, keyfile ? WGP_FORMAT_KEYFILE : WGP_FORMAT_WG_QUICK);
        int r;

        r = wgp_desired_build(profile, input, ret);
        wgp_profile_free(profile);
        return r;
}

static inline WgpNetwork network_of(const char *text) {
        const WgpDesiredInput input = { .mark = 51820, .skip_priority = 31000, .lookup_priority = 31996 };
        WgpNetwork network = WGP_NETWORK_NULL;

        cr_assert(try_network_of(text, &input, &network) == 0);
        return network;
}

/* The same as the kernel would report it. */
static inline WgpNetwork actual_of(const char *text) {
        WgpNetwork network = network_of(text);

        network.link.ifindex = 7;
        if (network.link.mtu == 0)
                network.link.mtu = 1420;
        if (network.device.listen_port == 0)
                network.device.listen_port = 40404;
        network.valid_mark.value = network.valid_mark.wanted;
        network.filter.digest = wgp_nft_digest(&(WgpNftInput) {
                        .addresses = network.addresses,
                        .n_addresses = network.n_addresses,
                        .port = network.device.listen_port,
                        .mark = network.filter.mark,
        });
        return network;
}

static inline char *text_of_plan(const WgpPlan *plan) {
        char *text = NULL;
        size_t size;
        FILE *f = open_memstream(&text, &size);

        cr_assert(f);
        cr_assert(wgp_plan_format(plan, f) >= 0);
        fclose(f);
        return text;
}
