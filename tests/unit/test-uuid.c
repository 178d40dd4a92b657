/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>

#include "base/uuid.h"

Test(uuid, forms) {
        static const struct {
                const char *in;
                bool canonical, old;
        } cases[] = {
                { "63376701-b61e-4318-bf7e-664a1c1eeaab", true, false },
                { "63376701-B61E-4318-BF7E-664A1C1EEAAB", true, false },
                { "0123456789abcdef0123456789ABCDEF01234567", false, true },
                { "a----bcdef0123456789abcdef0123456789", false, true },
                { "", false, false },
                { "63376701", false, false },
                { "63376701-b61e-4318-bf7e-664a1c1eeaabc", false, false },
                { "63376701-b61e-4318-bf7e-664a1c1eeaag", false, false },
                { "0123456789abcdef0123456789abcdef0123456", false, false },
                { "{3376701-b61e-4318-bf7e-664a1c1eeaab", false, false },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                cr_expect_eq(wgp_uuid_is_canonical(cases[i].in), cases[i].canonical, "'%s'", cases[i].in);
                cr_expect_eq(wgp_uuid_is_old(cases[i].in), cases[i].old, "'%s'", cases[i].in);
        }
}
