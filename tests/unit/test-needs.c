/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* system/needs.c: the files that say what the stop of a running tunnel takes, and that they follow its record. */

#include "system/needs.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "system/root-path.h"
#include "system/state.h"

#define NETNS (1U << WGP_NEED_NETNS)
#define SAVECONFIG (1U << WGP_NEED_SAVECONFIG)
#define RESOLVCONF (1U << WGP_NEED_RESOLVCONF)
#define HOOKS (1U << WGP_NEED_HOOKS)

static char path[PATH_MAX];
static int directory = -EBADF;

static int remove_one(const char *file, const struct stat *st, int type, struct FTW *ftw) {
        return remove(file);
}

static void open_directory(void) {
        snprintf(path, sizeof(path), "%s/wgp-needs-XXXXXX", getenv("TMPDIR") ?: "/tmp");
        cr_assert(mkdtemp(path));
        directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        cr_assert_geq(directory, 0);
}

static void close_directory(void) {
        close(directory);
        nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

TestSuite(needs, .init = open_directory, .fini = close_directory);

static void touch(const char *file) {
        int fd = openat(directory, file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

        cr_assert_geq(fd, 0, "%s", file);
        close(fd);
}

static bool exists(const char *file) {
        return faccessat(directory, file, F_OK, AT_SYMLINK_NOFOLLOW) >= 0;
}

Test(needs, list) {
        static const char *const files[] = {
                "a.needs-hooks",
                "a.needs-netns",
                "a.json",
                "a.lock",
                "a.resolver.json",
                "two words.needs-resolvconf",
                "b.needs-hooks.needs-saveconfig", /* of a profile that is called so */
                ".needs-hooks",
                "needs-hooks",
                "c.needs-other",
                "c.needs-hooks~",
                "..needs-netns",
                "d\\x.needs-netns",
                "-e.needs-saveconfig",
        };
        static const WgpNeeds expected[] = {
                { (char *) "-e", SAVECONFIG },
                { (char *) "a", HOOKS | NETNS },
                { (char *) "b.needs-hooks", SAVECONFIG },
                { (char *) "two words", RESOLVCONF },
        };
        _cleanup_(wgp_needs_list_done) WgpNeedsList list = WGP_NEEDS_LIST_NULL;

        for (size_t i = 0; i < WGP_ARRAY_SIZE(files); i++)
                touch(files[i]);
        cr_assert_eq(wgp_needs_list(directory, &list), 0);
        cr_assert_eq(list.n_items, WGP_ARRAY_SIZE(expected), "%zu", list.n_items);
        for (size_t i = 0; i < list.n_items; i++) {
                cr_expect_str_eq(list.items[i].name, expected[i].name);
                cr_expect_eq(list.items[i].bits, expected[i].bits, "%s: %x", list.items[i].name, list.items[i].bits);
                cr_expect_eq(wgp_needs_list_find(&list, expected[i].name), list.items + i);
        }
        cr_expect_null(wgp_needs_list_find(&list, "nobody"));
}

Test(needs, none) {
        _cleanup_(wgp_needs_list_done) WgpNeedsList list = WGP_NEEDS_LIST_NULL;
        unsigned bits = 1;

        cr_assert_eq(wgp_needs_list(directory, &list), 0);
        cr_expect_eq(list.n_items, 0);
        cr_expect_null(wgp_needs_list_find(&list, "a"));
        cr_expect_eq(wgp_needs_list(-EBADF, &list), -EBADF);
        cr_expect_eq(wgp_needs_read(directory, "a", &bits), 0);
        cr_expect_eq(bits, 0);
        cr_expect_eq(wgp_needs_keep_only(directory, "a", 0), 0);
}

/* The record is the truth: what it says is there as long as it is, and nothing else is. */
Test(needs, follow_the_record) {
        static const struct {
                const char *netns, *resolvconf;
                bool save_config, hook;
                unsigned bits;
        } cases[] = {
                { NULL, NULL, false, false, 0 },
                { "blue", NULL, false, false, NETNS },
                { NULL, "tun.wg0", false, false, RESOLVCONF },
                { NULL, NULL, true, false, SAVECONFIG },
                { NULL, NULL, false, true, HOOKS },
                { "blue", NULL, true, true, NETNS | SAVECONFIG | HOOKS },
                { NULL, "wg0", true, true, RESOLVCONF | SAVECONFIG | HOOKS },
        };

        touch("other.needs-hooks");
        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                WgpState state = {
                        .name = strdup("a"),
                        .network.link.name = "wg0",
                        .network.netns = cases[i].netns ? strdup(cases[i].netns) : NULL,
                        .network.dns.resolvconf = cases[i].resolvconf ? strdup(cases[i].resolvconf) : NULL,
                        .save_config = cases[i].save_config,
                };
                unsigned bits = 0;

                if (cases[i].hook)
                        cr_assert_eq(wgp_network_add_hook(&state.network, WGP_HOOK_POST_DOWN, "true", "a.conf:1"), 0);
                cr_assert_eq(wgp_state_write(directory, &state), 0);
                cr_expect_eq(wgp_needs_read(directory, "a", &bits), 0);
                cr_expect_eq(bits, cases[i].bits, "case %zu: %x", i, bits);
                wgp_state_done(&state);
        }

        cr_expect_eq(wgp_state_remove(directory, "a"), 0);
        cr_expect(!exists("a.json"));
        cr_expect(!exists("a.needs-hooks"));
        cr_expect(!exists("a.needs-resolvconf"));
        cr_expect(!exists("a.needs-saveconfig"));
        cr_expect(exists("other.needs-hooks"), "another tunnel's");
}

/* Without its record, too: it may have been deleted. */
Test(needs, go_without_a_record) {
        touch("a.needs-netns");
        cr_expect_eq(wgp_state_remove(directory, "a"), 0);
        cr_expect(!exists("a.needs-netns"));
}
