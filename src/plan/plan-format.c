/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The text of a plan: a line per operation, "what: why"; below a device change a line per peer. In the words of ip(8)
 * and wg(8). Of secrets it says only that they are set. */

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>

#include "model/dns.h"
#include "model/prefix.h"
#include "model/route-names.h"
#include "model/value.h"
#include "plan/plan.h"

static void format_prefix(WgpText *t, const char *what, const WgpPrefix *prefix) {
        char text[WGP_PREFIX_TEXT_SIZE];

        if (prefix->family == AF_UNSPEC)
                return;
        wgp_prefix_format(prefix, text);
        wgp_text_printf(t, " %s%s", what, text);
}

static void format_address(WgpText *t, const char *what, const WgpPrefix *address) {
        char text[INET6_ADDRSTRLEN];

        if (address->family == AF_UNSPEC)
                return;
        wgp_address_format(address, text);
        wgp_text_printf(t, " %s%s", what, text);
}

/* --- device --- */

static void format_allowed_ips(WgpText *t, const WgpPeerChange *change) {
        if (change->replace_allowed_ips && change->n_allowed_ips == 0)
                wgp_text_append(t, ", no allowed-ips");
        else if (change->n_allowed_ips > 0)
                wgp_text_append(t, change->replace_allowed_ips || !change->update_only ? ", allowed-ips" :
                                                                                         ", more allowed-ips");
        for (size_t i = 0; i < change->n_allowed_ips; i++)
                format_prefix(t, "", change->allowed_ips + i);
}

/* Writes what is to become of one peer, without the end of the line. */
void wgp_peer_change_format(const WgpPeerChange *change, WgpText *t) {
        const WgpPeerState *peer = change->peer;
        char key[WGP_KEY_TEXT_SIZE], endpoint[WGP_SOCKADDR_TEXT_SIZE];

        wgp_key_format(peer->public_key, key);
        wgp_text_printf(t, "%s peer %s", change->remove ? "remove" : change->update_only ? "change" : "add", key);
        if (!change->remove) {
                if (change->set_preshared_key)
                        wgp_text_append(t, wgp_key_is_zero(peer->preshared_key) ? ", no preshared key" :
                                                                                  ", preshared key");
                if (change->set_endpoint) {
                        wgp_sockaddr_format(&peer->endpoint, endpoint);
                        wgp_text_printf(t, ", endpoint %s", endpoint);
                }
                if (change->set_keepalive)
                        wgp_text_printf(t, ", keepalive %u", peer->keepalive);
                format_allowed_ips(t, change);
        }
}

static void format_device(WgpText *t, const WgpOperation *op) {
        const WgpDeviceChange *change = &op->device;

        wgp_text_append(t, "set device");
        if (change->set_private_key)
                wgp_text_append(t, " private-key");
        if (change->set_listen_port)
                wgp_text_printf(t, " listen-port %u", change->listen_port);
        if (change->set_fwmark)
                wgp_text_printf(t, " fwmark 0x%x", change->fwmark);
        if (change->replace_peers)
                wgp_text_append(t, " replace-peers");
        if (change->n_peers > 0)
                wgp_text_printf(t, " %zu peer%s", change->n_peers, change->n_peers == 1 ? "" : "s");
}

/* --- link --- */

static void format_link(WgpText *t, const char *verb, const WgpOperation *op) {
        const WgpLink *link = &op->link;

        wgp_text_printf(t, "%s link %s", verb, link->name);
        if (op->type == WGP_OP_CREATE_LINK)
                wgp_text_printf(t, " type %s%s%s", link->kind, op->netns ? " netns " : "", op->netns ?: "");
        if (op->type == WGP_OP_SET_LINK) {
                if (link->mtu > 0)
                        wgp_text_printf(t, " mtu %u", link->mtu);
                if (link->group > 0)
                        wgp_text_printf(t, " group 0x%x", link->group);
                if (link->master > 0)
                        wgp_text_printf(t, " vrf %s", link->master_name);
                if (link->up)
                        wgp_text_append(t, " up");
        }
}

/* --- route --- */

