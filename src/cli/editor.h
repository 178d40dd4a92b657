/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Editor: letting a person change a text in the editor of their choice. */

#include "base/macro.h"

int wgp_editor_run(const char *path, int *ret_status);
