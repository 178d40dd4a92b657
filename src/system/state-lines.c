/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the long lists of a record line by line, without a JSON parser. Pure.
 *
 * Of ten thousand peers the record has as many endpoints and routes, each on a line of its own. Those lines are read
 * here, as far as a list begins with such, and taken out of the text; jansson reads the rest. Measured with 10 000
 * peers: 2 ms instead of 13 ms, of the 35 ms that a reload without changes takes. A key that is there twice is not
 * noticed. */

#include "model/prefix.h"
#include "model/value.h"
#include "system/state-internal.h"

/* Makes room for so many items. Returns 0, or -ENOMEM. */
typedef int (*Reserve)(WgpState *state, size_t n);

/* Reads a line. Returns 1, 0 when it is not such a line, or -ENOMEM. */
typedef int (*TakeLine)(const char *line, size_t n, WgpState *state);

/* The text between the quotes of "  "TEXT"" and the same with a comma. Returns its length; 0: it is another kind of
 * line. */
static size_t unquote(const char *line, size_t n, const char **ret) {
        if (n > 0 && line[n - 1] == ',')
                n--;
        if (n < 5 || memcmp(line, "  \"", 3) != 0 || line[n - 1] != '"')
                return 0;
        *ret = line + 3;
        return n - 4;
}

static bool copy_text(const char *text, size_t n, char *to, size_t size) {
        if (n >= size)
                return false;
        memcpy(to, text, n);
        to[n] = 0;
        return true;
}

static int reserve_peers(WgpState *state, size_t n) {
        return wgp_device_reserve_peers(&state->network.device, n);
}

static int reserve_routes(WgpState *state, size_t n) {
        return wgp_network_reserve_routes(&state->network, n);
}

/* "KEY": "ENDPOINT" */
static int take_peer(const char *line, size_t n, WgpState *state) {
        static const char between[] = "\": \"";
        const size_t n_key = WGP_KEY_TEXT_SIZE - 1, n_before = n_key + strlen(between);
        char key_text[WGP_KEY_TEXT_SIZE], endpoint_text[WGP_SOCKADDR_TEXT_SIZE];
        uint8_t key[WGP_KEY_SIZE];
        WgpSockaddr endpoint;
        WgpPeerState *peer;
        const char *text;

        n = unquote(line, n, &text);
        if (n <= n_before || memcmp(text + n_key, between, strlen(between)) != 0 ||
                        !copy_text(text, n_key, key_text, sizeof(key_text)) ||
                        !copy_text(text + n_before, n - n_before, endpoint_text, sizeof(endpoint_text)) ||
                        wgp_key_parse(key_text, WGP_KEY_CANONICAL, key) < 0 ||
                        wgp_sockaddr_parse(endpoint_text, &endpoint) < 0)
                return 0;

        peer = wgp_device_add_peer(&state->network.device, key);
        if (!peer)
                return -ENOMEM;
        peer->endpoint = endpoint;
        return 1;
}

/* "DESTINATION" */
static int take_route(const char *line, size_t n, WgpState *state) {
        char text[WGP_PREFIX_TEXT_SIZE];
        const char *quoted;
        WgpPrefix prefix;
        WgpRoute *route;

        n = unquote(line, n, &quoted);
        if (n == 0 || !copy_text(quoted, n, text, sizeof(text)) || wgp_prefix_parse(text, &prefix, NULL) < 0)
                return 0;

        route = wgp_network_add_route(&state->network);
        if (!route)
                return -ENOMEM;
        wgp_state_set_usual(&wgp_state_route, route);
        route->destination = prefix;
        return 1;
}

typedef struct List {
        const char *head;
        Reserve reserve;
        TakeLine take;
} List;

static bool closes_list(const char *text, const char *end) {
        return end - text >= 2 && text[0] == ' ' && (text[1] == '}' || text[1] == ']');
}

/* Returns 0 with where the first line is that was not taken; -EBADMSG: a comma too many, or too few; or -ENOMEM. */
static int take_lines(const List *list, const char *text, const char *end, WgpState *state, const char **ret) {
        const char *newline, *first = text;
        bool more = true;
        int r;

        while (more && (newline = memchr(text, '\n', (size_t) (end - text)))) {
                r = list->take(text, (size_t) (newline - text), state);
                if (r < 0)
                        return r;
                if (r == 0)
                        break;
                if (text == first) { /* room for as many as there would be if all were as long as the first */
                        r = list->reserve(state, (size_t) (end - text) / (size_t) (newline + 1 - text));
                        if (r < 0)
                                return r;
                }
                more = newline[-1] == ',';
                text = newline + 1;
        }
        if (text > first && more == closes_list(text, end))
                return -EBADMSG;
        *ret = text;
        return 0;
}

/* Adds to "state" what can be read line by line. Returns 0 with the rest of the text, which is JSON as the whole was,
 * to be freed by the caller; -EBADMSG, or -ENOMEM. */
int wgp_state_take_lines(const char *text, size_t size, WgpState *state, char **ret, size_t *ret_size) {
        static const List lists[] = {
                /* in the order of the text */
                { "\n \"peers\": {\n", reserve_peers, take_peer },
                { "\n \"routes\": [\n", reserve_routes, take_route },
        };
        _cleanup_(freep) char *rest = malloc(size + 1); /* mostly, little of it is used */
        const char *end = text + size;
        size_t n_rest = 0;

        if (!rest)
                return -ENOMEM;
        for (size_t i = 0; i < WGP_ARRAY_SIZE(lists); i++) {
                const char *head = memmem(text, (size_t) (end - text), lists[i].head, strlen(lists[i].head)), *lines;
                int r;

                if (!head)
                        continue;
                lines = head + strlen(lists[i].head);
                memcpy(rest + n_rest, text, (size_t) (lines - text));
                n_rest += (size_t) (lines - text);
                r = take_lines(lists + i, lines, end, state, &text);
                if (r < 0)
                        return r;
        }
        memcpy(rest + n_rest, text, (size_t) (end - text));
        *ret_size = n_rest + (size_t) (end - text);
        *ret = TAKE_PTR(rest);
        return 0;
}
