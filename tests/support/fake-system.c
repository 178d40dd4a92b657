/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A stand-in for systemd-resolved, systemd and systemd-logind on a bus of the test's own, configured by a file that is
 * read again on SIGHUP:
 *
 *   server IFINDEX ADDRESS                 a DNS server of a link, 0: a global one
 *   current IFINDEX ADDRESS                the one it asks now; else the first global one
 *   domain IFINDEX DOMAIN ROUTE-ONLY
 *   name IFINDEX NAME ADDRESS TTL          what a question by that link (0: by none) is answered with
 *   silent IFINDEX                         questions by that link are not answered at all
 *   signal                                 say that the DNS property has changed
 *   resumed                                say that the machine has slept
 *
 *   fake-system CONFIGURATION CALLS
 *
 * What is called is appended to the file CALLS: "hostname|record IFINDEX NAME FLAGS" and "METHOD UNIT MODE". */

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "core/macro.h"

enum {
        N_LINES = 64,
        /* of systemd 252 and 257: of records only the second kind, though their manual page says otherwise */
        HOSTNAME_FLAGS = 1 << 8,
        RECORD_FLAGS = 1 << 10 | 1 << 11 | 1 << 12 | 1 << 15,
};

typedef struct Line {
        char what[8], name[256], address[64];
        int ifindex, number;
} Line;

static struct {
        const char *path, *calls;
        Line lines[N_LINES];
        size_t n_lines;
        sd_bus *bus;
} fake;

static void read_lines(void) {
        FILE *f = fopen(fake.path, "re");
        char text[512];

        fake.n_lines = 0;
        while (f && fake.n_lines < N_LINES && fgets(text, sizeof(text), f)) {
                Line *line = fake.lines + fake.n_lines;

                *line = (Line) {};
                if (sscanf(text, "%7s %d", line->what, &line->ifindex) < 1)
                        continue;
                if (streq(line->what, "server") || streq(line->what, "current"))
                        (void) sscanf(text, "%*s %*d %63s", line->address);
                else if (streq(line->what, "domain"))
                        (void) sscanf(text, "%*s %*d %255s %d", line->name, &line->number);
                else if (streq(line->what, "name"))
                        (void) sscanf(text, "%*s %*d %255s %63s %d", line->name, line->address, &line->number);
                fake.n_lines++;
        }
        if (f)
                fclose(f);
}

static const Line *find(const char *what, int ifindex, const char *name) {
        for (size_t i = 0; i < fake.n_lines; i++)
                if (streq(fake.lines[i].what, what) && fake.lines[i].ifindex == ifindex &&
                    (!name || streq(fake.lines[i].name, name)))
                        return fake.lines + i;
        return NULL;
}

static void note(const char *method, int ifindex, const char *name, uint64_t flags) {
        FILE *f = fopen(fake.calls, "ae");

        if (!f)
                return;
        fprintf(f, "%s %d %s %llu\n", method, ifindex, name, (unsigned long long) flags);
        fclose(f);
}

static size_t parse_address(const char *text, int *ret_family, uint8_t ret[static 16]) {
        *ret_family = strchr(text, ':') ? AF_INET6 : AF_INET;
        return inet_pton(*ret_family, text, ret) == 1 ? (*ret_family == AF_INET ? 4 : 16) : 0;
}

/* Both methods begin alike. Returns 1 when an error was sent. */
static int refuse(sd_bus_message *m, const Line *line, uint64_t flags, uint64_t known) {
        if (flags & ~known)
                return sd_bus_reply_method_errorf(m, SD_BUS_ERROR_INVALID_ARGS, "Invalid flags parameter");
        if (!line)
                return sd_bus_reply_method_errorf(m, "org.freedesktop.resolve1.DnsError.NXDOMAIN", "No such name");
        return 0;
}

