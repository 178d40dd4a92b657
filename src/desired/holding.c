/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Holding. Nothing of it is in doubt, whichever of the two states the record was on the way to: rules and routes of
 * another mark would cut the tunnel off. */

#include "desired/holding.h"

#include "desired/nft-text.h"
#include "desired/signature.h"
#include "model/kernel-slot.h"

static bool has_address(const WgpNetwork *network, const WgpAddress *address) {
        for (size_t i = 0; i < network->n_addresses; i++)
                if (wgp_address_compare_slot(network->addresses + i, address) == 0)
                        return true;
        return false;
}

/* Those of the record that are on the link: none is added. */
static int copy_addresses(const WgpNetwork *recorded, const WgpNetwork *actual, WgpNetwork *to) {
        int r = 0;

        for (size_t i = 0; r >= 0 && i < actual->n_addresses; i++)
                if (has_address(recorded, actual->addresses + i))
                        r = wgp_network_copy_address(to, actual->addresses + i);
        return r;
}

static int copy_routes(const WgpNetwork *recorded, uint32_t table, WgpNetwork *to) {
        int r = 0;

        for (size_t i = 0; r >= 0 && i < recorded->n_routes; i++)
                if (recorded->routes[i].table == table)
                        r = wgp_network_copy_route(to, recorded->routes + i);
        return r;
}

static int copy_rules(const WgpNetwork *recorded, uint32_t mark, WgpNetwork *to) {
        int r = 0;

        for (size_t i = 0; r >= 0 && i < recorded->n_rules; i++)
                if (wgp_rule_is_of_mark(recorded, recorded->rules + i, mark))
                        r = wgp_network_copy_rule(to, recorded->rules + i);
        return r;
}

/* Whether there are rules of the tunnel's own. */
static bool has_own_rules(const WgpNetwork *network, int family) {
        for (size_t i = 0; i < network->n_rules; i++)
                if (!network->rules[i].shared && (family == AF_UNSPEC || network->rules[i].family == family))
                        return true;
        return false;
}

/* Makes a network of what of an unfinished record holds the traffic of the device as it is, by its mark. Returns 0,
 * -ENODATA: there is nothing, or -ENOMEM. The caller ends with wgp_network_done(ret), which is empty before. */
int wgp_holding_build(const WgpNetwork *recorded, const WgpNetwork *actual, WgpNetwork *ret) {
        const uint32_t mark = actual->device.fwmark;
        int r;

        if (mark == 0)
                return -ENODATA;

        ret->link = recorded->link;
        ret->link.mtu = 0;
        ret->link.master = 0;
        if (!actual->filter.present ||
                        actual->filter.digest == WGP_NFT_DIGEST_EMPTY) { /* else it is of one or the other */
                ret->filter = recorded->filter;
                ret->filter.port = actual->device.listen_port;
                ret->filter.mark = mark;
        }
        r = copy_rules(recorded, mark, ret);
        if (r >= 0)
                r = copy_routes(recorded, mark, ret);
        if (r >= 0)
                r = copy_addresses(recorded, actual, ret);
        ret->valid_mark.wanted = recorded->valid_mark.wanted && has_own_rules(ret, AF_INET);
        return r < 0 ? r : has_own_rules(ret, AF_UNSPEC) ? 0 : -ENODATA;
}
