/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Fields: "label: value" lines with the labels to the right, as systemctl(1) has them, folded at the terminal's width.
 */

#include "cli/terminal.h"

typedef struct WgpFields WgpFields;

struct WgpFields {
        const WgpTerminal *terminal;
        unsigned indent; /* columns, up to and with the colon */
        unsigned column; /* where the line that is being printed has come to */
        bool begun;      /* it has a value */
};

void wgp_field_begin(WgpFields *fields, const char *label);
void wgp_field_add(WgpFields *fields, const char *item);
void wgp_field_printf(WgpFields *fields, const char *format, ...) _printf_(2, 3);
void wgp_field_end(WgpFields *fields);
