/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Implicit key: where the private key of a profile that names none is looked for, wg-profile(5): the credentials, then
 * the file. Pure. */

#include "base/macro.h"

#define WGP_KEY_DIRECTORY "/var/lib/wg-profile"

enum {
        WGP_IMPLICIT_CREDENTIAL_OWN,     /* what "wg-profile genkey --encrypt" makes */
        WGP_IMPLICIT_CREDENTIAL_NETWORK, /* systemd-networkd's, of a netdev of that name: systemd.netdev(5) */
        _WGP_IMPLICIT_CREDENTIAL_N,
};

char *wgp_implicit_credential(unsigned i, const char *name);
char *wgp_generated_key_path(const char *name);
