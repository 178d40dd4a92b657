/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Kill switch guard: keeps both nft tables of the kill switches what the records say. It owns one of them, which
 * nobody else can take away; the other one, the unit's, it puts back at once. */

#include <systemd/sd-event.h>

#include "netlink/nl-socket.h"
#include "system/kill-switch-record.h"
#include "system/nft.h"

typedef struct WgpKillSwitchGuard WgpKillSwitchGuard;

struct WgpKillSwitchGuard {
        void (*looked)(void *userdata); /* wgp_kill_switch_guard_is_busy() may say something else than before */
        void *userdata;

        int directory; /* of the records; borrowed */
        sd_event_source *timer;
        WgpNlSocket *netfilter;           /* to look at the tables; NULL: not needed yet */
        WgpNft *nft;                      /* whose socket owns the table; NULL: none does */
        size_t n_on;                      /* kill switches */
        char *problem;                    /* of the last try, as it was told; NULL: none */
        unsigned n_failures;              /* in a row */
        unsigned n_owner_failures;        /* to own the table, in a row */
        uint64_t owner_usec;              /* when to try again to own the table, which did not work */
        uint64_t changed_usec, told_usec; /* the unit's table was put back; 0: never */
};

int wgp_kill_switch_guard_init(WgpKillSwitchGuard *guard, sd_event *event, int directory,
                void (*looked)(void *userdata), void *userdata);
void wgp_kill_switch_guard_done(WgpKillSwitchGuard *guard);
void wgp_kill_switch_guard_disturb(WgpKillSwitchGuard *guard);
bool wgp_kill_switch_guard_is_busy(const WgpKillSwitchGuard *guard);
