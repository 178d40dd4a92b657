/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Link: making it. */

#include "apply/run.h"

int wgp_link_create(WgpRun *run, const WgpOperation *op);
