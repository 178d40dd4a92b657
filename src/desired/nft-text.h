/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* The nft table of one tunnel, as text for libnftables. Pure. */

#include "model/device.h"

typedef struct WgpNftInput WgpNftInput;

#define WGP_NFT_TABLE_PREFIX "wg-profile-"

enum {
        WGP_NFT_TABLE_SIZE = sizeof(WGP_NFT_TABLE_PREFIX) + 3 * IF_NAMESIZE,
        WGP_NFT_DIGEST_EMPTY = 0, /* of no rules */
};

struct WgpNftInput {
        char ifname[IF_NAMESIZE];
        uint32_t ifindex;            /* for a name that nft(8) cannot have in its text */
        const WgpAddress *addresses; /* borrowed */
        size_t n_addresses;
        uint16_t port;
        uint32_t mark;
        bool answers; /* name servers are asked with that mark */
};

void wgp_nft_table_name(const char *ifname, char ret[static WGP_NFT_TABLE_SIZE]);
int wgp_nft_format_up(const WgpNftInput *input, char **ret);
int wgp_nft_format_down(const char *ifname, char **ret);

uint64_t wgp_nft_digest_add(uint64_t digest, const char *comment);
uint64_t wgp_nft_digest(const WgpNftInput *input);
