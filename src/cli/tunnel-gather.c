/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Gathering. What one source does not tell, because of who is asking or because it is not there, is left empty: the
 * judgement says so. */

#include "cli/tunnel-gather.h"

#include <fcntl.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli/input.h"
#include "cli/peer-names-file.h"
#include "cli/profile-set.h"
#include "cli/resolver-notes.h"
#include "cli/unit-present.h"
#include "netlink/nl-query.h"
#include "system/kill-switch-record.h"
#include "system/profile-name.h"
#include "system/root-path.h"
#include "system/userspace.h"

void wgp_moment_now(WgpMoment *ret) {
        struct timespec real = {}, boot = {};

        clock_gettime(CLOCK_REALTIME, &real);
        clock_gettime(CLOCK_BOOTTIME, &boot);
        *ret = (WgpMoment) {
                .real_sec = real.tv_sec,
                .boot_usec = (uint64_t) boot.tv_sec * 1000000 + (uint64_t) boot.tv_nsec / 1000,
        };
}

void wgp_gather_done(WgpGather *gather) {
        wgp_units_done(&gather->units);
        wgp_nl_socket_free(gather->here.route);
        wgp_nl_socket_free(gather->here.generic);
        wgp_store_free(gather->store);
        if (gather->directory >= 0)
                close(gather->directory);
        *gather = (WgpGather) { .directory = -EBADF };
}

static int open_records(WgpGather *gather) {
        int r;

        r = wgp_state_find_directory(gather->cli->root, &gather->directory);
        if (r == -EACCES)
                gather->hidden = true;
        return r == -ENOENT || r == -EACCES ? 0 : r;
}

static int open_systemd(WgpGather *gather, const char *name, bool brief) {
        int r;

        if (!wgp_cli_is_this_system(gather->cli)) /* its units are not known */
                return 0;
        r = brief ? wgp_units_list(&gather->units) : wgp_units_read(name, &gather->units);
        gather->asked_systemd = r >= 0;
        return r == -ENODATA ? 0 : r;
}

static int open_all(const WgpCli *cli, const char *name, bool brief, WgpGather *ret) {
        WgpGather gather = { .cli = cli, .directory = -EBADF, .brief = brief };
        int r;

        r = open_systemd(&gather, name, brief);
        if (r >= 0)
                r = open_records(&gather);
        if (r >= 0)
                r = wgp_nl_socket_open(NETLINK_ROUTE, &gather.here.route);
        if (r >= 0)
                r = wgp_nl_socket_open(NETLINK_GENERIC, &gather.here.generic);
        if (r >= 0)
                r = wgp_cli_open_store(cli, &gather.store);
        if (r != 0) {
                wgp_gather_done(&gather);
                return r;
        }
        *ret = gather;
        return 0;
}

/* Opens everything that the status of one tunnel, or of all ("name" is NULL), is made of. Returns 0, an exit code
 * (reported), or a negative errno. */
int wgp_gather_open(const WgpCli *cli, const char *name, WgpGather *ret) {
        return open_all(cli, name, /* brief= */ false, ret);
}

/* The same for one line a tunnel, of which there may be thousands. */
int wgp_gather_open_brief(const WgpCli *cli, WgpGather *ret) {
        return open_all(cli, /* name= */ NULL, /* brief= */ true, ret);
}

/* --- the record and the kernel --- */

static int read_record(WgpGather *gather, WgpTunnelStatus *tunnel) {
        WgpKillSwitch kill_switch = {};
        int r;

        tunnel->hidden = gather->hidden;
        if (gather->directory < 0)
                return 0;
        tunnel->kill_switch = wgp_kill_switch_read(gather->directory, tunnel->name, &kill_switch) == 0;
        tunnel->kill_switch_strict = kill_switch.strict;
        r = wgp_state_read(gather->directory, tunnel->name, &tunnel->record);
        tunnel->has_record = r == 0;
        return r == -ENOMEM ? r : 0;
}

static int read_device(WgpGather *gather, const WgpTunnelSockets *sockets, WgpTunnelStatus *tunnel) {
        WgpNetwork *network = &tunnel->network;
        int r;

        if (tunnel->record.backend == WGP_BACKEND_USERSPACE)
                return wgp_userspace_get(network->link.name, &network->device);
        r = wgp_nl_query_wireguard(sockets->generic, &gather->wireguard);
        return r < 0 ? r :
                       wgp_nl_query_device(
                                       sockets->generic, gather->wireguard, network->link.ifindex, &network->device);
}

