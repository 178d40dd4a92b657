/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Run: what one call of apply was asked, and what it has learnt of its tunnel. */

#include "apply/context.h"
#include "desired/desired.h"
#include "plan/plan.h"
#include "system/state.h"

typedef struct WgpRun WgpRun;

/* Exit codes, wg-profile(1). The functions of apply return them as their positive results. */
enum {
        WGP_EXIT_OK,
        WGP_EXIT_FAILED, /* may work later */
        WGP_EXIT_USAGE,
        WGP_EXIT_INVALID, /* the profile */
        WGP_EXIT_DENIED,
        WGP_EXIT_UNSUPPORTED, /* the system lacks what the profile needs */
        WGP_EXIT_NO_PROFILE,
        WGP_EXIT_CHANGES = 10, /* "plan": there is something to do; "repair --exit-code": there was */
};

struct WgpRun {
        WgpContext context;

        /* the question */
        const char *name; /* of the profile. Borrowed */
        const char *text; /* "plan": a file to take for the profile, inside the root; NULL: its own. Borrowed */
        bool quiet;       /* a repair does not say what it puts back */
        bool exit_code;   /* but by WGP_EXIT_CHANGES */

        /* the profile and the record */
        WgpProfile *profile; /* NULL: this run needs none, or has none */
        WgpState state;      /* the record */
        bool has_state;
        int record; /* how reading it went: 0 or a WGP_STATE_E_* */

        /* what should be there, and what is */
        WgpNetwork desired, actual;
        WgpLink stray;    /* link of an unfinished run that is still in this namespace; ifindex 0: none */
        bool netns_gone;  /* the recorded network namespace is gone, and the link with it */
        char *link_owner; /* NULL, or another profile whose tunnel has the link that was found */
        char *resolvconf; /* the link's name for resolvconf(8); NULL: DNS goes to systemd-resolved */

        /* other tunnels */
        WgpNetwork others;   /* what they have recorded and may share; filled by wgp_routing_numbers_open() */
        bool others_unknown; /* with it: one of their records cannot be understood */
        WgpKillSwitches kill_switches; /* those that are on, without our own; filled by wgp_kill_switch_gather() */
        size_t n_unsure;               /* what wgp_recover() left alone, since it may be another tunnel's */

        /* how it went */
        bool put_back;        /* a repair did put something back */
        char *filter_problem; /* why the nft table could not be made; NULL: it could, or was not tried */
        int answers_refused;  /* the kernel refuses the table's rule for answers; negative: not tried */
        bool ipv6_left_out;   /* a warning was given: the host has IPv6 switched off */
        bool hook_failed;     /* a hook of a tunnel that goes down */
};

void wgp_run_init(WgpRun *run, const char *root, const char *name, const WgpChangeHook *hook);
void wgp_run_done(WgpRun *run);

int wgp_run_open(WgpRun *run);
int wgp_run_write_state(WgpRun *run);
int wgp_run_remove_state(WgpRun *run);

char *wgp_run_place(const WgpRun *run, WgpOrigin origin);
int wgp_exit_code(int error);
