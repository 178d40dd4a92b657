/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Model: what the kernel does with SET_DEVICE, written a second time and without the code under test: it reads the
 * messages byte by byte, refuses what the kernel refuses, and keeps a device in memory. */

#include <linux/netlink.h>

#include "plan/plan.h"

typedef struct WgModel WgModel;
typedef struct WgModelPeer WgModelPeer;

struct WgModelPeer {
        uint8_t public_key[WGP_KEY_SIZE];
        uint8_t preshared_key[WGP_KEY_SIZE];
        uint8_t endpoint[sizeof(struct sockaddr_in6)];
        size_t endpoint_size;
        uint16_t keepalive;
        bool exists;
};

struct WgModel {
        uint8_t private_key[WGP_KEY_SIZE];
        uint16_t listen_port;
        uint32_t fwmark;
        WgModelPeer *peers; /* a removed one stays, with "exists" false */
        size_t n_peers;

        /* the trie: an allowed-ip belongs to one peer */
        struct {
                WgpPrefix prefix;
                size_t peer; /* SIZE_MAX: free, or given back */
                bool used;
        } * table;
        size_t n_table; /* a power of two */

        /* what was seen */
        size_t n_messages, n_replace_peers, n_replace_allowed_ips, n_preshared_keys, n_largest_nest;
};

void wg_model_init(WgModel *m, size_t n_prefixes);
void wg_model_done(WgModel *m);

/* Returns NULL, or what is wrong with the message. */
const char *wg_model_apply_message(WgModel *m, const struct nlmsghdr *message);
void wg_model_apply_change(WgModel *m, const WgpDeviceChange *change);
void wg_model_remove_peer(WgModel *m, const uint8_t *public_key);

size_t wg_model_count_allowed_ips(const WgModel *m);
/* Returns NULL, or in what they differ. */
const char *wg_model_compare(const WgModel *a, const WgModel *b);