static void format_metrics(WgpText *t, const WgpRoute *route) {
        for (unsigned i = 0; i < _WGP_ROUTE_METRIC_N; i++)
                if (route->metrics_set & 1U << i)
                        wgp_text_printf(t, " %s%s %u", wgp_route_metric_names[i],
                                        route->metrics_lock & 1U << i ? " lock" : "", route->metrics[i]);
}

static void format_route(WgpText *t, const char *verb, const WgpRoute *route) {
        const char *type = route->type == RTN_UNICAST ? NULL : wgp_route_type_name(route->type);

        wgp_text_printf(t, "%s route%s%s", verb, type ? " " : "", type ?: "");
        format_prefix(t, "", &route->destination);
        format_prefix(t, "from ", &route->source);
        format_address(t, "via ", &route->gateway);
        format_address(t, "src ", &route->preferred_source);
        wgp_text_printf(t, " table %u", route->table);
        if (route->metric > 0)
                wgp_text_printf(t, " metric %u", route->metric);
        if (route->tos > 0)
                wgp_text_printf(t, " tos 0x%x", route->tos);
        if (route->onlink)
                wgp_text_append(t, " onlink");
        format_metrics(t, route);
}

/* --- rule --- */

static void format_rule_action(WgpText *t, const WgpRule *rule) {
        if (rule->action == FR_ACT_TO_TBL)
                wgp_text_printf(t, " lookup %u", rule->table);
        else if (rule->action == FR_ACT_GOTO)
                wgp_text_printf(t, " goto %u", rule->goto_priority);
        else if (wgp_rule_action_name(rule->action))
                wgp_text_printf(t, " %s", wgp_rule_action_name(rule->action));
        else
                wgp_text_printf(t, " action %u", rule->action);
        if (rule->has_suppress_prefixlength)
                wgp_text_printf(t, " suppress_prefixlength %u", rule->suppress_prefixlength);
}

static void format_ports(WgpText *t, const char *what, uint16_t start, uint16_t end) {
        if (start == 0 && end == 0)
                return;
        wgp_text_printf(t, " %s %u", what, start);
        if (end != start)
                wgp_text_printf(t, "-%u", end);
}

static void format_rule(WgpText *t, const char *verb, const WgpRule *rule) {
        wgp_text_printf(t, "%s rule %s %u%s", verb, rule->family == AF_INET6 ? "ipv6" : "ipv4", rule->priority,
                        rule->invert ? " not" : "");
        format_prefix(t, "from ", &rule->from);
        format_prefix(t, "to ", &rule->to);
        if (rule->has_fwmark)
                wgp_text_printf(t, " fwmark 0x%x/0x%x", rule->fwmark, rule->fwmask);
        if (rule->tos > 0)
                wgp_text_printf(t, " tos 0x%x", rule->tos);
        if (rule->iif[0])
                wgp_text_printf(t, " iif %s", rule->iif);
        if (rule->oif[0])
                wgp_text_printf(t, " oif %s", rule->oif);
        if (rule->has_uid_range)
                wgp_text_printf(t, " uidrange %u-%u", rule->uid_start, rule->uid_end);
        if (rule->ip_protocol > 0)
                wgp_text_printf(t, " ipproto %u", rule->ip_protocol);
        format_ports(t, "sport", rule->sport_start, rule->sport_end);
        format_ports(t, "dport", rule->dport_start, rule->dport_end);
        format_rule_action(t, rule);
}

/* --- packet filter --- */

static void format_filter(WgpText *t, const WgpOperation *op) {
        const WgpNftInput *filter = &op->filter;
        char name[WGP_NFT_TABLE_SIZE];

        wgp_nft_table_name(filter->ifname, name);
        wgp_text_printf(t, "%s nft table inet %s", op->type == WGP_OP_SET_FILTER ? "set" : "delete", name);
        if (op->type == WGP_OP_DELETE_FILTER)
                return;
        for (size_t i = 0; i < filter->n_addresses; i++)
                format_address(t, i == 0 ? "address " : "", &filter->addresses[i].prefix);
        if (filter->port > 0)
                wgp_text_printf(t, " port %u", filter->port);
        wgp_text_printf(t, " mark 0x%x%s", filter->mark, filter->answers ? ", answers of name servers" : "");
}

