/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* UAPI: the text protocol of userspace WireGuard, on the socket /run/wireguard/IFNAME.sock. Pure. */

#include "model/device.h"
#include "plan/plan.h"

typedef struct WgpUapiLookup WgpUapiLookup;
typedef struct WgpUapiReader WgpUapiReader;

/* The whole request for wgp_uapi_reader_take_device(). */
#define WGP_UAPI_GET "get=1\n\n"

/* What the text leaves open. A member that is NULL leaves the value at zero. */
struct WgpUapiLookup {
        /* X25519; 0 or a negative errno, which is forwarded. Needed since a reply holds no public key of its own. */
        int (*public_key)(const uint8_t private_key[WGP_KEY_SIZE], uint8_t ret[WGP_KEY_SIZE]);
        /* the index of the interface that a scope names; 0: none */
        unsigned (*scope)(const char *name);
};

int wgp_uapi_format_set(const WgpDeviceChange *change, char **ret, size_t *ret_size);

/* Reads one reply. */
struct WgpUapiReader {
        const WgpUapiLookup *lookup; /* may be NULL */
        WgpDevice device;
        WgpPeerState *peer; /* the one that lines are about, NULL: the device */
        int result;         /* what "errno" said */
        bool has_result;
        bool complete; /* the empty line has come */
};

int wgp_uapi_reader_feed(WgpUapiReader *reader, char *text, size_t size, size_t *ret_read);
int wgp_uapi_reader_result(const WgpUapiReader *reader);
int wgp_uapi_reader_take_device(WgpUapiReader *reader, WgpDevice *ret);
void wgp_uapi_reader_done(WgpUapiReader *reader);
