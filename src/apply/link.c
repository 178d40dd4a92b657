/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Creates the link: in the kernel, or by a daemon if the kernel has no WireGuard. The kernel creates it in the target
 * network namespace through a socket of this one, where its packets are then sent and received. */

#include "apply/link.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "apply/daemon.h"
#include "apply/gather.h"
#include "apply/netns.h"
#include "apply/operation-report.h"
#include "netlink/nl-query.h"
#include "netlink/rt-message.h"
#include "system/report.h"
#include "system/root-path.h"
#include "system/userspace.h"

static int learn_link(WgpRun *run, const char *name) {
        int r;

        r = wgp_gather_link(&run->context, name, &run->actual.link);
        if (r >= 0 && run->actual.link.ifindex == 0)
                r = -ENODEV;
        if (r >= 0)
                run->state.network.link.ifindex = run->actual.link.ifindex;
        return r;
}

/* There is no link of that name here, but there may be a daemon: a former one that is about to end, or one for another
 * network namespace, since the socket's name does not have the namespace. */
static int wait_for_former_daemon(const char *ifname) {
        _cleanup_(wgp_closep) int fd = -EBADF;

        if (wgp_userspace_open(ifname, &fd) < 0 || wgp_userspace_wait(fd))
                return 0;
        wgp_report_error("A daemon of another network namespace has the socket /run/wireguard/%s.sock: choose another "
                         "name for the interface.",
                        ifname);
        return WGP_EXIT_FAILED;
}

/* The daemon's link is created in this network namespace; its socket stays here. The link is moved once the daemon
 * answers: before, it would look for its link here, and end. */
static int move_link(WgpRun *run, const char *name) {
        WgpLinkChange change = { .set_netns = true, .netns = run->context.netns };
        WgpRtBuffer buffer;
        WgpLink link;
        int r;

        r = wgp_nl_query_link(run->context.outside, /* ifindex= */ 0, name, &link);
        if (r < 0)
                return r;
        change.ifindex = link.ifindex;
        r = wgp_rt_link_encode_change(&buffer, &change);
        return r < 0 ? r : wgp_nl_socket_request(run->context.outside, &buffer.header, NULL, NULL);
}

/* udev saw the daemon's link before it had our group, by which a rule keeps NetworkManager and networkd off, and a
 * change of group is no event. Without udev nobody needs to know: /sys is read-only in a container. */
static void have_udev_look(const char *ifname) {
        _cleanup_(freep) char *path = NULL;
        _cleanup_(wgp_closep) int fd = -EBADF;

        if (asprintf(&path, "/sys/class/net/%s/uevent", ifname) < 0) {
                path = NULL;
                return;
        }
        fd = open(path, O_WRONLY | O_CLOEXEC);
        if ((fd < 0 && errno != EROFS && errno != ENOENT) || (fd >= 0 && write(fd, "change", strlen("change")) < 0))
                wgp_report_notice("Cannot tell udev about the link %s: %s. NetworkManager or systemd-networkd may try "
                                  "to manage it.",
                                ifname, strerror(errno));
}

/* Puts the daemon's link into our group, which marks it as ours. Returns 0 or a negative errno. */
static int claim_link(WgpRun *run, const char *name) {
        WgpNlSocket *outside = wgp_context_outside(&run->context);
        WgpLinkChange change = { .set_group = true, .group = WGP_LINK_GROUP };
        WgpRtBuffer buffer;
        WgpLink link;
        int r;

        r = wgp_nl_query_link(outside, /* ifindex= */ 0, name, &link);
        if (r < 0)
                return r;
        change.ifindex = link.ifindex;
        r = wgp_rt_link_encode_change(&buffer, &change);
        if (r >= 0)
                r = wgp_nl_socket_request(outside, &buffer.header, NULL, NULL);
        if (r >= 0 && !run->context.outside) /* a link that moves is out of udev's sight */
                have_udev_look(name);
        return r;
}

/* A daemon creates its link here, before it is moved. The kernel creates it there, but versions before "rtnetlink:
 * Lookup device in target netns when creating link" check the name here as well. */
static bool has_namesake_outside(const WgpRun *run, const char *name) {
        WgpLink link;

        return run->context.outside && wgp_nl_query_link(run->context.outside, /* ifindex= */ 0, name, &link) >= 0;
}

static int refuse_namesake(const WgpRun *run, const char *name) {
        wgp_report_error("There is a link %s in this network namespace already, so that there cannot be one in '%s': "
                         "choose another name for the interface.",
                        name, run->context.netns_name);
        return WGP_EXIT_FAILED;
}

static int create_in_userspace(WgpRun *run, const WgpOperation *op) {
        _cleanup_(freep) char *program = wgp_daemon_find();
        int r;

        if (!program) {
                wgp_report_error("This kernel has no WireGuard, and wireguard-go is not installed: nothing was "
                                 "changed. "
                                 "Install the kernel's wireguard module, or the package wireguard-go.");
                return WGP_EXIT_UNSUPPORTED;
        }

        if (has_namesake_outside(run, op->link.name))
                return refuse_namesake(run, op->link.name);
        r = wait_for_former_daemon(op->link.name);
        if (r != 0)
                return r;

        /* The daemon's link gets our group later: until then the record says that it is ours. */
        run->context.backend = run->state.backend = WGP_BACKEND_USERSPACE;
        r = wgp_run_write_state(run);
        if (r >= 0)
                r = wgp_context_before_change(&run->context);
        if (r >= 0)
                r = wgp_daemon_start(program, op->link.name, wgp_report_is_journal());
        if (r >= 0)
                r = claim_link(run, op->link.name);
        if (r >= 0 && run->context.outside)
                r = move_link(run, op->link.name);
        if (r >= 0)
                r = learn_link(run, op->link.name);
        if (r >= 0)
                r = wgp_run_write_state(run);
        if (r < 0 && r != -EPROTO) /* before, there was none of that name */
                (void) wgp_nl_query_link(wgp_context_outside(&run->context), /* ifindex= */ 0, op->link.name,
                                run->context.outside ? &run->stray : &run->actual.link);
        if (r < 0)
                wgp_report_error("%s could not make the link %s: %s.", program, op->link.name,
                                r == -EPROTO ? "it ended with an error" : strerror(-r));
        return r;
}

/* Creates the link in the run's network namespace, and learns its index and backend. Returns 0, an exit code or a
 * negative errno (both reported). */
int wgp_link_create(WgpRun *run, const WgpOperation *op) {
        WgpNlSocket *outside = wgp_context_outside(&run->context);
        WgpLink link = op->link;
        WgpRtBuffer buffer;
        int r;

        r = wgp_netns_remove_stray(run);
        if (r < 0)
                return r;
        link.mtu = 0; /* set together with "up" */
        r = wgp_rt_link_encode_create(&buffer, &link, run->context.netns);
        if (r >= 0)
                r = wgp_nl_socket_request(outside, &buffer.header, NULL, NULL);
        if (r == -EOPNOTSUPP)
                return create_in_userspace(run, op);
        if (r == -EEXIST && has_namesake_outside(run, link.name))
                return refuse_namesake(run, link.name);
        if (r >= 0)
                r = learn_link(run, link.name);
        if (r < 0)
                wgp_operation_report_failure(run, op, r, outside->error_text);
        return r;
}
