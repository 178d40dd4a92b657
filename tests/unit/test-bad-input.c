/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ten megabytes of anything (one, with AddressSanitizer): it ends soon, what is kept of it is bounded, and it crashes
 * nothing. */

#include <criterion/criterion.h>
#include <stdio.h>
#include <time.h>

#include "model/profile.h"
#include "parse/parse.h"

#ifdef __has_feature
#define HAS_ASAN __has_feature(address_sanitizer)
#elif defined(__SANITIZE_ADDRESS__)
#define HAS_ASAN 1
#else
#define HAS_ASAN 0
#endif

enum {
        SIZE = HAS_ASAN ? 1000 * 1000 : 10 * 1000 * 1000,
        CPU_MS_MAX = 5000, /* on a busy machine; otherwise it is below 1000 */
};

#define K1 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

/* "start", then "repeat" until the data is full; "%n" is a number that counts up. */
static const struct {
        const char *name, *start, *repeat;
        WgpFormat format;
} inputs[] = {
        { "NUL bytes", "", NULL, WGP_FORMAT_WG_QUICK },
        { "empty lines", "", "\n", WGP_FORMAT_WG_QUICK },
        { "one long line", "[Interface]\nk = ", "v", WGP_FORMAT_WG_QUICK },
        { "one long word", "", "w", WGP_FORMAT_KEYFILE },
        { "long lines", "", "wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww\n",
                        WGP_FORMAT_WG_QUICK },
        { "bad lines", "[Peer]\n", "x\n", WGP_FORMAT_WG_QUICK },
        { "equals signs", "[Interface]\n", "=\n", WGP_FORMAT_WG_QUICK },
        { "brackets", "", "[", WGP_FORMAT_KEYFILE },
        { "closed brackets", "", "[]\n", WGP_FORMAT_WG_QUICK },
        { "unknown sections", "", "[x%n]\n", WGP_FORMAT_WG_QUICK },
        { "one long section name", "[", "s", WGP_FORMAT_WG_QUICK },
        { "unknown keys in a long section", "[ssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss]\n",
                        "k=v\n", WGP_FORMAT_KEYFILE },
        { "unknown keys", "[Interface]\n", "k%n = v\n", WGP_FORMAT_WG_QUICK },
        { "empty peers", "", "[Peer]\n", WGP_FORMAT_WG_QUICK },
        { "keyless peers", "", "[Peer]\nEndpoint = a:1\nAllowedIPs = 10.0.0.0/8\n", WGP_FORMAT_WG_QUICK },
        { "one peer over and over", "", "[Peer]\nPublicKey = " K1 "\n", WGP_FORMAT_WG_QUICK },
        { "one key over and over", "[Interface]\n", "MTU = 1400\n", WGP_FORMAT_WG_QUICK },
        { "addresses", "[Interface]\nAddress = ", "10.0.0.1/8,", WGP_FORMAT_WG_QUICK },
        { "bad addresses", "[Interface]\nAddress = ", "x,", WGP_FORMAT_WG_QUICK },
        { "allowed-ips", "[Peer]\nPublicKey = " K1 "\nAllowedIPs = 10.0.0.0/8", ",10.0.0.0/8", WGP_FORMAT_WG_QUICK },
        { "allowed-ips added and removed", "[Peer]\nPublicKey = " K1 "\nAllowedIPs = 10.0.0.0/8",
                        ",-10.0.0.0/8,+10.0.0.0/8", WGP_FORMAT_WG_QUICK },
        { "commas", "[Peer]\nPublicKey = " K1 "\nAllowedIPs = ", ",", WGP_FORMAT_WG_QUICK },
        { "host bits", "[Peer]\nPublicKey = " K1 "\nAllowedIPs = 10.0.0.1/8", ",10.0.0.1/8", WGP_FORMAT_WG_QUICK },
        { "hooks with many %i", "[Interface]\nPostUp = ", "%i", WGP_FORMAT_WG_QUICK },
        { "name servers", "[Interface]\nDNS = ", "10.0.0.1,", WGP_FORMAT_WG_QUICK },
        { "white space", "[Interface]\nPrivateKey = ", " ", WGP_FORMAT_WG_QUICK },
        { "comments", "", "# comment\n", WGP_FORMAT_WG_QUICK },
        { "groups", "", "[wireguard-peer." K1 "]\n", WGP_FORMAT_KEYFILE },
        { "routes", "[connection]\ninterface-name=wg0\n[ipv4]\nmethod=manual\n", "route%n=10.0.0.0/8\n",
                        WGP_FORMAT_KEYFILE },
        { "one route over and over", "[ipv4]\nmethod=manual\n", "route1=10.0.0.0/8\n", WGP_FORMAT_KEYFILE },
        { "options without routes", "[ipv4]\nmethod=manual\n", "route%n_options=table=5\n", WGP_FORMAT_KEYFILE },
        { "one rule with many words", "[ipv4]\nmethod=manual\nrouting-rule1=priority 5 ", "not ", WGP_FORMAT_KEYFILE },
        { "options with many attributes", "[ipv4]\nmethod=manual\nroute1=10.0.0.0/8\nroute1_options=", "table=5,",
                        WGP_FORMAT_KEYFILE },
        { "escapes", "[connection]\nid=", "\\s", WGP_FORMAT_KEYFILE },
        { "lists with empty items", "[ipv4]\ndns=", ";", WGP_FORMAT_KEYFILE },
        { "bytes that are no text", "[connection]\nid=", "\xff", WGP_FORMAT_KEYFILE },
};

