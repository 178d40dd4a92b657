/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Kernel: the manager's view of it, by netlink; tunnels of a userspace daemon by its socket. */

#include "netlink/nl-socket.h"
#include "resolver/manager.h"
#include "resolver/netns-helper.h"

typedef struct WgpKernel WgpKernel;

struct WgpKernel {
        WgpNlSocket *route, *generic; /* "generic" is opened when first needed */
        const WgpNetnsHelper *helper; /* borrowed */
        bool denied;                  /* a network namespace could not be entered: -EPERM */
        uint16_t wireguard;           /* its generic netlink family; 0: not known yet */
        uint32_t mtu_ifindex, mtu;    /* of the link last asked for; 0: none, since wgp_kernel_forget_mtu() */
};

int wgp_kernel_init(WgpKernel *kernel, const WgpNetnsHelper *helper);
void wgp_kernel_done(WgpKernel *kernel);
WgpKernelOps wgp_kernel_ops(WgpKernel *kernel);
void wgp_kernel_forget_mtu(WgpKernel *kernel);
int wgp_kernel_has_link(WgpKernel *kernel, const WgpTunnel *tunnel);
