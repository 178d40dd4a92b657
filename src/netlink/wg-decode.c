/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* WireGuard messages: decoding of answers. Prototypes in wg-message.h.
 *
 * The kernel splits a dump anywhere: the device's attributes stand in the first message only, and a peer whose
 * allowed-ips did not fit comes again at the head of the next message with its key and the rest of them. */

#include <linux/genetlink.h>
#include <linux/wireguard.h>

#include "netlink/message.h"
#include "netlink/wg-message.h"

enum {
        NSEC_PER_SEC = 1000000000,
};

static const WgpAttributePolicy device_policy[] = {
        [WGDEVICE_A_PRIVATE_KEY] = WGP_ATTRIBUTE_SIZE(WGP_KEY_SIZE),
        [WGDEVICE_A_PUBLIC_KEY] = WGP_ATTRIBUTE_SIZE(WGP_KEY_SIZE),
        [WGDEVICE_A_LISTEN_PORT] = WGP_ATTRIBUTE_SIZE(sizeof(uint16_t)),
        [WGDEVICE_A_FWMARK] = WGP_ATTRIBUTE_SIZE(sizeof(uint32_t)),
        [WGDEVICE_A_PEERS] = WGP_ATTRIBUTE_NEST,
};

static const WgpAttributePolicy peer_policy[] = {
        [WGPEER_A_PUBLIC_KEY] = WGP_ATTRIBUTE_SIZE(WGP_KEY_SIZE),
        [WGPEER_A_PRESHARED_KEY] = WGP_ATTRIBUTE_SIZE(WGP_KEY_SIZE),
        [WGPEER_A_ENDPOINT] = WGP_ATTRIBUTE_RANGE(sizeof(struct sockaddr_in), sizeof(struct sockaddr_in6)),
        [WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL] = WGP_ATTRIBUTE_SIZE(sizeof(uint16_t)),
        [WGPEER_A_LAST_HANDSHAKE_TIME] = WGP_ATTRIBUTE_SIZE(2 * sizeof(int64_t)), /* __kernel_timespec */
        [WGPEER_A_RX_BYTES] = WGP_ATTRIBUTE_SIZE(sizeof(uint64_t)),
        [WGPEER_A_TX_BYTES] = WGP_ATTRIBUTE_SIZE(sizeof(uint64_t)),
        [WGPEER_A_ALLOWEDIPS] = WGP_ATTRIBUTE_NEST,
};

static const WgpAttributePolicy allowed_ip_policy[] = {
        [WGALLOWEDIP_A_FAMILY] = WGP_ATTRIBUTE_SIZE(sizeof(uint16_t)),
        [WGALLOWEDIP_A_IPADDR] = WGP_ATTRIBUTE_RANGE(sizeof(struct in_addr), sizeof(struct in6_addr)),
        [WGALLOWEDIP_A_CIDR_MASK] = WGP_ATTRIBUTE_SIZE(sizeof(uint8_t)),
};

/* Stores the id of the family that wgp_wg_family_encode() asked for. Returns 0, or -EBADMSG. */
int wgp_wg_family_decode(const struct nlmsghdr *message, void *ret_family) {
        static const WgpAttributePolicy policy[] = {
                [CTRL_ATTR_FAMILY_ID] = WGP_ATTRIBUTE_SIZE(sizeof(uint16_t)),
        };
        const struct nlattr *attributes[WGP_ARRAY_SIZE(policy)];
        uint16_t *family = ret_family;
        int r;

        r = wgp_message_parse(message, sizeof(struct genlmsghdr), policy, WGP_ARRAY_SIZE(policy), attributes);
        if (r < 0)
                return r;
        if (!attributes[CTRL_ATTR_FAMILY_ID])
                return -EBADMSG;

        *family = mnl_attr_get_u16(attributes[CTRL_ATTR_FAMILY_ID]);
        return 0;
}

