/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes units from profiles at boot and at each daemon-reload.
 *
 * PID 1 waits for it, on systemd 257 with the whole machine: no call here may wait for anything. No NSS, no bus, no
 * device, no decryption; a bounded number of regular files of bounded size, and an alarm for the rest (a network file
 * system under a link). A problem with one profile is reported, and the others are done. */

#include <fcntl.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "generator/cmdline.h"
#include "generator/credentials.h"
#include "generator/log.h"
#include "generator/resolvconf-detect.h"
#include "generator/unit-text.h"
#include "generator/unit-write.h"
#include "system/needs.h"
#include "system/profile-name.h"
#include "system/profile-store.h"
#include "system/root-path.h"

/* WGP_STATE_DIRECTORY of the programs that keep records */
#define RECORDS "/run/wg-profile/state"

enum {
        PROFILES_MAX = 5000,
        CMDLINE_MAX = 64 << 10, /* bytes; COMMAND_LINE_SIZE is at most 4096, a container's arguments may be more */
        ALARM_SEC = 30,         /* PID 1 gives all generators together 90. No handler: the signal has to end a process
                                 * that hangs in the kernel */
};

typedef struct Generator {
        const char *root; /* NULL: this system */
        int root_fd;      /* or AT_FDCWD */
        int output_fd;
        WgpLog log;
        WgpCmdline cmdline;
        WgpCredstore plain, encrypted;
        bool knows_resolvconf, uses_resolvconf; /* looked for when the first profile with DNS servers comes */
        WgpStore *store;
        WgpNeedsList needs; /* of the tunnels that run */
        bool *honoured;     /* for each of them: its unit has been written */
        bool has_wants_directory;
        bool autoconnect; /* of any profile */
        int error;        /* the first one; the rest goes on */
} Generator;

static void generator_done(Generator *g) {
        wgp_store_free(g->store);
        wgp_needs_list_done(&g->needs);
        free(g->honoured);
        wgp_credstore_close(&g->plain);
        wgp_credstore_close(&g->encrypted);
        wgp_cmdline_done(&g->cmdline);
        wgp_log_close(&g->log);
        wgp_closep(&g->output_fd);
        wgp_closep(&g->root_fd);
}

/* Tells an error that is not of a profile's text. */
static void fail(Generator *g, int r, const char *what) {
        wgp_log_write(&g->log, WGP_LOG_ERROR, "%s: %s", what, strerror(-r));
        wgp_gather(&g->error, r);
}

/* Tells diagnostics that concern no single profile, one line each. */
static void log_all(Generator *g, const WgpDiagnostics *diagnostics) {
        static const WgpLogLevel levels[] = {
                [WGP_NOTICE] = WGP_LOG_DEBUG,
                [WGP_WARNING] = WGP_LOG_WARNING,
                [WGP_ERROR] = WGP_LOG_ERROR,
        };

        for (size_t i = 0; i < diagnostics->n_items; i++) {
                _cleanup_(freep) char *text = wgp_diagnostic_format(diagnostics->items + i);

                wgp_log_write(&g->log, levels[diagnostics->items[i].severity], "%s", text ?: "out of memory");
        }
        if (diagnostics->n_errors > 0)
                wgp_gather(&g->error, -EBADMSG);
}

/* Tells the first error of a profile, in one line: "wg-profile check" tells them all, and the unit does. */
static void log_refusal(Generator *g, const WgpDiagnostics *diagnostics) {
        _cleanup_(freep) char *text = NULL;
        size_t i = 0;

        while (i < diagnostics->n_items && diagnostics->items[i].severity != WGP_ERROR)
                i++;
        if (i < diagnostics->n_items)
                text = wgp_diagnostic_format(diagnostics->items + i);
        if (diagnostics->n_errors > 1)
                wgp_log_write(&g->log, WGP_LOG_ERROR, "%s (and %zu more)", text ?: "out of memory",
                                diagnostics->n_errors - 1);
        else
                wgp_log_write(&g->log, WGP_LOG_ERROR, "%s", text ?: "out of memory");
        wgp_gather(&g->error, -EBADMSG);
}

/* The kill switch holds for a broken profile as well. */
static int write_kill_switch(Generator *g, const WgpStoreItem *item, const char *instance, bool uncertain) {
        int r;

        if (item->fallback || !wgp_cmdline_allows(&g->cmdline, item->name))
                return 0;
        r = wgp_unit_write_directory(g->output_fd, WGP_UNIT_EARLY_WANTS);
        if (r >= 0)
                r = wgp_unit_write_kill_switch(g->output_fd, instance);
        return r < 0 || !uncertain ? r : wgp_unit_write_uncertain(g->output_fd, instance);
}

