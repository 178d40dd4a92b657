/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* WireGuard messages: encoding of requests. Decoding is in wg-decode.c.
 *
 * A change may need many SET_DEVICE messages. The cursor says where the next one goes on; one function per nesting
 * level writes one piece (device, peer, allowed-ip) or nothing of it. Three things keep the splitting right:
 *
 *  - "started" alone decides whether the device's attributes are sent. REPLACE_PEERS in a second message would throw
 *    away what the first one set up.
 *  - A peer enters a message only together with its first allowed-ip. So "allowed_ip > 0" alone says that a peer is
 *    continued, and each message is either progress or an error.
 *  - A continued peer is its key, UPDATE_ONLY and the allowed-ips that are left. REPLACE_ALLOWEDIPS would throw away
 *    those already sent; without UPDATE_ONLY a peer that was removed in between would come back half made.
 *
 * nla_len has 16 bits, and libmnl does not notice when a nest outgrows them: the room that is offered to the pieces
 * ends where the nest of all peers would. The nests inside it are smaller than it is. */

#include "netlink/wg-message.h"

#include <linux/genetlink.h>
#include <linux/wireguard.h>

#include "netlink/message.h"

/* A message that is being written. */
typedef struct Writer {
        struct nlmsghdr *message;
        size_t size; /* no piece may end beyond it */
} Writer;

static struct nlmsghdr *start(void *buf, size_t size, uint16_t family, uint16_t flags, uint8_t command) {
        struct nlmsghdr *message = wgp_message_start(buf, size, family, flags, sizeof(struct genlmsghdr));
        struct genlmsghdr *genl;

        if (!message)
                return NULL;

        genl = mnl_nlmsg_get_payload(message);
        genl->cmd = command;
        genl->version = family == GENL_ID_CTRL ? 2 : WG_GENL_VERSION;
        return message;
}

/* Writes the question for the id of the family "name".
 *
 * Returns 0, -EINVAL for a name no family can have, or -EMSGSIZE when the buffer is too small. */
int wgp_wg_family_encode(void *buf, size_t size, const char *name) {
        struct nlmsghdr *message;

        if (strlen(name) >= GENL_NAMSIZ)
                return -EINVAL;

        message = start(buf, size, GENL_ID_CTRL, NLM_F_ACK, CTRL_CMD_GETFAMILY);
        if (!message || !mnl_attr_put_strz_check(message, size, CTRL_ATTR_FAMILY_NAME, name))
                return -EMSGSIZE;

        return 0;
}

/* Writes the request to dump one device, for wgp_wg_get_decode(). Returns 0, or -EMSGSIZE. */
int wgp_wg_get_encode(void *buf, size_t size, const WgpWgTarget *target) {
        struct nlmsghdr *message = start(buf, size, target->family, NLM_F_DUMP, WG_CMD_GET_DEVICE);

        if (!message || !mnl_attr_put_u32_check(message, size, WGDEVICE_A_IFINDEX, target->ifindex))
                return -EMSGSIZE;

        return 0;
}

/* Returns false when there is no room; nothing of the allowed-ip is left in the message then. */
static bool encode_allowed_ip(Writer *w, const WgpPrefix *prefix) {
        struct nlattr *nest = mnl_attr_nest_start_check(w->message, w->size, 0);

        if (!nest)
                return false;

        if (!mnl_attr_put_u16_check(w->message, w->size, WGALLOWEDIP_A_FAMILY, prefix->family) ||
                        !wgp_prefix_put(w->message, w->size, WGALLOWEDIP_A_IPADDR, prefix) ||
                        !mnl_attr_put_u8_check(w->message, w->size, WGALLOWEDIP_A_CIDR_MASK, prefix->length)) {
                mnl_attr_nest_cancel(w->message, nest);
                return false;
        }

        mnl_attr_nest_end(w->message, nest);
        return true;
}

/* Writes the peer's allowed-ips from *next on, as many as there is room for, and moves *next. */
static bool encode_allowed_ips(Writer *w, const WgpPeerChange *peer, size_t *next) {
        struct nlattr *nest = mnl_attr_nest_start_check(w->message, w->size, WGPEER_A_ALLOWEDIPS);
        size_t first = *next;

        if (!nest)
                return false;

        while (*next < peer->n_allowed_ips && encode_allowed_ip(w, peer->allowed_ips + *next))
                (*next)++;

        if (*next == first) {
                mnl_attr_nest_cancel(w->message, nest);
                return false;
        }

        mnl_attr_nest_end(w->message, nest);
        return true;
}

static uint32_t peer_flags(const WgpPeerChange *peer, bool continued) {
        if (peer->remove)
                return WGPEER_F_REMOVE_ME;
        if (continued)
                return WGPEER_F_UPDATE_ONLY;
        return (peer->update_only ? WGPEER_F_UPDATE_ONLY : 0) |
               (peer->replace_allowed_ips ? WGPEER_F_REPLACE_ALLOWEDIPS : 0);
}

static bool encode_endpoint(Writer *w, const WgpSockaddr *endpoint) {
        return mnl_attr_put_check(w->message, w->size, WGPEER_A_ENDPOINT,
                        endpoint->family == AF_INET ? sizeof(endpoint->in) : sizeof(endpoint->in6), endpoint);
}

static bool encode_peer_values(Writer *w, const WgpPeerChange *change) {
        const WgpPeerState *peer = change->peer;

        if (change->set_preshared_key && !mnl_attr_put_check(w->message, w->size, WGPEER_A_PRESHARED_KEY, WGP_KEY_SIZE,
                                                         peer->preshared_key))
                return false;
        if (change->set_endpoint && !encode_endpoint(w, &peer->endpoint))
                return false;
        return !change->set_keepalive ||
               mnl_attr_put_u16_check(w->message, w->size, WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL, peer->keepalive);
}

