/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shows standard output in a pager, when it is a terminal: $SYSTEMD_PAGER, $PAGER, less(1), more(1), as systemctl(1).
 */

#include "cli/pager.h"

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t pager_pid;

static bool is_set(const char *variable) {
        const char *value = getenv(variable);

        return value && *value;
}

/* The user who logged in, as the kernel remembers it through sudo(8) and su(1); UINT32_MAX: nobody did. */
static uid_t login_uid(void) {
        FILE *file = fopen("/proc/self/loginuid", "re");
        unsigned long uid = UINT32_MAX;

        if (!file)
                return UINT32_MAX;
        if (fscanf(file, "%lu", &uid) != 1)
                uid = UINT32_MAX;
        fclose(file);
        return (uid_t) uid;
}

/* Whether the pager must not run other programs: it would do so with more rights than the person at the terminal has.
 */
static bool is_secure(bool *ret_told) {
        const char *told = getenv("SYSTEMD_PAGERSECURE");
        const uid_t uid = login_uid();

        *ret_told = told && *told;
        if (*ret_told)
                return !streq(told, "0") && strcasecmp(told, "no") != 0 && strcasecmp(told, "false") != 0;
        if (uid != UINT32_MAX)
                return uid != geteuid();
        return getenv("SUDO_UID") || getuid() != geteuid();
}

/* In the child. Words of the variables are split by the shell, as systemctl(1) splits them. */
static _Noreturn void run_pager(bool secure, bool told) {
        const char *wanted = getenv("SYSTEMD_PAGER") ?: getenv("PAGER");

        setenv("LESS", getenv("SYSTEMD_LESS") ?: "FRSXMK", /* overwrite= */ 1);
        if (is_set("SYSTEMD_LESSCHARSET"))
                setenv("LESSCHARSET", getenv("SYSTEMD_LESSCHARSET"), 1);
        if (secure)
                setenv("LESSSECURE", "1", 1);
        if (wanted && *wanted && (!secure || told))
                execl("/bin/sh", "sh", "-c", wanted, (char *) NULL);
        execlp("less", "less", (char *) NULL);
        if (!secure || told)
                execlp("more", "more", (char *) NULL);
        execlp("cat", "cat", (char *) NULL);
        _exit(127);
}

static bool is_wanted(void) {
        const char *pager = getenv("SYSTEMD_PAGER") ?: getenv("PAGER"), *type = getenv("TERM");

        if (!isatty(STDOUT_FILENO) || !type || !*type || streq(type, "dumb"))
                return false;
        return !pager || (*pager && !streq(pager, "cat"));
}

/* Sends standard output through a pager from now on, if it is a terminal. Without one, it stays as it is. */
void wgp_pager_open(void) {
        bool told, secure = is_secure(&told);
        int fds[2];

        if (pager_pid > 0 || !is_wanted() || fflush(stdout) != 0 || pipe(fds) < 0)
                return;
        pager_pid = fork();
        if (pager_pid == 0) {
                if (dup2(fds[0], STDIN_FILENO) < 0)
                        _exit(127);
                close(fds[0]);
                close(fds[1]);
                run_pager(secure, told);
        }
        if (pager_pid > 0)
                (void) dup2(fds[1], STDOUT_FILENO);
        close(fds[0]);
        close(fds[1]);
}

/* Waits until the person at the terminal has ended the pager. */
void wgp_pager_close(void) {
        if (pager_pid <= 0)
                return;
        fflush(stdout);
        (void) close(STDOUT_FILENO);
        while (waitpid(pager_pid, NULL, 0) < 0 && errno == EINTR)
                ;
        pager_pid = 0;
}
