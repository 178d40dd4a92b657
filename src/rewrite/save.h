/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Save: what was changed of a tunnel while it was up, as edits of its profile's text. Pure. */

#include "rewrite/edit.h"

typedef struct WgpSaveInput {
        const WgpProfile *base;    /* the file under edit alone */
        const WgpProfile *applied; /* with its drop-ins: what the tunnel came up with */
        const WgpNetwork *actual;  /* link, device and addresses */
        bool is_private;           /* only root may read the file: a new key may be written into it */
} WgpSaveInput;

int wgp_save_edit(const WgpSaveInput *input, WgpEdit *edit, WgpDiagnostics *diagnostics);
