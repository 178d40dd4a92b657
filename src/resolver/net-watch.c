/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Listens to the kernel's notifications of links, addresses, routes and rules. */

#include "resolver/net-watch.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/rtnetlink.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "netlink/rt-message.h"

enum {
        BUFFER_SIZE = 4 << 20, /* bytes, which are used only while there is much to be told */
};

/* Lets only those routes through that are default routes, halves of these (0.0.0.0/1, 128.0.0.0/1) or to a single
 * host, or deleted and may be ours by their protocol, and everything that is not a route: a router may have a million
 * of them come and go. The kernel runs it before it wakes us. Loads are in network order, the type is in the host's.
 */
static int attach_filter(const WgpNlSocket *s) {
        enum {
                OFFSET_LENGTH = sizeof(struct nlmsghdr) + offsetof(struct rtmsg, rtm_dst_len),
                OFFSET_PROTOCOL = sizeof(struct nlmsghdr) + offsetof(struct rtmsg, rtm_protocol),
        };
        struct sock_filter code[] = {
                BPF_STMT(BPF_LD | BPF_H | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_type)),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_NEWROUTE), 4, 0),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_DELROUTE), 0, 7),
                BPF_STMT(BPF_LD | BPF_B | BPF_ABS, OFFSET_PROTOCOL),
                BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, RTPROT_STATIC, 1, 0),
                BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, RTPROT_KERNEL, 4, 0), /* and RTPROT_BOOT */
                BPF_STMT(BPF_LD | BPF_B | BPF_ABS, OFFSET_LENGTH),
                BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 1, 0, 2),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 32, 1, 0),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 128, 0, 1),
                BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
                BPF_STMT(BPF_RET | BPF_K, 0),
        };
        struct sock_fprog program = { .len = WGP_ARRAY_SIZE(code), .filter = code };

        return setsockopt(s->fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0 ? -errno : 0;
}

static int handle(const struct nlmsghdr *message, void *userdata) {
        WgpNetWatch *watch = userdata;
        const WgpNetWatchOps *ops = &watch->ops;
        WgpNetNews news = {};
        int r;

        r = wgp_net_view_update(&watch->view, message, &news);
        if (r < 0 || news.ipv6_appeared)
                ops->lost(ops->userdata);
        if (news.changed)
                ops->changed(ops->userdata);
        if (news.link_deleted > 0)
                ops->link_deleted(ops->userdata, news.link_deleted);
        if (news.own_changed > 0)
                ops->own_changed(ops->userdata, news.own_changed);
        if (news.deviceless_deleted)
                ops->deviceless_deleted(ops->userdata);
        if (news.rule_deleted)
                ops->rule_deleted(ops->userdata, &news.rule);
        if (news.unreachable_deleted)
                ops->unreachable_deleted(ops->userdata, &news.route);
        return 0;
}

typedef struct Seed {
        WgpNetView *view;
        size_t n_before;
} Seed;

static int seed_one(const struct nlmsghdr *message, void *userdata) {
        WgpNetNews news;

        return wgp_net_view_update(((Seed *) userdata)->view, message, &news);
}

static void reset_seed(void *userdata) {
        Seed *seed = userdata;

        seed->view->n_facts = seed->n_before;
}

static int seed_from(WgpNlSocket *s, WgpRtBuffer *buffer, WgpNetView *view) {
        Seed seed = { view, view->n_facts };

        return wgp_nl_socket_dump(s, &buffer->header, &(WgpNlReceiver) { seed_one, reset_seed, &seed });
}

/* Which links and addresses there are already. Default routes need no such start: only when one goes or comes does it
 * matter. */
static int seed(WgpNetWatch *watch) {
        _cleanup_(wgp_nl_socket_freep) WgpNlSocket *s = NULL;
        WgpRtBuffer buffer;
        int r;

        watch->view.n_facts = 0;
        r = wgp_nl_socket_open(NETLINK_ROUTE, &s);
        if (r >= 0)
                r = wgp_rt_link_encode_dump(&buffer, /* kind= */ NULL);
        if (r >= 0)
                r = seed_from(s, &buffer, &watch->view);
        if (r >= 0)
                r = wgp_rt_address_encode_dump(&buffer, AF_UNSPEC, /* ifindex= */ 0);
        if (r >= 0)
                r = seed_from(s, &buffer, &watch->view);
        return r;
}

static int on_ready(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        WgpNetWatch *watch = userdata;
        int r;

        r = wgp_nl_socket_receive(watch->socket, handle, watch);
        if (r != -ENOBUFS)
                return r;
        (void) seed(watch); /* what it does not learn counts as news later */
        watch->ops.lost(watch->ops.userdata);
        return 0;
}

/* Begins to listen. Returns 0 or a negative errno. */
int wgp_net_watch_init(WgpNetWatch *watch, sd_event *event, const WgpNetWatchOps *ops) {
        static const unsigned groups[] = {
                RTNLGRP_LINK,
                RTNLGRP_IPV4_IFADDR,
                RTNLGRP_IPV6_IFADDR,
                RTNLGRP_IPV4_ROUTE,
                RTNLGRP_IPV6_ROUTE,
                RTNLGRP_IPV4_RULE,
                RTNLGRP_IPV6_RULE,
        };
        int r;

        *watch = (WgpNetWatch) { .ops = *ops };
        r = wgp_nl_socket_open(NETLINK_ROUTE, &watch->socket);
        if (r >= 0)
                r = attach_filter(watch->socket);
        if (r >= 0)
                wgp_nl_socket_enlarge(watch->socket, BUFFER_SIZE);
        for (size_t i = 0; r >= 0 && i < WGP_ARRAY_SIZE(groups); i++)
                r = wgp_nl_socket_join(watch->socket, groups[i]);
        if (r >= 0)
                r = seed(watch);
        if (r >= 0)
                r = sd_event_add_io(event, &watch->source, watch->socket->fd, EPOLLIN, on_ready, watch);
        return r;
}

void wgp_net_watch_done(WgpNetWatch *watch) {
        sd_event_source_disable_unref(watch->source);
        wgp_nl_socket_free(watch->socket);
        wgp_net_view_done(&watch->view);
        *watch = (WgpNetWatch) {};
}
