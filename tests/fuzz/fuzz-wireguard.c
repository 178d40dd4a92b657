/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the kernel says of a WireGuard link, in as many messages as it takes; and of the family's number. */

#include "fuzz.h"
#include "model/device.h"
#include "model/prefix.h"
#include "netlink/message.h"
#include "netlink/wg-message.h"

static void check_device(const WgpDevice *device) {
        for (size_t i = 0; i < device->n_peers; i++) {
                const WgpPeerState *peer = device->peers + i;

                check(peer->endpoint.family == AF_UNSPEC || peer->endpoint.family == AF_INET ||
                                peer->endpoint.family == AF_INET6);
                check(peer->handshake_nsec < 1000000000);
                for (size_t j = 0; j < peer->n_allowed_ips; j++) {
                        const WgpPrefix *prefix = peer->allowed_ips + j;

                        check(prefix->family == AF_INET || prefix->family == AF_INET6);
                        check(prefix->length <= wgp_family_bits(prefix->family));
                }
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        uint8_t *copy = fuzz_copy(data, size);
        const struct nlmsghdr *message;
        const uint8_t *at = copy;
        WgpDevice device = {};
        size_t left = size;
        uint16_t family;

        while ((message = wgp_message_take(&at, &left))) {
                (void) wgp_wg_family_decode(message, &family);
                (void) wgp_wg_get_decode(message, &device);
                check_device(&device);
        }
        wgp_device_done(&device);
        free(copy);
        return 0;
}
