/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the keys that are not in the profile itself: files, credentials, answers of a person. No message has their
 * values. */

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "apply/ask-password.h"
#include "apply/load.h"
#include "model/implicit-key.h"
#include "model/value.h"
#include "system/credstore.h"
#include "system/public-key.h"
#include "system/report.h"
#include "system/root-path.h"
#include "system/whole-file.h"

enum {
        /* A key is 44 characters; an encrypted credential that nobody decrypted has some hundreds. */
        SECRET_FILE_MAX = 4096,
        ASK_SEC = 90, /* for all questions together; askpassword.conf gives the unit more */
};

enum {
        SECRET_E_ABSENT = 1,
        SECRET_E_NO_KEY,
        SECRET_E_ENCRYPTED, /* no key, but as long as an encrypted credential */
        SECRET_E_EXPOSED,   /* others may read or change it */
};

static int read_key(int fd, uint8_t ret[static WGP_KEY_SIZE]) {
        char *text = NULL;
        size_t n = 0;
        int r;

        r = wgp_read_fd(fd, SECRET_FILE_MAX, &text, &n);
        if (r == -EFBIG)
                return SECRET_E_ENCRYPTED;
        if (r >= 0 && (strlen(text) != n || wgp_key_parse(text, WGP_KEY_WITH_BLANKS, ret) < 0))
                r = n > 2 * WGP_KEY_TEXT_SIZE ? SECRET_E_ENCRYPTED : SECRET_E_NO_KEY;
        wgp_wipe_free(text, n);
        return r;
}

/* A file in $CREDENTIALS_DIRECTORY, which systemd made: ours alone by its modes. */
static int read_credential(const char *name, uint8_t ret[static WGP_KEY_SIZE]) {
        const char *directory = getenv("CREDENTIALS_DIRECTORY");
        _cleanup_(freep) char *path = NULL;
        _cleanup_(wgp_closep) int fd = -EBADF;

        if (!directory)
                return SECRET_E_ABSENT;
        if (asprintf(&path, "%s/%s", directory, name) < 0) {
                path = NULL;
                return -ENOMEM;
        }
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
        if (fd < 0)
                /* systemd 252 gives the variable to ExecReload= as well, but not access to the directory. */
                return errno == ENOENT || errno == EACCES ? SECRET_E_ABSENT : -errno;
        return read_key(fd, ret);
}

static int read_file(const char *root, const char *name, uint8_t ret[static WGP_KEY_SIZE]) {
        _cleanup_(wgp_closep) int root_fd = AT_FDCWD, fd = -EBADF;
        char real[PATH_MAX];
        struct stat st;
        int r;

        if (root) {
                root_fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
                if (root_fd < 0)
                        return -errno;
                r = wgp_root_resolve(root_fd, name, real);
                if (r < 0)
                        return r;
        }
        fd = openat(root_fd, root ? real : name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        if (fd < 0)
                return errno == ENOENT ? SECRET_E_ABSENT : -errno;
        if (fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode))
                return SECRET_E_NO_KEY;
        if ((st.st_mode & (S_IROTH | S_IRGRP | S_IWGRP | S_IWOTH)) || (st.st_uid != 0 && st.st_uid != geteuid()))
                return SECRET_E_EXPOSED;
        return read_key(fd, ret);
}

static void report_secret(const WgpRun *run, const WgpSecret *secret, const char *what, int problem) {
        _cleanup_(freep) char *place = wgp_run_place(run, secret->origin);
        const char *kind = secret->source == WGP_SECRET_FILE ? "file" : "credential";

        switch (problem) {
        case SECRET_E_ABSENT:
                if (secret->source == WGP_SECRET_FILE)
                        wgp_report_error("%sThe %s should be in the file %s, which does not exist.", place ?: "", what,
                                        secret->name);
                else
                        wgp_report_error(
                                        "%sThe %s should be in the credential %s, which this unit did not get: put it "
                                        "into /etc/credstore/ or /etc/credstore.encrypted/ and run "
                                        "'systemctl daemon-reload'.",
                                        place ?: "", what, secret->name);
                break;
        case SECRET_E_ENCRYPTED:
                wgp_report_error("%sThe %s %s does not contain a key. It looks like an encrypted credential: run "
                                 "'systemctl daemon-reload', so that it is decrypted.",
                                place ?: "", kind, secret->name);
                break;
        case SECRET_E_NO_KEY:
                wgp_report_error("%sThe %s %s does not contain a key: expected 44 characters of base64.", place ?: "",
                                kind, secret->name);
                break;
        case SECRET_E_EXPOSED:
                wgp_report_error("%sThe file %s with the %s is accessible to others than root: run 'chown root' and "
                                 "'chmod 600'.",
                                place ?: "", secret->name, what);
                break;
        default:
                wgp_report_error("%sThe %s %s with the %s: %s.", place ?: "", kind, secret->name, what,
                                strerror(-problem));
        }
}

