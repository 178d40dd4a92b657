/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Formats the overview. A terminal that is too narrow for all columns gets the more important ones, and the reason cut
 * off; what is not a terminal gets everything. */

#include "cli/overview.h"

#include <stdio.h>

#include "base/utf8.h"
#include "cli/cli.h"
#include "cli/shell-quote.h"
#include "cli/span.h"
#include "system/profile-name.h"

typedef enum Column {
        COLUMN_NAME,
        COLUMN_STATE,
        COLUMN_HANDSHAKE,
        COLUMN_RX,
        COLUMN_TX,
        COLUMN_BOOT,
        COLUMN_REASON,
        _COLUMN_N,
} Column;

enum {
        GAP = 2,         /* between columns */
        NAME_MIN = 8,    /* a name is not cut shorter */
        REASON_MIN = 16, /* for less of the reason, a column that matters less is left out */
};

typedef struct Row {
        char *cells[_COLUMN_N];
        WgpColour state_colour, reason_colour;
} Row;

typedef struct Table {
        Row *rows;
        size_t n_rows;
        size_t widths[_COLUMN_N]; /* 0: the column is left out */
} Table;

static void table_done(Table *table) {
        for (size_t i = 0; i < table->n_rows; i++)
                for (Column c = 0; c < _COLUMN_N; c++)
                        free(table->rows[i].cells[c]);
        free(table->rows);
}

/* How many characters the text has; each takes a column of the terminal. */
static size_t width_of(const char *text) {
        size_t n = 0;

        for (; *text; n++)
                text += WGP_MAX(wgp_utf8_size(text), (size_t) 1);
        return n;
}

/* --- the cells --- */

static int64_t last_handshake(const WgpTunnelStatus *tunnel) {
        int64_t last = 0;

        for (size_t i = 0; i < tunnel->n_peers; i++)
                last = WGP_MAX(last, tunnel->peers[i].peer->handshake_sec);
        return last;
}

static char *format_handshake(const WgpTunnelStatus *tunnel, const WgpMoment *now) {
        const int64_t last = last_handshake(tunnel);
        char span[WGP_SPAN_SIZE], *text;

        if (last == 0)
                return strdup("-");
        wgp_span_format((uint64_t) WGP_MAX(now->real_sec - last, 0), span);
        return asprintf(&text, "%s ago", span) < 0 ? NULL : text;
}

/* Of all peers together. */
static char *format_bytes(const WgpOverview *overview, const WgpTunnelStatus *tunnel, bool received) {
        char number[WGP_BYTES_SIZE], *text;
        uint64_t bytes = 0;

        if (tunnel->n_peers == 0)
                return strdup("-");
        for (size_t i = 0; i < tunnel->n_peers; i++) {
                const WgpPeerStatus *peer = tunnel->peers + i;

                if (overview->rates)
                        bytes += received ? peer->rx_rate : peer->tx_rate;
                else
                        bytes += received ? peer->peer->rx_bytes : peer->peer->tx_bytes;
        }
        wgp_bytes_format(bytes, number);
        return asprintf(&text, "%s%s", number, overview->rates ? "/s" : "") < 0 ? NULL : text;
}

static const char *boot_text(const WgpTunnelStatus *tunnel) {
        static const char *const texts[] = {
                [WGP_BOOT_UNKNOWN] = "-",
                [WGP_BOOT_NO] = "no",
                [WGP_BOOT_YES] = "yes",
        };

        return tunnel->masked ? "masked" : texts[tunnel->boot];
}

static void add_reason(WgpText *text, const char *reason) {
        if (reason && *reason)
                wgp_text_printf(text, "%s%s", text->size > 0 ? "; " : "", reason);
}

/* Why the state is what it is, where the word does not say it all. */
static const char *state_reason(const WgpTunnelStatus *tunnel) {
        switch (tunnel->state) {
        case WGP_TUNNEL_UP:
        case WGP_TUNNEL_IDLE:
        case WGP_TUNNEL_RUNNING:
        case WGP_TUNNEL_DOWN:
                return NULL;
        default:
                return tunnel->reason;
        }
}

