/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Child. What it prints is caught in a file in memory: unlike a pipe, that needs nobody who reads meanwhile. */

#include "cli/child.h"

#include <sys/mman.h>
#include <unistd.h>

#include "system/program.h"
#include "system/root-path.h"

/* Runs a program, by its path or as found in $PATH; the arguments end with NULL. Its output goes to these descriptors,
 * which may be ours.
 *
 * Returns 0, and its exit code or 128 plus the signal; -ENOENT: there is no such program; or another negative errno.
 */
int wgp_child_run(const char *const *arguments, int output, int errors, int *ret_status) {
        int r;

        r = wgp_program_run((char *const *) arguments, (int[]) { STDIN_FILENO, output, errors });
        if (r < 0)
                return r;
        *ret_status = r;
        return 0;
}

/* Returns the descriptor of an empty file in memory, or a negative errno. */
int wgp_child_memory(void) {
        int fd = memfd_create("output", MFD_CLOEXEC);

        return fd < 0 ? -errno : fd;
}

/* Appends what a child has left in a file in memory. Returns 0, or a negative errno. */
int wgp_child_read(int fd, WgpText *text) {
        char buffer[4096];
        off_t offset = 0;
        ssize_t n;

        while ((n = pread(fd, buffer, sizeof(buffer) - 1, offset)) != 0) {
                if (n < 0)
                        return -errno;
                buffer[n] = 0;
                wgp_text_append(text, buffer);
                offset += n;
        }
        return text->failed ? -ENOMEM : 0;
}

/* As wgp_child_run(), with standard output appended to "text", and standard error thrown away: for programs whose
 * output is the answer to a question. */
int wgp_child_capture(const char *const *arguments, WgpText *text, int *ret_status) {
        _cleanup_(wgp_closep) int output = wgp_child_memory(), errors = wgp_child_memory();
        const char *colours = getenv("SYSTEMD_COLORS"); /* may ask for colours where nobody sees them */
        _cleanup_(freep) char *saved = colours ? strdup(colours) : NULL;
        int r;

        if (output < 0 || errors < 0 || (colours && !saved))
                return -ENOMEM;
        if (saved)
                (void) unsetenv("SYSTEMD_COLORS");
        r = wgp_child_run(arguments, output, errors, ret_status);
        if (saved)
                (void) setenv("SYSTEMD_COLORS", saved, /* overwrite= */ 1);
        return r < 0 ? r : wgp_child_read(output, text);
}
