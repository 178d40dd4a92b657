/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* SaveConfig: what was changed at runtime goes into the profile when the tunnel goes down. */

#include "apply/run.h"

void wgp_save_config(WgpRun *run);
