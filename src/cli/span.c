/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/span.h"

#include <inttypes.h>
#include <stdio.h>

enum {
        MINUTE = 60,
        HOUR = 60 * MINUTE,
        DAY = 24 * HOUR,
};

static void two(char ret[static WGP_SPAN_SIZE], uint64_t large, const char *large_unit, uint64_t small,
                const char *small_unit) {
        if (small > 0)
                snprintf(ret, WGP_SPAN_SIZE, "%" PRIu64 "%s %" PRIu64 "%s", large, large_unit, small, small_unit);
        else
                snprintf(ret, WGP_SPAN_SIZE, "%" PRIu64 "%s", large, large_unit);
}

/* Its two largest units, as systemctl(1) writes them: "2h 5min". */
void wgp_span_format(uint64_t seconds, char ret[static WGP_SPAN_SIZE]) {
        if (seconds >= DAY)
                two(ret, seconds / DAY, seconds / DAY == 1 ? " day" : " days", seconds % DAY / HOUR, "h");
        else if (seconds >= HOUR)
                two(ret, seconds / HOUR, "h", seconds % HOUR / MINUTE, "min");
        else if (seconds >= MINUTE)
                two(ret, seconds / MINUTE, "min", seconds % MINUTE, "s");
        else
                snprintf(ret, WGP_SPAN_SIZE, "%" PRIu64 "s", seconds);
}

/* As wg(8) writes them: "1.20 MiB". */
void wgp_bytes_format(uint64_t bytes, char ret[static WGP_BYTES_SIZE]) {
        static const char *const units[] = { "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
        double value = (double) bytes / 1024;
        size_t i = 0;

        if (bytes < 1024) {
                snprintf(ret, WGP_BYTES_SIZE, "%" PRIu64 " B", bytes);
                return;
        }
        while (value >= 1024 && i + 1 < WGP_ARRAY_SIZE(units)) {
                value /= 1024;
                i++;
        }
        snprintf(ret, WGP_BYTES_SIZE, "%.2f %s", value, units[i]);
}
