/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The UUIDs of keyfiles, against what NetworkManager makes of the same names. */

#include <criterion/criterion.h>

#include "cli/connection-uuid.h"

Test(connection_uuid, of_file) {
        static const struct {
                const char *name, *expected;
        } cases[] = {
                { "wg0.nmconnection", "2c0f8536-f98f-3863-88ae-8a9fe17ef73d" },
                { "wg0", "3ece4794-b279-3e31-9b8a-8bda87567856" },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                char uuid[WGP_UUID_TEXT_SIZE] = "";

                cr_expect_eq(wgp_uuid_of_file(cases[i].name, uuid), 0);
                cr_expect_str_eq(uuid, cases[i].expected, "case '%s': %s", cases[i].name, uuid);
        }
}

Test(connection_uuid, of_file_with_too_long_a_name) {
        char name[5000], uuid[WGP_UUID_TEXT_SIZE] = "as it was";

        memset(name, 'a', sizeof(name) - 1);
        name[sizeof(name) - 1] = 0;
        cr_expect_eq(wgp_uuid_of_file(name, uuid), -ENAMETOOLONG);
        cr_expect_str_eq(uuid, "as it was");
}

Test(connection_uuid, of_text) {
        static const struct {
                const char *stated, *expected;
        } cases[] = {
                { "63376701-b61e-4318-bf7e-664a1c1eeaab", "63376701-b61e-4318-bf7e-664a1c1eeaab" },
                { "63376701-B61E-4318-BF7E-664A1C1EEAAB", "63376701-b61e-4318-bf7e-664a1c1eeaab" },
                { "0123456789abcdef0123456789ABCDEF01234567", "f6898d09-af3f-5d60-8d4f-24a67d5ebbd0" },
                { "a----bcdef0123456789abcdef0123456789", "e6e9aecb-9ea3-58de-af51-3ea86442f72d" },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                char uuid[WGP_UUID_TEXT_SIZE] = "";

                wgp_uuid_of_text(cases[i].stated, uuid);
                cr_expect_str_eq(uuid, cases[i].expected, "case '%s': %s", cases[i].stated, uuid);
        }
}
