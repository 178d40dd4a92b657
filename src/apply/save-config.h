/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* SaveConfig: runtime changes go into the profile when the tunnel goes down. */

#include "apply/run.h"

void wgp_save_config(WgpRun *run);
