/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the services that fake-bus stands for refuse, and what they answer when nothing else is configured. */

#pragma once

#include <systemd/sd-bus.h>

/* Refuses a call that the real service refuses: an unknown method, other types, impossible arguments. Returns 1 when
 * it has sent an error, 0 when the call is fine, or a negative errno. */
int fake_rules_refuse(sd_bus_message *m);

/* Answers a call that was not refused as the real service does. Returns as sd_bus_send(). */
int fake_rules_answer(sd_bus_message *m);