/* Of what cannot be read, or is not there yet, nobody knows whether it is a profile with a kill switch: that turns out
 * when local file systems are mounted, and before the network is there. */
static int write_uncertain(Generator *g, const WgpStoreItem *item) {
        _cleanup_(freep) char *instance = NULL;
        WgpStoreKind kind;
        int r;

        r = wgp_store_find_kind(g->store, item, &kind);
        if (r < 0 || kind == WGP_STORE_KIND_OTHER)
                return r;
        instance = wgp_instance_escape(item->name);
        return instance ? write_kill_switch(g, item, instance, /* uncertain= */ true) : -ENOMEM;
}

static bool uses_resolvconf(Generator *g) {
        if (!g->knows_resolvconf)
                g->uses_resolvconf = wgp_resolvconf_decides(g->root_fd);
        g->knows_resolvconf = true;
        return g->uses_resolvconf;
}

/* Links what a unit needs beyond its sandbox into its directory, which exists. */
static int write_snippets(Generator *g, const char *instance, unsigned snippets) {
        int r = 0;

        for (WgpUnitSnippet s = 0; r >= 0 && s < _WGP_SNIPPET_N; s++)
                if (snippets & 1U << s)
                        r = wgp_unit_write_snippet(g->output_fd, instance, wgp_snippet_link(s), wgp_snippet_file(s));
        if (r >= 0 && snippets & 1U << WGP_SNIPPET_NETNS)
                r = wgp_unit_write_resolver_netns(g->output_fd);
        return r;
}

/* Which snippets the stop of a tunnel of that name takes, if it runs. */
static unsigned snippets_of_running(Generator *g, const char *name) {
        const WgpNeeds *needs = wgp_needs_list_find(&g->needs, name);

        if (!needs)
                return 0;
        g->honoured[needs - g->needs.items] = true;
        return wgp_snippets_of_needs(needs->bits);
}

/* Writes everything about one instance. "profile" is what is known of a broken one, or NULL. */
static int write_unit(
                Generator *g, const WgpStoreItem *item, const WgpProfile *profile, bool broken, bool autoconnect) {
        _cleanup_(wgp_unit_facts_done) WgpUnitFacts facts = WGP_UNIT_FACTS_NULL;
        _cleanup_(freep) char *instance = NULL, *text = NULL;
        int r;

        instance = wgp_instance_escape(item->name);
        if (!instance)
                return -ENOMEM;

        r = wgp_unit_facts_init(item->path, broken ? NULL : profile, &facts);
        if (r < 0)
                return r;
        if (broken)
                wgp_unit_facts_set_broken(profile, &facts);
        wgp_credstore_find_forms(&g->plain, &g->encrypted, &facts);
        if (facts.sets_dns && uses_resolvconf(g))
                wgp_unit_facts_use_resolvconf(&facts);
        facts.snippets |= snippets_of_running(g, item->name);
        r = wgp_unit_text_format(&facts, &text);
        if (r >= 0)
                r = wgp_unit_write_dropin(g->output_fd, instance, text);
        if (r >= 0)
                r = write_snippets(g, instance, facts.snippets);
        if (r >= 0 && facts.encrypt_key)
                r = wgp_unit_write_genkey(g->output_fd, instance);
        if (r >= 0 && facts.kill_switch)
                r = write_kill_switch(g, item, instance, facts.kill_switch_uncertain);
        if (r < 0)
                return r;
        wgp_log_write(&g->log, WGP_LOG_DEBUG, "%s: " WGP_UNIT_PREFIX "%s" WGP_UNIT_SUFFIX "%s", item->path, instance,
                        autoconnect ? ", at boot" : "");
        if (!autoconnect)
                return 0;

        if (!g->has_wants_directory) {
                r = wgp_unit_write_directory(g->output_fd, "wg-profile.target.wants");
                if (r < 0)
                        return r;
                g->has_wants_directory = true;
        }
        r = wgp_unit_write_wants(g->output_fd, instance);
        if (r >= 0)
                g->autoconnect = true;
        return r;
}

/* Whether the profile comes up at boot. One of which nothing could be made out does, or that may be either of two: its
 * unit fails, and somebody sees it. */
