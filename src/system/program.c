/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs other programs, without a shell. */

#include "system/program.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "system/root-path.h"
#include "system/whole-file.h"

/* Opens /dev/null for each standard descriptor that is closed: the next file that is opened would have its number, and
 * be taken for it. To be called first. */
void wgp_program_open_standard(void) {
        int fd;

        do
                fd = open("/dev/null", O_RDWR);
        while (fd >= 0 && fd <= STDERR_FILENO);
        if (fd >= 0)
                close(fd);
}

/* Keeps keys in memory out of core dumps, and other processes of the same user off it. Programs that are started are
 * not concerned. */
void wgp_program_hide_memory(void) {
        (void) prctl(PR_SET_DUMPABLE, 0);
}

/* Whether systemd itself has started this process: $SYSTEMD_EXEC_PID is that one, systemd.exec(5). */
bool wgp_program_is_of_unit(void) {
        const char *started = getenv("SYSTEMD_EXEC_PID");

        return started && atoll(started) == getpid();
}

/* Makes a file in memory that holds the text, to be read from its beginning: the arguments of a process are for
 * everybody to read, ps(1). Returns a descriptor, or a negative errno. */
int wgp_program_make_input(const char *text) {
        _cleanup_(wgp_closep) int fd = memfd_create("wg-profile-input", MFD_CLOEXEC);
        int r;

        if (fd < 0)
                return -errno;
        r = wgp_write_all(fd, text, strlen(text));
        if (r < 0)
                return r;
        return lseek(fd, 0, SEEK_SET) < 0 ? -errno : TAKE_FD(fd);
}

/* Copies the environment, without the directory of our credentials: the keys are nobody else's. Returns what is to be
 * freed, but for the variables themselves; or NULL. */
static char **copy_environment(void) {
        static const char ours[] = "CREDENTIALS_DIRECTORY=";
        char **copy;
        size_t n = 0;

        while (environ && environ[n])
                n++;
        copy = calloc(n + 1, sizeof(*copy));
        if (!copy)
                return NULL;
        n = 0;
        for (char **variable = environ; variable && *variable; variable++)
                if (strncmp(*variable, ours, strlen(ours)) != 0)
                        copy[n++] = *variable;
        return copy;
}

/* Starts a program, found in $PATH unless it is a path. "fds": what it gets as standard input, output and error, which
 * may be ours; negative: /dev/null. Returns 0 or a negative errno: -ENOENT. */
int wgp_program_spawn(char *const *argv, const int fds[static 3], pid_t *ret) {
        _cleanup_(freep) char **environment = copy_environment();
        posix_spawn_file_actions_t actions;
        int r;

        if (!environment)
                return -ENOMEM;

        r = posix_spawn_file_actions_init(&actions);
        if (r != 0)
                return -r;
        for (int i = 0; r == 0 && i < 3; i++)
                r = fds[i] >= 0 ? posix_spawn_file_actions_adddup2(&actions, fds[i], i) :
                                  posix_spawn_file_actions_addopen(&actions, i, "/dev/null", O_RDWR, 0);
        if (r == 0)
                r = posix_spawnp(ret, argv[0], &actions, NULL, argv, environment);
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

/* Runs a program, as wgp_program_spawn() starts it, and waits for its end. Returns its exit status, 128 and the number
 * of the signal that ended it, or a negative errno. */
int wgp_program_run(char *const *argv, const int fds[static 3]) {
        int r, status;
        pid_t pid;

        r = wgp_program_spawn(argv, fds, &pid);
        if (r >= 0)
                r = wgp_program_wait(pid, &status);
        if (r < 0)
                return r;
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
