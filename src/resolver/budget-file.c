/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads and writes what a tunnel has spent of its restarts. */

#include "resolver/budget-file.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/text.h"
#include "model/value.h"
#include "system/whole-file.h"

enum {
        SIZE_MAX_READ = 4096, /* bytes; three lines are less than a hundred */
};

static char *file_name(const char *name) {
        char *s;

        return asprintf(&s, "%s.restarts", name) < 0 ? NULL : s;
}

/* What cannot be read, or is of a time to come, was not spent. */
void wgp_budget_read(int directory, const char *name, uint64_t now, WgpBudget *ret) {
        _cleanup_(freep) char *file = file_name(name), *text = NULL;
        size_t size = 0, n = 0;
        WgpBudget budget = {};

        if (!file || wgp_read_file(directory, file, SIZE_MAX_READ, &text, &size) < 0)
                return;
        for (char *save = NULL, *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
                uint64_t usec;

                if (wgp_parse_decimal(line, now, &usec) < 0 || n == WGP_BUDGET_MAX)
                        return;
                budget.spent_usec[n++] = usec;
        }
        *ret = budget;
}

/* Returns 0 or a negative errno. */
int wgp_budget_write(int directory, const char *name, const WgpBudget *budget) {
        _cleanup_(wgp_text_done) WgpText text = WGP_TEXT_NULL;
        _cleanup_(freep) char *file = file_name(name);

        for (size_t i = 0; i < WGP_BUDGET_MAX; i++)
                wgp_text_printf(&text, "%" PRIu64 "\n", budget->spent_usec[i]);
        return file && !text.failed ? wgp_write_file(directory, file, text.data) : -ENOMEM;
}

void wgp_budget_remove(int directory, const char *name) {
        _cleanup_(freep) char *file = file_name(name);

        if (file)
                (void) unlinkat(directory, file, 0);
}
