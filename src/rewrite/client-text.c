/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Client text. The client's profile is written as wg-quick(8) has it; the other format is a conversion of that. */

#include "rewrite/client-text.h"

#include <ctype.h>

#include "base/utf8.h"
#include "model/value.h"
#include "parse/parse.h"
#include "rewrite/convert.h"

/* Says why a client cannot have that name: it is a part of a file's name, and a value in both formats. NULL: it can.
 */
const char *wgp_client_name_problem(const char *name) {
        uint8_t key[WGP_KEY_SIZE];
        const size_t n = strlen(name);

        if (n == 0)
                return "A client needs a name.";
        if (n > WGP_CLIENT_NAME_MAX)
                return "The name of a client has at most 64 bytes.";
        if (!wgp_utf8_is_printable(name))
                return "The name of a client is UTF-8 text without control characters.";
        if (name[strcspn(name, "/\\#;*?[]:\"'`$&|<>")])
                return "The name of a client is not a path, and has none of / \\ # ; * ? [ ] : \" ' ` $ & | < >.";
        if (*name == '.' || *name == '-' || *name == '@')
                return "The name of a client does not begin with '.', '-' or '@'.";
        if (isspace((unsigned char) *name) || isspace((unsigned char) name[n - 1]))
                return "The name of a client does not begin or end with a blank.";
        if (wgp_key_parse(name, WGP_KEY_CANONICAL, key) >= 0)
                return "A key is not a valid name of a client.";
        return NULL;
}

/* What the client's link is called: as the server, as far as a link may be. */
void wgp_client_link_name(const char *server, char ret[static IFNAMSIZ]) {
        size_t n = 0;

        for (; server[n] && n < IFNAMSIZ - 1; n++)
                ret[n] = isalnum((unsigned char) server[n]) || strchr("_.-", server[n]) ? server[n] : '-';
        ret[n] = 0;
        if (!wgp_ifname_is_valid(ret))
                strcpy(ret, "wg");
}

/* Whether the Internet lies before the server, and so a NAT that forgets, perhaps: it is a name, or an address that is
 * not of a private network (RFC 1918, RFC 4193) or of the link. */
bool wgp_client_endpoint_is_public(const WgpEndpoint *endpoint) {
        static const char *const private[] = { "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16",
                "127.0.0.0/8", "fc00::/7", "fe80::/10", "::1/128" };
        WgpPrefix address;

        if (endpoint->host)
                return true;
        wgp_sockaddr_to_prefix(&endpoint->address, &address);
        for (size_t i = 0; i < WGP_ARRAY_SIZE(private); i++) {
                WgpPrefix network;

                if (wgp_prefix_parse(private[i], &network, NULL) >= 0 && wgp_prefix_contains(&network, &address))
                        return false;
        }
        return true;
}

/* --- lines --- */

static void write_key(WgpText *text, const char *name, const uint8_t *key) {
        char base64[WGP_KEY_TEXT_SIZE];

        if (!key)
                return;
        wgp_key_format(key, base64);
        wgp_text_append(text, name);
        wgp_text_append(text, base64);
        wgp_text_append(text, "\n");
        explicit_bzero(base64, sizeof(base64));
}

static void write_prefixes(WgpText *text, const char *name, const WgpPrefix *prefixes, size_t n, const char *between) {
        if (n == 0)
                return;
        for (size_t i = 0; i < n; i++) {
                char prefix[WGP_PREFIX_TEXT_SIZE];

                wgp_prefix_format(prefixes + i, prefix);
                wgp_text_printf(text, "%s%s", i == 0 ? name : between, prefix);
        }
        wgp_text_append(text, "\n");
}

/* --- the server's side --- */