/* What there is to say beside the numbers, with the command that helps. */
static char *format_reason(const WgpTunnelStatus *tunnel, WgpColour *ret_colour) {
        _cleanup_(freep) char *name = wgp_shell_quote(tunnel->name), *shown = NULL;
        const char *kill_switch = wgp_tunnel_kill_switch_problem(tunnel);
        _cleanup_(wgp_text_done) WgpText text = WGP_TEXT_NULL;
        const bool up = tunnel->state <= WGP_TUNNEL_RUNNING;

        *ret_colour = WGP_COLOUR_YELLOW;
        if (wgp_tunnel_lacks_kill_switch(tunnel) || tunnel->state >= WGP_TUNNEL_STALE || (tunnel->n_errors > 0 && !up))
                *ret_colour = WGP_COLOUR_RED;
        wgp_text_append(&text, "");
        if (wgp_tunnel_lacks_kill_switch(tunnel) || tunnel->kill_switch)
                add_reason(&text, kill_switch);
        add_reason(&text, state_reason(tunnel));
        if (tunnel->n_errors > 0 && !up)
                wgp_text_printf(&text, "%s%zu error%s: wg-profile check %s", text.size > 0 ? "; " : "",
                                tunnel->n_errors, tunnel->n_errors == 1 ? "" : "s", name ?: "");
        else if (tunnel->compared == CLI_EXIT_CHANGES)
                wgp_text_printf(&text, "%sprofile changed: wg-profile reload %s", text.size > 0 ? "; " : "",
                                name ?: "");
        else if (tunnel->compared == CLI_EXIT_INVALID)
                wgp_text_printf(&text, "%sprofile has errors now: wg-profile check %s", text.size > 0 ? "; " : "",
                                name ?: "");
        if (text.failed || !name)
                return NULL;
        shown = wgp_printable(text.data);
        return TAKE_PTR(shown);
}

static int fill_row(const WgpOverview *overview, size_t i, Row *row) {
        const WgpTunnelStatus *tunnel = overview->tunnels + i;

        row->state_colour = wgp_tunnel_state_colour(tunnel->state);
        row->cells[COLUMN_NAME] = wgp_printable(tunnel->name);
        row->cells[COLUMN_STATE] = strdup(wgp_tunnel_state_name(tunnel->state));
        row->cells[COLUMN_HANDSHAKE] = format_handshake(tunnel, overview->now);
        row->cells[COLUMN_RX] = format_bytes(overview, tunnel, /* received= */ true);
        row->cells[COLUMN_TX] = format_bytes(overview, tunnel, /* received= */ false);
        row->cells[COLUMN_BOOT] = strdup(boot_text(tunnel));
        row->cells[COLUMN_REASON] = format_reason(tunnel, &row->reason_colour);
        for (Column c = 0; c < _COLUMN_N; c++)
                if (!row->cells[c])
                        return -ENOMEM;
        return 0;
}

/* --- the columns --- */

static const char *const titles[_COLUMN_N] = {
        [COLUMN_NAME] = "NAME",
        [COLUMN_STATE] = "STATE",
        [COLUMN_HANDSHAKE] = "HANDSHAKE",
        [COLUMN_RX] = "RX",
        [COLUMN_TX] = "TX",
        [COLUMN_BOOT] = "BOOT",
        [COLUMN_REASON] = "REASON",
};

static void measure(Table *table, bool legend) {
        for (Column c = 0; c < _COLUMN_N; c++) {
                size_t width = 0;

                for (size_t i = 0; i < table->n_rows; i++)
                        width = WGP_MAX(width, width_of(table->rows[i].cells[c]));
                if (legend && (c != COLUMN_REASON || width > 0)) /* no title without a reason */
                        width = WGP_MAX(width, strlen(titles[c]));
                table->widths[c] = width;
        }
}

static size_t total(const Table *table, size_t reason) {
        size_t width = 2; /* the dot */
        bool first = true;

        for (Column c = 0; c < _COLUMN_N; c++) {
                const size_t w = c == COLUMN_REASON ? WGP_MIN(table->widths[c], reason) : table->widths[c];

                if (w == 0)
                        continue;
                width += w + (first ? 0 : GAP);
                first = false;
        }
        return width;
}

/* Leaves out what fits least: the numbers, then cuts the reason, then names. */
static void fit(Table *table, size_t width) {
        static const Column lesser[] = { COLUMN_TX, COLUMN_RX, COLUMN_BOOT, COLUMN_HANDSHAKE };
        size_t others;

        if (width == 0)
                return;
        for (size_t i = 0; i < WGP_ARRAY_SIZE(lesser) && total(table, REASON_MIN) > width; i++)
                table->widths[lesser[i]] = 0;
        if (total(table, REASON_MIN) > width) {
                const size_t over = total(table, REASON_MIN) - width, name = table->widths[COLUMN_NAME];

                table->widths[COLUMN_NAME] = WGP_MIN(name, WGP_MAX(name > over ? name - over : 0, (size_t) NAME_MIN));
        }
        others = total(table, 0);
        if (table->widths[COLUMN_REASON] > 0)
                table->widths[COLUMN_REASON] =
                                WGP_MIN(table->widths[COLUMN_REASON], width > others + GAP ? width - others - GAP : 0);
}

