/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "resolver/dns-message.h"

#include <arpa/nameser.h>
#include <resolv.h>
#include <stdio.h>
#include <strings.h>

#include "core/value.h"

static ns_type type_of(const WgpDnsQuestion *question) {
        return question->family == AF_INET ? ns_t_a : ns_t_aaaa;
}

/* Writes the question as it goes to a name server. Returns 0, or -EINVAL: that is no name that DNS could have. */
int wgp_dns_message_format(const WgpDnsQuestion *question, uint8_t ret[static WGP_DNS_MESSAGE_SIZE], size_t *ret_size) {
        int n;

        n = res_mkquery(ns_o_query, question->host, ns_c_in, (int) type_of(question), NULL, 0, NULL, ret,
                        WGP_DNS_MESSAGE_SIZE);
        if (n < 0)
                return -EINVAL;
        /* ours: that of older versions follows from the time */
        ret[0] = (uint8_t) (question->id >> 8);
        ret[1] = (uint8_t) question->id;
        *ret_size = (size_t) n;
        return 0;
}

/* As text, the dot at the end or not. libresolv's is deprecated. */
static bool same_name(const char *a, const char *b) {
        size_t n = strlen(a), m = strlen(b);

        n -= n > 0 && a[n - 1] == '.';
        m -= m > 0 && b[m - 1] == '.';
        return n == m && strncasecmp(a, b, n) == 0;
}

static bool is_answer(ns_msg *message, const WgpDnsQuestion *question) {
        ns_rr asked;

        return ns_msg_id(*message) == question->id && ns_msg_getflag(*message, ns_f_qr) &&
                        ns_msg_count(*message, ns_s_qd) == 1 && ns_parserr(message, ns_s_qd, 0, &asked) >= 0 &&
                        ns_rr_type(asked) == type_of(question) && ns_rr_class(asked) == ns_c_in &&
                        same_name(ns_rr_name(asked), question->host);
}

static void add_address(const ns_rr *record, int family, WgpDnsFound *found) {
        WgpPrefix address = { .family = (uint8_t) family };
        size_t size = wgp_family_bits(family) / 8;

        if (ns_rr_rdlen(*record) != size || found->n_addresses >= WGP_ARRAY_SIZE(found->addresses))
                return;
        memcpy(address.bytes, ns_rr_rdata(*record), size);
        wgp_sockaddr_from_prefix(&address, /* port= */ 0, found->addresses + found->n_addresses++);
}

/* Follows the aliases, each of which stands before what it points to. */
static void read_records(ns_msg *message, const WgpDnsQuestion *question, WgpDnsFound *found) {
        char name[NS_MAXDNAME];
        ns_rr record;

        snprintf(name, sizeof(name), "%s", question->host);
        for (int i = 0; i < ns_msg_count(*message, ns_s_an); i++) {
                if (ns_parserr(message, ns_s_an, i, &record) < 0)
                        return;
                if (ns_rr_class(record) != ns_c_in || !same_name(ns_rr_name(record), name))
                        continue;
                if (ns_rr_type(record) == ns_t_cname &&
                    ns_name_uncompress(ns_msg_base(*message), ns_msg_end(*message), ns_rr_rdata(record), name,
                                    sizeof(name)) < 0)
                        return;
                if (ns_rr_type(record) == type_of(question))
                        add_address(&record, question->family, found);
                if (ns_rr_type(record) == type_of(question) || ns_rr_type(record) == ns_t_cname)
                        found->ttl = WGP_MIN(found->ttl, ns_rr_ttl(record));
        }
}

/* Adds the addresses of an answer to "found"; of one that was cut, those that it has. Returns 0, if need be without any,
 * or a WGP_DNS_E_* code. */
int wgp_dns_message_parse(const uint8_t *data, size_t size, const WgpDnsQuestion *question, WgpDnsFound *found) {
        ns_msg message;

        if (ns_initparse(data, (int) size, &message) < 0 || !is_answer(&message, question))
                return WGP_DNS_E_FOREIGN;

        switch (ns_msg_getflag(message, ns_f_rcode)) {
        case ns_r_noerror:
                read_records(&message, question, found);
                return 0;
        case ns_r_nxdomain:
                return WGP_DNS_E_NO_NAME;
        default:
                return WGP_DNS_E_SERVER;
        }
}
