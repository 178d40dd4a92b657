/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* rewrite/save.c: a row is a file, its drop-in, and what is changed of the tunnel while it is up. */

#include "rewrite/save.h"

#include <arpa/inet.h>
#include <linux/if_addr.h>

#include "model/prefix.h"
#include "model/value.h"
#include "network-of.h"
#include "parse/parse.h"

#define HEAD "# the office\n[Interface]\nPrivateKey = " KEY_P "\nAddress = 10.0.0.1/24 # ours\nListenPort = 1000\n"
#define PEER_A "\n# a colleague\n[Peer]\nPublicKey = " KEY_A "\nAllowedIPs = 10.1.0.0/16\n"
#define PEER_B "\n[Peer]\nPublicKey=" KEY_B "\nEndpoint=b.example:1\nAllowedIPs=10.2.0.0/16,10.3.0.0/16\n"

static WgpPrefix prefix_of(const char *text) {
        WgpPrefix prefix;

        cr_assert(wgp_prefix_parse(text, &prefix, NULL) >= 0);
        return prefix;
}

static WgpAddress *add_address(WgpNetwork *n, const char *text) {
        WgpAddress *address = wgp_network_add_address(n);

        *address = (WgpAddress) { .prefix = prefix_of(text), .flags = IFA_F_PERMANENT };
        return address;
}

static void set_endpoint(WgpPeerState *peer) {
        cr_assert(wgp_sockaddr_parse("192.0.2.9:999", &peer->endpoint) >= 0);
}

/* --- what may happen to a tunnel --- */

static void new_address(WgpNetwork *n) {
        add_address(n, "10.9.0.1/24");
}

static void other_address(WgpNetwork *n) {
        n->n_addresses = 0;
        add_address(n, "10.9.0.1/24");
}

static void no_address(WgpNetwork *n) {
        n->n_addresses = 0;
}

static void set_down(WgpNetwork *n) {
        n->n_addresses = 0;
        n->link.up = false;
}

static void kernels_addresses(WgpNetwork *n) {
        add_address(n, "fe80::1/64")->flags |= IFA_F_STABLE_PRIVACY;
        add_address(n, "2001:db8::1/64")->flags = 0;
}

static void numbers(WgpNetwork *n) {
        n->device.listen_port = 2000;
        n->device.fwmark = 0x77;
        n->link.mtu = 1300;
}

static void private_key(WgpNetwork *n) {
        cr_assert(wgp_key_parse(KEY_Q, WGP_KEY_CANONICAL, n->device.private_key) >= 0);
}

static void new_peer(WgpNetwork *n) {
        uint8_t key[WGP_KEY_SIZE];
        WgpPrefix ip = prefix_of("10.8.0.0/16");
        WgpPeerState *peer;

        cr_assert(wgp_key_parse(KEY_C, WGP_KEY_CANONICAL, key) >= 0);
        peer = wgp_device_add_peer(&n->device, key);
        cr_assert(peer && wgp_peer_state_add_allowed_ip(peer, &ip) >= 0);
        set_endpoint(peer);
        peer->keepalive = 25;
}

static void new_peer_with_key(WgpNetwork *n) {
        new_peer(n);
        cr_assert(wgp_key_parse(KEY_S, WGP_KEY_CANONICAL, n->device.peers[n->device.n_peers - 1].preshared_key) >= 0);
}

static void first_peer_gone(WgpNetwork *n) {
        free(n->device.peers[0].allowed_ips);
        n->device.n_peers--;
        memmove(n->device.peers, n->device.peers + 1, n->device.n_peers * sizeof(*n->device.peers));
}

static void first_peer_is_own(WgpNetwork *n) {
        memcpy(n->device.public_key, n->device.peers[0].public_key, WGP_KEY_SIZE);
        first_peer_gone(n);
}

static void roam(WgpNetwork *n) {
        for (size_t i = 0; i < n->device.n_peers; i++)
                set_endpoint(n->device.peers + i);
}

static void scoped(WgpNetwork *n) {
        n->device.peers[0].endpoint.in6 = (struct sockaddr_in6) {
                .sin6_family = AF_INET6,
                .sin6_port = htons(1),
                .sin6_addr = { .s6_addr = { 0xfe, 0x80, [15] = 1 } },
                .sin6_scope_id = 3,
        };
}

static void keepalive(WgpNetwork *n) {
        n->device.peers[0].keepalive = n->device.peers[0].keepalive ? 0 : 25;
}

