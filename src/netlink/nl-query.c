/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asks the kernel questions that several programs have. */

#include "netlink/nl-query.h"

#include "desired/record.h"
#include "netlink/nf-message.h"
#include "netlink/rt-message.h"
#include "netlink/wg-message.h"

/* Looks for a link, by its index, or by its name when that is 0. Returns 0, -ENODEV: there is none, or another
 * negative errno. */
int wgp_nl_query_link(WgpNlSocket *route, uint32_t ifindex, const char *name, WgpLink *ret) {
        WgpRtBuffer buffer;
        WgpLink link = {};
        int r;

        r = wgp_rt_link_encode_get(&buffer, ifindex, name);
        if (r >= 0)
                r = wgp_nl_socket_request(route, &buffer.header, wgp_rt_link_store, &link);
        if (r < 0)
                return r;
        *ret = link;
        return 0;
}

static void reset_addresses(void *userdata) {
        ((WgpNetwork *) userdata)->n_addresses = 0;
}

/* Adds the addresses of a link to "network". A link that is gone has none. Returns 0 or a negative errno. */
int wgp_nl_query_addresses(WgpNlSocket *route, uint32_t ifindex, WgpNetwork *network) {
        static const uint8_t families[] = { AF_INET, AF_INET6 };
        WgpNetwork part = WGP_NETWORK_NULL;
        WgpRtBuffer buffer;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < WGP_ARRAY_SIZE(families); i++) {
                part.n_addresses = 0;
                r = wgp_rt_address_encode_dump(&buffer, families[i], ifindex);
                if (r >= 0)
                        r = wgp_nl_socket_dump(route, &buffer.header,
                                        &(WgpNlReceiver) { wgp_rt_address_collect, reset_addresses, &part });
                if (r == -ENODEV)
                        r = 0;
                if (r >= 0)
                        r = wgp_record_add_addresses(&part, network);
        }
        wgp_network_done(&part);
        return r;
}

/* Learns the number of WireGuard's family, unless "*family" has it. Returns 0, -EOPNOTSUPP: the kernel has no
 * WireGuard, or another negative errno. */
int wgp_nl_query_wireguard(WgpNlSocket *generic, uint16_t *family) {
        int r;

        if (*family > 0)
                return 0;
        r = wgp_nl_socket_get_family(generic, "wireguard", family);
        return r == WGP_NL_NO_FAMILY ? -EOPNOTSUPP : r;
}

static void reset_device(void *userdata) {
        wgp_device_done(userdata);
}

/* Asks for the device of a link, with its peers and keys: wgp_device_done() wipes them. "ret" is empty, but may have
 * room for peers. Returns 0, or a negative errno: -EPERM without CAP_NET_ADMIN. */
int wgp_nl_query_device(WgpNlSocket *generic, uint16_t family, uint32_t ifindex, WgpDevice *ret) {
        _Alignas(struct nlmsghdr) uint8_t buffer[WGP_WG_REQUEST_SIZE];
        WgpDevice device = *ret;
        int r;

        *ret = (WgpDevice) {};
        r = wgp_wg_get_encode(buffer, sizeof(buffer), &(WgpWgTarget) { family, ifindex });
        if (r >= 0)
                r = wgp_nl_socket_dump(generic, (struct nlmsghdr *) buffer,
                                &(WgpNlReceiver) { wgp_wg_get_decode, reset_device, &device });
        if (r < 0) {
                wgp_device_done(&device);
                return r;
        }
        *ret = device;
        return 0;
}

/* Changes the device of a link. Returns 0 or a negative errno; what was sent before an error has been applied. */
int wgp_nl_set_device(WgpNlSocket *generic, uint16_t family, uint32_t ifindex, const WgpDeviceChange *change) {
        WgpWgCursor cursor = {};
        uint8_t *buffer;
        int r;

        buffer = malloc(WGP_WG_MESSAGE_SIZE);
        if (!buffer)
                return -ENOMEM;
        do {
                int more = wgp_wg_message_encode(
                                buffer, WGP_WG_MESSAGE_SIZE, &(WgpWgTarget) { family, ifindex }, change, &cursor);

                r = more;
                if (more >= 0) {
                        r = wgp_nl_socket_request(generic, (struct nlmsghdr *) buffer, NULL, NULL);
                        r = r < 0 ? r : more;
                }
        } while (r == WGP_WG_MORE);

        wgp_wipe_free(buffer, WGP_WG_MESSAGE_SIZE);
        return r;
}

static void reset_table_rules(void *userdata) {
        *(WgpNfRules *) userdata = (WgpNfRules) {};
}

/* Looks at an inet table of nf_tables. Returns 0, -ENOENT when there is none, or another negative errno. */
int wgp_nl_query_table(WgpNlSocket *netfilter, const char *table, WgpFilter *ret) {
        WgpNfRules rules = {};
        WgpNfBuffer buffer;
        int r;

        r = wgp_nf_table_encode_get(&buffer, table);
        if (r >= 0)
                r = wgp_nl_socket_request(netfilter, &buffer.header, NULL, NULL);
        if (r >= 0)
                r = wgp_nf_rules_encode_dump(&buffer, table);
        if (r >= 0)
                r = wgp_nl_socket_dump(netfilter, &buffer.header,
                                &(WgpNlReceiver) { wgp_nf_rules_collect, reset_table_rules, &rules });
        if (r < 0)
                return r;
        *ret = (WgpFilter) { .present = true, .digest = rules.digest };
        return 0;
}
