/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is refused may be a key: none of it is left in memory that is given back. free(3) and realloc(3) are this
 * file's. */

#include <criterion/criterion.h>
#include <malloc.h>
#include <stdio.h>

#include "model/profile.h"
#include "parse/parse.h"

/* A key, and a piece of it that stands nowhere else. */
#define SECRET "yAnz5TF+lXXJte14tji3zlMNq/hd2rYUIgJBgB3fBmk="
#define PIECE "lXXJte14"

void __libc_free(void *p);
void *__libc_realloc(void *p, size_t size);

static bool watching;
static unsigned n_left;

static void look(void *p) {
        if (watching && p && memmem(p, malloc_usable_size(p), PIECE, strlen(PIECE)))
                n_left++;
}

__attribute__((visibility("default"))) void free(void *p) {
        look(p);
        __libc_free(p);
}

__attribute__((visibility("default"))) void *realloc(void *p, size_t size) {
        look(p);
        return __libc_realloc(p, size);
}

/* Parses a text, while each piece of memory that is given back is looked at. */
static unsigned parse(WgpFormat format, const char *text) {
        WgpDiagnostics diagnostics = WGP_DIAGNOSTICS_NULL;
        WgpProfile *profile = NULL;
        const size_t n = strlen(text);
        char *data = malloc(n + 1);

        memcpy(data, text, n);
        cr_assert_eq(wgp_profile_new("wg0", format, &profile), 0);
        n_left = 0;
        watching = true;
        cr_assert_eq(wgp_profile_parse(profile, "p", data, n, NULL, &diagnostics), 0);
        wgp_diagnostics_done(&diagnostics);
        watching = false;
        wgp_profile_free(profile);
        wgp_wipe_free(data, n + 1);
        return n_left;
}

Test(secrets_memory, the_test_sees) {
        char *p = strdup(SECRET);

        n_left = 0;
        watching = true;
        free(p);
        watching = false;
        cr_expect_eq(n_left, 1);
}

Test(secrets_memory, refused_values) {
        static const struct {
                WgpFormat format;
                const char *text;
        } cases[] = {
                { WGP_FORMAT_WG_QUICK, "[Interface]\nPrivateKey = " SECRET "x\n" },
                { WGP_FORMAT_WG_QUICK, "[Interface]\nPrivateKe = " SECRET "\n" },
                { WGP_FORMAT_WG_QUICK, "[Interface]\nListenPort = " SECRET "\n" },
                { WGP_FORMAT_WG_QUICK, "[Interface]\nListenPort = \"" SECRET "\"\n" },
                { WGP_FORMAT_WG_QUICK, "[Interface]\nAddress = 10.0.0.1/24, " SECRET ", 10.0.0.2/24\n" },
                { WGP_FORMAT_WG_QUICK, "[Interface]\n" SECRET "\n" },
                { WGP_FORMAT_WG_QUICK, "[Interface]\n" SECRET " = PrivateKey\n" },
                { WGP_FORMAT_WG_QUICK, "[" SECRET "]\nPrivateKey = x\n" },
                { WGP_FORMAT_WG_QUICK, SECRET "\n" },
                { WGP_FORMAT_WG_QUICK, "[Peer]\nPublicKey = " SECRET " and more\nPresharedKey = x" SECRET "\n" },
                { WGP_FORMAT_WG_QUICK, "[Peer]\nEndpoint = " SECRET "\nAllowedIPs = " SECRET "\n" },
                { WGP_FORMAT_WG_QUICK, "[Interface]\nDNS = " SECRET ", 10.0.0." SECRET ", 10.0.0.1%" SECRET "\n" },
                { WGP_FORMAT_WG_QUICK, "[Interface]\nTable = " SECRET "\nFwMark = " SECRET "\nMTU = " SECRET "\n" },
                { WGP_FORMAT_WG_QUICK,
                                "[Interface]\nSaveConfig = " SECRET "\n[WgProfile]\nRefreshSec = " SECRET "\n" },
                { WGP_FORMAT_KEYFILE, "[connection]\nid=x\nuuid=" SECRET "\nautoconnect=" SECRET "\n" },
                { WGP_FORMAT_KEYFILE,
                                "[ipv4]\nmethod=" SECRET "\ndns=" SECRET ";10.0.0.1;\nroute-table=" SECRET "\n" },
                { WGP_FORMAT_KEYFILE, "[wireguard]\nprivate-key=x" SECRET "\nlisten-port=" SECRET "\n" },
                { WGP_FORMAT_KEYFILE, "[wireguard]\nprivat-key=" SECRET "\n" },
                { WGP_FORMAT_KEYFILE, "[wireguard-peer.x" SECRET "]\nendpoint=x\nword\n" },
                { WGP_FORMAT_KEYFILE, "[ipv4]\nmethod=manual\naddress1=" SECRET "\nroute1=" SECRET "\n" },
                { WGP_FORMAT_KEYFILE, "[ipv4]\nmethod=manual\nrouting-rule1=priority 1 " SECRET "\n" },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++)
                cr_expect_eq(parse(cases[i].format, cases[i].text), 0, "case %zu: %u pieces of memory", i, n_left);
}
