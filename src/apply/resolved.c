/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tells systemd-resolved about the link over the bus. Domains and everything else are set before the servers, so that
 * no server is asked for a name that is not meant for it. systemd-resolved is never started: a host with another
 * resolver has stopped it. At boot it may run without being on the bus yet; its varlink socket tells. */

#include "apply/resolved.h"

#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "apply/bus.h"
#include "model/dns.h"
#include "system/root-path.h"

enum {
        TIME_LIMIT_USEC = 5 * 1000 * 1000, /* for all calls together: a tunnel must not be held up for longer */
};

#define NAME "org.freedesktop.resolve1"
#define PATH "/org/freedesktop/resolve1"
#define MANAGER "org.freedesktop.resolve1.Manager"

/* The arguments of a call. */
typedef struct Arguments {
        int32_t ifindex;
        const WgpDns *dns;
        const char *word;
} Arguments;

static bool answers_varlink(const WgpContext *context) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        _cleanup_(wgp_closep) int fd = -EBADF;
        int n;

        n = snprintf(address.sun_path, sizeof(address.sun_path), "%s/run/systemd/resolve/io.systemd.Resolve",
                        context->root ?: "");
        if (n < 0 || (size_t) n >= sizeof(address.sun_path))
                return false;
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        return fd >= 0 && connect(fd, (const struct sockaddr *) &address, sizeof(address)) >= 0;
}

static int append_name(const WgpBusMessages *sd, sd_bus_message *m, const void *userdata) {
        return sd->append(m, "s", NAME);
}

/* Whether systemd-resolved runs. It does when its socket says so and only the bus is slow, as it may be at boot: what
 * cannot be told then can be later. */
bool wgp_resolved_is_there(WgpContext *context) {
        static const WgpBusMethod get_owner = {
                "org.freedesktop.DBus",
                "/org/freedesktop/DBus",
                "org.freedesktop.DBus",
                "GetNameOwner",
                false,
        };
        WgpBus *bus;
        int r;

        r = wgp_context_open_bus(context, TIME_LIMIT_USEC, &bus);
        if (r == WGP_BUS_E_ABSENT)
                return false;
        if (r == 0 && wgp_bus_call(bus, &get_owner, append_name, NULL, NULL) == 0)
                return true;
        return answers_varlink(context);
}

static int call(WgpContext *context, const char *member, WgpBusFill fill, const Arguments *arguments,
                char **ret_error) {
        WgpBusMethod method = { NAME, PATH, MANAGER, member, false };
        int r;

        r = wgp_bus_call(context->bus, &method, fill, arguments, ret_error);
        if (r != WGP_BUS_E_ABSENT || !answers_varlink(context))
                return r;
        method.wait = true;
        return wgp_bus_call(context->bus, &method, fill, arguments, ret_error);
}

static int append_link(const WgpBusMessages *sd, sd_bus_message *m, const void *userdata) {
        return sd->append(m, "i", ((const Arguments *) userdata)->ifindex);
}

static int append_word(const WgpBusMessages *sd, sd_bus_message *m, const void *userdata) {
        const Arguments *a = userdata;

        return sd->append(m, "is", a->ifindex, a->word);
}

static int append_default_route(const WgpBusMessages *sd, sd_bus_message *m, const void *userdata) {
        const Arguments *a = userdata;

        return sd->append(m, "ib", a->ifindex, (int) a->dns->default_route);
}

static int append_domains(const WgpBusMessages *sd, sd_bus_message *m, const void *userdata) {
        const Arguments *a = userdata;
        int r;

        r = sd->append(m, "i", a->ifindex);
        if (r >= 0)
                r = sd->open_container(m, 'a', "(sb)");
        for (size_t i = 0; r >= 0 && i < a->dns->n_domains; i++)
                r = sd->append(m, "(sb)", a->dns->domains[i].name, (int) a->dns->domains[i].route_only);
        return r < 0 ? r : sd->close_container(m);
}

