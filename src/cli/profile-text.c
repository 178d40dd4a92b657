/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/profile-text.h"

#include <strings.h>

#include "cli/message.h"
#include "parse/parse.h"

/* Reads the profile and its drop-ins into "profile", which is new, and judges them together.
 *
 * Returns 0, CLI_EXIT_INVALID when the diagnostics have errors, or a negative errno. */
int wgp_profile_text_judge(const WgpCli *cli, WgpProfile *profile, const WgpProfileText *texts, size_t n_texts,
                WgpDiagnostics *diagnostics) {
        int r = 0;

        for (size_t i = 0; r >= 0 && i < n_texts; i++) {
                _cleanup_(wgp_input_done) WgpInput copy = WGP_INPUT_NULL;

                r = wgp_input_copy(texts[i].input, &copy);
                if (r >= 0)
                        r = wgp_profile_parse(profile, texts[i].path, copy.data, copy.size, &cli->lookup, diagnostics);
        }
        if (r >= 0)
                r = wgp_profile_verify(profile, &cli->lookup, diagnostics);
        if (r < 0 && r != -EBADMSG)
                return r;
        wgp_cli_sort_diagnostics(diagnostics);
        return diagnostics->n_errors > 0 ? CLI_EXIT_INVALID : 0;
}

/* Which format a text is in, by its first section. Returns 0, or -EINVAL when that is of neither. */
int wgp_profile_text_guess(const WgpInput *input, WgpFormat *ret) {
        static const struct {
                const char *header;
                WgpFormat format;
        } headers[] = {
                { "[interface]", WGP_FORMAT_WG_QUICK },
                { "[peer]", WGP_FORMAT_WG_QUICK },
                { "[connection]", WGP_FORMAT_KEYFILE },
                { "[wireguard", WGP_FORMAT_KEYFILE },
                { "[ipv4]", WGP_FORMAT_KEYFILE },
                { "[ipv6]", WGP_FORMAT_KEYFILE },
        };
        const char *line = input->data;

        while (line && *(line += strspn(line, " \t\r\n\xef\xbb\xbf")) != '[' && *line)
                line = strchr(line, '\n');
        for (size_t i = 0; line && i < WGP_ARRAY_SIZE(headers); i++)
                if (strncasecmp(line, headers[i].header, strlen(headers[i].header)) == 0) {
                        *ret = headers[i].format;
                        return 0;
                }
        return -EINVAL;
}
