/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Run: opening, closing, and what all uses of apply share. */

#include "apply/context.h"

#include <linux/genetlink.h>
#include <linux/rtnetlink.h>
#include <linux/wireguard.h>
#include <stdio.h>
#include <unistd.h>

#include "apply/device.h"
#include "apply/gather.h"
#include "netlink/nl-query.h"
#include "system/report.h"
#include "system/root-path.h"
#include "system/userspace.h"
#include "system/within-hook.h"

void wgp_run_init(WgpRun *run, const char *root, const char *name, const WgpRunHook *hook) {
        *run = (WgpRun) {
                .root = root,
                .name = name,
                .hook = hook ? *hook : (WgpRunHook) {},
                .directory = -EBADF,
                .lock = -EBADF,
                .numbers_lock = -EBADF,
                .netns = -EBADF,
                .question = -EBADF,
                .answers_refused = -1,
        };
}

void wgp_run_done(WgpRun *run) {
        wgp_nl_socket_free(run->route);
        wgp_nl_socket_free(run->outside);
        wgp_nl_socket_free(run->generic);
        wgp_nl_socket_free(run->netfilter);
        wgp_bus_close(run->bus);
        wgp_profile_free(run->profile);
        wgp_state_done(&run->state);
        wgp_network_done(&run->actual);
        wgp_network_done(&run->desired);
        wgp_network_done(&run->others);
        wgp_kill_switches_done(&run->kill_switches);
        free(run->link_owner);
        free(run->netns_name);
        free(run->filter_problem);
        free(run->resolvconf);
        if (run->netns >= 0)
                close(run->netns);
        if (run->question >= 0)
                close(run->question);
        if (run->numbers_lock >= 0)
                close(run->numbers_lock);
        if (run->lock >= 0) {
                if (!run->has_state)
                        (void) wgp_state_remove_lock(run->directory, run->name);
                close(run->lock);
        }
        if (run->directory >= 0)
                close(run->directory);
}

/* To be called before anything is changed. Returns 0, or what is to happen instead. */
int wgp_run_before_change(WgpRun *run) {
        return run->hook.before_change ? run->hook.before_change(run->hook.userdata) : 0;
}

/* Questions pass; RTM_GET* are the third of each group of four. */
static int before_route(const struct nlmsghdr *message, void *userdata) {
        return (message->nlmsg_type - RTM_BASE) % 4 == 2 ? 0 : wgp_run_before_change(userdata);
}

static int before_generic(const struct nlmsghdr *message, void *userdata) {
        const struct genlmsghdr *generic = NLMSG_DATA(message);
        WgpRun *run = userdata;

        if (message->nlmsg_type == run->wireguard && generic->cmd == WG_CMD_SET_DEVICE)
                return wgp_run_before_change(run);
        return 0;
}

/* Opens a socket to where the tunnel's link is. Returns 0 or a negative errno. */
int wgp_run_open_socket(WgpRun *run, int protocol, WgpNlSocket **ret) {
        int r;

        r = run->netns >= 0 ? wgp_nl_socket_open_in(run->netns, protocol, ret) : wgp_nl_socket_open(protocol, ret);
        if (r >= 0 && run->hook.before_change && protocol != NETLINK_NETFILTER) { /* that one only asks */
                (*ret)->before_send = protocol == NETLINK_GENERIC ? before_generic : before_route;
                (*ret)->before_send_userdata = run;
        }
        return r;
}

/* Connects to the system bus, once; "usec" is how long that and what is called from now on may take. Returns as
 * wgp_bus_open() does. */
int wgp_run_open_bus(WgpRun *run, uint64_t usec, WgpBus **ret) {
        int r = 0;

        wgp_device_withdraw(run);
        if (run->bus)
                wgp_bus_set_time_limit(run->bus, usec);
        else
                r = wgp_bus_open(usec, &run->bus);
        if (r == 0)
                *ret = run->bus;
        return r;
}

static int refuse_hook(const WgpRun *run) {
        wgp_report_error(
                        "A hook of the tunnel '%s' cannot wait for itself: nothing was changed. Have it done when the hook has "
                        "ended, with 'systemctl --no-block'.",
                        run->name);
        return -EDEADLK;
}

/* A run that has called this one, by a hook, holds the lock until this one has ended. */
static int take_lock(WgpRun *run) {
        int r;

        if (!wgp_is_within_hook(run->name))
                return wgp_state_open_lock(run->directory, run->name, &run->lock);
        r = wgp_state_open_lock_within(run->directory, run->name, /* msec= */ 0, &run->lock);
        return r == -ETIMEDOUT ? refuse_hook(run) : r;
}

/* Opens the state directory, takes the tunnel's lock, reads the record, and opens a socket to the kernel. A record
 * that cannot be understood is not run->has_state; run->record says why, and wgp_recover() makes another one. That
 * this program lacks the means to read it is an error. Returns 0, or a negative errno (reported). */
int wgp_run_open(WgpRun *run) {
        int r;

        r = wgp_state_open_directory(run->root, &run->directory);
        if (r >= 0)
                r = take_lock(run);
        if (r < 0) {
                if (r != -EDEADLK)
                        wgp_report_error("%s%s: %s.", run->root ?: "", WGP_STATE_DIRECTORY, strerror(-r));
                return r == -EACCES ? -EPERM : r;
        }

        r = wgp_state_read(run->directory, run->name, &run->state);
        if (r < 0) {
                run->has_state = true; /* for all that is known: the lock's file stays */
                wgp_report_error("Cannot read %s%s/%s.json: %s. Nothing was changed: try again.", run->root ?: "",
                                WGP_STATE_DIRECTORY, run->name, strerror(-r));
                return r;
        }
        run->record = r;
        run->has_state = r == 0;

        r = wgp_run_open_socket(run, NETLINK_ROUTE, &run->route);
        if (r < 0)
                wgp_report_error("Cannot talk to the kernel: %s.", strerror(-r));
        return r;
}

