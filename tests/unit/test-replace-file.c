/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Replacing a file: several at once, and after one that was killed. */

#include <criterion/criterion.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "system/replace-file.h"

enum {
        N_WRITERS = 8,
        N_LINES = 25, /* of each */
        SIZE_MAX_READ = 1 << 20,
        FILLING = 2000, /* bytes a line, so that writing takes a while */
};

static char directory[64], path[96];

static int remove_one(const char *name, const struct stat *st, int type, struct FTW *ftw) {
        return remove(name);
}

static void remove_directory(void) {
        nftw(directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void make_directory(void) {
        umask(0022);
        snprintf(directory, sizeof(directory), "/tmp/wgp-replace-XXXXXX");
        cr_assert(mkdtemp(directory));
        snprintf(path, sizeof(path), "%s/a.conf", directory);
}

TestSuite(replace_file, .init = make_directory, .fini = remove_directory);

static void put(const char *file, const char *text, mode_t mode) {
        FILE *f = fopen(file, "w");

        cr_assert(f);
        cr_assert_eq(fchmod(fileno(f), mode), 0);
        fputs(text, f);
        fclose(f);
}

/* Adds a line, once. Returns what wgp_replace_file() does. */
static int add_line(const char *line) {
        _cleanup_(wgp_replace_done) WgpReplace old = WGP_REPLACE_NULL;
        _cleanup_(freep) char *text = NULL;
        int r;

        r = wgp_replace_open(NULL, path, SIZE_MAX_READ, &old);
        if (r < 0)
                return r;
        if (asprintf(&text, "%s%s\n", old.data, line) < 0)
                return -ENOMEM;
        return wgp_replace_file(&old, text, strlen(text));
}

static void write_lines(unsigned writer) {
        char line[FILLING + 1];

        for (unsigned i = 0; i < N_LINES; i++) {
                int r;

                snprintf(line, sizeof(line), "%u %u %0*d", writer, i, FILLING - 20, 0);
                while ((r = add_line(line)) == WGP_REPLACE_E_CHANGED)
                        ;
                if (r != 0)
                        _exit(1);
        }
        _exit(0);
}

/* Whether each line is whole. */
static bool is_whole(const WgpReplace *file, size_t *ret_n_lines) {
        const char *next;

        *ret_n_lines = 0;
        for (const char *line = file->data; line < file->data + file->size; line = next + 1) {
                next = strchr(line, '\n');
                if (!next || (line > file->data && next - line < FILLING - 20))
                        return false;
                ++*ret_n_lines;
        }
        return file->size > 0;
}

Test(replace_file, at_once) {
        size_t n_lines = 0, n_before = 0;
        unsigned n_running = N_WRITERS;

        put(path, "first\n", 0644);
        for (unsigned i = 0; i < N_WRITERS; i++) {
                pid_t pid = fork();

                cr_assert_geq(pid, 0);
                if (pid == 0)
                        write_lines(i);
        }
        while (n_running > 0) {
                WgpReplace file = WGP_REPLACE_NULL;
                int status;

                cr_assert_eq(wgp_replace_open(NULL, path, SIZE_MAX_READ, &file), 0);
                cr_assert(is_whole(&file, &n_lines), "a reader finds %zu bytes, cut off", file.size);
                cr_assert_geq(n_lines, n_before, "a line that was there is gone");
                n_before = n_lines;
                wgp_replace_done(&file);
                for (; n_running > 0 && waitpid(-1, &status, WNOHANG) > 0; n_running--)
                        cr_assert_eq(status, 0, "each line was written");
                (void) usleep(1000);
        }

        WgpReplace file = WGP_REPLACE_NULL;
        cr_assert_eq(wgp_replace_open(NULL, path, SIZE_MAX_READ, &file), 0);
        cr_assert(is_whole(&file, &n_lines));
        cr_expect_eq(n_lines, 1 + N_WRITERS * N_LINES, "none is lost: %zu", n_lines);
        cr_expect_eq(file.st.st_mode & 07777, 0644, "the mode is the old one");
        wgp_replace_done(&file);
}

/* Somebody may have opened what was left there, when the mode was another. */
Test(replace_file, left_over) {
        _cleanup_(freep) char *left = NULL;
        char text[32] = "";
        int fd;

        cr_assert_geq(asprintf(&left, "%s/.a.conf.new", directory), 0);
        put(path, "first\n", 0600);
        put(left, "half", 0644);
        fd = open(left, O_RDONLY | O_CLOEXEC);
        cr_assert_geq(fd, 0);
        cr_assert_eq(add_line("second"), 0);
        cr_expect_eq(read(fd, text, sizeof(text)), 4, "it is another file");
        close(fd);
        cr_expect_eq(access(left, F_OK), -1, "it is gone");

        cr_assert_eq(symlink(path, left), 0);
        cr_assert_eq(add_line("third"), 0, "a link in its place");
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        cr_assert_eq(read(fd, text, sizeof(text) - 1), 19);
        text[19] = 0;
        close(fd);
        cr_expect_str_eq(text, "first\nsecond\nthird\n");
        cr_expect_eq(access(left, F_OK), -1, "it is gone, too");
}

/* Nothing is left of an attempt that was too late. */
Test(replace_file, changed) {
        _cleanup_(wgp_replace_done) WgpReplace old = WGP_REPLACE_NULL;
        _cleanup_(freep) char *left = NULL;

        cr_assert_geq(asprintf(&left, "%s/.a.conf.new", directory), 0);
        put(path, "first\n", 0600);
        cr_assert_eq(wgp_replace_open(NULL, path, SIZE_MAX_READ, &old), 0);
        cr_assert_eq(add_line("second"), 0);
        cr_expect_eq(wgp_replace_file(&old, "third", 5), WGP_REPLACE_E_CHANGED);
        cr_expect_eq(access(left, F_OK), -1);
}

/* Another one that does not come to its end, stopped perhaps, keeps nobody waiting for ever. */
Test(replace_file, busy) {
        _cleanup_(freep) char *new = NULL;
        int fd;

        cr_assert_geq(asprintf(&new, "%s/.a.conf.new", directory), 0);
        put(path, "first\n", 0600);
        fd = open(new, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        cr_assert_geq(fd, 0);
        cr_assert_eq(flock(fd, LOCK_EX), 0);
        cr_expect_eq(add_line("second"), -EBUSY);
        cr_expect_eq(access(new, F_OK), 0, "its file is left alone");
        close(fd);
        cr_expect_eq(add_line("second"), 0, "it has ended");
}
