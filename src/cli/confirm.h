/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Confirm: a question before something is done that cannot be taken back. */

#include "cli/cli.h"

int wgp_confirm(const WgpCli *cli, const char *question);
