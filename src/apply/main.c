/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "apply/apply.h"

int main(int argc, char **argv) {
        return wgp_apply(argc, argv, /* hook= */ NULL);
}
