/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Status: what the resolver knows of a tunnel's names, for "wg-profile status" and for its own next start, in
 * /run/wg-profile/state/NAME.resolver.json. Text and back are pure.
 *
 *   {"version": 1, "name": "site", "endpoints": {PUBLIC-KEY: {
 *      "host": "vpn.example.org", "port": 51820,
 *      "addresses": ["192.0.2.1:51820", ...],   the last answer
 *      "present": "192.0.2.1:51820",            the kernel's; absent: none
 *      "chosen": "192.0.2.1:51820",             the last that was set; not "present": the peer has roamed
 *      "inherited": true,                       "present" is of the endpoint before, in the profile; else absent
 *      "why": "it had no address",              of "chosen"
 *      "since": 123456789,                      when that was set
 *      "health": "fine",                        wgp_health_text()
 *      "failure": "there is no such name",      absent when DNS has answered
 *      "answered": 123456789,                   when it last did
 *      "asked": 123456789,                      when it was last asked; absent: not yet
 *      "ttl": 300,                              seconds, of the last answer; absent: nobody told
 *      "next": 123456789}}}                     when it will be asked again; absent: it is being asked
 *
 * Times are microseconds of CLOCK_BOOTTIME. */

#include "resolver/manager.h"

#define WGP_STATUS_SUFFIX ".resolver.json"

int wgp_status_format(const WgpTunnel *tunnel, char **ret);
int wgp_status_restore(WgpTunnel *tunnel, const char *text, size_t size);

int wgp_status_write(int directory, const WgpTunnel *tunnel);
int wgp_status_read(int directory, WgpTunnel *tunnel);
int wgp_status_remove(int directory, const char *name);
