/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Client addresses. A host is its number within the network; what is taken of a network is a sorted list of ranges of
 * such numbers, so that a prefix of any length costs one entry. */

#include "desired/client-address.h"

#include "model/value.h"

/* An IPv6 network has up to 2^128 hosts. */
typedef unsigned __int128 Host;

typedef struct Range {
        Host first, last; /* both are taken */
} Range;

typedef struct Network {
        const WgpPrefix *prefix;
        Host first, last; /* that a client may have */
        Range *ranges;    /* sorted, without overlap */
        size_t n_ranges, next;
} Network;

static Host number_of(const WgpPrefix *prefix) {
        const unsigned n = wgp_family_bits(prefix->family) / 8;
        Host number = 0;

        for (unsigned i = 0; i < n; i++)
                number = number << 8 | prefix->bytes[i];
        return number;
}

/* The last host of a prefix, as its number from the first one. */
static Host last_host(const WgpPrefix *prefix) {
        const unsigned bits = wgp_family_bits(prefix->family) - prefix->length;

        return bits == 0 ? 0 : bits == 128 ? ~(Host) 0 : ((Host) 1 << bits) - 1;
}

static WgpPrefix address_of(const WgpPrefix *network, Host host) {
        WgpPrefix address = *network;
        const unsigned n = wgp_family_bits(network->family) / 8;
        Host number;

        wgp_prefix_mask(&address);
        number = number_of(&address) + host;
        for (unsigned i = n; i-- > 0; number >>= 8)
                address.bytes[i] = (uint8_t) number;
        address.length = (uint8_t) wgp_family_bits(network->family);
        return address;
}

/* Leaves out the network's own address and, of IPv4, the broadcast address. A network of two has neither: RFC 3021,
 * RFC 6164. */
static void bounds(const WgpPrefix *network, Host *ret_first, Host *ret_last) {
        const Host last = last_host(network);

        *ret_first = last > 1 ? 1 : 0;
        *ret_last = last > 1 && network->family == AF_INET ? last - 1 : last;
}

/* Whether a server with that address and prefix length has room for a client. */
bool wgp_client_network_has_room(const WgpPrefix *network) {
        return network->length < wgp_family_bits(network->family);
}

static int compare_ranges(const void *a, const void *b) {
        const Range *x = a, *y = b;

        return (x->first > y->first) - (x->first < y->first);
}

/* What "taken" has of the network. A prefix that is as large as the network, or larger, takes none of its hosts:
 * theirs is the longer one. */
static size_t collect(const WgpPrefix *network, const WgpPrefix *taken, size_t n_taken, Range *ranges) {
        WgpPrefix masked = *network;
        Host base;
        size_t n = 0;

        wgp_prefix_mask(&masked);
        base = number_of(&masked);
        for (size_t i = 0; i < n_taken; i++) {
                WgpPrefix inner = taken[i];

                if (inner.family != masked.family || inner.length <= masked.length ||
                                !wgp_prefix_contains(&masked, &inner))
                        continue;
                wgp_prefix_mask(&inner);
                ranges[n].first = number_of(&inner) - base;
                ranges[n].last = ranges[n].first + last_host(&inner);
                n++;
        }
        return n;
}

static size_t join(Range *ranges, size_t n) {
        size_t k = 0;

        qsort(ranges, n, sizeof(*ranges), compare_ranges);
        for (size_t i = 0; i < n; i++)
                if (k > 0 && ranges[i].first <= ranges[k - 1].last)
                        ranges[k - 1].last = WGP_MAX(ranges[k - 1].last, ranges[i].last);
                else
                        ranges[k++] = ranges[i];
        return k;
}

static int open_network(const WgpPrefix *prefix, const WgpPrefix *taken, size_t n_taken, Network *ret) {
        *ret = (Network) { .prefix = prefix };
        ret->ranges = calloc(n_taken + 1, sizeof(*ret->ranges));
        if (!ret->ranges)
                return -ENOMEM;
        ret->n_ranges = join(ret->ranges, collect(prefix, taken, n_taken, ret->ranges));
        bounds(prefix, &ret->first, &ret->last);
        return 0;
}

/* The first free host from "from" on, which never becomes less from call to call. Returns false when there is none. */
static bool next_free(Network *network, Host from, Host *ret) {
        Host host = WGP_MAX(from, network->first);

        while (network->next < network->n_ranges && network->ranges[network->next].first <= host) {
                const Range *range = network->ranges + network->next++;

                if (range->last < host)
                        continue;
                if (range->last >= network->last)
                        return false;
                host = range->last + 1;
        }
        *ret = host;
        return host <= network->last;
}

