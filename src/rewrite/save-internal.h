/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* What the files of "save" share. Private to save*.c. */

#include "base/diag.h"
#include "rewrite/edit.h"

typedef struct WgpSaveInput WgpSaveInput;

typedef struct Save {
        const WgpSaveInput *input;
        WgpEdit *edit;
        WgpDiagnostics *diagnostics;
} Save;

#define SAVE_IN_DROP_IN "it is a drop-in's"
#define SAVE_EXPOSED "others may read the file, run chmod 600"

/* save-tell.c */
int wgp_save_tell(const Save *save, const uint8_t *peer, const char *what, const char *why);
int wgp_save_tell_absent(const Save *save, const uint8_t *peer, const char *why);

/* save-peers.c */
int wgp_save_peers(const Save *save);