static int read_link(WgpGather *gather, const WgpTunnelSockets *sockets, WgpTunnelStatus *tunnel) {
        const WgpLink *recorded = &tunnel->record.network.link;
        WgpNetwork *network = &tunnel->network;
        int r;

        r = wgp_nl_query_link(sockets->route, /* ifindex= */ 0, recorded->name, &network->link);
        if (r < 0)
                return r == -ENODEV ? 0 : r;
        if (recorded->ifindex > 0 && network->link.ifindex != recorded->ifindex) { /* somebody else's, of that name */
                network->link = (WgpLink) {};
                return 0;
        }
        r = gather->brief ? 0 : wgp_nl_query_addresses(sockets->route, network->link.ifindex, network);
        if (r >= 0) {
                tunnel->device_error = read_device(gather, sockets, tunnel);
                if (tunnel->device_error == -EPERM || tunnel->device_error == -EACCES)
                        tunnel->hidden = true;
        }
        return r;
}

static int read_kernel(WgpGather *gather, WgpTunnelStatus *tunnel) {
        _cleanup_(wgp_tunnel_sockets_done) WgpTunnelSockets sockets = {};
        int r;

        r = wgp_tunnel_sockets_open(&gather->here, tunnel->record.network.netns, &sockets);
        if (r == -ENOENT || r == -EPERM) {
                tunnel->netns_gone = r == -ENOENT;
                tunnel->hidden = r == -EPERM;
                return 0;
        }
        return r < 0 ? r : read_link(gather, &sockets, tunnel);
}

/* --- peers --- */

static int compare_key(const void *a, const void *b) {
        const WgpPeerStatus *x = a, *y = b;

        return memcmp(x->peer->public_key, y->peer->public_key, WGP_KEY_SIZE);
}

/* As wg(8) sorts them: the one heard of last comes first. */
static int compare_heard(const void *a, const void *b) {
        const WgpPeerStatus *x = a, *y = b;

        if (x->peer->handshake_sec != y->peer->handshake_sec)
                return x->peer->handshake_sec > y->peer->handshake_sec ? -1 : 1;
        return compare_key(a, b);
}

/* The peers that the profile has an endpoint for: by address, or by name. */
static int note_configured(WgpTunnelStatus *tunnel) {
        const WgpDevice *device = &tunnel->record.network.device;

        for (size_t i = 0; i < device->n_peers; i++) {
                WgpPeerStatus *peer = wgp_tunnel_find_peer(tunnel, device->peers[i].public_key);

                if (peer)
                        peer->configured = true;
        }
        for (size_t i = 0; i < tunnel->record.n_names; i++) {
                const WgpStateName *name = tunnel->record.names + i;
                WgpPeerStatus *peer = wgp_tunnel_find_peer(tunnel, name->public_key);

                if (!peer || peer->host)
                        continue;
                peer->configured = true;
                peer->port = name->port;
                peer->host = strdup(name->host);
                if (!peer->host)
                        return -ENOMEM;
        }
        return 0;
}

static int build_peers(WgpTunnelStatus *tunnel) {
        const WgpDevice *device = &tunnel->network.device;

        tunnel->peers = calloc(device->n_peers + 1, sizeof(*tunnel->peers));
        if (!tunnel->peers)
                return -ENOMEM;
        for (size_t i = 0; i < device->n_peers; i++)
                tunnel->peers[i].peer = device->peers + i;
        tunnel->n_peers = device->n_peers;
        qsort(tunnel->peers, tunnel->n_peers, sizeof(*tunnel->peers), compare_key);
        return note_configured(tunnel);
}

/* --- the profile --- */

static int read_names(const WgpCli *cli, const char *path, WgpPeerNames *names) {
        _cleanup_(freep) char *file = NULL;
        int r;

        r = wgp_root_path(cli->root, path, &file);
        if (r < 0)
                return r == -ENOMEM ? r : 0;
        return wgp_peer_names_read_file(file, names);
}

