/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Link: creating it. */

#include "apply/run.h"

int wgp_link_create(WgpRun *run, const WgpOperation *op);
