/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes lines of either format: sections, keys, texts, numbers, secrets, endpoints. */

#include <ctype.h>
#include <stdio.h>

#include "base/utf8.h"
#include "rewrite/convert-internal.h"

static void flush_section(WgpConvert *c) {
        if (!c->pending)
                return;
        wgp_text_printf(c->text, "%s[%s]\n", c->text->size > 0 ? "\n" : "", c->pending);
        c->pending = NULL;
}

/* Starts a section, whose header is written with its first line. "name" is borrowed until then. */
void wgp_convert_section(WgpConvert *c, const char *name) {
        c->pending = name;
}

/* Starts a section that is written even without a line. */
void wgp_convert_header(WgpConvert *c, const char *name) {
        c->pending = name;
        flush_section(c);
}

void wgp_convert_begin(WgpConvert *c, const char *key) {
        flush_section(c);
        wgp_text_append(c->text, key);
        wgp_text_append(c->text, to_keyfile(c) ? "=" : " = ");
}

void wgp_convert_end(WgpConvert *c) {
        wgp_text_append(c->text, "\n");
}

/* Appends with GKeyFile's escapes; a space needs one only in front. In a list, ";" separates. */
void wgp_convert_append_escaped(WgpText *text, const char *value, bool in_list) {
        static const char characters[] = "\n\t\r\\;", names[] = "ntr\\;";

        for (const char *s = value; *s; s++) {
                const char *special = strchr(characters, *s);

                if (special && (*s != ';' || in_list))
                        wgp_text_printf(text, "\\%c", names[special - characters]);
                else if (*s == ' ' && s == value)
                        wgp_text_append(text, "\\s");
                else
                        wgp_text_append(text, (char[]) { *s, 0 });
        }
}

/* Whether a line of the wg-quick format, outside of hooks, gives the value back as it is. */
static bool fits_line(const char *value) {
        size_t n = strlen(value);

        return !strpbrk(value, "#\n\r") &&
               (n == 0 || (!isspace((unsigned char) value[0]) && !isspace((unsigned char) value[n - 1])));
}

/* Reports a value that the format has no way to write. */
void wgp_convert_leave_out(WgpConvert *c, const char *key, const char *why) {
        const WgpPlace place = { .file = c->profile->files[0].path, .key = key };

        if (wgp_warning(c->losses, &place, "%s", why) < 0)
                c->text->failed = true;
}

void wgp_convert_string(WgpConvert *c, const char *key, const char *value) {
        if (to_keyfile(c) ? !wgp_utf8_is_valid(value) : !fits_line(value)) {
                wgp_convert_leave_out(c, key,
                                to_keyfile(c) ? "Left out: a keyfile has to be UTF-8." :
                                                "Left out: '#' and outer blanks cannot be written in this format.");
                return;
        }

        wgp_convert_begin(c, key);
        if (to_keyfile(c))
                wgp_convert_append_escaped(c->text, value, /* in_list= */ false);
        else
                wgp_text_append(c->text, value);
        wgp_convert_end(c);
}

void wgp_convert_number(WgpConvert *c, const char *key, int64_t value) {
        wgp_convert_begin(c, key);
        wgp_text_printf(c->text, "%lld", (long long) value);
        wgp_convert_end(c);
}

void wgp_convert_secret(WgpConvert *c, const char *key, const WgpSecret *secret) {
        char text[WGP_KEY_TEXT_SIZE];

        if (secret->source == WGP_SECRET_CREDENTIAL) {
                wgp_convert_begin(c, key);
                wgp_text_printf(c->text, "@%s", secret->name);
                wgp_convert_end(c);
        } else if (secret->source == WGP_SECRET_VALUE) {
                wgp_key_format(secret->value, text);
                wgp_convert_begin(c, key);
                wgp_text_append(c->text, text);
                wgp_convert_end(c);
                explicit_bzero(text, sizeof(text));
        }
}

/* Whether an address keeps its scope in both formats: the kernel takes any bytes for a link's name. */
bool wgp_convert_can_write_scope(WgpConvert *c, const char *key, const char *scope) {
        for (const char *s = scope; s && *s; s++)
                if (!isalnum((unsigned char) *s) && !strchr("-_.@+", *s)) {
                        wgp_convert_leave_out(
                                        c, key, "Left out: a character of the interface's name has a meaning here.");
                        return false;
                }
        return true;
}

static void append_endpoint(WgpConvert *c, const WgpEndpoint *endpoint) {
        char address[WGP_SOCKADDR_TEXT_SIZE], *port;

        if (endpoint->host)
                wgp_text_append(c->text, endpoint->host);
        else {
                wgp_sockaddr_format(&endpoint->address, address);
                port = strrchr(address, ':');
                *port = 0;
                if (endpoint->scope) { /* "[fe80::1]": the scope goes before the bracket */
                        port[-1] = 0;
                        wgp_text_printf(c->text, "%s%%%s]", address, endpoint->scope);
                } else
                        wgp_text_append(c->text, address);
        }
        if (endpoint->service)
                wgp_text_printf(c->text, ":%s", endpoint->service);
        else
                wgp_text_printf(c->text, ":%u", endpoint->port);
}

void wgp_convert_endpoint(WgpConvert *c, const char *key, const WgpEndpoint *endpoint) {
        if ((!endpoint->host && endpoint->address.family == AF_UNSPEC) ||
                        !wgp_convert_can_write_scope(c, key, endpoint->scope))
                return;

        wgp_convert_begin(c, key);
        append_endpoint(c, endpoint);
        wgp_convert_end(c);
}

/* Comments, in the first of which "wg-profile status" finds the name: the keys are for drop-ins. */
void wgp_convert_peer_comments(WgpConvert *c, const WgpPeer *peer) {
        if (peer->name)
                wgp_text_printf(c->text, "# Name = %s\n", peer->name);
        for (size_t i = 0; i < peer->n_alternates; i++) {
                wgp_text_append(c->text, i == 0 ? "# AlternateEndpoints = " : ", ");
                append_endpoint(c, peer->alternates + i);
                if (i + 1 == peer->n_alternates)
                        wgp_text_append(c->text, "\n");
        }
}
