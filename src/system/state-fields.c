/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The fields of a state file's objects. A field that has its usual value is left out, and one that is the first and
 * the only one left stands without an object: with ten thousand routes that is most of the text. */

#include "system/state-fields.h"

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>

static const StateField address_fields[] = {
        { "address", STATE_PREFIX, offsetof(WgpAddress, prefix), 0 },
        { "flags", STATE_U32, offsetof(WgpAddress, flags), 0 },
        { "protocol", STATE_U8, offsetof(WgpAddress, protocol), 0 },
        { "scope", STATE_U8, offsetof(WgpAddress, scope), RT_SCOPE_UNIVERSE },
};

static const StateField route_fields[] = {
        { "to", STATE_PREFIX, offsetof(WgpRoute, destination), 0 },
        { "from", STATE_PREFIX, offsetof(WgpRoute, source), 0 },
        { "via", STATE_PREFIX, offsetof(WgpRoute, gateway), 0 },
        { "src", STATE_PREFIX, offsetof(WgpRoute, preferred_source), 0 },
        { "table", STATE_U32, offsetof(WgpRoute, table), RT_TABLE_MAIN },
        { "metric", STATE_U32, offsetof(WgpRoute, metric), 0 },
        { "protocol", STATE_U8, offsetof(WgpRoute, protocol), RTPROT_BOOT },
        { "scope", STATE_U8, offsetof(WgpRoute, scope), RT_SCOPE_LINK },
        { "type", STATE_U8, offsetof(WgpRoute, type), RTN_UNICAST },
        { "tos", STATE_U8, offsetof(WgpRoute, tos), 0 },
        { "device", STATE_BOOL, offsetof(WgpRoute, uses_device), true },
        { "onlink", STATE_BOOL, offsetof(WgpRoute, onlink), false },
        { "weight", STATE_U16, offsetof(WgpRoute, weight), 0 },
        { "metrics-set", STATE_U16, offsetof(WgpRoute, metrics_set), 0 },
        { "metrics-lock", STATE_U16, offsetof(WgpRoute, metrics_lock), 0 },
        { "mtu", STATE_U32, offsetof(WgpRoute, metrics[WGP_ROUTE_MTU]), 0 },
        { "window", STATE_U32, offsetof(WgpRoute, metrics[WGP_ROUTE_WINDOW]), 0 },
        { "cwnd", STATE_U32, offsetof(WgpRoute, metrics[WGP_ROUTE_CWND]), 0 },
        { "initcwnd", STATE_U32, offsetof(WgpRoute, metrics[WGP_ROUTE_INITCWND]), 0 },
        { "initrwnd", STATE_U32, offsetof(WgpRoute, metrics[WGP_ROUTE_INITRWND]), 0 },
        { "advmss", STATE_U32, offsetof(WgpRoute, metrics[WGP_ROUTE_ADVMSS]), 0 },
        { "rto_min", STATE_U32, offsetof(WgpRoute, metrics[WGP_ROUTE_RTO_MIN]), 0 },
        { "quickack", STATE_U32, offsetof(WgpRoute, metrics[WGP_ROUTE_QUICKACK]), 0 },
};

static const StateField rule_fields[] = {
        { "family", STATE_U8, offsetof(WgpRule, family), 0 },
        { "priority", STATE_U32, offsetof(WgpRule, priority), 0 },
        { "action", STATE_U8, offsetof(WgpRule, action), FR_ACT_TO_TBL },
        { "protocol", STATE_U8, offsetof(WgpRule, protocol), RTPROT_KERNEL },
        { "table", STATE_U32, offsetof(WgpRule, table), 0 },
        { "goto", STATE_U32, offsetof(WgpRule, goto_priority), 0 },
        { "not", STATE_BOOL, offsetof(WgpRule, invert), false },
        { "has-fwmark", STATE_BOOL, offsetof(WgpRule, has_fwmark), false },
        { "fwmark", STATE_U32, offsetof(WgpRule, fwmark), 0 },
        { "fwmask", STATE_U32, offsetof(WgpRule, fwmask), 0 },
        { "has-suppress-prefixlength", STATE_BOOL, offsetof(WgpRule, has_suppress_prefixlength), false },
        { "suppress-prefixlength", STATE_U32, offsetof(WgpRule, suppress_prefixlength), 0 },
        { "tos", STATE_U8, offsetof(WgpRule, tos), 0 },
        { "ip-protocol", STATE_U8, offsetof(WgpRule, ip_protocol), 0 },
        { "has-uid-range", STATE_BOOL, offsetof(WgpRule, has_uid_range), false },
        { "uid-start", STATE_U32, offsetof(WgpRule, uid_start), 0 },
        { "uid-end", STATE_U32, offsetof(WgpRule, uid_end), 0 },
        { "sport-start", STATE_U16, offsetof(WgpRule, sport_start), 0 },
        { "sport-end", STATE_U16, offsetof(WgpRule, sport_end), 0 },
        { "dport-start", STATE_U16, offsetof(WgpRule, dport_start), 0 },
        { "dport-end", STATE_U16, offsetof(WgpRule, dport_end), 0 },
        { "from", STATE_PREFIX, offsetof(WgpRule, from), 0 },
        { "to", STATE_PREFIX, offsetof(WgpRule, to), 0 },
        { "iif", STATE_IFNAME, offsetof(WgpRule, iif), 0 },
        { "oif", STATE_IFNAME, offsetof(WgpRule, oif), 0 },
        { "shared", STATE_BOOL, offsetof(WgpRule, shared), false },
};

