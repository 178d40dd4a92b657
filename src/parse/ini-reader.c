/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* INI reader. libinih as distributions build it cuts lines at 199 bytes and section names at 49, hides that a section
 * was repeated, takes " ;" for a comment, an indented line for a continuation and ":" for "=", and gives no line
 * numbers. None of that may reach a user. So libinih never sees the text: for each physical line it is fed one short
 * line of the same kind,
 *
 *     [any name]        is  [s], once
 *     key = any value   is  k=
 *     # comment         is  left out
 *     anything else     is  a bare word, which it refuses
 *
 * and what it makes of that (this section, that key) is completed with the text of the line. One path for every line:
 * a long one is not special. A line that libinih took no notice of by the time it asks for the next is a bad line. */

#include "parse/ini-reader.h"

#include <ini.h>

#include "base/text.h"

/* The lines that libinih is fed. All have one size, so that a copy takes no search for the end. */
static const char section_line[] = "[s]\n", entry_line[] = "k=\n\0", bad_line[] = "bad\n";

enum {
        FED_SIZE = sizeof(bad_line),
};
_Static_assert(sizeof(section_line) == FED_SIZE && sizeof(entry_line) == FED_SIZE, "all have one size");

typedef struct Reader {
        const WgpIniHandler *handler;
        WgpIniDialect dialect;
        char *next, *end;
        unsigned line;
        bool has_nul;        /* somewhere in the data */
        bool told_section;   /* libinih keeps a section until the next one, and to it all are one */
        bool lost;           /* the last header was malformed: the section of the next entries is unknown */
        char *key, *value;   /* of the current line; value NULL: not an entry */
        const char *problem; /* why the current line is bad, unless libinih reports an entry */
        int error;
} Reader;

static char *skip_blanks(char *s) {
        while (wgp_is_blank(*s))
                s++;
        return s;
}

static void cut_trailing_blanks(char *start, char *end) {
        while (end > start && wgp_is_blank(end[-1]))
                end--;
        *end = 0;
}

/* Takes the next physical line out of the data, without its line end, as a string of its own. The data has a NUL
 * after its last byte. */
static char *take_line(Reader *r) {
        char *line = r->next, *eol;

        eol = memchr(line, '\n', (size_t) (r->end - line));
        r->next = eol ? eol + 1 : r->end;
        eol = eol ?: r->end;

        if (eol > line && eol[-1] == '\r')
                eol--;
        *eol = 0;
        r->line++;

        if (r->has_nul && (size_t) (eol - line) != strlen(line)) {
                r->problem = "NUL byte in this line.";
                r->lost = r->lost || *skip_blanks(line) == '[';
                return NULL;
        }
        return line;
}

static const char *begin_section(Reader *r, char *line) {
        char *close = strrchr(line, ']');

        r->lost = !close || *skip_blanks(close + 1);
        if (r->lost) {
                r->problem = "Section header without its closing ']'.";
                return bad_line;
        }
        *close = 0;
        r->error = r->handler->section(r->handler->userdata, r->line, line + 1);
        if (r->told_section)
                return NULL;
        r->told_section = true;
        return section_line;
}

/* Takes one physical line apart. Returns the line that libinih is fed instead, NULL for one that says nothing. */
static const char *normalize(Reader *r, char *line) {
        char *start = skip_blanks(line), *equals;

        if (*start == 0 || *start == '#')
                return NULL;

        equals = strchr(start, '=');
        if (r->dialect == WGP_INI_WG_QUICK) {
                /* that of a value is the handler's */
                char *comment = equals && *start != '[' ? memchr(start, '#', (size_t) (equals - start)) :
                                                          strchr(start, '#');

                if (comment) {
                        *comment = 0;
                        equals = NULL;
                }
        }

        if (*start == '[')
                return begin_section(r, start);
        if (!equals || equals == start) {
                r->problem = "Neither a [section], a key with a value, nor a comment.";
                return bad_line;
        }

        cut_trailing_blanks(start, equals);
        r->key = start;
        r->value = skip_blanks(equals + 1);
        r->problem = "Not an entry that can be read.";
        return entry_line;
}

static void flush_problem(Reader *r) {
        if (r->problem && r->error >= 0)
                r->error = r->handler->bad(r->handler->userdata, r->line, r->problem);
        r->problem = NULL;
}

/* libinih's fgets(), which leaves out what says nothing. "size" is 200, or whatever the library was built with. */
static char *feed(char *buffer, int size, void *stream) {
        Reader *r = stream;

        r->key = r->value = NULL;
        do {
                const char *text = NULL;
                char *line;

                flush_problem(r);
                if (r->error < 0 || r->next >= r->end || size < FED_SIZE)
                        return NULL;

                line = take_line(r);
                if (line)
                        text = normalize(r, line);
                if (text)
                        return memcpy(buffer, text, FED_SIZE);
        } while (true);
}

/* libinih has decided that the current line is an entry. */
static int take_entry(void *userdata, const char *section, const char *name, const char *value) {
        Reader *r = userdata;

        if (!r->value || r->error < 0)
                return 0;

        r->problem = NULL;
        if (r->lost)
                return 1;
        if (!*section)
                r->error = r->handler->bad(r->handler->userdata, r->line, "A key before the first [section].");
        else
                r->error = r->handler->entry(r->handler->userdata, r->line, r->key, r->value);
        return 1;
}

/* Reads "size" bytes. The data is taken apart in place and must have room for one more byte, which is overwritten.
 * Whoever owns it wipes it: it holds secrets.
 *
 * Returns 0, or the negative value that a handler returned. What is wrong with the data is told to handler->bad. */
int wgp_ini_parse(char *data, size_t size, WgpIniDialect dialect, const WgpIniHandler *handler) {
        Reader r = {
                .handler = handler,
                .dialect = dialect,
                .next = data,
                .end = data + size,
                .has_nul = memchr(data, 0, size),
        };

        data[size] = 0;
        if (size >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0)
                r.next += 3;

        /* The return value is the first line that libinih refused: feed() has told all of them. */
        (void) ini_parse_stream(feed, &r, take_entry, &r);
        flush_problem(&r);
        return r.error;
}
