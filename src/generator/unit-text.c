/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes the text of a unit's drop-in. Everybody may read units, so as little of a profile as possible goes in: its
 * path, whether network.target waits, the names of credentials. apply reads everything else from the profile. */

#include "generator/unit-text.h"

#include <limits.h>
#include <stdio.h>

#include "base/text.h"
#include "base/utf8.h"
#include "model/implicit-key.h"
#include "system/profile-name.h"

/* The characters of a credential's name that survive LoadCredential=: systemd wants a file name of printable
 * ASCII (credential_name_valid()), and ":" ends it. An implicit name has the profile's in it, which may be
 * in any script. */
static bool is_credential_id(const char *id) {
        size_t n = strlen(id);

        if (n == 0 || n > NAME_MAX || streq(id, ".") || streq(id, ".."))
                return false;
        for (size_t i = 0; i < n; i++)
                if (id[i] < ' ' || id[i] > '~' || id[i] == ':' || id[i] == '/')
                        return false;
        return true;
}

static int add_credential(WgpUnitFacts *facts, const char *id) {
        WgpUnitCredential *c;

        if (!is_credential_id(id))
                return 0;
        if (!wgp_grow(&facts->credentials, &facts->n_allocated, facts->n_credentials + 1, sizeof(*facts->credentials)))
                return -ENOMEM;

        c = facts->credentials + facts->n_credentials;
        *c = (WgpUnitCredential) { .id = strdup(id) };
        if (!c->id)
                return -ENOMEM;
        facts->n_credentials++;
        return 0;
}

/* Where apply looks when the profile names no key, wg-profile(5). */
static int add_implicit_credentials(WgpUnitFacts *facts, const WgpProfile *profile) {
        for (unsigned i = 0; i < _WGP_IMPLICIT_CREDENTIAL_N; i++) {
                _cleanup_(freep) char *id = wgp_implicit_credential(i, profile->name);
                int r;

                r = id ? add_credential(facts, id) : -ENOMEM;
                if (r < 0)
                        return r;
                if (i == WGP_IMPLICIT_CREDENTIAL_OWN && facts->encrypt_key && facts->n_credentials > 0)
                        facts->credentials[facts->n_credentials - 1].to_be_encrypted = true;
        }
        return 0;
}

static int compare_credentials(const void *x, const void *y) {
        const WgpUnitCredential *a = x, *b = y;

        return strcmp(a->id, b->id);
}

/* Many peers may share one preshared key: a credential is loaded once. */
static void sort_credentials(WgpUnitFacts *facts) {
        WgpUnitCredential *c = facts->credentials;
        size_t n = 0;

        if (facts->n_credentials == 0)
                return;
        qsort(c, facts->n_credentials, sizeof(*c), compare_credentials);
        for (size_t i = 0; i < facts->n_credentials; i++)
                if (n > 0 && streq(c[n - 1].id, c[i].id))
                        free(c[i].id);
                else
                        c[n++] = c[i];
        facts->n_credentials = n;
}

static int find_credentials(WgpUnitFacts *facts, const WgpProfile *profile) {
        int r = 0;

        if (profile->private_key.source == WGP_SECRET_CREDENTIAL)
                r = add_credential(facts, profile->private_key.name);
        else if (profile->private_key.source == WGP_SECRET_NONE)
                r = add_implicit_credentials(facts, profile);
        if (r < 0)
                return r;

        for (size_t i = 0; i < profile->n_peers; i++) {
                const WgpSecret *secret = &profile->peers[i].preshared_key;

                if (secret->source != WGP_SECRET_CREDENTIAL)
                        continue;
                r = add_credential(facts, secret->name);
                if (r < 0)
                        return r;
        }
        sort_credentials(facts);
        return 0;
}

/* The unit hands its instance to ip-netns(8) as it is, so it cannot make a namespace whose name must be escaped. */
static int find_netns_unit(WgpUnitFacts *facts, const char *netns) {
        _cleanup_(freep) char *instance = wgp_instance_escape(netns);

        if (!instance)
                return -ENOMEM;
        if (streq(instance, netns) && strlen(instance) <= WGP_INSTANCE_MAX)
                facts->netns_unit = TAKE_PTR(instance);
        return 0;
}

