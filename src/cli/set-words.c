/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/set-words.h"

#include <stdarg.h>
#include <stdio.h>

#include "model/prefix.h"
#include "model/value.h"

/* The words that are left. */
typedef struct Words {
        char *const *next;
        size_t n;
        WgpSetRequest *request;
} Words;

void wgp_set_request_done(WgpSetRequest *request) {
        for (size_t i = 0; i < request->n_peers; i++)
                free(request->peers[i].allowed_ips);
        free(request->peers);
        *request = WGP_SET_REQUEST_NULL;
}

static _printf_(2, 3) int problem(const Words *w, const char *format, ...) {
        va_list ap;

        va_start(ap, format);
        vsnprintf(w->request->problem, sizeof(w->request->problem), format, ap);
        va_end(ap);
        return -EINVAL;
}

static const char *take(Words *w) {
        if (w->n == 0)
                return NULL;
        w->n--;
        return *w->next++;
}

static int take_value(Words *w, const char *key, const char **ret) {
        const char *value = take(w);

        if (!value)
                return problem(w, "A value is missing for %s.", key);
        *ret = value;
        return 0;
}

static int take_number(Words *w, const char *key, uint64_t max, uint64_t *ret) {
        const char *value = NULL;
        int r;

        r = take_value(w, key, &value);
        if (r < 0)
                return r;
        if (streq(value, "off"))
                *ret = 0;
        else if (wgp_parse_base0(value, max, ret) < 0)
                return problem(w, "%s: This is no number up to %llu: %s.", key, (unsigned long long) max, value);
        return 0;
}

/* --- a peer --- */

static int add_allowed_ip(const Words *w, WgpSetPeer *peer, const char *text) {
        const char sign = *text == '+' || *text == '-' ? *text : 0;
        WgpSetAllowedIp item = { .sign = sign };
        bool has_length;

        if (wgp_prefix_parse(text + (sign != 0), &item.prefix, &has_length) < 0)
                return problem(w, "allowed-ips: This is no address with a prefix length: %s.", text);
        (void) wgp_prefix_mask(&item.prefix);
        if (!wgp_grow(&peer->allowed_ips, &peer->n_allocated, peer->n_allowed_ips + 1, sizeof(item)))
                return -ENOMEM;
        peer->allowed_ips[peer->n_allowed_ips++] = item;
        return 0;
}

static int take_allowed_ips(Words *w, WgpSetPeer *peer) {
        _cleanup_(freep) char *copy = NULL;
        const char *value = NULL;
        char *cursor;
        int r;

        r = take_value(w, "allowed-ips", &value);
        if (r < 0)
                return r;
        copy = cursor = strdup(value);
        if (!copy)
                return -ENOMEM;
        peer->has_allowed_ips = true;
        for (char *item; r >= 0 && (item = strsep(&cursor, ", \t"));)
                if (*item)
                        r = add_allowed_ip(w, peer, item);
        return r;
}

/* Returns 1 when the word is none of a peer's. */
static int take_peer_word(Words *w, WgpSetPeer *peer, const char *word) {
        uint64_t number;
        int r;

        if (streq(word, "remove")) {
                peer->remove = true;
                return 0;
        }
        if (streq(word, "preshared-key"))
                return take_value(w, word, &peer->preshared_key_file);
        if (streq(word, "endpoint"))
                return take_value(w, word, &peer->endpoint);
        if (streq(word, "allowed-ips"))
                return take_allowed_ips(w, peer);
        if (!streq(word, "persistent-keepalive"))
                return 1;
        r = take_number(w, word, UINT16_MAX, &number);
        if (r >= 0) {
                peer->has_keepalive = true;
                peer->keepalive = (uint16_t) number;
        }
        return r;
}

