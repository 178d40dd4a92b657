/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Unit present. Whether it comes up at boot is not asked: no start depends on it. */

#include "cli/unit-present.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "generator/credentials.h"
#include "generator/resolvconf.h"
#include "generator/unit-text.h"
#include "generator/unit-write.h"
#include "system/profile-name.h"
#include "system/root-path.h"

/* systemd.generator(7), the normal priority */
#define GENERATED "/run/systemd/generator/"

static int find_forms(WgpUnitFacts *facts) {
        WgpCredstore plain = WGP_CREDSTORE_NULL, encrypted = WGP_CREDSTORE_NULL;
        int r;

        r = wgp_credstore_open(&encrypted, AT_FDCWD, /* encrypted= */ true);
        if (r >= 0) {
                r = wgp_credstore_open(&plain, AT_FDCWD, /* encrypted= */ false);
                if (r >= 0) {
                        wgp_credstore_find_forms(&plain, &encrypted, facts);
                        wgp_credstore_close(&plain);
                }
                wgp_credstore_close(&encrypted);
        }
        return r;
}

static bool file_is(int directory_fd, const char *name, const char *text) {
        _cleanup_(wgp_closep) int fd = openat(directory_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
        const size_t size = strlen(text);
        _cleanup_(freep) char *data = malloc(size + 1);

        return fd >= 0 && data && read(fd, data, size + 1) == (ssize_t) size && memcmp(data, text, size) == 0;
}

static bool directory_is(const char *instance, const WgpUnitFacts *facts, const char *text) {
        _cleanup_(wgp_closep) int fd = -EBADF;
        char path[PATH_MAX];

        if (snprintf(path, sizeof(path), GENERATED WGP_UNIT_PREFIX "%s" WGP_UNIT_SUFFIX ".d", instance) >=
            (int) sizeof(path))
                return false;
        fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0 || !file_is(fd, WGP_UNIT_DROPIN, text))
                return false;

        for (WgpUnitSnippet s = 0; s < _WGP_SNIPPET_N; s++) {
                bool present = faccessat(fd, wgp_snippet_link(s), F_OK, AT_SYMLINK_NOFOLLOW) >= 0;

                if (present != ((facts->snippets & 1U << s) != 0))
                        return false;
        }
        if (facts->snippets & 1U << WGP_SNIPPET_NETNS &&
            faccessat(AT_FDCWD, GENERATED WGP_UNIT_RESOLVER_NETNS, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
                return false;
        snprintf(path, sizeof(path), GENERATED WGP_UNIT_GENKEY_PREFIX "%s" WGP_UNIT_SUFFIX ".d/" WGP_UNIT_GENKEY_DROPIN,
                        instance);
        return (faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) >= 0) == facts->encrypt_key;
}

/* "path" is that of the profile, "instance" the unit's. Returns 0, or a negative errno. */
int wgp_unit_is_current(const char *path, const WgpProfile *profile, const char *instance, bool *ret) {
        _cleanup_(wgp_unit_facts_done) WgpUnitFacts facts = WGP_UNIT_FACTS_NULL;
        _cleanup_(freep) char *text = NULL;
        int r;

        r = wgp_unit_facts_init(path, profile, &facts);
        if (r >= 0)
                r = find_forms(&facts);
        if (r >= 0 && facts.sets_dns && wgp_resolvconf_decides(AT_FDCWD))
                wgp_unit_facts_use_resolvconf(&facts);
        if (r >= 0)
                r = wgp_unit_text_format(&facts, &text);
        if (r < 0)
                return r;
        *ret = directory_is(instance, &facts, text);
        return 0;
}
