/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Unit text: what a unit shows of a profile. Pure. */

#include "model/profile.h"
#include "system/needs.h"

typedef struct WgpUnitCredential WgpUnitCredential;
typedef struct WgpUnitFacts WgpUnitFacts;

/* What a profile may need beyond the base unit's sandbox: a drop-in of ours under /usr/share, linked into
 * the instance's. In the order in which systemd has to read them: the last one switches off what the others
 * set. */
typedef enum WgpUnitSnippet {
        WGP_SNIPPET_NETNS,
        WGP_SNIPPET_SAVECONFIG,
        WGP_SNIPPET_ASK_PASSWORD,
        WGP_SNIPPET_RESOLVCONF,
        WGP_SNIPPET_HOOKS,
        _WGP_SNIPPET_N,
} WgpUnitSnippet;

struct WgpUnitCredential {
        char *id;
        bool encrypted;       /* whoever knows the credential stores sets it */
        bool to_be_encrypted; /* it is made on the way to the tunnel's start, if there is none in the stores */
};

struct WgpUnitFacts {
        char *source_path;
        char *netns_unit;    /* instance of the unit that makes its network namespace; NULL: there is no such unit */
        bool before_network; /* network.target waits for it */
        bool kill_switch;    /* a unit that lets nothing pass by comes before it, and before the network */
        bool kill_switch_uncertain; /* whether it has one turns out when that unit starts */
        bool generate_key;          /* the unit that makes a key comes first */
        bool encrypt_key;           /* and that key is an encrypted credential */
        bool sets_dns;
        unsigned snippets;              /* bit 1 << WgpUnitSnippet */
        WgpUnitCredential *credentials; /* each once, sorted */
        size_t n_credentials, n_allocated;
};

#define WGP_UNIT_FACTS_NULL ((WgpUnitFacts) {})

int wgp_unit_facts_init(const char *source_path, const WgpProfile *profile, WgpUnitFacts *ret);
void wgp_unit_facts_set_broken(const WgpProfile *profile, WgpUnitFacts *facts);
void wgp_unit_facts_use_resolvconf(WgpUnitFacts *facts);
void wgp_unit_facts_done(WgpUnitFacts *facts);

unsigned wgp_snippets_of_needs(unsigned needs);
const char *wgp_snippet_file(WgpUnitSnippet snippet);
const char *wgp_snippet_link(WgpUnitSnippet snippet);

int wgp_unit_text_format(const WgpUnitFacts *facts, char **ret);
