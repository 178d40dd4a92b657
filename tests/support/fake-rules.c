/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* As recorded in tests/recorded of systemd 252 and 257, firewalld 1.3 and 2.3 and NetworkManager 1.42 and 1.52;
 * tests/netns/test-recorded.sh and test/scenarios/recording hold the same conversations with this and with them. */

#include "fake-rules.h"

#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/macro.h"

enum {
        N_BOUND = 16, /* links in zones */
        LOOPBACK = 1, /* the number of "lo" */
        DOMAIN_MAX = 253,
        LABEL_MAX = 63,
};

#define RESOLVED "org.freedesktop.resolve1.Manager"
#define SYSTEMD "org.freedesktop.systemd1.Manager"
#define ZONE "org.fedoraproject.FirewallD1.zone"
#define MANAGER "org.freedesktop.NetworkManager"
#define FIREWALLD_ERROR "org.fedoraproject.FirewallD1.Exception"

/* Returns 1 when it has sent an error, 0, or a negative errno. */
typedef int (*Check)(sd_bus_message *m);

static int invalid(sd_bus_message *m, const char *text) {
        int r = sd_bus_reply_method_errorf(m, SD_BUS_ERROR_INVALID_ARGS, "%s", text);

        return r < 0 ? r : 1;
}

/* --- systemd-resolved --- */

static int check_link(sd_bus_message *m, int32_t ifindex) {
        char name[IF_NAMESIZE];
        int r;

        if (ifindex <= 0)
                return invalid(m, "Invalid interface index");
        if (ifindex == LOOPBACK)
                r = sd_bus_reply_method_errorf(m, "org.freedesktop.resolve1.LinkBusy", "Link lo is loopback device.");
        else if (!if_indextoname((unsigned) ifindex, name))
                r = sd_bus_reply_method_errorf(m, "org.freedesktop.resolve1.NoSuchLink", "Link %d not known", ifindex);
        else
                return 0;
        return r < 0 ? r : 1;
}

static int check_only_link(sd_bus_message *m) {
        int32_t ifindex;
        int r = sd_bus_message_read(m, "i", &ifindex);

        return r < 0 ? r : check_link(m, ifindex);
}

static bool is_address(int32_t family, const uint8_t *bytes, size_t n) {
        static const uint8_t none[sizeof(struct in6_addr)];

        return n == (family == AF_INET                 ? sizeof(struct in_addr) :
                                    family == AF_INET6 ? sizeof(struct in6_addr) :
                                                         SIZE_MAX) &&
               memcmp(bytes, none, n) != 0;
}

/* Both SetLinkDNS and SetLinkDNSEx. */
static int check_servers(sd_bus_message *m) {
        const bool extended = streq(sd_bus_message_get_member(m), "SetLinkDNSEx");
        const char *types = extended ? "iayqs" : "iay";
        int32_t ifindex, family;
        const void *bytes;
        bool valid = true;
        size_t n;
        int r;

        r = sd_bus_message_read(m, "i", &ifindex);
        if (r >= 0)
                r = sd_bus_message_enter_container(m, 'a', extended ? "(iayqs)" : "(iay)");
        while (r >= 0 && (r = sd_bus_message_enter_container(m, 'r', types)) > 0) {
                r = sd_bus_message_read(m, "i", &family);
                if (r >= 0)
                        r = sd_bus_message_read_array(m, 'y', &bytes, &n);
                if (r >= 0 && extended)
                        r = sd_bus_message_skip(m, "qs");
                if (r >= 0) {
                        valid = valid && is_address(family, bytes, n);
                        r = sd_bus_message_exit_container(m);
                }
        }
        if (r < 0)
                return r;
        return valid ? check_link(m, ifindex) : invalid(m, "Invalid DNS server address");
}

static bool is_domain(const char *name) {
        if (strlen(name) > DOMAIN_MAX || !*name)
                return false;
        while (*name) {
                size_t n = strcspn(name, ".");

                if (n == 0 || n > LABEL_MAX)
                        return false;
                name += n + (name[n] == '.');
        }
        return true;
}

static int check_domains(sd_bus_message *m) {
        const char *domain;
        int32_t ifindex;
        int r, route_only;
        bool valid = true;

        r = sd_bus_message_read(m, "i", &ifindex);
        if (r >= 0)
                r = sd_bus_message_enter_container(m, 'a', "(sb)");
        while (r >= 0 && (r = sd_bus_message_read(m, "(sb)", &domain, &route_only)) > 0)
                valid = valid && (streq(domain, ".") ? route_only : is_domain(domain));
        if (r < 0)
                return r;
        return valid ? check_link(m, ifindex) : invalid(m, "Invalid search domain");
}