/* --- the lines --- */

/* A cell that is too long ends with an ellipsis. "pad": spaces up to the width of the column. */
static void add_cell(const WgpOverview *overview, const char *cell, size_t width, bool pad, WgpText *text) {
        const char *cut = overview->terminal->has_utf8 ? "\u2026" : "...";
        const size_t n = width_of(cell), n_cut = width_of(cut);
        size_t room = n <= width ? n : width - WGP_MIN(width, n_cut);
        const char *p = cell;

        for (; room > 0; room--)
                p += WGP_MAX(wgp_utf8_size(p), (size_t) 1);
        wgp_text_printf(text, "%.*s%s", (int) (p - cell), cell, n <= width ? "" : cut);
        if (pad)
                wgp_text_printf(text, "%*s", (int) (width - WGP_MIN(n, width)), "");
}

static bool is_last(const Table *table, const Row *row, Column column) {
        for (Column c = column + 1; c < _COLUMN_N; c++)
                if (table->widths[c] > 0 && (!row || *row->cells[c]))
                        return false;
        return true;
}

static void add_line(const WgpOverview *overview, const Table *table, const Row *row, WgpText *text) {
        const WgpTerminal *terminal = overview->terminal;

        for (Column c = 0; c < _COLUMN_N; c++) {
                const char *cell = row ? row->cells[c] : titles[c];
                WgpColour colour = !row               ? WGP_COLOUR_BOLD :
                                   c == COLUMN_STATE  ? row->state_colour :
                                   c == COLUMN_REASON ? row->reason_colour :
                                                        WGP_COLOUR_NONE;

                if (table->widths[c] == 0 || (c == COLUMN_REASON && !*cell))
                        continue;
                if (c > 0)
                        wgp_text_printf(text, "%*s", GAP, "");
                wgp_text_append(text, wgp_terminal_colour(terminal, colour));
                add_cell(overview, cell, table->widths[c], !is_last(table, row, c), text);
                wgp_text_append(text, wgp_terminal_reset(terminal, colour));
        }
        wgp_text_append(text, "\n");
}

static void add_row(const WgpOverview *overview, const Table *table, size_t i, WgpText *text) {
        const Row *row = table->rows + i;
        const bool down = overview->tunnels[i].state == WGP_TUNNEL_DOWN;
        const char *dot = !overview->terminal->has_utf8 ? (down ? " " : "*") : down ? "\u25cb" : "\u25cf";

        wgp_text_printf(text, "%s%s%s ", wgp_terminal_colour(overview->terminal, row->state_colour), dot,
                        wgp_terminal_reset(overview->terminal, row->state_colour));
        add_line(overview, table, row, text);
}

/* How many there are in each state. */
static void add_summary(const WgpOverview *overview, WgpText *text) {
        bool first = true;

        wgp_text_printf(text, "\n%zu tunnel%s:", overview->n_tunnels, overview->n_tunnels == 1 ? "" : "s");
        for (WgpTunnelState s = 0; s < _WGP_TUNNEL_STATE_N; s++) {
                size_t n = 0;

                for (size_t i = 0; i < overview->n_tunnels; i++)
                        n += overview->tunnels[i].state == s;
                if (n == 0)
                        continue;
                wgp_text_printf(text, "%s %zu %s", first ? "" : ",", n, wgp_tunnel_state_name(s));
                first = false;
        }
        wgp_text_append(text, ".\n");
}

/* Appends the table. Returns 0, or -ENOMEM. */
int wgp_overview_format(const WgpOverview *overview, WgpText *text) {
        _cleanup_(table_done) Table table = { .rows = calloc(overview->n_tunnels + 1, sizeof(Row)) };

        if (!table.rows)
                return -ENOMEM;
        for (; table.n_rows < overview->n_tunnels; table.n_rows++) {
                int r = fill_row(overview, table.n_rows, table.rows + table.n_rows);

                if (r < 0) {
                        table.n_rows++;
                        return r;
                }
        }
        measure(&table, overview->legend);
        fit(&table, overview->terminal->width);
        if (overview->legend) {
                wgp_text_append(text, "  ");
                add_line(overview, &table, NULL, text);
        }
        for (size_t i = 0; i < table.n_rows; i++)
                add_row(overview, &table, i, text);
        if (overview->legend)
                add_summary(overview, text);
        return text->failed ? -ENOMEM : 0;
}