static bool sets_dns(const WgpProfile *profile) {
        return profile->n_dns_servers + profile->n_dns_domains > 0 && !profile->netns;
}

static unsigned find_snippets(const WgpProfile *profile) {
        return (profile->netns ? 1U << WGP_SNIPPET_NETNS : 0) |
               (profile->save_config ? 1U << WGP_SNIPPET_SAVECONFIG : 0) |
               (wgp_profile_runs_hooks(profile) ? 1U << WGP_SNIPPET_HOOKS : 0) |
               (wgp_profile_must_prompt(profile) ? 1U << WGP_SNIPPET_ASK_PASSWORD : 0);
}

/* Finds out what a unit has to know. "source_path" is the profile's path on the running system; "profile" is
 * NULL for one that cannot be used, whose unit is there to fail with apply's message.
 *
 * Returns 0, or -ENOMEM. */
int wgp_unit_facts_init(const char *source_path, const WgpProfile *profile, WgpUnitFacts *ret) {
        _cleanup_(wgp_unit_facts_done) WgpUnitFacts facts = WGP_UNIT_FACTS_NULL;
        int r;

        facts.source_path = strdup(source_path);
        if (!facts.source_path)
                return -ENOMEM;

        if (profile) {
                facts.snippets = find_snippets(profile);
                facts.kill_switch = profile->kill_switch == WGP_YES;
                facts.generate_key = profile->private_key.source == WGP_SECRET_NONE &&
                                     profile->generate_key != WGP_GENERATE_KEY_NO;
                /* A hook may take as long as it likes, and so may a person or a TPM: nothing may wait for them. */
                facts.before_network = !wgp_profile_runs_hooks(profile) && !wgp_profile_must_prompt(profile) &&
                                       !facts.generate_key;
                facts.sets_dns = sets_dns(profile);
                facts.encrypt_key = facts.generate_key && profile->generate_key == WGP_GENERATE_KEY_ENCRYPTED;
                r = profile->netns ? find_netns_unit(&facts, profile->netns) : 0;
                if (r >= 0)
                        r = find_credentials(&facts, profile);
                if (r < 0)
                        return r;
        }

        *ret = facts;
        facts = WGP_UNIT_FACTS_NULL;
        return 0;
}

/* Of a profile that cannot be used what could be made out counts for two things: its kill switch, and what the stop of
 * a tunnel takes that may be running. NULL: nothing could. */
void wgp_unit_facts_set_broken(const WgpProfile *profile, WgpUnitFacts *facts) {
        if (!profile)
                return;
        facts->kill_switch = wgp_profile_may_have_kill_switch(profile) ||
                             (profile->awaits_file && profile->kill_switch == WGP_UNSET);
        facts->kill_switch_uncertain = facts->kill_switch && profile->kill_switch != WGP_YES;
        facts->snippets |= find_snippets(profile);
        facts->sets_dns = sets_dns(profile);
}

/* DNS servers go to resolvconf(8), on this system: a program of others, which may take its time. */
void wgp_unit_facts_use_resolvconf(WgpUnitFacts *facts) {
        if (!facts->sets_dns)
                return;
        facts->snippets |= 1U << WGP_SNIPPET_RESOLVCONF;
        facts->before_network = false;
}

void wgp_unit_facts_done(WgpUnitFacts *facts) {
        for (size_t i = 0; i < facts->n_credentials; i++)
                free(facts->credentials[i].id);
        free(facts->credentials);
        free(facts->netns_unit);
        free(facts->source_path);
        *facts = WGP_UNIT_FACTS_NULL;
}

