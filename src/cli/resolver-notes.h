/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Resolver notes: what the resolver has written about the names of a tunnel, into its peers. */

#include <jansson.h>

#include "cli/tunnel-status.h"

int wgp_resolver_notes_take(const json_t *notes, WgpTunnelStatus *tunnel);
int wgp_resolver_notes_read(int directory, WgpTunnelStatus *tunnel);