static void preshared_key(WgpNetwork *n) {
        uint8_t *key = n->device.peers[0].preshared_key;

        if (wgp_key_is_zero(key))
                cr_assert(wgp_key_parse(KEY_S, WGP_KEY_CANONICAL, key) >= 0);
        else
                memset(key, 0, WGP_KEY_SIZE);
}

static void ip_moves(WgpNetwork *n) {
        WgpPeerState *from = n->device.peers + 1;

        cr_assert(wgp_peer_state_add_allowed_ip(n->device.peers, from->allowed_ips) >= 0);
        memmove(from->allowed_ips, from->allowed_ips + 1, --from->n_allowed_ips * sizeof(WgpPrefix));
}

static void no_ips(WgpNetwork *n) {
        n->device.peers[0].n_allowed_ips = 0;
}

static const struct {
        const char *name, *file, *drop_in;
        void (*change)(WgpNetwork *n);
        const char *saved; /* NULL: the file as it is */
        const char *told;  /* what is not saved; NULL: nothing */
        bool exposed;
} rows[] = {
        { "nothing", HEAD PEER_A PEER_B },
        { "nothing, and a drop-in", HEAD PEER_A,
                        "[Interface]\nAddress=10.5.0.1/24\n[Peer]\nPublicKey=" KEY_A "\n"
                        "PersistentKeepalive=3\nAllowedIPs=10.6.0.0/16\n[Peer]\nPublicKey=" KEY_B "\n" },

        /* --- the interface --- */
        { "an address more", HEAD PEER_A, .change = new_address,
                        .saved = "# the office\n[Interface]\nPrivateKey = " KEY_P
                                 "\nAddress = 10.0.0.1/24, 10.9.0.1/24 # ours\n"
                                 "ListenPort = 1000\n" PEER_A },
        { "another address", HEAD PEER_A, .change = other_address,
                        .saved = "# the office\n[Interface]\nPrivateKey = " KEY_P "\nAddress = 10.9.0.1/24 # ours\n"
                                 "ListenPort = 1000\n" PEER_A },
        { "no address", HEAD PEER_A, .change = no_address,
                        .saved = "# the office\n[Interface]\nPrivateKey = " KEY_P "\nListenPort = 1000\n" PEER_A },
        { "a drop-in's address has gone", HEAD, "[Interface]\nAddress=\nAddress=10.5.0.1/24\n", no_address,
                        .told = "Address has changed" },
        { "an address beside that of a drop-in", "[Interface]\n", "[Interface]\nAddress=10.5.0.1/24\n", new_address,
                        .saved = "[Interface]\nAddress = 10.9.0.1/24\n" },
        { "a link that was set down has no IPv6", "[Interface]\nAddress = fd00::1/64\n", .change = set_down },
        { "nor is that of IPv4 there any more, if not", "[Interface]\nAddress = 10.0.0.1/24\nMTU = 1400\n",
                        .change = set_down, .saved = "[Interface]\nMTU = 1400\n" },
        { "addresses that nobody set", HEAD, .change = kernels_addresses },
        { "port, mark, MTU", "[Interface]\nListenPort=1\nFwMark=1\nMTU=1400\n", .change = numbers,
                        .saved = "[Interface]\nListenPort=2000\nFwMark=0x77\nMTU=1300\n" },
        { "those that were chosen for the moment", "[Interface]\nFwMark = off\nListenPort = 0\n", .change = numbers },
        { "those of a drop-in", "[Interface]\nListenPort=1\n", "[Interface]\nListenPort=3\n", numbers,
                        .told = "ListenPort has changed" },
        { "the private key", HEAD, .change = private_key,
                        .saved = "# the office\n[Interface]\nPrivateKey = " KEY_Q "\nAddress = 10.0.0.1/24 # ours\n"
                                 "ListenPort = 1000\n" },
        { "a private key that was not in the file", "[Interface]\n", .change = private_key },
        { "a credential's private key", "[Interface]\nPrivateKey = @office\n", .change = private_key },

        /* --- peers --- */
        { "a peer more", HEAD PEER_A, .change = new_peer,
                        .saved = HEAD PEER_A "\n[Peer]\nPublicKey = " KEY_C
                                             "\nEndpoint = 192.0.2.9:999\nPersistentKeepalive = 25\n"
                                             "AllowedIPs = 10.8.0.0/16\n" },
        { "with a key", HEAD, .change = new_peer_with_key,
                        .saved = HEAD "\n[Peer]\nPublicKey = " KEY_C "\nPresharedKey = " KEY_S
                                      "\nEndpoint = 192.0.2.9:999\n"
                                      "PersistentKeepalive = 25\nAllowedIPs = 10.8.0.0/16\n" },
        { "with a key that others could read", HEAD, .change = new_peer_with_key, .exposed = true,
                        .told = "The preshared key of peer " KEY_C " has changed" },
        { "a peer less, and its comment", HEAD PEER_A PEER_B, .change = first_peer_gone, .saved = HEAD PEER_B },
        { "a peer less, that a drop-in completes", HEAD PEER_A PEER_B,
                        "[Peer]\nPublicKey=" KEY_A "\nPersistentKeepalive=3\n", first_peer_gone,
                        .told = "Peer " KEY_A " is no longer there" },
        { "a peer less, of a drop-in", HEAD, "[Peer]\nPublicKey=" KEY_A "\n", first_peer_gone,
                        .told = "Peer " KEY_A " is no longer there" },
        { "a peer that a reload could not add", HEAD "\n[Peer]\nPublicKey=" KEY_A "\nPresharedKey=@a\n",
                        .change = first_peer_gone, .told = "Peer " KEY_A " is no longer there" },
        { "the tunnel's own key as a peer", HEAD PEER_A, .change = first_peer_is_own },
        { "a peer that roamed, and one with a name", HEAD PEER_A PEER_B, .change = roam,
                        .saved = HEAD "\n# a colleague\n[Peer]\nPublicKey = " KEY_A "\nAllowedIPs = 10.1.0.0/16\n"
                                      "Endpoint = 192.0.2.9:999\n" PEER_B },
        { "a peer that roamed away from a drop-in", HEAD PEER_A, "[Peer]\nPublicKey=" KEY_A "\nEndpoint=192.0.2.1:1\n",
                        roam, .told = "Endpoint of peer " KEY_A },
        { "an endpoint on a link", HEAD PEER_A, .change = scoped },
        { "keepalive", "[Peer]\nPublicKey=" KEY_A "\n", .change = keepalive,
                        .saved = "[Peer]\nPublicKey=" KEY_A "\nPersistentKeepalive=25\n" },
        { "no keepalive", "[Peer]\nPublicKey=" KEY_A "\nPersistentKeepalive=3\n", .change = keepalive,
                        .saved = "[Peer]\nPublicKey=" KEY_A "\n" },
        { "a drop-in's keepalive", "[Peer]\nPublicKey=" KEY_A "\n",
                        "[Peer]\nPublicKey=" KEY_A "\nPersistentKeepalive=3\n", keepalive,
                        .told = "PersistentKeepalive of peer" },
        { "a preshared key", "[Peer]\nPublicKey=" KEY_A "\n", .change = preshared_key,
                        .saved = "[Peer]\nPublicKey=" KEY_A "\nPresharedKey=" KEY_S "\n" },
        { "a preshared key that others could read", "[Peer]\nPublicKey=" KEY_A "\n", .change = preshared_key,
                        .exposed = true, .told = "The preshared key of peer" },
        { "no preshared key", "[Peer]\nPublicKey=" KEY_A "\nPresharedKey=" KEY_S "\n", .change = preshared_key,
                        .saved = "[Peer]\nPublicKey=" KEY_A "\n" },
        { "a credential's preshared key", "[Peer]\nPublicKey=" KEY_A "\nPresharedKey=@a\n", .change = preshared_key },
        { "a drop-in's preshared key", "[Peer]\nPublicKey=" KEY_A "\n",
                        "[Peer]\nPublicKey=" KEY_A "\nPresharedKey=" KEY_S "\n", preshared_key,
                        .told = "The preshared key of peer" },
        { "an allowed-ip goes from one to the other", HEAD PEER_A PEER_B, .change = ip_moves,
                        .saved = HEAD
                        "\n# a colleague\n[Peer]\nPublicKey = " KEY_A "\nAllowedIPs = 10.1.0.0/16, 10.2.0.0/16\n"
                        "\n[Peer]\nPublicKey=" KEY_B "\nEndpoint=b.example:1\nAllowedIPs=10.3.0.0/16\n" },
        { "no allowed-ips", HEAD PEER_A, .change = no_ips,
                        .saved = HEAD "\n# a colleague\n[Peer]\nPublicKey = " KEY_A "\n" },
        { "allowed-ips that a drop-in adds to", HEAD PEER_A, "[Peer]\nPublicKey=" KEY_A "\nAllowedIPs=10.6.0.0/16\n",
                        no_ips, .told = "AllowedIPs of peer" },
};

