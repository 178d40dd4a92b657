/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Questions to systemd-resolved: ResolveHostname has the addresses, but not their TTL; ResolveRecord has it. */

#include "core/value.h"
#include "resolver/resolve.h"

enum {
        /* systemd-resolved gives up after 120 s, which is later than sd-bus would */
        TIMEOUT_USEC = 125 * 1000 * 1000,
        /* where there is another way to ask: nobody waits so long for servers that are out of reach */
        WAY_TIMEOUT_USEC = 10 * 1000 * 1000,
        CLASS_IN = 1,
        TYPE_A = 1,
        TYPE_AAAA = 28,
};

/* Input flags that 252 and later take. Unknown ones are refused, so newer ones are not used. */
#define FLAG_NO_SEARCH (UINT64_C(1) << 8)
#define FLAG_NO_CACHE (UINT64_C(1) << 12)

static int ask_addresses(WgpQuestion *q);

/* Search domains are for single labels, as everywhere; a name with a dot shall mean one thing only. */
static uint64_t flags_of(const WgpQuestion *q) {
        return (strchr(q->e->host, '.') ? FLAG_NO_SEARCH : 0) | (q->fresh ? FLAG_NO_CACHE : 0);
}

static int new_call(const WgpQuestion *q, const char *method, sd_bus_message **ret) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        int r;

        r = sd_bus_message_new_method_call(q->resolve->dns->bus, &m, WGP_RESOLVED_NAME, WGP_RESOLVED_PATH,
                        WGP_RESOLVED_MANAGER, method);
        if (r >= 0)
                r = sd_bus_message_set_auto_start(m, false); /* who stopped it meant it */
        if (r >= 0)
                *ret = TAKE_PTR(m);
        return r;
}

/* --- the TTL --- */

static void answer(WgpQuestion *q, uint64_t ttl_usec) {
        wgp_question_answer(q, &(WgpAnswer) { q->addresses, q->n_addresses, ttl_usec });
}

/* The smallest of all records': "iqqay" is link, class, type and the record itself. */
static int read_ttl(sd_bus_message *m, uint32_t *ret) {
        uint32_t smallest = UINT32_MAX;
        int r;

        r = sd_bus_message_enter_container(m, 'a', "(iqqay)");
        while (r >= 0 && (r = sd_bus_message_enter_container(m, 'r', "iqqay")) > 0) {
                const void *data;
                uint32_t ttl;
                size_t n;

                r = sd_bus_message_skip(m, "iqq");
                if (r >= 0)
                        r = sd_bus_message_read_array(m, 'y', &data, &n);
                if (r >= 0)
                        r = wgp_rr_parse_ttl(data, n, &ttl);
                if (r >= 0) {
                        smallest = WGP_MIN(smallest, ttl);
                        r = sd_bus_message_exit_container(m);
                }
        }
        if (r >= 0)
                *ret = smallest;
        return r;
}

static int on_record(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        WgpQuestion *q = userdata;
        uint32_t ttl;

        if (sd_bus_message_is_method_error(m, NULL) || read_ttl(m, &ttl) < 0)
                answer(q, WGP_TTL_UNKNOWN);
        else
                answer(q, (uint64_t) ttl * WGP_SECOND);
        return 0;
}

static int ask_ttl(WgpQuestion *q) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        int r;

        q->slot = sd_bus_slot_unref(q->slot);
        r = new_call(q, "ResolveRecord", &m);
        if (r >= 0) /* what was learnt just now is in the cache; of flags, this method refuses FLAG_NO_SEARCH */
                r = sd_bus_message_append(m, "isqqt", (int32_t) q->way[q->i_way], q->e->host, (uint16_t) CLASS_IN,
                                (uint16_t) (q->addresses[0].family == AF_INET ? TYPE_A : TYPE_AAAA), UINT64_C(0));
        if (r >= 0)
                r = sd_bus_call_async(q->resolve->dns->bus, &q->slot, m, on_record, q, TIMEOUT_USEC);
        return r;
}

/* --- the addresses --- */

