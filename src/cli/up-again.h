/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Up again: "up" of a unit that is active already, for which systemd has nothing to do. */

#include "cli/cli.h"

int wgp_up_again_needs_restart(const WgpCli *cli, const char *name, bool *ret);
int wgp_up_again_tell(const WgpCli *cli, const char *name);
