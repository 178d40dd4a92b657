/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Spans: times and sizes as people say them. Pure. */

#include "base/macro.h"

enum {
        WGP_SPAN_SIZE = sizeof("106751991167300 days 23h"),
        WGP_BYTES_SIZE = sizeof("1023.99 KiB"),
};

void wgp_span_format(uint64_t seconds, char ret[static WGP_SPAN_SIZE]);
void wgp_bytes_format(uint64_t bytes, char ret[static WGP_BYTES_SIZE]);
