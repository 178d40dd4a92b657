/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Build desired: the desired state of the profile on this machine. */

#include "apply/run.h"

int wgp_build_desired(WgpRun *run);
