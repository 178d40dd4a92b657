/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The UUID of a keyfile that states none, against what NetworkManager makes of the same names. */

#include <criterion/criterion.h>

#include "cli/derived-uuid.h"

Test(derived_uuid, vectors) {
        static const struct {
                const char *name, *expected;
        } cases[] = {
                { "wg0.nmconnection", "2c0f8536-f98f-3863-88ae-8a9fe17ef73d" },
                { "wg0", "3ece4794-b279-3e31-9b8a-8bda87567856" },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                char uuid[WGP_DERIVED_UUID_SIZE] = "";

                cr_expect_eq(wgp_uuid_derive(cases[i].name, uuid), 0);
                cr_expect_str_eq(uuid, cases[i].expected, "case '%s': %s", cases[i].name, uuid);
        }
}

Test(derived_uuid, too_long) {
        char name[5000], uuid[WGP_DERIVED_UUID_SIZE] = "as it was";

        memset(name, 'a', sizeof(name) - 1);
        name[sizeof(name) - 1] = 0;
        cr_expect_eq(wgp_uuid_derive(name, uuid), -ENAMETOOLONG);
        cr_expect_str_eq(uuid, "as it was");
}
