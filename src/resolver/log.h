/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Log: what the resolver says, on standard error. */

#include "core/diag.h"

void wgp_log_open(void);
void wgp_log(WgpSeverity severity, const char *format, ...) _printf_(2, 3);

#define wgp_log_error(...) wgp_log(WGP_ERROR, __VA_ARGS__)
#define wgp_log_warning(...) wgp_log(WGP_WARNING, __VA_ARGS__)
#define wgp_log_notice(...) wgp_log(WGP_NOTICE, __VA_ARGS__)
