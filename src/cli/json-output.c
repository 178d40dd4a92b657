/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* JSON. Memory that jansson gives back is wiped: with --secrets there are keys in it. */

#include "cli/json-output.h"

#include "cli/output.h"

/* In front of each piece: how long it is. As long as what malloc() aligns to. */
typedef union Header {
        size_t size;
        max_align_t align;
} Header;

static void *wiped_malloc(size_t size) {
        Header *header;

        if (size > SIZE_MAX - sizeof(*header))
                return NULL;
        header = malloc(sizeof(*header) + size);
        if (!header)
                return NULL;
        header->size = size;
        return header + 1;
}

static void wiped_free(void *p) {
        Header *header = p;

        if (header)
                wgp_wipe_free(header - 1, sizeof(*header) + header[-1].size);
}

/* To be called before any other function of jansson's. */
void wgp_json_init(void) {
        json_set_alloc_funcs(wiped_malloc, wiped_free);
}

/* Returns an array with an object per diagnostic, or NULL when memory ran out. */
json_t *wgp_json_problems(const WgpDiagnostics *diagnostics) {
        static const char *const severities[] = {
                [WGP_NOTICE] = "notice",
                [WGP_WARNING] = "warning",
                [WGP_ERROR] = "error",
        };
        _cleanup_(json_decrefp) json_t *array = json_array();

        for (size_t i = 0; array && i < diagnostics->n_items; i++) {
                const WgpDiagnostic *d = diagnostics->items + i;
                json_t *item;

                item = json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}", "severity", severities[d->severity], "file",
                                wgp_json_text(d->file), "line", d->line > 0 ? json_integer(d->line) : json_null(),
                                "section", wgp_json_text(d->section), "key", wgp_json_text(d->key), "message",
                                wgp_json_text(d->message));
                if (!item || json_array_append_new(array, item) < 0)
                        return NULL;
        }
        return TAKE_PTR(array);
}

/* Returns NULL when memory ran out. */
json_t *wgp_json_prefix(const WgpPrefix *prefix) {
        char text[WGP_PREFIX_TEXT_SIZE];

        wgp_prefix_format(prefix, text);
        return json_string(text);
}

/* Writes to standard output. Returns 0, or a negative errno; -ENOMEM also for NULL. */
int wgp_json_print(const json_t *json) {
        char *text;
        int r;

        text = json ? json_dumps(json, JSON_INDENT(2)) : NULL;
        if (!text)
                return -ENOMEM;

        r = wgp_output_write(text, strlen(text));
        if (r >= 0)
                r = wgp_output_write("\n", 1);
        wiped_free(text);
        return r;
}
