/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Describes the fields of a record's objects. A field with its usual value is left out, and an object of which only
 * the first field is left is written as that field alone: with ten thousand routes that is most of the text. */

#include "system/state-internal.h"

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>

static const WgpStateField address_fields[] = {
        { "address", WGP_STATE_PREFIX, offsetof(WgpAddress, prefix), 0 },
        { "flags", WGP_STATE_U32, offsetof(WgpAddress, flags), 0 },
        { "protocol", WGP_STATE_U8, offsetof(WgpAddress, protocol), 0 },
        { "scope", WGP_STATE_U8, offsetof(WgpAddress, scope), RT_SCOPE_UNIVERSE },
};

static const WgpStateField route_fields[] = {
        { "to", WGP_STATE_PREFIX, offsetof(WgpRoute, destination), 0 },
        { "from", WGP_STATE_PREFIX, offsetof(WgpRoute, source), 0 },
        { "via", WGP_STATE_PREFIX, offsetof(WgpRoute, gateway), 0 },
        { "src", WGP_STATE_PREFIX, offsetof(WgpRoute, preferred_source), 0 },
        { "table", WGP_STATE_U32, offsetof(WgpRoute, table), RT_TABLE_MAIN },
        { "metric", WGP_STATE_U32, offsetof(WgpRoute, metric), 0 },
        { "protocol", WGP_STATE_U8, offsetof(WgpRoute, protocol), RTPROT_BOOT },
        { "scope", WGP_STATE_U8, offsetof(WgpRoute, scope), RT_SCOPE_LINK },
        { "type", WGP_STATE_U8, offsetof(WgpRoute, type), RTN_UNICAST },
        { "tos", WGP_STATE_U8, offsetof(WgpRoute, tos), 0 },
        { "device", WGP_STATE_BOOL, offsetof(WgpRoute, uses_device), true },
        { "onlink", WGP_STATE_BOOL, offsetof(WgpRoute, onlink), false },
        { "weight", WGP_STATE_U16, offsetof(WgpRoute, weight), 0 },
        { "metrics-set", WGP_STATE_U16, offsetof(WgpRoute, metrics_set), 0 },
        { "metrics-lock", WGP_STATE_U16, offsetof(WgpRoute, metrics_lock), 0 },
        { "mtu", WGP_STATE_U32, offsetof(WgpRoute, metrics[WGP_ROUTE_MTU]), 0 },
        { "window", WGP_STATE_U32, offsetof(WgpRoute, metrics[WGP_ROUTE_WINDOW]), 0 },
        { "cwnd", WGP_STATE_U32, offsetof(WgpRoute, metrics[WGP_ROUTE_CWND]), 0 },
        { "initcwnd", WGP_STATE_U32, offsetof(WgpRoute, metrics[WGP_ROUTE_INITCWND]), 0 },
        { "initrwnd", WGP_STATE_U32, offsetof(WgpRoute, metrics[WGP_ROUTE_INITRWND]), 0 },
        { "advmss", WGP_STATE_U32, offsetof(WgpRoute, metrics[WGP_ROUTE_ADVMSS]), 0 },
        { "rto_min", WGP_STATE_U32, offsetof(WgpRoute, metrics[WGP_ROUTE_RTO_MIN]), 0 },
        { "quickack", WGP_STATE_U32, offsetof(WgpRoute, metrics[WGP_ROUTE_QUICKACK]), 0 },
};

static const WgpStateField rule_fields[] = {
        { "family", WGP_STATE_U8, offsetof(WgpRule, family), 0 },
        { "priority", WGP_STATE_U32, offsetof(WgpRule, priority), 0 },
        { "action", WGP_STATE_U8, offsetof(WgpRule, action), FR_ACT_TO_TBL },
        { "protocol", WGP_STATE_U8, offsetof(WgpRule, protocol), RTPROT_KERNEL },
        { "table", WGP_STATE_U32, offsetof(WgpRule, table), 0 },
        { "goto", WGP_STATE_U32, offsetof(WgpRule, goto_priority), 0 },
        { "not", WGP_STATE_BOOL, offsetof(WgpRule, invert), false },
        { "has-fwmark", WGP_STATE_BOOL, offsetof(WgpRule, has_fwmark), false },
        { "fwmark", WGP_STATE_U32, offsetof(WgpRule, fwmark), 0 },
        { "fwmask", WGP_STATE_U32, offsetof(WgpRule, fwmask), 0 },
        { "has-suppress-prefixlength", WGP_STATE_BOOL, offsetof(WgpRule, has_suppress_prefixlength), false },
        { "suppress-prefixlength", WGP_STATE_U32, offsetof(WgpRule, suppress_prefixlength), 0 },
        { "tos", WGP_STATE_U8, offsetof(WgpRule, tos), 0 },
        { "ip-protocol", WGP_STATE_U8, offsetof(WgpRule, ip_protocol), 0 },
        { "has-uid-range", WGP_STATE_BOOL, offsetof(WgpRule, has_uid_range), false },
        { "uid-start", WGP_STATE_U32, offsetof(WgpRule, uid_start), 0 },
        { "uid-end", WGP_STATE_U32, offsetof(WgpRule, uid_end), 0 },
        { "sport-start", WGP_STATE_U16, offsetof(WgpRule, sport_start), 0 },
        { "sport-end", WGP_STATE_U16, offsetof(WgpRule, sport_end), 0 },
        { "dport-start", WGP_STATE_U16, offsetof(WgpRule, dport_start), 0 },
        { "dport-end", WGP_STATE_U16, offsetof(WgpRule, dport_end), 0 },
        { "from", WGP_STATE_PREFIX, offsetof(WgpRule, from), 0 },
        { "to", WGP_STATE_PREFIX, offsetof(WgpRule, to), 0 },
        { "iif", WGP_STATE_IFNAME, offsetof(WgpRule, iif), 0 },
        { "oif", WGP_STATE_IFNAME, offsetof(WgpRule, oif), 0 },
        { "shared", WGP_STATE_BOOL, offsetof(WgpRule, shared), false },
};

