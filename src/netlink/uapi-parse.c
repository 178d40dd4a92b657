/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* UAPI: replies. Prototypes in uapi.h.
 *
 * A reply is "key=value" lines and an empty line; the last key is "errno". Keys that are not known are skipped, as the
 * protocol may grow; a value of a known key that cannot be read makes the reply -EBADMSG. */

#include "core/value.h"
#include "netlink/uapi.h"

enum {
        ERRNO_MAX = 4095, /* MAX_ERRNO of the kernel */
        VALUE_SIZE = 2 * WGP_KEY_SIZE + 64, /* more than the longest, a key or an endpoint with a scope */
};

typedef struct Parser {
        const WgpUapiLookup *lookup;
        WgpDevice device;
        WgpPeerState *peer; /* the one that lines are about, NULL: the device */
        int result;         /* what "errno" said */
        bool has_result;
} Parser;

/* A value is text without the newline. */
typedef int (*ParseValue)(Parser *p, const char *value);

static void parser_done(Parser *p) {
        wgp_device_done(&p->device);
}

static int hex_digit(char c) {
        if (c >= '0' && c <= '9')
                return c - '0';
        if (c >= 'a' && c <= 'f')
                return c - 'a' + 10;
        return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static int parse_key(const char *value, uint8_t ret[static WGP_KEY_SIZE]) {
        if (strlen(value) != 2 * WGP_KEY_SIZE)
                return -EBADMSG;

        for (size_t i = 0; i < WGP_KEY_SIZE; i++) {
                int high = hex_digit(value[2 * i]), low = hex_digit(value[2 * i + 1]);

                if (high < 0 || low < 0)
                        return -EBADMSG;
                ret[i] = (uint8_t) (high << 4 | low);
        }
        return 0;
}

static int parse_number(const char *value, uint64_t max, uint64_t *ret) {
        return wgp_parse_decimal(value, max, ret) < 0 ? -EBADMSG : 0;
}

static int parse_private_key(Parser *p, const char *value) {
        return parse_key(value, p->device.private_key);
}

static int parse_listen_port(Parser *p, const char *value) {
        uint64_t v;

        if (parse_number(value, UINT16_MAX, &v) < 0)
                return -EBADMSG;

        p->device.listen_port = (uint16_t) v;
        return 0;
}

static int parse_fwmark(Parser *p, const char *value) {
        uint64_t v;

        if (parse_number(value, UINT32_MAX, &v) < 0)
                return -EBADMSG;

        p->device.fwmark = (uint32_t) v;
        return 0;
}

static int parse_public_key(Parser *p, const char *value) {
        uint8_t key[WGP_KEY_SIZE];
        int r;

        r = parse_key(value, key);
        if (r < 0)
                return r;

        p->peer = wgp_device_add_peer(&p->device, key);
        return p->peer ? 0 : -ENOMEM;
}

static int parse_preshared_key(Parser *p, const char *value) {
        return parse_key(value, p->peer->preshared_key);
}

static uint32_t find_scope(const Parser *p, const char *scope) {
        uint64_t v;

        if (wgp_parse_decimal(scope, UINT32_MAX, &v) >= 0)
                return (uint32_t) v;
        return p->lookup && p->lookup->scope ? p->lookup->scope(scope) : 0;
}

/* ADDRESS:PORT, [ADDRESS]:PORT or [ADDRESS%SCOPE]:PORT */
static int parse_endpoint(Parser *p, const char *value) {
        char address[VALUE_SIZE], *colon, *scope;
        uint32_t scope_id = 0;
        WgpPrefix prefix;
        uint64_t port;

        strcpy(address, value); /* no value is longer */
        colon = strrchr(address, ':');
        if (!colon || parse_number(colon + 1, UINT16_MAX, &port) < 0)
                return -EBADMSG;
        *colon = 0;

        if (address[0] == '[') {
                if (colon[-1] != ']')
                        return -EBADMSG;
                colon[-1] = 0;
        }

        scope = strchr(address, '%');
        if (scope) {
                *scope = 0;
                scope_id = find_scope(p, scope + 1);
        }

        if (wgp_address_parse(address + (address[0] == '['), &prefix) < 0 ||
            (address[0] == '[') != (prefix.family == AF_INET6))
                return -EBADMSG;

        wgp_sockaddr_from_prefix(&prefix, (uint16_t) port, &p->peer->endpoint);
        if (prefix.family == AF_INET6)
                p->peer->endpoint.in6.sin6_scope_id = scope_id;
        return 0;
}

static int parse_keepalive(Parser *p, const char *value) {
        uint64_t v;

        if (parse_number(value, UINT16_MAX, &v) < 0)
                return -EBADMSG;

        p->peer->keepalive = (uint16_t) v;
        return 0;
}

static int parse_allowed_ip(Parser *p, const char *value) {
        WgpPrefix prefix;
        bool has_length;

        if (wgp_prefix_parse(value, &prefix, &has_length) < 0 || !has_length)
                return -EBADMSG;

        return wgp_peer_state_add_allowed_ip(p->peer, &prefix);
}

static int parse_handshake_sec(Parser *p, const char *value) {
        uint64_t v;

        if (parse_number(value, INT64_MAX, &v) < 0)
                return -EBADMSG;

        p->peer->handshake_sec = (int64_t) v;
        return 0;
}

static int parse_handshake_nsec(Parser *p, const char *value) {
        uint64_t v;

        if (parse_number(value, 999999999, &v) < 0)
                return -EBADMSG;

        p->peer->handshake_nsec = (uint32_t) v;
        return 0;
}

static int parse_rx_bytes(Parser *p, const char *value) {
        return parse_number(value, UINT64_MAX, &p->peer->rx_bytes);
}

static int parse_tx_bytes(Parser *p, const char *value) {
        return parse_number(value, UINT64_MAX, &p->peer->tx_bytes);
}

static int parse_errno(Parser *p, const char *value) {
        uint64_t v;

        /* the sign depends on the implementation */
        if (parse_number(value + (value[0] == '-'), ERRNO_MAX, &v) < 0)
                return -EBADMSG;

        p->result = -(int) v;
        p->has_result = true;
        return 0;
}

static const struct {
        const char *name;
        ParseValue parse;
        bool of_peer;
} keys[] = {
        { "allowed_ip", parse_allowed_ip, true }, /* first: there are most of it */
        { "private_key", parse_private_key, false },
        { "listen_port", parse_listen_port, false },
        { "fwmark", parse_fwmark, false },
        { "public_key", parse_public_key, false },
        { "preshared_key", parse_preshared_key, true },
        { "endpoint", parse_endpoint, true },
        { "persistent_keepalive_interval", parse_keepalive, true },
        { "last_handshake_time_sec", parse_handshake_sec, true },
        { "last_handshake_time_nsec", parse_handshake_nsec, true },
        { "rx_bytes", parse_rx_bytes, true },
        { "tx_bytes", parse_tx_bytes, true },
        { "errno", parse_errno, false },
};

static int parse_value(Parser *p, ParseValue parse, const char *value, size_t n) {
        char copy[VALUE_SIZE];
        int r;

        if (n >= sizeof(copy) || memchr(value, 0, n))
                return -EBADMSG;

        memcpy(copy, value, n);
        copy[n] = 0;
        r = parse(p, copy);
        explicit_bzero(copy, n);
        return r;
}

static int parse_line(Parser *p, const char *line, size_t n) {
        const char *equals = memchr(line, '=', n);
        size_t n_key;

        if (!equals)
                return -EBADMSG;

        n_key = (size_t) (equals - line);
        for (size_t i = 0; i < WGP_ARRAY_SIZE(keys); i++) {
                if (strlen(keys[i].name) != n_key || memcmp(keys[i].name, line, n_key) != 0)
                        continue;
                if (keys[i].of_peer && !p->peer)
                        return -EBADMSG;
                return parse_value(p, keys[i].parse, equals + 1, n - n_key - 1);
        }
        return 0;
}

/* All lines up to the empty one, which must be the last. */
static int parse_reply(Parser *p, const char *text, size_t size) {
        while (size > 0) {
                const char *newline = memchr(text, '\n', size);
                size_t n;
                int r;

                if (!newline)
                        return -EBADMSG;

                n = (size_t) (newline - text);
                if (n == 0)
                        return size == 1 && p->has_result ? 0 : -EBADMSG;

                r = parse_line(p, text, n);
                if (r < 0)
                        return r;
                text += n + 1;
                size -= n + 1;
        }
        return -EBADMSG;
}

/* True when the text received so far is a whole reply: stop reading. */
bool wgp_uapi_reply_complete(const char *text, size_t size) {
        return size >= 2 && memcmp(text + size - 2, "\n\n", 2) == 0;
}

/* Reads the reply to a "set" request.
 *
 * Returns what it says, 0 or a negative errno, or -EBADMSG when it is not such a reply. */
int wgp_uapi_parse_result(const char *text, size_t size) {
        _cleanup_(parser_done) Parser p = {};
        int r;

        r = parse_reply(&p, text, size);
        return r < 0 ? r : p.result;
}

/* Reads the reply to WGP_UAPI_GET. "lookup" may be NULL.
 *
 * Returns 0 with the device in *ret, to be freed by wgp_device_done(); the error that the reply or the lookup reports;
 * -EBADMSG or -ENOMEM. */
int wgp_uapi_parse_device(const char *text, size_t size, const WgpUapiLookup *lookup, WgpDevice *ret) {
        _cleanup_(parser_done) Parser p = { .lookup = lookup };
        int r;

        r = parse_reply(&p, text, size);
        if (r < 0)
                return r;
        if (p.result < 0)
                return p.result;

        p.device.has_private_key = p.device.has_listen_port = p.device.has_fwmark = true;
        if (lookup && lookup->public_key && !wgp_key_is_zero(p.device.private_key)) {
                r = lookup->public_key(p.device.private_key, p.device.public_key);
                if (r < 0)
                        return r;
        }

        *ret = p.device;
        explicit_bzero(&p.device, sizeof(p.device)); /* it is the caller's now */
        return 0;
}
