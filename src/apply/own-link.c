/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds the tunnel's link, and tells it from other links. */

#include "apply/own-link.h"

#include "apply/gather.h"
#include "apply/netns.h"
#include "netlink/nl-query.h"
#include "system/report.h"
#include "system/root-path.h"
#include "system/userspace.h"

static bool has_daemon(const char *ifname) {
        _cleanup_(wgp_closep) int fd = -EBADF;

        return wgp_userspace_open(ifname, &fd) >= 0;
}

/* Whether the record says that the link is this tunnel's. */
static bool is_recorded(const WgpState *state, const WgpLink *link) {
        const WgpLink *recorded = &state->network.link;

        if (!streq(recorded->name, link->name))
                return false;
        /* The index is not known from before the link was made until the record says it. A kernel's link has our group
         * from the start; a daemon's gets it a moment later, and goes when the daemon does: a tun device of that name
         * for which no daemon answers is somebody else's. */
        return recorded->ifindex > 0 ? recorded->ifindex == link->ifindex :
                                       state->backend == WGP_BACKEND_USERSPACE &&
                                                       streq(link->kind, WGP_USERSPACE_KIND) && has_daemon(link->name);
}

/* A link that another tunnel of ours has recorded. */
typedef struct Owner {
        const WgpLink *link;
        const char *netns;
        char *name;
} Owner;

static int compare_owner(const char *name, const WgpState *state, void *userdata) {
        Owner *owner = userdata;

        if (owner->name)
                return 0;
        if (state ? !streq_ptr(state->network.netns, owner->netns) || !is_recorded(state, owner->link) :
                    !streq(name, owner->link->name))
                return 0;
        owner->name = strdup(name);
        return owner->name ? 0 : -ENOMEM;
}

/* Returns 0 when the link is this tunnel's, -EEXIST when it is not, or another negative errno. */
static int judge_link(WgpRun *run) {
        const WgpLink *link = &run->actual.link;
        Owner owner = { .link = link, .netns = run->context.netns_name };
        int r;

        if (!streq(link->kind, "wireguard") && !streq(link->kind, WGP_USERSPACE_KIND))
                return -EEXIST;
        if (run->has_state && is_recorded(&run->state, link))
                return 0;
        if (link->group != WGP_LINK_GROUP)
                return -EEXIST;

        /* Some tunnel's of ours: of one with the same interface name, or what a killed run of this one left. */
        r = wgp_state_read_others(run->context.directory, run->name, compare_owner, &owner);
        free(run->link_owner);
        run->link_owner = owner.name;
        return r < 0 ? r : owner.name ? -EEXIST : 0;
}

/* A daemon makes its link here, and then it is moved. Looks for one that an earlier run could not move any more. */
static int find_stray(WgpRun *run, const char *name) {
        WgpLink link = {};
        int r;

        run->stray = link;
        if (!run->context.outside || !run->has_state || run->state.backend != WGP_BACKEND_USERSPACE)
                return 0;
        r = wgp_nl_query_link(run->context.outside, /* ifindex= */ 0, name, &link);
        if (r == 0 && is_recorded(&run->state, &link))
                run->stray = link;
        return r == -ENODEV ? 0 : r;
}

/* Looks for the tunnel's link, into run->actual.link, and learns from it who serves it. Returns 0, -EEXIST when there
 * is one of that name that is not this tunnel's (not reported), or another negative errno (reported). */
int wgp_own_link_find(WgpRun *run, const char *name) {
        WgpLink *link = &run->actual.link;
        int r;

        r = wgp_gather_link(&run->context, name, link);
        if (r >= 0)
                r = link->ifindex > 0 ? judge_link(run) : find_stray(run, name);
        if (r < 0 && r != -EEXIST)
                wgp_report_error("Cannot look for the link %s: %s.", name, strerror(-r));
        if (r < 0)
                return r;

        run->context.backend = link->ifindex > 0 && streq(link->kind, WGP_USERSPACE_KIND) ? WGP_BACKEND_USERSPACE :
                                                                                            WGP_BACKEND_KERNEL;
        return 0;
}

/* Looks for the link where the record says it is, as wgp_own_link_find() does. When the network namespace is gone
 * there is nothing to be found: run->netns_gone. */
int wgp_own_link_find_recorded(WgpRun *run) {
        const char *netns = run->state.network.netns;
        int r;

        r = wgp_netns_use(run, netns);
        if (r == -ENOENT || r == -EMEDIUMTYPE) {
                wgp_report_notice("There is no network namespace '%s' any more: the link is gone with it, or will be "
                                  "when the last program in there ends.",
                                netns);
                run->netns_gone = true;
                return 0;
        }
        if (r < 0) {
                wgp_report_error("Cannot enter the network namespace '%s': %s.", netns, strerror(-r));
                return r;
        }
        return wgp_own_link_find(run, run->state.network.link.name);
}
