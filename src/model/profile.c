/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The profile: making, resetting and freeing it. Everything that ever held a key is wiped. */

#include "model/profile.h"

#include "model/dns.h"
#include "model/prefix.h"
#include "model/value.h"

/* Makes an empty profile of that NAME. Returns 0, or -ENOMEM. */
int wgp_profile_new(const char *name, WgpFormat format, WgpProfile **ret) {
        _cleanup_(wgp_profile_freep) WgpProfile *p = NULL;

        p = malloc(sizeof(*p));
        if (!p)
                return -ENOMEM;
        *p = (WgpProfile) {
                .format = format,
                .peer_routes = true,
                .autoconnect = WGP_UNSET,
                .hooks_allowed = WGP_UNSET,
                .kill_switch = WGP_UNSET,
                .keyfile_autoconnect = WGP_UNSET,
                .route_metric = -1,
                .ipv4 = { .never_default = WGP_UNSET,
                                .may_fail = WGP_UNSET,
                                .auto_default_route = WGP_UNSET,
                                .route_metric = -1 },
                .ipv6 = { .never_default = WGP_UNSET,
                                .may_fail = WGP_UNSET,
                                .auto_default_route = WGP_UNSET,
                                .route_metric = -1 },
                .mdns = -1,
                .llmnr = -1,
                .dns_over_tls = -1,
                .dnssec = -1,
        };

        p->name = strdup(name);
        if (!p->name)
                return -ENOMEM;
        if (format == WGP_FORMAT_WG_QUICK) {
                p->ifname = strdup(name);
                if (!p->ifname)
                        return -ENOMEM;
        }

        *ret = TAKE_PTR(p);
        return 0;
}

void wgp_secret_done(WgpSecret *secret) {
        free(secret->name);
        explicit_bzero(secret, sizeof(*secret));
}

void wgp_endpoint_done(WgpEndpoint *endpoint) {
        free(endpoint->host);
        free(endpoint->scope);
        free(endpoint->service);
        *endpoint = (WgpEndpoint) {};
}

/* Drops the alternate endpoints; their memory is used again. */
void wgp_peer_reset_alternates(WgpPeer *peer) {
        for (size_t i = 0; i < peer->n_alternates; i++)
                wgp_endpoint_done(peer->alternates + i);
        peer->n_alternates = 0;
}

void wgp_peer_done(WgpPeer *peer) {
        wgp_secret_done(&peer->preshared_key);
        wgp_endpoint_done(&peer->endpoint);
        if (peer->alternates) { /* nearly never */
                wgp_peer_reset_alternates(peer);
                free(peer->alternates);
        }
        free(peer->allowed_ips);
        free(peer->name);
}

/* Drops the servers and the domains of one family; AF_UNSPEC as "server_family": all of both. */
void wgp_profile_reset_dns(WgpProfile *profile, int server_family, int domain_family) {
        size_t n = 0;

        for (size_t i = 0; i < profile->n_dns_servers; i++)
                if (server_family == AF_UNSPEC || profile->dns_servers[i].address.family == server_family)
                        wgp_dns_server_done(profile->dns_servers + i);
                else
                        profile->dns_servers[n++] = profile->dns_servers[i];
        profile->n_dns_servers = n;

        n = 0;
        for (size_t i = 0; i < profile->n_dns_domains; i++)
                if (profile->dns_domains[i].family == domain_family)
                        free(profile->dns_domains[i].name);
                else
                        profile->dns_domains[n++] = profile->dns_domains[i];
        profile->n_dns_domains = n;
}

void wgp_profile_reset_hooks(WgpProfile *profile, WgpHookType type) {
        size_t n = 0;

        for (size_t i = 0; i < profile->n_hooks; i++)
                if (profile->hooks[i].type == type)
                        free(profile->hooks[i].command);
                else
                        profile->hooks[n++] = profile->hooks[i];
        profile->n_hooks = n;
}

static void entry_done(WgpEntry *entry) {
        free(entry->section_name);
        free(entry->name);
        free(entry->value);
}

static void free_lists(WgpProfile *p) {
        for (size_t i = 0; i < p->n_files; i++)
                free(p->files[i].path);
        free(p->files);
        for (size_t i = 0; i < p->n_hooks; i++)
                free(p->hooks[i].command);
        free(p->hooks);
        for (size_t i = 0; i < p->n_dns_servers; i++)
                wgp_dns_server_done(p->dns_servers + i);
        free(p->dns_servers);
        for (size_t i = 0; i < p->n_dns_domains; i++)
                free(p->dns_domains[i].name);
        free(p->dns_domains);
        for (size_t i = 0; i < p->n_peers; i++)
                wgp_peer_done(p->peers + i);
        wgp_wipe_free(p->peers, p->n_peers * sizeof(*p->peers)); /* the rest was never used */
        free(p->peer_starts.slots);
        for (size_t i = 0; i < p->n_entries; i++)
                entry_done(p->entries + i);
        free(p->entries);
        free(p->addresses);
        free(p->routes);
        free(p->rules);
}

