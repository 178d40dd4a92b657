/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The two files of a client, read back with the parser; and which names a client may have. */

#include <criterion/criterion.h>

#include "model/value.h"
#include "parse/parse.h"
#include "rewrite/client-text.h"

static uint8_t public_key[WGP_KEY_SIZE] = { 1 }, preshared_key[WGP_KEY_SIZE] = { 2 },
               private_key[WGP_KEY_SIZE] = { 8 }, server_key[WGP_KEY_SIZE] = { 4 };

Test(client_text, names) {
        static const struct {
                const char *name;
                bool good;
        } rows[] = {
                { "phone", true },
                { "Ann's", false },
                { "Ann phone", true },
                { "Zo\xc3\xab.phone_2-b@home", true },
                { "0123456789012345678901234567890123456789012345678901234567890123", true },
                { "01234567890123456789012345678901234567890123456789012345678901234", false },
                { "", false },
                { ".", false },
                { "..", false },
                { ".hidden", false },
                { "-x", false },
                { "@x", false },
                { "../../etc/passwd", false },
                { "a/b", false },
                { "a\\b", false },
                { "a#b", false },
                { "a;b", false },
                { "a*", false },
                { "a\nb", false },
                { "a\x1b[31m", false },
                { "a\xff", false },
                { " a", false },
                { "a ", false },
                { "AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", false },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(rows); i++)
                cr_expect_eq(wgp_client_name_problem(rows[i].name) == NULL, rows[i].good, "%s: %s", rows[i].name,
                                wgp_client_name_problem(rows[i].name));
}

Test(client_text, link_names) {
        static const struct {
                const char *server, *link;
        } rows[] = {
                { "vpn", "vpn" },
                { "two words", "two-words" },
                { "a-name-of-more-than-fifteen", "a-name-of-more-" },
                { "a\xc3\xa4", "a--" },
                { "all", "wg" },
                { "..", "wg" },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(rows); i++) {
                char link[IFNAMSIZ];

                wgp_client_link_name(rows[i].server, link);
                cr_expect_str_eq(link, rows[i].link);
        }
}

Test(client_text, public_endpoints) {
        static const struct {
                const char *address; /* NULL: a name */
                bool is_public;
        } rows[] = {
                { NULL, true },
                { "192.0.2.1:1", true },
                { "172.32.0.1:1", true },
                { "[2001:db8::1]:1", true },
                { "10.1.2.3:1", false },
                { "172.31.255.255:1", false },
                { "192.168.0.1:1", false },
                { "169.254.1.1:1", false },
                { "[fd00::1]:1", false },
                { "[fe80::1]:1", false },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(rows); i++) {
                char name[] = "vpn.example.com";
                WgpEndpoint endpoint = { .host = rows[i].address ? NULL : name, .port = 1 };

                if (rows[i].address)
                        cr_assert_eq(wgp_sockaddr_parse(rows[i].address, &endpoint.address), 0, "%s", rows[i].address);
                cr_expect_eq(wgp_client_endpoint_is_public(&endpoint), rows[i].is_public, "%s", rows[i].address);
        }
}

static WgpProfile *parse(const char *name, WgpFormat format, const char *const *texts, size_t n_texts) {
        _cleanup_(wgp_diagnostics_done) WgpDiagnostics diagnostics = WGP_DIAGNOSTICS_NULL;
        WgpProfile *profile = NULL;
        int r = 0;

        cr_assert_eq(wgp_profile_new(name, format, &profile), 0);
        for (size_t i = 0; i < n_texts; i++) {
                char *copy = strdup(texts[i]);

                r = wgp_profile_parse(profile, "file", copy, strlen(texts[i]), NULL, &diagnostics);
                cr_expect_eq(r, 0, "%s", texts[i]);
                free(copy);
        }
        cr_expect_eq(wgp_profile_verify(profile, NULL, &diagnostics), 0);
        cr_expect_eq(diagnostics.n_items, (size_t) 0, "%s",
                        diagnostics.n_items > 0 ? diagnostics.items[0].message : "");
        return profile;
}

static void fill(WgpClient *client, WgpPrefix addresses[static 2], WgpPrefix allowed_ips[static 2],
                WgpEndpoint *endpoint) {
        cr_assert_eq(wgp_prefix_parse("10.8.0.2", addresses, NULL), 0);
        cr_assert_eq(wgp_prefix_parse("fd00::2", addresses + 1, NULL), 0);
        cr_assert_eq(wgp_prefix_parse("0.0.0.0/0", allowed_ips, NULL), 0);
        cr_assert_eq(wgp_prefix_parse("::/0", allowed_ips + 1, NULL), 0);
        cr_assert_eq(wgp_sockaddr_parse("[2001:db8::1]:9", &endpoint->address), 0);
        endpoint->port = 51820;
        *client = (WgpClient) {
                .name = "Zo\xc3\xab 2",
                .server = "vpn",
                .addresses = addresses,
                .n_addresses = 2,
                .public_key = public_key,
                .preshared_key = preshared_key,
                .private_key = private_key,
                .server_key = server_key,
                .endpoint = endpoint,
                .allowed_ips = allowed_ips,
                .n_allowed_ips = 2,
                .dns = "10.8.0.1, example.com",
                .mtu = 1380,
                .keepalive = 25,
        };
}

