/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* WireGuard messages: device changes to SET_DEVICE messages, GET_DEVICE messages to a device. Pure. */

#include <linux/netlink.h>

#include "model/device.h"
#include "plan/plan.h"

typedef struct WgpWgCursor WgpWgCursor;
typedef struct WgpWgTarget WgpWgTarget;

enum {
        _WGP_WG_E_SUCCESS,
        WGP_WG_MORE, /* call again, with the same change and cursor */
};

enum {
        /* Enough for GETFAMILY of any name and for GET_DEVICE. */
        WGP_WG_REQUEST_SIZE = 64,
        /* A good size for SET_DEVICE: the largest nest that nla_len can describe, and what stands around it. More
         * brings nothing; less, down to about 300 bytes, only costs more messages. */
        WGP_WG_MESSAGE_SIZE = 65536 + 256,
};

/* What a message is addressed to. */
struct WgpWgTarget {
        uint16_t family;  /* the id of the "wireguard" family, wgp_nl_socket_get_family() */
        uint32_t ifindex; /* in the network namespace of the socket */
};

/* How far a change has been written. All zero: from its beginning. */
struct WgpWgCursor {
        bool started;      /* the device's own attributes are out */
        size_t peer;       /* the next one of change->peers */
        size_t allowed_ip; /* of that peer; > 0: the peer is continued */
};

int wgp_wg_family_encode(void *buf, size_t size, const char *name);
int wgp_wg_family_decode(const struct nlmsghdr *message, void *ret_family /* uint16_t */);

int wgp_wg_get_encode(void *buf, size_t size, const WgpWgTarget *target);
int wgp_wg_get_decode(const struct nlmsghdr *message, void *device /* WgpDevice */);

int wgp_wg_message_encode(
                void *buf, size_t size, const WgpWgTarget *target, const WgpDeviceChange *change, WgpWgCursor *cursor);
