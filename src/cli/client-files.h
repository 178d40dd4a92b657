/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Client files: the drop-ins of a server that "wg-profile peer" writes, one a client, in a directory below /etc. */

#include "cli/cli.h"

typedef struct WgpClientFiles WgpClientFiles;

#define WGP_CLIENT_FILE_PREFIX "peer-"
#define WGP_CLIENT_FILE_ON ".conf"      /* a drop-in */
#define WGP_CLIENT_FILE_OFF ".disabled" /* the same, where the profile does not look */

struct WgpClientFiles {
        char *path; /* of the directory, for people */
        int fd;     /* -EBADF: there is no such directory */
        int lock_fd;
};

#define WGP_CLIENT_FILES_NULL ((WgpClientFiles) { .fd = -EBADF, .lock_fd = -EBADF })

int wgp_client_files_open(const WgpCli *cli, const WgpStoreItem *item, WgpClientFiles *ret);
int wgp_client_files_open_locked(const WgpCli *cli, const WgpStoreItem *item, WgpClientFiles *ret);
void wgp_client_files_done(WgpClientFiles *files);

char *wgp_client_file_name(const char *client, const char *suffix);
bool wgp_client_file_exists(const WgpClientFiles *files, const char *client, const char *suffix);
int wgp_client_file_create(const WgpClientFiles *files, const char *file, const char *data, size_t size);
int wgp_client_file_remove(const WgpClientFiles *files, const char *file);
