/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Questions to the name servers themselves, by c-ares: where systemd-resolved is not, or where its questions would go
 * into the very tunnel that waits for the answer. With a tunnel's mark they go where its own packets do.
 *
 * c-ares is loaded with the first such question. A channel lives as long as it has questions, so that the next ones go
 * by what resolv.conf(5) and nsswitch.conf(5) say then. */

#include <ares.h>
#include <netdb.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "model/prefix.h"
#include "resolver/name-servers.h"
#include "resolver/resolve-internal.h"
#include "system/library.h"

enum {
        TIMEOUT_MSEC = 1500, /* of the first try; c-ares doubles it */
        TRIES = 2,           /* per server */
        EDNS_SIZE = 1232,    /* bytes that pass unfragmented everywhere: http://www.dnsflagday.net/2020/ */
        SOCKETS_MAX = 32,
};

typedef struct Channel Channel;
typedef struct Query Query;

/* One question, as c-ares has it: it cannot be taken back by itself. */
struct Query {
        Channel *channel;
        WgpQuestion *question; /* NULL: nobody waits for it any more */
        bool starting;
        int status; /* ARES_* */
};

struct Channel {
        Channel *next;
        WgpResolve *resolve;
        uint32_t mark;
        bool search; /* names are completed by the search domains */
        ares_channel channel;
        ares_channel hosts; /* reads hosts(5) and asks nobody */
        WgpNameServers servers;
        size_t n_queries;
        sd_event_source *timer;
        sd_event_source *sockets[SOCKETS_MAX]; /* NULL: none */
};

static struct {
        void *handle;
        __typeof__(ares_library_init) *library_init;
        __typeof__(ares_init_options) *init_options;
        __typeof__(ares_destroy) *destroy;
        __typeof__(ares_set_socket_functions) *set_socket_functions;
        __typeof__(ares_set_servers_ports) *set_servers_ports;
        __typeof__(ares_getaddrinfo) *getaddrinfo;
        __typeof__(ares_freeaddrinfo) *freeaddrinfo;
        __typeof__(ares_process_fd) *process_fd;
        __typeof__(ares_timeout) *timeout;
} ares;

/* Returns 0, or -ELIBACC: it is not installed. */
static int load(void) {
        const WgpSymbol symbols[] = {
                { "ares_library_init", &ares.library_init },
                { "ares_init_options", &ares.init_options },
                { "ares_destroy", &ares.destroy },
                { "ares_set_socket_functions", &ares.set_socket_functions },
                { "ares_set_servers_ports", &ares.set_servers_ports },
                { "ares_getaddrinfo", &ares.getaddrinfo },
                { "ares_freeaddrinfo", &ares.freeaddrinfo },
                { "ares_process_fd", &ares.process_fd },
                { "ares_timeout", &ares.timeout },
        };
        int r;

        if (ares.handle)
                return 0;
        r = wgp_library_load(WGP_CARES_LIBRARY, symbols, WGP_ARRAY_SIZE(symbols), &ares.handle);
        if (r >= 0 && ares.library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS)
                r = -ENOMEM;
        return r;
}

/* --- sockets --- */

/* The mark comes before anything is sent, and before the source address is chosen. */
static ares_socket_t open_socket(int family, int type, int protocol, void *userdata) {
        const Channel *c = userdata;
        int fd = socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);

        if (fd >= 0 && c->mark > 0 && setsockopt(fd, SOL_SOCKET, SO_MARK, &c->mark, sizeof(c->mark)) < 0) {
                int error = errno;

                close(fd);
                errno = error;
                return ARES_SOCKET_BAD;
        }
        return fd;
}

static int close_socket(ares_socket_t fd, void *userdata) {
        return close(fd);
}

/* Of a link-local server c-ares does not know the link. */
static int connect_socket(ares_socket_t fd, const struct sockaddr *address, ares_socklen_t size, void *userdata) {
        const Channel *c = userdata;
        struct sockaddr_in6 scoped;

        if (address->sa_family != AF_INET6 || size < sizeof(scoped))
                return connect(fd, address, size);
        memcpy(&scoped, address, sizeof(scoped));
        for (size_t i = 0; scoped.sin6_scope_id == 0 && i < c->servers.n; i++)
                if (c->servers.items[i].family == AF_INET6 &&
                                IN6_ARE_ADDR_EQUAL(&c->servers.items[i].in6.sin6_addr, &scoped.sin6_addr))
                        scoped.sin6_scope_id = c->servers.items[i].in6.sin6_scope_id;
        return connect(fd, (const struct sockaddr *) &scoped, sizeof(scoped));
}