static bool comes_up(const Generator *g, const WgpStoreItem *item, const WgpProfile *profile) {
        return !item->fallback && (!profile || item->rival || wgp_profile_autoconnects(profile)) &&
               wgp_cmdline_allows(&g->cmdline, item->name);
}

static void process(Generator *g, const WgpStoreItem *item) {
        _cleanup_(wgp_diagnostics_done) WgpDiagnostics diagnostics = WGP_DIAGNOSTICS_NULL;
        _cleanup_(wgp_profile_freep) WgpProfile *profile = NULL;
        int r;

        r = wgp_store_load(g->store, item, &diagnostics, &profile);
        if (r < 0) {
                fail(g, r, item->path);
                return;
        }
        /* In the fallback directories lie files of others, whom it is not for us to correct. */
        if (r == WGP_STORE_E_MASKED || (r != 0 && item->fallback)) {
                wgp_log_write(&g->log, WGP_LOG_DEBUG, "%s: %s.", item->path,
                                r == WGP_STORE_E_MASKED ? "masked" : "not usable");
                return;
        }
        if (r != 0)
                log_refusal(g, &diagnostics);
        if (r == WGP_STORE_E_UNREADABLE) /* a link into nowhere, a directory: nothing says that it is a profile */
                r = write_uncertain(g, item);
        else
                r = write_unit(g, item, profile, /* broken= */ r != 0, comes_up(g, item, profile));
        if (r < 0)
                fail(g, r, item->path);
}

/* Finds out what the tunnels that run need. Without records none runs. */
static int read_needs(Generator *g) {
        _cleanup_(wgp_closep) int fd = -EBADF;
        _cleanup_(freep) char *real = NULL;
        int r;

        fd = wgp_root_open_directory(g->root_fd, RECORDS, &real);
        if (fd == -ENOENT)
                return 0;
        r = fd < 0 ? fd : wgp_needs_list(fd, &g->needs);
        if (r < 0)
                return r;
        g->honoured = calloc(g->needs.n_items + 1, sizeof(*g->honoured));
        return g->honoured ? 0 : -ENOMEM;
}

/* Tunnels that run and have no profile any more, or none that is of use: they stop as they started. */
static void keep_running(Generator *g) {
        for (size_t i = 0; i < g->needs.n_items; i++) {
                _cleanup_(freep) char *instance = NULL;
                int r;

                if (g->honoured[i])
                        continue;
                instance = wgp_instance_escape(g->needs.items[i].name);
                r = instance ? wgp_unit_write_dropin_directory(g->output_fd, instance) : -ENOMEM;
                if (r >= 0)
                        r = write_snippets(g, instance, wgp_snippets_of_needs(g->needs.items[i].bits));
                if (r < 0)
                        fail(g, r, g->needs.items[i].name);
        }
}

static int read_file(int root_fd, const char *path, char *data, size_t size) {
        _cleanup_(wgp_closep) int fd = -EBADF;
        bool symlink;
        ssize_t k;
        size_t n = 0;

        fd = wgp_root_open_file(root_fd, root_fd >= 0 ? path + 1 : path, path, &symlink);
        if (fd < 0)
                return fd;
        while (n < size && (k = read(fd, data + n, size - n)) != 0) {
                if (k < 0)
                        return -errno;
                n += (size_t) k;
        }
        return (int) n;
}

/* In a container the kernel's command line is the host's; what was meant for this one are PID 1's
 * arguments. */
static void read_cmdline(Generator *g) {
        _cleanup_(wgp_diagnostics_done) WgpDiagnostics diagnostics = WGP_DIAGNOSTICS_NULL;
        const char *virtualization = getenv("SYSTEMD_VIRTUALIZATION");
        bool container = virtualization && strncmp(virtualization, "container:", strlen("container:")) == 0;
        const char *path = container ? "/proc/1/cmdline" : "/proc/cmdline";
        char data[CMDLINE_MAX];
        int n, r;

        n = read_file(g->root_fd, path, data, sizeof(data));
        if (n == -ENOENT)
                return; /* no /proc: no switches */
        if (n < 0) {
                fail(g, n, path);
                return;
        }

        r = wgp_cmdline_parse(data, (size_t) n, container ? WGP_CMDLINE_ARGUMENTS : WGP_CMDLINE_KERNEL, &diagnostics,
                        &g->cmdline);
        if (r < 0)
                fail(g, r, "kernel command line");
        log_all(g, &diagnostics);
}

