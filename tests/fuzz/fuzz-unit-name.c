/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of files and of units: a name that is allowed comes back from the unit's, which systemd takes. And what
 * systemctl says of units. */

#include "cli/unit-status.h"
#include "fuzz.h"
#include "system/profile-name.h"

/* As of unit_name_is_valid() of systemd 252: VALID_CHARS, less the "@" that is there once. */
static bool systemd_takes(const char *instance) {
        static const char valid[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ:-_.\\@";

        return *instance && instance[strspn(instance, valid)] == 0;
}

static void check_name(const char *name) {
        char *instance, *again = NULL;

        instance = wgp_instance_escape(name);
        check(instance);
        if (!wgp_profile_name_problem(name)) {
                check(systemd_takes(instance));
                check(strlen(instance) <= WGP_INSTANCE_MAX);
                check(wgp_instance_unescape(instance, &again) == 0);
                check(streq(again, name));
                free(again);
        }
        free(instance);
}

static void check_instance(const char *instance) {
        char *name = NULL, *printable = wgp_printable(instance);

        check(printable);
        for (const char *s = printable; *s; s++)
                check((unsigned char) *s >= ' ' && *s != 0x7f);
        free(printable);
        if (wgp_instance_unescape(instance, &name) == 0)
                check(name);
        free(name);
}

static void check_file_name(const char *file_name) {
        WgpFormat format;
        size_t n = wgp_profile_name_length(file_name, &format);

        check(n <= strlen(file_name));
        if (n > 0)
                check(streq(file_name + n, wgp_format_suffix(format)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        char *text = (char *) fuzz_copy(data, size);
        WgpUnits units = WGP_UNITS_NULL;

        check_name(text);
        check_instance(text);
        check_file_name(text);
        if (wgp_units_parse(text, &units) == 0)
                for (size_t i = 0; i < units.n_items; i++) {
                        const WgpUnitStatus *unit = units.items + i;

                        check(unit->name && unit->load && unit->active && unit->sub && unit->result &&
                                        unit->invocation);
                }
        wgp_units_done(&units);
        free(text);
        return 0;
}