static int take_peer(Words *w) {
        WgpSetRequest *request = w->request;
        WgpSetPeer *peer;
        int r;

        if (!wgp_grow(&request->peers, &request->n_allocated, request->n_peers + 1, sizeof(*peer)))
                return -ENOMEM;
        peer = request->peers + request->n_peers;
        *peer = (WgpSetPeer) {};
        r = take_value(w, "peer", &peer->label);
        if (r < 0)
                return r;
        peer->has_key = wgp_key_parse(peer->label, WGP_KEY_CANONICAL, peer->public_key) >= 0;
        request->n_peers++;
        return 0;
}

/* --- the device --- */

/* Returns 1 when the word is none of the device's. */
static int take_device_word(Words *w, const char *word) {
        WgpSetRequest *request = w->request;
        uint64_t number;
        int r;

        if (streq(word, "peer"))
                return take_peer(w);
        if (streq(word, "private-key"))
                return take_value(w, word, &request->private_key_file);
        if (streq(word, "listen-port")) {
                r = take_number(w, word, UINT16_MAX, &number);
                request->has_listen_port = r >= 0;
                request->listen_port = r >= 0 ? (uint16_t) number : 0;
                return r;
        }
        if (!streq(word, "fwmark"))
                return 1;
        r = take_number(w, word, UINT32_MAX, &number);
        request->has_fwmark = r >= 0;
        request->fwmark = r >= 0 ? (uint32_t) number : 0;
        return r;
}

/* Reads the words; the request borrows them. Returns 0, -EINVAL with request->problem, or -ENOMEM. To be freed by
 * wgp_set_request_done(), also after a failure. */
int wgp_set_words_parse(char *const *words, size_t n_words, WgpSetRequest *request) {
        Words w = { words, n_words, request };
        const char *word;

        if (n_words == 0)
                return problem(&w, "There is nothing to set.");
        while ((word = take(&w))) {
                int r = 1;

                if (request->n_peers > 0)
                        r = take_peer_word(&w, request->peers + request->n_peers - 1, word);
                if (r == 1)
                        r = take_device_word(&w, word);
                if (r == 1)
                        return *word == '-' ? problem(&w, "An option goes before the name: %s.", word) :
                                              problem(&w, "Not a word of wg(8)'s set%s: %s.",
                                                              request->n_peers > 0 ? "" : ", or a peer's without peer",
                                                              word);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* --- what becomes of a list --- */

static bool contains(const WgpPrefix *items, size_t n_items, const WgpPrefix *item) {
        for (size_t i = 0; i < n_items; i++)
                if (wgp_prefix_compare(items + i, item) == 0)
                        return true;
        return false;
}

static int add_once(WgpPeerState *to, const WgpPrefix *item) {
        return contains(to->allowed_ips, to->n_allowed_ips, item) ? 0 : wgp_peer_state_add_allowed_ip(to, item);
}

/* Whether the last word about an item is that it goes. */
static bool is_removed(const WgpSetPeer *peer, const WgpPrefix *item) {
        for (size_t i = peer->n_allowed_ips; i > 0; i--)
                if (wgp_prefix_compare(&peer->allowed_ips[i - 1].prefix, item) == 0)
                        return peer->allowed_ips[i - 1].sign == '-';
        return false;
}

/* The peer's allowed-ips after the request, appended to those of "ret": they replace what is present, unless one of
 * them has a sign, as with wg(8). Returns 0, or -ENOMEM. */
int wgp_set_allowed_ips(const WgpSetPeer *peer, const WgpPrefix *present, size_t n_present, WgpPeerState *ret) {
        bool replaces = true;
        int r = 0;

        for (size_t i = 0; i < peer->n_allowed_ips; i++)
                replaces = replaces && peer->allowed_ips[i].sign == 0;
        for (size_t i = 0; !replaces && r >= 0 && i < n_present; i++)
                if (!is_removed(peer, present + i))
                        r = add_once(ret, present + i);
        for (size_t i = 0; r >= 0 && i < peer->n_allowed_ips; i++)
                if (!is_removed(peer, &peer->allowed_ips[i].prefix))
                        r = add_once(ret, &peer->allowed_ips[i].prefix);
        return r;
}