static void parse(WgpProfile *profile, const char *path, const char *text) {
        static const WgpLookup lookup = {};
        WgpDiagnostics diagnostics = WGP_DIAGNOSTICS_NULL;
        char *data = strdup(text);

        cr_assert(data && wgp_profile_parse(profile, path, data, strlen(data), &lookup, &diagnostics) >= 0);
        cr_assert_eq(diagnostics.n_errors, 0);
        wgp_diagnostics_done(&diagnostics);
        free(data);
}

/* What the kernel says of a profile that was applied. */
static WgpNetwork actual_of_profile(const WgpProfile *profile) {
        static const uint8_t psk[WGP_KEY_SIZE] = { 9 };
        WgpNetwork network = { .link = { .ifindex = 7, .up = true, .mtu = profile->mtu ? profile->mtu : 1420 } };

        cr_assert(wgp_desired_device(profile, &network.device) >= 0);
        for (size_t i = 0; i < network.device.n_peers; i++)
                if (network.device.peers[i].keep_preshared_key)
                        memcpy(network.device.peers[i].preshared_key, psk, WGP_KEY_SIZE);
        for (size_t i = 0; i < profile->n_addresses; i++) {
                WgpAddress *address = wgp_network_add_address(&network);

                *address = profile->addresses[i];
                address->flags = IFA_F_PERMANENT;
        }
        return network;
}

