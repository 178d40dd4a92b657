/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looks at tunnels: finds which there are, gathers what is known of each, compares them with their profiles. */

#include "cli/look.h"

#include "cli/tunnel-compare.h"

void wgp_look_done(WgpLook *look) {
        for (size_t i = 0; i < look->n_tunnels; i++)
                wgp_tunnel_status_done(look->tunnels + i);
        free(look->tunnels);
        wgp_names_done(&look->names);
        wgp_names_done(&look->others);
        wgp_store_list_done(&look->profiles);
        wgp_gather_done(&look->gather);
        *look = WGP_LOOK_NULL;
}

/* --- which tunnels --- */

static int add_recorded(const char *name, const WgpState *state, void *userdata) {
        return wgp_names_add(userdata, name);
}

/* Adds the tunnels that run, or should: by systemd and by the records. */
static int find_running(WgpLook *look) {
        const WgpUnits *units = &look->gather.units;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < units->n_items; i++)
                if (!wgp_unit_is(units->items + i, "inactive"))
                        r = wgp_names_add(&look->names, units->items[i].name);
        if (r >= 0 && look->gather.directory >= 0)
                r = wgp_state_read_others(look->gather.directory, "", add_recorded, &look->names);
        wgp_names_sort(&look->names);
        return r;
}

static int list_profiles(WgpLook *look) {
        _cleanup_(wgp_diagnostics_done) WgpDiagnostics diagnostics = WGP_DIAGNOSTICS_NULL;
        int r;

        r = wgp_store_enumerate(look->gather.store, &diagnostics, &look->profiles);
        return r == -ENOMEM ? r : 0;
}

/* Adds the other profiles: without those that are there for other programs, or masked, unless "unused" asks for them.
 */
static int find_others(WgpLook *look, bool unused) {
        for (size_t i = 0; i < look->profiles.n_items; i++) {
                const WgpStoreItem *item = look->profiles.items + i;
                int r;

                if (wgp_names_contains(&look->names, item->name))
                        continue;
                if (!unused && (item->fallback || wgp_store_is_masked(look->gather.store, item) > 0))
                        continue;
                r = wgp_names_add(&look->others, item->name);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* --- looking --- */

/* To compare a tunnel with its profile takes a process: of many tunnels, those are compared whose profile has changed.
 */
static int look_at(WgpLook *look) {
        look->tunnels = calloc(look->names.n_items + 1, sizeof(*look->tunnels));
        if (!look->tunnels)
                return -ENOMEM;
        for (size_t i = 0; i < look->names.n_items; i++) {
                WgpTunnelStatus *tunnel = look->tunnels + i;
                int r;

                r = wgp_gather_tunnel(&look->gather, look->names.items[i], tunnel);
                if (r < 0)
                        return r;
                look->n_tunnels++;
                r = look->gather.brief && !tunnel->modified ? 0 : wgp_tunnel_compare(look->cli, tunnel);
                if (r < 0)
                        return r;
        }
        wgp_moment_now(&look->now);
        return 0;
}

/* Looks at the tunnels that the arguments name. Returns 0, an exit code (reported), or a negative errno; "look" is for
 * wgp_look_done() in any case. */
int wgp_look_at_named(const WgpCli *cli, WgpLook *look) {
        int r;

        look->cli = cli;
        r = wgp_gather_open(cli, cli->n_arguments == 1 ? cli->arguments[0] : NULL, &look->gather);
        for (size_t i = 0; r == 0 && i < cli->n_arguments; i++)
                r = wgp_names_add(&look->names, cli->arguments[i]);
        return r != 0 ? r : look_at(look);
}

/* Looks at all tunnels that run, and lists the other profiles. Returns as wgp_look_at_named(). */
int wgp_look_at_running(const WgpCli *cli, WgpLook *look) {
        int r;

        look->cli = cli;
        r = wgp_gather_open(cli, /* name= */ NULL, &look->gather);
        if (r == 0)
                r = find_running(look);
        if (r == 0)
                r = list_profiles(look);
        if (r == 0)
                r = find_others(look, /* unused= */ false);
        return r != 0 ? r : look_at(look);
}

/* Looks at all tunnels, those that are not started as well, as far as one line of each needs it. "unused": also at
 * those profiles of other programs that are not started, and at masked ones. Returns as wgp_look_at_named(). */
int wgp_look_at_all(const WgpCli *cli, bool unused, WgpLook *look) {
        int r;

        look->cli = cli;
        r = wgp_gather_open_brief(cli, &look->gather);
        if (r == 0)
                r = find_running(look);
        if (r == 0)
                r = list_profiles(look);
        if (r == 0)
                r = find_others(look, unused);
        for (size_t i = 0; r == 0 && i < look->others.n_items; i++)
                r = wgp_names_add(&look->names, look->others.items[i]);
        if (r != 0)
                return r;
        wgp_names_sort(&look->names);
        look->gather.profiles = &look->profiles;
        return look_at(look);
}

/* --- rates --- */

/* A peer of a tunnel, to be found by both. */
typedef struct Place {
        const char *tunnel;
        WgpPeerStatus *peer;
} Place;

static int compare_place(const void *a, const void *b) {
        const Place *x = a, *y = b;
        int r;

        r = strcmp(x->tunnel, y->tunnel);
        return r != 0 ? r : memcmp(x->peer->peer->public_key, y->peer->peer->public_key, WGP_KEY_SIZE);
}

/* Returns the peers of all tunnels, sorted; NULL when there are none, or memory ran out. */
static Place *sort_peers(const WgpLook *look, size_t *ret_n) {
        size_t n = 0;
        Place *places;

        for (size_t i = 0; i < look->n_tunnels; i++)
                n += look->tunnels[i].n_peers;
        places = n > 0 ? calloc(n, sizeof(*places)) : NULL;
        if (!places)
                return NULL;
        *ret_n = 0;
        for (size_t i = 0; i < look->n_tunnels; i++)
                for (size_t k = 0; k < look->tunnels[i].n_peers; k++)
                        places[(*ret_n)++] = (Place) { look->tunnels[i].name, look->tunnels[i].peers + k };
        qsort(places, n, sizeof(*places), compare_place);
        return places;
}

/* Bytes a second; a counter that was begun anew has none. */
static uint64_t rate_of(uint64_t before, uint64_t after, uint64_t usec) {
        return after < before ? 0 : (uint64_t) ((double) (after - before) * 1e6 / (double) usec);
}

/* Fills in the rates of the peers that were there at the look before. */
void wgp_look_find_rates(const WgpLook *before, WgpLook *look) {
        const uint64_t usec = look->now.boot_usec - WGP_MIN(before->now.boot_usec, look->now.boot_usec);
        size_t n = 0;
        _cleanup_(freep) Place *places = sort_peers(before, &n);

        if (!places || usec == 0)
                return;
        for (size_t i = 0; i < look->n_tunnels; i++)
                for (size_t k = 0; k < look->tunnels[i].n_peers; k++) {
                        WgpPeerStatus *peer = look->tunnels[i].peers + k;
                        const Place key = { look->tunnels[i].name, peer };
                        const Place *found = bsearch(&key, places, n, sizeof(*places), compare_place);

                        if (!found)
                                continue;
                        peer->has_rates = true;
                        peer->rx_rate = rate_of(found->peer->peer->rx_bytes, peer->peer->rx_bytes, usec);
                        peer->tx_rate = rate_of(found->peer->peer->tx_bytes, peer->peer->tx_bytes, usec);
                }
}
