/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Run: one call of apply for one tunnel: what it has open, and what it knows. */

#include "apply/bus.h"
#include "desired/desired.h"
#include "netlink/nl-socket.h"
#include "plan/plan.h"
#include "system/state.h"

typedef struct WgpRun WgpRun;

/* Exit codes, wg-profile(1). The positive results of the functions below, too. */
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

/* Called before each thing that is changed: a netlink message, a request to the userspace daemon, its start, a state
 * file. A negative return value is what happens instead. For tests; NULL: none. */
typedef struct WgpRunHook {
        int (*before_change)(void *userdata);
        void *userdata;
} WgpRunHook;

struct WgpRun {
        const char *root; /* NULL: this system */
        const char *name; /* NAME of the profile */
        WgpRunHook hook;
        bool quiet;     /* a repair does not say what it puts back */
        bool exit_code; /* but by WGP_EXIT_CHANGES */
        bool put_back;  /* it did put something back */

        int directory, lock;
        int numbers_lock;    /* of all tunnels together; only for runs that have to do with what they may share */
        WgpNetwork others;   /* what other tunnels have recorded and may share; filled when the above is taken */
        bool others_unknown; /* with it: another tunnel's record cannot be understood */
        WgpNlSocket *route, *generic, *netfilter; /* to where the link is; the last two are opened when first needed */
        int netns;            /* where the link is, wgp_netns_use(); negative: in this network namespace */
        char *netns_name;     /* of the above; NULL: this one */
        bool netns_gone;      /* there is none of that name any more: so is all that was in it */
        WgpNlSocket *outside; /* with "netns": "route" of this namespace, where our own packets go */
        WgpLink stray;        /* link of an unfinished run that is still in this namespace; ifindex 0: none */
        int question;         /* to the link's daemon, wgp_device_ask(); -EBADF: none, else why it cannot be asked */
        uint16_t wireguard;   /* its generic netlink family; 0: not known yet */
        WgpBus *bus;          /* opened when first needed */

        WgpProfile *profile; /* NULL: this run needs none, or has none */
        WgpState state;      /* the record */
        bool has_state;
        int record;      /* how reading it went: 0 or a WGP_STATE_E_* */
        size_t n_unsure; /* what wgp_recover() left alone, since it may be another tunnel's */
        WgpNetwork actual, desired;
        char *link_owner; /* NULL, or another profile whose tunnel has the link that was found */
        WgpBackend backend;
        WgpKillSwitches kill_switches; /* the other ones that are on; filled by wgp_kill_switch_gather() */
        char *filter_problem;          /* why the nft table could not be made; NULL: it could, or was not tried */
        int answers_refused;           /* the kernel would not have the table with them; negative: not tried */
        bool ipv6_left_out;            /* told: the host has it switched off */
        bool hook_failed;              /* one of those that the run goes on without */
        char *resolvconf; /* the name that resolvconf(8) is to have the link by; NULL: systemd-resolved is told of DNS
                           */
};

void wgp_run_init(WgpRun *run, const char *root, const char *name, const WgpRunHook *hook);
void wgp_run_done(WgpRun *run);

int wgp_run_up(WgpRun *run);
int wgp_run_reload(WgpRun *run);
int wgp_run_repair(WgpRun *run);
int wgp_run_down(WgpRun *run, bool after_failure);
int wgp_run_plan(WgpRun *run, WgpPlan *ret);
int wgp_run_kill_switch_is_wanted(WgpRun *run);
int wgp_run_kill_switch_on(WgpRun *run);
int wgp_run_kill_switch_off(WgpRun *run, bool failed);

/* Shared by the above */
int wgp_run_open(WgpRun *run);
int wgp_run_open_socket(WgpRun *run, int protocol, WgpNlSocket **ret);
int wgp_run_open_bus(WgpRun *run, uint64_t usec, WgpBus **ret);
int wgp_run_before_change(WgpRun *run);
int wgp_run_write_state(WgpRun *run);
int wgp_run_tear_down(WgpRun *run);
int wgp_run_take_link_down(WgpRun *run);
WgpNlSocket *wgp_run_outside(const WgpRun *run);
int wgp_run_find_link(WgpRun *run, const char *name);
int wgp_run_find_recorded(WgpRun *run);

char *wgp_run_place(const WgpRun *run, WgpOrigin origin);
int wgp_exit_code(int error);
