/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* interleave ROUNDS DIR NAME COMMAND... [-- NAME COMMAND...]...: runs the commands in turn, that many rounds, each with an
 * empty DIR, and prints for each a line: its median wall-clock time in milliseconds, its median CPU time, its memory in
 * KiB, and how its wall-clock and CPU time compare to those of the first one: the median over the rounds of the quotient in
 * a round, so that whatever else the machine does hits both. Standard output and error of the commands are lost.
 *
 * The commands are children of a program this small because Linux counts the memory of the parent before the exec as the
 * child's. */

#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
        COMMANDS_MAX = 16,
        ROUNDS_MAX = 10000,
};

typedef struct Command {
        const char *name;
        char **argv;
        double *wall, *cpu, *wall_ratio, *cpu_ratio; /* per round */
        long memory;
} Command;

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where) {
        return where->level > 0 ? remove(path) : 0;
}

static double milliseconds(const struct timespec *from, const struct timespec *to) {
        return (double) (to->tv_sec - from->tv_sec) * 1e3 + (double) (to->tv_nsec - from->tv_nsec) / 1e6;
}

static double cpu_milliseconds(const struct rusage *usage) {
        return (double) (usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1e3 +
                        (double) (usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) / 1e3;
}

static void run(Command *command, const char *directory, unsigned long round) {
        struct timespec start, end;
        struct rusage usage;
        int status;
        pid_t pid;

        if (nftw(directory, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0)
                err(EXIT_FAILURE, "%s", directory);

        clock_gettime(CLOCK_MONOTONIC, &start);
        pid = fork();
        if (pid == 0) {
                int null = open("/dev/null", O_RDWR);

                dup2(null, STDOUT_FILENO);
                dup2(null, STDERR_FILENO);
                execvp(command->argv[0], command->argv);
                _exit(127);
        }
        if (pid < 0 || wait4(pid, &status, 0, &usage) < 0)
                err(EXIT_FAILURE, "%s", command->name);
        clock_gettime(CLOCK_MONOTONIC, &end);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
                errx(EXIT_FAILURE, "%s has failed: status %d", command->name, status);

        command->wall[round] = milliseconds(&start, &end);
        command->cpu[round] = cpu_milliseconds(&usage);
        if (usage.ru_maxrss > command->memory)
                command->memory = usage.ru_maxrss;
}

static int compare(const void *a, const void *b) {
        const double *x = a, *y = b;

        return (*x > *y) - (*x < *y);
}

static double median(double *values, unsigned long n) {
        qsort(values, n, sizeof(*values), compare);
        return values[n / 2];
}

int main(int argc, char *argv[]) {
        Command commands[COMMANDS_MAX] = {};
        size_t n_commands = 0;
        unsigned long rounds;

        rounds = argc > 4 ? strtoul(argv[1], NULL, 10) : 0;
        if (rounds == 0 || rounds > ROUNDS_MAX)
                errx(2, "usage: interleave ROUNDS DIR NAME COMMAND... [-- NAME COMMAND...]...");

        for (int i = 3; i < argc && n_commands < COMMANDS_MAX; i++) {
                Command *c = commands + n_commands++;

                c->name = argv[i++];
                c->argv = argv + i;
                while (argv[i] && strcmp(argv[i], "--") != 0)
                        i++;
                argv[i] = NULL;
                c->wall = calloc(rounds, sizeof(double));
                c->cpu = calloc(rounds, sizeof(double));
                c->wall_ratio = calloc(rounds, sizeof(double));
                c->cpu_ratio = calloc(rounds, sizeof(double));
                if (!*c->argv || !c->wall || !c->cpu || !c->wall_ratio || !c->cpu_ratio)
                        errx(2, "interleave: no command, or no memory");
        }

        for (unsigned long round = 0; round < rounds; round++)
                for (size_t i = 0; i < n_commands; i++) {
                        run(commands + i, argv[2], round);
                        commands[i].wall_ratio[round] = commands[i].wall[round] / commands[0].wall[round];
                        commands[i].cpu_ratio[round] = commands[i].cpu[round] / commands[0].cpu[round];
                }
        for (size_t i = 0; i < n_commands; i++) {
                Command *c = commands + i;

                printf("%-28s %9.2f ms %9.2f ms CPU %7ld KiB %7.2f %7.2f CPU\n", c->name, median(c->wall, rounds),
                                median(c->cpu, rounds), c->memory, median(c->wall_ratio, rounds),
                                median(c->cpu_ratio, rounds));
        }
        return EXIT_SUCCESS;
}
