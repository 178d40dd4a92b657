/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* DNS watch. systemd-resolved has one signal for all changes, PropertiesChanged of its Manager, and sends it for many
 * things that are none: whenever networkd writes a link's file, and for our own links. So each is slept on, and then
 * the configuration is read and compared. It says nothing of links that come and go: net-watch.c does. */

#include "resolver/dns-watch.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

#include "base/digest.h"
#include "model/prefix.h"

enum {
        CALL_TIMEOUT_USEC = 25 * 1000 * 1000,
        FIRST_TIMEOUT_USEC = 2 * 1000 * 1000,
        LINKS_MAX = 8,
};

#define RESOLV_CONF "/etc/resolv.conf"
#define HOSTS "/etc/hosts"
#define BUS_SOCKET "/run/dbus/system_bus_socket"

/* --- what systemd-resolved has --- */

static void add_server(
                WgpDnsConfig *config, uint32_t ifindex, int family, const void *data, size_t size, uint16_t port) {
        WgpPrefix address = { .family = (uint8_t) family };
        WgpSockaddr *server = config->servers + config->n_servers;

        if (config->n_servers >= WGP_ARRAY_SIZE(config->servers) || (family != AF_INET && family != AF_INET6) ||
                        size != wgp_family_bits(address.family) / 8)
                return;
        memcpy(address.bytes, data, size);
        wgp_sockaddr_from_prefix(&address, port > 0 ? port : WGP_DNS_PORT, server);
        if (family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&address.in6))
                server->in6.sin6_scope_id = ifindex;
        config->n_servers++;
}

/* Reads one server: "iiayqs" is link, family, address, port and name for TLS. */
static int read_server(WgpDnsWatch *watch, sd_bus_message *m, WgpDnsConfig *config) {
        int32_t ifindex, family;
        const void *address;
        const char *name;
        WgpDnsLink *link;
        uint16_t port;
        size_t n;
        int r;

        r = sd_bus_message_enter_container(m, 'r', "iiayqs");
        if (r <= 0)
                return r;
        r = sd_bus_message_read(m, "ii", &ifindex, &family);
        if (r >= 0)
                r = sd_bus_message_read_array(m, 'y', &address, &n);
        if (r >= 0)
                r = sd_bus_message_read(m, "qs", &port, &name);
        if (r >= 0)
                r = sd_bus_message_exit_container(m);
        if (r < 0)
                return r;

        link = wgp_dns_config_link(config, (uint32_t) ifindex);
        if (!link)
                return -ENOMEM;
        link->has_servers = true;
        if (!watch->ops.is_ours(watch->ops.userdata, (uint32_t) ifindex)) {
                config->hash = wgp_digest_add(config->hash, &ifindex, sizeof(ifindex));
                config->hash = wgp_digest_add(config->hash, address, n);
                config->hash = wgp_digest_add(config->hash, &port, sizeof(port));
                config->hash = wgp_digest_add(config->hash, name, strlen(name));
                add_server(config, (uint32_t) ifindex, family, address, n, port);
        }
        return 1;
}

static int read_servers(WgpDnsWatch *watch, sd_bus_message *m, WgpDnsConfig *config) {
        int r;

        r = sd_bus_message_enter_container(m, 'a', "(iiayqs)");
        while (r > 0)
                r = read_server(watch, m, config);
        return r < 0 ? r : sd_bus_message_exit_container(m);
}

static int read_domains(WgpDnsWatch *watch, sd_bus_message *m, WgpDnsConfig *config) {
        const char *domain;
        int32_t ifindex;
        int r, route_only;

        r = sd_bus_message_enter_container(m, 'a', "(isb)");
        if (r < 0)
                return r;
        while ((r = sd_bus_message_read(m, "(isb)", &ifindex, &domain, &route_only)) > 0) {
                WgpDnsLink *link = wgp_dns_config_link(config, (uint32_t) ifindex);

                if (!link)
                        return -ENOMEM;
                if (streq(domain, "."))
                        link->catches_all = true;
                else
                        link->is_split = link->is_split || route_only;
                if (watch->ops.is_ours(watch->ops.userdata, (uint32_t) ifindex))
                        continue;
                config->hash = wgp_digest_add(config->hash, &ifindex, sizeof(ifindex));
                config->hash = wgp_digest_add(config->hash, domain, strlen(domain));
                config->hash = wgp_digest_add(config->hash, &route_only, sizeof(route_only));
        }
        return r < 0 ? r : sd_bus_message_exit_container(m);
}

