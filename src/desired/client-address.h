/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Client addresses: which ones a server has left for its next client. Pure, and fast enough for a full /16. */

#include "model/device.h"

typedef enum WgpClientAddress {
        WGP_CLIENT_ADDRESS_FREE,
        WGP_CLIENT_ADDRESS_OUTSIDE,  /* it lies in none of the server's networks */
        WGP_CLIENT_ADDRESS_RESERVED, /* of the network itself, or its broadcast address */
        WGP_CLIENT_ADDRESS_TAKEN,
} WgpClientAddress;

/* Conditions of wgp_client_addresses_find(). */
enum {
        _WGP_CLIENT_ADDRESSES_E_SUCCESS,
        WGP_CLIENT_ADDRESSES_E_NONE, /* no network has room for anybody but the server */
        WGP_CLIENT_ADDRESSES_E_FULL,
};

bool wgp_client_network_has_room(const WgpPrefix *network);
int wgp_client_addresses_find(const WgpPrefix *networks, size_t n_networks, const WgpPrefix *taken, size_t n_taken,
                WgpPrefix *ret, size_t *ret_n, size_t *ret_full);
int wgp_client_addresses_count(const WgpPrefix *network, const WgpPrefix *taken, size_t n_taken, uint64_t *ret_used,
                uint64_t *ret_all);
WgpClientAddress wgp_client_address_judge(const WgpPrefix *networks, size_t n_networks, const WgpPrefix *taken,
                size_t n_taken, const WgpPrefix *address);
