/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs a fuzz target over the files of the given directories, where the compiler has no libFuzzer: every input that
 * was ever worth keeping is a test. */

#include <err.h>
#include <fts.h>
#include <stdio.h>

#include "fuzz.h"

static void run_file(const char *path) {
        FILE *f = fopen(path, "re");
        uint8_t *data;
        long size;

        if (!f || fseek(f, 0, SEEK_END) < 0 || (size = ftell(f)) < 0)
                err(1, "%s", path);
        rewind(f);
        data = malloc((size_t) size + 1);
        if (!data || fread(data, 1, (size_t) size, f) != (size_t) size)
                err(1, "%s", path);
        fclose(f);

        (void) LLVMFuzzerTestOneInput(data, (size_t) size);
        /* cut off anywhere, too, as an editor or a full disk may leave it */
        for (size_t n = (size_t) size; n > 0 && size < 4096; n -= WGP_MIN(n, (size_t) 7))
                (void) LLVMFuzzerTestOneInput(data, n);
        free(data);
}

int main(int argc, char **argv) {
        size_t n = 0;
        FTS *fts;

        if (argc < 2)
                errx(2, "usage: %s DIRECTORY...", argv[0]);
        fts = fts_open(argv + 1, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
        if (!fts)
                err(1, "fts_open");
        for (FTSENT *entry; (entry = fts_read(fts));)
                if (entry->fts_info == FTS_F) {
                        run_file(entry->fts_accpath);
                        n++;
                }
        fts_close(fts);
        printf("%zu files\n", n);
        return n > 0 ? 0 : 1;
}
