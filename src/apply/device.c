/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads and changes the WireGuard device of a link: in the kernel by generic netlink, in a daemon by its socket. */

#include "apply/device.h"

#include "netlink/nl-query.h"
#include "system/root-path.h"
#include "system/userspace.h"

enum {
        DAEMON_SEC = 2, /* all tunnels wait for its answer */
};

/* Opens the socket and learns the family's number. Returns 0, -EOPNOTSUPP when the kernel has no WireGuard, or
 * another negative errno. */
static int open_generic(WgpContext *context) {
        int r;

        if (!context->generic) {
                r = wgp_context_open_socket(context, /* NETLINK_GENERIC */ 16, &context->generic);
                if (r < 0)
                        return r;
        }
        return wgp_nl_query_wireguard(context->generic, &context->wireguard);
}

static int get_from_kernel(WgpContext *context, const WgpLink *link, WgpDevice *ret) {
        int r;

        r = open_generic(context);
        return r < 0 ? r : wgp_nl_query_device(context->generic, context->wireguard, link->ifindex, ret);
}

static int set_in_kernel(WgpContext *context, const WgpLink *link, const WgpDeviceChange *change) {
        int r;

        r = open_generic(context);
        return r < 0 ? r : wgp_nl_set_device(context->generic, context->wireguard, link->ifindex, change);
}

/* Sends the daemon the question of the next wgp_device_get() early, so that it answers while the run does other
 * things. The answer is about the device as it is now. Failures are returned by wgp_device_get() as well. If a run
 * ends without reading the answer, wireguard-go logs a broken pipe. */
void wgp_device_ask(WgpContext *context, const char *ifname) {
        int r;

        if (context->backend != WGP_BACKEND_USERSPACE || context->question != -EBADF)
                return;
        r = wgp_userspace_ask(ifname, &context->question);
        if (r < 0)
                context->question = r;
}

static int get_from_daemon(WgpContext *context, const WgpLink *link, WgpDevice *ret) {
        _cleanup_(wgp_closep) int question = -EBADF;

        wgp_device_ask(context, link->name);
        question = TAKE_FD(context->question);
        return question < 0 ? question : wgp_userspace_take_answer(question, ret);
}

/* Asks for the device of a link. "ret" is empty, but may have room for peers. Returns 0 or a negative errno. */
int wgp_device_get(WgpContext *context, const WgpLink *link, WgpDevice *ret) {
        return context->backend == WGP_BACKEND_USERSPACE ? get_from_daemon(context, link, ret) :
                                                           get_from_kernel(context, link, ret);
}

/* Returns 0 or a negative errno; what was sent before an error has been applied. */
int wgp_device_set(WgpContext *context, const WgpLink *link, const WgpDeviceChange *change) {
        int r;

        if (context->backend == WGP_BACKEND_KERNEL)
                return set_in_kernel(context, link, change);

        r = wgp_context_before_change(context);
        return r < 0 ? r : wgp_userspace_set(link->name, change);
}

/* The firewall mark of a link in our group, whatever this run's own tunnel is made with. "*ret" is 0 when it has none.
 * Returns 0, or a negative errno: nobody can tell. */
int wgp_device_find_mark(WgpContext *context, const WgpLink *link, uint32_t *ret) {
        _cleanup_(wgp_device_done) WgpDevice device = {};
        int r;

        if (streq(link->kind, WGP_USERSPACE_KIND))
                r = wgp_userspace_get_within(link->name, DAEMON_SEC, &device);
        else
                r = get_from_kernel(context, link, &device);
        *ret = r < 0 ? 0 : device.fwmark;
        return r;
}
