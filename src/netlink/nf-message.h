/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Nf_tables messages: only the questions about a table of ours; libnftables makes and sends what changes one. Pure.
 *
 * Encoders return 0, or -EINVAL for a name that is too long. */

#include <linux/netlink.h>

#include "desired/nft-text.h"

enum {
        _WGP_NF_E_SUCCESS,
        WGP_NF_OTHER, /* not of this kind: ignore it */
};

/* Room for every message of this module. */
typedef union WgpNfBuffer {
        struct nlmsghdr header;
        uint8_t bytes[256];
} WgpNfBuffer;

/* What a notification, NFNLGRP_NFTABLES, says of an inet table. */
typedef struct WgpNfChange {
        enum {
                WGP_NF_CHANGE_REMOVED, /* something of the table, or the table */
                WGP_NF_CHANGE_MADE,    /* the table is new */
                WGP_NF_CHANGE_ADDED,   /* something to the table */
        } type;
        char table[WGP_NFT_TABLE_SIZE];
} WgpNfChange;

/* What is known of a table's rules. */
typedef struct WgpNfRules {
        size_t n_rules;
        uint64_t digest; /* wgp_nft_digest_add() of their comments, in order */
} WgpNfRules;

int wgp_nf_table_encode_get(WgpNfBuffer *buffer, const char *table);
int wgp_nf_rules_encode_dump(WgpNfBuffer *buffer, const char *table);
int wgp_nf_rules_collect(const struct nlmsghdr *message, void *rules);
int wgp_nf_change_decode(const struct nlmsghdr *message, WgpNfChange *ret);
