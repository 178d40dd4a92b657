/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* What "check" says of a profile in the place where it is: its key, who takes its DNS settings, and files and
 * directories beside it that nobody reads. */

#include "cli/profile-set.h"

int wgp_check_system(const WgpCli *cli, WgpProfileSet *set);
