/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Growing text. */

#include <criterion/criterion.h>

#include "base/text.h"

Test(text, grows) {
        WgpText text = WGP_TEXT_NULL;

        for (unsigned i = 0; i < 1000; i++) {
                wgp_text_append(&text, "ab");
                wgp_text_printf(&text, "%03u%s", i, "\n");
        }
        cr_assert_not(text.failed);
        cr_expect_eq(text.size, 6000);
        cr_expect_eq(strlen(text.data), text.size);
        cr_expect_eq(memcmp(text.data, "ab000\nab001\n", 12), 0);
        cr_expect_str_eq(text.data + 5994, "ab999\n");
        wgp_text_done(&text);
        cr_expect_null(text.data);
}

Test(text, nothing) {
        WgpText text = WGP_TEXT_NULL;

        wgp_text_append(&text, "");
        cr_expect_str_eq(text.data, "");
        cr_expect_eq(text.size, 0);
        wgp_text_done(&text);
}
