/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Plan: the ordered operations that turn the actual state into the desired one, each with its reason. Pure. */

#include <stdio.h>

#include "base/text.h"
#include "desired/kill-switch.h"
#include "desired/nft-text.h"
#include "model/device.h"

typedef struct WgpDeviceChange WgpDeviceChange;
typedef struct WgpOperation WgpOperation;
typedef struct WgpPeerChange WgpPeerChange;
typedef struct WgpPlan WgpPlan;

/* What to send about one peer. Only what is set goes into the message. */
struct WgpPeerChange {
        const WgpPeerState *peer; /* borrowed: the key and the values to set */
        bool remove;              /* WGPEER_F_REMOVE_ME */
        bool update_only;         /* WGPEER_F_UPDATE_ONLY */
        bool replace_allowed_ips; /* WGPEER_F_REPLACE_ALLOWEDIPS, also with no allowed-ip: clears them */
        bool set_preshared_key, set_endpoint, set_keepalive;
        const WgpPrefix *allowed_ips; /* what to add (or to replace the set by); borrowed, or "added" */
        size_t n_allowed_ips;
        WgpPrefix *added; /* owned; NULL when they are the peer's own list */
};

/* One WG_CMD_SET_DEVICE, in as many messages as it takes. */
struct WgpDeviceChange {
        bool set_private_key, set_listen_port, set_fwmark;
        bool replace_peers; /* WGDEVICE_F_REPLACE_PEERS */
        uint8_t private_key[WGP_KEY_SIZE];
        uint16_t listen_port;
        uint32_t fwmark;
        WgpPeerChange *peers;
        size_t n_peers, n_allocated;
};

typedef enum WgpOperationType {
        WGP_OP_CREATE_LINK,
        WGP_OP_SET_DEVICE,
        WGP_OP_SET_LINK, /* the VRF; or MTU, group, up: one message */
        WGP_OP_ADD_ADDRESS,
        WGP_OP_SET_VALID_MARK,
        WGP_OP_SET_FILTER,
        WGP_OP_DELETE_FILTER,
        WGP_OP_SET_KILL_SWITCH,
        WGP_OP_ADD_ROUTE,
        WGP_OP_ADD_RULE,
        WGP_OP_SET_ZONE, /* of firewalld */
        WGP_OP_SET_DNS,  /* systemd-resolved or resolvconf(8) is told all of it */
        WGP_OP_REVERT_DNS,
        WGP_OP_REMOVE_ZONE,
        WGP_OP_DELETE_RULE,
        WGP_OP_DELETE_ROUTE,
        WGP_OP_DELETE_ADDRESS,
        WGP_OP_DELETE_LINK,
        WGP_OP_RUN_HOOK,
        _WGP_OPERATION_TYPE_N,
} WgpOperationType;

struct WgpOperation {
        WgpOperationType type;
        const char *reason; /* static text */
        const char *netns;  /* WGP_OP_CREATE_LINK: where; NULL: in this network namespace. Borrowed */
        bool in_place;      /* WGP_OP_ADD_ROUTE: there is one of the same destination, table and metric: replace it */
        union {
                WgpLink link; /* WGP_OP_SET_LINK: zero fields are left alone */
                WgpDeviceChange device;
                WgpAddress address;
                WgpRoute route;
                WgpRule rule;
                WgpNftInput filter; /* port 0: the device's, once it has one */
                uint8_t valid_mark;
                const WgpHook *hook; /* borrowed */
                WgpKillSwitch kill_switch;
                WgpDns dns; /* owned */
                char *zone; /* owned; "": the default zone */
        };
};

struct WgpPlan {
        WgpOperation *operations;
        size_t n_operations, n_allocated;
        size_t n_left_out; /* new peers whose preshared key could not be read: not added */
};

#define WGP_PLAN_NULL ((WgpPlan) {})

int wgp_plan_build(const WgpNetwork *desired, const WgpNetwork *actual, const WgpNetwork *recorded, WgpPlan *ret);
bool wgp_plan_has_side_effects(const WgpPlan *plan);
void wgp_plan_done(WgpPlan *plan);

void wgp_device_change_done(WgpDeviceChange *change);
bool wgp_operation_is_hook(const WgpOperation *op, WgpHookType type);

/* plan-format.c */
void wgp_peer_change_format(const WgpPeerChange *change, WgpText *t);
void wgp_operation_format(const WgpOperation *op, WgpText *t);
int wgp_plan_format(const WgpPlan *plan, FILE *f);
