/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Conversion: a profile as the text of either format, and what that format cannot say. Pure. */

#include "base/text.h"
#include "model/profile.h"

int wgp_convert(const WgpProfile *profile, WgpFormat format, const char *uuid, WgpText *text, WgpDiagnostics *losses);
