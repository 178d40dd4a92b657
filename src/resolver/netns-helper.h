/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Network namespace helper: entering one takes CAP_SYS_ADMIN, which a process that reads answers of DNS should not
 * have. Another one has it, and does two things: it opens sockets there, and it starts repairs of tunnels that are
 * there. */

#include <sys/types.h>

#include "netlink/nl-socket.h"

typedef struct WgpNetnsHelper WgpNetnsHelper;
typedef struct WgpRepairCommand WgpRepairCommand;

struct WgpRepairCommand {
        const char *apply; /* the program */
        const char *root;  /* its --root=; NULL: this system */
};

struct WgpNetnsHelper {
        int fd; /* to the helper; -EBADF: there is none, since this process has no such capability */
};

#define WGP_NETNS_HELPER_NULL ((WgpNetnsHelper) { .fd = -EBADF })

int wgp_netns_helper_start(WgpNetnsHelper *helper, const WgpRepairCommand *command);
void wgp_netns_helper_done(WgpNetnsHelper *helper);

int wgp_netns_helper_open(const WgpNetnsHelper *helper, const char *netns, int protocol, WgpNlSocket **ret);
int wgp_netns_helper_open_datagram(const WgpNetnsHelper *helper, const char *netns, int family, int *ret);
int wgp_netns_helper_repair(const WgpNetnsHelper *helper, const char *name, bool quiet, pid_t *ret);

enum {
        WGP_REPAIR_ARGUMENTS = 8, /* the NULL at the end included */
};

int wgp_repair_format(const WgpRepairCommand *command, const char *name, bool quiet,
                const char *ret_arguments[static WGP_REPAIR_ARGUMENTS], char **ret_root);