static int check_word(sd_bus_message *m) {
        static const struct {
                const char *member, *word;
        } words[] = {
                { "SetLinkLLMNR", "resolve" },
                { "SetLinkMulticastDNS", "resolve" },
                { "SetLinkDNSOverTLS", "opportunistic" },
                { "SetLinkDNSSEC", "allow-downgrade" },
        };
        const char *word;
        int32_t ifindex;
        bool valid;
        int r;

        r = sd_bus_message_read(m, "is", &ifindex, &word);
        if (r < 0)
                return r;
        valid = !*word || streq(word, "yes") || streq(word, "no");
        for (size_t i = 0; i < WGP_ARRAY_SIZE(words); i++)
                valid = valid || (streq(words[i].member, sd_bus_message_get_member(m)) && streq(words[i].word, word));
        return valid ? check_link(m, ifindex) : invalid(m, "Invalid setting");
}

/* --- firewalld --- */

static const char *const zones[] = {
        "block",
        "dmz",
        "drop",
        "external",
        "home",
        "internal",
        "public",
        "trusted",
        "work",
};

static struct {
        char link[IF_NAMESIZE];
        const char *zone;
} bound[N_BOUND];

static const char *find_zone(const char *name) {
        if (!*name)
                return "public"; /* the default zone */
        for (size_t i = 0; i < WGP_ARRAY_SIZE(zones); i++)
                if (streq(zones[i], name))
                        return zones[i];
        return NULL;
}

/* The place of a link, or a free one for a NULL. */
static size_t find_bound(const char *link) {
        size_t i;

        for (i = 0; i < N_BOUND; i++)
                if (link ? bound[i].zone && streq(bound[i].link, link) : !bound[i].zone)
                        break;
        return i;
}

static int refuse_zone(sd_bus_message *m, const char *code, const char *text) {
        int r = sd_bus_reply_method_errorf(m, FIREWALLD_ERROR, "%s: %s", code, text);

        return r < 0 ? r : 1;
}

static int check_change_zone(sd_bus_message *m) {
        const char *zone, *link;
        int r = sd_bus_message_read(m, "ss", &zone, &link);

        return r < 0 ? r : find_zone(zone) ? 0 : refuse_zone(m, "INVALID_ZONE", zone);
}

static int answer_change_zone(sd_bus_message *m) {
        const char *zone, *link;
        size_t i;
        int r;

        r = sd_bus_message_read(m, "ss", &zone, &link);
        if (r < 0)
                return r;
        i = find_bound(link);
        if (i == N_BOUND)
                i = find_bound(NULL);
        if (i == N_BOUND)
                return -ENOBUFS;
        snprintf(bound[i].link, sizeof(bound[i].link), "%s", link);
        bound[i].zone = find_zone(zone);
        return sd_bus_reply_method_return(m, "s", bound[i].zone);
}

static int answer_remove_interface(sd_bus_message *m) {
        const char *zone, *link, *was;
        size_t i;
        int r;

        r = sd_bus_message_read(m, "ss", &zone, &link);
        if (r < 0)
                return r;
        i = find_bound(link);
        if (i == N_BOUND)
                return sd_bus_reply_method_errorf(
                                m, FIREWALLD_ERROR, "UNKNOWN_INTERFACE: '%s' is not in any zone", link);
        was = bound[i].zone;
        bound[i].zone = NULL;
        return sd_bus_reply_method_return(m, "s", was);
}

/* --- systemd and NetworkManager: there is one unit, and one link --- */

#define UNIT "basic.target"

static int answer_get_unit(sd_bus_message *m) {
        const char *name;
        int r = sd_bus_message_read(m, "s", &name);

        if (r < 0)
                return r;
        return streq(name, UNIT) ?
                               sd_bus_reply_method_return(m, "o", "/org/freedesktop/systemd1/unit/basic_2etarget") :
                               sd_bus_reply_method_errorf(
                                               m, "org.freedesktop.systemd1.NoSuchUnit", "Unit %s not loaded.", name);
}

