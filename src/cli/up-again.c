/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Up again. To systemd a tunnel is up until its unit is stopped, whatever has become of its link and its profile. */

#include "cli/up-again.h"

#include <stdio.h>

#include "cli/ask-apply.h"
#include "cli/child.h"
#include "cli/message.h"
#include "cli/tunnel-gather.h"
#include "cli/unit-refresh.h"
#include "system/root-path.h"

/* Whether only a restart brings the tunnel back, since its link is gone, which is told. False where that cannot be
 * seen: by somebody who is not root, and while the tunnel is being changed. Returns 0, an exit code (reported), or a
 * negative errno. */
int wgp_up_again_needs_restart(const WgpCli *cli, const char *name, bool *ret) {
        _cleanup_(wgp_gather_done) WgpGather gather = { .directory = -EBADF };
        _cleanup_(wgp_tunnel_status_done) WgpTunnelStatus tunnel = WGP_TUNNEL_STATUS_NULL;
        int r;

        *ret = false;
        r = wgp_gather_open(cli, name, &gather);
        if (r == 0)
                r = wgp_gather_tunnel(&gather, name, &tunnel);
        if (r != 0)
                return r;
        *ret = !tunnel.hidden && tunnel.has_record && tunnel.record.complete && tunnel.network.link.ifindex == 0;
        if (*ret)
                wgp_cli_error("The link %s of the tunnel '%s' is gone: the tunnel is restarted.",
                                tunnel.record.network.link.name, name);
        return 0;
}

/* Tells that the running tunnel differs from its profile, as the start has changed nothing about that. Returns 0, or a
 * negative errno. */
int wgp_up_again_tell(const WgpCli *cli, const char *name) {
        _cleanup_(wgp_closep) int output = wgp_child_memory(), errors = wgp_child_memory();
        _cleanup_(wgp_text_done) WgpText words = WGP_TEXT_NULL;
        int r, status;

        if (output < 0 || errors < 0)
                return -ENOMEM;
        r = wgp_ask_plan(cli, name, /* json= */ false, output, errors, &status);
        if (r < 0)
                return wgp_report_spawn(wgp_apply_program(), r);
        if (status == CLI_EXIT_CHANGES)
                wgp_cli_error("The tunnel '%s' was up already, and is not as its profile says by now: 'wg-profile reload %s' "
                              "applies the profile, 'wg-profile plan %s' shows what that changes.",
                                name, name, name);
        if (status == CLI_EXIT_OK || status == CLI_EXIT_CHANGES)
                return 0;

        /* such as what only a restart can change */
        r = wgp_child_read(errors, &words);
        if (r >= 0 && words.data)
                fputs(words.data, stderr);
        return r < 0 ? r : 0;
}
