/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Batch: many requests in one buffer, to be sent in few system calls. Pure. */

#include <linux/netlink.h>

#include "base/macro.h"

typedef struct WgpNlBatch WgpNlBatch;
typedef struct WgpNlBatchItem WgpNlBatchItem;

struct WgpNlBatchItem {
        size_t offset; /* of the message in "data" */
        int result;    /* of wgp_nl_socket_send_batch(): 0, a negative errno, or -ECANCELED: not sent */
};

struct WgpNlBatch {
        bool keep_going; /* send the rest, too, when a message fails: for tearing down */
        uint8_t *data;
        size_t size, n_data_allocated;
        WgpNlBatchItem *items;
        size_t n_items, n_allocated;
        size_t n_failed, first_failed; /* after sending: how many items have a result below 0, and the first of them */
};

#define WGP_NL_BATCH_NULL ((WgpNlBatch) {})

int wgp_nl_batch_add(WgpNlBatch *batch, const struct nlmsghdr *message);
struct nlmsghdr *wgp_nl_batch_get(const WgpNlBatch *batch, size_t i);
void wgp_nl_batch_done(WgpNlBatch *batch);