static int append_unit(sd_bus_message *reply, const char *name) {
        static const char path[] = "/org/freedesktop/systemd1/unit/some";

        return streq(name, UNIT) ? sd_bus_message_append(reply, "(ssssssouso)", name, "Basic System", "loaded",
                                                   "active", "active", "", path, (uint32_t) 0, "", "/") :
                                   sd_bus_message_append(reply, "(ssssssouso)", name, name, "not-found", "inactive",
                                                   "dead", "", path, (uint32_t) 0, "", "/");
}

static int answer_list_units(sd_bus_message *m) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        const char *name;
        int r;

        r = sd_bus_message_new_method_return(m, &reply);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "(ssssssouso)");
        if (r >= 0)
                r = sd_bus_message_enter_container(m, 'a', "s");
        while (r >= 0 && (r = sd_bus_message_read(m, "s", &name)) > 0)
                r = append_unit(reply, name);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

static int answer_get_device(sd_bus_message *m) {
        const char *name;
        int r = sd_bus_message_read(m, "s", &name);

        if (r < 0)
                return r;
        return streq(name, "lo") ? sd_bus_reply_method_return(m, "o", "/org/freedesktop/NetworkManager/Devices/1") :
                                   sd_bus_reply_method_errorf(m, "org.freedesktop.NetworkManager.UnknownDevice",
                                                   "No device found for the requested iface.");
}

/* --- all of them --- */

static const struct {
        const char *interface, *member, *types;
        Check check, answer;
} methods[] = {
        { RESOLVED, "SetLinkDNS", "ia(iay)", check_servers, NULL },
        { RESOLVED, "SetLinkDNSEx", "ia(iayqs)", check_servers, NULL },
        { RESOLVED, "SetLinkDomains", "ia(sb)", check_domains, NULL },
        { RESOLVED, "SetLinkDefaultRoute", "ib", check_only_link, NULL },
        { RESOLVED, "SetLinkLLMNR", "is", check_word, NULL },
        { RESOLVED, "SetLinkMulticastDNS", "is", check_word, NULL },
        { RESOLVED, "SetLinkDNSOverTLS", "is", check_word, NULL },
        { RESOLVED, "SetLinkDNSSEC", "is", check_word, NULL },
        { RESOLVED, "RevertLink", "i", check_only_link, NULL },
        { ZONE, "changeZoneOfInterface", "ss", check_change_zone, answer_change_zone },
        { ZONE, "removeInterface", "ss", NULL, answer_remove_interface },
        { SYSTEMD, "GetUnit", "s", NULL, answer_get_unit },
        { SYSTEMD, "ListUnitsByNames", "as", NULL, answer_list_units },
        { MANAGER, "GetDeviceByIpIface", "s", NULL, answer_get_device },
        { "org.freedesktop.DBus.Properties", "Get", "ss", NULL, NULL },
        { "org.freedesktop.DBus.Properties", "GetAll", "s", NULL, NULL },
};

static size_t find_method(sd_bus_message *m) {
        size_t i;

        for (i = 0; i < WGP_ARRAY_SIZE(methods); i++)
                if (sd_bus_message_is_method_call(m, methods[i].interface, methods[i].member) > 0)
                        break;
        return i;
}

static int refuse_types(sd_bus_message *m, const char *interface) {
        int r;

        if (!streq(interface, ZONE))
                return invalid(m, "Invalid arguments");
        r = sd_bus_reply_method_errorf(m, FIREWALLD_ERROR, "missing a required argument");
        return r < 0 ? r : 1;
}

int fake_rules_refuse(sd_bus_message *m) {
        size_t i = find_method(m);
        int r;

        if (i == WGP_ARRAY_SIZE(methods)) {
                r = sd_bus_reply_method_errorf(
                                m, SD_BUS_ERROR_UNKNOWN_METHOD, "Unknown method %s", sd_bus_message_get_member(m));
                return r < 0 ? r : 1;
        }
        if (!sd_bus_message_has_signature(m, methods[i].types))
                return refuse_types(m, methods[i].interface);
        r = sd_bus_message_rewind(m, true);
        if (r < 0)
                return r;
        return methods[i].check ? methods[i].check(m) : 0;
}

int fake_rules_answer(sd_bus_message *m) {
        size_t i = find_method(m);
        int r;

        r = sd_bus_message_rewind(m, true);
        if (r < 0)
                return r;
        return methods[i].answer ? methods[i].answer(m) : sd_bus_reply_method_return(m, NULL);
}
