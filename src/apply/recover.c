/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes a record from what the kernel shows, when the tunnel's own is missing or damaged. That does not mean that
 * nothing is there: the link is in our group, policy rules and "unreachable" routes are recognised by their shape,
 * the nft table by its name (desired/signature.c). With the new record "up", "reload" and "down" go on as usual. The
 * profile supplies what the kernel cannot tell.
 *
 * Other tunnels keep what is theirs: what their records name, and what has the mark of another link in our group.
 * What may belong to a tunnel whose record cannot be read stays, and is reported.
 *
 * Addresses and routes on the link are not in the new record: they go with the link, and until then nobody can tell
 * who added them. */

#include "apply/recover.h"

#include <linux/rtnetlink.h>

#include "apply/device.h"
#include "apply/dns.h"
#include "apply/filter.h"
#include "apply/gather.h"
#include "apply/load.h"
#include "apply/netns.h"
#include "apply/own-link.h"
#include "apply/routing-numbers.h"
#include "desired/nft-text.h"
#include "desired/record.h"
#include "desired/signature.h"
#include "model/kernel-slot.h"
#include "netlink/nl-query.h"
#include "netlink/rt-message.h"
#include "system/program.h"
#include "system/report.h"
#include "system/userspace.h"

/* Another link in our group. */
typedef struct Living {
        WgpLink link;
        bool recorded; /* a record names it, and its mark */
} Living;

/* The rules and routes to sort, and what is known of other tunnels. */
typedef struct Search {
        WgpRun *run;
        WgpNetwork kernel;
        Living *links;
        size_t n_links, n_links_allocated;
        uint32_t *numbers;
        size_t n_numbers, n_numbers_allocated;
        bool name_taken; /* another tunnel's link has the name */
        bool unknown;    /* the mark of another link cannot be told */
} Search;

static void search_done(Search *search) {
        wgp_network_done(&search->kernel);
        free(search->links);
        free(search->numbers);
}

/* --- other tunnels --- */

static int collect_link(const struct nlmsghdr *message, void *userdata) {
        Search *search = userdata;
        WgpLink link;

        if (wgp_rt_link_decode(message, &link) != 0 || link.group != WGP_LINK_GROUP ||
                        link.ifindex == search->run->actual.link.ifindex)
                return 0;
        if (!wgp_grow(&search->links, &search->n_links_allocated, search->n_links + 1, sizeof(*search->links)))
                return -ENOMEM;
        search->links[search->n_links++] = (Living) { .link = link };
        return 0;
}

static void forget_links(void *userdata) {
        ((Search *) userdata)->n_links = 0;
}

static int find_links(Search *search) {
        WgpRtBuffer buffer;
        int r;

        r = wgp_rt_link_encode_dump(&buffer, /* kind= */ NULL);
        return r < 0 ? r :
                       wgp_nl_socket_dump(search->run->context.route, &buffer.header,
                                       &(WgpNlReceiver) { collect_link, forget_links, search });
}

static int note_record(const char *name, const WgpState *state, void *userdata) {
        Search *search = userdata;

        if (!state || !streq_ptr(state->network.netns, search->run->context.netns_name))
                return 0;
        search->name_taken =
                        search->name_taken || streq(state->network.link.name, search->run->state.network.link.name);
        for (size_t i = 0; i < search->n_links; i++)
                if (streq(search->links[i].link.name, state->network.link.name))
                        search->links[i].recorded = true;
        return 0;
}

static int add_number(Search *search, uint32_t number) {
        if (number == 0)
                return 0;
        if (!wgp_grow(&search->numbers, &search->n_numbers_allocated, search->n_numbers + 1, sizeof(uint32_t)))
                return -ENOMEM;
        search->numbers[search->n_numbers++] = number;
        return 0;
}

static uint32_t table_of_vrf(WgpRun *run, const WgpLink *link) {
        WgpLink vrf = {};

        return link->master > 0 && wgp_nl_query_link(run->context.route, link->master, NULL, &vrf) >= 0 ?
                               vrf.vrf_table :
                               0;
}

static int find_numbers(Search *search) {
        int r = 0;

        for (size_t i = 0; r >= 0 && i < search->n_links; i++) {
                const WgpLink *link = &search->links[i].link;
                uint32_t mark;

                if (search->links[i].recorded)
                        continue;
                if (wgp_device_find_mark(&search->run->context, link, &mark) < 0)
                        search->unknown = true;
                r = add_number(search, mark);
                if (r >= 0)
                        r = add_number(search, table_of_vrf(search->run, link));
        }
        return r;
}

