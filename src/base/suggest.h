/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Suggestion: the word that somebody who typed another one may have meant. Pure. */

#include "base/macro.h"

const char *wgp_suggest(const char *typed, const char *const *words, size_t n_words);