static int name_peers(WgpTunnelStatus *tunnel, const WgpPeerNames *names) {
        for (size_t i = 0; i < tunnel->n_peers; i++) {
                const char *name = wgp_peer_names_find(names, tunnel->peers[i].peer->public_key);

                tunnel->peers[i].name = name ? wgp_printable(name) : NULL;
                if (name && !tunnel->peers[i].name)
                        return -ENOMEM;
        }
        return 0;
}

/* When a file was last written or put where it is; false: it cannot be looked at. */
static bool was_changed_after(const WgpCli *cli, const char *path, const struct timespec *moment) {
        _cleanup_(freep) char *file = NULL;
        struct stat st;

        if (wgp_root_path(cli->root, path, &file) < 0 || stat(file, &st) < 0)
                return false;
        return st.st_ctim.tv_sec > moment->tv_sec ||
               (st.st_ctim.tv_sec == moment->tv_sec && st.st_ctim.tv_nsec > moment->tv_nsec);
}

/* systemd wants to be reloaded whenever the profile was changed, since the unit names it as its source. That is of no
 * use when the generator would write the same again. */
static int judge_unit_age(const WgpGather *gather, const WgpStoreItem *item, const WgpProfile *profile,
                WgpTunnelStatus *tunnel) {
        _cleanup_(freep) char *instance = wgp_instance_escape(tunnel->name);
        struct timespec generated;
        bool current = false;

        if (!instance)
                return -ENOMEM;
        if (profile && wgp_unit_find_time(instance, &generated) &&
                        was_changed_after(gather->cli, item->path, &generated) &&
                        wgp_unit_is_current(item->path, profile, instance, &current) >= 0 && current)
                tunnel->outdated = false;
        return 0;
}

/* What can be made out of a profile with errors counts, as it does for the kill switch itself. */
static int read_wishes(WgpGather *gather, const WgpStoreItem *item, WgpTunnelStatus *tunnel) {
        _cleanup_(wgp_diagnostics_done) WgpDiagnostics ignored = WGP_DIAGNOSTICS_NULL;
        _cleanup_(wgp_profile_freep) WgpProfile *profile = NULL;
        int r;

        r = wgp_store_load(gather->store, item, &ignored, &profile);
        tunnel->fallback = item->fallback;
        tunnel->masked = r == WGP_STORE_E_MASKED;
        tunnel->n_errors = ignored.n_errors;
        if (profile)
                tunnel->boot = !item->fallback && wgp_profile_autoconnects(profile) ? WGP_BOOT_YES : WGP_BOOT_NO;
        if (profile)
                tunnel->kill_switch_wanted = profile->kill_switch != WGP_YES ? WGP_KILL_SWITCH_NO :
                                             profile->kill_switch_strict     ? WGP_KILL_SWITCH_STRICT :
                                                                               WGP_KILL_SWITCH_YES;
        return r == -ENOMEM ? r : tunnel->outdated ? judge_unit_age(gather, item, profile, tunnel) : 0;
}

/* Drop-ins that were deleted leave a changed directory. */
static int note_modified(const WgpGather *gather, const WgpStoreItem *item, WgpTunnelStatus *tunnel) {
        _cleanup_(freep) char *record = NULL, *directory = NULL;
        struct stat st;

        if (!tunnel->has_record)
                return 0;
        if (asprintf(&record, "%s.json", tunnel->name) < 0)
                record = NULL;
        if (asprintf(&directory, "%s.d", item->path) < 0)
                directory = NULL;
        if (!record || !directory)
                return -ENOMEM;
        if (fstatat(gather->directory, record, &st, AT_SYMLINK_NOFOLLOW) < 0)
                return 0;
        tunnel->modified = was_changed_after(gather->cli, item->path, &st.st_mtim) ||
                           was_changed_after(gather->cli, directory, &st.st_mtim);
        for (size_t i = 0; !tunnel->modified && i < item->n_dropins; i++)
                tunnel->modified = was_changed_after(gather->cli, item->dropins[i].path, &st.st_mtim);
        return 0;
}

