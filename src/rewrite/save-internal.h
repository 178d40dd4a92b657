/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* What the files of "save" share. Private to rewrite/save*.c. */

#include "rewrite/save.h"

typedef struct Save {
        const WgpSaveInput *input;
        WgpEdit *edit;
        WgpDiagnostics *diagnostics;
} Save;

#define SAVE_IN_DROP_IN "it is a drop-in's"
#define SAVE_EXPOSED "others may read the file, run chmod 600"

/* save.c */
int save_tell(const Save *save, const uint8_t *peer, const char *what, const char *why);

/* save-peers.c */
int save_peers(const Save *save);
