/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes the link-local address of a tunnel, since a WireGuard link has no hardware address. As RFC 7217 requires, it
 * is the same at each start, reveals nothing about the machine, and differs between machines and links. */

#include "apply/link-local.h"

#include <systemd/sd-id128.h>

#include "system/library.h"

/* Names this use of the machine's id. */
#define APPLICATION_ID SD_ID128_MAKE(4f, 1b, 53, 0e, 9a, c6, 4d, 77, 8e, 21, 6a, 35, d0, c4, 7b, 98)

/* libsystemd is loaded only here: other tunnels do not pay for it. */
static int hash_of_machine(sd_id128_t id, sd_id128_t *ret) {
        __typeof__(sd_id128_get_machine_app_specific) *get_machine_app_specific = NULL;
        const WgpSymbol symbol = { "sd_id128_get_machine_app_specific", &get_machine_app_specific };
        void *library;
        int r;

        r = wgp_library_load("libsystemd.so.0", &symbol, 1, &library);
        return r < 0 ? r : get_machine_app_specific(id, ret);
}

/* Makes it of the machine's id and the link's name, of which every byte has a place in an sd_id128_t. Returns 0, or a
 * negative errno: -ENOENT and others when the machine has no id, -ELIBACC and -ELIBBAD without libsystemd. */
int wgp_link_local_address(const char *ifname, WgpPrefix *ret) {
        WgpPrefix address = { .family = AF_INET6, .length = 64 };
        sd_id128_t id = APPLICATION_ID, hash;
        int r;

        _Static_assert(IF_NAMESIZE <= sizeof(id.bytes), "a link's name fits");
        for (size_t i = 0; ifname[i] && i < sizeof(id.bytes); i++)
                id.bytes[i] ^= (uint8_t) ifname[i];

        r = hash_of_machine(id, &hash);
        if (r < 0)
                return r;

        address.bytes[0] = 0xfe;
        address.bytes[1] = 0x80;
        memcpy(address.bytes + 8, hash.bytes, 8);
        *ret = address;
        return 0;
}
