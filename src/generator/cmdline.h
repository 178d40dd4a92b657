/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Kernel command line: the switches that say which tunnels may start at boot. Pure. */

#include "base/diag.h"

typedef struct WgpCmdline WgpCmdline;

typedef enum WgpCmdlineSyntax {
        WGP_CMDLINE_KERNEL,    /* /proc/cmdline: words between white space, with quotes */
        WGP_CMDLINE_ARGUMENTS, /* /proc/1/cmdline of a container: each word ends in a NUL */
} WgpCmdlineSyntax;

struct WgpCmdline {
        bool nothing;  /* wg_profile=no */
        bool has_only; /* wg_profile.only=NAME,... */
        char **only;
        size_t n_only, n_allocated;
};

#define WGP_CMDLINE_NULL ((WgpCmdline) {})

int wgp_cmdline_parse(
                const char *data, size_t size, WgpCmdlineSyntax syntax, WgpDiagnostics *diagnostics, WgpCmdline *ret);
bool wgp_cmdline_allows(const WgpCmdline *cmdline, const char *name);
void wgp_cmdline_done(WgpCmdline *cmdline);