/* CurrentDNSServerEx does not count: systemd-resolved takes the next server after each timeout, and back again. Where
 * none answers, that would make the next question always due at once. */
static int read_property(WgpDnsWatch *watch, sd_bus_message *m, WgpDnsConfig *config) {
        static const struct {
                const char *name, *type;
        } wanted[] = {
                { "DNSEx", "a(iiayqs)" },
                { "Domains", "a(isb)" },
                { "DNSOverTLS", "s" },
        };
        const char *name, *mode;
        size_t i;
        int r;

        r = sd_bus_message_read(m, "s", &name);
        if (r < 0)
                return r;
        for (i = 0; i < WGP_ARRAY_SIZE(wanted); i++)
                if (streq(name, wanted[i].name))
                        break;
        if (i == WGP_ARRAY_SIZE(wanted))
                return sd_bus_message_skip(m, "v");

        r = sd_bus_message_enter_container(m, 'v', wanted[i].type);
        if (r >= 0)
                r = i == 0 ? read_servers(watch, m, config) :
                    i == 1 ? read_domains(watch, m, config) :
                             sd_bus_message_read(m, "s", &mode);
        if (r >= 0 && i == 2)
                config->tls_only = streq(mode, "yes");
        return r < 0 ? r : sd_bus_message_exit_container(m);
}

static int read_config(WgpDnsWatch *watch, sd_bus_message *m, WgpDnsConfig *config) {
        int r;

        r = sd_bus_message_enter_container(m, 'a', "{sv}");
        if (r < 0)
                return r;
        while ((r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
                r = read_property(watch, m, config);
                if (r >= 0)
                        r = sd_bus_message_exit_container(m);
                if (r < 0)
                        return r;
        }
        return r < 0 ? r : sd_bus_message_exit_container(m);
}

static void set_config(WgpDnsWatch *watch, WgpDnsConfig *config) {
        bool changed = watch->config.hash != config->hash;
        bool ways_changed = !wgp_dns_config_has_same_ways(&watch->config, config);

        wgp_dns_config_done(&watch->config);
        watch->config = *config;
        *config = (WgpDnsConfig) {};
        if (changed)
                watch->ops.changed(watch->ops.userdata);
        else if (ways_changed)
                watch->ops.ways_changed(watch->ops.userdata);
        else
                watch->spurious++;
}

static int on_config(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        _cleanup_(wgp_dns_config_done) WgpDnsConfig config = {};
        WgpDnsWatch *watch = userdata;

        watch->get_all = sd_bus_slot_unref(watch->get_all);
        /* Without it the questions still work; only those of a tunnel that catches all may go astray. */
        if (!sd_bus_message_is_method_error(m, NULL) && read_config(watch, m, &config) >= 0)
                set_config(watch, &config);
        return 0;
}

static int new_get_all(WgpDnsWatch *watch, sd_bus_message **ret) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        int r;

        r = sd_bus_message_new_method_call(watch->bus, &m, WGP_RESOLVED_NAME, WGP_RESOLVED_PATH,
                        "org.freedesktop.DBus.Properties", "GetAll");
        if (r >= 0)
                r = sd_bus_message_append(m, "s", WGP_RESOLVED_MANAGER);
        if (r >= 0)
                r = sd_bus_message_set_auto_start(m, false);
        if (r >= 0)
                *ret = TAKE_PTR(m);
        return r;
}

static int ask_config(WgpDnsWatch *watch) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        int r;

        watch->get_all = sd_bus_slot_unref(watch->get_all);
        r = new_get_all(watch, &m);
        return r < 0 ? r : sd_bus_call_async(watch->bus, &watch->get_all, m, on_config, watch, CALL_TIMEOUT_USEC);
}

/* Before the first question is asked: it may have to go another way. */
static void read_first_config(WgpDnsWatch *watch) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL, *reply = NULL;
        WgpDnsConfig config = {};

        if (new_get_all(watch, &m) < 0 || sd_bus_call(watch->bus, m, FIRST_TIMEOUT_USEC, NULL, &reply) < 0 ||
                        read_config(watch, reply, &config) < 0)
                wgp_dns_config_done(&config);
        watch->config = config;
}

/* --- its signals --- */

static uint64_t files_hash(const WgpDnsWatch *watch);

static void compare_files(WgpDnsWatch *watch) {
        uint64_t hash = files_hash(watch);

        watch->files_changed = watch->files_changed || hash != watch->files_hash;
        watch->files_hash = hash;
}

