/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Report: what apply and the resolver say, on standard error. */

#include "base/diag.h"

void wgp_report_open(void);
bool wgp_report_is_journal(void);
void wgp_report(WgpSeverity severity, const char *format, ...) _printf_(2, 3);
void wgp_report_error(const char *format, ...) _printf_(1, 2);
void wgp_report_warning(const char *format, ...) _printf_(1, 2);
void wgp_report_notice(const char *format, ...) _printf_(1, 2);
void wgp_report_diagnostics(const WgpDiagnostics *diagnostics);
