/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Unit status: what systemd has to say of the units of tunnels. Text to structs is pure. */

#include "base/text.h"

typedef struct WgpUnitStatus WgpUnitStatus;
typedef struct WgpUnits WgpUnits;

/* As systemctl(1) shows it; strings are never NULL. */
struct WgpUnitStatus {
        char *name; /* of the profile */
        char *load, *active, *sub, *result, *invocation;
        int exit_status;    /* of the unit's program; 0: it did not fail, or did not run */
        uint64_t since_sec; /* when it came into its present state, seconds since the epoch; 0: not known */
        bool outdated;      /* daemon-reload is needed */
};

struct WgpUnits {
        WgpUnitStatus *items;
        size_t n_items, n_allocated;
};

#define WGP_UNITS_NULL ((WgpUnits) {})

int wgp_units_parse(const char *text, WgpUnits *units);
int wgp_units_parse_list(const char *text, WgpUnits *units);
int wgp_units_read(const char *name, WgpUnits *ret);
int wgp_units_list(WgpUnits *ret);
const WgpUnitStatus *wgp_units_find(const WgpUnits *units, const char *name);
void wgp_units_done(WgpUnits *units);

bool wgp_unit_is(const WgpUnitStatus *unit, const char *active);
int wgp_unit_words(const WgpUnitStatus *unit, char **ret);
