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

static void format_prefix(FILE *f, const char *what, const WgpPrefix *prefix) {
        char text[WGP_PREFIX_TEXT_SIZE];

        if (prefix->family == AF_UNSPEC)
                return;
        wgp_prefix_format(prefix, text);
        fprintf(f, " %s%s", what, text);
}

static void format_address(FILE *f, const char *what, const WgpPrefix *address) {
        char text[INET6_ADDRSTRLEN];

        if (address->family == AF_UNSPEC)
                return;
        wgp_address_format(address, text);
        fprintf(f, " %s%s", what, text);
}

/* --- device --- */

static void format_allowed_ips(FILE *f, const WgpPeerChange *change) {
        if (change->replace_allowed_ips && change->n_allowed_ips == 0)
                fputs(", no allowed-ips", f);
        else if (change->n_allowed_ips > 0)
                fputs(change->replace_allowed_ips || !change->update_only ? ", allowed-ips" : ", more allowed-ips", f);
        for (size_t i = 0; i < change->n_allowed_ips; i++)
                format_prefix(f, "", change->allowed_ips + i);
}

/* Writes what is to become of one peer, without the end of the line. */
void wgp_peer_change_format(const WgpPeerChange *change, FILE *f) {
        const WgpPeerState *peer = change->peer;
        char key[WGP_KEY_TEXT_SIZE], endpoint[WGP_SOCKADDR_TEXT_SIZE];

        wgp_key_format(peer->public_key, key);
        fprintf(f, "%s peer %s", change->remove ? "remove" : change->update_only ? "change" : "add", key);
        if (!change->remove) {
                if (change->set_preshared_key)
                        fputs(wgp_key_is_zero(peer->preshared_key) ? ", no preshared key" : ", preshared key", f);
                if (change->set_endpoint) {
                        wgp_sockaddr_format(&peer->endpoint, endpoint);
                        fprintf(f, ", endpoint %s", endpoint);
                }
                if (change->set_keepalive)
                        fprintf(f, ", keepalive %u", peer->keepalive);
                format_allowed_ips(f, change);
        }
}

static void format_device(FILE *f, const WgpOperation *op) {
        const WgpDeviceChange *change = &op->device;

        fputs("set device", f);
        if (change->set_private_key)
                fputs(" private-key", f);
        if (change->set_listen_port)
                fprintf(f, " listen-port %u", change->listen_port);
        if (change->set_fwmark)
                fprintf(f, " fwmark 0x%x", change->fwmark);
        if (change->replace_peers)
                fputs(" replace-peers", f);
        if (change->n_peers > 0)
                fprintf(f, " %zu peer%s", change->n_peers, change->n_peers == 1 ? "" : "s");
}

/* --- link --- */

static void format_link(FILE *f, const char *verb, const WgpOperation *op) {
        const WgpLink *link = &op->link;

        fprintf(f, "%s link %s", verb, link->name);
        if (op->type == WGP_OP_CREATE_LINK)
                fprintf(f, " type %s%s%s", link->kind, op->netns ? " netns " : "", op->netns ?: "");
        if (op->type == WGP_OP_SET_LINK) {
                if (link->mtu > 0)
                        fprintf(f, " mtu %u", link->mtu);
                if (link->group > 0)
                        fprintf(f, " group 0x%x", link->group);
                if (link->master > 0)
                        fprintf(f, " vrf %s", link->master_name);
                if (link->up)
                        fputs(" up", f);
        }
}

/* --- route --- */

static void format_metrics(FILE *f, const WgpRoute *route) {
        for (unsigned i = 0; i < _WGP_ROUTE_METRIC_N; i++)
                if (route->metrics_set & 1U << i)
                        fprintf(f, " %s%s %u", wgp_route_metric_names[i], route->metrics_lock & 1U << i ? " lock" : "",
                                        route->metrics[i]);
}

static void format_route(FILE *f, const char *verb, const WgpRoute *route) {
        const char *type = route->type == RTN_UNICAST ? NULL : wgp_route_type_name(route->type);

        fprintf(f, "%s route%s%s", verb, type ? " " : "", type ?: "");
        format_prefix(f, "", &route->destination);
        format_prefix(f, "from ", &route->source);
        format_address(f, "via ", &route->gateway);
        format_address(f, "src ", &route->preferred_source);
        fprintf(f, " table %u", route->table);
        if (route->metric > 0)
                fprintf(f, " metric %u", route->metric);
        if (route->tos > 0)
                fprintf(f, " tos 0x%x", route->tos);
        if (route->onlink)
                fputs(" onlink", f);
        format_metrics(f, route);
}

/* --- rule --- */

static void format_rule_action(FILE *f, const WgpRule *rule) {
        if (rule->action == FR_ACT_TO_TBL)
                fprintf(f, " lookup %u", rule->table);
        else if (rule->action == FR_ACT_GOTO)
                fprintf(f, " goto %u", rule->goto_priority);
        else if (wgp_rule_action_name(rule->action))
                fprintf(f, " %s", wgp_rule_action_name(rule->action));
        else
                fprintf(f, " action %u", rule->action);
        if (rule->has_suppress_prefixlength)
                fprintf(f, " suppress_prefixlength %u", rule->suppress_prefixlength);
}

static void format_ports(FILE *f, const char *what, uint16_t start, uint16_t end) {
        if (start == 0 && end == 0)
                return;
        fprintf(f, " %s %u", what, start);
        if (end != start)
                fprintf(f, "-%u", end);
}

