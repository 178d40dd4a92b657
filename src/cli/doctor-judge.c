/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds out why a tunnel has no handshake, no data or no protection. Each finding is about something that was seen. */

#include "cli/doctor-judge.h"

#include <inttypes.h>
#include <stdarg.h>

#include "base/text.h"
#include "cli/cli.h"
#include "cli/shell-quote.h"
#include "cli/span.h"
#include "model/value.h"

typedef struct Doctor {
        const WgpTunnelStatus *tunnel;
        const WgpSurroundings *around;
        const WgpMoment *now;
        WgpFindings *findings;
        char *name;  /* for a command line */
        bool failed; /* memory ran out */
} Doctor;

void wgp_findings_done(WgpFindings *findings) {
        for (size_t i = 0; i < findings->n_items; i++) {
                free(findings->items[i].what);
                free(findings->items[i].advice);
        }
        free(findings->items);
        *findings = WGP_FINDINGS_NULL;
}

/* Adds a finding; "advice" is put together by finish(). */
static void _printf_(2, 3) find(Doctor *doctor, const char *format, ...) {
        WgpFindings *f = doctor->findings;
        va_list ap;

        if (!wgp_grow(&f->items, &f->n_allocated, f->n_items + 1, sizeof(*f->items))) {
                doctor->failed = true;
                return;
        }
        va_start(ap, format);
        f->items[f->n_items++] = (WgpFinding) { .what = wgp_vasprintf(format, ap) };
        va_end(ap);
        doctor->failed = doctor->failed || !f->items[f->n_items - 1].what;
}

/* Says what to do about the finding that was added last. */
static void _printf_(2, 3) advise(Doctor *doctor, const char *format, ...) {
        WgpFindings *f = doctor->findings;
        va_list ap;

        if (doctor->failed)
                return;
        va_start(ap, format);
        f->items[f->n_items - 1].advice = wgp_vasprintf(format, ap);
        va_end(ap);
        doctor->failed = !f->items[f->n_items - 1].advice;
}

/* --- the profile and the unit --- */

static void judge_profile(Doctor *doctor) {
        const WgpTunnelStatus *t = doctor->tunnel;

        if (t->n_errors > 0) {
                find(doctor, "the profile %s has %zu error%s", t->path ?: t->name, t->n_errors,
                                t->n_errors == 1 ? "" : "s");
                advise(doctor, "wg-profile check %s", doctor->name);
        } else if (t->compared == CLI_EXIT_CHANGES) {
                find(doctor, "the running tunnel differs from its profile in %zu point%s, the first being: %s",
                                t->n_differences, t->n_differences == 1 ? "" : "s",
                                t->n_differences > 0 ? t->differences[0] : "");
                advise(doctor, "wg-profile reload %s", doctor->name);
        }
        if (t->outdated) {
                find(doctor, "systemd has not read the unit again since its files were changed");
                advise(doctor, "systemctl daemon-reload");
        }
}

static void judge_state(Doctor *doctor) {
        const WgpTunnelStatus *t = doctor->tunnel;

        if (t->state == WGP_TUNNEL_FAILED) {
                find(doctor, "the tunnel has failed: %s", t->reason);
                advise(doctor, "wg-profile logs %s; wg-profile restart %s", doctor->name, doctor->name);
        } else if (t->state == WGP_TUNNEL_DOWN && t->n_errors == 0) {
                find(doctor, "the tunnel is down%s", t->boot == WGP_BOOT_YES ? ", though it starts at boot" : "");
                advise(doctor, "wg-profile up %s", doctor->name);
        }
}

static void judge_kill_switch(Doctor *doctor) {
        const WgpTunnelStatus *t = doctor->tunnel;

        if (wgp_tunnel_lacks_kill_switch(t)) {
                find(doctor, "the profile has KillSwitch=, and the kill switch is off: traffic may leave past the tunnel");
                advise(doctor, "systemctl start 'wg-profile-killswitch@%s'", t->name);
        } else if (t->kill_switch && t->network.link.ifindex == 0) {
                find(doctor, "the kill switch is on, and there is no tunnel: nothing leaves but to the LAN");
                advise(doctor, "wg-profile up %s, or systemctl stop 'wg-profile-killswitch@%s'", doctor->name,
                                t->name);
        }
}

/* --- the device and its peers --- */

static bool is_full(const WgpTunnelStatus *tunnel, int family) {
        for (size_t i = 0; i < tunnel->n_peers; i++)
                for (size_t k = 0; k < tunnel->peers[i].peer->n_allowed_ips; k++) {
                        const WgpPrefix *prefix = tunnel->peers[i].peer->allowed_ips + k;

                        if (prefix->family == family && prefix->length == 0)
                                return true;
                }
        return false;
}

static void judge_device(Doctor *doctor) {
        const WgpTunnelStatus *t = doctor->tunnel;

        if (wgp_key_is_zero(t->network.device.public_key)) {
                find(doctor, "the device %s has no private key: nobody can answer it", t->network.link.name);
                advise(doctor, "wg-profile genkey %s, or put the key into the profile", doctor->name);
        }
        if (t->n_peers == 0) {
                find(doctor, "the tunnel has no peers");
                advise(doctor, "wg-profile set %s peer KEY endpoint HOST:PORT allowed-ips PREFIX", doctor->name);
        }
        if (is_full(t, AF_INET) && !is_full(t, AF_INET6) && doctor->around->ipv6_goes_elsewhere) {
                find(doctor, "all IPv4 goes into the tunnel, and IPv6 leaves outside by a default route of its own");
                advise(doctor, "add ::/0 to AllowedIPs, or KillSwitch=yes to [WgProfile]");
        }
}

