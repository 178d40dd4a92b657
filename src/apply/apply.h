/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Apply: the program without its main(), so that tests can inject faults. */

#include "apply/context.h"

int wgp_apply(int argc, char **argv, const WgpChangeHook *hook);
