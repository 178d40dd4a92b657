/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads UAPI replies as they come: that of ten thousand peers has 6 MB.
 *
 * A reply is "key=value" lines and an empty line; the last key is "errno". Unknown keys are skipped, as the protocol
 * may grow; a bad value of a known key makes the reply -EBADMSG. */

#include "model/prefix.h"
#include "model/value.h"
#include "netlink/uapi.h"

enum {
        ERRNO_MAX = 4095, /* MAX_ERRNO of the kernel */
};

/* A value is text without the newline; it may be changed. */
typedef int (*ParseValue)(WgpUapiReader *p, char *value);

/* The value of a hexadecimal digit, and DIGIT to tell it from other characters. */
enum {
        DIGIT = 0x10
};

static const uint8_t digits[256] = { ['0'] = DIGIT | 0,
        DIGIT | 1,
        DIGIT | 2,
        DIGIT | 3,
        DIGIT | 4,
        DIGIT | 5,
        DIGIT | 6,
        DIGIT | 7,
        DIGIT | 8,
        DIGIT | 9,
        ['A'] = DIGIT | 10,
        DIGIT | 11,
        DIGIT | 12,
        DIGIT | 13,
        DIGIT | 14,
        DIGIT | 15,
        ['a'] = DIGIT | 10,
        DIGIT | 11,
        DIGIT | 12,
        DIGIT | 13,
        DIGIT | 14,
        DIGIT | 15 };

static int parse_key(const char *value, uint8_t ret[static WGP_KEY_SIZE]) {
        uint8_t all = DIGIT;

        if (strlen(value) != 2 * WGP_KEY_SIZE)
                return -EBADMSG;

        for (size_t i = 0; i < WGP_KEY_SIZE; i++) {
                uint8_t high = digits[(uint8_t) value[2 * i]], low = digits[(uint8_t) value[2 * i + 1]];

                all &= high & low;
                ret[i] = (uint8_t) (high << 4 | (low & 15));
        }
        return all == DIGIT ? 0 : -EBADMSG;
}

static int parse_number(const char *value, uint64_t max, uint64_t *ret) {
        return wgp_parse_decimal(value, max, ret) < 0 ? -EBADMSG : 0;
}

static int parse_public_key(WgpUapiReader *p, char *value) {
        uint8_t key[WGP_KEY_SIZE];
        int r;

        r = parse_key(value, key);
        if (r < 0)
                return r;

        p->peer = wgp_device_add_peer(&p->device, key);
        return p->peer ? 0 : -ENOMEM;
}

static uint32_t find_scope(const WgpUapiReader *p, const char *scope) {
        uint64_t v;

        if (wgp_parse_decimal(scope, UINT32_MAX, &v) >= 0)
                return (uint32_t) v;
        return p->lookup && p->lookup->scope ? p->lookup->scope(scope) : 0;
}

/* ADDRESS:PORT, [ADDRESS]:PORT or [ADDRESS%SCOPE]:PORT */
static int parse_endpoint(WgpUapiReader *p, char *value) {
        const bool bracketed = *value == '[';
        char *address = value + bracketed, *colon = strrchr(value, ':'), *scope;
        uint32_t scope_id = 0;
        WgpPrefix prefix;
        uint64_t port;

        if (!colon || parse_number(colon + 1, UINT16_MAX, &port) < 0 || (bracketed && colon[-1] != ']'))
                return -EBADMSG;
        colon[bracketed ? -1 : 0] = 0;

        scope = strchr(address, '%');
        if (scope) {
                *scope = 0;
                scope_id = find_scope(p, scope + 1);
        }

        if (wgp_address_parse(address, &prefix) < 0 || bracketed != (prefix.family == AF_INET6))
                return -EBADMSG;

        wgp_sockaddr_from_prefix(&prefix, (uint16_t) port, &p->peer->endpoint);
        if (prefix.family == AF_INET6)
                p->peer->endpoint.in6.sin6_scope_id = scope_id;
        return 0;
}

static int parse_allowed_ip(WgpUapiReader *p, char *value) {
        WgpPrefix prefix;
        bool has_length;

        if (wgp_prefix_parse(value, &prefix, &has_length) < 0 || !has_length)
                return -EBADMSG;

        return wgp_peer_state_add_allowed_ip(p->peer, &prefix);
}

static int parse_errno(WgpUapiReader *p, char *value) {
        uint64_t v;

        /* the sign depends on the implementation */
        if (parse_number(value + (value[0] == '-'), ERRNO_MAX, &v) < 0)
                return -EBADMSG;

        p->result = -(int) v;
        p->has_result = true;
        return 0;
}

/* A key of the protocol: "parse" reads its value, or it is a number up to "max", or a key, in the place of the peer or
 * the device that "offset" says. */
typedef struct Key {
        const char *name;
        size_t n;
        bool of_peer;
        ParseValue parse;
        size_t offset, size;
        uint64_t max; /* 0: it is a key */
} Key;

