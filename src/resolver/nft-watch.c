/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Listens to changes of nf_tables, filtered to our own tables. */

#include "resolver/nft-watch.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/netfilter/nfnetlink.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>

#include "desired/kill-switch.h"
#include "desired/nft-text.h"

enum {
        BUFFER_SIZE = 4 << 20,      /* bytes, which are used only while there is much to be told */
        SETTLE_USEC = 10 * 1000,    /* for the rest of a transaction */
        FILTERED_MESSAGES_MAX = 64, /* in one datagram; a longer one is read */
};

static bool is_tunnels(const char *table) {
        return strncmp(table, WGP_NFT_TABLE_PREFIX, strlen(WGP_NFT_TABLE_PREFIX)) == 0;
}

static bool is_kill_switchs(const char *table) {
        return streq(table, WGP_KILL_SWITCH_TABLE) || streq(table, WGP_KILL_SWITCH_OWNED_TABLE);
}

/* --- the filter, which the kernel runs before it wakes us: others change thousands of rules at a time --- */

/* Of one message: lets the datagram through if the table's name, of which the first attribute is the value, begins as
 * ours do, and goes on to the next message. A load from behind the end of the datagram ends the program, and drops it.
 * Loads are in network order, a message's length is in the host's. */
static size_t filter_message(struct sock_filter *to) {
        enum {
                NAME = NLMSG_HDRLEN + sizeof(struct nfgenmsg) + NLA_HDRLEN,
        };
        const bool little_endian = htons(1) != 1;
        const uint32_t low = little_endian ? 0 : 3, high = little_endian ? 1 : 2;
        const struct sock_filter code[] = {
                BPF_STMT(BPF_LD | BPF_W | BPF_IND, NAME),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x77672d6b /* "wg-k" */, 1, 0),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x77672d70 /* "wg-p" */, 0, 1),
                BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
                BPF_STMT(BPF_LD | BPF_B | BPF_IND, high),
                BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 8),
                BPF_STMT(BPF_ST, 0),
                BPF_STMT(BPF_LD | BPF_B | BPF_IND, low),
                BPF_STMT(BPF_ALU | BPF_ADD | BPF_X, 0),
                BPF_STMT(BPF_LDX | BPF_MEM, 0),
                BPF_STMT(BPF_ALU | BPF_ADD | BPF_X, 0),
                BPF_STMT(BPF_MISC | BPF_TAX, 0),
        };

        memcpy(to, code, sizeof(code));
        return WGP_ARRAY_SIZE(code);
}

static int attach_filter(const WgpNlSocket *s) {
        struct sock_filter code[FILTERED_MESSAGES_MAX * 12 + 2] = { BPF_STMT(BPF_LDX | BPF_IMM, 0) };
        struct sock_fprog program = { .filter = code };
        size_t n = 1;

        for (size_t i = 0; i < FILTERED_MESSAGES_MAX; i++)
                n += filter_message(code + n);
        code[n++] = (struct sock_filter) BPF_STMT(BPF_RET | BPF_K, UINT32_MAX);
        program.len = (unsigned short) n;
        return setsockopt(s->fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0 ? -errno : 0;
}

/* --- what is told --- */

static size_t find(const WgpNftWatch *watch, const char *table) {
        size_t i = 0;

        while (i < watch->n_removed && !streq(watch->removed[i].table, table))
                i++;
        return i;
}

static int note_removed(WgpNftWatch *watch, const WgpNfChange *change) {
        uint64_t now;
        int r;

        if (find(watch, change->table) < watch->n_removed)
                return 0;
        if (!wgp_grow(&watch->removed, &watch->n_allocated, watch->n_removed + 1, sizeof(*watch->removed)))
                return -ENOMEM;
        watch->removed[watch->n_removed++] = *change;
        r = sd_event_now(sd_event_source_get_event(watch->settled), CLOCK_BOOTTIME, &now);
        if (r >= 0)
                r = sd_event_source_set_time(watch->settled, now + SETTLE_USEC);
        return r < 0 ? r : sd_event_source_set_enabled(watch->settled, SD_EVENT_ONESHOT);
}

static void forget_removed(WgpNftWatch *watch, const WgpNfChange *change) {
        size_t i = find(watch, change->table);

        if (i < watch->n_removed)
                watch->removed[i] = watch->removed[--watch->n_removed];
}

static int on_settled(sd_event_source *source, uint64_t usec, void *userdata) {
        WgpNftWatch *watch = userdata;

        for (size_t i = 0; i < watch->n_removed; i++)
                watch->ops.removed(watch->ops.userdata, watch->removed[i].table);
        watch->n_removed = 0;
        return 0;
}

static int handle(const struct nlmsghdr *message, void *userdata) {
        WgpNftWatch *watch = userdata;
        WgpNfChange change;

        if (wgp_nf_change_decode(message, &change) != 0)
                return 0;
        if (is_kill_switchs(change.table))
                watch->ops.kill_switch(watch->ops.userdata);
        if (!is_tunnels(change.table))
                return 0;
        if (change.type == WGP_NF_CHANGE_MADE)
                forget_removed(watch, &change);
        else if (change.type == WGP_NF_CHANGE_REMOVED && note_removed(watch, &change) < 0)
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
                r = attach_filter(watch->socket);
        if (r < 0)
                return r;
        wgp_nl_socket_enlarge(watch->socket, BUFFER_SIZE);
        r = sd_event_add_time(event, &watch->settled, CLOCK_BOOTTIME, UINT64_MAX, SETTLE_USEC, on_settled, watch);
        if (r >= 0)
                r = sd_event_source_set_enabled(watch->settled, SD_EVENT_OFF);
        if (r >= 0)
                r = wgp_nl_socket_join(watch->socket, NFNLGRP_NFTABLES);
        if (r >= 0)
                r = sd_event_add_io(event, &watch->source, watch->socket->fd, EPOLLIN, on_ready, watch);
        return r;
}

void wgp_nft_watch_done(WgpNftWatch *watch) {
        sd_event_source_disable_unref(watch->source);
        sd_event_source_disable_unref(watch->settled);
        wgp_nl_socket_free(watch->socket);
        free(watch->removed);
        *watch = (WgpNftWatch) {};
}
