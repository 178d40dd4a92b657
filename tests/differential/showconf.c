/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* showconf FILE...: for each wg-quick profile what "wg showconf" would say of its tunnel, or "refused", behind a line
 * with its name. Secrets included: they are the test's own. */

#include <arpa/inet.h>
#include <err.h>
#include <netdb.h>
#include <stdio.h>

#include "desired/desired.h"
#include "model/prefix.h"
#include "model/value.h"
#include "parse/parse.h"

static char *read_file(const char *path, size_t *ret_size) {
        FILE *f = fopen(path, "re");
        char *data;
        long size;

        if (!f || fseek(f, 0, SEEK_END) < 0 || (size = ftell(f)) < 0)
                err(1, "%s", path);
        rewind(f);
        data = malloc((size_t) size + 1);
        if (!data || fread(data, 1, (size_t) size, f) != (size_t) size)
                err(1, "%s", path);
        fclose(f);
        *ret_size = (size_t) size;
        return data;
}

static int lookup_service(const char *name, uint16_t *ret_port) {
        const struct servent *service = getservbyname(name, "udp");

        if (!service)
                return -ENOENT;
        *ret_port = ntohs((uint16_t) service->s_port);
        return 0;
}

/* Names and scopes are not the parser's: here they are settled as wg(8) does it. Returns false when there are none. */
static bool settle_endpoint(WgpEndpoint *e) {
        const struct addrinfo hints = { .ai_socktype = SOCK_DGRAM, .ai_protocol = IPPROTO_UDP };
        struct addrinfo *found;

        if (e->scope) {
                e->address.in6.sin6_scope_id = if_nametoindex(e->scope);
                return e->address.in6.sin6_scope_id > 0;
        }
        if (!e->host)
                return true;
        if (getaddrinfo(e->host, NULL, &hints, &found) != 0)
                return false;
        memcpy(&e->address, found->ai_addr, WGP_MIN(found->ai_addrlen, (socklen_t) sizeof(e->address)));
        e->address.in.sin_port = htons(e->port);
        freeaddrinfo(found);
        return true;
}

static void print_key(const char *name, const uint8_t key[static WGP_KEY_SIZE]) {
        char text[WGP_KEY_TEXT_SIZE];

        if (wgp_key_is_zero(key))
                return;
        wgp_key_format(key, text);
        printf("%s = %s\n", name, text);
}

static void print_peer(const WgpPeer *peer, const WgpPeerState *state) {
        char text[WGP_SOCKADDR_TEXT_SIZE];

        printf("\n[Peer]\n");
        print_key("PublicKey", peer->public_key);
        if (peer->preshared_key.source == WGP_SECRET_VALUE)
                print_key("PresharedKey", peer->preshared_key.value);
        for (size_t i = 0; i < state->n_allowed_ips; i++) {
                char prefix[WGP_PREFIX_TEXT_SIZE];

                wgp_prefix_format(state->allowed_ips + i, prefix);
                printf("AllowedIPs = %s\n", prefix);
        }
        if (peer->endpoint.address.family != AF_UNSPEC) {
                wgp_sockaddr_format(&peer->endpoint.address, text);
                printf("Endpoint = %s\n", text);
        }
        if (peer->keepalive > 0)
                printf("PersistentKeepalive = %u\n", peer->keepalive);
}

static bool settle_profile(WgpProfile *p, WgpDevice *device) {
        for (size_t i = 0; i < p->n_peers; i++)
                if (!settle_endpoint(&p->peers[i].endpoint) || !wgp_device_add_peer(device, p->peers[i].public_key))
                        return false;
        return wgp_desired_allowed_ips(p, device) >= 0;
}

static void print_profile(WgpProfile *p) {
        WgpDevice device = {};

        if (!settle_profile(p, &device)) {
                printf("refused\n");
                wgp_device_done(&device);
                return;
        }

        printf("[Interface]\n");
        if (p->has_listen_port && p->listen_port > 0)
                printf("ListenPort = %u\n", p->listen_port);
        if (p->has_fwmark && p->fwmark > 0)
                printf("FwMark = 0x%x\n", p->fwmark);
        if (p->private_key.source == WGP_SECRET_VALUE)
                print_key("PrivateKey", p->private_key.value);
        for (size_t i = 0; i < p->n_peers; i++)
                print_peer(p->peers + i, device.peers + i);
        wgp_device_done(&device);
}

static void show(const char *path) {
        static const WgpLookup lookup = { .service = lookup_service };
        WgpDiagnostics diagnostics = WGP_DIAGNOSTICS_NULL;
        WgpProfile *profile;
        size_t size;
        char *data;

        data = read_file(path, &size);
        if (wgp_profile_new("wg0", WGP_FORMAT_WG_QUICK, &profile) < 0 ||
                        wgp_profile_parse(profile, path, data, size, &lookup, &diagnostics) < 0 ||
                        wgp_profile_verify(profile, &lookup, &diagnostics) < 0)
                errx(1, "out of memory");

        printf("== %s\n", path);
        if (diagnostics.n_errors > 0)
                printf("refused\n");
        else
                print_profile(profile);
        for (size_t i = 0; i < diagnostics.n_items; i++) {
                char *text = wgp_diagnostic_format(diagnostics.items + i);

                printf("# %s\n", text);
                free(text);
        }
        wgp_diagnostics_done(&diagnostics);
        wgp_profile_free(profile);
        free(data);
}

int main(int argc, char **argv) {
        for (int i = 1; i < argc; i++)
                show(argv[i]);
        return 0;
}