/* Writes the drop-in of the server's profile. */
void wgp_client_dropin_write(const WgpClient *client, WgpFormat format, WgpText *text) {
        const bool keyfile = format == WGP_FORMAT_KEYFILE;
        char key[WGP_KEY_TEXT_SIZE];

        wgp_text_append(text,
                        "# Made by \"wg-profile peer add\". Without this file, the client is not let in any more.\n");
        wgp_key_format(client->public_key, key);
        if (keyfile)
                wgp_text_printf(text, "[wireguard-peer.%s]\nName=%s\n", key, client->name);
        else
                wgp_text_printf(text, "[Peer]\nName = %s\nPublicKey = %s\n", client->name, key);
        write_key(text, keyfile ? "preshared-key=" : "PresharedKey = ", client->preshared_key);
        write_prefixes(text, keyfile ? "allowed-ips=" : "AllowedIPs = ", client->addresses, client->n_addresses,
                        keyfile ? ";" : ", ");
        /* in a drop-in, a second line adds to the first */
        write_prefixes(text, keyfile ? "allowed-ips=" : "AllowedIPs = ", client->sites, client->n_sites,
                        keyfile ? ";" : ", ");
}

/* --- the client's side --- */

static void write_endpoint(const WgpEndpoint *endpoint, WgpText *text) {
        char address[WGP_SOCKADDR_TEXT_SIZE];
        WgpSockaddr sockaddr = endpoint->address;

        if (endpoint->host) {
                wgp_text_printf(text, "Endpoint = %s:%u\n", endpoint->host, endpoint->port);
                return;
        }
        wgp_sockaddr_set_port(&sockaddr, endpoint->port);
        wgp_sockaddr_format(&sockaddr, address);
        wgp_text_printf(text, "Endpoint = %s\n", address);
}

static void write_wg_quick(const WgpClient *client, WgpText *text) {
        wgp_text_printf(text, "# %s, a client of %s\n[Interface]\n", client->name, client->server);
        write_key(text, "PrivateKey = ", client->private_key);
        write_prefixes(text, "Address = ", client->addresses, client->n_addresses, ", ");
        if (client->dns)
                wgp_text_printf(text, "DNS = %s\n", client->dns);
        if (client->mtu > 0)
                wgp_text_printf(text, "MTU = %u\n", client->mtu);

        wgp_text_append(text, "\n[Peer]\n");
        write_key(text, "PublicKey = ", client->server_key);
        write_key(text, "PresharedKey = ", client->preshared_key);
        write_prefixes(text, "AllowedIPs = ", client->allowed_ips, client->n_allowed_ips, ", ");
        write_endpoint(client->endpoint, text);
        if (client->keepalive > 0)
                wgp_text_printf(text, "PersistentKeepalive = %u\n", client->keepalive);
}

/* wgp_profile_parse() takes its text apart. */
static int parse(const WgpText *text, WgpProfile *profile) {
        _cleanup_(wgp_diagnostics_done) WgpDiagnostics diagnostics = WGP_DIAGNOSTICS_NULL;
        char *copy = calloc(1, text->size + 1);
        int r;

        if (!copy)
                return -ENOMEM;
        memcpy(copy, text->data, text->size);
        r = wgp_profile_parse(profile, "client.conf", copy, text->size, NULL, &diagnostics);
        wgp_wipe_free(copy, text->size + 1);
        if (r >= 0)
                r = wgp_profile_verify(profile, NULL, &diagnostics);
        return r;
}

/* Writes the client's profile, its private key included, to be imported or scanned there. "uuid" is for a keyfile.
 *
 * Returns 0, -EBADMSG when it would not be a profile that anybody could use, or -ENOMEM. */
int wgp_client_profile_write(const WgpClient *client, WgpFormat format, const char *uuid, WgpText *text) {
        _cleanup_(wgp_text_done) WgpText own = WGP_TEXT_NULL;
        _cleanup_(wgp_profile_freep) WgpProfile *profile = NULL;
        _cleanup_(wgp_diagnostics_done) WgpDiagnostics losses = WGP_DIAGNOSTICS_NULL;
        char ifname[IFNAMSIZ];
        int r;

        write_wg_quick(client, &own);
        if (own.failed)
                return -ENOMEM;
        wgp_client_link_name(client->server, ifname);
        r = wgp_profile_new(ifname, WGP_FORMAT_WG_QUICK, &profile);
        if (r < 0)
                return r;
        profile->keep_entries = true; /* as wgp_convert() needs it */
        r = parse(&own, profile);
        if (r < 0)
                return r;
        if (format == WGP_FORMAT_KEYFILE)
                return wgp_convert(profile, format, uuid, text, &losses);
        wgp_text_append(text, own.data);
        return text->failed ? -ENOMEM : 0;
}