/* The signals are over: what has really changed? */
static int look(void *userdata) {
        WgpDnsWatch *watch = userdata;

        if (watch->resolved)
                (void) ask_config(watch);
        compare_files(watch);
        if (watch->files_changed)
                watch->ops.changed(watch->ops.userdata);
        else if (!watch->resolved)
                watch->spurious++;
        watch->files_changed = false;
        return 0;
}

/* The configuration may have changed: soon it is looked at. Returns 0 or a negative errno. */
int wgp_dns_watch_disturb(WgpDnsWatch *watch) {
        return wgp_debounce_disturb(&watch->debounce);
}

static int note_signal(WgpDnsWatch *watch) {
        watch->signals++;
        return wgp_dns_watch_disturb(watch);
}

static bool is_about_dns(const char *property) {
        return streq(property, "DNS") || streq(property, "CurrentDNSServer");
}

/* "sa{sv}as": the interface, what changed with its value, what changed without */
static int on_properties(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        const char *interface, *name;
        bool relevant = false;

        if (sd_bus_message_read(m, "s", &interface) < 0 || sd_bus_message_enter_container(m, 'a', "{sv}") < 0)
                return 0;
        while (sd_bus_message_enter_container(m, 'e', "sv") > 0) {
                if (sd_bus_message_read(m, "s", &name) < 0 || sd_bus_message_skip(m, "v") < 0 ||
                                sd_bus_message_exit_container(m) < 0)
                        return 0;
                relevant = relevant || is_about_dns(name);
        }
        if (sd_bus_message_exit_container(m) < 0 || sd_bus_message_enter_container(m, 'a', "s") < 0)
                return 0;
        while (sd_bus_message_read(m, "s", &name) > 0)
                relevant = relevant || is_about_dns(name);

        return relevant ? note_signal(userdata) : 0;
}

/* --- /etc/resolv.conf, /etc/hosts, and a bus that is not there yet --- */

static uint64_t add_file(uint64_t hash, const char *path) {
        int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        char text[4096];
        ssize_t n;

        if (fd < 0)
                return hash;
        while ((n = read(fd, text, sizeof(text))) > 0)
                hash = wgp_digest_add(hash, text, (size_t) n);
        close(fd);
        return hash;
}

/* With systemd-resolved, resolv.conf(5) is its business; hosts(5) it reads when it is asked, and tells nobody. */
static uint64_t files_hash(const WgpDnsWatch *watch) {
        uint64_t hash = add_file(0, HOSTS);

        return watch->resolved ? hash : add_file(hash, RESOLV_CONF);
}

/* Watches the directory that a file is in, as it may be replaced; or where that is not there yet, the one in which it
 * will be made. */
static void watch_directory_of(WgpDnsWatch *watch, char *path) {
        for (char *slash; (slash = strrchr(path, '/'));) {
                slash[slash == path] = 0;
                if (inotify_add_watch(watch->inotify, path,
                                    IN_CLOSE_WRITE | IN_MOVED_TO | IN_DELETE | IN_CREATE | IN_MASK_ADD) >= 0 ||
                                errno != ENOENT || slash == path)
                        return;
        }
}

/* Follows one link after the other, whose end may not be there yet. */
static void watch_file(WgpDnsWatch *watch, const char *file) {
        char path[PATH_MAX], target[PATH_MAX], directory[PATH_MAX];

        (void) snprintf(path, sizeof(path), "%s", file);
        for (unsigned i = 0; i < LINKS_MAX; i++) {
                ssize_t n = readlink(path, target, sizeof(target) - 1);
                char *slash;

                memcpy(directory, path, sizeof(directory));
                watch_directory_of(watch, directory);
                if (n <= 0)
                        return;
                target[n] = 0;
                slash = strrchr(path, '/');
                if (*target == '/')
                        memcpy(path, target, (size_t) n + 1);
                else if (slash && (size_t) (slash + 1 - path) + (size_t) n < sizeof(path))
                        memcpy(slash + 1, target, (size_t) n + 1);
                else
                        return;
        }
}

static void watch_paths(WgpDnsWatch *watch) {
        watch_file(watch, RESOLV_CONF);
        watch_file(watch, HOSTS);
        if (!watch->bus && !getenv("DBUS_SYSTEM_BUS_ADDRESS"))
                watch_file(watch, BUS_SOCKET);
}

/* Whether an event may be about one of the files. What a link points to may have any name, but it mostly has this one;
 * a directory may be the one that was missing. */
static bool is_relevant(const struct inotify_event *event) {
        return event->len == 0 || event->mask & IN_ISDIR || strstr(event->name, "resolv") ||
               strstr(event->name, "hosts");
}

