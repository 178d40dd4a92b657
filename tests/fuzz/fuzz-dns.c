/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is read of DNS by ourselves: resource records as systemd-resolved hands them out, and lines that name a server.
 */

#include "fuzz.h"
#include "resolver/name-servers.h"
#include "resolver/rr.h"

enum {
        NAME_TEXT_MAX = 253,
};

static void parse_record(const uint8_t *data, size_t size) {
        uint32_t ttl = 0, ttl_again = 0;
        char *alias = NULL;

        if (wgp_rr_parse(data, size, &ttl, &alias) == 0) {
                check(alias && *alias && strlen(alias) <= NAME_TEXT_MAX);
                for (const char *s = alias; *s; s++)
                        check(*s > ' ' && *s < 127);
                check(wgp_rr_parse(data, size, &ttl_again, NULL) == 0 && ttl == ttl_again);
        } else {
                check(!alias);
                (void) wgp_rr_parse(data, size, &ttl, NULL);
        }
        free(alias);
}

static void add_server(const char *line) {
        WgpNameServers servers = { .all = true };
        WgpManager manager = {};

        wgp_name_servers_add(&servers, &manager, line);
        wgp_name_servers_add(&servers, &manager, line);
        check(servers.n <= 1);
        for (size_t i = 0; i < servers.n; i++)
                check(servers.items[i].family == AF_INET || servers.items[i].family == AF_INET6);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        char *text = (char *) fuzz_copy(data, size);
        uint8_t *exact = malloc(size > 0 ? size : 1);

        check(exact);
        memcpy(exact, text, size);
        parse_record(exact, size);
        add_server(text);
        free(exact);
        free(text);
        return 0;
}
