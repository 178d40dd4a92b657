/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>

#include "core/value.h"
#include "resolver/dns-message.h"

static const WgpDnsQuestion for_ipv4 = { "vpn.example.org", AF_INET, 0x1234 };
static const WgpDnsQuestion for_ipv6 = { "vpn.example.org", AF_INET6, 0x1234 };

/* Pieces of a message: its header up to the number of answers, the question, and records. */
#define HEADER(flags, n) "\x12\x34" flags "\0\1\0" n "\0\0\0\0"
#define ANSWER "\x81\x80"
#define NAME "\3vpn\7example\3org\0"
#define ASKED(type) NAME "\0" type "\0\1"
#define SAME "\xc0\x0c" /* a pointer to the question's name */
#define A(name, ttl, address) name "\0\1\0\1\0\0\0" ttl "\0\4" address
#define AAAA(name, ttl, address) name "\0\34\0\1\0\0\0" ttl "\0\20" address
#define ALIAS(name, ttl) name "\0\5\0\1\0\0\0" ttl "\0\7\4host\xc0\x10" /* host.example.org */
#define HOST "\4host\7example\3org\0"
#define ADDRESS6 "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1"

#define DATA(s) (s), sizeof(s) - 1

Test(dns_message, parse) {
        static const struct {
                const char *name;
                const WgpDnsQuestion *question;
                const char *data;
                size_t size;
                int r;
                const char *addresses;
                uint32_t ttl;
        } cases[] = {
                { "one address", &for_ipv4, DATA(HEADER(ANSWER, "\1") ASKED("\1") A(SAME, "\77", "\300\0\2\1")), 0,
                  "192.0.2.1:0 ", 63 },
                { "two, the smallest TTL", &for_ipv4,
                  DATA(HEADER(ANSWER, "\2") ASKED("\1") A(SAME, "\77", "\300\0\2\1") A(SAME, "\7", "\300\0\2\2")), 0,
                  "192.0.2.1:0 192.0.2.2:0 ", 7 },
                { "IPv6", &for_ipv6, DATA(HEADER(ANSWER, "\1") ASKED("\34") AAAA(SAME, "\7", ADDRESS6)), 0,
                  "[2001:db8::1]:0 ", 7 },
                { "in capitals", &for_ipv4,
                  DATA(HEADER(ANSWER, "\1") "\3VPN\7eXample\3org\0\0\1\0\1" A(SAME, "\77", "\300\0\2\1")), 0,
                  "192.0.2.1:0 ", 63 },
                { "an alias", &for_ipv4,
                  DATA(HEADER(ANSWER, "\2") ASKED("\1") ALIAS(SAME, "\5") A(HOST, "\77", "\300\0\2\1")), 0,
                  "192.0.2.1:0 ", 5 },
                { "an alias to nothing", &for_ipv4, DATA(HEADER(ANSWER, "\1") ASKED("\1") ALIAS(SAME, "\5")), 0, "", 5 },
                { "another name's address", &for_ipv4,
                  DATA(HEADER(ANSWER, "\1") ASKED("\1") A(HOST, "\77", "\300\0\2\1")), 0, "", UINT32_MAX },
                { "another family's", &for_ipv4,
                  DATA(HEADER(ANSWER, "\1") ASKED("\1") AAAA(SAME, "\7", ADDRESS6)), 0, "", UINT32_MAX },
                { "an address of no such size", &for_ipv4,
                  DATA(HEADER(ANSWER, "\1") ASKED("\1") SAME "\0\1\0\1\0\0\0\7\0\3\300\0\2"), 0, "", 7 },
                { "none", &for_ipv4, DATA(HEADER(ANSWER, "\0") ASKED("\1")), 0, "", UINT32_MAX },
                { "no such name", &for_ipv4, DATA(HEADER("\x81\x83", "\0") ASKED("\1")), WGP_DNS_E_NO_NAME, "", UINT32_MAX },
                { "SERVFAIL", &for_ipv4, DATA(HEADER("\x81\x82", "\0") ASKED("\1")), WGP_DNS_E_SERVER, "", UINT32_MAX },
                { "REFUSED", &for_ipv4, DATA(HEADER("\x81\x85", "\0") ASKED("\1")), WGP_DNS_E_SERVER, "", UINT32_MAX },
                { "cut, with one that fits", &for_ipv4,
                  DATA(HEADER("\x83\x80", "\1") ASKED("\1") A(SAME, "\77", "\300\0\2\1")), 0, "192.0.2.1:0 ", 63 },
                { "the question itself", &for_ipv4, DATA(HEADER("\1\0", "\0") ASKED("\1")), WGP_DNS_E_FOREIGN, "", UINT32_MAX },
                { "another id", &for_ipv4, DATA("\x12\x35" ANSWER "\0\1\0\1\0\0\0\0" ASKED("\1") A(SAME, "\7", "\300\0\2\1")),
                  WGP_DNS_E_FOREIGN, "", UINT32_MAX },
                { "to the other question", &for_ipv6, DATA(HEADER(ANSWER, "\1") ASKED("\1") A(SAME, "\77", "\300\0\2\1")),
                  WGP_DNS_E_FOREIGN, "", UINT32_MAX },
                { "to another name", &for_ipv4, DATA(HEADER(ANSWER, "\0") HOST "\0\1\0\1"), WGP_DNS_E_FOREIGN, "", UINT32_MAX },
                { "no question", &for_ipv4, DATA("\x12\x34" ANSWER "\0\0\0\0\0\0\0\0"), WGP_DNS_E_FOREIGN, "", UINT32_MAX },
                { "nothing", &for_ipv4, DATA(""), WGP_DNS_E_FOREIGN, "", UINT32_MAX },
                { "a header", &for_ipv4, DATA(HEADER(ANSWER, "\1")), WGP_DNS_E_FOREIGN, "", UINT32_MAX },
                { "a record too few", &for_ipv4,
                  DATA(HEADER(ANSWER, "\2") ASKED("\1") A(SAME, "\77", "\300\0\2\1")), WGP_DNS_E_FOREIGN, "", UINT32_MAX },
                { "an alias that points to itself", &for_ipv4,
                  DATA(HEADER(ANSWER, "\1") ASKED("\1") SAME "\0\5\0\1\0\0\0\7\0\2\xc0\x2d"), 0, "", UINT32_MAX },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                uint8_t *copy = malloc(cases[i].size > 0 ? cases[i].size : 1); /* for the sanitizer to see the end */
                WgpDnsFound found = { .ttl = UINT32_MAX };
                char text[256] = "";
                int r;

                memcpy(copy, cases[i].data, cases[i].size);
                r = wgp_dns_message_parse(copy, cases[i].size, cases[i].question, &found);
                free(copy);
                for (size_t j = 0; j < found.n_addresses; j++) {
                        char address[WGP_SOCKADDR_TEXT_SIZE];

                        wgp_sockaddr_format(found.addresses + j, address);
                        strcat(strcat(text, address), " ");
                }
                cr_expect_eq(r, cases[i].r, "case '%s': %d", cases[i].name, r);
                cr_expect_str_eq(text, cases[i].addresses, "case '%s': %s", cases[i].name, text);
                cr_expect_eq(found.ttl, cases[i].ttl, "case '%s': %u", cases[i].name, found.ttl);
        }
}