static int resolve_hostname(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        int32_t ifindex, family;
        const char *name;
        uint64_t flags;
        int r;

        r = sd_bus_message_read(m, "isit", &ifindex, &name, &family, &flags);
        if (r < 0)
                return r;
        note("hostname", ifindex, name, flags);
        if (find("silent", ifindex, NULL))
                return 1;
        r = refuse(m, find("name", ifindex, name), flags, HOSTNAME_FLAGS | RECORD_FLAGS);
        if (r != 0)
                return r;

        r = sd_bus_message_new_method_return(m, &reply);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "(iiay)");
        for (size_t i = 0; r >= 0 && i < fake.n_lines; i++) {
                const Line *line = fake.lines + i;
                uint8_t address[16];
                size_t n;

                if (!streq(line->what, "name") || line->ifindex != ifindex || !streq(line->name, name))
                        continue;
                n = parse_address(line->address, &family, address);
                r = sd_bus_message_open_container(reply, 'r', "iiay");
                if (r >= 0)
                        r = sd_bus_message_append(reply, "ii", 2, family);
                if (r >= 0)
                        r = sd_bus_message_append_array(reply, 'y', address, n);
                if (r >= 0)
                        r = sd_bus_message_close_container(reply);
        }
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        if (r >= 0)
                r = sd_bus_message_append(reply, "st", name, (uint64_t) 0);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

/* The record: the name in labels, type, class, TTL, and no data. */
static size_t format_record(const Line *line, uint16_t type, uint8_t *ret) {
        size_t n = 0;

        for (const char *s = line->name; *s;) {
                size_t k = strcspn(s, ".");

                ret[n++] = (uint8_t) k;
                memcpy(ret + n, s, k);
                n += k;
                s += k + (s[k] == '.');
        }
        ret[n++] = 0;
        memcpy(ret + n, (uint8_t[]) { 0, (uint8_t) type, 0, 1, (uint8_t) (line->number >> 24),
                                        (uint8_t) (line->number >> 16), (uint8_t) (line->number >> 8),
                                        (uint8_t) line->number, 0, 0 }, 10);
        return n + 10;
}

static int resolve_record(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        uint8_t record[512];
        uint16_t class, type;
        const Line *line;
        const char *name;
        int32_t ifindex;
        uint64_t flags;
        size_t n;
        int r;

        r = sd_bus_message_read(m, "isqqt", &ifindex, &name, &class, &type, &flags);
        if (r < 0)
                return r;
        note("record", ifindex, name, flags);
        line = find("name", ifindex, name);
        r = refuse(m, line, flags, RECORD_FLAGS);
        if (r != 0)
                return r;

        n = format_record(line, type, record);
        r = sd_bus_message_new_method_return(m, &reply);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "(iqqay)");
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'r', "iqqay");
        if (r >= 0)
                r = sd_bus_message_append(reply, "iqq", ifindex, class, type);
        if (r >= 0)
                r = sd_bus_message_append_array(reply, 'y', record, n);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        if (r >= 0)
                r = sd_bus_message_append(reply, "t", (uint64_t) 0);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

