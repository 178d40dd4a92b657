/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Conversion: a profile as the text of either format, and what that format cannot say. Pure. */

#include "model/profile.h"
#include "base/text.h"

int wgp_convert(const WgpProfile *profile, WgpFormat format, const char *uuid, WgpText *text,
                WgpDiagnostics *losses);
