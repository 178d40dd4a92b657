/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Device: the kernel's by generic netlink; a daemon's in userspace.c. */

#include "apply/device.h"

#include "netlink/nl-query.h"
#include "system/root-path.h"
#include "system/userspace.h"

/* Opens the socket and learns the family's number. Returns 0, -EOPNOTSUPP when the kernel has no WireGuard, or
 * another negative errno. */
static int open_generic(WgpRun *run) {
        int r;

        if (!run->generic) {
                r = wgp_run_open_socket(run, /* NETLINK_GENERIC */ 16, &run->generic);
                if (r < 0)
                        return r;
        }
        return wgp_nl_query_wireguard(run->generic, &run->wireguard);
}

static int get_from_kernel(WgpRun *run, const WgpLink *link, WgpDevice *ret) {
        int r;

        r = open_generic(run);
        return r < 0 ? r : wgp_nl_query_device(run->generic, run->wireguard, link->ifindex, ret);
}

static int set_in_kernel(WgpRun *run, const WgpLink *link, const WgpDeviceChange *change) {
        int r;

        r = open_generic(run);
        return r < 0 ? r : wgp_nl_set_device(run->generic, run->wireguard, link->ifindex, change);
}

/* Has a daemon begin with its answer to the next wgp_device_get() while the run does other things; it is about the
 * device as it is now. That the daemon cannot be asked is told then, too. A run that ends without taking the answer
 * has wireguard-go log a broken pipe. */
void wgp_device_ask(WgpRun *run, const char *ifname) {
        int r;

        if (run->backend != WGP_BACKEND_USERSPACE || run->question != -EBADF)
                return;
        r = wgp_userspace_ask(ifname, &run->question);
        if (r < 0)
                run->question = r;
}

/* To be called before the run waits for others: until all of its answer is taken, a daemon that has many peers lets
 * nobody change its configuration, the resolver included. */
void wgp_device_withdraw(WgpRun *run) {
        wgp_closep(&run->question);
        run->question = -EBADF;
}

static int get_from_daemon(WgpRun *run, const WgpLink *link, WgpDevice *ret) {
        _cleanup_(wgp_closep) int question = -EBADF;

        wgp_device_ask(run, link->name);
        question = TAKE_FD(run->question);
        return question < 0 ? question : wgp_userspace_take_answer(question, ret);
}

/* Asks for the device of a link. "ret" is empty, but may have room for peers. Returns 0 or a negative errno. */
int wgp_device_get(WgpRun *run, const WgpLink *link, WgpDevice *ret) {
        return run->backend == WGP_BACKEND_USERSPACE ? get_from_daemon(run, link, ret) :
                                                       get_from_kernel(run, link, ret);
}

/* Returns 0 or a negative errno; what was sent before an error has been applied. */
int wgp_device_set(WgpRun *run, const WgpLink *link, const WgpDeviceChange *change) {
        int r;

        if (run->backend == WGP_BACKEND_KERNEL)
                return set_in_kernel(run, link, change);

        r = wgp_run_before_change(run);
        return r < 0 ? r : wgp_userspace_set(link->name, change);
}
