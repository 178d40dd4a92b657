/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists the sections of both formats. */

#include "parse/key-table.h"

const WgpSection *wgp_section(WgpSectionId id) {
        static const WgpSection *const sections[_WGP_SECTION_N] = {
                [WGP_SECTION_INTERFACE] = &wgp_section_interface,
                [WGP_SECTION_PEER] = &wgp_section_peer,
                [WGP_SECTION_CONNECTION] = &wgp_section_connection,
                [WGP_SECTION_WIREGUARD] = &wgp_section_wireguard,
                [WGP_SECTION_WIREGUARD_PEER] = &wgp_section_wireguard_peer,
                [WGP_SECTION_IPV4] = &wgp_section_ipv4,
                [WGP_SECTION_IPV6] = &wgp_section_ipv6,
                [WGP_SECTION_WG_PROFILE] = &wgp_section_wg_profile,
        };

        return sections[id];
}
