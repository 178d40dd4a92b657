/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prints the overview. */

#include "cli/overview-print.h"

#include <stdio.h>

#include "cli/overview.h"

/* Prints a line a tunnel; somebody who has none is told how to get one. Returns 0, or -ENOMEM. */
int wgp_overview_print(const WgpLook *look, bool rates) {
        const WgpOverview overview = {
                .tunnels = look->tunnels,
                .n_tunnels = look->n_tunnels,
                .rates = rates,
                .now = &look->now,
                .terminal = &look->cli->out,
                .legend = !look->cli->no_legend,
        };
        _cleanup_(wgp_text_done) WgpText text = WGP_TEXT_NULL;
        int r;

        if (look->n_tunnels == 0) {
                if (overview.legend)
                        printf("No tunnels, and no profiles. Make one of a file: wg-profile import FILE\n");
                return 0;
        }
        r = wgp_overview_format(&overview, &text);
        if (r >= 0)
                fputs(text.data, stdout);
        return r;
}
