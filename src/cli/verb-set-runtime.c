/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wg-profile set --runtime: the running tunnel's device alone, as wg(8) would do it, until the next reload. */

#include <netdb.h>
#include <stdio.h>

#include "cli/message.h"
#include "cli/set-request.h"
#include "cli/tunnel-gather.h"
#include "model/prefix.h"
#include "model/value.h"
#include "netlink/nl-query.h"
#include "system/userspace.h"

typedef struct Runtime {
        WgpGather gather;
        WgpTunnelStatus tunnel;
        WgpDevice wanted; /* what the changes point to */
        WgpDeviceChange change;
} Runtime;

static void runtime_done(Runtime *run) {
        wgp_device_change_done(&run->change);
        wgp_device_done(&run->wanted);
        wgp_tunnel_status_done(&run->tunnel);
        wgp_gather_done(&run->gather);
}

/* HOST:PORT, looked up once, as wg(8) does. Returns 0, or an exit code (reported). */
static int look_up(const char *text, WgpSockaddr *ret) {
        const struct addrinfo hints = { .ai_socktype = SOCK_DGRAM, .ai_protocol = IPPROTO_UDP };
        const char *colon = strrchr(text, ':');
        const bool bracketed = *text == '[';
        struct addrinfo *found = NULL;
        _cleanup_(freep) char *host = NULL;
        int r;

        if (wgp_sockaddr_parse(text, ret) >= 0)
                return 0;
        if (!colon || colon == text || (bracketed && colon[-1] != ']')) {
                wgp_cli_error("endpoint: This is no HOST:PORT: %s.", text);
                return CLI_EXIT_USAGE;
        }
        host = strndup(text + bracketed, (size_t) (colon - text) - 2 * bracketed);
        if (!host)
                return -ENOMEM;
        r = getaddrinfo(host, colon + 1, &hints, &found);
        if (r != 0) {
                wgp_cli_error("endpoint %s: %s.", text, gai_strerror(r));
                return CLI_EXIT_FAILED;
        }
        memcpy(ret, found->ai_addr, WGP_MIN(sizeof(*ret), (size_t) found->ai_addrlen));
        freeaddrinfo(found);
        return 0;
}

/* --- the tunnel --- */

/* Returns 0 when there is one that can be changed, an exit code (reported), or a negative errno. */
static int find(const WgpCli *cli, Runtime *run) {
        const char *name = cli->arguments[0];
        int r;

        r = wgp_gather_open(cli, name, &run->gather);
        if (r != 0)
                return r;
        r = wgp_gather_tunnel(&run->gather, name, &run->tunnel);
        if (r == 0)
                r = wgp_tunnel_refuse_unknown(cli, &run->tunnel);
        if (r != 0)
                return r;
        if (run->tunnel.hidden) {
                wgp_cli_error("Only root can change a running tunnel.");
                return CLI_EXIT_DENIED;
        }
        if (run->tunnel.network.link.ifindex == 0 || run->tunnel.device_error < 0) {
                wgp_cli_error("%s: %s, %s.", name, wgp_tunnel_state_name(run->tunnel.state), run->tunnel.reason);
                return CLI_EXIT_FAILED;
        }
        return 0;
}

static int take_label(const Runtime *run, WgpSetPeer *peer) {
        for (size_t i = 0; !peer->has_key && i < run->tunnel.n_peers; i++)
                if (run->tunnel.peers[i].name && streq(run->tunnel.peers[i].name, peer->label)) {
                        memcpy(peer->public_key, run->tunnel.peers[i].peer->public_key, WGP_KEY_SIZE);
                        peer->has_key = true;
                }
        if (peer->has_key)
                return 0;
        wgp_cli_error("'%s' is neither a public key nor the name of a peer.", peer->label);
        return CLI_EXIT_USAGE;
}

/* --- the change --- */

