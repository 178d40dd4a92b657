/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds by which links, or servers, a question is asked. */

#include "resolver/dns-config.h"

void wgp_dns_config_done(WgpDnsConfig *config) {
        free(config->links);
        *config = (WgpDnsConfig) {};
}

/* Finds a link, or adds it. NULL: out of memory. The pointer is good until the next call. */
WgpDnsLink *wgp_dns_config_link(WgpDnsConfig *config, uint32_t ifindex) {
        for (size_t i = 0; i < config->n_links; i++)
                if (config->links[i].ifindex == ifindex)
                        return config->links + i;
        if (!wgp_grow(&config->links, &config->n_allocated, config->n_links + 1, sizeof(*config->links)))
                return NULL;
        config->links[config->n_links] = (WgpDnsLink) { .ifindex = ifindex };
        return config->links + config->n_links++;
}

static bool same_link(const WgpDnsConfig *config, const WgpDnsLink *link) {
        static const WgpDnsLink none = {};
        const WgpDnsLink *other = &none;

        for (size_t i = 0; i < config->n_links; i++)
                if (config->links[i].ifindex == link->ifindex)
                        other = config->links + i;
        return other->has_servers == link->has_servers && other->catches_all == link->catches_all &&
               other->is_split == link->is_split;
}

/* Whether all questions go the same way with both. */
bool wgp_dns_config_has_same_ways(const WgpDnsConfig *a, const WgpDnsConfig *b) {
        for (size_t i = 0; i < a->n_links; i++)
                if (!same_link(b, a->links + i))
                        return false;
        for (size_t i = 0; i < b->n_links; i++)
                if (!same_link(a, b->links + i))
                        return false;
        return true;
}

/* Whether that link is asked for everything. */
bool wgp_dns_config_catches_all(const WgpDnsConfig *config, uint32_t ifindex) {
        for (size_t i = 0; i < config->n_links; i++)
                if (ifindex > 0 && config->links[i].ifindex == ifindex)
                        return config->links[i].catches_all;
        return false;
}

static bool contains(const uint32_t *ours, size_t n_ours, uint32_t ifindex) {
        for (size_t i = 0; i < n_ours; i++)
                if (ours[i] == ifindex)
                        return true;
        return false;
}

/* Appends the links that are not ours and have servers: those that are asked for everything, or the others. */
static size_t add_underlay(
                const WgpDnsConfig *config, const uint32_t *ours, size_t n_ours, bool split, uint32_t *way, size_t n) {
        for (size_t i = 0; i < config->n_links && n < WGP_DNS_WAYS_MAX - 2; i++) {
                const WgpDnsLink *link = config->links + i;

                if (link->ifindex > 0 && link->has_servers && (link->is_split && !link->catches_all) == split &&
                                !contains(ours, n_ours, link->ifindex))
                        way[n++] = link->ifindex;
        }
        return n;
}

/* To which links (0: any), or WGP_DNS_WAY_SERVERS, the name of this tunnel's peer is to be put, one after the other
 * until one knows it. Where a link of ours catches all questions, they would go into the tunnel: one that is dead
 * would never be found again. Its own peers are asked for outside of it first, those of others only when it fails.
 * Servers that no link has are also asked through the tunnel, and a kill switch lets systemd-resolved ask in the LAN
 * at most: there the servers themselves are asked, with the mark. Returns how many, at least 1. */
size_t wgp_dns_config_find_ways(const WgpDnsConfig *config, const WgpDnsAsker *asker, const uint32_t *ours,
                size_t n_ours, uint32_t ret[static WGP_DNS_WAYS_MAX]) {
        bool own = wgp_dns_config_catches_all(config, asker->tunnel), any = false, global = false, servers;
        size_t n = 0;

        for (size_t i = 0; i < config->n_links; i++) {
                const WgpDnsLink *link = config->links + i;

                any = any || (link->catches_all && contains(ours, n_ours, link->ifindex));
                global = global || (link->ifindex == 0 && link->has_servers);
        }
        servers = asker->has_mark && config->n_servers > 0 && !config->tls_only;

        if (servers && asker->kill_switch)
                ret[n++] = WGP_DNS_WAY_SERVERS;
        if (!own)
                ret[n++] = 0;
        if (own || any) {
                n = add_underlay(config, ours, n_ours, /* split= */ false, ret, n);
                n = add_underlay(config, ours, n_ours, /* split= */ true, ret, n);
        }
        if (servers && !asker->kill_switch && (own || any || global))
                ret[n++] = WGP_DNS_WAY_SERVERS;
        if (own)
                ret[n++] = 0;
        return n;
}