/* Takes the lock of all tunnels, so that what they have does not change meanwhile. */
static int find_others(Search *search) {
        int r;

        r = wgp_routing_numbers_open(search->run);
        if (r >= 0)
                r = find_links(search);
        if (r >= 0)
                r = wgp_state_read_others(search->run->context.directory, search->run->name, note_record, search);
        return r < 0 ? r : find_numbers(search);
}

/* --- this one --- */

static int sort(Search *search) {
        WgpRun *run = search->run;
        const WgpLink *link = &run->actual.link;
        WgpNetwork theirs = WGP_NETWORK_NULL;
        WgpClaims claims = {
                .recorded = &run->others,
                .numbers = search->numbers,
                .n_numbers = search->n_numbers,
                .unknown = run->others_unknown || search->unknown,
        };
        int r;

        if (link->ifindex > 0) {
                /* without a daemon the mark does not matter */
                (void) wgp_device_find_mark(&run->context, link, &claims.own[0]);
                claims.own[1] = table_of_vrf(run, link);
                run->state.network.device = (WgpDevice) { .has_fwmark = claims.own[0] > 0, .fwmark = claims.own[0] };
        }
        r = wgp_signature_sort(&search->kernel, &claims, &run->state.network, &theirs, &run->n_unsure);
        if (r >= 0) /* what they share with this one stays */
                r = wgp_record_add_unbound(&theirs, &run->others);
        if (theirs.n_rules > 0 && !run->others.valid_mark.wanted)
                run->others.valid_mark = (WgpValidMark) { .wanted = true };
        wgp_network_done(&theirs);
        return r;
}

static int gather(Search *search) {
        int r;

        r = wgp_gather_rules(&search->run->context, &search->kernel);
        return r < 0 ? r : wgp_gather_unreachable(&search->run->context, &search->kernel);
}

static bool has_ipv4_rules(const WgpNetwork *network) {
        for (size_t i = 0; i < network->n_rules; i++)
                if (network->rules[i].family == AF_INET && !network->rules[i].shared)
                        return true;
        return false;
}

/* Fills in what neither a dump nor the profile tells. */
static int complete(Search *search) {
        WgpRun *run = search->run;
        WgpNetwork *network = &run->state.network;
        char table[WGP_NFT_TABLE_SIZE];
        WgpFilter filter = {};
        int r;

        if (network->n_rules > 0 && !network->device.has_fwmark) {
                network->device.has_fwmark = network->rules[0].fwmark > 0;
                network->device.fwmark = network->rules[0].fwmark;
        }
        if (has_ipv4_rules(network)) /* the kernel's default, unless another tunnel recorded the former value */
                network->valid_mark = (WgpValidMark) { .wanted = true, .value = run->others.valid_mark.value };
        if (search->name_taken || !*network->link.name || run->context.netns_name)
                return 0;
        wgp_nft_table_name(network->link.name, table);
        r = wgp_filter_gather_table(&run->context, table, &filter);
        network->filter.present = r == 0;
        return r == -ENOMEM ? r : 0;
}

/* The profile's own rules have no recognisable shape: those that exist, and that no other record has, are this
 * tunnel's. */
static int take_rules(const Search *search, const WgpNetwork *wanted, WgpNetwork *to) {
        const WgpNetwork *kernel = &search->kernel, *others = &search->run->others;

        for (size_t i = 0; i < wanted->n_rules; i++) {
                const WgpRule *rule = wanted->rules + i;

                if (wgp_rule_is_ours(rule) || !wgp_rules_find(kernel->rules, kernel->n_rules, rule) ||
                                wgp_rules_find(others->rules, others->n_rules, rule))
                        continue;
                if (wgp_network_copy_rule(to, rule) < 0)
                        return -ENOMEM;
        }
        return 0;
}

/* Takes from the profile what only it can tell. The hooks are its present ones. */
static int take_from_profile(const Search *search, const WgpProfile *profile) {
        WgpRun *run = search->run;
        WgpDesiredInput input = { .mark = UINT32_MAX, .resolvconf = run->resolvconf };
        WgpNetwork *network = &run->state.network, wanted = WGP_NETWORK_NULL;
        int r;

        if (run->actual.link.ifindex == 0)
                return 0;
        r = wgp_desired_build(profile, &input, &wanted);
        if (r < 0)
                return r;
        network->dns = wanted.dns;
        wanted.dns = (WgpDns) {};
        network->zone = TAKE_PTR(wanted.zone);
        network->hooks = TAKE_PTR(wanted.hooks);
        network->n_hooks = wanted.n_hooks;
        network->n_hooks_allocated = wanted.n_hooks_allocated;
        wanted.n_hooks = 0;
        network->hooks_done = true;
        r = take_rules(search, &wanted, network);
        wgp_network_done(&wanted);
        return r;
}

