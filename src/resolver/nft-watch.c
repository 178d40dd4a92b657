/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "resolver/nft-watch.h"

#include <linux/netfilter/nfnetlink.h>
#include <sys/epoll.h>

#include "core/kill-switch.h"
#include "core/nft-text.h"

static bool is_ours(const char *table) {
        return strncmp(table, WGP_NFT_TABLE_PREFIX, strlen(WGP_NFT_TABLE_PREFIX)) == 0 || streq(table, WGP_KILL_SWITCH_TABLE);
}

static size_t find(const WgpNftWatch *watch, const char *table) {
        size_t i = 0;

        while (i < watch->n_removed && !streq(watch->removed[i].table, table))
                i++;
        return i;
}

static int note_removed(WgpNftWatch *watch, const WgpNfChange *change) {
        if (find(watch, change->table) < watch->n_removed)
                return 0;
        if (!wgp_grow(&watch->removed, &watch->n_allocated, watch->n_removed + 1, sizeof(*watch->removed)))
                return -ENOMEM;
        watch->removed[watch->n_removed++] = *change;
        return 0;
}

static void forget_removed(WgpNftWatch *watch, const WgpNfChange *change) {
        size_t i = find(watch, change->table);

        if (i < watch->n_removed)
                watch->removed[i] = watch->removed[--watch->n_removed];
}

static int handle(const struct nlmsghdr *message, void *userdata) {
        WgpNftWatch *watch = userdata;
        WgpNfChange change;
        int r;

        r = wgp_nf_change_decode(message, &change);
        if (r != 0)
                return 0;
        if (change.type == WGP_NF_CHANGE_END) {
                for (size_t i = 0; i < watch->n_removed; i++)
                        watch->ops.removed(watch->ops.userdata, watch->removed[i].table);
                watch->n_removed = 0;
                return 0;
        }
        if (!is_ours(change.table))
                return 0;
        if (change.type == WGP_NF_CHANGE_MADE)
                forget_removed(watch, &change);
        else if (note_removed(watch, &change) < 0)
                watch->ops.lost(watch->ops.userdata);
        return 0;
}

static int on_ready(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        WgpNftWatch *watch = userdata;
        int r;

        r = wgp_nl_socket_receive(watch->socket, handle, watch);
        if (r == -ENOBUFS) {
                watch->n_removed = 0;
                watch->ops.lost(watch->ops.userdata);
        }
        return r == -ENOBUFS ? 0 : r;
}

/* Begins to listen, if the kernel has nf_tables. Returns 0 or a negative errno. */
int wgp_nft_watch_init(WgpNftWatch *watch, sd_event *event, const WgpNftWatchOps *ops) {
        int r;

        *watch = (WgpNftWatch) { .ops = *ops };
        r = wgp_nl_socket_open(NETLINK_NETFILTER, &watch->socket);
        if (r == -EPROTONOSUPPORT)
                return 0;
        if (r >= 0)
                r = wgp_nl_socket_join(watch->socket, NFNLGRP_NFTABLES);
        if (r >= 0)
                r = sd_event_add_io(event, &watch->source, watch->socket->fd, EPOLLIN, on_ready, watch);
        return r;
}

void wgp_nft_watch_done(WgpNftWatch *watch) {
        sd_event_source_disable_unref(watch->source);
        wgp_nl_socket_free(watch->socket);
        free(watch->removed);
        *watch = (WgpNftWatch) {};
}
