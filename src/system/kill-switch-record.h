/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Kill switch record: "/run/wg-profile/state/NAME.killswitch" is there as long as NAME's kill switch is on. */

#include "desired/kill-switch.h"

/* The lock of who makes the table of all of them, as that of a tunnel: no profile's name starts so. */
#define WGP_KILL_SWITCH_LOCK ".killswitch"

enum {
        _WGP_KILL_SWITCH_E_SUCCESS,
        WGP_KILL_SWITCH_E_OFF,
};

bool wgp_kill_switch_is_record(const char *file);
int wgp_kill_switch_read(int directory, const char *name, WgpKillSwitch *ret);
int wgp_kill_switch_read_others(int directory, const char *name, WgpKillSwitches *ret);
int wgp_kill_switch_write(int directory, const char *name, const WgpKillSwitch *record);
int wgp_kill_switch_remove(int directory, const char *name);
int wgp_kill_switch_try_lock(int directory, int *ret);