static int begin(WgpRun *run, const char *ifname, const WgpProfile *profile) {
        WgpState *state = &run->state;

        *state = WGP_STATE_NULL;
        state->name = strdup(run->name);
        if (!state->name)
                return -ENOMEM;
        state->backend = run->context.backend;
        state->of_unit = wgp_program_is_of_unit();
        state->format = profile ? profile->format : WGP_FORMAT_WG_QUICK;
        if (profile && profile->n_files > 0) {
                state->file = strdup(profile->files[0].path);
                if (!state->file)
                        return -ENOMEM;
        }
        if (run->context.netns_name) {
                state->network.netns = strdup(run->context.netns_name);
                if (!state->network.netns)
                        return -ENOMEM;
        }
        if (run->actual.link.ifindex > 0)
                state->network.link = run->actual.link;
        else if (strlen(ifname) < IF_NAMESIZE)
                strcpy(state->network.link.name, ifname);
        if (profile && wgp_profile_vrf(profile))
                strncpy(state->network.link.master_name, wgp_profile_vrf(profile), IF_NAMESIZE - 1);
        return 0;
}

static bool found_something(const WgpNetwork *network) {
        return network->link.ifindex > 0 || network->n_rules > 0 || network->n_routes > 0 || network->filter.present;
}

static const char *why(const WgpRun *run) {
        return run->record == WGP_STATE_E_ABSENT ? "is missing" :
               run->record == WGP_STATE_E_NEWER  ? "is of a newer version of wg-profile" :
                                                   "is damaged";
}

static int recover(Search *search, const char *ifname, const WgpProfile *profile) {
        WgpRun *run = search->run;
        int r;

        r = begin(run, ifname, profile);
        if (r >= 0)
                r = find_others(search);
        if (r >= 0)
                r = gather(search);
        if (r >= 0)
                r = sort(search);
        if (r >= 0)
                r = complete(search);
        return r < 0 || !profile ? r : take_from_profile(search, profile);
}

/* Makes run->state out of what is there; run->actual.link, of the name "ifname", has been looked for, and there is no
 * record that can be used. "profile": as it is now, NULL: there is none that is valid. run->has_state is whether there
 * was anything, and run->n_unsure how much was left alone. The lock of all tunnels is held afterwards: until the
 * record is written, another run may do the same. Returns 0, or a negative errno (reported). */
int wgp_recover(WgpRun *run, const char *ifname, const WgpProfile *profile) {
        _cleanup_(search_done) Search search = { .run = run };
        int r;

        r = recover(&search, ifname, profile);
        if (r < 0) {
                wgp_report_error("The record of the tunnel '%s' cannot be used, since it %s, and the kernel's state "
                                 "cannot be read: "
                                 "%s.",
                                run->name, why(run), strerror(-r));
                wgp_state_done(&run->state);
                return r;
        }
        run->has_state = found_something(&run->state.network);
        if (run->has_state)
                wgp_report_warning("The record of the tunnel '%s' cannot be used, since it %s: its state is read from "
                                   "the kernel.",
                                run->name, why(run));
        else
                wgp_state_done(&run->state);
        return 0;
}

/* Looks for a tunnel without a usable record, by the profile's names or, without a profile, by NAME; then does as
 * wgp_recover(). Returns 0, or a negative errno (reported). */
int wgp_recover_all(WgpRun *run) {
        _cleanup_(wgp_profile_freep) WgpProfile *profile = NULL;
        const char *ifname = run->name;
        bool valid = false;
        int r;

        r = wgp_load_quietly(run, &profile, &valid);
        if (r < 0) {
                wgp_report_error("Cannot read the profile '%s': %s.", run->name, strerror(-r));
                return r;
        }
        if (profile && profile->ifname)
                ifname = profile->ifname;
        r = wgp_netns_use(run, profile ? profile->netns : NULL);
        if (r < 0 && r != -ENOENT && r != -EMEDIUMTYPE) { /* a namespace that is gone took its link with it */
                wgp_report_error("Cannot enter the network namespace '%s': %s.", profile->netns, strerror(-r));
                return r;
        }
        if (r >= 0 && strlen(ifname) < IF_NAMESIZE) {
                r = wgp_own_link_find(run, ifname);
                if (r < 0 && r != -EEXIST)
                        return r;
                if (r == -EEXIST) /* another program's link */
                        run->actual.link = (WgpLink) {};
        }
        if (valid)
                wgp_dns_find_again(run, profile);
        return wgp_recover(run, ifname, valid ? profile : NULL);
}
