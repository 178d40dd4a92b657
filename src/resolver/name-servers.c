/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds the name servers that can be asked past the tunnels. */

#include "resolver/name-servers.h"

#include <dirent.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <unistd.h>

#include "model/prefix.h"

enum {
        LINE_SIZE = 512,
        FILES_MAX = 64, /* of one directory that are read */
};

/* Whether a tunnel has brought this one along: what it knows is for those behind the tunnel. */
static bool is_of_tunnel(const WgpManager *m, const WgpPrefix *address) {
        for (size_t i = 0; i < m->n_tunnels; i++)
                for (size_t j = 0; j < m->tunnels[i]->n_name_servers; j++)
                        if (wgp_prefix_compare(m->tunnels[i]->name_servers + j, address) == 0)
                                return true;
        return false;
}

/* A server on this machine asks others in turn, and these questions have no mark. */
static bool is_local(const WgpPrefix *address) {
        return address->family == AF_INET ?
                               address->bytes[0] == 127 || address->in.s_addr == 0 :
                               IN6_IS_ADDR_LOOPBACK(&address->in6) || IN6_IS_ADDR_UNSPECIFIED(&address->in6);
}

static bool contains(const WgpNameServers *servers, const WgpSockaddr *server) {
        for (size_t i = 0; i < servers->n; i++)
                if (wgp_sockaddr_equal(servers->items + i, server))
                        return true;
        return false;
}

static void add(WgpNameServers *servers, const WgpManager *m, const WgpSockaddr *server) {
        WgpPrefix address;

        wgp_sockaddr_to_prefix(server, &address);
        if (!servers->all && (is_local(&address) || is_of_tunnel(m, &address)))
                return;
        if (servers->n < WGP_NAME_SERVERS_MAX && !contains(servers, server))
                servers->items[servers->n++] = *server;
}

/* Takes one line of resolv.conf(5): "nameserver ADDRESS", other lines and what cannot be asked are passed over. */
void wgp_name_servers_add(WgpNameServers *servers, const WgpManager *m, const char *line) {
        static const char keyword[] = "nameserver";
        char text[INET6_ADDRSTRLEN + IF_NAMESIZE], *scope;
        WgpSockaddr server;
        WgpPrefix address;

        if (strncmp(line, keyword, strlen(keyword)) != 0 || !strchr(" \t", line[strlen(keyword)]) ||
                        sscanf(line + strlen(keyword), " %61s", text) != 1)
                return;
        scope = strchr(text, '%');
        if (scope)
                *scope++ = 0;
        if (wgp_address_parse(text, &address) < 0)
                return;

        wgp_sockaddr_from_prefix(&address, WGP_DNS_PORT, &server);
        if (scope && address.family == AF_INET6)
                server.in6.sin6_scope_id = if_nametoindex(scope);
        add(servers, m, &server);
}

/* Takes the descriptor. */
static void read_file(int fd, const WgpManager *m, WgpNameServers *servers) {
        FILE *f = fd < 0 ? NULL : fdopen(fd, "r");
        char line[LINE_SIZE];

        if (!f) {
                if (fd >= 0)
                        close(fd);
                return;
        }
        while (fgets(line, sizeof(line), f))
                wgp_name_servers_add(servers, m, line);
        fclose(f);
}

static void read_directory(const char *path, const WgpManager *m, WgpNameServers *servers) {
        DIR *dir = opendir(path);
        struct dirent *entry;

        for (size_t i = 0; dir && i < FILES_MAX && (entry = readdir(dir)); i++)
                if (*entry->d_name != '.')
                        read_file(openat(dirfd(dir), entry->d_name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW), m,
                                        servers);
        if (dir)
                closedir(dir);
}

/* Finds the servers without systemd-resolved: those of /etc/resolv.conf. Past tunnels, and where all that is in there
 * is of this machine or of tunnels: those who have written it have kept what the links brought. */
void wgp_name_servers_find(WgpNameServers *servers, const WgpManager *m, bool past_tunnels) {
        static const char *const directories[] = {
                "/run/resolvconf/interfaces", /* openresolv */
                "/run/resolvconf/keys",       /* openresolv, since 3.14 */
                "/run/resolvconf/interface",  /* Debian's resolvconf */
        };

        *servers = (WgpNameServers) { .all = !past_tunnels };
        read_file(open("/etc/resolv.conf", O_RDONLY | O_CLOEXEC | O_NONBLOCK), m, servers);
        if (servers->n == 0 && past_tunnels) /* NetworkManager with dns=dnsmasq or unbound */
                read_file(open("/run/NetworkManager/no-stub-resolv.conf", O_RDONLY | O_CLOEXEC | O_NONBLOCK), m,
                                servers);
        for (size_t i = 0; servers->n == 0 && past_tunnels && i < WGP_ARRAY_SIZE(directories); i++)
                read_directory(directories[i], m, servers);
}

/* Takes those that systemd-resolved has, to be asked past tunnels. */
void wgp_name_servers_from_config(WgpNameServers *servers, const WgpManager *m, const WgpDnsConfig *config) {
        *servers = (WgpNameServers) {};
        for (size_t i = 0; i < config->n_servers; i++)
                add(servers, m, config->servers + i);
}