static int append_server(const WgpBusMessages *sd, sd_bus_message *m, const WgpDnsServer *server, bool extended) {
        int r;

        r = sd->open_container(m, 'r', extended ? "iayqs" : "iay");
        if (r >= 0)
                r = sd->append(m, "i", (int) server->address.family);
        if (r >= 0)
                r = sd->append_array(m, 'y', server->address.bytes,
                                server->address.family == AF_INET ? sizeof(struct in_addr) : sizeof(struct in6_addr));
        if (r >= 0 && extended)
                r = sd->append(m, "qs", server->port, server->server_name ?: "");
        return r < 0 ? r : sd->close_container(m);
}

static int append_list(const WgpBusMessages *sd, sd_bus_message *m, const Arguments *a, bool extended) {
        int r;

        r = sd->append(m, "i", a->ifindex);
        if (r >= 0)
                r = sd->open_container(m, 'a', extended ? "(iayqs)" : "(iay)");
        for (size_t i = 0; r >= 0 && i < a->dns->n_servers; i++)
                r = append_server(sd, m, a->dns->servers + i, extended);
        return r < 0 ? r : sd->close_container(m);
}

static int append_servers(const WgpBusMessages *sd, sd_bus_message *m, const void *userdata) {
        return append_list(sd, m, userdata, /* extended= */ true);
}

static int append_addresses(const WgpBusMessages *sd, sd_bus_message *m, const void *userdata) {
        return append_list(sd, m, userdata, /* extended= */ false);
}

/* SetLinkDNSEx came with systemd 246. Before, a port or a name cannot be told, and another server would be asked than
 * the one that is meant. */
static int set_servers(WgpContext *context, const Arguments *a, char **ret_error) {
        bool extended = false;
        int r;

        for (size_t i = 0; i < a->dns->n_servers; i++)
                extended = extended || a->dns->servers[i].port > 0 || a->dns->servers[i].server_name;

        r = call(context, "SetLinkDNSEx", append_servers, a, ret_error);
        return r == WGP_BUS_E_UNKNOWN && !extended ? call(context, "SetLinkDNS", append_addresses, a, ret_error) : r;
}

static int set_settings(WgpContext *context, Arguments *a, char **ret_error) {
        static const char *const members[_WGP_DNS_SETTING_N] = {
                [WGP_DNS_LLMNR] = "SetLinkLLMNR",
                [WGP_DNS_MULTICAST] = "SetLinkMulticastDNS",
                [WGP_DNS_OVER_TLS] = "SetLinkDNSOverTLS",
                [WGP_DNS_DNSSEC] = "SetLinkDNSSEC",
        };
        int r = 0;

        for (size_t i = 0; r == 0 && i < _WGP_DNS_SETTING_N; i++) {
                a->word = wgp_dns_word((WgpDnsSetting) i, a->dns->settings[i]);
                r = call(context, members[i], append_word, a, ret_error);
        }
        return r;
}

/* Tells everything about the tunnel's link, replacing what it was told before. Returns 0, a WGP_BUS_E_*, or a negative
 * errno; "*ret_error" as wgp_bus_call() has it. */
int wgp_resolved_set(WgpContext *context, uint32_t ifindex, const WgpDns *dns, char **ret_error) {
        Arguments a = { .ifindex = (int32_t) ifindex, .dns = dns };
        WgpBus *bus;
        int r;

        r = wgp_context_open_bus(context, TIME_LIMIT_USEC, &bus);
        if (r == 0)
                r = call(context, "SetLinkDomains", append_domains, &a, ret_error);
        if (r == 0)
                r = call(context, "SetLinkDefaultRoute", append_default_route, &a, ret_error);
        if (r == 0)
                r = set_settings(context, &a, ret_error);
        if (r == 0)
                r = set_servers(context, &a, ret_error);
        return r;
}

/* Makes it forget everything about the tunnel's link. Returns as wgp_resolved_set(). */
int wgp_resolved_revert(WgpContext *context, uint32_t ifindex, char **ret_error) {
        const Arguments a = { .ifindex = (int32_t) ifindex };
        WgpBus *bus;
        int r;

        r = wgp_context_open_bus(context, TIME_LIMIT_USEC, &bus);
        return r == 0 ? call(context, "RevertLink", append_link, &a, ret_error) : r;
}
