/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* The command wg-profile: what its verbs share. Each verb is a file of its own, verb-NAME.c. */

#include "cli/terminal.h"
#include "system/profile-store.h"

typedef struct WgpCli WgpCli;
typedef struct WgpVerb WgpVerb;

/* Exit codes, wg-profile(1), those of wg-profile-apply. */
enum {
        CLI_EXIT_OK,
        CLI_EXIT_FAILED, /* may work later */
        CLI_EXIT_USAGE,
        CLI_EXIT_INVALID, /* the profile */
        CLI_EXIT_DENIED,
        CLI_EXIT_UNSUPPORTED, /* the system lacks what the profile needs */
        CLI_EXIT_NO_PROFILE,
        CLI_EXIT_CONNECTING,   /* status: no peer that should has answered yet, or it is being started */
        CLI_EXIT_STALE,        /* status: one does not answer any more */
        CLI_EXIT_DOWN,         /* status: it is not started */
        CLI_EXIT_CHANGES = 10, /* plan: there is something to do */
};

/* Options that not every verb has, for WgpVerb.options. --root and --json go with all. */
enum {
        CLI_OPTION_SECRETS = 1 << 0,
        CLI_OPTION_TO = 1 << 1,
        CLI_OPTION_OUTPUT = 1 << 2,
        CLI_OPTION_ENCRYPT = 1 << 3,
        CLI_OPTION_FIRST_BOOT = 1 << 4,
        CLI_OPTION_WATCH = 1 << 5,
        CLI_OPTION_PROMETHEUS = 1 << 6,
        CLI_OPTION_HANDSHAKE = 1 << 7,
        CLI_OPTION_TIMEOUT = 1 << 8,
        CLI_OPTION_NAME = 1 << 9,
        CLI_OPTION_START = 1 << 10,
        CLI_OPTION_FORCE = 1 << 11,
        CLI_OPTION_RUNTIME = 1 << 12,
        CLI_OPTION_NOW = 1 << 13,
        CLI_OPTION_LEGEND = 1 << 14,
        CLI_OPTION_ALL = 1 << 15,
        CLI_OPTION_YES = 1 << 16,
        CLI_OPTION_FOLLOW = 1 << 17,
        CLI_OPTION_ADDRESS = 1 << 20,
        CLI_OPTION_ALLOWED_IPS = 1 << 21,
        CLI_OPTION_NO_PSK = 1 << 22,
        CLI_OPTION_FORMAT = 1 << 23,
        CLI_OPTION_QR = 1 << 24,
        CLI_OPTION_SITE = 1 << 25,
};

struct WgpCli {
        const char *root; /* NULL: this system */
        bool json;
        bool secrets;
        bool has_format;
        const char *to;
        WgpFormat format;   /* what that means */
        const char *output; /* NULL: standard output */
        bool encrypt, first_boot;
        bool watch, prometheus, handshake, start, force, runtime, now;
        bool all, yes, follow, no_pager, no_legend;
        const char *interval;                                     /* --watch=; NULL: none was given */
        const char *name;                                         /* --name; NULL: none was given */
        const char *timeout;                                      /* NULL: none was given */
        const char *address, *allowed_ips, *client_format, *site; /* of "peer"; NULL: none was given */
        bool no_psk, qr;
        unsigned given; /* CLI_OPTION_* */
        char **arguments;
        size_t n_arguments;
        WgpTerminal out, err;
        WgpLookup lookup;
};

/* A verb's run() returns an exit code, or a negative errno that main() reports. */
/* What a verb makes of its arguments. */
typedef enum WgpOperands {
        WGP_OPERANDS_PLAIN,
        WGP_OPERANDS_NAMES, /* names of tunnels, and patterns of names; run() gets the names that they stand for */
        WGP_OPERANDS_EACH,  /* the same, and run() is called with each by itself */
} WgpOperands;

struct WgpVerb {
        const char *name, *synopsis, *summary;
        const char *same_as; /* the verb that this is another word for; NULL: none */
        const char *words;   /* for its help: lines that explain its words */
        const char *examples;
        const char *exits; /* its exit codes, a line each */
        WgpOperands operands;
        unsigned options;
        size_t n_arguments_min, n_arguments_max;
        int (*run)(const WgpCli *cli);
};

extern const WgpVerb wgp_verb_list, wgp_verb_check, wgp_verb_show, wgp_verb_convert, wgp_verb_genkey;
extern const WgpVerb wgp_verb_plan, wgp_verb_up, wgp_verb_down, wgp_verb_reload, wgp_verb_status, wgp_verb_wait,
                wgp_verb_resolve;
extern const WgpVerb wgp_verb_set, wgp_verb_import, wgp_verb_enable, wgp_verb_disable, wgp_verb_peer;
extern const WgpVerb wgp_verb_restart, wgp_verb_start, wgp_verb_stop, wgp_verb_edit, wgp_verb_remove, wgp_verb_logs,
                wgp_verb_doctor;

bool wgp_cli_is_this_system(const WgpCli *cli);
int wgp_cli_open_store(const WgpCli *cli, WgpStore **ret);