static int on_inotify(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        _Alignas(struct inotify_event) char buffer[4096];
        bool relevant = false, bus = false;
        WgpDnsWatch *watch = userdata;
        ssize_t n;

        while ((n = read(fd, buffer, sizeof(buffer))) > 0)
                for (char *p = buffer; p < buffer + n;) {
                        const struct inotify_event *event = (const struct inotify_event *) p;

                        relevant = relevant || is_relevant(event);
                        bus = bus || (event->len > 0 && streq(event->name, strrchr(BUS_SOCKET, '/') + 1));
                        p += sizeof(*event) + event->len;
                }
        if (!watch->bus && (bus || (relevant && !getenv("DBUS_SYSTEM_BUS_ADDRESS") && access(BUS_SOCKET, F_OK) >= 0)))
                watch->ops.bus_appeared(watch->ops.userdata);
        if (!relevant)
                return 0;
        watch_paths(watch);
        /* An edit may be taken back before it is looked at; who has asked meanwhile has an answer that is in no file.
         */
        compare_files(watch);
        return note_signal(watch);
}

static void stop_file_watch(WgpDnsWatch *watch) {
        watch->inotify_source = sd_event_source_disable_unref(watch->inotify_source);
        if (watch->inotify >= 0)
                close(watch->inotify);
        watch->inotify = -EBADF;
}

static int start_file_watch(WgpDnsWatch *watch) {
        watch->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
        if (watch->inotify < 0)
                return -errno;
        watch_paths(watch);
        return sd_event_add_io(watch->event, &watch->inotify_source, watch->inotify, EPOLLIN, on_inotify, watch);
}

/* --- whether systemd-resolved is there --- */

static void set_resolved(WgpDnsWatch *watch, bool resolved) {
        watch->resolved = resolved;
        watch->files_hash = files_hash(watch);
        if (resolved)
                return;
        watch->get_all = sd_bus_slot_unref(watch->get_all);
        wgp_dns_config_done(&watch->config);
}

static int on_owner(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        const char *name, *before, *after;
        WgpDnsWatch *watch = userdata;
        int r = 0;

        if (sd_bus_message_read(m, "sss", &name, &before, &after) < 0)
                return 0;
        set_resolved(watch, *after);
        if (*after)
                r = ask_config(watch);
        if (r >= 0)
                watch->ops.changed(watch->ops.userdata); /* what was asked of it is lost, or can be asked again */
        return r;
}

static int watch_bus(WgpDnsWatch *watch) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        int r;

        r = sd_bus_add_match_async(watch->bus, &watch->changes,
                        "type='signal',sender='" WGP_RESOLVED_NAME "',path='" WGP_RESOLVED_PATH "',"
                        "interface='org.freedesktop.DBus.Properties',member='PropertiesChanged',"
                        "arg0='" WGP_RESOLVED_MANAGER "'",
                        on_properties, /* install_callback= */ NULL, watch);
        if (r >= 0)
                r = sd_bus_add_match(watch->bus, &watch->owner,
                                "type='signal',sender='org.freedesktop.DBus',path='/org/freedesktop/DBus',"
                                "interface='org.freedesktop.DBus',member='NameOwnerChanged',"
                                "arg0='" WGP_RESOLVED_NAME "'",
                                on_owner, watch);
        if (r < 0)
                return r;

        r = sd_bus_call_method(watch->bus, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                        "GetNameOwner", NULL, &reply, "s", WGP_RESOLVED_NAME);
        if (r >= 0)
                read_first_config(watch);
        set_resolved(watch, r >= 0);
        return 0;
}

/* "bus" may be NULL: then there is no systemd-resolved, ever. Returns 0 or a negative errno. */
int wgp_dns_watch_init(WgpDnsWatch *watch, sd_event *event, sd_bus *bus, const WgpDnsWatchOps *ops) {
        int r;

        *watch = (WgpDnsWatch) { .ops = *ops, .event = event, .bus = bus, .inotify = -EBADF };
        watch->debounce = (WgpDebounce) { .event = event, .over = look, .userdata = watch };
        r = start_file_watch(watch);
        set_resolved(watch, false);
        return r < 0 || !bus ? r : watch_bus(watch);
}

void wgp_dns_watch_done(WgpDnsWatch *watch) {
        stop_file_watch(watch);
        sd_bus_slot_unref(watch->changes);
        sd_bus_slot_unref(watch->owner);
        sd_bus_slot_unref(watch->get_all);
        wgp_debounce_done(&watch->debounce);
        wgp_dns_config_done(&watch->config);
        *watch = (WgpDnsWatch) { .inotify = -EBADF };
}