/* --- questions --- */

/* Names the key that is asked for; a peer by its public key. */
static int format_question(const WgpRun *run, const WgpSecret *secret, const char *what, char **ret) {
        char key[WGP_KEY_TEXT_SIZE];

        for (size_t i = 0; i < run->profile->n_peers; i++) {
                const WgpPeer *peer = run->profile->peers + i;

                if (&peer->preshared_key != secret)
                        continue;
                wgp_key_format(peer->public_key, key);
                return asprintf(ret, "WireGuard tunnel %s, %s with %s:", run->name, what, key);
        }
        return asprintf(ret, "WireGuard tunnel %s, %s:", run->name, what);
}

static unsigned seconds_left(time_t *deadline) {
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        if (*deadline == 0)
                *deadline = now.tv_sec + ASK_SEC;
        return *deadline > now.tv_sec ? (unsigned) (*deadline - now.tv_sec) : 1;
}

static int report_answer(const WgpRun *run, const WgpSecret *secret, const char *what, int problem) {
        _cleanup_(freep) char *place = wgp_run_place(run, secret->origin);

        switch (problem) {
        case -ENOENT:
                wgp_report_error("%sThere is no systemd-ask-password(1) to ask for the %s.", place ?: "", what);
                return WGP_EXIT_UNSUPPORTED;
        case -ETIMEDOUT:
                wgp_report_error("%sNobody entered the %s.", place ?: "", what);
                break;
        case -EINVAL:
        case -EFBIG:
                wgp_report_error("%sThe answer for the %s is not a valid key: expected 44 characters of base64.",
                                place ?: "", what);
                break;
        default:
                wgp_report_error("%sCannot ask for the %s: %s.", place ?: "", what, strerror(-problem));
        }
        return WGP_EXIT_FAILED;
}

/* Asks a person for a key. "deadline": that of all questions; 0: this is the first one. */
static int ask_secret(const WgpRun *run, WgpSecret *secret, const char *what, time_t *deadline) {
        _cleanup_(freep) char *question = NULL, *id = NULL;
        char *answer = NULL;
        size_t n = 0;
        int r;

        if (format_question(run, secret, what, &question) < 0)
                question = NULL;
        if (asprintf(&id, "wg-profile:%s", run->name) < 0)
                id = NULL;
        if (!question || !id)
                return -ENOMEM;

        r = wgp_ask_password(id, question, seconds_left(deadline), SECRET_FILE_MAX, &answer, &n);
        if (r == 0 && wgp_key_parse(answer, WGP_KEY_WITH_BLANKS, secret->value) < 0)
                r = -EINVAL;
        wgp_wipe_free(answer, n);
        if (r < 0)
                return report_answer(run, secret, what, r);
        secret->source = WGP_SECRET_VALUE;
        return 0;
}

/* Reads one secret in place. With "need", a missing one is an error; else the kernel's stays. Without "need" a missing
 * file is worth a warning, but a credential is only there at the start. */
static int load_secret(WgpRun *run, WgpSecret *secret, const char *what, bool need, time_t *deadline) {
        int r;

        switch (secret->source) {
        case WGP_SECRET_CREDENTIAL:
                r = read_credential(secret->name, secret->value);
                break;
        case WGP_SECRET_FILE:
                r = read_file(run->context.root, secret->name, secret->value);
                break;
        case WGP_SECRET_ASK:
                if (need)
                        return ask_secret(run, secret, what, deadline);
                return 0;
        default:
                return 0;
        }

        if (r == 0) {
                secret->source = WGP_SECRET_VALUE;
                return 0;
        }
        if (r == SECRET_E_ABSENT && secret->source == WGP_SECRET_CREDENTIAL && !need)
                return 0;
        if (r == SECRET_E_ABSENT && !need && run->actual.link.ifindex > 0) {
                _cleanup_(freep) char *place = wgp_run_place(run, secret->origin);

                wgp_report_warning(
                                "%sThe %s should be in the file %s, which does not exist: the tunnel keeps the one it "
                                "has.",
                                place ?: "", what, secret->name);
                return 0;
        }
        report_secret(run, secret, what, r);
        return WGP_EXIT_FAILED;
}

