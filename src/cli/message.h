/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Messages: what goes to standard error. Text from files comes out with its control characters made visible. */

#include "cli/cli.h"

void wgp_cli_error(const char *format, ...) _printf_(1, 2);
int wgp_cli_report_failure(const char *path, int r);
void wgp_cli_sort_diagnostics(WgpDiagnostics *diagnostics);
int wgp_cli_print_diagnostics(const WgpCli *cli, const WgpDiagnostics *diagnostics);
int wgp_cli_refuse(const WgpCli *cli, const WgpDiagnostics *diagnostics);
