/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reports what is wrong with a profile as a whole. */

#include <stdarg.h>

#include "base/text.h"
#include "parse/verify-internal.h"

/* Reports about the line that "origin" names. Returns 0, or -ENOMEM. */
int wgp_verify_report(const Verify *v, WgpSeverity severity, WgpOrigin origin, const char *section, const char *key,
                const char *format, ...) {
        const WgpPlace place = {
                .file = wgp_profile_file(v->profile, origin),
                .line = origin.line,
                .section = section,
                .key = key,
        };
        _cleanup_(freep) char *message = NULL;
        va_list ap;

        va_start(ap, format);
        message = wgp_vasprintf(format, ap);
        va_end(ap);
        return message ? wgp_diagnostics_add(v->diagnostics, severity, &place, "%s", message) : -ENOMEM;
}
