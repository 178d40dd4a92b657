/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Record: what a run sent, as witness.c writes it and floor.c sends it again: a frame, its head, its data, and so on,
 * each filled up to a multiple of four bytes. */

#include <stdint.h>

#define RECORD_ALIGN(n) (((n) + 3U) & ~3U)

typedef enum RecordType {
        RECORD_NETLINK = 1, /* head: the protocol, an int; data: one datagram */
        RECORD_UAPI,        /* head: the socket's path; data: what one send(2) took */
        RECORD_START,       /* head: a daemon, its path or its name; data: its argument, the interface */
} RecordType;

typedef struct RecordFrame {
        uint32_t type, n_head, n_data;
} RecordFrame;