/* Writes run->state. Returns 0, or a negative errno (reported). */
int wgp_run_write_state(WgpRun *run) {
        int r;

        r = wgp_run_before_change(run);
        if (r >= 0)
                r = wgp_state_write(run->directory, &run->state);
        if (r < 0)
                wgp_report_error("Cannot write %s%s/%s.json: %s.", run->root ?: "", WGP_STATE_DIRECTORY, run->name,
                                strerror(-r));
        return r;
}

static bool has_daemon(const char *ifname) {
        _cleanup_(wgp_closep) int fd = -EBADF;

        return wgp_userspace_open(ifname, &fd) >= 0;
}

/* Whether the record says that the link is this tunnel's. */
static bool is_recorded(const WgpState *state, const WgpLink *link) {
        const WgpLink *recorded = &state->network.link;

        if (!streq(recorded->name, link->name))
                return false;
        /* The index is not known from before the link was made until the record says it. A kernel's link has our group
         * from the start; a daemon's gets it a moment later, and goes when the daemon does: a tun device of that name
         * for which no daemon answers is somebody else's. */
        return recorded->ifindex > 0 ? recorded->ifindex == link->ifindex :
                                       state->backend == WGP_BACKEND_USERSPACE &&
                                                       streq(link->kind, WGP_USERSPACE_KIND) && has_daemon(link->name);
}

/* A link that another tunnel of ours has recorded. */
typedef struct Owner {
        const WgpLink *link;
        const char *netns;
        char *name;
} Owner;

static int compare_owner(const char *name, const WgpState *state, void *userdata) {
        Owner *owner = userdata;

        if (owner->name)
                return 0;
        if (state ? !streq_ptr(state->network.netns, owner->netns) || !is_recorded(state, owner->link) :
                    !streq(name, owner->link->name))
                return 0;
        owner->name = strdup(name);
        return owner->name ? 0 : -ENOMEM;
}

/* Returns 0 when the link is this tunnel's, -EEXIST when it is not, or another negative errno. */
static int judge_link(WgpRun *run) {
        const WgpLink *link = &run->actual.link;
        Owner owner = { .link = link, .netns = run->netns_name };
        int r;

        if (!streq(link->kind, "wireguard") && !streq(link->kind, WGP_USERSPACE_KIND))
                return -EEXIST;
        if (run->has_state && is_recorded(&run->state, link))
                return 0;
        if (link->group != WGP_LINK_GROUP)
                return -EEXIST;

        /* Some tunnel's of ours: of one with the same interface name, or what a killed run of this one left. */
        r = wgp_state_read_others(run->directory, run->name, compare_owner, &owner);
        free(run->link_owner);
        run->link_owner = owner.name;
        return r < 0 ? r : owner.name ? -EEXIST : 0;
}

/* The socket to this network namespace, wherever the link is. */
WgpNlSocket *wgp_run_outside(const WgpRun *run) {
        return run->outside ?: run->route;
}

/* A daemon makes its link here, and then it is moved. Looks for one that an earlier run could not move any more. */
static int find_stray(WgpRun *run, const char *name) {
        WgpLink link = {};
        int r;

        run->stray = link;
        if (!run->outside || !run->has_state || run->state.backend != WGP_BACKEND_USERSPACE)
                return 0;
        r = wgp_nl_query_link(run->outside, /* ifindex= */ 0, name, &link);
        if (r == 0 && is_recorded(&run->state, &link))
                run->stray = link;
        return r == -ENODEV ? 0 : r;
}

/* Looks for the tunnel's link, into run->actual.link, and learns from it who serves it. Returns 0, -EEXIST when there
 * is one of that name that is not this tunnel's (not reported), or another negative errno (reported). */
int wgp_run_find_link(WgpRun *run, const char *name) {
        WgpLink *link = &run->actual.link;
        int r;

        r = wgp_gather_link(run, name, link);
        if (r >= 0)
                r = link->ifindex > 0 ? judge_link(run) : find_stray(run, name);
        if (r < 0 && r != -EEXIST)
                wgp_report_error("Cannot look for the link %s: %s.", name, strerror(-r));
        if (r < 0)
                return r;

        run->backend = link->ifindex > 0 && streq(link->kind, WGP_USERSPACE_KIND) ? WGP_BACKEND_USERSPACE :
                                                                                    WGP_BACKEND_KERNEL;
        return 0;
}

/* The text before a message about a line of the profile: "file:line: ", to be freed by the caller; NULL without one.
 */
char *wgp_run_place(const WgpRun *run, WgpOrigin origin) {
        char *text;

        if (!run->profile || origin.line == 0)
                return NULL;
        return asprintf(&text, "%s:%u: ", wgp_profile_file(run->profile, origin), origin.line) < 0 ? NULL : text;
}

/* What a result, a negative errno or an exit code already, means to systemd. */
int wgp_exit_code(int error) {
        if (error >= 0)
                return error;
        return error == -EPERM ? WGP_EXIT_DENIED : WGP_EXIT_FAILED;
}