static ares_ssize_t receive(ares_socket_t fd, void *buffer, size_t size, int flags, struct sockaddr *from,
                ares_socklen_t *from_size, void *userdata) {
        return recvfrom(fd, buffer, size, flags, from, from_size);
}

static ares_ssize_t send_all(ares_socket_t fd, const struct iovec *data, int n, void *userdata) {
        return writev(fd, data, n);
}

static const struct ares_socket_functions socket_functions = {
        open_socket,
        close_socket,
        connect_socket,
        receive,
        send_all,
};

/* --- the event loop --- */

static void arm(Channel *c) {
        struct timeval tv, *next = ares.timeout(c->channel, NULL, &tv);

        if (next)
                (void) sd_event_source_set_time_relative(
                                c->timer, (uint64_t) next->tv_sec * WGP_SECOND + (uint64_t) next->tv_usec);
        (void) sd_event_source_set_enabled(c->timer, next ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

static void channel_free(Channel *c) {
        for (Channel **p = (Channel **) &c->resolve->channels; *p; p = &(*p)->next)
                if (*p == c) {
                        *p = c->next;
                        break;
                }
        if (c->channel)
                ares.destroy(c->channel); /* closes its sockets */
        if (c->hosts)
                ares.destroy(c->hosts);
        for (size_t i = 0; i < SOCKETS_MAX; i++)
                sd_event_source_disable_unref(c->sockets[i]);
        sd_event_source_disable_unref(c->timer);
        free(c);
}

static void process(Channel *c, ares_socket_t to_read, ares_socket_t to_write) {
        ares.process_fd(c->channel, to_read, to_write);
        if (c->n_queries == 0)
                channel_free(c);
        else
                arm(c);
}

static int on_socket(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        process(userdata, events & (EPOLLIN | EPOLLERR | EPOLLHUP) ? fd : ARES_SOCKET_BAD,
                        events & EPOLLOUT ? fd : ARES_SOCKET_BAD);
        return 0;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        process(userdata, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
        return 0;
}

static sd_event_source **find_socket(Channel *c, int fd) {
        for (size_t i = 0; i < SOCKETS_MAX; i++)
                if (fd < 0 ? !c->sockets[i] : c->sockets[i] && sd_event_source_get_io_fd(c->sockets[i]) == fd)
                        return c->sockets + i;
        return NULL;
}

/* What c-ares waits for. A socket without room in the table counts as a server that does not answer. */
static void on_socket_state(void *userdata, ares_socket_t fd, int readable, int writable) {
        Channel *c = userdata;
        sd_event_source **source = find_socket(c, fd);
        uint32_t events = (readable ? EPOLLIN : 0U) | (writable ? EPOLLOUT : 0U);

        if (source && events > 0)
                (void) sd_event_source_set_io_events(*source, events);
        else if (source)
                *source = sd_event_source_disable_unref(*source);
        else if (events > 0 && (source = find_socket(c, -1)))
                (void) sd_event_add_io(c->resolve->event, source, fd, events, on_socket, c);
}

/* --- channels --- */

static int set_servers(Channel *c) {
        struct ares_addr_port_node nodes[WGP_NAME_SERVERS_MAX] = {};

        for (size_t i = 0; i < c->servers.n; i++) {
                const WgpSockaddr *server = c->servers.items + i;

                nodes[i].family = server->family;
                nodes[i].udp_port = nodes[i].tcp_port =
                                ntohs(server->family == AF_INET ? server->in.sin_port : server->in6.sin6_port);
                if (server->family == AF_INET)
                        nodes[i].addr.addr4 = server->in.sin_addr;
                else
                        memcpy(&nodes[i].addr.addr6, &server->in6.sin6_addr, sizeof(nodes[i].addr.addr6));
                nodes[i].next = i + 1 < c->servers.n ? nodes + i + 1 : NULL;
        }
        return c->servers.n == 0 || ares.set_servers_ports(c->channel, nodes) == ARES_SUCCESS ? 0 : -ENOMEM;
}

static int init_hosts(Channel *c) {
        char files[] = "f"; /* ares_init_options(3): the file, and no name server */
        struct ares_options options = { .lookups = files };

        if (ares.init_options(&c->hosts, &options, ARES_OPT_LOOKUPS) == ARES_SUCCESS)
                return 0;
        c->hosts = NULL;
        return -ENOMEM;
}

static int init_channel(Channel *c) {
        struct ares_options options = {
                .flags = ARES_FLAG_EDNS | (c->search ? 0 : ARES_FLAG_NOSEARCH),
                .timeout = TIMEOUT_MSEC,
                .tries = TRIES,
                .ednspsz = EDNS_SIZE,
                .sock_state_cb = on_socket_state,
                .sock_state_cb_data = c,
        };
        int r;

        r = ares.init_options(&c->channel, &options,
                        ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_EDNSPSZ |
                                        ARES_OPT_SOCK_STATE_CB);
        if (r != ARES_SUCCESS) {
                c->channel = NULL;
                return -ENOMEM;
        }
        ares.set_socket_functions(c->channel, &socket_functions, c);
        r = set_servers(c);
        if (r >= 0)
                r = init_hosts(c);
        if (r < 0)
                return r;
        return sd_event_add_time(
                        c->resolve->event, &c->timer, CLOCK_BOOTTIME, WGP_NEVER, /* accuracy= */ 1000, on_timer, c);
}

/* Which servers: past the tunnels those that systemd-resolved has, or that can be found. */
static void find_servers(Channel *c) {
        const WgpDnsConfig *config = &c->resolve->dns->config;

        if (c->resolve->dns->resolved)
                wgp_name_servers_from_config(&c->servers, c->resolve->manager, config);
        else
                wgp_name_servers_find(&c->servers, c->resolve->manager, /* past_tunnels= */ c->mark > 0);
}

static int get_channel(WgpQuestion *q, Channel **ret) {
        bool search = !strchr(q->name->host, '.');
        Channel *c;
        int r;

        for (c = q->resolve->channels; c; c = c->next)
                if (c->mark == q->mark && c->search == search) {
                        *ret = c;
                        return 0;
                }
        c = calloc(1, sizeof(*c));
        if (!c)
                return -ENOMEM;
        c->resolve = q->resolve;
        c->mark = q->mark;
        c->search = search;
        find_servers(c);
        r = c->mark > 0 && c->servers.n == 0 ? -ENONET : init_channel(c);
        if (r < 0) {
                channel_free(c);
                return r;
        }
        c->next = q->resolve->channels;
        q->resolve->channels = c;
        *ret = c;
        return 0;
}

/* --- answers --- */

static const struct ares_addrinfo_hints any_family = { .ai_flags = ARES_AI_NOSORT, .ai_family = AF_UNSPEC };

static const char *describe(int status) {
        switch (status) {
        case ARES_ENOTFOUND:
                return WGP_FAILURE_NO_NAME;
        case ARES_ENODATA:
                return "it has no address";
        case ARES_ESERVFAIL:
                return "the name server has failed";
        case ARES_EREFUSED:
                return "the name server has refused";
        case ARES_ECONNREFUSED:
                return "the name servers are out of reach";
        case ARES_ETIMEOUT:
                return "no answer came in time";
        default:
                return "the name server's answer cannot be used";
        }
}

static void add_address(WgpQuestion *q, const struct sockaddr *address, socklen_t size) {
        if ((address->sa_family != AF_INET && address->sa_family != AF_INET6) || size > sizeof(q->found[0]) ||
                        q->n_found >= WGP_LISTINGS_MAX)
                return;
        if (!q->found && !(q->found = calloc(WGP_LISTINGS_MAX, sizeof(*q->found))))
                return;
        memcpy(q->found + q->n_found++, address, size);
}

static void take_answer(WgpQuestion *q, const struct ares_addrinfo *info) {
        uint32_t ttl = UINT32_MAX;

        for (const struct ares_addrinfo_node *node = info->nodes; node; node = node->ai_next) {
                add_address(q, node->ai_addr, node->ai_addrlen);
                ttl = WGP_MIN(ttl, (uint32_t) WGP_MAX(node->ai_ttl, 0));
        }
        for (const struct ares_addrinfo_cname *alias = info->cnames; alias; alias = alias->next)
                ttl = WGP_MIN(ttl, (uint32_t) WGP_MAX(alias->ttl, 0));
        q->ttl = ttl;
}

static void on_answer(void *userdata, int status, int timeouts, struct ares_addrinfo *info) {
        Query *query = userdata;
        WgpQuestion *q = query->question;

        query->channel->n_queries--;
        query->status = status;
        if (q && info && status == ARES_SUCCESS)
                take_answer(q, info);
        if (info)
                ares.freeaddrinfo(info);
        if (query->starting)
                return; /* whoever asked sees what came of it */
        if (q) {
                q->query = NULL;
                if (q->n_found > 0)
                        wgp_question_answer(q, &(WgpAnswer) { q->found, q->n_found, q->ttl * WGP_SECOND });
                else
                        q->resolve->failed(q, describe(status == ARES_SUCCESS ? ARES_ENODATA : status));
        }
        free(query);
}

/* What hosts(5) has is known at once. It has no TTL: the file is watched. */
static int on_known(sd_event_source *source, void *userdata) {
        WgpQuestion *q = userdata;

        wgp_question_answer(q, &(WgpAnswer) { q->found, q->n_found, WGP_TTL_UNKNOWN });
        return 0;
}

static void on_hosts(void *userdata, int status, int timeouts, struct ares_addrinfo *info) {
        WgpQuestion *q = userdata;

        if (!info)
                return;
        if (status == ARES_SUCCESS)
                for (const struct ares_addrinfo_node *node = info->nodes; node; node = node->ai_next)
                        add_address(q, node->ai_addr, node->ai_addrlen);
        ares.freeaddrinfo(info);
}

/* All lines that have the name count. The file is read before the call returns. */
static void look_into_hosts(WgpQuestion *q, Channel *c) {
        ares.getaddrinfo(c->hosts, q->name->host, /* service= */ NULL, &any_family, on_hosts, q);
}

static int ask(WgpQuestion *q, Channel *c) {
        Query *query = calloc(1, sizeof(*query));

        if (!query)
                return -ENOMEM;
        *query = (Query) { .channel = c, .question = q, .starting = true, .status = -1 };
        c->n_queries++;
        ares.getaddrinfo(c->channel, q->name->host, /* service= */ NULL, &any_family, on_answer, query);
        query->starting = false;
        if (query->status < 0) {
                q->query = query;
                arm(c);
                return 0;
        }
        free(query);
        return q->n_found > 0 ? sd_event_add_defer(q->resolve->event, &q->known, on_known, q) : -ENOENT;
}

static bool is_ascii(const char *host) {
        while (*host && (unsigned char) *host < 128)
                host++;
        return !*host;
}

/* Its answer will not be told. */
static void stop(WgpQuestion *q) {
        if (q->query)
                ((Query *) q->query)->question = NULL;
        q->query = NULL;
        q->known = sd_event_source_disable_unref(q->known);
}

/* Returns 0, -ENONET: there is no server to ask, -EOPNOTSUPP: c-ares does not know names that are not ASCII, -ELIBACC:
 * it is not installed, -ENOENT: there is no such name, or another negative errno. */
int wgp_resolve_ares_start(WgpQuestion *q) {
        Channel *c;
        int r;

        q->stop = stop;
        if (!is_ascii(q->name->host))
                return -EOPNOTSUPP;
        r = load();
        if (r >= 0)
                r = get_channel(q, &c);
        if (r < 0)
                return r;
        look_into_hosts(q, c);
        r = q->n_found > 0 ? sd_event_add_defer(q->resolve->event, &q->known, on_known, q) : ask(q, c);
        if (c->n_queries == 0)
                channel_free(c);
        return r;
}

void wgp_resolve_ares_done(WgpResolve *resolve) {
        while (resolve->channels)
                channel_free(resolve->channels);
}