WgpProfile *wgp_profile_free(WgpProfile *p) {
        if (!p)
                return NULL;

        free_lists(p);
        wgp_secret_done(&p->private_key);
        free(p->name);
        free(p->ifname);
        free(p->listen_service);
        free(p->table.name);
        free(p->id);
        free(p->uuid);
        free(p->zone);
        free(p->controller);
        free(p->port_type);
        free(p->netns);
        free(p->vrf);
        free(p->private_key_file);
        wgp_endpoint_done(&p->client_endpoint);
        free(p->client_allowed_ips);
        free(p->client_dns);
        free(p);
        return NULL;
}

/* Of two peers that claim one prefix, the one with the larger number has it. A later file goes before an earlier one.
 * Within a file wg(8) hands the kernel a section at a time, the second one of the same peer too; NetworkManager hands
 * it the peers. */
uint64_t wgp_profile_claim_order(const WgpProfile *profile, size_t peer, const WgpPeerIp *ip) {
        const uint64_t place = profile->format == WGP_FORMAT_KEYFILE ? peer : ip->origin.line;

        return (uint64_t) ip->origin.file << 32 | place;
}

/* Finds the peer with the tunnel's own public key, as a list that all hosts of a mesh have in common names it:
 * WireGuard ignores it. To be called before the desired state is built, once the private key is known. */
void wgp_profile_mark_self(WgpProfile *profile, const uint8_t public_key[static WGP_KEY_SIZE]) {
        for (size_t i = 0; i < profile->n_peers; i++)
                profile->peers[i].is_self = memcmp(profile->peers[i].public_key, public_key, WGP_KEY_SIZE) == 0;
}

/* The path that a line came from. */
const char *wgp_profile_file(const WgpProfile *profile, WgpOrigin origin) {
        return origin.file < profile->n_files ? profile->files[origin.file].path : profile->name;
}

/* Whether an address, given as its masked prefix, comes with a route to that. The kernel makes none for a single IPv4
 * host and none inside 0.0.0.0/8; the routes of a keyfile's addresses are ours. */
bool wgp_profile_has_prefix_route(const WgpProfile *profile, const WgpPrefix *connected) {
        return profile->format == WGP_FORMAT_KEYFILE || connected->family == AF_INET6 ||
               (connected->length < 32 && connected->bytes[0] != 0);
}

/* Whether somebody has to type a key when the tunnel starts. */
bool wgp_profile_must_prompt(const WgpProfile *profile) {
        if (profile->private_key.source == WGP_SECRET_ASK)
                return true;
        for (size_t i = 0; i < profile->n_peers; i++)
                if (profile->peers[i].preshared_key.source == WGP_SECRET_ASK)
                        return true;
        return false;
}

/* Whether the tunnel comes up at boot: [WgProfile] Autoconnect=, else what the format says, and yes by default; never
 * when somebody would have to type a secret. */
bool wgp_profile_autoconnects(const WgpProfile *profile) {
        if (wgp_profile_must_prompt(profile))
                return false;
        if (profile->autoconnect != WGP_UNSET)
                return profile->autoconnect;
        return profile->keyfile_autoconnect != WGP_NO && !profile->has_permissions;
}

/* Whether the profile has a kill switch, or it cannot be ruled out. */
bool wgp_profile_may_have_kill_switch(const WgpProfile *profile) {
        return profile->kill_switch == WGP_YES || (profile->incomplete && profile->kill_switch == WGP_UNSET);
}

/* The name of the VRF that the link is put into, NULL: none. [WgProfile] Vrf= goes before controller=, which may be
 * the UUID of a NetworkManager connection: that names no link. */
const char *wgp_profile_vrf(const WgpProfile *profile) {
        if (profile->vrf)
                return profile->vrf;
        return profile->controller && profile->port_type && streq(profile->port_type, "vrf") &&
                                               wgp_ifname_is_valid(profile->controller) ?
                               profile->controller :
                               NULL;
}

/* Whether routes to the peers can never catch the tunnel's own packets: those stay in this network namespace, in no
 * VRF. */
bool wgp_profile_has_own_routing(const WgpProfile *profile) {
        return profile->netns || wgp_profile_vrf(profile);
}

/* What the profile says of AF_INET or AF_INET6 alone. */
const WgpFamily *wgp_profile_family(const WgpProfile *profile, int family) {
        return family == AF_INET6 ? &profile->ipv6 : &profile->ipv4;
}

/* Whether routes that would catch our own packets get a table and rules of their own. */
bool wgp_profile_wants_policy(const WgpProfile *profile, int family) {
        const WgpFamily *f = wgp_profile_family(profile, family);

        if (wgp_profile_has_own_routing(profile))
                return false;
        if (profile->format == WGP_FORMAT_WG_QUICK)
                return profile->table.kind == WGP_TABLE_AUTO;
        if (f->auto_default_route != WGP_UNSET)
                return f->auto_default_route;
        return f->never_default != WGP_YES;
}

bool wgp_profile_runs_hooks(const WgpProfile *profile) {
        return profile->n_hooks > 0 && profile->hooks_allowed != WGP_NO;
}
