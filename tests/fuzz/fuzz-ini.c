/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The INI reader, in both dialects: what it reports lies within the data, in order, and no line is told twice. */

#include "fuzz.h"
#include "parse/ini-reader.h"

typedef struct Seen {
        const char *start, *end;
        unsigned line, n_lines;
        size_t n_events;
} Seen;

static int see(Seen *seen, unsigned line) {
        check(line > seen->line);
        check(line <= seen->n_lines);
        seen->line = line;
        seen->n_events++;
        return 0;
}

static void see_text(const Seen *seen, const char *s) {
        check(s >= seen->start && s + strlen(s) <= seen->end);
        check(!strchr(s, '\n'));
}

static int on_section(void *userdata, unsigned line, char *name) {
        see_text(userdata, name);
        return see(userdata, line);
}

static int on_entry(void *userdata, unsigned line, char *key, char *value) {
        see_text(userdata, key);
        see_text(userdata, value);
        check(*key && key < value);
        return see(userdata, line);
}

static int on_bad(void *userdata, unsigned line, const char *problem) {
        check(*problem);
        return see(userdata, line);
}

static void read_all(WgpIniDialect dialect, const uint8_t *data, size_t size) {
        char *copy = malloc(size + 1);
        Seen seen = { .start = copy, .n_lines = 1 };
        const WgpIniHandler handler = { on_section, on_entry, on_bad, &seen };

        check(copy);
        seen.end = copy + size;
        if (size > 0)
                memcpy(copy, data, size);
        for (size_t i = 0; i < size; i++)
                seen.n_lines += copy[i] == '\n';
        check(wgp_ini_parse(copy, size, dialect, &handler) == 0);
        free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        read_all(WGP_INI_WG_QUICK, data, size);
        read_all(WGP_INI_KEYFILE, data, size);
        return 0;
}