static void format_rule(FILE *f, const char *verb, const WgpRule *rule) {
        fprintf(f, "%s rule %s %u%s", verb, rule->family == AF_INET6 ? "ipv6" : "ipv4", rule->priority,
                        rule->invert ? " not" : "");
        format_prefix(f, "from ", &rule->from);
        format_prefix(f, "to ", &rule->to);
        if (rule->has_fwmark)
                fprintf(f, " fwmark 0x%x/0x%x", rule->fwmark, rule->fwmask);
        if (rule->tos > 0)
                fprintf(f, " tos 0x%x", rule->tos);
        if (rule->iif[0])
                fprintf(f, " iif %s", rule->iif);
        if (rule->oif[0])
                fprintf(f, " oif %s", rule->oif);
        if (rule->has_uid_range)
                fprintf(f, " uidrange %u-%u", rule->uid_start, rule->uid_end);
        if (rule->ip_protocol > 0)
                fprintf(f, " ipproto %u", rule->ip_protocol);
        format_ports(f, "sport", rule->sport_start, rule->sport_end);
        format_ports(f, "dport", rule->dport_start, rule->dport_end);
        format_rule_action(f, rule);
}

/* --- packet filter --- */

static void format_filter(FILE *f, const WgpOperation *op) {
        const WgpNftInput *filter = &op->filter;
        char name[WGP_NFT_TABLE_SIZE];

        wgp_nft_table_name(filter->ifname, name);
        fprintf(f, "%s nft table inet %s", op->type == WGP_OP_SET_FILTER ? "set" : "delete", name);
        if (op->type == WGP_OP_DELETE_FILTER)
                return;
        for (size_t i = 0; i < filter->n_addresses; i++)
                format_address(f, i == 0 ? "address " : "", &filter->addresses[i].prefix);
        if (filter->port > 0)
                fprintf(f, " port %u", filter->port);
        fprintf(f, " mark 0x%x%s", filter->mark, filter->answers ? ", answers of name servers" : "");
}

/* --- other services --- */

static void format_service(FILE *f, const WgpOperation *op) {
        switch (op->type) {
        case WGP_OP_SET_DNS:
                fputs("set", f);
                wgp_dns_format(&op->dns, f);
                break;
        case WGP_OP_REVERT_DNS:
                fprintf(f, "revert dns%s%s", op->dns.resolvconf ? " resolvconf " : "", op->dns.resolvconf ?: "");
                break;
        case WGP_OP_SET_ZONE:
                fprintf(f, *op->zone ? "set firewalld zone %s" : "set firewalld's default zone", op->zone);
                break;
        default:
                fprintf(f, *op->zone ? "remove from firewalld zone %s" : "remove from firewalld's default zone",
                                op->zone);
                break;
        }
}

/* Writes one operation without its reason, its peers and the end of the line: for plans and messages. */
void wgp_operation_format(const WgpOperation *op, FILE *f) {
        switch (op->type) {
        case WGP_OP_CREATE_LINK:
                format_link(f, "create", op);
                break;
        case WGP_OP_SET_LINK:
                format_link(f, "set", op);
                break;
        case WGP_OP_DELETE_LINK:
                format_link(f, "delete", op);
                break;
        case WGP_OP_ADD_ADDRESS:
                fputs("add address", f);
                format_prefix(f, "", &op->address.prefix);
                break;
        case WGP_OP_DELETE_ADDRESS:
                fputs("delete address", f);
                format_prefix(f, "", &op->address.prefix);
                break;
        case WGP_OP_ADD_ROUTE:
                format_route(f, op->in_place ? "replace" : "add", &op->route);
                break;
        case WGP_OP_DELETE_ROUTE:
                format_route(f, "delete", &op->route);
                break;
        case WGP_OP_ADD_RULE:
                format_rule(f, "add", &op->rule);
                break;
        case WGP_OP_DELETE_RULE:
                format_rule(f, "delete", &op->rule);
                break;
        case WGP_OP_SET_DEVICE:
                format_device(f, op);
                break;
        case WGP_OP_SET_FILTER:
        case WGP_OP_DELETE_FILTER:
                format_filter(f, op);
                break;
        case WGP_OP_SET_VALID_MARK:
                fprintf(f, "set sysctl net.ipv4.conf.all.src_valid_mark %u", op->valid_mark);
                break;
        case WGP_OP_RUN_HOOK: /* not the command: it may hold a secret of somebody's */
                fprintf(f, "run %s of %s", wgp_hook_names[op->hook->type], op->hook->place);
                break;
        case WGP_OP_SET_KILL_SWITCH:
                fprintf(f, "set kill switch link %s", op->kill_switch.link);
                if (op->kill_switch.mark > 0)
                        fprintf(f, " mark 0x%x", op->kill_switch.mark);
                break;
        case WGP_OP_SET_DNS:
        case WGP_OP_REVERT_DNS:
        case WGP_OP_SET_ZONE:
        case WGP_OP_REMOVE_ZONE:
                format_service(f, op);
                break;
        case _WGP_OPERATION_TYPE_N:
                break;
        }
}

/* Writes the plan. Returns 0, or -EIO when the stream failed. */
int wgp_plan_format(const WgpPlan *plan, FILE *f) {
        for (size_t i = 0; i < plan->n_operations; i++) {
                const WgpOperation *op = plan->operations + i;

                wgp_operation_format(op, f);
                fprintf(f, ": %s\n", op->reason);
                for (size_t j = 0; op->type == WGP_OP_SET_DEVICE && j < op->device.n_peers; j++) {
                        fputs("        ", f);
                        wgp_peer_change_format(op->device.peers + j, f);
                        fputc('\n', f);
                }
        }
        return ferror(f) ? -EIO : 0;
}
