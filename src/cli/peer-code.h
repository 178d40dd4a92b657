/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Peer code: in which form a client's profile is handed out. */

#include "base/text.h"
#include "cli/cli.h"

/* What --qr and the end of --output=FILE say. */
typedef enum WgpPeerForm {
        WGP_PEER_FORM_TEXT,
        WGP_PEER_FORM_TERMINAL,
        WGP_PEER_FORM_PNG,
        WGP_PEER_FORM_SVG,
} WgpPeerForm;

WgpPeerForm wgp_peer_form(const WgpCli *cli);
int wgp_peer_code(const WgpCli *cli, const WgpText *profile, size_t n_allowed_ips, WgpText *ret);
