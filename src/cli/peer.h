/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* wg-profile peer: its own verbs. Each returns an exit code, or a negative errno. cli->arguments are the verb, SERVER,
 * and NAME if there is one. */

#include "cli/cli.h"

int wgp_peer_add(const WgpCli *cli);
int wgp_peer_list(const WgpCli *cli);
int wgp_peer_show(const WgpCli *cli);
int wgp_peer_remove(const WgpCli *cli);
int wgp_peer_disable(const WgpCli *cli);
int wgp_peer_enable(const WgpCli *cli);
