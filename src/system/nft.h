/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* nf_tables, through a libnftables that is loaded when it is needed. */

#include "core/macro.h"

enum {
        _WGP_NFT_E_SUCCESS,
        WGP_NFT_E_FAILED, /* why is in *ret_problem */
};

int wgp_nft_run(const char *ruleset, char **ret_problem);
