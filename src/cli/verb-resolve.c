/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wg-profile resolve: has the resolver ask DNS for the endpoints of tunnels now, past all caches, and waits for the
 * answers. */

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "cli/json-output.h"
#include "cli/message.h"
#include "cli/names.h"
#include "cli/tunnel-gather.h"
#include "cli/tunnel-json.h"
#include "model/value.h"
#include "system/whole-file.h"

enum {
        LOOK_MSEC = 100,
        TIMEOUT_SEC = 60, /* if --timeout= says nothing */
        TAKEN_SEC = 5,    /* by then a resolver that runs has taken the request */
        USEC = 1000000,
};

/* The request is a file beside the record; the resolver takes it away. */
static int format_request(const char *name, char **ret) {
        if (asprintf(ret, "%s" WGP_RESOLVE_SUFFIX, name) >= 0)
                return 0;
        *ret = NULL;
        return -ENOMEM;
}

static bool is_pending(int directory, const char *name) {
        _cleanup_(freep) char *file = NULL;

        return format_request(name, &file) >= 0 && faccessat(directory, file, F_OK, AT_SYMLINK_NOFOLLOW) >= 0;
}

/* Returns the next of all endpoints that are names, NULL: there is none. */
static const WgpEndpointStatus *next_name(const WgpTunnelStatus *tunnel, size_t *i_peer, size_t *i_endpoint) {
        for (; *i_peer < tunnel->n_peers; (*i_peer)++, *i_endpoint = 0)
                while (*i_endpoint < tunnel->peers[*i_peer].n_endpoints) {
                        const WgpEndpointStatus *endpoint = tunnel->peers[*i_peer].endpoints + (*i_endpoint)++;

                        if (endpoint->is_name)
                                return endpoint;
                }
        return NULL;
}

/* Whether all its names were asked for since then, and what came of it. */
static bool is_done(const WgpTunnelStatus *tunnel, uint64_t since_usec) {
        const WgpEndpointStatus *endpoint;
        size_t i = 0, k = 0, n = 0;

        for (; (endpoint = next_name(tunnel, &i, &k)); n++)
                if (endpoint->asked_usec < since_usec || endpoint->next_usec == 0)
                        return false;
        return n > 0;
}

/* As "HOST: ADDRESS, ADDRESS (TTL 60 s)". */
static void print_answer(const WgpEndpointStatus *endpoint) {
        printf("%s:", endpoint->host);
        for (size_t i = 0; i < endpoint->n_addresses; i++) {
                const char *address = endpoint->addresses[i], *colon = strrchr(address, ':');
                int n = colon ? (int) (colon - address) : (int) strlen(address);

                if (n > 2 && *address == '[') {
                        address++;
                        n -= 2;
                }
                printf("%s %.*s", i > 0 ? "," : "", n, address);
        }
        if (endpoint->ttl_sec >= 0)
                printf(" (TTL %" PRIi64 " s)", endpoint->ttl_sec);
        putchar('\n');
}

/* Says which names had no answer. Returns how many. */
static size_t print_failures(const WgpTunnelStatus *tunnel, uint64_t since_usec) {
        const WgpEndpointStatus *endpoint;
        size_t i = 0, k = 0, n = 0;

        while ((endpoint = next_name(tunnel, &i, &k)))
                if (endpoint->failure || endpoint->answered_usec < since_usec) {
                        wgp_cli_error("%s: %s: %s.", tunnel->name, endpoint->host,
                                        endpoint->failure ?: "no answer came in time");
                        n++;
                }
        return n;
}

static void print_answers(const WgpTunnelStatus *tunnel, uint64_t since_usec) {
        const WgpEndpointStatus *endpoint;
        size_t i = 0, k = 0;

        while ((endpoint = next_name(tunnel, &i, &k)))
                if (!endpoint->failure && endpoint->answered_usec >= since_usec)
                        print_answer(endpoint);
}

/* All names, also those without an answer. Returns 0 or -ENOMEM. */
static int add_json(json_t *tunnels, const WgpTunnelStatus *tunnel, const WgpMoment *now) {
        json_t *o = json_pack("{s:o, s:[]}", "name", wgp_json_text(tunnel->name), "endpoints");
        const WgpEndpointStatus *endpoint;
        size_t i = 0, k = 0;
        int r;

        r = json_array_append_new(tunnels, o);
        while (r >= 0 && (endpoint = next_name(tunnel, &i, &k)))
                r = json_array_append_new(json_object_get(o, "endpoints"), wgp_endpoint_json(endpoint, now));
        return r < 0 ? -ENOMEM : 0;
}

/* By the record: the resolver may not have written anything yet. */
static bool has_name(const WgpTunnelStatus *tunnel) {
        for (size_t i = 0; i < tunnel->record.n_alternates; i++)
                if (tunnel->record.alternates[i].host)
                        return true;
        return tunnel->record.n_names > 0;
}

