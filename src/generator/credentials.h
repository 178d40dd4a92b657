/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Forms of credentials. systemd has to be told which form to load, and fails the unit (or hands out the encrypted
 * text) when it is told the wrong one. */

#include "generator/unit-text.h"
#include "system/credstore.h"

void wgp_credstore_find_forms(const WgpCredstore *plain, const WgpCredstore *encrypted, WgpUnitFacts *facts);
