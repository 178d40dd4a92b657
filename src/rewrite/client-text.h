/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Client text: the two files that make a client of a server: the server's drop-in, and the client's own profile. Pure.
 * Both hold keys; the text is wiped by its owner. */

#include "base/text.h"
#include "model/profile.h"

typedef struct WgpClient WgpClient;

enum {
        WGP_CLIENT_NAME_MAX = 64, /* bytes, as of Name= */
};

/* All pointers are borrowed. */
struct WgpClient {
        const char *name, *server; /* NAMEs of the client and of the server's profile */
        const WgpPrefix *addresses;
        size_t n_addresses;
        const WgpPrefix *sites; /* networks behind the client */
        size_t n_sites;
        const uint8_t *public_key, *preshared_key; /* preshared_key NULL: none */

        /* of its own profile */
        const uint8_t *private_key, *server_key;
        const WgpEndpoint *endpoint; /* of the server, with its port */
        const WgpPrefix *allowed_ips;
        size_t n_allowed_ips;
        const char *dns;    /* as DNS= of a wg-quick profile; NULL: none */
        uint32_t mtu;       /* 0: automatic */
        uint16_t keepalive; /* seconds, 0: off */
};

const char *wgp_client_name_problem(const char *name);
void wgp_client_link_name(const char *server, char ret[static IFNAMSIZ]);
bool wgp_client_endpoint_is_public(const WgpEndpoint *endpoint);
void wgp_client_dropin_write(const WgpClient *client, WgpFormat format, WgpText *text);
int wgp_client_profile_write(const WgpClient *client, WgpFormat format, const char *uuid, WgpText *text);
