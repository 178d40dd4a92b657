/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* interleave ROUNDS DIR NAME COMMAND... [-- NAME COMMAND...]...: runs the commands in turn, that many rounds, each
 * with an empty DIR, and prints for each a line: its wall-clock time in milliseconds, median and range, its CPU time,
 * its memory in KiB, and how its wall-clock and CPU time compare to those of the first one: the median over the rounds
 * of the quotient in a round, so that whatever else the machine does hits both. Standard output of the commands is
 * lost, and standard error unless one fails.
 *
 * NAME -before COMMAND... -do COMMAND... -after COMMAND...: only what follows "-do" is measured. One of the other two
 * may be left out.
 *
 * $WGP_BENCH_ROWS names a file that gets the results, too, one a line: $WGP_BENCH_ROW (which says what this is about),
 * NAME, what was measured, its unit, median, least, most, how many; separated by tabs.
 *
 * The commands are children of a program this small because Linux counts the memory of the parent before the exec as
 * the child's. That of a command's own children, which it waited for, counts as well. */

#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
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
        char **before, **argv, **after;              /* the first and the last may be NULL */
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

/* What a command said, if it failed. */
static void show_errors(int fd) {
        char buffer[4096];
        ssize_t n;

        lseek(fd, 0, SEEK_SET);
        while ((n = read(fd, buffer, sizeof(buffer))) > 0)
                (void) !write(STDERR_FILENO, buffer, (size_t) n);
}

static void run_one(const char *name, char **argv, struct rusage *ret) {
        int errors = memfd_create("stderr", MFD_CLOEXEC), status;
        pid_t pid = fork();

        if (pid == 0) {
                int null = open("/dev/null", O_RDWR);

                dup2(null, STDIN_FILENO);
                dup2(null, STDOUT_FILENO);
                dup2(errors, STDERR_FILENO);
                execvp(argv[0], argv);
                _exit(127);
        }
        if (pid < 0 || wait4(pid, &status, 0, ret) < 0)
                err(EXIT_FAILURE, "%s", name);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
                show_errors(errors);
                errx(EXIT_FAILURE, "%s: %s has failed: status %d", name, argv[0], status);
        }
        close(errors);
}

static void run(Command *command, const char *directory, unsigned long round) {
        struct timespec start, end;
        struct rusage usage, ignored;

        if (nftw(directory, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0)
                err(EXIT_FAILURE, "%s", directory);
        if (command->before)
                run_one(command->name, command->before, &ignored);

        clock_gettime(CLOCK_MONOTONIC, &start);
        run_one(command->name, command->argv, &usage);
        clock_gettime(CLOCK_MONOTONIC, &end);

        if (command->after)
                run_one(command->name, command->after, &ignored);
        command->wall[round] = milliseconds(&start, &end);
        command->cpu[round] = cpu_milliseconds(&usage);
        if (usage.ru_maxrss > command->memory)
                command->memory = usage.ru_maxrss;
}

static int compare(const void *a, const void *b) {
        const double *x = a, *y = b;

        return (*x > *y) - (*x < *y);
}

/* Sorts. */
static double median(double *values, unsigned long n) {
        qsort(values, n, sizeof(*values), compare);
        return n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

static void write_rows(Command *c, unsigned long n, FILE *f) {
        const struct {
                const char *what, *unit;
                double *values;
        } rows[] = {
                { "time", "ms", c->wall },
                { "CPU time", "ms", c->cpu },
                { "time, quotient", "", c->wall_ratio },
        };
        const char *row = getenv("WGP_BENCH_ROW");

        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                double *values = rows[i].values, middle = median(values, n);

                fprintf(f, "%s\t%s\t%s\t%s\t%.3f\t%.3f\t%.3f\t%lu\n", row ? row : "", c->name, rows[i].what,
                                rows[i].unit, middle, values[0], values[n - 1], n);
        }
}

static void print_results(Command *commands, size_t n_commands, unsigned long rounds) {
        const char *path = getenv("WGP_BENCH_ROWS");
        FILE *f = path ? fopen(path, "ae") : NULL;

        if (path && !f)
                err(EXIT_FAILURE, "%s", path);
        for (size_t i = 0; i < n_commands; i++) {
                Command *c = commands + i;
                double wall = median(c->wall, rounds), cpu = median(c->cpu, rounds);

                printf("%-28s %9.2f ms (%.2f to %.2f) %9.2f ms CPU %7ld KiB %7.2f %7.2f CPU\n", c->name, wall,
                                c->wall[0], c->wall[rounds - 1], cpu, c->memory, median(c->wall_ratio, rounds),
                                median(c->cpu_ratio, rounds));
                if (f)
                        write_rows(c, rounds, f);
        }
        if (f && fclose(f) != 0)
                err(EXIT_FAILURE, "%s", path);
}

/* Takes NAME and what follows up to "--" or the end, and moves *at to there. */
static void parse_command(char *argv[], int *at, Command *ret) {
        ret->name = argv[(*at)++];
        ret->argv = argv + *at;
        for (; argv[*at] && strcmp(argv[*at], "--") != 0; (*at)++) {
                char ***part = strcmp(argv[*at], "-before") == 0 ? &ret->before :
                               strcmp(argv[*at], "-do") == 0     ? &ret->argv :
                               strcmp(argv[*at], "-after") == 0  ? &ret->after :
                                                                   NULL;

                if (!part)
                        continue;
                argv[*at] = NULL; /* the end of the one before */
                *part = argv + *at + 1;
        }
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

                parse_command(argv, &i, c);
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
        print_results(commands, n_commands, rounds);
        return EXIT_SUCCESS;
}
