/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What "systemctl show" prints of several units. */

#include <criterion/criterion.h>

#include "cli/unit-status.h"

static const char text[] = "Id=wg-profile@office.service\n"
                           "LoadState=loaded\n"
                           "ActiveState=active\n"
                           "SubState=exited\n"
                           "StateChangeTimestamp=@1795982400\n"
                           "InvocationID=5d1e2f8a\n"
                           "NeedDaemonReload=yes\n"
                           "ExecMainStatus=0\n"
                           "Result=success\n"
                           "\n"
                           "Id=wg-profile@a\\x20b.service\n"
                           "ActiveState=failed\n"
                           "StateChangeTimestamp=\n"
                           "ExecMainStatus=3\n"
                           "\n"
                           "Id=sshd.service\n"
                           "ActiveState=active\n"
                           "\n"
                           "Id=wg-profile@.service\n"
                           "ActiveState=active\n";

Test(unit_status, several_units) {
        WgpUnits units = WGP_UNITS_NULL;
        const WgpUnitStatus *office, *blank;

        cr_assert_eq(wgp_units_parse(text, &units), 0);
        cr_assert_eq(units.n_items, 2);
        office = wgp_units_find(&units, "office");
        blank = wgp_units_find(&units, "a b");
        cr_assert(office && blank);
        cr_expect(wgp_unit_is(office, "active"));
        cr_expect_str_eq(office->sub, "exited");
        cr_expect_str_eq(office->invocation, "5d1e2f8a");
        cr_expect_eq(office->since_sec, 1795982400);
        cr_expect(office->outdated);
        cr_expect(wgp_unit_is(blank, "failed"));
        cr_expect_eq(blank->exit_status, 3);
        cr_expect_eq(blank->since_sec, 0);
        cr_expect_str_empty(blank->sub);
        cr_expect_null(wgp_units_find(&units, "sshd"));
        wgp_units_done(&units);
}

/* One that is said twice is not lost, which AddressSanitizer would see. */
Test(unit_status, name_twice) {
        WgpUnits units = WGP_UNITS_NULL;

        cr_assert_eq(wgp_units_parse("Id=wg-profile@a.service\nId=wg-profile@b.service\nActiveState=active\n", &units),
                        0);
        cr_assert_eq(units.n_items, 1);
        cr_expect_str_eq(units.items[0].name, "b");
        wgp_units_done(&units);
}

Test(unit_status, nothing) {
        WgpUnits units = WGP_UNITS_NULL;

        cr_expect_eq(wgp_units_parse("", &units), 0);
        cr_expect_eq(units.n_items, 0);
        cr_expect_not(wgp_unit_is(NULL, "active"));
}

Test(unit_status, list) {
        WgpUnits units = WGP_UNITS_NULL;
        const WgpUnitStatus *lab;

        cr_assert_eq(wgp_units_parse_list(
                                     "wg-profile@home.service    loaded    active   exited WireGuard tunnel home\n"
                                     "wg-profile@my\\x20lab.service loaded failed failed WireGuard tunnel my lab\n"
                                     "wg-profile@a.service not-found inactive dead wg-profile@a.service\n"
                                     "sshd.service loaded active running OpenSSH\n"
                                     "wg-profile@cut.service\n\n",
                                     &units),
                        0);
        cr_assert_eq(units.n_items, 3);
        cr_expect_str_eq(wgp_units_find(&units, "home")->sub, "exited");
        lab = wgp_units_find(&units, "my lab");
        cr_assert_not_null(lab);
        cr_expect(wgp_unit_is(lab, "failed"));
        cr_expect_str_empty(lab->result);
        cr_expect_str_eq(wgp_units_find(&units, "a")->load, "not-found");
        cr_expect_null(wgp_units_find(&units, "cut")); /* a line that was cut off */
        wgp_units_done(&units);
}
