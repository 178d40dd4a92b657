/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Help: the summary of all verbs, and all about one. */

#include "cli/cli.h"

void wgp_help_print(const WgpVerb *const *verbs, size_t n_verbs);
void wgp_help_print_verb(const WgpVerb *verb);
