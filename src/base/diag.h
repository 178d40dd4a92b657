/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Diagnostics: what is wrong with a profile, each with its place. Collected, never printed here, because a user
 * wants all the mistakes of a file in one run. Pure. */

#include "base/macro.h"

typedef struct WgpDiagnostic WgpDiagnostic;
typedef struct WgpDiagnostics WgpDiagnostics;
typedef struct WgpOrigin WgpOrigin;
typedef struct WgpPlace WgpPlace;

typedef enum WgpSeverity {
        WGP_NOTICE,  /* worth knowing, nothing is wrong */
        WGP_WARNING, /* the profile is used, but likely not meant so */
        WGP_ERROR,   /* the profile is refused */
} WgpSeverity;

/* Which line of which file of a profile something came from; line 0: it was derived. */
struct WgpOrigin {
        uint16_t file; /* index into WgpProfile.files */
        uint32_t line;
};

/* The place of a diagnostic. All strings are borrowed for the duration of a call. */
struct WgpPlace {
        const char *file;
        unsigned line;       /* counted from 1; 0: the file as a whole */
        const char *section; /* NULL: none */
        const char *key;     /* NULL: the section as a whole */
};

struct WgpDiagnostic {
        WgpSeverity severity;
        unsigned line;
        char *file;
        char *section;
        char *key;
        char *message;
};

struct WgpDiagnostics {
        WgpDiagnostic *items;
        size_t n_items, n_allocated;
        size_t n_errors, n_warnings;
        size_t n_left_out; /* more than WGP_DIAGNOSTICS_MAX are counted, not kept; half of it is for errors alone */
};

enum {
        WGP_DIAGNOSTICS_MAX = 1000,
        WGP_MESSAGE_MAX = 400, /* bytes; what is in the middle of a longer one is left out */
};

#define WGP_DIAGNOSTICS_NULL ((WgpDiagnostics) {})

int wgp_diagnostics_add(WgpDiagnostics *d, WgpSeverity severity, const WgpPlace *place, const char *format, ...)
                _printf_(4, 5);
bool wgp_diagnostics_is_full(const WgpDiagnostics *d, WgpSeverity severity);
void wgp_diagnostics_sort(WgpDiagnostics *d, size_t first);
void wgp_diagnostics_done(WgpDiagnostics *d);

char *wgp_diagnostic_format(const WgpDiagnostic *item);

/* Reports and gives -EBADMSG (or -ENOMEM), so that a caller reports and returns in one statement. */
#define wgp_error(d, place, ...)                                                \
        ({                                                                      \
                int _r = wgp_diagnostics_add(d, WGP_ERROR, place, __VA_ARGS__); \
                _r < 0 ? _r : -EBADMSG;                                         \
        })
#define wgp_warning(d, place, ...) wgp_diagnostics_add(d, WGP_WARNING, place, __VA_ARGS__)
#define wgp_notice(d, place, ...) wgp_diagnostics_add(d, WGP_NOTICE, place, __VA_ARGS__)