/* Saves what changed of a tunnel with that file, and returns the new text. */
static char *save(size_t i, const char *file, const WgpNetwork *actual, WgpDiagnostics *diagnostics) {
        WgpProfile *base, *applied;
        WgpEdit *edit;
        char *text;
        size_t size;

        cr_assert(wgp_profile_new("wg0", WGP_FORMAT_WG_QUICK, &base) >= 0);
        cr_assert(wgp_profile_new("wg0", WGP_FORMAT_WG_QUICK, &applied) >= 0);
        parse(base, "wg0.conf", file);
        parse(applied, "wg0.conf", file);
        if (rows[i].drop_in)
                parse(applied, "drop-in", rows[i].drop_in);
        cr_assert(wgp_edit_new(WGP_FORMAT_WG_QUICK, file, strlen(file), &edit) >= 0);

        cr_assert(wgp_save_edit(&(WgpSaveInput) { base, applied, actual, !rows[i].exposed }, edit, diagnostics) >= 0);
        cr_assert(wgp_edit_format(edit, &text, &size) >= 0);

        wgp_edit_free(edit);
        wgp_profile_free(base);
        wgp_profile_free(applied);
        return text;
}

static WgpNetwork changed(size_t i) {
        WgpProfile *applied;
        WgpNetwork actual;

        cr_assert(wgp_profile_new("wg0", WGP_FORMAT_WG_QUICK, &applied) >= 0);
        parse(applied, "wg0.conf", rows[i].file);
        if (rows[i].drop_in)
                parse(applied, "drop-in", rows[i].drop_in);
        actual = actual_of_profile(applied);
        if (rows[i].change)
                rows[i].change(&actual);
        wgp_profile_free(applied);
        return actual;
}

Test(save, rows) {
        for (size_t i = 0; i < WGP_ARRAY_SIZE(rows); i++) {
                WgpDiagnostics diagnostics = WGP_DIAGNOSTICS_NULL, again = WGP_DIAGNOSTICS_NULL;
                WgpNetwork actual = changed(i);
                char *text, *text_again;
                const char *told;

                text = save(i, rows[i].file, &actual, &diagnostics);
                cr_expect_str_eq(text, rows[i].saved ?: rows[i].file, "%s:\n%s", rows[i].name, text);
                told = diagnostics.n_items > 0 ? diagnostics.items[0].message : "";
                cr_expect(diagnostics.n_items <= 1 && (rows[i].told ? strstr(told, rows[i].told) != NULL : !*told),
                                "%s: %s", rows[i].name, told);

                /* what was saved is what is there: there is nothing more to save */
                text_again = save(i, text, &actual, &again);
                cr_expect_str_eq(text_again, text, "%s, again:\n%s", rows[i].name, text_again);
                cr_expect_eq(again.n_items, diagnostics.n_items, "%s, again", rows[i].name);

                wgp_diagnostics_done(&diagnostics);
                wgp_diagnostics_done(&again);
                wgp_network_done(&actual);
                free(text);
                free(text_again);
        }
}
