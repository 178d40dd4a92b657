/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Conversion: routeN=, routeN_options= and routing-ruleN= of a keyfile, as parse-route.c and parse-rule.c read
 * them. */

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <stdio.h>

#include "model/route-names.h"
#include "rewrite/convert-internal.h"

enum {
        KEY_SIZE = sizeof("routing-rule18446744073709551615_options"),
};

/* --- routes --- */

static void write_route(WgpConvert *c, const WgpRoute *route, const char *key) {
        const char *none = route->destination.family == AF_INET6 ? "::" : "0.0.0.0";
        char text[WGP_PREFIX_TEXT_SIZE];

        wgp_convert_begin(c, key);
        wgp_prefix_format(&route->destination, text);
        wgp_text_append(c->text, text);
        if (route->gateway.family != AF_UNSPEC) {
                wgp_address_format(&route->gateway, text);
                wgp_text_printf(c->text, ",%s", text);
        } else if (route->states_metric)
                wgp_text_printf(c->text, ",%s", none);
        if (route->states_metric)
                wgp_text_printf(c->text, ",%u", route->metric);
        wgp_convert_end(c);
}

static void add_option(WgpText *options, const char *name, const char *value) {
        wgp_text_printf(options, "%s%s=%s", options->size > 0 ? "," : "", name, value);
}

static void add_number(WgpText *options, const char *name, uint32_t value) {
        wgp_text_printf(options, "%s%s=%u", options->size > 0 ? "," : "", name, value);
}

static void add_metrics(WgpText *options, const WgpRoute *route) {
        for (unsigned i = 0; i < _WGP_ROUTE_METRIC_N; i++) {
                if (route->metrics_set & 1U << i && i == WGP_ROUTE_QUICKACK)
                        add_option(options, wgp_route_metric_names[i], route->metrics[i] ? "true" : "false");
                else if (route->metrics_set & 1U << i)
                        add_number(options, wgp_route_metric_names[i], route->metrics[i]);
                if (route->metrics_lock & 1U << i) {
                        char name[sizeof("lock-initrwnd")];

                        snprintf(name, sizeof(name), "lock-%s", wgp_route_metric_names[i]);
                        add_option(options, name, "true");
                }
        }
}

static void write_options(WgpConvert *c, const WgpRoute *route, const char *key) {
        char text[WGP_PREFIX_TEXT_SIZE];
        WgpText options = WGP_TEXT_NULL;

        if (route->table > 0)
                add_number(&options, "table", route->table);
        if (route->preferred_source.family != AF_UNSPEC) {
                wgp_address_format(&route->preferred_source, text);
                add_option(&options, "src", text);
        }
        if (route->source.family != AF_UNSPEC) {
                wgp_prefix_format(&route->source, text);
                add_option(&options, "from", text);
        }
        if (route->type != RTN_UNICAST)
                add_option(&options, "type", wgp_route_type_name(route->type));
        if (route->states_scope)
                add_number(&options, "scope", route->scope);
        if (route->tos > 0)
                add_number(&options, "tos", route->tos);
        if (route->onlink)
                add_option(&options, "onlink", "true");
        if (route->weight > 0)
                add_number(&options, "weight", route->weight);
        add_metrics(&options, route);

        if (options.size > 0)
                wgp_convert_string(c, key, options.data);
        c->text->failed = c->text->failed || options.failed;
        wgp_text_done(&options);
}

void wgp_convert_routes(WgpConvert *c, int family) {
        size_t n = 0;

        for (size_t i = 0; i < c->profile->n_routes; i++) {
                const WgpRoute *route = c->profile->routes + i;
                char key[KEY_SIZE];

                if (route->destination.family != family)
                        continue;
                snprintf(key, sizeof(key), "route%zu", ++n);
                write_route(c, route, key);
                strcat(key, "_options");
                write_options(c, route, key);
        }
}

/* --- rules --- */

static void append_prefix(WgpText *text, const char *word, const WgpPrefix *prefix) {
        char s[WGP_PREFIX_TEXT_SIZE];

        if (prefix->family == AF_UNSPEC)
                return;
        wgp_prefix_format(prefix, s);
        wgp_text_printf(text, " %s %s", word, s);
}

static void append_range(WgpText *text, const char *word, uint32_t start, uint32_t end) {
        wgp_text_printf(text, " %s %u", word, start);
        if (end != start)
                wgp_text_printf(text, "-%u", end);
}

/* "\" takes the meaning from the character behind it, itself included. */
static void append_name(WgpText *text, const char *word, const char *name) {
        if (!*name)
                return;
        wgp_text_printf(text, " %s ", word);
        for (; *name; name++)
                wgp_text_printf(text, "%s%c", *name == '\\' ? "\\" : "", *name);
}

static void append_selectors(WgpText *text, const WgpRule *rule) {
        if (rule->from.family == AF_UNSPEC && rule->to.family == AF_UNSPEC)
                wgp_text_append(text, " from all");
        append_prefix(text, "from", &rule->from);
        append_prefix(text, "to", &rule->to);
        if (rule->has_fwmark)
                wgp_text_printf(text, " fwmark 0x%x/0x%x", rule->fwmark, rule->fwmask);
        append_name(text, "iif", rule->iif);
        append_name(text, "oif", rule->oif);
        if (rule->tos > 0)
                wgp_text_printf(text, " tos 0x%02x", rule->tos);
        if (rule->ip_protocol > 0)
                wgp_text_printf(text, " ipproto %u", rule->ip_protocol);
        if (rule->sport_start > 0)
                append_range(text, "sport", rule->sport_start, rule->sport_end);
        if (rule->dport_start > 0)
                append_range(text, "dport", rule->dport_start, rule->dport_end);
        if (rule->has_uid_range)
                append_range(text, "uidrange", rule->uid_start, rule->uid_end);
}

static void append_action(WgpText *text, const WgpRule *rule) {
        if (rule->action == FR_ACT_TO_TBL)
                wgp_text_printf(text, " table %u", rule->table);
        else
                wgp_text_printf(text, " type %s", wgp_rule_action_name(rule->action));
        if (rule->has_suppress_prefixlength)
                wgp_text_printf(text, " suppress_prefixlength %u", rule->suppress_prefixlength);
}

void wgp_convert_rules(WgpConvert *c, int family) {
        size_t n = 0;

        for (size_t i = 0; i < c->profile->n_rules; i++) {
                const WgpRule *rule = c->profile->rules + i;
                char key[KEY_SIZE];
                WgpText text = WGP_TEXT_NULL;

                if (rule->family != family)
                        continue;
                snprintf(key, sizeof(key), "routing-rule%zu", ++n);
                wgp_text_printf(&text, "priority %u%s", rule->priority, rule->invert ? " not" : "");
                append_selectors(&text, rule);
                append_action(&text, rule);
                if (!text.failed)
                        wgp_convert_string(c, key, text.data);
                c->text->failed = c->text->failed || text.failed;
                wgp_text_done(&text);
        }
}
