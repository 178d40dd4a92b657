/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* DNS message: one question for addresses, and what an answer to it says; RFC 1035, by libresolv. Pure, but for chance
 * that libresolv draws. */

#include "resolver/endpoint.h"

typedef struct WgpDnsFound WgpDnsFound;
typedef struct WgpDnsQuestion WgpDnsQuestion;

enum {
        WGP_DNS_PORT = 53,
        WGP_DNS_MESSAGE_SIZE = 512, /* by UDP, without EDNS: RFC 1035 section 2.3.4 */

        /* of wgp_dns_message_parse() */
        WGP_DNS_E_FOREIGN = 1, /* no answer to this question */
        WGP_DNS_E_NO_NAME,
        WGP_DNS_E_SERVER,      /* the name server has failed, or refused */
};

struct WgpDnsQuestion {
        const char *host;
        int family;  /* AF_INET: an A record is asked for, AF_INET6: AAAA */
        uint16_t id;
};

struct WgpDnsFound {
        WgpSockaddr addresses[WGP_CANDIDATES_MAX]; /* port 0 */
        size_t n_addresses;
        uint32_t ttl; /* seconds: the smallest of all; UINT32_MAX: of none */
};

int wgp_dns_message_format(const WgpDnsQuestion *question, uint8_t ret[static WGP_DNS_MESSAGE_SIZE], size_t *ret_size);
int wgp_dns_message_parse(const uint8_t *data, size_t size, const WgpDnsQuestion *question, WgpDnsFound *found);
