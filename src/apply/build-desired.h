/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Wanted: the desired state of the profile on this machine. */

#include "apply/context.h"

int wgp_wanted_build(WgpRun *run);