static int fill_peer(const Runtime *run, const WgpSetPeer *peer, WgpPeerState *state, WgpPeerChange *change) {
        const WgpDevice *device = &run->tunnel.network.device;
        const WgpPeerState *present = NULL;
        int r = 0;

        for (size_t i = 0; i < device->n_peers; i++)
                if (memcmp(device->peers[i].public_key, peer->public_key, WGP_KEY_SIZE) == 0)
                        present = device->peers + i;
        state->keepalive = peer->keepalive;
        change->remove = peer->remove;
        change->set_keepalive = peer->has_keepalive;
        change->set_endpoint = peer->endpoint;
        change->set_preshared_key = peer->preshared_key_file;
        change->replace_allowed_ips = peer->has_allowed_ips;
        if (peer->endpoint)
                r = look_up(peer->endpoint, &state->endpoint);
        if (r == 0 && peer->preshared_key_file)
                r = wgp_set_read_key(peer->preshared_key_file, state->preshared_key);
        if (r == 0 && peer->has_allowed_ips)
                r = wgp_set_allowed_ips(peer, present ? present->allowed_ips : NULL,
                                present ? present->n_allowed_ips : 0, state);
        return r;
}

/* The states first: the changes point to them. */
static int build_peers(Runtime *run, WgpSetRequest *request) {
        int r = 0;

        run->change.peers = calloc(request->n_peers + 1, sizeof(*run->change.peers));
        if (!run->change.peers)
                return -ENOMEM;
        for (size_t i = 0; r == 0 && i < request->n_peers; i++) {
                r = take_label(run, request->peers + i);
                if (r == 0 && !wgp_device_add_peer(&run->wanted, request->peers[i].public_key))
                        r = -ENOMEM;
        }
        for (size_t i = 0; r == 0 && i < request->n_peers; i++) {
                WgpPeerState *state = run->wanted.peers + i;
                WgpPeerChange *change = run->change.peers + run->change.n_peers++;

                *change = (WgpPeerChange) { .peer = state };
                r = fill_peer(run, request->peers + i, state, change);
                change->allowed_ips = state->allowed_ips;
                change->n_allowed_ips = state->n_allowed_ips;
        }
        return r;
}

static int build(Runtime *run, WgpSetRequest *request) {
        WgpDeviceChange *change = &run->change;
        int r = 0;

        change->set_listen_port = request->has_listen_port;
        change->listen_port = request->listen_port;
        change->set_fwmark = request->has_fwmark;
        change->fwmark = request->fwmark;
        change->set_private_key = request->private_key_file;
        if (request->private_key_file)
                r = wgp_set_read_key(request->private_key_file, change->private_key);
        return r != 0 ? r : build_peers(run, request);
}

static int send_change(Runtime *run) {
        _cleanup_(wgp_tunnel_sockets_done) WgpTunnelSockets sockets = {};
        const WgpLink *link = &run->tunnel.network.link;
        int r;

        if (run->tunnel.record.backend == WGP_BACKEND_USERSPACE)
                return wgp_userspace_set(link->name, &run->change);
        /* an index is that of some other link elsewhere */
        r = wgp_tunnel_sockets_open(&run->gather.here, run->tunnel.record.network.netns, &sockets);
        return r < 0 ? r : wgp_nl_set_device(sockets.generic, run->gather.wireguard, link->ifindex, &run->change);
}

/* Changes the running tunnel, and nothing else. Returns 0, an exit code (reported), or a negative errno. */
int wgp_set_runtime(const WgpCli *cli, WgpSetRequest *request) {
        _cleanup_(runtime_done) Runtime run = { .gather.directory = -EBADF };
        int r;

        r = find(cli, &run);
        if (r == 0)
                r = build(&run, request);
        if (r != 0)
                return r;
        r = send_change(&run);
        if (r < 0) {
                wgp_cli_error("%s: %s.", run.tunnel.network.link.name, strerror(-r));
                return r == -EPERM ? CLI_EXIT_DENIED : CLI_EXIT_FAILED;
        }
        return 0;
}
