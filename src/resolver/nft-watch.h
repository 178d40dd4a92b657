/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Nft watch: listens to what becomes of our nft tables. Who makes one anew, as apply does, removes the old one in the
 * same transaction: only what stays away is told. */

#include <systemd/sd-event.h>

#include "netlink/nf-message.h"
#include "netlink/nl-socket.h"

typedef struct WgpNftWatch WgpNftWatch;
typedef struct WgpNftWatchOps WgpNftWatchOps;

struct WgpNftWatchOps {
        void (*removed)(void *userdata, const char *table); /* something of a tunnel's */
        void (*kill_switch)(void *userdata);                /* something happened to a table of the kill switches */
        void (*lost)(void *userdata);                       /* notifications were missed: anything may have happened */
        void *userdata;
};

struct WgpNftWatch {
        WgpNftWatchOps ops;
        WgpNlSocket *socket; /* NULL: the kernel has no nf_tables */
        sd_event_source *source, *settled;
        WgpNfChange *removed; /* of late, each table once */
        size_t n_removed, n_allocated;
};

int wgp_nft_watch_init(WgpNftWatch *watch, sd_event *event, const WgpNftWatchOps *ops);
void wgp_nft_watch_done(WgpNftWatch *watch);
