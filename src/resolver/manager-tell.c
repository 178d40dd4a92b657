/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Says what the manager does, in lines that name the tunnel. */

#include <stdarg.h>

#include "base/text.h"
#include "resolver/manager-internal.h"

/* A line for people, which names the tunnel. "peer": NULL: it concerns more than one. */
void wgp_manager_tell(WgpManager *m, WgpSeverity severity, const WgpTunnel *tunnel, const WgpEndpointPeer *peer,
                const char *format, ...) {
        _cleanup_(freep) char *text = NULL;
        va_list ap;

        va_start(ap, format);
        text = wgp_vasprintf(format, ap);
        va_end(ap);
        if (text)
                m->config.tell(m->config.userdata, &(WgpNews) { severity, tunnel, peer, text });
}
