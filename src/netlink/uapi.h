/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* UAPI: the text protocol of userspace WireGuard, on the socket /run/wireguard/IFNAME.sock. Pure. */

#include "core/device.h"
#include "core/plan.h"

typedef struct WgpUapiLookup WgpUapiLookup;

/* The whole request for wgp_uapi_parse_device(). */
#define WGP_UAPI_GET "get=1\n\n"

/* What the text leaves open. A member that is NULL leaves the value at zero. */
struct WgpUapiLookup {
        /* X25519; 0 or a negative errno, which is forwarded. Needed since a reply holds no public key of its own. */
        int (*public_key)(const uint8_t private_key[WGP_KEY_SIZE], uint8_t ret[WGP_KEY_SIZE]);
        /* the index of the interface that a scope names; 0: none */
        unsigned (*scope)(const char *name);
};

int wgp_uapi_format_set(const WgpDeviceChange *change, char **ret, size_t *ret_size);

bool wgp_uapi_reply_complete(const char *text, size_t size);
int wgp_uapi_parse_result(const char *text, size_t size);
int wgp_uapi_parse_device(const char *text, size_t size, const WgpUapiLookup *lookup, WgpDevice *ret);
