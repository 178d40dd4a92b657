/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Chooses mark, table and priorities that no other tunnel, rule or route uses. One lock for all tunnels, taken after
 * the tunnel's own: held from looking at rules and deviceless routes until the choice is in the record, which others
 * then respect. It is taken again to remove what others may have begun to need. It is never held while waiting for
 * another program: every start would wait, and with them the network. */

#include "apply/routing-numbers.h"

#include "apply/device.h"
#include "apply/gather.h"
#include "desired/policy-numbers.h"
#include "desired/record.h"
#include "model/kernel-slot.h"
#include "model/route-index.h"
#include "netlink/rt-message.h"
#include "system/report.h"
#include "system/root-path.h"

enum {
        LOCK_MSEC = 10 * 1000, /* its holder asks the kernel and writes a file: milliseconds */
};

/* Rules and routes in other network namespaces do not count. The marks of all other tunnels do: they are added as
 * rules without a family. */
static int collect(const char *name, const WgpState *state, void *userdata) {
        WgpRun *run = userdata;
        WgpNetwork *others = &run->others;
        WgpRule *rule;

        if (!state) {
                run->others_unknown = true;
                return 0;
        }
        if (streq_ptr(state->network.netns, run->context.netns_name) &&
                        wgp_record_add_unbound(&state->network, others) < 0)
                return -ENOMEM;
        if (state->network.valid_mark.wanted)
                others->valid_mark = state->network.valid_mark;
        if (!state->network.device.has_fwmark)
                return 0;
        rule = wgp_network_add_rule(others);
        if (!rule)
                return -ENOMEM;
        *rule = (WgpRule) { .has_fwmark = true, .fwmark = state->network.device.fwmark };
        return 0;
}

/* Takes the lock of all tunnels and reads what the others have, unless this run did so before. Returns 0 or a
 * negative errno (reported). */
int wgp_routing_numbers_open(WgpRun *run) {
        int r;

        if (run->context.numbers_lock >= 0)
                return 0;
        wgp_context_withdraw_question(&run->context);
        r = wgp_state_open_lock_within(run->context.directory, /* no profile's name starts so */ ".numbers", LOCK_MSEC,
                        &run->context.numbers_lock);
        if (r >= 0)
                r = wgp_state_read_others(run->context.directory, run->name, collect, run);
        if (r == -ETIMEDOUT)
                wgp_report_error("Another tunnel has held the lock of routing numbers for %d seconds: try again.",
                                LOCK_MSEC / 1000);
        else if (r < 0)
                wgp_report_error("Cannot read the records of the other tunnels: %s.", strerror(-r));
        return r;
}

/* Releases the lock: the choice is in the record, or the run is about to wait. What the others have is read again next
 * time. */
void wgp_routing_numbers_close(WgpRun *run) {
        wgp_closep(&run->context.numbers_lock);
        run->context.numbers_lock = -EBADF;
        run->others_unknown = false;
        wgp_network_done(&run->others);
}

/* Checks whether an operation would remove what another tunnel has come to need since the plan was made. The lock is
 * held afterwards, so that the answer stays true. Returns 0 or a negative errno (reported). */
int wgp_routing_numbers_check_needed(WgpRun *run, const WgpOperation *op, bool *ret) {
        const WgpNetwork *others = &run->others;
        int r;

        *ret = false;
        if (op->type != WGP_OP_DELETE_RULE && (op->type != WGP_OP_DELETE_ROUTE || op->route.uses_device) &&
                        (op->type != WGP_OP_SET_VALID_MARK || op->valid_mark != 0))
                return 0;
        r = wgp_routing_numbers_open(run);
        if (r < 0)
                return r;
        if (op->type == WGP_OP_DELETE_RULE)
                *ret = wgp_rules_find(others->rules, others->n_rules, &op->rule);
        else if (op->type == WGP_OP_DELETE_ROUTE)
                *ret = wgp_routes_find(others->routes, others->n_routes, &op->route);
        else
                *ret = others->valid_mark.wanted;
        return 0;
}

static int note_table(const struct nlmsghdr *message, void *userdata) {
        *(bool *) userdata = true;
        return 0;
}

static void forget_table(void *userdata) {
        *(bool *) userdata = false;
}

static int has_routes(WgpRun *run, uint32_t table, bool *ret) {
        static const uint8_t families[] = { AF_INET, AF_INET6 };
        bool found = false;

        for (size_t i = 0; i < WGP_ARRAY_SIZE(families) && !found; i++) {
                WgpRtBuffer buffer;
                int r;

                r = wgp_rt_route_encode_dump(&buffer, &(WgpRouteFilter) { .family = families[i], .table = table });
                if (r >= 0)
                        r = wgp_nl_socket_dump(run->context.route, &buffer.header,
                                        &(WgpNlReceiver) { note_table, forget_table, &found });
                if (r < 0 && r != -ENOENT && r != -EAFNOSUPPORT)
                        return r;
        }
        *ret = found;
        return 0;
}

/* Returns the mark that the tunnel has, else the first number that is free as mark and as table. */
static int find_mark(WgpRun *run, const WgpNetwork *used, uint32_t *ret) {
        const uint32_t kept = run->has_state ? wgp_numbers_keep_mark(&run->state.network, used) : 0;
        uint32_t mark = WGP_MARK_FIRST;
        bool taken = true;
        int r = 0;

        if (kept > 0) {
                r = has_routes(run, kept, &taken);
                if (r < 0 || !taken) {
                        *ret = kept;
                        return r;
                }
        }
        for (; r >= 0 && taken; mark += taken) {
                mark = wgp_numbers_next_mark(used, mark);
                r = has_routes(run, mark, &taken);
        }
        *ret = mark;
        return r;
}