/* "iiay": link, family, address. */
static int read_address(sd_bus_message *m, WgpQuestion *q) {
        int32_t ifindex, family;
        const void *data;
        WgpPrefix address = {};
        WgpSockaddr *to;
        size_t n;
        int r;

        r = sd_bus_message_enter_container(m, 'r', "iiay");
        if (r <= 0)
                return r;
        r = sd_bus_message_read(m, "ii", &ifindex, &family);
        if (r >= 0)
                r = sd_bus_message_read_array(m, 'y', &data, &n);
        if (r >= 0)
                r = sd_bus_message_exit_container(m);
        if (r < 0)
                return r;
        if (q->n_addresses >= WGP_ARRAY_SIZE(q->addresses) || !((family == AF_INET && n == sizeof(address.in)) ||
                                                                (family == AF_INET6 && n == sizeof(address.in6))))
                return 1;

        address.family = (uint8_t) family;
        memcpy(address.bytes, data, n);
        to = q->addresses + q->n_addresses++;
        wgp_sockaddr_from_prefix(&address, q->e->port, to);
        if (family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&address.in6))
                to->in6.sin6_scope_id = (uint32_t) ifindex;
        return 1;
}

static int read_addresses(sd_bus_message *m, WgpQuestion *q) {
        int r;

        q->n_addresses = 0;
        r = sd_bus_message_enter_container(m, 'a', "(iiay)");
        while (r > 0)
                r = read_address(m, q);
        return r < 0 ? r : q->n_addresses > 0 ? 0 : -ENODATA;
}

static const char *describe(const sd_bus_error *error) {
        static const struct {
                const char *name, *text;
        } known[] = {
                { "org.freedesktop.resolve1.NoNameServers", "there is no name server" },
                { "org.freedesktop.resolve1.NetworkDown", "there is no network" },
                { "org.freedesktop.resolve1.NoSuchRR", "it has no address" },
                { "org.freedesktop.resolve1.DnsError.NXDOMAIN", "there is no such name" },
                { "org.freedesktop.resolve1.DnsError.SERVFAIL", "the name server has failed" },
                { "org.freedesktop.resolve1.DnsError.REFUSED", "the name server has refused" },
                { "org.freedesktop.DBus.Error.Timeout", "no answer came in time" },
                { "org.freedesktop.DBus.Error.NoReply", "no answer came in time" },
        };

        for (size_t i = 0; error && error->name && i < WGP_ARRAY_SIZE(known); i++)
                if (streq(error->name, known[i].name))
                        return known[i].text;
        return error && error->message ? error->message : "systemd-resolved has failed";
}

/* Whether the fault is not the name's: systemd-resolved is gone, or knows of no server. /etc/resolv.conf may. */
static bool is_helpless(const sd_bus_error *error) {
        return sd_bus_error_has_names(error, SD_BUS_ERROR_NAME_HAS_NO_OWNER, SD_BUS_ERROR_SERVICE_UNKNOWN,
                        SD_BUS_ERROR_DISCONNECTED, "org.freedesktop.resolve1.NoNameServers");
}

static void go_on(WgpQuestion *q, const sd_bus_error *error) {
        q->slot = sd_bus_slot_unref(q->slot);
        while (++q->i_way < q->n_way)
                if (ask_addresses(q) >= 0)
                        return;
        if (is_helpless(error) && wgp_resolve_libc_start(q) >= 0)
                return;
        wgp_question_fail(q, describe(error));
}

static int on_addresses(sd_bus_message *m, void *userdata, sd_bus_error *ret_error) {
        const sd_bus_error *error = sd_bus_message_get_error(m);
        WgpQuestion *q = userdata;

        if (error || read_addresses(m, q) < 0)
                go_on(q, error);
        else if (ask_ttl(q) < 0)
                answer(q, WGP_TTL_UNKNOWN);
        return 0;
}

static int ask_addresses(WgpQuestion *q) {
        uint64_t timeout = q->i_way + 1 < q->n_way ? WAY_TIMEOUT_USEC : TIMEOUT_USEC;
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        int r;

        r = new_call(q, "ResolveHostname", &m);
        if (r >= 0)
                r = sd_bus_message_append(m, "isit", (int32_t) q->way[q->i_way], q->e->host, (int32_t) AF_UNSPEC,
                                flags_of(q));
        if (r >= 0)
                r = sd_bus_call_async(q->resolve->dns->bus, &q->slot, m, on_addresses, q, timeout);
        return r;
}

int wgp_resolve_bus_start(WgpQuestion *q) {
        q->i_way = 0;
        return ask_addresses(q);
}
