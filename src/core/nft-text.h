/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* The nft ruleset of one tunnel, as text for nft(8). Pure. */

#include "core/device.h"

typedef struct WgpNftInput WgpNftInput;

enum {
        WGP_NFT_TABLE_SIZE = sizeof("wg-profile-") + 3 * IF_NAMESIZE,
};

struct WgpNftInput {
        const char *ifname;
        const WgpAddress *addresses;
        size_t n_addresses;
        uint16_t listen_port; /* 0: none to mark */
        uint32_t mark;        /* 0: none */
};

void wgp_nft_table_name(const char *ifname, char ret[static WGP_NFT_TABLE_SIZE]);
int wgp_nft_format_up(const WgpNftInput *input, char **ret);
int wgp_nft_format_down(const char *ifname, char **ret);