/* The variables are PID 1's own, systemd.generator(7). */
static int open_stores(Generator *g) {
        const bool own = g->root_fd < 0;
        int r;

        r = wgp_credstore_open(&g->encrypted, g->root_fd, /* encrypted= */ true,
                        own ? getenv("ENCRYPTED_CREDENTIALS_DIRECTORY") : NULL);
        if (r >= 0)
                r = wgp_credstore_open(&g->plain, g->root_fd, /* encrypted= */ false,
                                own ? getenv("CREDENTIALS_DIRECTORY") : NULL);
        if (r >= 0 && (g->encrypted.denied || g->plain.denied))
                wgp_log_write(&g->log, WGP_LOG_WARNING,
                                "A credential store cannot be read: credentials in there are assumed to be plain. Is "
                                "this program confined?");
        return r;
}

/* Makes the units of all profiles. Failures are in g->error. */
static void process_all(Generator *g) {
        _cleanup_(wgp_diagnostics_done) WgpDiagnostics diagnostics = WGP_DIAGNOSTICS_NULL;
        _cleanup_(wgp_store_list_done) WgpStoreList list = WGP_STORE_LIST_NULL;
        size_t n;
        int r;

        r = wgp_store_open(&(WgpStoreOptions) { .root = g->root }, &g->store);
        if (r >= 0)
                r = wgp_store_enumerate(g->store, &diagnostics, &list);
        log_all(g, &diagnostics);
        if (r < 0) {
                fail(g, r, "cannot list the profiles");
                return;
        }
        if (list.n_items == 0)
                return;

        read_cmdline(g);
        r = open_stores(g);
        if (r < 0) {
                fail(g, r, "credential stores");
                return;
        }

        n = WGP_MIN(list.n_items, (size_t) PROFILES_MAX);
        for (size_t i = 0; i < n; i++)
                process(g, list.items + i);
        if (n < list.n_items) {
                wgp_log_write(&g->log, WGP_LOG_ERROR, "Only the first %d of %zu profiles were done.", PROFILES_MAX,
                                list.n_items);
                wgp_gather(&g->error, -E2BIG);
        }

        if (g->autoconnect) {
                r = wgp_unit_write_target(g->output_fd);
                if (r < 0)
                        fail(g, r, "wg-profile.target");
        }
}

/* Makes all units. Failures are in g->error. */
static void generate(Generator *g) {
        int r;

        r = read_needs(g);
        if (r < 0)
                fail(g, r, RECORDS);
        process_all(g);
        keep_running(g);
}

/* Tunnels are for the system's own manager, after the initrd. */
static bool is_our_turn(int root_fd) {
        const char *scope = getenv("SYSTEMD_SCOPE"), *in_initrd = getenv("SYSTEMD_IN_INITRD");

        if (scope && !streq(scope, "system"))
                return false;
        if (in_initrd)
                return !streq(in_initrd, "1");
        return faccessat(root_fd, root_fd >= 0 ? "etc/initrd-release" : "/etc/initrd-release", F_OK, 0) < 0;
}

int main(int argc, char *argv[]) {
        _cleanup_(generator_done) Generator g = {
                .root_fd = AT_FDCWD, .output_fd = -EBADF, .log.fd = STDERR_FILENO, .log.level = WGP_LOG_INFO
        };
        int first = 1;

        (void) prctl(PR_SET_DUMPABLE, 0); /* there are keys in memory */
        umask(0022);
        alarm(ALARM_SEC);

        if (argc > 1 && strncmp(argv[1], "--root=", strlen("--root=")) == 0) {
                g.root = argv[1] + strlen("--root=");
                first++;
        }
        if (argc - first != 1 && argc - first != 3) {
                wgp_log_write(&g.log, WGP_LOG_ERROR, "usage: wg-profile-generator [--root=DIR] NORMAL [EARLY LATE]");
                return EXIT_FAILURE;
        }

        if (g.root && g.root[strspn(g.root, "/")]) {
                g.root_fd = open(g.root, O_PATH | O_DIRECTORY | O_CLOEXEC);
                if (g.root_fd < 0) {
                        fail(&g, -errno, g.root);
                        return EXIT_FAILURE;
                }
        }
        if (!is_our_turn(g.root_fd))
                return EXIT_SUCCESS;

        wgp_log_open(&g.log, g.root_fd);
        g.output_fd = open(argv[first], O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (g.output_fd < 0)
                fail(&g, -errno, argv[first]);
        else
                generate(&g);
        return g.error < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
