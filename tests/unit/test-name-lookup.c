/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of services and tables, in a tree of files. */

#include <criterion/criterion.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "system/name-lookup.h"

static char root[] = "/tmp/wgp-test-XXXXXX";

static void make_directory(const char *path) {
        char whole[256];

        snprintf(whole, sizeof(whole), "%s%s", root, path);
        cr_assert_eq(mkdir(whole, 0755), 0, "%s: %m", whole);
}

static void write_file(const char *path, const char *text) {
        char whole[256];
        FILE *f;

        snprintf(whole, sizeof(whole), "%s%s", root, path);
        f = fopen(whole, "we");
        cr_assert(f, "%s: %m", whole);
        fputs(text, f);
        fclose(f);
}

static void remove_root(void) {
        char command[128];

        snprintf(command, sizeof(command), "rm -r '%s'", root);
        cr_expect_eq(system(command), 0);
}

Test(name_lookup, in_a_root) {
        static const struct {
                const char *name;
                int port; /* -1: none */
        } services[] = {
                { "domain", 53 },
                { "nameserver", 53 },
                { "http", -1 },
                { "both", 1000 },
                { "commented", -1 },
                { "large", -1 },
                { "53", -1 },
                { "", -1 },
        };
        static const struct {
                const char *name;
                int64_t table; /* -1: none */
        } tables[] = {
                { "vpn", 200 },
                { "hex", 0x1234 },
                { "added", 201 },
                { "vendor", 7 },
                { "no", -1 },
                { "big", 4294967295 },
                { "other", -1 },
        };
        WgpLookup lookup = {};

        cr_assert(mkdtemp(root));
        make_directory("/etc");
        make_directory("/etc/iproute2");
        make_directory("/etc/iproute2/rt_tables.d");
        make_directory("/usr");
        make_directory("/usr/share");
        make_directory("/usr/share/iproute2");
        write_file("/etc/services", "domain\t53/tcp\ndomain 53/udp nameserver # a comment\nhttp 80/tcp\n"
                                    "#commented 5/udp\nboth 1000/udp\nlarge 70000/udp\n\nlonely\n");
        write_file("/etc/iproute2/rt_tables",
                        "# reserved\n255 local\n200\tvpn\n0x1234 hex\n4294967295 big\nno no\n1\n");
        write_file("/etc/iproute2/rt_tables.d/a.conf", "201 added\n");
        write_file("/etc/iproute2/rt_tables.d/a.txt", "202 other\n");
        write_file("/usr/share/iproute2/rt_tables", "7 vendor\n8 vpn\n");

        cr_assert_eq(wgp_name_lookup_open(root, &lookup), 0);
        for (size_t i = 0; i < WGP_ARRAY_SIZE(services); i++) {
                uint16_t port = 0;
                int r = lookup.service(services[i].name, &port);

                cr_expect_eq(r < 0 ? -1 : (int) port, services[i].port, "case '%s': %d", services[i].name, port);
        }
        for (size_t i = 0; i < WGP_ARRAY_SIZE(tables); i++) {
                uint32_t table = 0;
                int r = lookup.table(tables[i].name, &table);

                cr_expect_eq(r < 0 ? -1 : (int64_t) table, tables[i].table, "case '%s': %u", tables[i].name, table);
        }
        wgp_name_lookup_close();
        remove_root();
}

Test(name_lookup, open_questions) {
        WgpLookup lookup = {};

        cr_assert(mkdtemp(root));
        cr_assert_eq(wgp_name_lookup_open(root, &lookup), 0);
        cr_expect_null(lookup.service);
        cr_expect_null(lookup.table);
        wgp_name_lookup_close();
        remove_root();
}

Test(name_lookup, links_stay_inside) {
        WgpLookup lookup = {};
        char link[256];
        uint32_t table = 0;

        cr_assert(mkdtemp(root));
        make_directory("/etc");
        make_directory("/data");
        write_file("/data/rt_tables", "9 inside\n");
        snprintf(link, sizeof(link), "%s/etc/iproute2", root);
        cr_assert_eq(symlink("/data", link), 0);
        cr_assert_eq(wgp_name_lookup_open(root, &lookup), 0);
        cr_expect_eq(lookup.table("inside", &table), 0);
        cr_expect_eq(table, 9);
        wgp_name_lookup_close();
        remove_root();
}

Test(name_lookup, no_root) {
        WgpLookup lookup = {};

        cr_expect_eq(wgp_name_lookup_open("/nonexistent", &lookup), -ENOENT);
        cr_expect_eq(wgp_name_lookup_open("//", &lookup), 0);
        cr_expect(lookup.service);
        cr_expect(lookup.table);
}
