/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "apply/apply.h"
#include "system/program.h"

int main(int argc, char **argv) {
        wgp_program_open_standard();
        wgp_program_hide_memory();
        return wgp_apply(argc, argv, /* hook= */ NULL);
}
