/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Daemon: userspace WireGuard. system/userspace.h talks to it. */

#include "base/macro.h"

char *wgp_daemon_find(void);
int wgp_daemon_start(const char *program, const char *ifname, bool show_output);
