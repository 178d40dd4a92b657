/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Builds and writes the record of a run, so that any later run can go on from there. */

#include "apply/build-record.h"

#include "desired/mtu.h"
#include "desired/record.h"
#include "system/program.h"

static int collect_names(const WgpProfile *profile, WgpState *state) {
        for (size_t i = 0; i < profile->n_peers; i++) {
                const WgpPeer *peer = profile->peers + i;
                WgpStateName *name;

                if (!peer->endpoint.host || peer->is_self)
                        continue;
                if (!wgp_grow(&state->names, &state->n_names_allocated, state->n_names + 1, sizeof(*name)))
                        return -ENOMEM;
                name = state->names + state->n_names;
                *name = (WgpStateName) { .host = strdup(peer->endpoint.host), .port = peer->endpoint.port };
                if (!name->host)
                        return -ENOMEM;
                memcpy(name->public_key, peer->public_key, WGP_KEY_SIZE);
                state->n_names++;
        }
        return 0;
}

/* Returns 0, also when the endpoint's interface does not exist now, or -ENOMEM. */
static int add_alternate(WgpState *state, const WgpPeer *peer, const WgpEndpoint *alternate) {
        WgpStateName *name;

        if (alternate->scope && alternate->address.in6.sin6_scope_id == 0)
                return 0;
        if (!wgp_grow(&state->alternates, &state->n_alternates_allocated, state->n_alternates + 1, sizeof(*name)))
                return -ENOMEM;
        name = state->alternates + state->n_alternates;
        *name = (WgpStateName) {};
        if (!alternate->host)
                name->address = alternate->address;
        else
                name->port = alternate->port;
        if (alternate->host) {
                name->host = strdup(alternate->host);
                if (!name->host)
                        return -ENOMEM;
        }
        memcpy(name->public_key, peer->public_key, WGP_KEY_SIZE);
        state->n_alternates++;
        return 0;
}

static int collect_alternates(const WgpProfile *profile, WgpState *state) {
        int r = 0;

        for (size_t i = 0; r >= 0 && i < profile->n_peers; i++)
                for (size_t j = 0; r >= 0 && j < profile->peers[i].n_alternates && !profile->peers[i].is_self; j++)
                        r = add_alternate(state, profile->peers + i, profile->peers[i].alternates + j);
        return r;
}

static int compare_names(const void *a, const void *b) {
        const WgpStateName *const *x = a, *const *y = b;

        return memcmp((*x)->public_key, (*y)->public_key, WGP_KEY_SIZE);
}

/* Marks new names: their peers still have the former endpoint, which only the resolver changes. */
static int note_replaced(const WgpState *before, WgpState *state) {
        _cleanup_(freep) const WgpStateName **old = calloc(before->n_names + 1, sizeof(*old));

        if (!old)
                return -ENOMEM;
        for (size_t i = 0; i < before->n_names; i++)
                old[i] = before->names + i;
        qsort(old, before->n_names, sizeof(*old), compare_names);
        for (size_t i = 0; i < state->n_names; i++) {
                WgpStateName *name = state->names + i;
                const WgpStateName *const *same = bsearch(&name, old, before->n_names, sizeof(*old), compare_names);

                name->replaced = !same || (*same)->replaced || (*same)->port != name->port ||
                                 !streq((*same)->host, name->host);
        }
        return 0;
}

/* Makes the record for after the run; run->desired and run->actual are there. Returns 0, or -ENOMEM. */
int wgp_build_record(WgpRun *run, WgpState *ret) {
        const WgpRecordInput before = { &run->actual, &run->state.network, &run->others };
        WgpState state = {
                .format = run->profile->format,
                .backend = run->context.backend,
                .complete = true,
                .of_unit = run->state.of_unit || wgp_program_is_of_unit(),
                .save_config = run->profile->save_config,
                .digest = run->profile->save_config ? run->profile->digest : 0,
                .automatic_mtu = run->profile->mtu == 0,
                .ipv6 = wgp_mtu_needs_ipv6(&run->desired),
                .refresh_usec = run->profile->refresh_usec,
        };
        int r;

        state.name = strdup(run->name);
        state.file = strdup(run->profile->files[0].path);
        r = state.name && state.file ? 0 : -ENOMEM;
        if (r >= 0)
                r = collect_names(run->profile, &state);
        if (r >= 0)
                r = collect_alternates(run->profile, &state);
        if (r >= 0 && run->has_state && run->actual.link.ifindex > 0)
                r = note_replaced(&run->state, &state);
        if (r >= 0)
                r = wgp_record_build(&run->desired, &before, &state.network);
        if (r < 0) {
                wgp_state_done(&state);
                return r;
        }
        *ret = state;
        return 0;
}

/* Writes the record of the run while it is under way: the former and the new state. Returns 0 or a negative errno
 * (reported). */
int wgp_write_record_before(WgpRun *run, const WgpState *after) {
        WgpNetwork network;
        int r;

        r = wgp_record_merge(&run->state.network, &after->network, &network);
        if (r < 0)
                return r;

        network.hooks_done = run->state.network.hooks_done;
        wgp_network_done(&run->state.network);
        run->state.network = network;
        if (!run->state.name)
                run->state.name = strdup(run->name);
        free(run->state.file);
        run->state.file = strdup(after->file);
        if (!run->state.name || !run->state.file)
                return -ENOMEM;
        run->state.format = after->format;
        run->state.backend = run->context.backend;
        run->state.complete = false;
        run->state.automatic_mtu = after->automatic_mtu;

        r = wgp_run_write_state(run);
        if (r >= 0)
                run->has_state = true;
        return r;
}

/* Writes the record of the finished run, which becomes run->state. Returns 0 or a negative errno (reported). */
int wgp_write_record_after(WgpRun *run, WgpState *after) {
        after->network.link.ifindex = run->actual.link.ifindex;
        after->backend = run->context.backend;
        if (run->answers_refused >= 0)
                after->network.filter.refused = run->answers_refused;
        if (run->filter_problem) {
                after->network.filter.present = run->actual.filter.present;
                free(after->filter_problem);
                after->filter_problem = TAKE_PTR(run->filter_problem);
        }
        wgp_state_done(&run->state);
        run->state = *after;
        *after = WGP_STATE_NULL;
        return wgp_run_write_state(run);
}
