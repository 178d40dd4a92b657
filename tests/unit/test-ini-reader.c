/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <stdio.h>

#include "parse/ini-reader.h"

/* What the handler was told, as text: "[name]@line", "key|value@line" and "!line", separated by blanks. */
static int on_section(void *userdata, unsigned line, char *name) {
        fprintf(userdata, "[%s]@%u ", name, line);
        return 0;
}

static int on_entry(void *userdata, unsigned line, char *key, char *value) {
        fprintf(userdata, "%s|%s@%u ", key, value, line);
        return 0;
}

static int on_bad(void *userdata, unsigned line, const char *problem) {
        cr_expect(problem && *problem, "line %u is bad for no reason", line);
        fprintf(userdata, "!%u ", line);
        return 0;
}

static char *transcript(const char *in, size_t size, WgpIniDialect dialect) {
        WgpIniHandler handler = { .section = on_section, .entry = on_entry, .bad = on_bad };
        char *text = NULL, *data = malloc(size + 1);
        size_t n;
        FILE *f = open_memstream(&text, &n);

        cr_assert(f && data);
        memcpy(data, in, size);
        handler.userdata = f;
        cr_expect_eq(wgp_ini_parse(data, size, dialect, &handler), 0);
        fclose(f);
        free(data);
        if (n > 0)
                text[n - 1] = 0;
        return text;
}

