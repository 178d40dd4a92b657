/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Userspace WireGuard: a daemon per link that holds a tun device and listens on /run/wireguard/IFNAME.sock. */

#include "plan/plan.h"

#define WGP_USERSPACE_KIND "tun" /* IFLA_INFO_KIND of its link */

/* To wait for the daemon's end: open before the link is deleted. */
int wgp_userspace_open(const char *ifname, int *ret);
bool wgp_userspace_wait(int fd);
void wgp_userspace_end(const char *ifname);

int wgp_userspace_await(const char *ifname);
int wgp_userspace_ask(const char *ifname, int *ret);
int wgp_userspace_take_answer(int fd, WgpDevice *ret);
int wgp_userspace_get(const char *ifname, WgpDevice *ret);
int wgp_userspace_set(const char *ifname, const WgpDeviceChange *change);

/* For who has other things to do. */
int wgp_userspace_get_within(const char *ifname, unsigned seconds, WgpDevice *ret);
int wgp_userspace_set_within(const char *ifname, unsigned seconds, const WgpDeviceChange *change);
