/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* INI reader: libinih without its limits. Lines, sections and values of any length, each with its line number. */

#include "base/macro.h"

typedef struct WgpIniHandler WgpIniHandler;

typedef enum WgpIniDialect {
        WGP_INI_WG_QUICK, /* "#" starts a comment anywhere; white space around keys is removed */
        WGP_INI_KEYFILE,  /* GKeyFile: "#" only at the start of a line, trailing white space is part of a value */
} WgpIniDialect;

/* Called in the order of the file. Strings are valid as long as the data; a negative return value ends the parse. */
struct WgpIniHandler {
        /* "[name]": also for a section without keys, and again for one that is repeated */
        int (*section)(void *userdata, unsigned line, char *name);
        /* "key = value"; the value starts after the "=" and its white space and runs to the end of the line,
         * comments included, since only the key's own rules say whether it may have a "#" */
        int (*entry)(void *userdata, unsigned line, char *key, char *value);
        /* a line that is neither; "problem" is static text */
        int (*bad)(void *userdata, unsigned line, const char *problem);
        void *userdata;
};

int wgp_ini_parse(char *data, size_t size, WgpIniDialect dialect, const WgpIniHandler *handler);
