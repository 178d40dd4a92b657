/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Terminal: what the other end of a stream can do. */

#include <stdio.h>

#include "base/macro.h"

typedef struct WgpTerminal WgpTerminal;

typedef enum WgpColour {
        WGP_COLOUR_NONE,
        WGP_COLOUR_RED,
        WGP_COLOUR_YELLOW,
        WGP_COLOUR_GREEN,
        WGP_COLOUR_BOLD,
        WGP_COLOUR_DIM,
        _WGP_COLOUR_N,
} WgpColour;

struct WgpTerminal {
        bool is_terminal;
        bool has_colours;
        bool has_utf8;  /* the locale says so */
        unsigned width; /* columns; 0: no limit, since nobody looks */
};

void wgp_terminal_open(FILE *stream, WgpTerminal *ret);

const char *wgp_terminal_colour(const WgpTerminal *terminal, WgpColour colour);
const char *wgp_terminal_reset(const WgpTerminal *terminal, WgpColour colour);
