/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Peer facts: the server's public key and its endpoint, from the profile or, where that does not say, from this host.
 */

#include "cli/peer-facts.h"

#include <sys/socket.h>

#include "cli/input.h"
#include "cli/message.h"
#include "cli/tunnel-gather.h"
#include "model/implicit-key.h"
#include "model/value.h"
#include "system/root-path.h"

enum {
        KEY_FILE_MAX = 4096, /* bytes */
};

/* --- the key --- */

static int derive(const WgpPeerServer *server, const uint8_t *private_key, uint8_t *ret) {
        return server->cli->lookup.public_key(private_key, ret);
}

/* Returns 0, -ENODATA when there is no key in the file or no such file, or -ENOMEM. */
static int derive_from_file(const WgpPeerServer *server, const char *path, uint8_t *ret) {
        _cleanup_(wgp_input_done) WgpInput input = WGP_INPUT_NULL;
        _cleanup_(freep) char *real = NULL;
        uint8_t private_key[WGP_KEY_SIZE];
        int r;

        r = wgp_root_path(server->cli->root, path, &real);
        if (r >= 0)
                r = wgp_input_read(real, KEY_FILE_MAX, &input);
        if (r < 0)
                return r == -ENOMEM ? r : -ENODATA;
        input.data[strcspn(input.data, "\r\n \t")] = 0;
        r = wgp_key_parse(input.data, WGP_KEY_CANONICAL, private_key) < 0 ? -ENODATA :
                                                                            derive(server, private_key, ret);
        explicit_bzero(private_key, sizeof(private_key));
        return r;
}

static int ask_kernel(const WgpPeerServer *server, uint8_t *ret) {
        WgpTunnelStatus tunnel = WGP_TUNNEL_STATUS_NULL;
        const char *name = server->loaded.item.name;
        WgpGather gather;
        int r;

        r = wgp_gather_open(server->cli, name, &gather);
        if (r != 0)
                return r;
        r = wgp_gather_tunnel(&gather, name, &tunnel);
        if (r >= 0) {
                r = wgp_key_is_zero(tunnel.network.device.public_key) ? -ENODATA : 0;
                memcpy(ret, tunnel.network.device.public_key, WGP_KEY_SIZE);
        }
        wgp_tunnel_status_done(&tunnel);
        wgp_gather_done(&gather);
        return r;
}

/* Where a private key lies that the profile does not have itself. */
static int look_for_key(const WgpPeerServer *server, uint8_t *ret) {
        const WgpProfile *profile = server->loaded.profile;
        _cleanup_(freep) char *generated = wgp_generated_key_path(profile->name);
        int r = -ENODATA;

        if (!generated)
                return -ENOMEM;
        if (profile->private_key.source == WGP_SECRET_FILE)
                r = derive_from_file(server, profile->private_key.name, ret);
        else if (profile->private_key.source == WGP_SECRET_NONE && profile->private_key_file)
                r = derive_from_file(server, profile->private_key_file, ret);
        if (r == -ENODATA && wgp_cli_is_this_system(server->cli))
                r = ask_kernel(server, ret);
        if (r == -ENODATA && profile->private_key.source == WGP_SECRET_NONE)
                r = derive_from_file(server, generated, ret);
        return r;
}

/* Finds the server's public key. Returns 0, an exit code (reported), or a negative errno. */
int wgp_peer_facts_key(const WgpPeerServer *server, uint8_t ret[static WGP_KEY_SIZE]) {
        const WgpProfile *profile = server->loaded.profile;
        int r;

        r = profile->private_key.source == WGP_SECRET_VALUE ? derive(server, profile->private_key.value, ret) :
                                                              look_for_key(server, ret);
        if (r != -ENODATA)
                return r;
        wgp_cli_error("The public key of '%s' is not known, since its private key is elsewhere: start the tunnel, and try again.",
                        profile->name);
        return CLI_EXIT_FAILED;
}

/* --- the endpoint --- */

/* The address that packets to the Internet leave from. Nothing is sent: connect(2) chooses the route. */
static bool find_own_address(int family, WgpSockaddr *ret) {
        /* documentation prefixes, RFC 5737 and RFC 3849, which only a default route leads to */
        const char *somewhere = family == AF_INET ? "192.0.2.1" : "2001:db8::1";
        _cleanup_(wgp_closep) int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        socklen_t size = sizeof(*ret);
        WgpSockaddr there;
        WgpPrefix address;

        if (fd < 0 || wgp_address_parse(somewhere, &address) < 0)
                return false;
        wgp_sockaddr_from_prefix(&address, 9, &there); /* discard, RFC 863 */
        return connect(fd, &there.sa, family == AF_INET ? sizeof(there.in) : sizeof(there.in6)) >= 0 &&
               getsockname(fd, &ret->sa, &size) >= 0;
}

static int guess_endpoint(const WgpPeerServer *server, WgpEndpoint *ret) {
        const char *path = server->loaded.path;
        char text[WGP_SOCKADDR_TEXT_SIZE];

        if (!wgp_cli_is_this_system(server->cli) ||
                        (!find_own_address(AF_INET, &ret->address) && !find_own_address(AF_INET6, &ret->address))) {
                wgp_cli_error("%s does not say where clients find this server. Write 'ClientEndpoint=' and its name or "
                              "address into a drop-in, below [WgProfile].",
                                path);
                return CLI_EXIT_FAILED;
        }
        wgp_sockaddr_set_port(&ret->address, ret->port);
        wgp_sockaddr_format(&ret->address, text);
        wgp_cli_error("Clients are told to find this server at %s, one of the host's addresses. If that is not how they "
                      "reach it, write 'ClientEndpoint=' into a drop-in of %s, below [WgProfile].",
                        text, path);
        return 0;
}

static int copy(char **to, const char *from) {
        *to = from ? strdup(from) : NULL;
        return from && !*to ? -ENOMEM : 0;
}

/* Finds the server's endpoint, for wgp_endpoint_done(). Returns 0, an exit code (reported), or a negative errno. */
int wgp_peer_facts_endpoint(const WgpPeerServer *server, WgpEndpoint *ret) {
        const WgpProfile *profile = server->loaded.profile;
        const WgpEndpoint *told = &profile->client_endpoint;

        if (!profile->has_listen_port || profile->listen_port == 0) {
                wgp_cli_error("%s has no ListenPort=, so that clients could not find the server: it would be another port "
                              "after each start.",
                                server->loaded.path);
                return CLI_EXIT_INVALID;
        }
        ret->port = told->port > 0 ? told->port : profile->listen_port;
        if (!told->host && told->address.family == AF_UNSPEC)
                return guess_endpoint(server, ret);
        ret->address = told->address;
        return copy(&ret->host, told->host);
}

/* --- allowed-ips --- */

/* What the clients send into the tunnel: everything, if the profile does not say. Returns 0, or -ENOMEM. */
int wgp_peer_facts_allowed_ips(const WgpPeerServer *server, WgpPrefixList *ret) {
        static const WgpPrefix everything[] = { { .family = AF_INET }, { .family = AF_INET6 } };
        const WgpProfile *profile = server->loaded.profile;
        const bool told = profile->n_client_allowed_ips > 0;
        const WgpPrefix *prefixes = told ? profile->client_allowed_ips : everything;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < (told ? profile->n_client_allowed_ips : WGP_ARRAY_SIZE(everything)); i++)
                r = wgp_prefix_list_add(ret, prefixes + i);
        return r;
}
