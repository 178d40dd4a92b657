/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Signature: what of the kernel's rules and routes is recognised as a tunnel's of ours without any record, and whose
 * it is. Pure. */

#include "model/device.h"

/* What other tunnels are known to have. */
typedef struct WgpClaims {
        const WgpNetwork *recorded; /* what their records name */
        const uint32_t *numbers;    /* marks, and tables of VRFs, of other links in our group */
        size_t n_numbers;
        uint32_t own[2]; /* the mark and the table of the tunnel's own link; 0: none */
        bool unknown;    /* there is a record that cannot be understood: something may be of its tunnel */
} WgpClaims;

bool wgp_rule_is_ours(const WgpRule *rule);
bool wgp_rule_is_of_mark(const WgpNetwork *network, const WgpRule *rule, uint32_t mark);
bool wgp_route_is_ours(const WgpRoute *route);
bool wgp_signature_is_shared(const WgpNetwork *actual, const WgpNetwork *own, uint8_t family);
int wgp_signature_sort(const WgpNetwork *kernel, const WgpClaims *claims, WgpNetwork *ours, WgpNetwork *theirs,
                size_t *ret_n_unsure);
