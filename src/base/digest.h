/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Digest: whether something is what it was. FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/: against accidents, not
 * against anybody's malice. */

#include "base/macro.h"

uint64_t wgp_digest_add(uint64_t digest, const void *data, size_t size);
