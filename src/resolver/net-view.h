/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Net view: what the kernel's notifications mean to us. It remembers the addresses, links and IPv6 default routes that
 * it was told of, since the kernel repeats itself: with each router advertisement, with each scan of a wireless card.
 * Our own links do not count. Pure. */

#include <linux/netlink.h>

#include "model/device.h"

typedef struct WgpNetFact WgpNetFact;
typedef struct WgpNetNews WgpNetNews;
typedef struct WgpNetView WgpNetView;

enum {
        WGP_NET_FACTS_MAX = 16384, /* more than that: all is forgotten, at the price of a question to DNS too many */
};

struct WgpNetFact {
        uint64_t hash;
        uint64_t slot;    /* of a default route: what one that takes its place has, too; 0: something else */
        uint32_t ifindex; /* of an address, 0: something else */
        uint32_t value;   /* a link's MTU */
};

struct WgpNetView {
        WgpNetFact *facts;
        size_t n_facts, n_allocated;
        uint32_t *ours; /* links of ours */
        size_t n_ours, n_ours_allocated;
        bool (*is_endpoint)(void *userdata,
                        const WgpPrefix *address); /* that peers are, or may be, sent to at; NULL: none is */
        void *userdata;
};

/* What one notification says. */
struct WgpNetNews {
        bool changed;          /* the way out, perhaps */
        uint32_t link_deleted; /* ifindex, 0: none */
        uint32_t own_changed; /* ifindex of a link of ours that lost an address or a route, or was set down; 0: none */
        bool rule_deleted;
        bool unreachable_deleted; /* a default route of that type */
        bool deviceless_deleted;  /* another route that stops packets */
        bool ipv6_appeared;       /* it was switched on: what could not be there can be now */
        WgpRule rule;
        WgpRoute route;
};

int wgp_net_view_update(WgpNetView *view, const struct nlmsghdr *message, WgpNetNews *ret);
int wgp_net_view_add_own(WgpNetView *view, uint32_t ifindex);
void wgp_net_view_done(WgpNetView *view);
