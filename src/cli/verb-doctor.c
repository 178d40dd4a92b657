/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wg-profile doctor: why there is no handshake, no data or no protection; a finding a line, with evidence and advice.
 */

#include <net/if.h>
#include <stdio.h>
#include <sys/socket.h>

#include "cli/doctor-judge.h"
#include "cli/json-output.h"
#include "cli/look.h"
#include "cli/message.h"
#include "system/profile-name.h"
#include "system/root-path.h"

/* Whether a default route of IPv6 leads to a link that is no tunnel of these. A line of /proc/net/ipv6_route is
 * DESTINATION LENGTH SOURCE LENGTH GATEWAY METRIC COUNT USE FLAGS LINK, in hexadecimal. */
static bool find_ipv6_default(const WgpLook *look) {
        static const unsigned reject = 0x200; /* RTF_REJECT */
        FILE *file = fopen("/proc/net/ipv6_route", "re");
        char destination[33], link[IF_NAMESIZE];
        unsigned length, flags;
        bool found = false;

        if (!file)
                return false;
        while (!found && fscanf(file, "%32s %x %*s %*s %*s %*s %*s %*s %x %15s", destination, &length, &flags, link) ==
                                         4) {
                if (length != 0 || flags & reject || streq(link, "lo"))
                        continue;
                found = true;
                for (size_t i = 0; i < look->n_tunnels; i++)
                        found = found && !streq(link, look->tunnels[i].network.link.name);
        }
        fclose(file);
        return found;
}

/* Whether this host would send to that address from one of the tunnel's own, which is so when the route leads into it.
 */
static bool goes_inside(const WgpTunnelStatus *tunnel, const WgpSockaddr *endpoint) {
        const bool v6 = endpoint->family == AF_INET6;
        _cleanup_(wgp_closep) int fd = -EBADF;
        WgpSockaddr source = {};
        socklen_t n = sizeof(source);
        WgpPrefix own;

        if (endpoint->family == AF_UNSPEC || tunnel->record.network.netns)
                return false;
        fd = socket(endpoint->family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (fd < 0 ||
                        connect(fd, (const struct sockaddr *) endpoint,
                                        v6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in)) < 0 ||
                        getsockname(fd, (struct sockaddr *) &source, &n) < 0)
                return false;
        wgp_sockaddr_to_prefix(&source, &own);
        for (size_t i = 0; i < tunnel->network.n_addresses; i++) {
                WgpPrefix address = tunnel->network.addresses[i].prefix;

                address.length = own.length;
                if (wgp_prefix_compare(&address, &own) == 0)
                        return true;
        }
        return false;
}

static void print_finding(const char *name, const WgpFinding *finding) {
        _cleanup_(freep) char *what = wgp_printable(finding->what), *advice = wgp_printable(finding->advice ?: "");

        printf("%s: %s\n", name, what ?: "");
        if (advice && *advice)
                printf("    %s\n", advice);
}

static int add_json(json_t *array, const char *name, const WgpFindings *findings) {
        for (size_t i = 0; i < findings->n_items; i++) {
                json_t *item = json_pack("{s:o, s:o, s:o}", "tunnel", wgp_json_text(name), "finding",
                                wgp_json_text(findings->items[i].what), "advice",
                                wgp_json_text(findings->items[i].advice));

                if (!item || json_array_append_new(array, item) < 0)
                        return -ENOMEM;
        }
        return 0;
}

/* Judges all tunnels. "*ret_found": something was found. */
static int judge(const WgpLook *look, json_t *array, bool *ret_found) {
        const WgpSurroundings around = { .ipv6_goes_elsewhere = find_ipv6_default(look) };
        int r = 0;

        for (size_t i = 0; r >= 0 && i < look->n_tunnels; i++) {
                const WgpTunnelStatus *tunnel = look->tunnels + i;
                WgpFindings findings = WGP_FINDINGS_NULL;

                for (size_t k = 0; k < tunnel->n_peers; k++)
                        tunnel->peers[k].endpoint_inside = goes_inside(tunnel, &tunnel->peers[k].peer->endpoint);
                r = wgp_doctor_judge(tunnel, &around, &look->now, &findings);
                *ret_found = *ret_found || findings.n_items > 0;
                if (r >= 0 && look->cli->json)
                        r = add_json(array, tunnel->name, &findings);
                for (size_t k = 0; r >= 0 && !look->cli->json && k < findings.n_items; k++)
                        print_finding(tunnel->name, findings.items + k);
                if (r >= 0 && !look->cli->json && findings.n_items == 0)
                        printf("%s: nothing found; it is %s.\n", tunnel->name, wgp_tunnel_state_name(tunnel->state));
                wgp_findings_done(&findings);
        }
        return r;
}

static int refuse(const WgpLook *look) {
        for (size_t i = 0; i < look->n_tunnels; i++) {
                int r = wgp_tunnel_refuse_unknown(look->cli, look->tunnels + i);

                if (r != 0)
                        return r;
                if (look->tunnels[i].hidden) {
                        wgp_cli_error("Only root can see what a tunnel does.");
                        return CLI_EXIT_DENIED;
                }
        }
        return 0;
}

static int run_doctor(const WgpCli *cli) {
        _cleanup_(wgp_look_done) WgpLook look = WGP_LOOK_NULL;
        _cleanup_(json_decrefp) json_t *json = json_pack("{s:[], s:b}", "findings", "changed", false);
        bool found = false;
        int r;

        if (!json)
                return -ENOMEM;
        r = wgp_names_check(cli);
        if (r == 0)
                r = cli->n_arguments > 0 ? wgp_look_at_named(cli, &look) : wgp_look_at_running(cli, &look);
        if (r == 0)
                r = refuse(&look);
        if (r == 0)
                r = judge(&look, json_object_get(json, "findings"), &found);
        if (r == 0 && cli->json)
                r = wgp_json_print(json);
        return r != 0 ? r : found ? CLI_EXIT_CHANGES : CLI_EXIT_OK;
}

const WgpVerb wgp_verb_doctor = {
        .name = "doctor",
        .synopsis = "doctor [NAME...]",
        .summary = "why a tunnel has no handshake, no data or no protection, and what to do",
        .examples = "  wg-profile doctor\n"
                    "  wg-profile doctor home\n",
        .exits = "  0  nothing was found\n"
                 "  4  only root can look\n"
                 "  6  there is no such profile\n"
                 "  10 something was found\n",
        .operands = WGP_OPERANDS_NAMES,
        .n_arguments_max = SIZE_MAX,
        .run = run_doctor,
};