static const struct {
        const char *file, *link;
} snippets[_WGP_SNIPPET_N] = {
        [WGP_SNIPPET_NETNS] = { "netns.conf", "50-wg-profile-netns.conf" },
        [WGP_SNIPPET_SAVECONFIG] = { "saveconfig.conf", "50-wg-profile-saveconfig.conf" },
        [WGP_SNIPPET_ASK_PASSWORD] = { "askpassword.conf", "50-wg-profile-askpassword.conf" },
        [WGP_SNIPPET_RESOLVCONF] = { "resolvconf.conf", "50-wg-profile-resolvconf.conf" },
        [WGP_SNIPPET_HOOKS] = { "hooks.conf", "51-wg-profile-hooks.conf" },
};

/* The snippets, as bits, for what running tunnels need, 1 << WgpNeed. */
unsigned wgp_snippets_of_needs(unsigned needs) {
        static const WgpUnitSnippet snippet_of[_WGP_NEED_N] = {
                [WGP_NEED_NETNS] = WGP_SNIPPET_NETNS,
                [WGP_NEED_SAVECONFIG] = WGP_SNIPPET_SAVECONFIG,
                [WGP_NEED_RESOLVCONF] = WGP_SNIPPET_RESOLVCONF,
                [WGP_NEED_HOOKS] = WGP_SNIPPET_HOOKS,
        };
        unsigned bits = 0;

        for (WgpNeed need = 0; need < _WGP_NEED_N; need++)
                if (needs & 1U << need)
                        bits |= 1U << snippet_of[need];
        return bits;
}

/* The file of a snippet among those that we ship. */
const char *wgp_snippet_file(WgpUnitSnippet snippet) {
        return snippets[snippet].file;
}

/* The name of the link in the unit's directory. It starts with a number, so that a person's own
 * "override.conf" comes after it. */
const char *wgp_snippet_link(WgpUnitSnippet snippet) {
        return snippets[snippet].link;
}

/* Writes a value with some characters doubled, such as "%": it would begin a specifier. */
static void append_escaped(WgpText *text, const char *value, const char *double_these) {
        for (; *value; value++) {
                const char piece[] = { *value, strchr(double_these, *value) ? *value : 0, 0 };

                wgp_text_append(text, piece);
        }
}

/* Returns 0 and the drop-in's text, to be freed by the caller; or -ENOMEM. */
int wgp_unit_text_format(const WgpUnitFacts *facts, char **ret) {
        _cleanup_(wgp_text_done) WgpText text = WGP_TEXT_NULL;

        wgp_text_append(&text, "# Automatically generated by wg-profile-generator\n\n[Unit]\n");
        /* systemd refuses a line that is not UTF-8, with a warning at each reload */
        if (wgp_utf8_is_valid(facts->source_path)) {
                wgp_text_append(&text, "SourcePath=");
                append_escaped(&text, facts->source_path, "%");
                wgp_text_append(&text, "\n");
        }
        if (facts->before_network)
                wgp_text_append(&text, "Before=network.target\nWants=network.target\n");
        if (facts->kill_switch)
                wgp_text_append(&text,
                                "After=wg-profile-killswitch@%i.service\nWants=wg-profile-killswitch@%i.service\n");
        if (facts->generate_key)
                wgp_text_append(&text, "After=wg-profile-genkey@%i.service\nWants=wg-profile-genkey@%i.service\n");

        if (facts->netns_unit)
                wgp_text_printf(&text, "After=wg-profile-netns@%s.service\nPartOf=wg-profile-netns@%s.service\n",
                                facts->netns_unit, facts->netns_unit);

        if (facts->n_credentials > 0)
                wgp_text_append(&text, "\n[Service]\n");
        for (size_t i = 0; i < facts->n_credentials; i++) {
                wgp_text_append(&text,
                                facts->credentials[i].encrypted ? "LoadCredentialEncrypted=" : "LoadCredential=");
                /* a backslash escapes the character after it */
                append_escaped(&text, facts->credentials[i].id, "%\\");
                wgp_text_append(&text, "\n");
        }

        if (text.failed)
                return -ENOMEM;
        *ret = TAKE_PTR(text.data);
        return 0;
}
