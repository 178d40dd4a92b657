/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Synonyms: verbs as other programs call them. Pure. */

#include "base/macro.h"

const char *wgp_verb_synonym(const char *typed);