/* Takes from the profile what it wants, and from its comments what the peers are called. */
static int read_found_profile(WgpGather *gather, const WgpStoreItem *item, WgpTunnelStatus *tunnel) {
        _cleanup_(wgp_peer_names_done) WgpPeerNames names = WGP_PEER_NAMES_NULL;
        int r;

        if (asprintf(&tunnel->path, "%s%s", gather->cli->root ?: "", item->path) < 0) {
                tunnel->path = NULL;
                return -ENOMEM;
        }
        r = read_wishes(gather, item, tunnel);
        if (r >= 0)
                r = note_modified(gather, item, tunnel);
        if (r < 0 || tunnel->n_peers == 0)
                return r;
        r = read_names(gather->cli, item->path, &names);
        for (size_t i = 0; r >= 0 && i < item->n_dropins; i++)
                r = read_names(gather->cli, item->dropins[i].path, &names);
        return r < 0 ? r : name_peers(tunnel, &names);
}

static int compare_item(const void *name, const void *item) {
        return strcmp(name, ((const WgpStoreItem *) item)->name);
}

static int read_profile(WgpGather *gather, WgpTunnelStatus *tunnel) {
        _cleanup_(wgp_diagnostics_done) WgpDiagnostics diagnostics = WGP_DIAGNOSTICS_NULL;
        _cleanup_(wgp_store_item_done) WgpStoreItem item = WGP_STORE_ITEM_NULL;
        const WgpStoreList *profiles = gather->profiles;
        const WgpStoreItem *found;
        int r;

        if (profiles) {
                found = profiles->n_items == 0 ? NULL :
                                                 bsearch(tunnel->name, profiles->items, profiles->n_items,
                                                                 sizeof(*profiles->items), compare_item);
                return found ? read_found_profile(gather, found, tunnel) : 0;
        }
        r = wgp_store_find(gather->store, tunnel->name, &diagnostics, &item);
        if (r != 0)
                return r == -ENOMEM ? r : 0;
        return read_found_profile(gather, &item, tunnel);
}

/* --- all of it --- */

static int gather_peers(WgpGather *gather, WgpTunnelStatus *tunnel) {
        int r;

        r = build_peers(tunnel);
        if (r >= 0 && gather->directory >= 0)
                r = wgp_resolver_notes_read(gather->directory, tunnel);
        r = r == -ENOMEM ? r : 0; /* notes that cannot be read are none */
        if (r >= 0)
                r = read_profile(gather, tunnel);
        qsort(tunnel->peers, tunnel->n_peers, sizeof(*tunnel->peers), compare_heard);
        return r;
}

static bool has_failed(const WgpUnitStatus *unit) {
        return wgp_unit_is(unit, "failed") || (wgp_unit_is(unit, "activating") && streq(unit->sub, "auto-restart"));
}

/* Gathers what there is of one tunnel, and judges it. Returns 0, or a negative errno. */
int wgp_gather_tunnel(WgpGather *gather, const char *name, WgpTunnelStatus *ret) {
        WgpTunnelStatus tunnel = WGP_TUNNEL_STATUS_NULL;
        WgpMoment now;
        int r;

        tunnel.name = strdup(name);
        if (!tunnel.name)
                return -ENOMEM;
        tunnel.asked_systemd = gather->asked_systemd;
        tunnel.unit = wgp_units_find(&gather->units, name);
        tunnel.outdated = tunnel.unit && tunnel.unit->outdated;
        r = has_failed(tunnel.unit) ? wgp_unit_words(tunnel.unit, &tunnel.words) : 0;
        r = r == -ENODATA ? 0 : r;
        if (r >= 0)
                r = read_record(gather, &tunnel);
        if (r >= 0 && tunnel.has_record)
                r = read_kernel(gather, &tunnel);
        if (r >= 0)
                r = gather_peers(gather, &tunnel);
        wgp_moment_now(&now);
        if (r >= 0)
                r = wgp_tunnel_judge(&tunnel, &now);
        if (r < 0) {
                wgp_tunnel_status_done(&tunnel);
                return r;
        }
        *ret = tunnel;
        return 0;
}

/* For a name that neither a profile nor a tunnel has: says which there are. Returns the exit code, 0 when there is
 * something of that name, or a negative errno. */
int wgp_tunnel_refuse_unknown(const WgpCli *cli, const WgpTunnelStatus *tunnel) {
        _cleanup_(wgp_loaded_done) WgpLoaded loaded = WGP_LOADED_NULL;

        if (tunnel->state != WGP_TUNNEL_DOWN || tunnel->path || tunnel->hidden)
                return 0;
        return wgp_loaded_open_name(cli, tunnel->name, &loaded);
}