/* --- other services --- */

static void format_service(WgpText *t, const WgpOperation *op) {
        switch (op->type) {
        case WGP_OP_SET_DNS:
                wgp_text_append(t, "set");
                wgp_dns_format(&op->dns, t);
                break;
        case WGP_OP_REVERT_DNS:
                wgp_text_printf(t, "revert dns%s%s", op->dns.resolvconf ? " resolvconf " : "",
                                op->dns.resolvconf ?: "");
                break;
        case WGP_OP_SET_ZONE:
                wgp_text_printf(t, *op->zone ? "set firewalld zone %s" : "set firewalld's default zone", op->zone);
                break;
        default:
                wgp_text_printf(t,
                                *op->zone ? "remove from firewalld zone %s" : "remove from firewalld's default zone",
                                op->zone);
                break;
        }
}

/* Writes one operation without its reason, its peers and the end of the line: for plans and messages. */
void wgp_operation_format(const WgpOperation *op, WgpText *t) {
        switch (op->type) {
        case WGP_OP_CREATE_LINK:
                format_link(t, "create", op);
                break;
        case WGP_OP_SET_LINK:
                format_link(t, "set", op);
                break;
        case WGP_OP_DELETE_LINK:
                format_link(t, "delete", op);
                break;
        case WGP_OP_ADD_ADDRESS:
                wgp_text_append(t, "add address");
                format_prefix(t, "", &op->address.prefix);
                break;
        case WGP_OP_DELETE_ADDRESS:
                wgp_text_append(t, "delete address");
                format_prefix(t, "", &op->address.prefix);
                break;
        case WGP_OP_ADD_ROUTE:
                format_route(t, op->in_place ? "replace" : "add", &op->route);
                break;
        case WGP_OP_DELETE_ROUTE:
                format_route(t, "delete", &op->route);
                break;
        case WGP_OP_ADD_RULE:
                format_rule(t, "add", &op->rule);
                break;
        case WGP_OP_DELETE_RULE:
                format_rule(t, "delete", &op->rule);
                break;
        case WGP_OP_SET_DEVICE:
                format_device(t, op);
                break;
        case WGP_OP_SET_FILTER:
        case WGP_OP_DELETE_FILTER:
                format_filter(t, op);
                break;
        case WGP_OP_SET_VALID_MARK:
                wgp_text_printf(t, "set sysctl net.ipv4.conf.all.src_valid_mark %u", op->valid_mark);
                break;
        case WGP_OP_RUN_HOOK: /* not the command: it may hold a secret of somebody's */
                wgp_text_printf(t, "run %s of %s", wgp_hook_names[op->hook->type], op->hook->place);
                break;
        case WGP_OP_SET_KILL_SWITCH:
                wgp_text_printf(t, "set kill switch link %s", op->kill_switch.link);
                if (op->kill_switch.mark > 0)
                        wgp_text_printf(t, " mark 0x%x", op->kill_switch.mark);
                break;
        case WGP_OP_SET_DNS:
        case WGP_OP_REVERT_DNS:
        case WGP_OP_SET_ZONE:
        case WGP_OP_REMOVE_ZONE:
                format_service(t, op);
                break;
        case _WGP_OPERATION_TYPE_N:
                break;
        }
}

/* Writes the plan. Returns 0, -ENOMEM, or -EIO when the stream failed. */
int wgp_plan_format(const WgpPlan *plan, FILE *f) {
        _cleanup_(wgp_text_done) WgpText text = WGP_TEXT_NULL;

        for (size_t i = 0; i < plan->n_operations; i++) {
                const WgpOperation *op = plan->operations + i;

                wgp_operation_format(op, &text);
                wgp_text_printf(&text, ": %s\n", op->reason);
                for (size_t j = 0; op->type == WGP_OP_SET_DEVICE && j < op->device.n_peers; j++) {
                        wgp_text_append(&text, "        ");
                        wgp_peer_change_format(op->device.peers + j, &text);
                        wgp_text_append(&text, "\n");
                }
        }
        if (text.failed)
                return -ENOMEM;
        return text.size > 0 && fputs(text.data, f) < 0 ? -EIO : 0;
}
