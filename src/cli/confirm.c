/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asks a person yes or no. */

#include "cli/confirm.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/message.h"

static void do_nothing(int signal_number) {
}

/* Reads one line. Ctrl-C ends the question, and is a no, so that the caller can clean up. */
static bool read_yes(void) {
        const struct sigaction interrupt = { .sa_handler = do_nothing }; /* no SA_RESTART: read() returns */
        struct sigaction before;
        char answer[16] = "";
        ssize_t n;

        sigaction(SIGINT, &interrupt, &before);
        n = read(STDIN_FILENO, answer, sizeof(answer) - 1);
        sigaction(SIGINT, &before, NULL);
        if (n <= 0)
                fputc('\n', stderr);
        answer[WGP_MAX(n, (ssize_t) 0)] = 0;
        answer[strcspn(answer, "\r\n")] = 0;
        return strcasecmp(answer, "y") == 0 || strcasecmp(answer, "yes") == 0;
}

/* Returns 0 for yes, which --yes says beforehand, or an exit code (reported): the answer was no, or there is nobody to
 * ask. */
int wgp_confirm(const WgpCli *cli, const char *question) {
        if (cli->yes)
                return 0;
        if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO)) {
                wgp_cli_error("Nothing was changed: there is no terminal to ask '%s' at. Use --yes.", question);
                return CLI_EXIT_FAILED;
        }
        fflush(stdout);
        fprintf(stderr, "%s [y/N] ", question);
        fflush(stderr);
        if (read_yes())
                return 0;
        wgp_cli_error("Nothing was changed.");
        return CLI_EXIT_FAILED;
}
