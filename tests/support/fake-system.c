/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A stand-in for systemd-resolved, systemd and systemd-logind on a bus of the test's own. It refuses what the real
 * ones refuse: tests/netns/test-recorded.sh and test/scenarios/recording hold the same conversations with it and with
 * them. It is configured by a file that is read again on SIGHUP:
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

#include "base/macro.h"

enum {
        N_LINES = 64,
        LABEL_MAX = 63,
        TYPE_A = 1,
        TYPE_AAAA = 28,
        TYPE_OPT = 41,
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

static bool is_name(const char *name) {
        for (size_t n; *name; name += n + (name[n] == '.')) {
                n = strcspn(name, ".");
                if (n == 0 || n > LABEL_MAX)
                        return false;
        }
        return true;
}

static int invalid(sd_bus_message *m, const char *text) {
        int r = sd_bus_reply_method_errorf(m, SD_BUS_ERROR_INVALID_ARGS, "%s", text);

        return r < 0 ? r : 1;
}

/* Whether a line has an address of the family, where AF_UNSPEC is any. */
static bool is_of_family(const Line *line, int family) {
        return family == AF_UNSPEC || (strchr(line->address, ':') ? AF_INET6 : AF_INET) == family;
}

/* The link that an answer is said to have come from. */
static int answering_link(int ifindex) {
        for (size_t i = 0; ifindex == 0 && i < fake.n_lines; i++)
                if (streq(fake.lines[i].what, "server"))
                        return fake.lines[i].ifindex;
        return ifindex;
}

/* A question: both methods begin alike. "family" is -1 when there is none of it. Returns 1 when an error was sent. */
static int refuse(sd_bus_message *m, int ifindex, const char *name, int family, uint64_t flags, uint64_t known) {
        bool exists = false;
        int r;

        if (ifindex < 0)
                return invalid(m, "Invalid interface index");
        if (!is_name(name))
                return invalid(m, "Invalid name");
        if (flags & ~known)
                return invalid(m, "Invalid flags parameter");

        for (size_t i = 0; i < fake.n_lines; i++) {
                const Line *line = fake.lines + i;

                if (!streq(line->what, "name") || line->ifindex != ifindex || !streq(line->name, name))
                        continue;
                if (is_of_family(line, family))
                        return 0;
                exists = true;
        }
        r = exists || !*name ? sd_bus_reply_method_errorf(m, "org.freedesktop.resolve1.NoSuchRR", "No such record") :
                               sd_bus_reply_method_errorf(
                                               m, "org.freedesktop.resolve1.DnsError.NXDOMAIN", "No such name");
        return r < 0 ? r : 1;
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
        if (family != AF_UNSPEC && family != AF_INET && family != AF_INET6)
                return invalid(m, "Unknown address family");
        r = refuse(m, ifindex, name, family, flags, HOSTNAME_FLAGS | RECORD_FLAGS);
        if (r != 0)
                return r;

        r = sd_bus_message_new_method_return(m, &reply);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "(iiay)");
        for (size_t i = 0; r >= 0 && i < fake.n_lines; i++) {
                const Line *line = fake.lines + i;
                uint8_t address[16];
                int own_family;
                size_t n;

                if (!streq(line->what, "name") || line->ifindex != ifindex || !streq(line->name, name) ||
                                !is_of_family(line, family))
                        continue;
                n = parse_address(line->address, &own_family, address);
                r = sd_bus_message_open_container(reply, 'r', "iiay");
                if (r >= 0)
                        r = sd_bus_message_append(reply, "ii", answering_link(ifindex), own_family);
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

/* The record: the name in labels, type, class, TTL, and the address. */
static size_t format_record(const Line *line, uint16_t type, uint8_t *ret) {
        size_t n = 0, length;
        uint8_t address[16];
        int family;

        for (const char *s = line->name; *s;) {
                size_t k = strcspn(s, ".");

                ret[n++] = (uint8_t) k;
                memcpy(ret + n, s, k);
                n += k;
                s += k + (s[k] == '.');
        }
        ret[n++] = 0;
        length = parse_address(line->address, &family, address);
        memcpy(ret + n,
                        (uint8_t[]) { 0, (uint8_t) type, 0, 1, (uint8_t) (line->number >> 24),
                                        (uint8_t) (line->number >> 16), (uint8_t) (line->number >> 8),
                                        (uint8_t) line->number, 0, (uint8_t) length },
                        10);
        memcpy(ret + n + 10, address, length);
        return n + 10 + length;
}

/* Its line, by the kind of record. */
static const Line *find_record(int ifindex, const char *name, int family) {
        for (size_t i = 0; i < fake.n_lines; i++)
                if (streq(fake.lines[i].what, "name") && fake.lines[i].ifindex == ifindex &&
                                streq(fake.lines[i].name, name) && is_of_family(fake.lines + i, family))
                        return fake.lines + i;
        return NULL;
}

static int resolve_record(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        uint8_t record[512];
        uint16_t class, type;
        const char *name;
        int32_t ifindex;
        uint64_t flags;
        int family, r;
        size_t n;

        r = sd_bus_message_read(m, "isqqt", &ifindex, &name, &class, &type, &flags);
        if (r < 0)
                return r;
        note("record", ifindex, name, flags);
        if (type == TYPE_OPT)
                return invalid(m, "Specified resource record type 41 may not be used in a query.");
        family = type == TYPE_A ? AF_INET : type == TYPE_AAAA ? AF_INET6 : -1;
        r = refuse(m, ifindex, name, family, flags, RECORD_FLAGS);
        if (r != 0)
                return r;

        n = format_record(find_record(ifindex, name, family), type, record);
        r = sd_bus_message_new_method_return(m, &reply);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "(iqqay)");
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'r', "iqqay");
        if (r >= 0)
                r = sd_bus_message_append(reply, "iqq", answering_link(ifindex), class, type);
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

/* TryRestartUnit and StopUnit: there are only tunnels. */
static int handle_unit(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        const char *unit, *mode;
        FILE *f = fopen(fake.calls, "ae");
        int r = sd_bus_message_read(m, "ss", &unit, &mode);

        if (f && r >= 0)
                fprintf(f, "%s %s %s\n", sd_bus_message_get_member(m), unit, mode);
        if (f)
                fclose(f);
        if (r < 0)
                return r;
        if ((!streq(mode, "fail") && !streq(mode, "replace")) || strchr(unit, ' '))
                return invalid(m, "Invalid job mode or unit name");
        if (strncmp(unit, "wg-profile@", strlen("wg-profile@")) != 0)
                return sd_bus_reply_method_errorf(
                                m, "org.freedesktop.systemd1.NoSuchUnit", "Unit %s not loaded.", unit);
        return sd_bus_reply_method_return(m, "o", "/org/freedesktop/systemd1/job/1");
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
                        (void) sd_bus_emit_signal(fake.bus, "/org/freedesktop/login1",
                                        "org.freedesktop.login1.Manager", "PrepareForSleep", "b", false);
        }
        return 0;
}

int main(int argc, char **argv) {
        static const char *const names[] = {
                "org.freedesktop.login1",
                "org.freedesktop.systemd1",
                "org.freedesktop.resolve1",
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