static const WgpStateField link_fields[] = {
        { "name", WGP_STATE_IFNAME, offsetof(WgpLink, name), 0 },
        { "ifindex", WGP_STATE_U32, offsetof(WgpLink, ifindex), 0 },
        { "group", WGP_STATE_U32, offsetof(WgpLink, group), WGP_LINK_GROUP },
        { "mtu", WGP_STATE_U32, offsetof(WgpLink, mtu), 0 },
        { "controller", WGP_STATE_U32, offsetof(WgpLink, master), 0 },
        { "vrf", WGP_STATE_IFNAME, offsetof(WgpLink, master_name), 0 },
        { "up", WGP_STATE_BOOL, offsetof(WgpLink, up), true },
};

static const WgpStateField device_fields[] = {
        { "has-listen-port", WGP_STATE_BOOL, offsetof(WgpDevice, has_listen_port), false },
        { "listen-port", WGP_STATE_U16, offsetof(WgpDevice, listen_port), 0 },
        { "has-fwmark", WGP_STATE_BOOL, offsetof(WgpDevice, has_fwmark), false },
        { "fwmark", WGP_STATE_U32, offsetof(WgpDevice, fwmark), 0 },
        { "has-private-key", WGP_STATE_BOOL, offsetof(WgpDevice, has_own_key), false },
};

static const WgpStateField filter_fields[] = {
        { "present", WGP_STATE_BOOL, offsetof(WgpFilter, present), false },
        { "answers-refused", WGP_STATE_BOOL, offsetof(WgpFilter, refused), false },
};

static const WgpStateField kill_switch_fields[] = {
        { "on", WGP_STATE_BOOL, offsetof(WgpKillSwitchUse, on), false },
};

static const WgpStateField valid_mark_fields[] = {
        { "wanted", WGP_STATE_BOOL, offsetof(WgpValidMark, wanted), false },
        { "before", WGP_STATE_U8, offsetof(WgpValidMark, value), 0 },
};

const WgpStateObject wgp_state_address = { address_fields, WGP_ARRAY_SIZE(address_fields), sizeof(WgpAddress) };
const WgpStateObject wgp_state_route = { route_fields, WGP_ARRAY_SIZE(route_fields), sizeof(WgpRoute) };
const WgpStateObject wgp_state_rule = { rule_fields, WGP_ARRAY_SIZE(rule_fields), sizeof(WgpRule) };
const WgpStateObject wgp_state_link = { link_fields, WGP_ARRAY_SIZE(link_fields), sizeof(WgpLink) };
const WgpStateObject wgp_state_device = { device_fields, WGP_ARRAY_SIZE(device_fields), sizeof(WgpDevice) };
const WgpStateObject wgp_state_filter = { filter_fields, WGP_ARRAY_SIZE(filter_fields), sizeof(WgpFilter) };
const WgpStateObject wgp_state_kill_switch = {
        kill_switch_fields,
        WGP_ARRAY_SIZE(kill_switch_fields),
        sizeof(WgpKillSwitchUse),
};
const WgpStateObject wgp_state_valid_mark = {
        valid_mark_fields,
        WGP_ARRAY_SIZE(valid_mark_fields),
        sizeof(WgpValidMark),
};

const char *const wgp_state_format_names[_WGP_FORMAT_N] = {
        [WGP_FORMAT_WG_QUICK] = "wg-quick",
        [WGP_FORMAT_KEYFILE] = "keyfile",
};

const char *const wgp_state_backend_names[_WGP_BACKEND_N] = {
        [WGP_BACKEND_KERNEL] = "kernel",
        [WGP_BACKEND_USERSPACE] = "userspace",
};

/* Returns 0, or -EBADMSG when the value is too large for the field. */
int wgp_state_set_number(const WgpStateField *field, uint32_t value, void *p) {
        static const uint32_t max[] = {
                [WGP_STATE_BOOL] = 1,
                [WGP_STATE_U8] = UINT8_MAX,
                [WGP_STATE_U16] = UINT16_MAX,
                [WGP_STATE_U32] = UINT32_MAX,
        };

        if (value > max[field->type])
                return -EBADMSG;
        switch (field->type) {
        case WGP_STATE_BOOL:
                *(bool *) p = value;
                break;
        case WGP_STATE_U8:
                *(uint8_t *) p = (uint8_t) value;
                break;
        case WGP_STATE_U16:
                *(uint16_t *) p = (uint16_t) value;
                break;
        default:
                *(uint32_t *) p = value;
                break;
        }
        return 0;
}

/* For an item that is written as its first field alone: sets the others. */
void wgp_state_set_usual(const WgpStateObject *object, void *to) {
        for (size_t i = 0; i < object->n_fields; i++) {
                const WgpStateField *field = object->fields + i;

                if (field->type != WGP_STATE_PREFIX && field->type != WGP_STATE_IFNAME)
                        (void) wgp_state_set_number(field, field->usual, (uint8_t *) to + field->offset);
        }
}
