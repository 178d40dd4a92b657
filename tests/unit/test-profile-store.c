/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The profile store, in roots made for each case. What a generator makes of it is in
 * tests/golden/generator. */

#include <criterion/criterion.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "system/profile-store.h"
#include "system/root-path.h"

#define KEY "yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk="
#define GOOD "[Interface]\nPrivateKey = " KEY "\n"
#define GOOD_KEYFILE "[connection]\ntype=wireguard\ninterface-name=wg0\n[wireguard]\nprivate-key=" KEY "\n"

static char root[PATH_MAX];

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw) {
        return remove(path);
}

static void remove_root(void) {
        nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void make_root(void) {
        const char *directory = getenv("TMPDIR");

        umask(0022);
        snprintf(root, sizeof(root), "%s/wgp-store-XXXXXX", directory ?: "/tmp");
        cr_assert(mkdtemp(root));
}

TestSuite(profile_store, .init = make_root, .fini = remove_root);

/* Makes the directories that lead to a path in the root, and gives the whole path. */
static const char *in_root(const char *path) {
        static char whole[PATH_MAX];

        cr_assert_lt(snprintf(whole, sizeof(whole), "%s%s", root, path), (int) sizeof(whole));
        for (char *slash = whole + strlen(root) + 1; (slash = strchr(slash, '/')); slash++) {
                *slash = 0;
                (void) mkdir(whole, 0755);
                *slash = '/';
        }
        return whole;
}

static void put(const char *path, const char *text) {
        FILE *f = fopen(in_root(path), "w");

        cr_assert(f, "%s", path);
        cr_assert_eq(fchmod(fileno(f), 0600), 0);
        fputs(text, f);
        fclose(f);
}

static void put_link(const char *path, const char *target) {
        cr_assert_eq(symlink(target, in_root(path)), 0, "%s", path);
}

static WgpStore *open_store(void) {
        WgpStore *store = NULL;

        cr_assert_eq(wgp_store_open(&(WgpStoreOptions) { .root = root }, &store), 0);
        return store;
}

/* "/etc/wg-profile/a.conf(fallback,rival=...)[dropin dropin] ..." */
static void format_item(const WgpStoreItem *item, char *text, size_t size) {
        FILE *f = fmemopen(text, size, "w");

        fprintf(f, "%s=%s", item->name, item->path);
        if (item->fallback)
                fprintf(f, " fallback");
        if (item->rival)
                fprintf(f, " rival %s", item->rival->path);
        for (size_t i = 0; i < item->n_dropins; i++)
                fprintf(f, " + %s", item->dropins[i].path);
        fclose(f);
}

/* Holds both ways to an item, the list and the search for one name, to the same lines. */
static void expect_items(const char *const *expected, size_t n) {
        _cleanup_(wgp_diagnostics_done) WgpDiagnostics diagnostics = WGP_DIAGNOSTICS_NULL;
        _cleanup_(wgp_store_list_done) WgpStoreList list = WGP_STORE_LIST_NULL;
        _cleanup_(wgp_store_freep) WgpStore *store = open_store();

        cr_assert_eq(wgp_store_enumerate(store, &diagnostics, &list), 0);
        cr_expect_eq(diagnostics.n_items, 0, "%s", diagnostics.n_items > 0 ? diagnostics.items[0].message : "");
        cr_assert_eq(list.n_items, n);

        for (size_t i = 0; i < n; i++) {
                _cleanup_(wgp_store_item_done) WgpStoreItem item = WGP_STORE_ITEM_NULL;
                char text[1024] = "";

                format_item(list.items + i, text, sizeof(text));
                cr_expect_str_eq(text, expected[i], "%s instead of %s", text, expected[i]);

                cr_assert_eq(wgp_store_find(store, list.items[i].name, &diagnostics, &item), 0);
                text[0] = 0;
                format_item(&item, text, sizeof(text));
                cr_expect_str_eq(text, expected[i], "found: %s instead of %s", text, expected[i]);
        }
}

#define EXPECT_ITEMS(...)                                               \
        ({                                                              \
                static const char *const _expected[] = { __VA_ARGS__ }; \
                expect_items(_expected, WGP_ARRAY_SIZE(_expected));     \
        })

Test(profile_store, nothing) {
        expect_items(NULL, 0);
}

Test(profile_store, precedence) {
        put("/etc/wg-profile/a.conf", GOOD);
        put("/run/wg-profile/a.nmconnection", GOOD);
        put("/run/wg-profile/b.nmconnection", GOOD);
        put("/usr/local/lib/wg-profile/b.conf", GOOD);
        put("/usr/local/lib/wg-profile/c.conf", GOOD);
        put("/usr/lib/wg-profile/c.conf", GOOD);
        put("/usr/lib/wg-profile/d.conf", GOOD);
        EXPECT_ITEMS("a=/etc/wg-profile/a.conf", "b=/run/wg-profile/b.nmconnection",
                        "c=/usr/local/lib/wg-profile/c.conf", "d=/usr/lib/wg-profile/d.conf");
}

Test(profile_store, rivals) {
        put("/usr/lib/wg-profile/a.conf", GOOD);
        put("/usr/lib/wg-profile/a.nmconnection", GOOD);
        put("/etc/wg-profile/b.conf", GOOD);
        put("/usr/lib/wg-profile/b.conf", GOOD);
        put("/usr/lib/wg-profile/b.nmconnection", GOOD);
        EXPECT_ITEMS("a=/usr/lib/wg-profile/a.conf rival /usr/lib/wg-profile/a.nmconnection",
                        "b=/etc/wg-profile/b.conf");
}

Test(profile_store, fallback) {
        put("/etc/wireguard/a.conf", GOOD);
        put("/etc/wireguard/a.nmconnection", GOOD);
        put("/run/NetworkManager/system-connections/b.nmconnection", GOOD);
        put("/run/NetworkManager/system-connections/b.conf", GOOD);
        put("/etc/NetworkManager/system-connections/b.nmconnection", GOOD);
        put("/etc/NetworkManager/system-connections/c.nmconnection", GOOD);
        put("/usr/lib/NetworkManager/system-connections/c.nmconnection", GOOD);
        put("/usr/lib/NetworkManager/system-connections/d.nmconnection", GOOD);
        put("/etc/NetworkManager/system-connections/a.nmconnection", GOOD);
        put("/usr/lib/wg-profile/d.conf", GOOD);
        EXPECT_ITEMS("a=/etc/wireguard/a.conf fallback",
                        "b=/run/NetworkManager/system-connections/b.nmconnection fallback",
                        "c=/etc/NetworkManager/system-connections/c.nmconnection fallback",
                        "d=/usr/lib/wg-profile/d.conf");
}

Test(profile_store, dropins) {
        put("/usr/lib/wg-profile/a.conf", GOOD);
        put("/usr/lib/wg-profile/a.conf.d/50-lib.conf", GOOD);
        put("/usr/lib/wg-profile/a.conf.d/20-all.conf", GOOD);
        put("/usr/local/lib/wg-profile/a.conf.d/20-all.conf", GOOD);
        put("/usr/local/lib/wg-profile/a.conf.d/60-local.conf", GOOD);
        put("/run/wg-profile/a.conf.d/20-all.conf", GOOD);
        put("/run/wg-profile/a.conf.d/10-run.conf", GOOD);
        put("/etc/wg-profile/a.conf.d/99-etc.conf", GOOD);
        put("/etc/wg-profile/a.conf.d/.hidden.conf", GOOD);
        put("/etc/wg-profile/a.conf.d/README", GOOD);
        put("/etc/wg-profile/a.conf.d/.conf", GOOD);
        put("/etc/wg-profile/a.nmconnection.d/x.conf", GOOD);
        put("/etc/wg-profile/orphan.conf.d/x.conf", GOOD);
        put("/etc/wireguard/f.conf", GOOD);
        put("/etc/wireguard/f.conf.d/not-here.conf", GOOD);
        put("/etc/wg-profile/f.conf.d/here.conf", GOOD);
        EXPECT_ITEMS("a=/usr/lib/wg-profile/a.conf + /run/wg-profile/a.conf.d/10-run.conf + "
                     "/run/wg-profile/a.conf.d/20-all.conf + /usr/lib/wg-profile/a.conf.d/50-lib.conf + "
                     "/usr/local/lib/wg-profile/a.conf.d/60-local.conf + /etc/wg-profile/a.conf.d/99-etc.conf",
                        "f=/etc/wireguard/f.conf fallback + /etc/wg-profile/f.conf.d/here.conf");
}

/* A directory of drop-ins may be a link, and "a.conf.d" a file. */
Test(profile_store, directories_by_links) {
        put("/srv/profiles/a.conf", GOOD);
        put("/srv/dropins/x.conf", GOOD);
        put("/etc/wg-profile/a.conf.d", GOOD);
        put_link("/usr/lib/wg-profile", "/srv/profiles");
        put_link("/srv/profiles/a.conf.d", "/srv/dropins");
        EXPECT_ITEMS("a=/usr/lib/wg-profile/a.conf + /usr/lib/wg-profile/a.conf.d/x.conf");
}

Test(profile_store, names) {
        _cleanup_(wgp_diagnostics_done) WgpDiagnostics diagnostics = WGP_DIAGNOSTICS_NULL;
        _cleanup_(wgp_store_list_done) WgpStoreList list = WGP_STORE_LIST_NULL;
        _cleanup_(wgp_store_freep) WgpStore *store = NULL;
        WgpStoreItem item = WGP_STORE_ITEM_NULL;

        put("/etc/wg-profile/a:b.conf", GOOD);
        put("/etc/wg-profile/.dot.conf", GOOD);
        put("/etc/wireguard/c:d.conf", GOOD);
        put("/etc/wg-profile/e:f.conf.d/x.conf", GOOD);

        store = open_store();
        cr_assert_eq(wgp_store_enumerate(store, &diagnostics, &list), 0);
        cr_expect_eq(list.n_items, 0);
        cr_assert_eq(diagnostics.n_items, 2);
        cr_expect(strstr(diagnostics.items[0].file, ".dot.conf") && diagnostics.items[0].severity == WGP_WARNING);
        cr_expect(strstr(diagnostics.items[1].file, "a:b.conf") && diagnostics.items[1].severity == WGP_ERROR);

        cr_expect_eq(wgp_store_find(store, "a:b", &diagnostics, &item), WGP_STORE_E_BAD_NAME);
        cr_expect_eq(wgp_store_find(store, "../x", &diagnostics, &item), WGP_STORE_E_BAD_NAME);
        cr_expect_eq(wgp_store_find(store, "nope", &diagnostics, &item), WGP_STORE_E_ABSENT);
}

Test(profile_store, format_names) {
        _cleanup_(wgp_store_freep) WgpStore *store = open_store();
        _cleanup_(freep) char *none = NULL, *names = NULL;

        cr_assert_eq(wgp_store_format_names(store, &none), 0);
        cr_expect_str_eq(none, "");

        put("/etc/wg-profile/office.conf", GOOD);
        put("/usr/lib/wg-profile/home.nmconnection", GOOD);
        put("/etc/wg-profile/masked.conf", "");
        put("/usr/lib/wg-profile/masked.conf", GOOD);
        put("/etc/wireguard/wg0.conf", GOOD);
        cr_assert_eq(wgp_store_format_names(store, &names), 0);
        cr_expect_str_eq(names, "home, office, wg0");
}

/* --- loading --- */

static int load(const char *name, WgpDiagnostics *diagnostics, WgpProfile **ret) {
        _cleanup_(wgp_store_freep) WgpStore *store = open_store();
        _cleanup_(wgp_store_item_done) WgpStoreItem item = WGP_STORE_ITEM_NULL;

        cr_assert_eq(wgp_store_find(store, name, diagnostics, &item), 0, "%s", name);
        return wgp_store_load(store, &item, diagnostics, ret);
}

static void expect_load(const char *name, int expected, const char *problem) {
        _cleanup_(wgp_diagnostics_done) WgpDiagnostics diagnostics = WGP_DIAGNOSTICS_NULL;
        _cleanup_(wgp_profile_freep) WgpProfile *profile = NULL;
        int r;

        r = load(name, &diagnostics, &profile);
        cr_expect_eq(r, expected, "%s: %d instead of %d", name, r, expected);
        cr_expect_eq(!!profile, r == 0 || r == WGP_STORE_E_INVALID || r == WGP_STORE_E_AMBIGUOUS, "%s", name);
        cr_expect_eq(diagnostics.n_errors > 0, r > 0 && r != WGP_STORE_E_MASKED, "%s", name);
        for (size_t i = 0; i < diagnostics.n_items; i++) {
                const WgpDiagnostic *d = diagnostics.items + i;

                if (d->severity != WGP_ERROR)
                        continue;
                cr_expect(problem && strstr(d->message, problem), "%s: %s: %s", name, d->file, d->message);
                cr_expect_eq(strncmp(d->file, root, strlen(root)), 0, "%s: %s", name, d->file);
        }
}

Test(profile_store, load) {
        put("/etc/wg-profile/good.conf", GOOD);
        put("/etc/wg-profile/kf.nmconnection", GOOD_KEYFILE);
        put("/etc/wg-profile/bad.conf", "[Interface]\nMTU = x\n");
        put("/etc/wg-profile/empty.conf", "");
        put("/etc/wg-profile/both.conf", GOOD);
        put("/etc/wg-profile/both.nmconnection", GOOD_KEYFILE);
        put_link("/etc/wg-profile/null.conf", "/dev/null");
        put_link("/etc/wg-profile/null2.conf", "../../../../dev/null");
        put_link("/etc/wg-profile/null3.conf", "/etc/null");
        put_link("/etc/null", "/dev/null");
        put_link("/etc/wg-profile/dangling.conf", "/nowhere");
        put_link("/etc/wg-profile/loop.conf", "loop.conf");
        put_link("/etc/wg-profile/link.conf", "/etc/wg-profile/good.conf");
        cr_assert_eq(mkdir(in_root("/etc/wg-profile/dir.conf"), 0755), 0);
        cr_assert_eq(mkfifo(in_root("/etc/wg-profile/fifo.conf"), 0600), 0);
        put("/etc/wg-profile/huge.conf", "x");
        cr_assert_eq(truncate(in_root("/etc/wg-profile/huge.conf"), WGP_STORE_FILE_MAX + 1), 0);

        expect_load("good", 0, NULL);
        expect_load("kf", 0, NULL);
        expect_load("link", 0, NULL);
        expect_load("bad", WGP_STORE_E_INVALID, "MTU");
        expect_load("empty", WGP_STORE_E_MASKED, NULL);
        expect_load("null", WGP_STORE_E_MASKED, NULL);
        expect_load("null2", WGP_STORE_E_MASKED, NULL);
        expect_load("null3", WGP_STORE_E_MASKED, NULL);
        expect_load("both", WGP_STORE_E_AMBIGUOUS, "both.nmconnection");
        expect_load("dangling", WGP_STORE_E_UNREADABLE, "No such file");
        expect_load("loop", WGP_STORE_E_UNREADABLE, "symbolic links");
        expect_load("dir", WGP_STORE_E_UNREADABLE, "regular");
        expect_load("fifo", WGP_STORE_E_UNREADABLE, "regular");
        expect_load("huge", WGP_STORE_E_UNREADABLE, "16 MiB");
}

/* Whichever of the two files says so, and be it in a drop-in: the profile has a kill switch. */
Test(profile_store, kill_switch_of_ambiguous) {
        static const char yes[] = "[WgProfile]\nKillSwitch=yes\n";
        static const struct {
                const char *name, *conf, *keyfile, *dropin;
                bool is_read, kill_switch;
        } cases[] = {
                { "none", GOOD, GOOD_KEYFILE, NULL, true, false },
                { "conf", GOOD "[WgProfile]\nKillSwitch=yes\n", GOOD_KEYFILE, NULL, true, true },
                { "keyfile", GOOD, GOOD_KEYFILE "[WgProfile]\nKillSwitch=yes\n", NULL, true, true },
                { "errors", "[Interface]\nMTU = x\n", "[WgProfile]\nKillSwitch=yes\nnonsense\n", NULL, true, true },
                { "masked", "", GOOD_KEYFILE "[WgProfile]\nKillSwitch=yes\n", NULL, true, true },
                { "masks", "", "", NULL, false, false },
                { "dropin1", GOOD, GOOD_KEYFILE, "conf", true, true },
                { "dropin2", GOOD, GOOD_KEYFILE, "nmconnection", true, true },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                _cleanup_(wgp_diagnostics_done) WgpDiagnostics diagnostics = WGP_DIAGNOSTICS_NULL;
                _cleanup_(wgp_profile_freep) WgpProfile *profile = NULL;
                const char *name = cases[i].name;
                char path[PATH_MAX];

                snprintf(path, sizeof(path), "/etc/wg-profile/%s.conf", name);
                put(path, cases[i].conf);
                snprintf(path, sizeof(path), "/etc/wg-profile/%s.nmconnection", name);
                put(path, cases[i].keyfile);
                snprintf(path, sizeof(path), "/usr/lib/wg-profile/%s.%s.d/10.conf", name, cases[i].dropin ?: "none");
                put(path, yes);

                cr_expect_eq(load(name, &diagnostics, &profile), WGP_STORE_E_AMBIGUOUS, "%s", name);
                cr_expect_eq(diagnostics.n_items, 1, "%s", name);
                cr_expect_eq(!!profile, cases[i].is_read, "%s", name);
                cr_expect_eq(profile && profile->kill_switch == WGP_YES, cases[i].kill_switch, "%s", name);
        }
}

Test(profile_store, largest_file) {
        char *text = malloc(WGP_STORE_FILE_MAX + 1);

        memset(text, '\n', WGP_STORE_FILE_MAX);
        memcpy(text, GOOD, strlen(GOOD));
        text[WGP_STORE_FILE_MAX] = 0;
        put("/etc/wg-profile/large.conf", text);
        free(text);
        expect_load("large", 0, NULL);
}

Test(profile_store, modes) {
        static const struct {
                const char *name;
                mode_t file, directory;
                const char *text, *problem;
        } cases[] = {
                { "private", 0600, 0755, GOOD, NULL },
                { "readonly", 0400, 0755, GOOD, NULL },
                { "world", 0604, 0755, GOOD, "chmod 600" },
                { "group", 0640, 0755, GOOD, "chmod 600" },
                { "closed", 0644, 0700, GOOD, NULL },
                { "halfclosed", 0644, 0710, GOOD, "chmod 600" },
                { "nosecret", 0644, 0755, "[Interface]\nPrivateKey = @key\n", NULL },
                { "notakey", 0644, 0755, "[Interface]\nMTU = 1400\n", NULL },
                { "groupwrite", 0620, 0755, GOOD, "chmod go-w" },
                { "worldwrite", 0602, 0755, GOOD, "chmod go-w" },
                { "closedwrite", 0602, 0700, GOOD, "chmod go-w" },
                { "directory", 0600, 0777, GOOD, "replace" },
                { "groupdir", 0600, 0775, GOOD, "replace" },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                char path[PATH_MAX];

                snprintf(path, sizeof(path), "/etc/wg-profile/%s.conf", cases[i].name);
                put(path, cases[i].text);
                cr_assert_eq(chmod(in_root(path), cases[i].file), 0);
                cr_assert_eq(chmod(in_root("/etc/wg-profile"), cases[i].directory), 0);
                expect_load(cases[i].name, cases[i].problem ? WGP_STORE_E_INVALID : 0, cases[i].problem);
                cr_assert_eq(chmod(in_root("/etc/wg-profile"), 0755), 0);
        }
}

/* A directory that nobody enters protects what lies in it, not what a link in it leads to. */
Test(profile_store, secret_behind_a_link) {
        put("/srv/wg0.conf", GOOD);
        cr_assert_eq(chmod(in_root("/srv/wg0.conf"), 0644), 0);
        put_link("/etc/wg-profile/wg0.conf", "/srv/wg0.conf");
        cr_assert_eq(chmod(in_root("/etc/wg-profile"), 0700), 0);
        expect_load("wg0", WGP_STORE_E_INVALID, "chmod 600");
}

/* Each file is judged for what stands in it. */
Test(profile_store, secret_in_a_dropin) {
        put("/etc/wg-profile/a.conf", "[Interface]\nMTU = 1400\n");
        put("/etc/wg-profile/a.conf.d/x.conf", GOOD);
        cr_assert_eq(chmod(in_root("/etc/wg-profile/a.conf"), 0644), 0);
        expect_load("a", 0, NULL);
        cr_assert_eq(chmod(in_root("/etc/wg-profile/a.conf.d/x.conf"), 0644), 0);
        expect_load("a", WGP_STORE_E_INVALID, "chmod 600");
        cr_assert_eq(chmod(in_root("/etc/wg-profile"), 0700), 0);
        expect_load("a", 0, NULL);
}

/* Only root can give a file to somebody else; for anybody else this shows that the caller may own what is in
 * a root. */
Test(profile_store, owner) {
        const uid_t other = geteuid() == 0 ? 12345 : geteuid();
        const int expected = other == geteuid() ? 0 : WGP_STORE_E_INVALID;

        put("/etc/wg-profile/a.conf", GOOD);
        cr_assert_eq(chown(in_root("/etc/wg-profile/a.conf"), other, (gid_t) -1), 0);
        expect_load("a", expected, "Owned by user 12345");
        put("/usr/lib/wg-profile/b.conf", GOOD);
        cr_assert_eq(chown(in_root("/usr/lib/wg-profile"), other, (gid_t) -1), 0);
        expect_load("b", expected, "replace");
}

Test(profile_store, dropins_apply) {
        _cleanup_(wgp_diagnostics_done) WgpDiagnostics diagnostics = WGP_DIAGNOSTICS_NULL;
        _cleanup_(wgp_profile_freep) WgpProfile *profile = NULL;

        put("/usr/lib/wg-profile/a.conf", GOOD "MTU = 1400\n");
        put("/usr/lib/wg-profile/a.conf.d/10.conf", "[Interface]\nMTU = 1410\n");
        put("/usr/lib/wg-profile/a.conf.d/20.conf", "[Interface]\nMTU = 1420\n");
        put("/usr/lib/wg-profile/a.conf.d/30.conf", "[Interface]\nMTU = 1430\n");
        put("/etc/wg-profile/a.conf.d/20.conf", "[Interface]\nMTU = 1421\n");
        put("/etc/wg-profile/a.conf.d/30.conf", "");
        cr_expect_eq(load("a", &diagnostics, &profile), 0);
        cr_assert(profile);
        cr_expect_eq(profile->mtu, 1421);
        cr_expect_eq(profile->n_files, 3);
}

Test(profile_store, dropin_that_cannot_be_read) {
        put("/etc/wg-profile/a.conf", GOOD);
        put_link("/etc/wg-profile/a.conf.d/x.conf", "/nowhere");
        expect_load("a", WGP_STORE_E_INVALID, "No such file");
        put("/etc/wg-profile/b.conf", GOOD);
        put_link("/etc/wg-profile/b.conf.d", "b.conf.d");
        expect_load("b", WGP_STORE_E_INVALID, "symbolic links");
}

Test(profile_store, too_many_dropins) {
        char file[PATH_MAX];

        put("/etc/wg-profile/a.conf", GOOD);
        for (unsigned i = 0; i < WGP_STORE_DROPINS_MAX; i++) {
                char path[64];

                snprintf(path, sizeof(path), "/etc/wg-profile/a.conf.d/%04u.conf", i);
                /* links are quicker, and a file system has room for 65 000 of one file at most */
                if (i % 10000 == 0) {
                        put(path, "[Interface]\nMTU = 1400\n");
                        snprintf(file, sizeof(file), "%s", in_root(path));
                } else
                        cr_assert_eq(link(file, in_root(path)), 0, "%s", path);
        }
        expect_load("a", 0, NULL);
        put("/run/wg-profile/a.conf.d/more.conf", "[Interface]\nMTU = 1400\n");
        expect_load("a", WGP_STORE_E_INVALID, "More than");
}

/* "wg-profile check FILE": wherever it lies, whoever's it is. */
Test(profile_store, file) {
        _cleanup_(wgp_diagnostics_done) WgpDiagnostics diagnostics = WGP_DIAGNOSTICS_NULL;
        _cleanup_(wgp_store_item_done) WgpStoreItem item = WGP_STORE_ITEM_NULL;
        _cleanup_(wgp_profile_freep) WgpProfile *profile = NULL;
        _cleanup_(wgp_store_freep) WgpStore *store = NULL;

        put("/open/wg0.conf", GOOD);
        cr_assert_eq(chmod(in_root("/open"), 0777), 0);
        cr_assert_eq(wgp_store_open(&(WgpStoreOptions) {}, &store), 0);
        cr_assert_eq(wgp_store_file(in_root("/open/wg0.conf"), &diagnostics, &item), 0);
        cr_expect_str_eq(item.name, "wg0");
        cr_expect_eq(wgp_store_load(store, &item, &diagnostics, &profile), 0);
        cr_expect_eq(diagnostics.n_items, 0);

        cr_expect_eq(wgp_store_file("/etc/hostname", &diagnostics, &item), WGP_STORE_E_BAD_NAME);
        cr_expect_eq(wgp_store_file("x/.conf", &diagnostics, &item), WGP_STORE_E_BAD_NAME);
        cr_expect_eq(wgp_store_file("a:b.conf", &diagnostics, &item), WGP_STORE_E_BAD_NAME);
}

Test(profile_store, root_is_none) {
        static const char *const roots[] = { NULL, "", "/", "//" };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(roots); i++) {
                _cleanup_(wgp_store_freep) WgpStore *store = NULL;

                cr_expect_eq(wgp_store_open(&(WgpStoreOptions) { .root = roots[i] }, &store), 0);
        }
}

