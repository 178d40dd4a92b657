/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Asking apply: the engine that makes plans is wg-profile-apply's. */

#include "base/text.h"
#include "cli/cli.h"

const char *wgp_apply_program(void);
int wgp_ask_plan_of(const WgpCli *cli, const char *name, const char *file, int output, int errors, int *ret_status);
int wgp_ask_plan(const WgpCli *cli, const char *name, bool json, int output, int errors, int *ret_status);