static char *make_input(const char *start, const char *repeat, size_t *ret_size) {
        char *data = calloc(SIZE + 1, 1);
        size_t n = strlen(start);
        unsigned count = 0;

        cr_assert(data);
        memcpy(data, start, n);
        while (repeat && n + strlen(repeat) + 16 < SIZE) {
                const char *number = strstr(repeat, "%n");

                if (number) {
                        memcpy(data + n, repeat, (size_t) (number - repeat));
                        n += (size_t) (number - repeat);
                        n += (size_t) sprintf(data + n, "%u%s", count++, number + 2);
                } else {
                        memcpy(data + n, repeat, strlen(repeat));
                        n += strlen(repeat);
                }
        }
        *ret_size = repeat ? n : SIZE;
        return data;
}

static double cpu_ms(void) {
        struct timespec t;

        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
        return (double) t.tv_sec * 1e3 + (double) t.tv_nsec / 1e6;
}

static void check_input(const char *name, WgpFormat format, const char *data, size_t size) {
        WgpDiagnostics d = WGP_DIAGNOSTICS_NULL;
        char *copy = malloc(size + 1);
        WgpProfile *p;
        double ms;

        cr_assert(copy);
        memcpy(copy, data, size);
        ms = cpu_ms();
        cr_assert_eq(wgp_profile_new("wg0", format, &p), 0);
        cr_expect_eq(wgp_profile_parse(p, "profile", copy, size, NULL, &d), 0, "case '%s'", name);
        cr_expect_eq(wgp_profile_verify(p, NULL, &d), 0, "case '%s'", name);
        ms = cpu_ms() - ms;

        cr_expect(ms < CPU_MS_MAX, "case '%s': %.0f ms", name, ms);
        cr_expect(d.n_items <= WGP_DIAGNOSTICS_MAX, "case '%s'", name);
        for (size_t i = 0; i < d.n_items; i++)
                cr_expect(strlen(d.items[i].message) <= WGP_MESSAGE_MAX, "case '%s'", name);
        if (getenv("VERBOSE"))
                fprintf(stderr, "%8.0f ms %6zu kept %8zu left out  %s\n", ms, d.n_items, d.n_left_out, name);

        wgp_diagnostics_done(&d);
        wgp_profile_free(p);
        free(copy);
}

Test(bad_input, ten_megabytes) {
        for (size_t i = 0; i < WGP_ARRAY_SIZE(inputs); i++) {
                size_t size;
                char *data = make_input(inputs[i].start, inputs[i].repeat, &size);

                check_input(inputs[i].name, inputs[i].format, data, size);
                free(data);
        }
}

Test(bad_input, noise) {
        char *data = malloc(SIZE + 1);
        uint64_t state = 88172645463325252;

        cr_assert(data);
        for (size_t i = 0; i < SIZE; i++) {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                data[i] = (char) (state >> 32);
        }
        for (WgpFormat format = 0; format < _WGP_FORMAT_N; format++)
                check_input("noise", format, data, SIZE);
        free(data);
}

/* Public keys that were made to collide wherever their first bytes are looked at. */
Test(bad_input, similar_peers) {
        char *data = calloc(SIZE + 1, 1);
        size_t n = 0;

        cr_assert(data);
        for (unsigned i = 0; n + 128 < SIZE; i++) {
                char key[] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

                for (unsigned j = 0; j < 6; j++)
                        key[41 - j] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef"[i >> 5 * j & 31];
                n += (size_t) sprintf(data + n, "[Peer]\nPublicKey=%s\n", key);
        }
        check_input("similar peers", WGP_FORMAT_WG_QUICK, data, n);
        free(data);
}
