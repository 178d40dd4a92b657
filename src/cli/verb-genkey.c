/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wg-profile genkey: makes a private key and keeps it where the profile's tunnel finds it; tells the public one. It
 * touches no profile. */

#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/json-output.h"
#include "cli/key-store.h"
#include "cli/message.h"
#include "cli/profile-set.h"
#include "model/implicit-key.h"
#include "model/value.h"
#include "system/profile-name.h"
#include "system/root-path.h"

enum {
        NOT_DONE = 0x100, /* beside exit codes: there is a key to be made */
};

typedef struct GenKey {
        const WgpCli *cli;
        int root_fd;
        char *name, *path, *id;
        bool encrypt;
        uint8_t public_key[WGP_KEY_SIZE];
} GenKey;

static void genkey_done(GenKey *g) {
        wgp_closep(&g->root_fd);
        free(g->name);
        free(g->path);
        free(g->id);
}

/* --- the key --- */

/* A private key and its text, with a line's end. */
static int make_key(GenKey *g, char ret[static WGP_KEY_TEXT_SIZE + 1]) {
        uint8_t key[WGP_KEY_SIZE];
        int r = 0;

        /* It waits until the kernel has enough entropy, which early in a first boot it may not have. */
        if (getrandom(key, sizeof(key), 0) != sizeof(key))
                return -EIO;

        /* X25519 takes only such numbers, RFC 7748 section 5; as "wg genkey" does it */
        key[0] &= 248;
        key[31] = (key[31] & 127) | 64;

        if (crypto_scalarmult_base(g->public_key, key) != 0)
                r = -EINVAL;
        wgp_key_format(key, ret);
        strcat(ret, "\n");
        explicit_bzero(key, sizeof(key));
        return r;
}

static int encrypt_and_save(GenKey *g, const char *text) {
        _cleanup_(wgp_text_done) WgpText ciphertext = WGP_TEXT_NULL;
        int r;

        r = wgp_key_store_encrypt(g->id, text, &ciphertext);
        if (r == -ENOENT) {
                wgp_cli_error("There is no systemd-creds(1), which encrypts credentials.");
                return CLI_EXIT_UNSUPPORTED;
        }
        if (r == -EPROTO) {
                wgp_cli_error("systemd-creds(1) has failed.");
                return CLI_EXIT_FAILED;
        }
        return r < 0 ? r : wgp_key_store_save(g->root_fd, g->path, ciphertext.data, ciphertext.size);
}

static int make_and_save(GenKey *g) {
        char text[WGP_KEY_TEXT_SIZE + 1];
        int r;

        r = make_key(g, text);
        if (r >= 0)
                r = g->encrypt ? encrypt_and_save(g, text) :
                                 wgp_key_store_save(g->root_fd, g->path, text, strlen(text));
        explicit_bzero(text, sizeof(text));
        return r < 0 ? wgp_cli_report_failure(g->path, r) : r;
}

static int print(const GenKey *g) {
        _cleanup_(json_decrefp) json_t *json = NULL;
        char text[WGP_KEY_TEXT_SIZE];

        wgp_key_format(g->public_key, text);
        if (g->cli->json) {
                json = json_pack("{s:o, s:s, s:o, s:b}", "name", wgp_json_text(g->name), "public-key", text, "path",
                                wgp_json_text(g->path), "encrypted", g->encrypt);
                return wgp_json_print(json);
        }
        if (g->cli->first_boot) /* a line of the journal, among others */
                printf("The public key of %s is %s\n", g->name, text);
        else
                printf("%s\n", text);
        return 0;
}

/* --- what is asked for --- */

/* What GenerateKey= of the profile says. Returns NOT_DONE, or the exit code. */
static int ask_profile(GenKey *g) {
        _cleanup_(wgp_loaded_done) WgpLoaded loaded = WGP_LOADED_NULL;
        int r;

        r = wgp_loaded_open_name(g->cli, g->name, &loaded);
        if (r != 0)
                return r;
        if (loaded.profile->generate_key == WGP_GENERATE_KEY_NO ||
                        loaded.profile->private_key.source != WGP_SECRET_NONE)
                return CLI_EXIT_OK;
        g->encrypt = loaded.profile->generate_key == WGP_GENERATE_KEY_ENCRYPTED;
        return NOT_DONE;
}

/* The argument is a profile's name; that of a unit's instance at a first boot. */
static int take_name(GenKey *g) {
        const char *argument = g->cli->arguments[0], *problem;
        int r;

        if (g->cli->first_boot)
                r = wgp_instance_unescape(argument, &g->name);
        else
                r = (g->name = strdup(argument)) ? 0 : -ENOMEM;
        if (r == -ENOMEM)
                return r;
        problem = r < 0 ? "This is no instance of a unit." : wgp_profile_name_problem(g->name);
        if (!problem)
                return 0;
        wgp_cli_error("%s: %s", argument, problem);
        return CLI_EXIT_USAGE;
}

static int open_root(GenKey *g) {
        if (wgp_cli_is_this_system(g->cli))
                return 0;
        if (g->encrypt) {
                wgp_cli_error("--encrypt is for the machine that it runs on: no other one could decrypt the key.");
                return CLI_EXIT_USAGE;
        }
        g->root_fd = open(g->cli->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
        return g->root_fd < 0 ? wgp_cli_report_failure(g->cli->root, -errno) : 0;
}

/* Returns NOT_DONE when there is no key, or the exit code. */
static int find_key(GenKey *g) {
        _cleanup_(freep) char *path = NULL;
        int r;

        r = wgp_key_store_find(g->root_fd, g->name, &path);
        if (r < 0)
                return wgp_cli_report_failure(g->name, r);
        if (!path)
                return NOT_DONE;
        if (g->cli->first_boot)
                return CLI_EXIT_OK;
        wgp_cli_error("'%s' has a key already, which is not overwritten: %s.", g->name, path);
        return CLI_EXIT_FAILED;
}

static int run_genkey(const WgpCli *cli) {
        _cleanup_(genkey_done) GenKey g = { .cli = cli, .root_fd = AT_FDCWD, .encrypt = cli->encrypt };
        int r;

        umask(0022);
        r = take_name(&g);
        if (r != 0)
                return r;
        if (cli->first_boot) {
                r = ask_profile(&g);
                if (r != NOT_DONE)
                        return r;
        }
        r = open_root(&g);
        if (r != 0)
                return r;
        r = find_key(&g);
        if (r != NOT_DONE)
                return r;

        g.path = wgp_key_store_path(g.name, g.encrypt);
        g.id = wgp_implicit_credential(WGP_IMPLICIT_CREDENTIAL_OWN, g.name);
        if (!g.path || !g.id)
                return -ENOMEM;
        r = make_and_save(&g);
        return r != 0 ? r : print(&g);
}

const WgpVerb wgp_verb_genkey = {
        .name = "genkey",
        .synopsis = "genkey [--encrypt|--first-boot] NAME",
        .summary = "make a private key, keep it for the tunnel, print the public key",
        .examples = "  wg-profile genkey home\n"
                    "  wg-profile genkey --encrypt home\n",
        .exits = "  0  done\n"
                 "  1  it failed, or there is a key already\n"
                 "  4  not permitted\n",
        .options = CLI_OPTION_ENCRYPT | CLI_OPTION_FIRST_BOOT,
        .n_arguments_min = 1,
        .n_arguments_max = 1,
        .run = run_genkey,
};
