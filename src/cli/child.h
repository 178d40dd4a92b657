/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Child: running another program, without a shell, until its end. */

#include "base/text.h"

int wgp_child_run(const char *const *arguments, int output, int errors, int *ret_status);
int wgp_child_memory(void);
int wgp_child_read(int fd, WgpText *text);
int wgp_child_capture(const char *const *arguments, WgpText *text, int *ret_status);