static int decode_list(const struct nlattr *nest, int (*decode)(const struct nlattr *entry, void *to), void *to) {
        const struct nlattr *entry;
        int r;

        r = wgp_attributes_verify(mnl_attr_get_payload(nest), mnl_attr_get_payload_len(nest));
        if (r < 0)
                return r;

        mnl_attr_for_each_nested(entry, nest) {
                r = decode(entry, to);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int decode_allowed_ip(const struct nlattr *nest, void *peer) {
        const struct nlattr *attributes[WGP_ARRAY_SIZE(allowed_ip_policy)];
        WgpPrefix prefix;
        uint16_t family;
        int r;

        r = wgp_nest_parse(nest, allowed_ip_policy, WGP_ARRAY_SIZE(allowed_ip_policy), attributes);
        if (r < 0)
                return r;
        if (!attributes[WGALLOWEDIP_A_FAMILY] || !attributes[WGALLOWEDIP_A_IPADDR] ||
                        !attributes[WGALLOWEDIP_A_CIDR_MASK])
                return -EBADMSG;

        family = mnl_attr_get_u16(attributes[WGALLOWEDIP_A_FAMILY]);
        if (family != AF_INET && family != AF_INET6)
                return -EBADMSG;

        r = wgp_prefix_get(attributes[WGALLOWEDIP_A_IPADDR], (uint8_t) family,
                        mnl_attr_get_u8(attributes[WGALLOWEDIP_A_CIDR_MASK]), &prefix);
        if (r < 0)
                return r;

        return wgp_peer_state_add_allowed_ip(peer, &prefix);
}

static int decode_endpoint(const struct nlattr *attribute, WgpSockaddr *ret) {
        size_t size = mnl_attr_get_payload_len(attribute);
        WgpSockaddr endpoint = {};

        memcpy(&endpoint, mnl_attr_get_payload(attribute), size);
        if (!(endpoint.family == AF_INET && size == sizeof(endpoint.in)) &&
                        !(endpoint.family == AF_INET6 && size == sizeof(endpoint.in6)))
                return -EBADMSG;

        *ret = endpoint;
        return 0;
}

static int decode_counters(const struct nlattr *const *attributes, WgpPeerState *peer) {
        if (attributes[WGPEER_A_LAST_HANDSHAKE_TIME]) {
                int64_t time[2];

                memcpy(time, mnl_attr_get_payload(attributes[WGPEER_A_LAST_HANDSHAKE_TIME]), sizeof(time));
                if (time[0] < 0 || time[1] < 0 || time[1] >= NSEC_PER_SEC)
                        return -EBADMSG;
                peer->handshake_sec = time[0];
                peer->handshake_nsec = (uint32_t) time[1];
        }
        if (attributes[WGPEER_A_RX_BYTES])
                peer->rx_bytes = mnl_attr_get_u64(attributes[WGPEER_A_RX_BYTES]);
        if (attributes[WGPEER_A_TX_BYTES])
                peer->tx_bytes = mnl_attr_get_u64(attributes[WGPEER_A_TX_BYTES]);
        return 0;
}

/* The peer that an entry speaks of: the last one again when the key is the same. */
static WgpPeerState *find_or_add_peer(WgpDevice *device, const uint8_t *public_key) {
        if (device->n_peers > 0) {
                WgpPeerState *last = device->peers + device->n_peers - 1;

                if (memcmp(last->public_key, public_key, WGP_KEY_SIZE) == 0)
                        return last;
        }
        return wgp_device_add_peer(device, public_key);
}

static int decode_peer(const struct nlattr *nest, void *device) {
        const struct nlattr *attributes[WGP_ARRAY_SIZE(peer_policy)];
        WgpPeerState *peer;
        int r;

        r = wgp_nest_parse(nest, peer_policy, WGP_ARRAY_SIZE(peer_policy), attributes);
        if (r < 0)
                return r;
        if (!attributes[WGPEER_A_PUBLIC_KEY])
                return -EBADMSG;

        peer = find_or_add_peer(device, mnl_attr_get_payload(attributes[WGPEER_A_PUBLIC_KEY]));
        if (!peer)
                return -ENOMEM;

        if (attributes[WGPEER_A_PRESHARED_KEY])
                memcpy(peer->preshared_key, mnl_attr_get_payload(attributes[WGPEER_A_PRESHARED_KEY]), WGP_KEY_SIZE);
        if (attributes[WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL])
                peer->keepalive = mnl_attr_get_u16(attributes[WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL]);
        if (attributes[WGPEER_A_ENDPOINT]) {
                r = decode_endpoint(attributes[WGPEER_A_ENDPOINT], &peer->endpoint);
                if (r < 0)
                        return r;
        }
        r = decode_counters(attributes, peer);
        if (r < 0)
                return r;
        return attributes[WGPEER_A_ALLOWEDIPS] ?
                               decode_list(attributes[WGPEER_A_ALLOWEDIPS], decode_allowed_ip, peer) :
                               0;
}

/* Adds what one message of a GET_DEVICE dump says to "device", which is empty before the first.
 *
 * Returns 0, -EBADMSG or -ENOMEM; on failure the device holds part of the answer, to be freed by
 * wgp_device_done(). */
int wgp_wg_get_decode(const struct nlmsghdr *message, void *device) {
        const struct nlattr *attributes[WGP_ARRAY_SIZE(device_policy)];
        WgpDevice *d = device;
        int r;

        r = wgp_message_parse(
                        message, sizeof(struct genlmsghdr), device_policy, WGP_ARRAY_SIZE(device_policy), attributes);
        if (r < 0)
                return r;

        d->has_private_key = d->has_listen_port = d->has_fwmark = true;
        if (attributes[WGDEVICE_A_PRIVATE_KEY])
                memcpy(d->private_key, mnl_attr_get_payload(attributes[WGDEVICE_A_PRIVATE_KEY]), WGP_KEY_SIZE);
        if (attributes[WGDEVICE_A_PUBLIC_KEY])
                memcpy(d->public_key, mnl_attr_get_payload(attributes[WGDEVICE_A_PUBLIC_KEY]), WGP_KEY_SIZE);
        if (attributes[WGDEVICE_A_LISTEN_PORT])
                d->listen_port = mnl_attr_get_u16(attributes[WGDEVICE_A_LISTEN_PORT]);
        if (attributes[WGDEVICE_A_FWMARK])
                d->fwmark = mnl_attr_get_u32(attributes[WGDEVICE_A_FWMARK]);

        return attributes[WGDEVICE_A_PEERS] ? decode_list(attributes[WGDEVICE_A_PEERS], decode_peer, d) : 0;
}
