/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* parse --generate N: a wg-quick profile with N peers, always the same.
 * parse FILE: reads and judges it as "wg-profile check" does; prints milliseconds of CPU time, KiB of memory, peers.
 */

#include <err.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

#include "model/profile.h"
#include "model/value.h"
#include "parse/parse.h"

/* --- generating --- */

/* xorshift64: all that matters is that keys differ and come in no order. */
static uint64_t next_random(uint64_t *state) {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        return *state;
}

static void print_key(const char *name, uint64_t *state) {
        uint8_t key[WGP_KEY_SIZE];
        char text[WGP_KEY_TEXT_SIZE];

        for (size_t i = 0; i < sizeof(key); i++)
                key[i] = (uint8_t) (next_random(state) >> 32);
        wgp_key_format(key, text);
        printf("%s = %s\n", name, text);
}

static void generate(unsigned long n_peers) {
        uint64_t state = 0x77672d70726f6669;

        printf("[Interface]\n");
        print_key("PrivateKey", &state);
        printf("Address = 10.0.0.1/8\nListenPort = 51820\n");
        for (unsigned long i = 0; i < n_peers; i++) {
                printf("\n[Peer]\n");
                print_key("PublicKey", &state);
                printf("AllowedIPs = 10.%lu.%lu.%lu/32\nEndpoint = 192.0.2.%lu:51820\nPersistentKeepalive = 25\n",
                                i >> 16 & 255, i >> 8 & 255, i & 255, i % 254 + 1);
        }
}

/* --- measuring --- */

static char *read_file(const char *path, size_t *ret_size) {
        FILE *f = fopen(path, "re");
        char *data;
        long size;

        if (!f || fseek(f, 0, SEEK_END) < 0 || (size = ftell(f)) < 0)
                err(1, "%s", path);
        rewind(f);
        data = malloc((size_t) size + 1);
        if (!data || fread(data, 1, (size_t) size, f) != (size_t) size)
                err(1, "%s", path);
        fclose(f);
        *ret_size = (size_t) size;
        return data;
}

static double cpu_ms(void) {
        struct timespec t;

        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
        return (double) t.tv_sec * 1e3 + (double) t.tv_nsec / 1e6;
}

static void measure(const char *path) {
        WgpDiagnostics diagnostics = WGP_DIAGNOSTICS_NULL;
        static const WgpLookup lookup = {};
        struct rusage usage;
        WgpProfile *profile;
        double start, ms;
        size_t size;
        char *data;

        data = read_file(path, &size);
        start = cpu_ms();
        if (wgp_profile_new("wg0", WGP_FORMAT_WG_QUICK, &profile) < 0 ||
                        wgp_profile_parse(profile, path, data, size, &lookup, &diagnostics) < 0 ||
                        wgp_profile_verify(profile, &lookup, &diagnostics) < 0)
                errx(1, "out of memory");
        ms = cpu_ms() - start;
        if (diagnostics.n_errors > 0)
                errx(1, "%s: not valid", path);

        getrusage(RUSAGE_SELF, &usage);
        printf("%.3f %ld %zu\n", ms, usage.ru_maxrss, profile->n_peers);
        wgp_diagnostics_done(&diagnostics);
        wgp_profile_free(profile);
        free(data);
}

int main(int argc, char **argv) {
        if (argc == 3 && streq(argv[1], "--generate"))
                generate(strtoul(argv[2], NULL, 10));
        else if (argc == 2)
                measure(argv[1]);
        else
                errx(2, "usage: parse --generate N | parse FILE");
        return 0;
}
