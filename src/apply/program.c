/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Program: found as a shell would find it, and run without one. */

#include "apply/program.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "system/root-path.h"

/* A unit's sandbox would break most programs in ways that nobody understands, so that it has to be off: hooks.conf, a
 * drop-in that the generator links in, says that it is. A person who calls us has no sandbox. $SYSTEMD_EXEC_PID is the
 * process that systemd started itself, systemd.exec(5). */
bool wgp_program_is_allowed(void) {
        const char *started = getenv("SYSTEMD_EXEC_PID"), *allowed = getenv("WG_PROFILE_HOOKS");

        return (allowed && streq(allowed, "1")) || !started || atoll(started) != getpid();
}

/* Returns the path of a program, as found in $PATH unless it is a path itself, to be freed by the caller; NULL when
 * there is none (or no memory). */
char *wgp_program_find(const char *name) {
        const char *path = getenv("PATH") ?: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        _cleanup_(freep) char *copy = NULL;
        char *cursor;

        if (!*name)
                return NULL;
        if (strchr(name, '/'))
                return access(name, X_OK) >= 0 ? strdup(name) : NULL;

        copy = cursor = strdup(path);
        for (char *directory; cursor && (directory = strsep(&cursor, ":"));) {
                char *file;

                if (asprintf(&file, "%s/%s", *directory ? directory : ".", name) < 0)
                        return NULL;
                if (access(file, X_OK) >= 0)
                        return file;
                free(file);
        }
        return NULL;
}

/* Makes a file in memory that holds the text, to be read from its beginning: the arguments of a process are for everybody
 * to read, ps(1). Returns a descriptor, or a negative errno. */
int wgp_program_make_input(const char *text) {
        _cleanup_(wgp_closep) int fd = memfd_create("wg-profile-input", MFD_CLOEXEC);

        if (fd < 0)
                return -errno;
        for (size_t n = strlen(text); n > 0;) {
                ssize_t k = write(fd, text, n);

                if (k < 0)
                        return -errno;
                text += k;
                n -= (size_t) k;
        }
        return lseek(fd, 0, SEEK_SET) < 0 ? -errno : TAKE_FD(fd);
}

/* Starts a program, found in $PATH unless it is a path. "fds": what it gets as standard input, output and error; negative:
 * /dev/null. Returns 0 or a negative errno: -ENOENT. */
int wgp_program_spawn(char *const *argv, const int fds[static 3], pid_t *ret) {
        posix_spawn_file_actions_t actions;
        int r;

        r = posix_spawn_file_actions_init(&actions);
        if (r != 0)
                return -r;
        for (int i = 0; r == 0 && i < 3; i++)
                r = fds[i] >= 0 ? posix_spawn_file_actions_adddup2(&actions, fds[i], i) :
                                  posix_spawn_file_actions_addopen(&actions, i, "/dev/null", O_RDWR, 0);
        if (r == 0)
                r = posix_spawnp(ret, argv[0], &actions, NULL, argv, environ);
        posix_spawn_file_actions_destroy(&actions);
        return -r;
}

/* Waits for the end of a child. Returns 0 with what waitpid(2) says, or a negative errno. */
int wgp_program_wait(pid_t pid, int *ret_status) {
        while (waitpid(pid, ret_status, 0) < 0)
                if (errno != EINTR)
                        return -errno;
        return 0;
}

/* Runs argv[0], a path, and waits for its end. "input" is what it reads; what it says goes to our standard error.
 *
 * Returns its exit status, 128 and the number of the signal that ended it, or a negative errno. */
int wgp_program_run(char *const *argv, const char *input) {
        _cleanup_(wgp_closep) int fd = wgp_program_make_input(input);
        int r, status;
        pid_t pid;

        r = fd < 0 ? fd : wgp_program_spawn(argv, (int[]) { fd, STDERR_FILENO, STDERR_FILENO }, &pid);
        if (r >= 0)
                r = wgp_program_wait(pid, &status);
        if (r < 0)
                return r;
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
