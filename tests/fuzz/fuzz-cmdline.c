/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel's command line, and that of a container's PID 1. */

#include "fuzz.h"
#include "generator/cmdline.h"

static void parse(const char *text, size_t size, WgpCmdlineSyntax syntax) {
        WgpDiagnostics diagnostics = WGP_DIAGNOSTICS_NULL;
        WgpCmdline cmdline = WGP_CMDLINE_NULL;

        check(wgp_cmdline_parse(text, size, syntax, &diagnostics, &cmdline) == 0);
        check(!cmdline.nothing || !wgp_cmdline_allows(&cmdline, "wg0"));
        for (size_t i = 0; i < cmdline.n_only; i++) {
                check(*cmdline.only[i]);
                check(cmdline.nothing || wgp_cmdline_allows(&cmdline, cmdline.only[i]));
        }
        check(cmdline.n_only == 0 || cmdline.has_only);
        fuzz_check_diagnostics(&diagnostics, /* secrets= */ false);
        wgp_cmdline_done(&cmdline);
        wgp_diagnostics_done(&diagnostics);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        char *text = (char *) fuzz_copy(data, size);

        parse(text, size, WGP_CMDLINE_KERNEL);
        parse(text, size, WGP_CMDLINE_ARGUMENTS);
        free(text);
        return 0;
}