Test(client_text, dropin) {
        static const char *const bases[] = {
                [WGP_FORMAT_WG_QUICK] = "[Interface]\nPrivateKey = AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
                                        "Address = 10.8.0.1/24, fd00::1/64\n",
                [WGP_FORMAT_KEYFILE] = "[connection]\nid=vpn\ntype=wireguard\ninterface-name=vpn\n[wireguard]\n"
                                       "private-key=AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
                                       "[ipv4]\nmethod=manual\naddress1=10.8.0.1/24\n"
                                       "[ipv6]\nmethod=manual\naddress1=fd00::1/64\n",
        };
        WgpPrefix addresses[2], allowed_ips[2];
        WgpEndpoint endpoint = {};
        WgpClient client;

        fill(&client, addresses, allowed_ips, &endpoint);
        for (WgpFormat format = 0; format < _WGP_FORMAT_N; format++)
                for (unsigned with_psk = 0; with_psk < 2; with_psk++) {
                        _cleanup_(wgp_profile_freep) WgpProfile *profile = NULL;
                        _cleanup_(wgp_text_done) WgpText text = WGP_TEXT_NULL;
                        const WgpPeer *peer;

                        client.preshared_key = with_psk ? preshared_key : NULL;
                        wgp_client_dropin_write(&client, format, &text);
                        cr_assert_not(text.failed);
                        profile = parse("vpn", format, (const char *const[]) { bases[format], text.data }, 2);
                        cr_assert_eq(profile->n_peers, (size_t) 1);
                        peer = profile->peers;
                        cr_expect_arr_eq(peer->public_key, public_key, WGP_KEY_SIZE);
                        cr_expect_str_eq(peer->name, client.name);
                        cr_expect_eq(peer->preshared_key.source, with_psk ? WGP_SECRET_VALUE : WGP_SECRET_NONE);
                        if (with_psk)
                                cr_expect_arr_eq(peer->preshared_key.value, preshared_key, WGP_KEY_SIZE);
                        cr_assert_eq(peer->n_allowed_ips, (size_t) 2);
                        for (size_t i = 0; i < 2; i++)
                                cr_expect_eq(wgp_prefix_compare(&peer->allowed_ips[i].prefix, addresses + i), 0);
                        cr_expect_null(strstr(text.data, "PrivateKey"));
                }
}

Test(client_text, profile) {
        WgpPrefix addresses[2], allowed_ips[2];
        WgpEndpoint endpoint = {};
        WgpClient client;

        fill(&client, addresses, allowed_ips, &endpoint);
        for (WgpFormat format = 0; format < _WGP_FORMAT_N; format++) {
                _cleanup_(wgp_profile_freep) WgpProfile *profile = NULL;
                _cleanup_(wgp_text_done) WgpText text = WGP_TEXT_NULL;
                const WgpPeer *peer;

                cr_assert_eq(wgp_client_profile_write(&client, format, "6ba7b810-9dad-11d1-80b4-00c04fd430c8", &text),
                                0);
                profile = parse("vpn", format, (const char *const[]) { text.data }, 1);
                cr_expect_str_eq(profile->ifname, "vpn");
                cr_expect_arr_eq(profile->private_key.value, private_key, WGP_KEY_SIZE);
                cr_expect_eq(profile->n_addresses, (size_t) 2);
                cr_expect_eq(profile->mtu, 1380U);
                cr_expect_eq(profile->n_dns_servers, (size_t) 1);
                cr_expect_eq(profile->n_peers, (size_t) 1);
                peer = profile->peers;
                cr_expect_arr_eq(peer->public_key, server_key, WGP_KEY_SIZE);
                cr_expect_arr_eq(peer->preshared_key.value, preshared_key, WGP_KEY_SIZE);
                cr_expect_eq(peer->keepalive, 25);
                cr_expect_eq(peer->n_allowed_ips, (size_t) 2);
                cr_expect_eq(peer->endpoint.port, 51820);
                cr_expect(wgp_profile_wants_policy(profile, AF_INET) && wgp_profile_wants_policy(profile, AF_INET6));
        }
}
