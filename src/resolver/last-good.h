/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Last good: where the peers of a tunnel last answered, which is the first address that they get after a boot, DNS or
 * no DNS. Kept in NAME.endpoints.json of the service's state directory, /var/lib/wg-profile; no secret is in it.
 *
 *   {"version": 1, "name": "site", "peers": {PUBLIC-KEY: {
 *      "host": "vpn.example.org", "port": 51820, "address": "192.0.2.1:51820"}}}
 *
 * A peer that no longer has that endpoint has no last good address. Text and back are pure. */

#include "resolver/manager.h"

int wgp_last_good_format(const WgpTunnel *tunnel, char **ret);
int wgp_last_good_restore(WgpTunnel *tunnel, const char *text, size_t size);

bool wgp_last_good_has_changed(const WgpTunnel *tunnel);
int wgp_last_good_write(int directory, WgpTunnel *tunnel);
int wgp_last_good_read(int directory, WgpTunnel *tunnel);
