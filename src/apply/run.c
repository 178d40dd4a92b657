/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Run: opening, closing, and what all uses of apply share. */

#include "apply/run.h"

#include <linux/genetlink.h>
#include <linux/rtnetlink.h>
#include <linux/wireguard.h>
#include <stdio.h>
#include <unistd.h>

#include "apply/gather.h"
#include "apply/report.h"
#include "apply/userspace.h"

void wgp_run_init(WgpRun *run, const char *root, const char *name, const WgpRunHook *hook) {
        *run = (WgpRun) {
                .root = root,
                .name = name,
                .hook = hook ? *hook : (WgpRunHook) {},
                .directory = -EBADF,
                .lock = -EBADF,
                .numbers_lock = -EBADF,
        };
}

void wgp_run_done(WgpRun *run) {
        wgp_nl_socket_free(run->route);
        wgp_nl_socket_free(run->generic);
        wgp_profile_free(run->profile);
        wgp_state_done(&run->state);
        wgp_network_done(&run->actual);
        wgp_network_done(&run->desired);
        wgp_network_done(&run->others);
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
static int before_send(const struct nlmsghdr *message, void *userdata) {
        const struct genlmsghdr *generic = NLMSG_DATA(message);
        WgpRun *run = userdata;

        if (message->nlmsg_type >= RTM_BASE && message->nlmsg_type < RTM_BASE + RTM_NR_MSGTYPES)
                return (message->nlmsg_type - RTM_BASE) % 4 == 2 ? 0 : wgp_run_before_change(run);
        if (message->nlmsg_type == run->wireguard && generic->cmd == WG_CMD_SET_DEVICE)
                return wgp_run_before_change(run);
        return 0;
}

int wgp_run_open_socket(WgpRun *run, int protocol, WgpNlSocket **ret) {
        int r;

        r = wgp_nl_socket_open(protocol, ret);
        if (r >= 0 && run->hook.before_change) {
                (*ret)->before_send = before_send;
                (*ret)->before_send_userdata = run;
        }
        return r;
}

/* Opens the state directory, takes the tunnel's lock, reads the record, and opens a socket to the kernel. A record
 * that cannot be read is told, and counts as none. Returns 0, or a negative errno (reported). */
int wgp_run_open(WgpRun *run) {
        int r;

        r = wgp_state_open_directory(run->root, &run->directory);
        if (r >= 0)
                r = wgp_state_open_lock(run->directory, run->name, &run->lock);
        if (r < 0) {
                wgp_report_error("%s%s: %s.", run->root ?: "", WGP_STATE_DIRECTORY, strerror(-r));
                return r;
        }

        r = wgp_state_read(run->directory, run->name, &run->state);
        if (r < 0 || r == WGP_STATE_E_CORRUPT)
                wgp_report_warning("%s%s/%s.json cannot be read (%s): going on without it.", run->root ?: "",
                                WGP_STATE_DIRECTORY, run->name, r < 0 ? strerror(-r) : "it is damaged");
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

static bool is_ours(const WgpRun *run, const WgpLink *link) {
        const WgpLink *recorded = &run->state.network.link;
        bool kernel = streq(link->kind, "wireguard"), userspace = streq(link->kind, WGP_USERSPACE_KIND);

        if (!kernel && !userspace)
                return false;
        if (link->group == WGP_LINK_GROUP)
                return true;
        /* Without our group: somebody changed it, or a daemon's link which we had not got to. */
        return run->has_state && streq(recorded->name, link->name) &&
                        (recorded->ifindex > 0 ? recorded->ifindex == link->ifindex :
                                                 userspace && run->state.backend == WGP_BACKEND_USERSPACE);
}

/* Looks for the tunnel's link, into run->actual.link, and learns from it who serves it. Returns 0, -EEXIST when there
 * is one of that name that is not ours (not reported), or another negative errno (reported). */
int wgp_run_find_link(WgpRun *run, const char *name) {
        WgpLink *link = &run->actual.link;
        int r;

        r = wgp_gather_link(run, name, link);
        if (r < 0) {
                wgp_report_error("Cannot look for the link %s: %s.", name, strerror(-r));
                return r;
        }
        if (link->ifindex > 0 && !is_ours(run, link))
                return -EEXIST;
        run->backend = link->ifindex > 0 && streq(link->kind, WGP_USERSPACE_KIND) ? WGP_BACKEND_USERSPACE :
                                                                                     WGP_BACKEND_KERNEL;
        return 0;
}

/* The text before a message about a line of the profile: "file:line: ", to be freed by the caller; NULL without one. */
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
        return error == -EPERM || error == -EACCES ? WGP_EXIT_DENIED : WGP_EXIT_FAILED;
}
