/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* nf_tables, through a libnftables that is loaded when it is needed. */

#include "base/macro.h"

enum {
        _WGP_NFT_E_SUCCESS,
        WGP_NFT_E_FAILED, /* why is in *ret_problem */
};

typedef struct WgpNft WgpNft;

int wgp_nft_open(WgpNft **ret, char **ret_problem);
WgpNft *wgp_nft_close(WgpNft *nft);
WGP_DEFINE_CLEANUP(WgpNft *, wgp_nft_close)
int wgp_nft_send(WgpNft *nft, const char *ruleset, char **ret_problem);

int wgp_nft_run(const char *ruleset, char **ret_problem);
