/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Leaves out IPv6 where the host has it switched off: addresses, and routes over the link, with a warning. The rules
 * and the "unreachable" routes stay: if IPv6 is switched on later, nothing leaves outside of a full tunnel. A kernel
 * without IPv6 gets none of it.
 *
 * An existing link says whether it has IPv6; for a new one the default setting counts. In another network namespace,
 * and after a change at the last moment, the kernel's refusal tells. */

#include "apply/ipv6.h"

#include <fcntl.h>
#include <unistd.h>

#include "system/report.h"
#include "system/root-path.h"

/* of the network namespace that this process is in */
#define SETTINGS "/proc/sys/net/ipv6"
#define INHERITED SETTINGS "/conf/default/disable_ipv6"

typedef enum Ipv6 {
        IPV6_ON,
        IPV6_OFF,    /* no addresses, no routes over the link */
        IPV6_ABSENT, /* from the kernel */
} Ipv6;

static Ipv6 find_inherited(void) {
        _cleanup_(wgp_closep) int fd = open(INHERITED, O_RDONLY | O_CLOEXEC);
        char digit;

        if (fd < 0)
                return errno == ENOENT && access("/proc/sys/net", F_OK) >= 0 && access(SETTINGS, F_OK) < 0 ?
                                       IPV6_ABSENT :
                                       IPV6_ON;
        return read(fd, &digit, 1) == 1 && digit != '0' ? IPV6_OFF : IPV6_ON;
}

static Ipv6 find(const WgpRun *run) {
        if (run->actual.link.ifindex > 0)
                return run->actual.link.no_ipv6 ? IPV6_OFF : IPV6_ON;
        return run->context.netns >= 0 ? IPV6_ON : find_inherited();
}

static void remove_from(WgpNetwork *network, Ipv6 ipv6) {
        size_t n_addresses = 0, n_routes = 0, n_rules = 0;

        for (size_t i = 0; i < network->n_addresses; i++)
                if (network->addresses[i].prefix.family != AF_INET6)
                        network->addresses[n_addresses++] = network->addresses[i];
        for (size_t i = 0; i < network->n_routes; i++)
                if (network->routes[i].destination.family != AF_INET6 ||
                                (ipv6 == IPV6_OFF && !network->routes[i].uses_device))
                        network->routes[n_routes++] = network->routes[i];
        for (size_t i = 0; i < network->n_rules; i++)
                if (network->rules[i].family != AF_INET6 || ipv6 == IPV6_OFF)
                        network->rules[n_rules++] = network->rules[i];
        network->n_addresses = n_addresses;
        network->n_routes = n_routes;
        network->n_rules = n_rules;
}

static void warn(WgpRun *run) {
        if (run->ipv6_left_out)
                return;
        run->ipv6_left_out = true;
        wgp_report_warning("IPv6 is switched off on this host (disable_ipv6): '%s' gets no IPv6 addresses and routes.",
                        run->name);
}

/* Removes from run->desired what IPv6 is needed for. run->actual.link has been looked for. */
void wgp_ipv6_leave_out(WgpRun *run) {
        Ipv6 ipv6;

        if (!wgp_network_has_ipv6(&run->desired)) /* mostly the kernel need not be asked */
                return;
        ipv6 = find(run);
        if (ipv6 == IPV6_ON)
                return;
        remove_from(&run->desired, ipv6);
        warn(run);
}

/* Whether the kernel refused an addition because IPv6 is switched off: a warning, not a failure. */
bool wgp_ipv6_is_refused(WgpRun *run, const WgpOperation *op, int error) {
        const bool of_ipv6 = (op->type == WGP_OP_ADD_ADDRESS && op->address.prefix.family == AF_INET6) ||
                             (op->type == WGP_OP_ADD_ROUTE && op->route.destination.family == AF_INET6 &&
                                             op->route.uses_device);

        if (!of_ipv6 || error != -EACCES) /* addrconf.c and route.c of the kernel: nothing else is refused so */
                return false;
        warn(run);
        return true;
}