/* Reads the key that "wg-profile genkey" made. It may be missing unless "need". */
static int load_generated_key(WgpRun *run, bool need) {
        WgpSecret *secret = &run->profile->private_key;
        _cleanup_(freep) char *path = wgp_generated_key_path(run->profile->name);
        int r;

        if (!path)
                return -ENOMEM;
        r = read_file(run->context.root, path, secret->value);
        if (r == 0) {
                secret->source = WGP_SECRET_VALUE;
                secret->name = TAKE_PTR(path);
        }
        if (r == 0 || ((r == SECRET_E_ABSENT || r == -EACCES) && !need))
                return 0;
        if (r == SECRET_E_ABSENT)
                wgp_report_error("The private key of '%s' has not been made: see 'systemctl status "
                                 "wg-profile-genkey@%s', or run 'wg-profile genkey %s'.",
                                run->name, run->name, run->name);
        else
                report_secret(run, &(WgpSecret) { .source = WGP_SECRET_FILE, .name = path }, "private key", r);
        return WGP_EXIT_FAILED;
}

/* Whether a credential is in a store, for the next start: a reload is not handed any. systemd hides /run/credentials
 * from a unit, so what came from firmware or boot loader is not asked for where that is refused: it does not appear at
 * run time. A store that is closed to the unit is another matter: what may be in it is not taken from the device,
 * since that would cut off somebody who has just moved the key there, and it is said. */
static bool may_be_stored(const WgpRun *run, const char *name) {
        _cleanup_(wgp_closep) int root_fd =
                        run->context.root ? open(run->context.root, O_PATH | O_DIRECTORY | O_CLOEXEC) : AT_FDCWD;
        int r = wgp_credstore_knows(root_fd, !run->context.root, name);

        if (r == -EACCES)
                r = wgp_credstore_knows(root_fd, /* here= */ false, name);
        if (r < 0 && run->has_state && run->state.network.device.has_own_key)
                wgp_report_warning(
                                "The kernel keeps the private key that left the profile '%s': whether the credential '%s' is "
                                "there cannot be seen (%s). A restart of the unit takes the key away.",
                                run->name, name, strerror(-r));
        return r != 0;
}

/* Reads the private key of a profile without one: credentials by their names, then the file of a generated key. */
static int load_implicit_key(WgpRun *run, bool need) {
        WgpSecret *secret = &run->profile->private_key;

        for (unsigned i = 0; i < _WGP_IMPLICIT_CREDENTIAL_N; i++) {
                _cleanup_(freep) char *name = wgp_implicit_credential(i, run->profile->name);
                int r;

                if (!name)
                        return -ENOMEM;
                r = read_credential(name, secret->value);
                if (r == SECRET_E_ABSENT && !need && may_be_stored(run, name)) {
                        secret->source = WGP_SECRET_CREDENTIAL; /* for the start: a reload is not handed any */
                        secret->name = TAKE_PTR(name);
                        return 0;
                }
                if (r == 0) {
                        secret->source = WGP_SECRET_VALUE;
                        secret->name = TAKE_PTR(name);
                        return 0;
                }
                if (r != SECRET_E_ABSENT && r != -ENAMETOOLONG) {
                        report_secret(run, &(WgpSecret) { .source = WGP_SECRET_CREDENTIAL, .name = name },
                                        "private key", r);
                        return WGP_EXIT_FAILED;
                }
        }
        return load_generated_key(run, need && run->profile->generate_key != WGP_GENERATE_KEY_NO);
}

/* Marks the peer that is this host itself, in a list that all hosts of a mesh share. A single peer is not such a list.
 */
static void mark_self(WgpProfile *profile) {
        uint8_t public_key[WGP_KEY_SIZE];

        if (profile->n_peers > 1 && profile->private_key.source == WGP_SECRET_VALUE &&
                        wgp_public_key_derive(profile->private_key.value, public_key) >= 0)
                wgp_profile_mark_self(profile, public_key);
}

/* Reads all secrets of run->profile in place. "need_all": the kernel has none of them yet, so a missing one is an
 * error; else it keeps its source, and the kernel's stays.
 *
 * Returns 0, or an exit code, reported. */
int wgp_load_secrets(WgpRun *run, bool need_all) {
        WgpProfile *profile = run->profile;
        time_t deadline = 0;
        int r;

        r = profile->private_key.source == WGP_SECRET_NONE ?
                            load_implicit_key(run, need_all) :
                            load_secret(run, &profile->private_key, "private key", need_all, &deadline);
        if (r == 0)
                mark_self(profile);
        for (size_t i = 0; r == 0 && i < profile->n_peers; i++)
                r = load_secret(run, &profile->peers[i].preshared_key, "preshared key", need_all, &deadline);
        return r;
}