#define NAME(name) name, sizeof(name) - 1
#define FIELD(type, member, max) NULL, offsetof(type, member), sizeof(((type *) 0)->member), max
#define PEER(member, max) true, FIELD(WgpPeerState, member, max)
#define DEVICE(member, max) false, FIELD(WgpDevice, member, max)

static const Key keys[] = {
        { NAME("allowed_ip"), true, parse_allowed_ip }, /* first: there are most of it */
        { NAME("public_key"), false, parse_public_key },
        { NAME("preshared_key"), PEER(preshared_key, 0) },
        { NAME("endpoint"), true, parse_endpoint },
        { NAME("persistent_keepalive_interval"), PEER(keepalive, UINT16_MAX) },
        { NAME("last_handshake_time_sec"), PEER(handshake_sec, INT64_MAX) },
        { NAME("last_handshake_time_nsec"), PEER(handshake_nsec, 999999999) },
        { NAME("rx_bytes"), PEER(rx_bytes, UINT64_MAX) },
        { NAME("tx_bytes"), PEER(tx_bytes, UINT64_MAX) },
        { NAME("private_key"), DEVICE(private_key, 0) },
        { NAME("listen_port"), DEVICE(listen_port, UINT16_MAX) },
        { NAME("fwmark"), DEVICE(fwmark, UINT32_MAX) },
        { NAME("errno"), false, parse_errno },
};

static int parse_field(const Key *key, const char *value, void *object) {
        void *to = (uint8_t *) object + key->offset;
        uint64_t v;

        if (key->max == 0)
                return parse_key(value, to);
        if (parse_number(value, key->max, &v) < 0)
                return -EBADMSG;
        if (key->size == sizeof(uint16_t))
                *(uint16_t *) to = (uint16_t) v;
        else if (key->size == sizeof(uint32_t))
                *(uint32_t *) to = (uint32_t) v;
        else
                *(uint64_t *) to = v;
        return 0;
}

static int parse_value(const Key *key, WgpUapiReader *p, char *value) {
        if (key->of_peer && !p->peer)
                return -EBADMSG;
        return key->parse ? key->parse(p, value) :
                            parse_field(key, value, key->of_peer ? (void *) p->peer : &p->device);
}

/* A line of "n" bytes, terminated by a NUL byte. */
static int parse_line(WgpUapiReader *p, char *line, size_t n) {
        char *equals = memchr(line, '=', n);
        size_t n_key;

        if (!equals || memchr(equals, 0, (size_t) (line + n - equals)))
                return -EBADMSG;

        n_key = (size_t) (equals - line);
        for (size_t i = 0; i < WGP_ARRAY_SIZE(keys); i++)
                if (keys[i].n == n_key && memcmp(keys[i].name, line, n_key) == 0)
                        return parse_value(keys + i, p, equals + 1);
        return 0;
}

/* Takes the whole lines of what has been received so far. "text" is written to.
 *
 * Returns 0, with the number of bytes that have been read, which the next call must not be given again; -EBADMSG, or
 * -ENOMEM. */
int wgp_uapi_reader_feed(WgpUapiReader *reader, char *text, size_t size, size_t *ret_read) {
        char *newline;
        size_t i = 0;

        while (i < size && (newline = memchr(text + i, '\n', size - i))) {
                size_t n = (size_t) (newline - (text + i));
                int r;

                if (reader->complete) /* nothing follows the empty line */
                        return -EBADMSG;
                *newline = 0;
                if (n > 0)
                        r = parse_line(reader, text + i, n);
                else {
                        r = reader->has_result ? 0 : -EBADMSG;
                        reader->complete = true;
                }
                if (r < 0)
                        return r;
                i += n + 1;
        }
        if (reader->complete && i < size)
                return -EBADMSG;
        *ret_read = i;
        return 0;
}

/* Returns what the reply to a "set" request says, 0 or a negative errno, or -EBADMSG when it has no end. */
int wgp_uapi_reader_result(const WgpUapiReader *reader) {
        return reader->complete ? reader->result : -EBADMSG;
}

/* Takes the device out of the reply to WGP_UAPI_GET.
 *
 * Returns 0 with the device in *ret, to be freed by wgp_device_done(); the error that the reply or the lookup reports;
 * -EBADMSG when the reply has no end. */
int wgp_uapi_reader_take_device(WgpUapiReader *reader, WgpDevice *ret) {
        const WgpUapiLookup *lookup = reader->lookup;
        WgpDevice *device = &reader->device;
        int r;

        r = wgp_uapi_reader_result(reader);
        if (r < 0)
                return r;

        device->has_private_key = device->has_listen_port = device->has_fwmark = true;
        if (lookup && lookup->public_key && !wgp_key_is_zero(device->private_key)) {
                r = lookup->public_key(device->private_key, device->public_key);
                if (r < 0)
                        return r;
        }

        *ret = *device;
        *device = (WgpDevice) {}; /* it is the caller's now */
        return 0;
}

void wgp_uapi_reader_done(WgpUapiReader *reader) {
        wgp_device_done(&reader->device);
}