static bool encode_peer_parts(Writer *w, const WgpPeerChange *peer, size_t *next) {
        bool continued = *next > 0;
        uint32_t flags = peer_flags(peer, continued);

        if (!mnl_attr_put_check(w->message, w->size, WGPEER_A_PUBLIC_KEY, WGP_KEY_SIZE, peer->peer->public_key))
                return false;
        if (flags != 0 && !mnl_attr_put_u32_check(w->message, w->size, WGPEER_A_FLAGS, flags))
                return false;
        if (peer->remove)
                return true; /* the kernel looks at nothing else */
        if (!continued && !encode_peer_values(w, peer))
                return false;
        return peer->n_allowed_ips == 0 || encode_allowed_ips(w, peer, next);
}

/* Writes one peer, from its allowed-ip *next on, and moves *next.
 *
 * Returns false when there was no room for the least that makes sense; nothing of it is left then. */
static bool encode_peer(Writer *w, const WgpPeerChange *peer, size_t *next) {
        struct nlattr *nest = mnl_attr_nest_start_check(w->message, w->size, 0);

        if (!nest)
                return false;

        if (!encode_peer_parts(w, peer, next)) {
                mnl_attr_nest_cancel(w->message, nest);
                return false;
        }

        mnl_attr_nest_end(w->message, nest);
        return true;
}

/* Writes peers from the cursor on. Returns false when not one piece found room. */
static bool encode_peers(Writer *w, const WgpDeviceChange *change, WgpWgCursor *cursor) {
        struct nlattr *nest = mnl_attr_nest_start_check(w->message, w->size, WGDEVICE_A_PEERS);
        Writer inner = *w;
        bool progress = false;

        if (!nest)
                return false;
        inner.size = WGP_MIN(w->size, (size_t) ((uint8_t *) nest - (uint8_t *) w->message) + UINT16_MAX);

        while (cursor->peer < change->n_peers) {
                const WgpPeerChange *peer = change->peers + cursor->peer;

                if (!encode_peer(&inner, peer, &cursor->allowed_ip))
                        break;

                progress = true;
                if (!peer->remove && cursor->allowed_ip < peer->n_allowed_ips)
                        break;

                cursor->peer++;
                cursor->allowed_ip = 0;
        }

        if (progress)
                mnl_attr_nest_end(w->message, nest);
        else
                mnl_attr_nest_cancel(w->message, nest);
        return progress;
}

static bool encode_device(Writer *w, const WgpDeviceChange *change) {
        if (change->set_private_key && !mnl_attr_put_check(w->message, w->size, WGDEVICE_A_PRIVATE_KEY, WGP_KEY_SIZE,
                                                       change->private_key))
                return false;
        if (change->set_listen_port &&
                        !mnl_attr_put_u16_check(w->message, w->size, WGDEVICE_A_LISTEN_PORT, change->listen_port))
                return false;
        if (change->set_fwmark && !mnl_attr_put_u32_check(w->message, w->size, WGDEVICE_A_FWMARK, change->fwmark))
                return false;
        return !change->replace_peers ||
               mnl_attr_put_u32_check(w->message, w->size, WGDEVICE_A_FLAGS, WGDEVICE_F_REPLACE_PEERS);
}

/* Refuses endpoints that the kernel would silently ignore. */
static bool change_is_valid(const WgpDeviceChange *change) {
        for (size_t i = 0; i < change->n_peers; i++) {
                const WgpPeerChange *peer = change->peers + i;

                if (peer->remove)
                        continue;
                if (peer->set_endpoint && peer->peer->endpoint.family != AF_INET &&
                                peer->peer->endpoint.family != AF_INET6)
                        return false;
                for (size_t j = 0; j < peer->n_allowed_ips; j++)
                        if (peer->allowed_ips[j].family != AF_INET && peer->allowed_ips[j].family != AF_INET6)
                                return false;
        }
        return true;
}

/* Writes the next SET_DEVICE message of a change at the start of "buf", which must be aligned like a struct
 * nlmsghdr, and moves the cursor. The message holds key material: wipe the buffer after use.
 *
 * Returns 0 for the last message, WGP_WG_MORE when another one is needed, -EMSGSIZE when "size" is too small for the
 * next piece even in a message of its own, and -EINVAL for an address of an unknown family. On failure the
 * cursor is where it was, and "buf" holds no message. */
int wgp_wg_message_encode(void *buf, size_t size, const WgpWgTarget *target, const WgpDeviceChange *change,
                WgpWgCursor *cursor) {
        WgpWgCursor next = *cursor;
        Writer w = { .size = size };
        bool progress;

        if (!cursor->started && !change_is_valid(change))
                return -EINVAL;

        w.message = start(buf, size, target->family, NLM_F_ACK, WG_CMD_SET_DEVICE);
        if (!w.message || !mnl_attr_put_u32_check(w.message, size, WGDEVICE_A_IFINDEX, target->ifindex))
                return -EMSGSIZE;

        if (!next.started && !encode_device(&w, change))
                return -EMSGSIZE;

        progress = !next.started;
        next.started = true;
        if (next.peer < change->n_peers && encode_peers(&w, change, &next))
                progress = true;
        if (!progress && next.peer < change->n_peers)
                return -EMSGSIZE;

        *cursor = next;
        return next.peer < change->n_peers ? WGP_WG_MORE : _WGP_WG_E_SUCCESS;
}