static const StateField link_fields[] = {
        { "name", STATE_IFNAME, offsetof(WgpLink, name), 0 },
        { "ifindex", STATE_U32, offsetof(WgpLink, ifindex), 0 },
        { "group", STATE_U32, offsetof(WgpLink, group), WGP_LINK_GROUP },
        { "mtu", STATE_U32, offsetof(WgpLink, mtu), 0 },
        { "controller", STATE_U32, offsetof(WgpLink, master), 0 },
        { "vrf", STATE_IFNAME, offsetof(WgpLink, master_name), 0 },
        { "up", STATE_BOOL, offsetof(WgpLink, up), true },
};

static const StateField device_fields[] = {
        { "has-listen-port", STATE_BOOL, offsetof(WgpDevice, has_listen_port), false },
        { "listen-port", STATE_U16, offsetof(WgpDevice, listen_port), 0 },
        { "has-fwmark", STATE_BOOL, offsetof(WgpDevice, has_fwmark), false },
        { "fwmark", STATE_U32, offsetof(WgpDevice, fwmark), 0 },
        { "has-private-key", STATE_BOOL, offsetof(WgpDevice, has_own_key), false },
};

static const StateField filter_fields[] = {
        { "present", STATE_BOOL, offsetof(WgpFilter, present), false },
        { "answers-refused", STATE_BOOL, offsetof(WgpFilter, refused), false },
};

static const StateField kill_switch_fields[] = {
        { "on", STATE_BOOL, offsetof(WgpKillSwitchUse, on), false },
};

static const StateField valid_mark_fields[] = {
        { "wanted", STATE_BOOL, offsetof(WgpValidMark, wanted), false },
        { "before", STATE_U8, offsetof(WgpValidMark, value), 0 },
};

const StateObject state_address = { address_fields, WGP_ARRAY_SIZE(address_fields), sizeof(WgpAddress) };
const StateObject state_route = { route_fields, WGP_ARRAY_SIZE(route_fields), sizeof(WgpRoute) };
const StateObject state_rule = { rule_fields, WGP_ARRAY_SIZE(rule_fields), sizeof(WgpRule) };
const StateObject state_link = { link_fields, WGP_ARRAY_SIZE(link_fields), sizeof(WgpLink) };
const StateObject state_device = { device_fields, WGP_ARRAY_SIZE(device_fields), sizeof(WgpDevice) };
const StateObject state_filter = { filter_fields, WGP_ARRAY_SIZE(filter_fields), sizeof(WgpFilter) };
const StateObject state_kill_switch = {
        kill_switch_fields,
        WGP_ARRAY_SIZE(kill_switch_fields),
        sizeof(WgpKillSwitchUse),
};
const StateObject state_valid_mark = {
        valid_mark_fields,
        WGP_ARRAY_SIZE(valid_mark_fields),
        sizeof(WgpValidMark),
};

const char *const state_format_names[_WGP_FORMAT_N] = {
        [WGP_FORMAT_WG_QUICK] = "wg-quick",
        [WGP_FORMAT_KEYFILE] = "keyfile",
};

const char *const state_backend_names[_WGP_BACKEND_N] = {
        [WGP_BACKEND_KERNEL] = "kernel",
        [WGP_BACKEND_USERSPACE] = "userspace",
};

/* Returns 0, or -EBADMSG when the value is too large for the field. */
int state_set_number(const StateField *field, uint32_t value, void *p) {
        static const uint32_t max[] = {
                [STATE_BOOL] = 1,
                [STATE_U8] = UINT8_MAX,
                [STATE_U16] = UINT16_MAX,
                [STATE_U32] = UINT32_MAX,
        };

        if (value > max[field->type])
                return -EBADMSG;
        switch (field->type) {
        case STATE_BOOL:
                *(bool *) p = value;
                break;
        case STATE_U8:
                *(uint8_t *) p = (uint8_t) value;
                break;
        case STATE_U16:
                *(uint16_t *) p = (uint16_t) value;
                break;
        default:
                *(uint32_t *) p = value;
                break;
        }
        return 0;
}

/* For an item that is written as its first field alone: sets the others. */
void state_set_usual(const StateObject *object, void *to) {
        for (size_t i = 0; i < object->n_fields; i++) {
                const StateField *field = object->fields + i;

                if (field->type != STATE_PREFIX && field->type != STATE_IFNAME)
                        (void) state_set_number(field, field->usual, (uint8_t *) to + field->offset);
        }
}