/* Adds the marks of the profile's own rules, which will exist beside ours. Their tables may be meant to be the
 * tunnel's. */
static int add_own_marks(const WgpProfile *profile, WgpNetwork *used) {
        for (size_t i = 0; i < profile->n_rules; i++) {
                WgpRule *rule;

                if (!profile->rules[i].has_fwmark)
                        continue;
                rule = wgp_network_add_rule(used);
                if (!rule)
                        return -ENOMEM;
                *rule = profile->rules[i];
                rule->table = 0;
        }
        return 0;
}

static int choose(WgpRun *run, WgpNetwork *used, WgpDesiredInput *input) {
        const uint32_t stated = run->profile->fwmark;
        bool has_priorities;
        int r;

        has_priorities = run->has_state && wgp_numbers_find_recorded(&run->state.network, input) >= 0;
        if (stated > 0)
                input->mark = stated;
        else if (input->mark < WGP_MARK_FIRST) /* not a number that we chose: the profile had it before */
                input->mark = 0;
        if (has_priorities && input->mark > 0)
                return 0;

        r = wgp_gather_rules(&run->context, used);
        if (r >= 0)
                r = wgp_record_add_rules(&run->others, used);
        if (r >= 0)
                r = add_own_marks(run->profile, used);
        if (r >= 0 && input->mark == 0)
                r = find_mark(run, used, &input->mark);
        return r < 0 || has_priorities ? r : wgp_numbers_build(used, input);
}

/* Fills in mark and priorities: those of the record, else free ones. A tunnel keeps its priorities, and so its place
 * among the tunnels, when its mark changes. Returns 0 or a negative errno (reported). */
int wgp_routing_numbers_choose(WgpRun *run, WgpDesiredInput *input) {
        WgpNetwork used = WGP_NETWORK_NULL;
        int r;

        r = wgp_routing_numbers_open(run);
        if (r < 0)
                return r;
        r = choose(run, &used, input);
        wgp_network_done(&used);
        if (r < 0)
                wgp_report_error("Cannot choose numbers for the rules of policy routing: %s.",
                                r == -ENOSPC ? "all are taken" : strerror(-r));
        return r;
}

/* Copies the routes that no other tunnel has; routes over the link are always this tunnel's. */
static int copy_own_routes(const WgpNetwork *recorded, const WgpNetwork *others, WgpNetwork *to) {
        _cleanup_(wgp_route_index_done) WgpRouteIndex index = { .network = others };
        int r;

        r = wgp_network_reserve_routes(to, recorded->n_routes);
        for (size_t i = 0; r >= 0 && i < recorded->n_routes; i++) {
                const WgpRoute *route = recorded->routes + i, *other = NULL;

                if (!route->uses_device)
                        r = wgp_route_index_find(&index, route, &other);
                if (r >= 0 && (!other || !wgp_route_equal(other, route)))
                        *wgp_network_add_route(to) = *route;
        }
        return r;
}

/* Shared rules stay while another record has them: the last tunnel removes them. A tunnel without a record is seen by
 * the plan, wgp_signature_is_shared(). */
static int copy_own_rules(const WgpRun *run, const WgpNetwork *recorded, WgpNetwork *to) {
        const WgpNetwork *others = &run->others;

        int r = 0;

        for (size_t i = 0; r >= 0 && i < recorded->n_rules; i++)
                if (!wgp_rules_find(others->rules, others->n_rules, recorded->rules + i))
                        r = wgp_network_copy_rule(to, recorded->rules + i);
        return r;
}

/* Frees the network that wgp_routing_numbers_own() has made. */
void wgp_routing_numbers_own_done(WgpNetwork *own) {
        free(own->rules);
        if (own->n_routes_allocated > 0) /* else they are the record's */
                free(own->routes);
        *own = WGP_NETWORK_NULL;
}

/* Makes a copy of what is in the record, without the rules, the routes without a device and the sysctl that other
 * tunnels have, too: what is left may be removed when this one does not need it any more. All but rules and routes is
 * borrowed from the record. The caller ends with wgp_routing_numbers_own_done(). Returns 0 or a negative errno
 * (reported). */
int wgp_routing_numbers_own(WgpRun *run, WgpNetwork *ret) {
        const WgpNetwork *recorded = &run->state.network;
        WgpNetwork own = *recorded;
        int r;

        own.rules = NULL;
        own.n_rules = own.n_rules_allocated = own.n_routes_allocated = 0;
        if (wgp_record_has_linkless(recorded)) {
                r = wgp_routing_numbers_open(run);
                if (r < 0)
                        return r;
        }
        if (run->others.valid_mark.wanted)
                own.valid_mark.wanted = false;
        r = copy_own_rules(run, recorded, &own);
        if (r >= 0 && run->others.n_routes > 0) {
                own.routes = NULL;
                own.n_routes = 0;
                r = copy_own_routes(recorded, &run->others, &own);
        }
        if (r < 0) {
                wgp_routing_numbers_own_done(&own);
                return r;
        }
        *ret = own;
        return 0;
}
