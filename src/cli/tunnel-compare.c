/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Comparing: the plan that a reload would follow is asked for. Of a tunnel that is just being changed nothing is: the
 * question would wait for the end of that. */

#include "cli/tunnel-compare.h"

#include <jansson.h>
#include <stdio.h>

#include "cli/ask-apply.h"
#include "cli/child.h"
#include "system/root-path.h"

static int add(WgpTunnelStatus *tunnel, const char *operation, const char *reason) {
        char *text;

        if (!wgp_grow(&tunnel->differences, &tunnel->n_differences_allocated, tunnel->n_differences + 1,
                            sizeof(char *)))
                return -ENOMEM;
        if (asprintf(&text, "%s%s%s%s", operation, reason ? " (" : "", reason ?: "", reason ? ")" : "") < 0)
                return -ENOMEM;
        tunnel->differences[tunnel->n_differences++] = text;
        return 0;
}

/* One operation; below that of the WireGuard device one line per peer. */
static int add_operation(WgpTunnelStatus *tunnel, const json_t *operation) {
        const json_t *peers = json_object_get(operation, "peers");
        const char *text = json_string_value(json_object_get(operation, "operation"));
        int r;

        r = text ? add(tunnel, text, json_string_value(json_object_get(operation, "reason"))) : 0;
        for (size_t i = 0; r >= 0 && i < json_array_size(peers); i++)
                r = add(tunnel, json_string_value(json_array_get(peers, i)), NULL);
        return r;
}

/* Fills in tunnel->compared and the differences. Returns 0, or a negative errno. */
int wgp_tunnel_compare(const WgpCli *cli, WgpTunnelStatus *tunnel) {
        _cleanup_(wgp_closep) int output = wgp_child_memory(), errors = wgp_child_memory();
        _cleanup_(wgp_text_done) WgpText text = WGP_TEXT_NULL;
        _cleanup_(json_decrefp) json_t *plan = NULL;
        int r, status;

        if (tunnel->hidden || !tunnel->has_record || !tunnel->record.complete || tunnel->network.link.ifindex == 0)
                return 0;
        if (output < 0 || errors < 0)
                return -ENOMEM;
        r = wgp_ask_plan(cli, tunnel->name, /* json= */ true, output, errors, &status);
        if (r < 0)
                return r == -ENOMEM ? r : 0;
        r = wgp_child_read(output, &text);
        if (r < 0)
                return r;
        tunnel->compared = status;
        plan = text.data ? json_loadb(text.data, text.size, 0, NULL) : NULL;
        for (size_t i = 0; r >= 0 && i < json_array_size(plan); i++)
                r = add_operation(tunnel, json_array_get(plan, i));
        if (r >= 0 && wgp_tunnel_kill_switch_problem(tunnel))
                r = add(tunnel, wgp_tunnel_kill_switch_problem(tunnel), NULL);
        return r;
}
