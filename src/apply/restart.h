/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Restart: whether systemd takes a tunnel down to start it again. */

#include "apply/run.h"

bool wgp_restart_is_under_way(WgpRun *run);
