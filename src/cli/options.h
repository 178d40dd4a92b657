/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Options of the command line. */

#include "cli/cli.h"

typedef struct WgpOption WgpOption;

/* An option that takes note of itself or of its argument. */
struct WgpOption {
        const char *name, *argument; /* NULL: it has no argument; "[=X]": it may have one */
        unsigned bit;                /* CLI_OPTION_*; 0: all verbs have it */
        size_t offset;               /* in WgpCli: a bool, or a const char * if there is an argument */
        size_t flag_offset;          /* of an optional argument: a bool, for the option itself */
        const char *help;
};

extern const WgpOption wgp_options[];
extern const size_t wgp_n_options;

bool wgp_option_is_optional(const WgpOption *option);

/* What wgp_options_parse() returns beside exit codes. */
enum {
        WGP_OPTIONS_GO_ON = -1,
        WGP_OPTIONS_HELP = -2,
        WGP_OPTIONS_VERSION = -3,
};

int wgp_options_parse(int argc, char **argv, WgpCli *cli, unsigned *ret_given);
int wgp_report_usage(const char *problem, const char *what);
