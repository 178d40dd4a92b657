/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/peer-code.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/code.h"
#include "cli/message.h"

static bool ends_with(const char *text, const char *end) {
        const size_t n = strlen(text), k = strlen(end);

        return n >= k && strcasecmp(text + n - k, end) == 0;
}

WgpPeerForm wgp_peer_form(const WgpCli *cli) {
        if (cli->qr)
                return WGP_PEER_FORM_TERMINAL;
        if (cli->output && ends_with(cli->output, ".png"))
                return WGP_PEER_FORM_PNG;
        return cli->output && ends_with(cli->output, ".svg") ? WGP_PEER_FORM_SVG : WGP_PEER_FORM_TEXT;
}

/* --- the code --- */

static int refuse_missing(const char *library, const char *instead) {
        wgp_cli_error("%s is not installed, which makes the code: no client was added. %s", library, instead);
        return CLI_EXIT_UNSUPPORTED;
}

/* Allowed-ips are what makes a profile long. */
static int refuse_long(const WgpText *profile, size_t n_allowed_ips) {
        static const char key[] = "AllowedIPs = ";
        const char *line = strstr(profile->data, key);

        wgp_cli_error("A profile of %zu bytes is too long for a code, which has room for 2953: its AllowedIPs= with %zu prefixes "
                      "takes %zu. No client was added. Tell it fewer with --allowed-ips=, or use --output=FILE.conf.",
                        profile->size, n_allowed_ips, line ? strcspn(line, "\n") : 0);
        return CLI_EXIT_FAILED;
}

static int make(const WgpText *profile, size_t n_allowed_ips, WgpCodeLevel level, WgpCode *ret) {
        int r;

        r = wgp_code_make(profile->data, profile->size, level, ret);
        if (r == -ERANGE && level > WGP_CODE_LEVEL_L)
                r = wgp_code_make(profile->data, profile->size, WGP_CODE_LEVEL_L, ret);
        if (r == -ERANGE)
                return refuse_long(profile, n_allowed_ips);
        return r == -ENOENT ? refuse_missing("libqrencode", "Use --output=FILE.conf.") : r;
}

/* --- the terminal --- */

/* What does not fit would be folded or scrolled away. Not a terminal: it fits. */
static bool fits(const WgpCli *cli, const WgpCode *code, WgpCodeStyle style, struct winsize *size) {
        *size = (struct winsize) {};
        if (!cli->out.is_terminal || ioctl(STDOUT_FILENO, TIOCGWINSZ, size) < 0)
                return true;
        return (size->ws_col == 0 || wgp_code_columns(code, style) <= size->ws_col) &&
               (size->ws_row == 0 || wgp_code_lines(code, style) < size->ws_row); /* a line for the prompt */
}

static int write_to_terminal(const WgpCli *cli, const WgpText *profile, size_t n_allowed_ips, WgpText *ret) {
        const WgpCodeStyle style = cli->out.has_utf8 ? WGP_CODE_BLOCKS : WGP_CODE_ASCII;
        _cleanup_(wgp_code_done) WgpCode code = {};
        struct winsize size;
        int r;

        r = make(profile, n_allowed_ips, WGP_CODE_LEVEL_M, &code);
        if (r == 0 && !fits(cli, &code, style, &size)) { /* a smaller one */
                wgp_code_done(&code);
                r = make(profile, n_allowed_ips, WGP_CODE_LEVEL_L, &code);
        }
        if (r != 0)
                return r;
        if (!fits(cli, &code, style, &size)) {
                wgp_cli_error("The code needs %u columns and %u lines, and this terminal has %u and %u: no client was added. "
                              "Make the terminal larger, or use --output=FILE.png.",
                                wgp_code_columns(&code, style), wgp_code_lines(&code, style) + 1, size.ws_col,
                                size.ws_row);
                return CLI_EXIT_FAILED;
        }
        wgp_code_write(&code, style, cli->out.has_colours, ret);
        return ret->failed ? -ENOMEM : 0;
}

static int write_picture(const WgpText *profile, size_t n_allowed_ips, WgpPeerForm form, WgpText *ret) {
        _cleanup_(wgp_code_done) WgpCode code = {};
        int r;

        r = make(profile, n_allowed_ips, WGP_CODE_LEVEL_M, &code);
        if (r != 0)
                return r;
        if (form == WGP_PEER_FORM_SVG) {
                wgp_code_write_svg(&code, ret);
                return ret->failed ? -ENOMEM : 0;
        }
        r = wgp_code_make_png(&code, ret);
        return r == -ENOENT ? refuse_missing("libpng", "Use --output=FILE.svg.") : r;
}

/* Writes the client's profile as a code, as "cli" asks for. Returns 0, an exit code (reported), or a negative errno.
 */
int wgp_peer_code(const WgpCli *cli, const WgpText *profile, size_t n_allowed_ips, WgpText *ret) {
        const WgpPeerForm form = wgp_peer_form(cli);

        return form == WGP_PEER_FORM_TERMINAL ? write_to_terminal(cli, profile, n_allowed_ips, ret) :
                                                write_picture(profile, n_allowed_ips, form, ret);
}