/* As many addresses as a message can have: they fit. */
Test(dns_message, many_addresses) {
        static const char start[] = HEADER(ANSWER, "\x28") ASKED("\1"), record[] = A(SAME, "\7", "\300\0\2\1");
        uint8_t data[2048];
        size_t size = sizeof(start) - 1;
        WgpDnsFound found = { .ttl = UINT32_MAX };

        memcpy(data, start, size);
        for (size_t i = 0; i < 0x28; i++, size += sizeof(record) - 1)
                memcpy(data + size, record, sizeof(record) - 1);
        cr_expect_eq(wgp_dns_message_parse(data, size, &for_ipv4, &found), 0);
        cr_expect_eq(found.n_addresses, WGP_CANDIDATES_MAX);
}

Test(dns_message, format) {
        static const char expected[] = "\x12\x34\1\0\0\1\0\0\0\0\0\0" ASKED("\34");
        WgpDnsQuestion endless = { .family = AF_INET };
        uint8_t data[WGP_DNS_MESSAGE_SIZE];
        char host[300];
        size_t size;

        cr_assert_eq(wgp_dns_message_format(&for_ipv6, data, &size), 0);
        cr_expect_eq(size, sizeof(expected) - 1);
        cr_expect_eq(memcmp(data, expected, size), 0);

        memset(host, 'a', sizeof(host));
        host[sizeof(host) - 1] = 0;
        endless.host = host;
        cr_expect_eq(wgp_dns_message_format(&endless, data, &size), -EINVAL);
}
