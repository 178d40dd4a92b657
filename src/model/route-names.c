/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names metrics and types of routes, and actions of rules. */

#include "model/route-names.h"

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>

const char *const wgp_route_metric_names[_WGP_ROUTE_METRIC_N] = {
        [WGP_ROUTE_MTU] = "mtu",
        [WGP_ROUTE_WINDOW] = "window",
        [WGP_ROUTE_CWND] = "cwnd",
        [WGP_ROUTE_INITCWND] = "initcwnd",
        [WGP_ROUTE_INITRWND] = "initrwnd",
        [WGP_ROUTE_ADVMSS] = "advmss",
        [WGP_ROUTE_RTO_MIN] = "rto_min",
        [WGP_ROUTE_QUICKACK] = "quickack",
};

static const char *const type_names[] = {
        [RTN_UNICAST] = "unicast",
        [RTN_LOCAL] = "local",
        [RTN_BLACKHOLE] = "blackhole",
        [RTN_UNREACHABLE] = "unreachable",
        [RTN_PROHIBIT] = "prohibit",
        [RTN_THROW] = "throw",
};

static const char *const action_names[] = {
        [FR_ACT_TO_TBL] = "unicast",
        [FR_ACT_NOP] = "nop",
        [FR_ACT_BLACKHOLE] = "blackhole",
        [FR_ACT_UNREACHABLE] = "unreachable",
        [FR_ACT_PROHIBIT] = "prohibit",
};

static int find_name(const char *const *names, size_t n_names, const char *name, uint8_t *ret) {
        for (size_t i = 0; i < n_names; i++)
                if (names[i] && streq(names[i], name)) {
                        *ret = (uint8_t) i;
                        return 0;
                }
        return -EINVAL;
}

/* Reads a type that a profile can have. "*ret" is RTN_*. Returns 0, or -EINVAL. */
int wgp_route_type_parse(const char *name, uint8_t *ret) {
        return find_name(type_names, WGP_ARRAY_SIZE(type_names), name, ret);
}

/* Returns static text, NULL for a type without a name here. */
const char *wgp_route_type_name(uint8_t type) {
        return type < WGP_ARRAY_SIZE(type_names) ? type_names[type] : NULL;
}

/* Reads the name of an action. "*ret" is FR_ACT_*. Returns 0, or -EINVAL. */
int wgp_rule_action_parse(const char *name, uint8_t *ret) {
        return find_name(action_names, WGP_ARRAY_SIZE(action_names), name, ret);
}

/* Returns static text, NULL for an action without a name here. */
const char *wgp_rule_action_name(uint8_t action) {
        return action < WGP_ARRAY_SIZE(action_names) ? action_names[action] : NULL;
}