static int append_server(sd_bus_message *reply, const Line *line) {
        uint8_t address[16] = {};
        int family = 0, r;
        size_t n = line ? parse_address(line->address, &family, address) : 0;

        r = sd_bus_message_open_container(reply, 'r', "iiayqs");
        if (r >= 0)
                r = sd_bus_message_append(reply, "ii", line ? line->ifindex : 0, family);
        if (r >= 0)
                r = sd_bus_message_append_array(reply, 'y', address, n);
        if (r >= 0)
                r = sd_bus_message_append(reply, "qs", (uint16_t) 0, "");
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int get_servers(sd_bus *bus, const char *path, const char *interface, const char *property,
                sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        int r = sd_bus_message_open_container(reply, 'a', "(iiayqs)");

        for (size_t i = 0; r >= 0 && i < fake.n_lines; i++)
                if (streq(fake.lines[i].what, "server"))
                        r = append_server(reply, fake.lines + i);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int get_current(sd_bus *bus, const char *path, const char *interface, const char *property,
                sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        for (size_t i = 0; i < fake.n_lines; i++)
                if (streq(fake.lines[i].what, "current"))
                        return append_server(reply, fake.lines + i);
        return append_server(reply, find("server", 0, NULL));
}

static int get_domains(sd_bus *bus, const char *path, const char *interface, const char *property,
                sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        int r = sd_bus_message_open_container(reply, 'a', "(isb)");

        for (size_t i = 0; r >= 0 && i < fake.n_lines; i++)
                if (streq(fake.lines[i].what, "domain"))
                        r = sd_bus_message_append(reply, "(isb)", fake.lines[i].ifindex, fake.lines[i].name,
                                        fake.lines[i].number);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static const sd_bus_vtable vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD("ResolveHostname", "isit", "a(iiay)st", resolve_hostname, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("ResolveRecord", "isqqt", "a(iqqay)t", resolve_record, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_PROPERTY("DNS", "a(iiayqs)", get_servers, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("DNSEx", "a(iiayqs)", get_servers, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("CurrentDNSServerEx", "(iiayqs)", get_current, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Domains", "a(isb)", get_domains, 0, 0),
        SD_BUS_VTABLE_END,
};

/* TryRestartUnit and StopUnit */
static int handle_unit(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        const char *unit, *mode;
        FILE *f = fopen(fake.calls, "ae");
        int r = sd_bus_message_read(m, "ss", &unit, &mode);

        if (f && r >= 0)
                fprintf(f, "%s %s %s\n", sd_bus_message_get_member(m), unit, mode);
        if (f)
                fclose(f);
        return r < 0 ? r : sd_bus_reply_method_return(m, "o", "/org/freedesktop/systemd1/job/1");
}

static const sd_bus_vtable systemd_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD("TryRestartUnit", "ss", "o", handle_unit, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("StopUnit", "ss", "o", handle_unit, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_VTABLE_END,
};

static int on_hangup(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata) {
        read_lines();
        for (size_t i = 0; i < fake.n_lines; i++) {
                if (streq(fake.lines[i].what, "signal"))
                        (void) sd_bus_emit_properties_changed(fake.bus, "/org/freedesktop/resolve1",
                                        "org.freedesktop.resolve1.Manager", "DNS", NULL);
                if (streq(fake.lines[i].what, "resumed"))
                        (void) sd_bus_emit_signal(fake.bus, "/org/freedesktop/login1", "org.freedesktop.login1.Manager",
                                        "PrepareForSleep", "b", false);
        }
        return 0;
}

int main(int argc, char **argv) {
        static const char *const names[] = {
                "org.freedesktop.login1", "org.freedesktop.systemd1", "org.freedesktop.resolve1",
        };
        sd_event *event = NULL;
        sigset_t mask;
        int r;

        if (argc != 3)
                return 2;
        fake.path = argv[1];
        fake.calls = argv[2];
        read_lines();

        sigemptyset(&mask);
        sigaddset(&mask, SIGHUP);
        sigaddset(&mask, SIGTERM);
        (void) sigprocmask(SIG_BLOCK, &mask, NULL);
        r = sd_event_default(&event);
        if (r >= 0)
                r = sd_event_add_signal(event, NULL, SIGHUP, on_hangup, NULL);
        if (r >= 0)
                r = sd_event_add_signal(event, NULL, SIGTERM, NULL, NULL);
        if (r >= 0)
                r = sd_bus_open_system(&fake.bus);
        if (r >= 0)
                r = sd_bus_add_object_vtable(fake.bus, NULL, "/org/freedesktop/resolve1",
                                "org.freedesktop.resolve1.Manager", vtable, NULL);
        if (r >= 0)
                r = sd_bus_add_object_vtable(fake.bus, NULL, "/org/freedesktop/systemd1",
                                "org.freedesktop.systemd1.Manager", systemd_vtable, NULL);
        for (size_t i = 0; r >= 0 && i < WGP_ARRAY_SIZE(names); i++)
                r = sd_bus_request_name(fake.bus, names[i], 0);
        if (r >= 0)
                r = sd_bus_attach_event(fake.bus, event, 0);
        if (r >= 0)
                r = sd_event_loop(event);
        if (r < 0)
                fprintf(stderr, "fake-system: %s\n", strerror(-r));
        sd_bus_flush_close_unref(fake.bus);
        sd_event_unref(event);
        return r < 0;
}
