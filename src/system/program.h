/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Program: running another one, without a shell. */

#include <sys/types.h>

#include "base/macro.h"

void wgp_program_open_standard(void);
void wgp_program_hide_memory(void);
bool wgp_program_is_of_unit(void);
int wgp_program_make_input(const char *text);
int wgp_program_spawn(char *const *argv, const int fds[static 3], pid_t *ret);
int wgp_program_wait(pid_t pid, int *ret_status);
int wgp_program_run(char *const *argv, const int fds[static 3]);