static const struct {
        const char *name, *in;
        const char *wg_quick, *keyfile; /* NULL: as wg_quick */
        size_t size;                    /* 0: strlen(in) */
} lines[] = {
        { "nothing", "", "", NULL, 0 },
        { "only line ends", "\n\r\n\n", "", NULL, 0 },
        { "section and entry", "[A]\nk=v\n", "[A]@1 k|v@2", NULL, 0 },
        { "no final newline", "[A]\nk=v", "[A]@1 k|v@2", NULL, 0 },
        { "CRLF", "[A]\r\nk=v\r\n\r\nl=w\r\n", "[A]@1 k|v@2 l|w@4", NULL, 0 },
        { "CR without LF at the end", "[A]\nk=v\r", "[A]@1 k|v@2", NULL, 0 },
        { "BOM", "\xef\xbb\xbf[A]\nk=v\n", "[A]@1 k|v@2", NULL, 0 },
        { "only a BOM", "\xef\xbb\xbf", "", NULL, 0 },
        { "half a BOM", "\xef\xbb\n[A]\n", "!1 [A]@2", NULL, 0 },
        { "BOM before a key", "\xef\xbb\xbfk=v\n", "!1", NULL, 0 },
        { "repeated section", "[Peer]\na=1\n[Peer]\na=2\n", "[Peer]@1 a|1@2 [Peer]@3 a|2@4", NULL, 0 },
        { "empty sections", "[A]\n[A]\n\n[B]\n", "[A]@1 [A]@2 [B]@4", NULL, 0 },
        { "section with blanks", "  [ A b ]  \nk=v\n", "[ A b ]@1 k|v@2", NULL, 0 },
        { "empty section name", "[]\nk=v\n", "[]@1 k|v@2", NULL, 0 },
        { "section with a bracket", "[a]b]\nk=v\n", "[a]b]@1 k|v@2", NULL, 0 },
        { "indented lines are no continuation", "[A]\nk=v\n  l=w\n\tm=x\n", "[A]@1 k|v@2 l|w@3 m|x@4", NULL, 0 },
        { "blanks around =", "[A]\n k \t=  v\n", "[A]@1 k|v@2", NULL, 0 },
        { "first = splits", "[A]\nk=a=b==\n", "[A]@1 k|a=b==@2", NULL, 0 },
        { "blank inside a key", "[A]\nListen Port = 1\n", "[A]@1 Listen Port|1@2", NULL, 0 },
        { "empty value", "[A]\nk=\nl =  \n", "[A]@1 k|@2 l|@3", NULL, 0 },
        { "trailing blanks stay", "[A]\nk=v  \n", "[A]@1 k|v  @2", NULL, 0 },
        { "space and semicolon", "[A]\nk=a ;b\n", "[A]@1 k|a ;b@2", NULL, 0 },
        { "leading semicolon", "[A]\n; c\n;k=v\n", "[A]@1 !2 ;k|v@3", NULL, 0 },
        { "colon is no separator", "[A]\nk: v\nl:m=n\n", "[A]@1 !2 l:m|n@3", NULL, 0 },
        { "comment lines", "# a\n[A]\n  # b\n#k=v\nk=v\n", "[A]@2 k|v@5", NULL, 0 },
        { "comment behind a value", "[A]\nk=v # c\n", "[A]@1 k|v # c@2", NULL, 0 },
        { "comment hides the =", "[A]\nk # = v\n", "[A]@1 !2", "[A]@1 k #|v@2", 0 },
        { "comment behind a section", "[A] # c\nk=v\n", "[A]@1 k|v@2", "!1", 0 },
        { "comment with = behind a section", "[A] # c=d\nk=v\n", "[A]@1 k|v@2", "!1", 0 },
        { "comment with ] behind a section", "[A] # ]\n", "[A]@1", "[A] # ]@1", 0 },
        { "no =", "[A]\nword\n", "[A]@1 !2", NULL, 0 },
        { "no key", "[A]\n=v\n = w\n", "[A]@1 !2 !3", NULL, 0 },
        { "key before a section", "k=v\n[A]\nk=v\n", "!1 [A]@2 k|v@3", NULL, 0 },
        { "section without its end", "[A]\nk=v\n[B\nl=w\n[C]\nm=x\n", "[A]@1 k|v@2 !3 [C]@5 m|x@6", NULL, 0 },
        { "text behind a section", "[A]\n[B] x\nl=w\n[C]\n", "[A]@1 !2 [C]@4", NULL, 0 },
        { "lone bracket at the end", "[A]\nk=v\n[", "[A]@1 k|v@2 !3", NULL, 0 },
        { "bad lines one after the other", "[A]\nx\ny\nz\n", "[A]@1 !2 !3 !4", NULL, 0 },
        { "NUL in a value", "[A]\nk=v\0w\nl=x\n", "[A]@1 !2 l|x@3", NULL, 14 },
        { "NUL in a section", "[A\0]\nk=v\n[B]\n", "!1 [B]@3", NULL, 13 },
        { "NUL in a comment", "# \0\n[A]\n", "!1 [A]@2", NULL, 8 },
        { "NUL at the end", "[A]\nk=v\n\0", "[A]@1 k|v@2 !3", NULL, 9 },
        { "control bytes", "[A]\nk\x01=\x02\n", "[A]@1 k\x01|\x02@2", NULL, 0 },
        { "bytes above 127", "[A]\n\xc3\xbc=\xff\n", "[A]@1 \xc3\xbc|\xff@2", NULL, 0 },
        { "brackets in a key", "[A]\na[b]=c\n", "[A]@1 a[b]|c@2", NULL, 0 },
        { "quotes are bytes", "[A]\nk=\"v\"\n", "[A]@1 k|\"v\"@2", NULL, 0 },
};

Test(ini_reader, lines) {
        for (size_t i = 0; i < WGP_ARRAY_SIZE(lines); i++)
                for (WgpIniDialect dialect = WGP_INI_WG_QUICK; dialect <= WGP_INI_KEYFILE; dialect++) {
                        const bool keyfile = dialect == WGP_INI_KEYFILE;
                        const char *expected = keyfile && lines[i].keyfile ? lines[i].keyfile : lines[i].wg_quick;
                        char *out = transcript(lines[i].in, lines[i].size ?: strlen(lines[i].in), dialect);

                        cr_expect_str_eq(out, expected, "case '%s'%s: %s", lines[i].name, keyfile ? " (keyfile)" : "",
                                        out);
                        free(out);
                }
}

