/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Reads the names of peers in the comments of a profile's files. */

#include "cli/peer-names.h"

int wgp_peer_names_read_file(const char *file, WgpPeerNames *names);