Test(profile_store, root_that_is_not_there) {
        WgpStore *store = NULL;

        cr_expect_eq(wgp_store_open(&(WgpStoreOptions) { .root = "/nonexistent-root" }, &store), -ENOENT);
        put("/file", "x");
        cr_expect_eq(wgp_store_open(&(WgpStoreOptions) { .root = in_root("/file") }, &store), -ENOTDIR);
        cr_expect_null(store);
}

/* --- paths inside a root --- */

Test(profile_store, resolve) {
        static const struct {
                const char *path, *resolved;
                int r;
        } cases[] = {
                { "/", ".", 0 },
                { "", ".", 0 },
                { "/a/b", "a/b", 0 },
                { "//a//./b/", "a/b", 0 },
                { "/a/../b", "b", 0 },
                { "/../../a", "a", 0 },
                { "/a/../../..", ".", 0 },
                { "/abs", "srv/file", 0 },
                { "/rel", "srv/file", 0 },
                { "/up", "srv/file", 0 },
                { "/dir/file", "srv/file", 0 },
                { "/dir/../x", "x", 0 }, /* the parent of where the link leads, as the kernel has it */
                { "/top/srv", "srv", 0 },
                { "/chain", "srv/file", 0 },
                { "/dangling", "no/where", 0 },
                { "/no/such/file", "no/such/file", 0 },
                { "/loop", NULL, -ELOOP },
                { "/loop/x", NULL, -ELOOP },
                { "/srv/file/x", NULL, -ENOTDIR },
        };
        int fd;

        put("/srv/file", "x");
        put_link("/abs", "/srv/file");
        put_link("/rel", "srv/file");
        put_link("/up", "../../../srv/file");
        put_link("/dir", "/srv/");
        put_link("/top", "/");
        put_link("/chain", "dir/../abs");
        put_link("/dangling", "/no/where");
        put_link("/loop", "/loop");
        fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
        cr_assert_geq(fd, 0);

        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                char resolved[PATH_MAX] = "";

                cr_expect_eq(wgp_root_resolve(fd, cases[i].path, resolved), cases[i].r, "case '%s'", cases[i].path);
                if (cases[i].resolved)
                        cr_expect_str_eq(resolved, cases[i].resolved, "case '%s': %s", cases[i].path, resolved);
        }
        close(fd);
}

Test(profile_store, resolve_long) {
        char path[2 * PATH_MAX], resolved[PATH_MAX];
        int fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);

        memset(path, 'x', sizeof(path));
        path[PATH_MAX] = 0;
        cr_expect_eq(wgp_root_resolve(fd, path, resolved), -ENAMETOOLONG);

        /* a link to something below itself makes the path longer with each step */
        strcpy(path, "grow/");
        memset(path + strlen("grow/"), 'y', 200);
        path[strlen("grow/") + 200] = 0;
        put_link("/grow", path);
        cr_expect_eq(wgp_root_resolve(fd, "/grow", resolved), -ENAMETOOLONG);
        close(fd);
}
