/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* JSON: what all verbs with --json have in common. The names are a promise: wg-profile(1) lists them. */

#include <jansson.h>

#include "base/diag.h"
#include "model/prefix.h"
#include "system/json-text.h" /* wgp_json_text(), for all text of a file */

void wgp_json_init(void);

json_t *wgp_json_problems(const WgpDiagnostics *diagnostics);
json_t *wgp_json_prefix(const WgpPrefix *prefix);
int wgp_json_print(const json_t *json);
