/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Context: what one call of apply has open: locks, sockets, the bus, the network namespace that it works in. */

#include "apply/bus.h"
#include "netlink/nl-socket.h"
#include "system/state.h"

typedef struct WgpContext WgpContext;

/* Called before each change: a netlink message, a request to the userspace daemon, its start, a state file. A negative
 * return value is used instead of making the change. For tests; NULL: none. */
typedef struct WgpChangeHook {
        int (*before_change)(void *userdata);
        void *userdata;
} WgpChangeHook;

struct WgpContext {
        const char *root; /* NULL: this system. Borrowed */
        WgpChangeHook hook;

        int directory;    /* of the records */
        int lock;         /* of this tunnel */
        int numbers_lock; /* of all tunnels together, routing-numbers.c */

        /* where the link is: this network namespace unless "netns" says otherwise */
        int netns;        /* negative: this one */
        char *netns_name; /* NULL: this one */
        WgpNlSocket *route;
        WgpNlSocket *generic, *netfilter; /* opened when first needed */
        WgpNlSocket *outside; /* with "netns": a "route" socket of this namespace, where our packets leave */

        /* who serves the link */
        WgpBackend backend;
        uint16_t wireguard; /* its generic netlink family; 0: not known yet */
        int question;       /* to its daemon, wgp_device_ask(); -EBADF: none, else why it cannot be asked */

        WgpBus *bus; /* opened when first needed */
};

void wgp_context_init(WgpContext *context, const char *root, const WgpChangeHook *hook);
void wgp_context_done(WgpContext *context);

int wgp_context_before_change(const WgpContext *context);
int wgp_context_open_socket(WgpContext *context, int protocol, WgpNlSocket **ret);
int wgp_context_open_bus(WgpContext *context, uint64_t usec, WgpBus **ret);
void wgp_context_withdraw_question(WgpContext *context);
WgpNlSocket *wgp_context_outside(const WgpContext *context);