/* The first host that is free in all of them. */
static bool find_common(Network *networks, size_t n, Host *ret) {
        Host host = 0;

        for (size_t agreed = 0, i = 0; agreed < n; i = (i + 1) % n) {
                Host found;

                if (!next_free(networks + i, host, &found))
                        return false;
                agreed = found == host && agreed > 0 ? agreed + 1 : 1;
                host = found;
        }
        *ret = host;
        return true;
}

static int choose(Network *networks, size_t n, WgpPrefix *ret, size_t *ret_full) {
        Host host = 0;
        const bool common = find_common(networks, n, &host);

        for (size_t i = 0; i < n; i++) {
                networks[i].next = 0;
                if (!common && !next_free(networks + i, 0, &host)) {
                        *ret_full = i;
                        return WGP_CLIENT_ADDRESSES_E_FULL;
                }
                ret[i] = address_of(networks[i].prefix, host);
        }
        return 0;
}

/* Finds an address in each of the server's networks, which are its addresses with their prefix lengths: the same host
 * in all of them where that is free, else the first free one of each. "taken" may hold prefixes of any length; the
 * server's own addresses belong into it, with their full length. "ret" has room for "n_networks".
 *
 * Returns 0 and the number of addresses, one for each network that has room; WGP_CLIENT_ADDRESSES_E_NONE;
 * WGP_CLIENT_ADDRESSES_E_FULL and the index of the network that is; or -ENOMEM. */
int wgp_client_addresses_find(const WgpPrefix *networks, size_t n_networks, const WgpPrefix *taken, size_t n_taken,
                WgpPrefix *ret, size_t *ret_n, size_t *ret_full) {
        _cleanup_(freep) Network *opened = calloc(n_networks + 1, sizeof(*opened));
        size_t n = 0, full = 0;
        int r = 0;

        if (!opened)
                return -ENOMEM;
        for (size_t i = 0; r >= 0 && i < n_networks; i++)
                if (wgp_client_network_has_room(networks + i))
                        r = open_network(networks + i, taken, n_taken, opened + n++);
        if (r >= 0)
                r = n > 0 ? choose(opened, n, ret, &full) : WGP_CLIENT_ADDRESSES_E_NONE;
        if (r == WGP_CLIENT_ADDRESSES_E_FULL)
                *ret_full = (size_t) (opened[full].prefix - networks);
        for (size_t i = 0; i < n; i++)
                free(opened[i].ranges);
        if (r == 0)
                *ret_n = n;
        return r;
}

static uint64_t as_count(Host n) {
        return n > UINT64_MAX ? UINT64_MAX : (uint64_t) n;
}

/* How many addresses of the network are in use, and how many there are for hosts; UINT64_MAX: or more. Returns 0, or
 * -ENOMEM. */
int wgp_client_addresses_count(const WgpPrefix *network, const WgpPrefix *taken, size_t n_taken, uint64_t *ret_used,
                uint64_t *ret_all) {
        Network opened;
        Host used = 0;
        int r;

        r = open_network(network, taken, n_taken, &opened);
        if (r < 0)
                return r;
        for (size_t i = 0; i < opened.n_ranges; i++) {
                const Host first = WGP_MAX(opened.ranges[i].first, opened.first);
                const Host last = WGP_MIN(opened.ranges[i].last, opened.last);

                used += first <= last ? last - first + 1 : 0;
        }
        *ret_used = as_count(used);
        *ret_all = as_count(opened.last - opened.first) + (opened.last - opened.first < UINT64_MAX);
        free(opened.ranges);
        return 0;
}

/* Whether a client may have an address that somebody chose for it. */
WgpClientAddress wgp_client_address_judge(const WgpPrefix *networks, size_t n_networks, const WgpPrefix *taken,
                size_t n_taken, const WgpPrefix *address) {
        const WgpPrefix *network = NULL;
        Host host, first, last;
        WgpPrefix masked;

        for (size_t i = 0; i < n_networks && !network; i++) {
                masked = networks[i];
                wgp_prefix_mask(&masked);
                if (wgp_client_network_has_room(&masked) && wgp_prefix_contains(&masked, address))
                        network = &masked;
        }
        if (!network)
                return WGP_CLIENT_ADDRESS_OUTSIDE;

        host = number_of(address) - number_of(network);
        bounds(network, &first, &last);
        if (host < first || host > last)
                return WGP_CLIENT_ADDRESS_RESERVED;
        for (size_t i = 0; i < n_taken; i++)
                if (taken[i].family == network->family && taken[i].length > network->length &&
                                wgp_prefix_contains(taken + i, address))
                        return WGP_CLIENT_ADDRESS_TAKEN;
        return WGP_CLIENT_ADDRESS_FREE;
}
