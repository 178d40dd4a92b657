/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Unit refresh: letting systemd read the units again when a profile needs another one than it knows. */

#include "cli/profile-set.h"

int wgp_report_spawn(const char *program, int r);
bool wgp_systemd_runs(void);
int wgp_systemctl(const char *verb, const char *unit);
int wgp_unit_reload_all(void);
int wgp_unit_refresh(const WgpLoaded *loaded);
