/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Following: a running tunnel takes over what was changed in its profile. */

#include "cli/cli.h"

int wgp_tunnel_follow(const WgpCli *cli, const char *name, bool *ret_follows);
