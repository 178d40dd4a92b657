/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Verdict: words and colours. */

#include "cli/verdict.h"

#include <stdio.h>

#include "cli/json-output.h"

static const struct {
        const char *word;
        WgpColour colour;
} verdicts[_WGP_VERDICT_N] = {
        [WGP_VERDICT_OK] = { "ok", WGP_COLOUR_GREEN },
        [WGP_VERDICT_WARNINGS] = { "warnings", WGP_COLOUR_YELLOW },
        [WGP_VERDICT_ERRORS] = { "errors", WGP_COLOUR_RED },
        [WGP_VERDICT_MASKED] = { "masked", WGP_COLOUR_DIM },
        [WGP_VERDICT_AMBIGUOUS] = { "ambiguous", WGP_COLOUR_RED },
        [WGP_VERDICT_UNREADABLE] = { "unreadable", WGP_COLOUR_RED },
};

WgpColour wgp_verdict_colour(WgpVerdict verdict) {
        return verdicts[verdict].colour;
}

void wgp_verdict_format(const WgpLoaded *loaded, char ret[static WGP_VERDICT_TEXT_SIZE]) {
        const WgpVerdict verdict = wgp_loaded_verdict(loaded);
        const bool errors = verdict == WGP_VERDICT_ERRORS;
        const size_t n = errors ? loaded->diagnostics.n_errors : loaded->diagnostics.n_warnings;

        if (errors || verdict == WGP_VERDICT_WARNINGS)
                snprintf(ret, WGP_VERDICT_TEXT_SIZE, "%zu %s%s", n, errors ? "error" : "warning", n == 1 ? "" : "s");
        else
                snprintf(ret, WGP_VERDICT_TEXT_SIZE, "%s", verdicts[verdict].word);
}

/* Returns an object for the caller to free, or NULL when memory ran out. */
json_t *wgp_loaded_json(const WgpLoaded *loaded) {
        json_t *autoconnect = loaded->profile ? json_boolean(wgp_loaded_autoconnects(loaded)) : json_null();

        return json_pack("{s:o, s:s, s:o, s:o, s:b, s:s, s:I, s:I}", "name", wgp_json_text(loaded->item.name),
                        "format", wgp_format_name(loaded->item.format), "path", wgp_json_text(loaded->path),
                        "autoconnect", autoconnect, "fallback", loaded->item.fallback, "verdict",
                        verdicts[wgp_loaded_verdict(loaded)].word, "errors", (json_int_t) loaded->diagnostics.n_errors,
                        "warnings", (json_int_t) loaded->diagnostics.n_warnings);
}