/* Returns 0, an exit code (reported), or a negative errno. */
static int check(const WgpCli *cli, const WgpTunnelStatus *tunnel) {
        int r;

        r = wgp_tunnel_refuse_unknown(cli, tunnel);
        if (r != 0)
                return r;
        if (tunnel->hidden) {
                wgp_cli_error("Only root can have names resolved.");
                return CLI_EXIT_DENIED;
        }
        if (!tunnel->has_record) {
                wgp_cli_error("%s: it is not up: run 'wg-profile up %s'.", tunnel->name, tunnel->name);
                return CLI_EXIT_FAILED;
        }
        if (!has_name(tunnel))
                wgp_cli_error("%s: none of its endpoints is a name: there is nothing to resolve.", tunnel->name);
        return 0;
}

typedef struct Wait {
        uint64_t since_usec, timeout_usec;
        bool done;
        json_t *tunnels; /* borrowed; NULL: text is printed */
} Wait;

/* Returns 0, an exit code (reported), or a negative errno. */
static int tell(const Wait *wait, const WgpTunnelStatus *tunnel, const WgpMoment *now) {
        int r = 0;

        if (wait->tunnels)
                r = add_json(wait->tunnels, tunnel, now);
        else
                print_answers(tunnel, wait->since_usec);
        return r < 0 ? r : print_failures(tunnel, wait->since_usec) > 0 ? CLI_EXIT_FAILED : 0;
}

/* Asks at the first look. Returns 0, an exit code (reported), or a negative errno. */
static int look(const WgpCli *cli, const char *name, Wait *wait) {
        WgpTunnelStatus tunnel = WGP_TUNNEL_STATUS_NULL;
        _cleanup_(freep) char *request = NULL;
        WgpMoment now;
        WgpGather gather;
        bool over;
        int r;

        r = wgp_gather_open(cli, name, &gather);
        if (r != 0)
                return r;
        r = wgp_gather_tunnel(&gather, name, &tunnel);
        if (r >= 0)
                r = check(cli, &tunnel);
        wgp_moment_now(&now);
        wait->done = r != 0 || !has_name(&tunnel);
        if (r == 0 && !wait->done && wait->since_usec == 0) {
                wait->since_usec = now.boot_usec;
                r = format_request(name, &request);
                if (r >= 0)
                        r = wgp_write_file(gather.directory, request, "");
        } else if (r == 0 && !wait->done) {
                over = wait->timeout_usec > 0 && now.boot_usec - wait->since_usec >= wait->timeout_usec;
                wait->done = over || is_done(&tunnel, wait->since_usec);
                if (is_pending(gather.directory, name) &&
                                now.boot_usec - wait->since_usec >= TAKEN_SEC * (uint64_t) USEC) {
                        wgp_cli_error("%s: nobody has taken the request: run 'systemctl start wg-profile-resolver.service'.",
                                        name);
                        r = CLI_EXIT_FAILED;
                } else if (wait->done)
                        r = tell(wait, &tunnel, &now);
        }
        wgp_tunnel_status_done(&tunnel);
        wgp_gather_done(&gather);
        return r;
}

static int resolve_one(const WgpCli *cli, const char *name, uint64_t timeout_usec, json_t *tunnels) {
        const struct timespec pause = { .tv_nsec = LOOK_MSEC * 1000000L };
        Wait wait = { .timeout_usec = timeout_usec, .tunnels = tunnels };
        int r;

        r = wgp_name_check(name);
        if (r != 0)
                return r;
        while ((r = look(cli, name, &wait)) == 0 && !wait.done)
                nanosleep(&pause, NULL);
        return r;
}

static int run_resolve(const WgpCli *cli) {
        _cleanup_(json_decrefp) json_t *json = cli->json ? json_pack("{s:[]}", "tunnels") : NULL;
        uint64_t timeout_usec = TIMEOUT_SEC * (uint64_t) USEC;
        int result = 0, r = 0;

        if (cli->json && !json)
                return -ENOMEM;
        if (cli->timeout && wgp_parse_duration(cli->timeout, &timeout_usec) < 0) {
                wgp_cli_error("This is no time: %s. Examples are 30, 500ms, 2min.", cli->timeout);
                return CLI_EXIT_USAGE;
        }
        for (size_t i = 0; i < cli->n_arguments; i++) {
                r = resolve_one(cli, cli->arguments[i], timeout_usec, json_object_get(json, "tunnels"));
                if (r < 0)
                        return r;
                result = result ?: r;
        }
        if (json)
                r = wgp_json_print(json);
        return r < 0 ? r : result;
}

const WgpVerb wgp_verb_resolve = {
        .name = "resolve",
        .synopsis = "resolve NAME... [--timeout=TIME]",
        .summary = "ask DNS for the endpoints of tunnels now",
        .examples = "  wg-profile resolve home\n"
                    "  wg-profile resolve --timeout=5 --all\n",
        .exits = "  0  each name has an answer\n"
                 "  1  one has none, or a tunnel is not up\n"
                 "  6  there is no such profile\n",
        .operands = WGP_OPERANDS_NAMES,
        .options = CLI_OPTION_ALL | CLI_OPTION_TIMEOUT,
        .n_arguments_min = 1,
        .n_arguments_max = SIZE_MAX,
        .run = run_resolve,
};