/* Which of the allowed-ips has the address of the endpoint. */
static bool find_prefix(const WgpTunnelStatus *tunnel, const WgpSockaddr *endpoint, WgpPrefix *ret) {
        WgpPrefix address;

        wgp_sockaddr_to_prefix(endpoint, &address);
        for (size_t i = 0; i < tunnel->n_peers; i++)
                for (size_t k = 0; k < tunnel->peers[i].peer->n_allowed_ips; k++)
                        if (wgp_prefix_contains(tunnel->peers[i].peer->allowed_ips + k, &address)) {
                                *ret = tunnel->peers[i].peer->allowed_ips[k];
                                return true;
                        }
        return false;
}

static void judge_endpoint(Doctor *doctor, const WgpPeerStatus *peer, const char *label) {
        const WgpEndpointStatus *endpoint = wgp_peer_endpoint(peer);
        char prefix[WGP_PREFIX_TEXT_SIZE], address[WGP_SOCKADDR_TEXT_SIZE];
        WgpPrefix inside;

        if (peer->host && (endpoint->failure || peer->peer->endpoint.family == AF_UNSPEC)) {
                find(doctor, "peer %s: the name %s %s%s", label, peer->host,
                                peer->peer->endpoint.family == AF_UNSPEC ? "has no address" :
                                                                           "could not be asked for again",
                                endpoint->failure ? "" : " yet");
                if (endpoint->failure)
                        advise(doctor, "the answer was: %s. wg-profile resolve %s asks again", endpoint->failure,
                                        doctor->name);
                else
                        advise(doctor, "systemctl status wg-profile-resolver, which asks for it");
        }
        if (peer->endpoint_inside && doctor->tunnel->network.device.fwmark == 0 &&
                        find_prefix(doctor->tunnel, &peer->peer->endpoint, &inside)) {
                wgp_prefix_format(&inside, prefix);
                wgp_sockaddr_format(&peer->peer->endpoint, address);
                find(doctor, "peer %s: its endpoint %s lies in %s, which goes into the tunnel: the packets chase themselves",
                                label, address, prefix);
                advise(doctor, "take the endpoint's address out of AllowedIPs");
        }
}

static bool is_health(const WgpPeerStatus *peer, const char *health) {
        return peer->health && streq(peer->health, health);
}

static void judge_silence(Doctor *doctor, const WgpPeerStatus *peer, const char *label) {
        const WgpPeerState *p = peer->peer;
        char address[WGP_SOCKADDR_TEXT_SIZE], span[WGP_SPAN_SIZE], key[WGP_KEY_TEXT_SIZE];

        if (peer->state < WGP_TUNNEL_CONNECTING || p->endpoint.family == AF_UNSPEC)
                return;
        wgp_sockaddr_format(&p->endpoint, address);
        wgp_key_format(doctor->tunnel->network.device.public_key, key);
        if (is_health(peer, "no route")) {
                find(doctor, "peer %s: this host has no route to %s", label, address);
                advise(doctor, "ip route get %s", address);
        } else if (p->handshake_sec == 0 && p->tx_bytes > 0 && p->rx_bytes == 0) {
                find(doctor, "peer %s: %" PRIu64 " bytes were sent to %s, and nothing came back", label, p->tx_bytes,
                                address);
                advise(doctor,
                                "see there that WireGuard runs on that port, that no firewall drops UDP, and that the peer "
                                "with the public key %s is this host",
                                key);
        } else if (p->handshake_sec > 0) {
                wgp_span_format((uint64_t) WGP_MAX(doctor->now->real_sec - p->handshake_sec, 0), span);
                find(doctor, "peer %s: it has answered from %s, the last time %s ago, and does not any more", label,
                                address, span);
                advise(doctor, "see whether it is up, and whether another machine or profile uses the key %s", key);
        }
        if (p->handshake_sec > doctor->now->real_sec) {
                find(doctor,
                                "peer %s: the last handshake lies in the future: this host's clock was set back, and the peer refuses "
                                "what looks like a replay",
                                label);
                advise(doctor, "set the clock; or restart the peer's end");
        }
}

static void judge_peers(Doctor *doctor) {
        for (size_t i = 0; i < doctor->tunnel->n_peers; i++) {
                const WgpPeerStatus *peer = doctor->tunnel->peers + i;
                char key[WGP_KEY_TEXT_SIZE];
                const char *label;

                wgp_peer_label(peer, &label, key);
                judge_endpoint(doctor, peer, label);
                judge_silence(doctor, peer, label);
        }
}

/* Adds what is wrong with the tunnel. Returns 0, or -ENOMEM. */
int wgp_doctor_judge(const WgpTunnelStatus *tunnel, const WgpSurroundings *around, const WgpMoment *now,
                WgpFindings *findings) {
        Doctor doctor = { tunnel, around, now, findings, wgp_shell_quote(tunnel->name), false };

        if (!doctor.name)
                return -ENOMEM;
        judge_profile(&doctor);
        judge_state(&doctor);
        judge_kill_switch(&doctor);
        if (tunnel->network.link.ifindex > 0 && !tunnel->hidden && tunnel->device_error >= 0) {
                judge_device(&doctor);
                judge_peers(&doctor);
        }
        free(doctor.name);
        return doctor.failed ? -ENOMEM : 0;
}
