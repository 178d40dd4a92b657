/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Dumps of links, addresses, routes and rules: whatever is taken from one can be said again, and is the same then. */

#include "fuzz.h"
#include "model/kernel-slot.h"
#include "model/prefix.h"
#include "netlink/message.h"
#include "netlink/rt-message.h"

static void check_prefix(const WgpPrefix *prefix) {
        check(prefix->family == AF_UNSPEC || prefix->family == AF_INET || prefix->family == AF_INET6);
        check(prefix->length <= wgp_family_bits(prefix->family));
}

static void check_text(const char *text, size_t size) {
        check(memchr(text, 0, size));
}

static void decode_link(const struct nlmsghdr *message) {
        WgpLink link = {};

        if (wgp_rt_link_decode(message, &link) != 0)
                return;
        check_text(link.name, sizeof(link.name));
        check_text(link.kind, sizeof(link.kind));
        check_text(link.master_name, sizeof(link.master_name));
}

static void decode_address(const struct nlmsghdr *message) {
        WgpAddress address = {}, again = {};
        uint32_t ifindex = 0, ifindex_again = 0;
        WgpRtBuffer buffer;

        if (wgp_rt_address_decode(message, &address, &ifindex) != 0)
                return;
        check_prefix(&address.prefix);
        check(address.prefix.family != AF_UNSPEC);
        if (wgp_rt_address_encode(&buffer, WGP_RT_ADD, &address, ifindex) != 0)
                return;
        check(wgp_rt_address_decode(&buffer.header, &again, &ifindex_again) == 0);
        check(wgp_address_compare_slot(&address, &again) == 0 && ifindex == ifindex_again);
}

static void decode_route(const struct nlmsghdr *message) {
        WgpRoute route = {}, again = {};
        WgpRtBuffer buffer;

        if (wgp_rt_route_decode(message, &route) != 0)
                return;
        check_prefix(&route.destination);
        check_prefix(&route.source);
        check_prefix(&route.gateway);
        check_prefix(&route.preferred_source);
        if (wgp_rt_route_encode(&buffer, WGP_RT_ADD, &route, route.ifindex) != 0)
                return;
        check(wgp_rt_route_decode(&buffer.header, &again) == 0);
        check(wgp_route_compare_slot(&route, &again) == 0);
}

static void decode_rule(const struct nlmsghdr *message) {
        WgpRule rule = {}, again = {};
        WgpRtBuffer buffer;

        if (wgp_rt_rule_decode(message, &rule) != 0)
                return;
        check_prefix(&rule.from);
        check_prefix(&rule.to);
        check_text(rule.iif, sizeof(rule.iif));
        check_text(rule.oif, sizeof(rule.oif));
        if (wgp_rt_rule_encode(&buffer, WGP_RT_ADD, &rule) != 0)
                return;
        check(wgp_rt_rule_decode(&buffer.header, &again) == 0);
        check(wgp_rule_compare(&rule, &again) == 0);
}

static void collect(const struct nlmsghdr *message, WgpNetwork *network) {
        (void) wgp_rt_address_collect(message, network);
        (void) wgp_rt_route_collect(message, network);
        (void) wgp_rt_rule_collect(message, network);
}

static void network_done(WgpNetwork *network) {
        free(network->addresses);
        free(network->routes);
        free(network->rules);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        WgpNetwork network = WGP_NETWORK_NULL;
        uint8_t *copy = fuzz_copy(data, size);
        const struct nlmsghdr *message;
        const uint8_t *at = copy;
        WgpVerdict verdict;
        size_t left = size;

        while ((message = wgp_message_take(&at, &left))) {
                decode_link(message);
                decode_address(message);
                decode_route(message);
                decode_rule(message);
                collect(message, &network);
                if (wgp_message_parse_verdict(message, &verdict) == 0 && verdict.text)
                        check((const uint8_t *) verdict.text >= copy &&
                                        (const uint8_t *) verdict.text + verdict.n_text <= copy + size);
        }
        network_done(&network);
        free(copy);
        return 0;
}