/* Everything that libinih has a limit for, at and around that limit. */
Test(ini_reader, lengths) {
        static const size_t sizes[] = { 1, 48, 49, 50, 51, 59, 99, 100, 101, 150, 197, 198, 199, 200, 201, 202, 1000,
                100000 };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(sizes); i++) {
                const size_t n = sizes[i];
                char *text = malloc(n + 1), *in, *expected, *out;

                cr_assert(text);
                memset(text, 'x', n);
                text[n] = 0;
                cr_assert(asprintf(&in, "[%s]\n%s=%s\nk=v\n[B]\n", text, text, text) > 0);
                cr_assert(asprintf(&expected, "[%s]@1 %s|%s@2 k|v@3 [B]@4", text, text, text) > 0);
                out = transcript(in, strlen(in), WGP_INI_WG_QUICK);
                cr_expect(streq(out, expected), "%zu bytes", n);
                free(out);
                free(expected);
                free(in);
                free(text);
        }
}

/* The rest of a long line must never be taken for a line of its own. */
Test(ini_reader, long_line_smuggles_nothing) {
        for (size_t n = 150; n < 450; n++) {
                char in[1024], *out;
                const int size = snprintf(in, sizeof(in), "[A]\nk=%*s\nPostUp = id\n", (int) n, "l=1");

                out = transcript(in, (size_t) size, WGP_INI_WG_QUICK);
                cr_expect(strstr(out, "[A]@1 k|l=1@2 PostUp|id@3"), "%zu: %s", n, out);
                free(out);
        }
}

static int stop_at_entry(void *userdata, unsigned line, char *key, char *value) {
        ++*(int *) userdata;
        return -ENOMEM;
}

static int ignore_section(void *userdata, unsigned line, char *name) {
        return 0;
}

static int stop_at_section(void *userdata, unsigned line, char *name) {
        ++*(int *) userdata;
        return -EIO;
}

static int stop_at_bad(void *userdata, unsigned line, const char *problem) {
        ++*(int *) userdata;
        return -E2BIG;
}

Test(ini_reader, handler_ends_the_parse) {
        static const struct {
                const char *name, *in;
                int r;
        } rows[] = {
                { "at an entry", "[A]\nk=v\nl=w\nword\n", -ENOMEM },
                { "at a bad line", "word\n[A]\nk=v\n", -E2BIG },
                { "at a bad line in the end", "\nword", -E2BIG },
                { "at a key without a section", "k=v\nl=w\n", -E2BIG },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(rows); i++) {
                int calls = 0;
                const WgpIniHandler handler = { ignore_section, stop_at_entry, stop_at_bad, &calls };
                char data[64];

                strcpy(data, rows[i].in);
                cr_expect_eq(wgp_ini_parse(data, strlen(data), WGP_INI_WG_QUICK, &handler), rows[i].r, "case '%s'",
                                rows[i].name);
                cr_expect_eq(calls, 1, "case '%s': %d calls", rows[i].name, calls);
        }

        {
                int calls = 0;
                const WgpIniHandler handler = { stop_at_section, stop_at_entry, stop_at_bad, &calls };
                char data[] = "[A]\nk=v\nword\n[B]\n";

                cr_expect_eq(wgp_ini_parse(data, strlen(data), WGP_INI_KEYFILE, &handler), -EIO);
                cr_expect_eq(calls, 1);
        }
}

Test(ini_reader, line_numbers_count_everything) {
        char in[4096] = "", *out;

        for (unsigned i = 0; i < 1000; i++)
                strcat(in, i % 3 == 0 ? "\n" : i % 3 == 1 ? "#\n" : "\r\n");
        strcat(in, "[A]\nk=v");
        out = transcript(in, strlen(in), WGP_INI_KEYFILE);
        cr_expect_str_eq(out, "[A]@1001 k|v@1002");
        free(out);
}
