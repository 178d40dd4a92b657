/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opens and closes what one call of apply works with. */

#include "apply/context.h"

#include <linux/genetlink.h>
#include <linux/rtnetlink.h>
#include <linux/wireguard.h>
#include <unistd.h>

#include "system/root-path.h"

/* "hook" may be NULL. "root" is borrowed. */
void wgp_context_init(WgpContext *context, const char *root, const WgpChangeHook *hook) {
        *context = (WgpContext) {
                .root = root,
                .hook = hook ? *hook : (WgpChangeHook) {},
                .directory = -EBADF,
                .lock = -EBADF,
                .numbers_lock = -EBADF,
                .netns = -EBADF,
                .question = -EBADF,
        };
}

void wgp_context_done(WgpContext *context) {
        wgp_nl_socket_free(context->route);
        wgp_nl_socket_free(context->outside);
        wgp_nl_socket_free(context->generic);
        wgp_nl_socket_free(context->netfilter);
        wgp_bus_close(context->bus);
        free(context->netns_name);
        wgp_closep(&context->netns);
        wgp_closep(&context->question);
        wgp_closep(&context->numbers_lock);
        wgp_closep(&context->lock);
        wgp_closep(&context->directory);
}

/* To be called before each change. Returns 0, or the negative errno to use instead of making the change. */
int wgp_context_before_change(const WgpContext *context) {
        return context->hook.before_change ? context->hook.before_change(context->hook.userdata) : 0;
}

/* Questions pass: RTM_GET* are the third of each group of four. */
static int before_route(const struct nlmsghdr *message, void *userdata) {
        return (message->nlmsg_type - RTM_BASE) % 4 == 2 ? 0 : wgp_context_before_change(userdata);
}

static int before_generic(const struct nlmsghdr *message, void *userdata) {
        const struct genlmsghdr *generic = NLMSG_DATA(message);
        const WgpContext *context = userdata;

        if (message->nlmsg_type == context->wireguard && generic->cmd == WG_CMD_SET_DEVICE)
                return wgp_context_before_change(context);
        return 0;
}

/* Opens a socket in the network namespace of the link. Returns 0 or a negative errno. */
int wgp_context_open_socket(WgpContext *context, int protocol, WgpNlSocket **ret) {
        int r;

        r = context->netns >= 0 ? wgp_nl_socket_open_in(context->netns, protocol, ret) :
                                  wgp_nl_socket_open(protocol, ret);
        if (r >= 0 && context->hook.before_change && protocol != NETLINK_NETFILTER) { /* that one only asks */
                (*ret)->before_send = protocol == NETLINK_GENERIC ? before_generic : before_route;
                (*ret)->before_send_userdata = context;
        }
        return r;
}

/* Connects to the system bus, once; this and all calls from now on may take "usec" microseconds together. "*ret" is
 * borrowed. Returns as wgp_bus_open() does. */
int wgp_context_open_bus(WgpContext *context, uint64_t usec, WgpBus **ret) {
        int r = 0;

        wgp_context_withdraw_question(context);
        if (context->bus)
                wgp_bus_set_time_limit(context->bus, usec);
        else
                r = wgp_bus_open(usec, &context->bus);
        if (r == 0)
                *ret = context->bus;
        return r;
}

/* Drops the question of wgp_device_ask(). To be called before waiting for other programs: until its whole answer is
 * read, a daemon with many peers lets nobody change its configuration, the resolver included. */
void wgp_context_withdraw_question(WgpContext *context) {
        wgp_closep(&context->question);
        context->question = -EBADF;
}

/* Returns the socket to this network namespace, wherever the link is. Borrowed. */
WgpNlSocket *wgp_context_outside(const WgpContext *context) {
        return context->outside ?: context->route;
}
