/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Credential forms: systemd must be told which form to load. With the wrong one it fails the unit, or hands out the
 * encrypted text. */

#include "generator/unit-text.h"
#include "system/credstore.h"

void wgp_credstore_find_forms(const WgpCredstore *plain, const WgpCredstore *encrypted, WgpUnitFacts *facts);
