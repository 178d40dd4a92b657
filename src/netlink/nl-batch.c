/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Collects messages, one after the other, to be sent as one datagram. */

#include "netlink/nl-batch.h"

/* Appends a copy of a message. Returns 0, or -ENOMEM. */
int wgp_nl_batch_add(WgpNlBatch *batch, const struct nlmsghdr *message) {
        size_t n = NLMSG_ALIGN(message->nlmsg_len);

        if (!wgp_grow(&batch->data, &batch->n_data_allocated, batch->size + n, /* element_size= */ 1) ||
                        !wgp_grow(&batch->items, &batch->n_allocated, batch->n_items + 1, sizeof(*batch->items)))
                return -ENOMEM;

        memcpy(batch->data + batch->size, message, message->nlmsg_len);
        memset(batch->data + batch->size + message->nlmsg_len, 0, n - message->nlmsg_len);
        batch->items[batch->n_items++] = (WgpNlBatchItem) { .offset = batch->size, .result = -ECANCELED };
        batch->size += n;
        return 0;
}

/* The message number "i", valid until the next one is added. */
struct nlmsghdr *wgp_nl_batch_get(const WgpNlBatch *batch, size_t i) {
        return (struct nlmsghdr *) (batch->data + batch->items[i].offset);
}

void wgp_nl_batch_done(WgpNlBatch *batch) {
        wgp_wipe_free(batch->data, batch->n_data_allocated);
        free(batch->items);
        *batch = WGP_NL_BATCH_NULL;
}
