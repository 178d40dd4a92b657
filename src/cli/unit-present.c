/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Unit present. Whether it comes up at boot is not asked: no start depends on it. */

#include "cli/unit-present.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "generator/credentials.h"
#include "generator/resolvconf-detect.h"
#include "generator/unit-text.h"
#include "generator/unit-write.h"
#include "system/needs.h"
#include "system/profile-name.h"
#include "system/root-path.h"
#include "system/state.h"

/* systemd.generator(7), the normal priority */
#define GENERATED "/run/systemd/generator/"

/* "*ret_known" is false when the caller may not look into all of the stores. */
static int find_forms(WgpUnitFacts *facts, bool *ret_known) {
        WgpCredstore plain = WGP_CREDSTORE_NULL, encrypted = WGP_CREDSTORE_NULL;
        int r;

        r = wgp_credstore_open(&encrypted, AT_FDCWD, /* encrypted= */ true, WGP_CREDENTIALS_RECEIVED_ENCRYPTED);
        if (r >= 0) {
                r = wgp_credstore_open(&plain, AT_FDCWD, /* encrypted= */ false, WGP_CREDENTIALS_RECEIVED);
                if (r >= 0) {
                        wgp_credstore_find_forms(&plain, &encrypted, facts);
                        *ret_known = !plain.denied && !encrypted.denied;
                        wgp_credstore_close(&plain);
                }
                wgp_credstore_close(&encrypted);
        }
        return r;
}

/* Makes all credentials plain ones. */
static void drop_forms(char *text) {
        while ((text = strstr(text, "LoadCredentialEncrypted="))) {
                const char *rest = text + strlen("LoadCredentialEncrypted");

                text += strlen("LoadCredential");
                memmove(text, rest, strlen(rest) + 1);
        }
}

/* "text" may be changed. */
static bool file_is(int directory_fd, const char *name, char *text, bool any_form) {
        _cleanup_(wgp_closep) int fd = openat(directory_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
        const size_t size = 2 * strlen(text) + 1; /* each form that is longer than ours stands in a line of ours */
        _cleanup_(freep) char *data = malloc(size);
        ssize_t n;

        n = fd >= 0 && data ? read(fd, data, size) : -1;
        if (n < 0 || n == (ssize_t) size)
                return false;
        data[n] = 0;
        if (any_form) {
                drop_forms(data);
                drop_forms(text);
        }
        return streq(data, text);
}

/* Which snippets a running tunnel of that name keeps, whatever its profile says now. Returns false when the caller may
 * not look. */
static bool find_kept_snippets(const char *name, unsigned *ret) {
        _cleanup_(wgp_closep) int directory = -EBADF;
        unsigned needs = 0;
        int r;

        r = wgp_state_find_directory(/* root= */ NULL, &directory);
        if (r >= 0)
                r = wgp_needs_read(directory, name, &needs);
        *ret = wgp_snippets_of_needs(needs);
        return r >= 0 || r == -ENOENT;
}

/* "may_have": snippets that may be there or not. */
static bool directory_is(
                const char *instance, const WgpUnitFacts *facts, unsigned may_have, char *text, bool any_form) {
        _cleanup_(wgp_closep) int fd = -EBADF;
        char path[PATH_MAX];

        if (snprintf(path, sizeof(path), GENERATED WGP_UNIT_PREFIX "%s" WGP_UNIT_SUFFIX ".d", instance) >=
                        (int) sizeof(path))
                return false;
        fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0 || !file_is(fd, WGP_UNIT_DROPIN, text, any_form))
                return false;

        for (WgpUnitSnippet s = 0; s < _WGP_SNIPPET_N; s++) {
                bool present = faccessat(fd, wgp_snippet_link(s), F_OK, AT_SYMLINK_NOFOLLOW) >= 0;

                if (!(may_have & 1U << s) && present != ((facts->snippets & 1U << s) != 0))
                        return false;
        }
        if (facts->snippets & 1U << WGP_SNIPPET_NETNS &&
                        faccessat(AT_FDCWD, GENERATED WGP_UNIT_RESOLVER_NETNS, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
                return false;
        snprintf(path, sizeof(path),
                        GENERATED WGP_UNIT_GENKEY_PREFIX "%s" WGP_UNIT_SUFFIX ".d/" WGP_UNIT_GENKEY_DROPIN, instance);
        return (faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) >= 0) == facts->encrypt_key;
}

/* When the generator wrote the unit's drop-in. Returns false when there is none. */
bool wgp_unit_find_time(const char *instance, struct timespec *ret) {
        char path[PATH_MAX];
        struct stat st;

        if (snprintf(path, sizeof(path), GENERATED WGP_UNIT_PREFIX "%s" WGP_UNIT_SUFFIX ".d/" WGP_UNIT_DROPIN,
                            instance) >= (int) sizeof(path) ||
                        stat(path, &st) < 0)
                return false;
        *ret = st.st_mtim;
        return true;
}

/* "path" is that of the profile, "instance" the unit's. Returns 0, or a negative errno. */
int wgp_unit_is_current(const char *path, const WgpProfile *profile, const char *instance, bool *ret) {
        _cleanup_(wgp_unit_facts_done) WgpUnitFacts facts = WGP_UNIT_FACTS_NULL;
        _cleanup_(freep) char *text = NULL;
        unsigned may_have = 0, kept;
        bool known = false;
        int r;

        r = wgp_unit_facts_init(path, profile, &facts);
        if (r >= 0)
                r = find_forms(&facts, &known);
        if (r >= 0 && facts.sets_dns && wgp_resolvconf_decides(AT_FDCWD))
                wgp_unit_facts_use_resolvconf(&facts);
        if (r >= 0)
                r = wgp_unit_text_format(&facts, &text);
        if (r < 0)
                return r;
        if (!find_kept_snippets(profile->name, &kept))
                may_have = ~facts.snippets;
        facts.snippets |= kept;
        *ret = directory_is(instance, &facts, may_have, text, /* any_form= */ !known);
        return 0;
}
