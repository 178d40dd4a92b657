/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Whether DNS servers go to resolvconf(8), as far as the files of a system tell. */

#include "base/macro.h"

bool wgp_resolvconf_decides(int root_fd);
bool wgp_dns_has_manager(int root_fd);
