/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Questions to systemd-resolved: ResolveHostname has the addresses, but not their TTL; ResolveRecord has it. */

#include <strings.h>

#include "model/prefix.h"
#include "resolver/resolve-internal.h"
#include "resolver/rr.h"

enum {
        /* systemd-resolved gives up after 120 s, which is later than sd-bus would */
        TIMEOUT_USEC = 125 * 1000 * 1000,
        /* where there is another way to ask: nobody waits so long for servers that are out of reach */
        WAY_TIMEOUT_USEC = 10 * 1000 * 1000,
        CLASS_IN = 1,
        TYPE_A = 1,
        TYPE_CNAME = 5,
        TYPE_AAAA = 28,
        ALIASES_MAX = 8,
};

/* Input flags that 252 and later take. Unknown ones are refused, so newer ones are not used. */
#define FLAG_NO_SEARCH (UINT64_C(1) << 8) /* of ResolveHostname only */
#define FLAG_NO_CACHE (UINT64_C(1) << 12)

/* Search domains are for single labels, as everywhere; a name with a dot shall mean one thing only. */
static uint64_t flags_of(const WgpQuestion *q) {
        return (strchr(q->name->host, '.') ? FLAG_NO_SEARCH : 0) | (q->fresh ? FLAG_NO_CACHE : 0);
}

static int new_call(const WgpQuestion *q, const char *method, sd_bus_message **ret) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        int r;

        r = sd_bus_message_new_method_call(
                        q->resolve->dns->bus, &m, WGP_RESOLVED_NAME, WGP_RESOLVED_PATH, WGP_RESOLVED_MANAGER, method);
        if (r >= 0)
                r = sd_bus_message_set_auto_start(m, false); /* who stopped it meant it */
        if (r >= 0)
                *ret = TAKE_PTR(m);
        return r;
}

/* --- the TTL: the smallest of the aliases on the way, and of the addresses ---
 *
 * systemd-resolved answers these questions from its cache, since it has just learnt the records. */

static int ask_ttl(WgpQuestion *q, const char *host, uint16_t type);

/* Reads the smallest TTL of all records, and what the last one leads to: "iqqay" is link, class, type and the record.
 */
static int read_records(sd_bus_message *m, uint32_t *ret_ttl, char **ret_alias) {
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
                if (r >= 0 && ret_alias) {
                        free(*ret_alias);
                        *ret_alias = NULL;
                }
                if (r >= 0)
                        r = wgp_rr_parse(data, n, &ttl, ret_alias);
                if (r >= 0) {
                        smallest = WGP_MIN(smallest, ttl);
                        r = sd_bus_message_exit_container(m);
                }
        }
        if (r >= 0)
                *ret_ttl = smallest;
        return r;
}

/* All is known, or no more is to be learnt. A name of hosts(5) has a TTL of 0, which says nothing. */
static void finish(WgpQuestion *q) {
        wgp_question_set_ttl(q, q->ttl == UINT32_MAX || q->ttl == 0 ? WGP_TTL_UNKNOWN : q->ttl * WGP_SECOND);
}

/* Asks for what is not known yet. */
static void ask_next_ttl(WgpQuestion *q) {
        const char *host = q->alias ?: q->name->host;
        bool leads_on = q->canonical && strcasecmp(host, q->canonical) != 0 && q->n_aliases < ALIASES_MAX;
        uint16_t type = TYPE_CNAME;

        if (!leads_on) {
                size_t i = q->types[0] > 0 ? 0 : 1;

                type = q->types[i];
                q->types[i] = 0;
                host = q->canonical ?: host;
        }
        if (type == 0 || ask_ttl(q, host, type) < 0)
                finish(q);
}

static int on_alias(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        WgpQuestion *q = userdata;
        char *alias = NULL;
        uint32_t ttl;

        if (sd_bus_message_is_method_error(m, NULL) || read_records(m, &ttl, &alias) < 0 || !alias) {
                free(alias);
                q->n_aliases = ALIASES_MAX; /* by a search domain, or by another way than aliases */
        } else {
                free(q->alias);
                q->alias = alias;
                q->n_aliases++;
                q->ttl = WGP_MIN(q->ttl, ttl);
        }
        ask_next_ttl(q);
        return 0;
}

static int on_addresses_ttl(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        WgpQuestion *q = userdata;
        uint32_t ttl;

        if (!sd_bus_message_is_method_error(m, NULL) && read_records(m, &ttl, /* ret_alias= */ NULL) >= 0)
                q->ttl = WGP_MIN(q->ttl, ttl);
        ask_next_ttl(q);
        return 0;
}

static int ask_ttl(WgpQuestion *q, const char *host, uint16_t type) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        int r;

        q->slot = sd_bus_slot_unref(q->slot);
        r = new_call(q, "ResolveRecord", &m);
        if (r >= 0)
                r = sd_bus_message_append(
                                m, "isqqt", (int32_t) q->ways[q->i_way], host, (uint16_t) CLASS_IN, type, UINT64_C(0));
        if (r >= 0)
                r = sd_bus_call_async(q->resolve->dns->bus, &q->slot, m,
                                type == TYPE_CNAME ? on_alias : on_addresses_ttl, q, WAY_TIMEOUT_USEC);
        return r;
}

/* --- the addresses --- */

/* "iiay": link, family, address. */
static int read_address(sd_bus_message *m, WgpSockaddr *addresses, size_t *n_addresses) {
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
        if (*n_addresses >= WGP_LISTINGS_MAX || !((family == AF_INET && n == sizeof(address.in)) ||
                                                                (family == AF_INET6 && n == sizeof(address.in6))))
                return 1;

        address.family = (uint8_t) family;
        memcpy(address.bytes, data, n);
        to = addresses + (*n_addresses)++;
        wgp_sockaddr_from_prefix(&address, /* port= */ 0, to);
        if (family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&address.in6))
                to->in6.sin6_scope_id = (uint32_t) ifindex;
        return 1;
}

/* "a(iiay)st": the addresses, the name that all aliases lead to, and flags. */
static int read_answer(
                sd_bus_message *m, WgpQuestion *q, WgpSockaddr addresses[static WGP_LISTINGS_MAX], size_t *ret_n) {
        const char *canonical;
        size_t n = 0;
        int r;

        r = sd_bus_message_enter_container(m, 'a', "(iiay)");
        while (r > 0)
                r = read_address(m, addresses, &n);
        if (r >= 0)
                r = sd_bus_message_exit_container(m);
        if (r >= 0)
                r = sd_bus_message_read(m, "s", &canonical);
        if (r < 0 || n == 0)
                return r < 0 ? r : -ENODATA;

        for (size_t i = 0; i < n; i++)
                q->types[addresses[i].family == AF_INET6] = addresses[i].family == AF_INET ? TYPE_A : TYPE_AAAA;
        if (*canonical && strcasecmp(canonical, q->name->host) != 0)
                q->canonical = strdup(canonical); /* without memory, the TTL of the name itself has to do */
        q->ttl = UINT32_MAX;
        *ret_n = n;
        return 0;
}

static const char *describe(const sd_bus_error *error) {
        static const struct {
                const char *name, *text;
        } known[] = {
                { "org.freedesktop.resolve1.NoNameServers", "there is no name server" },
                { "org.freedesktop.resolve1.NetworkDown", "there is no network" },
                { "org.freedesktop.resolve1.NoSuchRR", "it has no address" },
                { "org.freedesktop.resolve1.DnsError.NXDOMAIN", WGP_FAILURE_NO_NAME },
                { "org.freedesktop.resolve1.DnsError.SERVFAIL", "the name server has failed" },
                { "org.freedesktop.resolve1.DnsError.REFUSED", "the name server has refused" },
                { "org.freedesktop.DBus.Error.Timeout", "no answer came in time" },
                { "org.freedesktop.DBus.Error.NoReply", "no answer came in time" },
        };

        for (size_t i = 0; error && error->name && i < WGP_ARRAY_SIZE(known); i++)
                if (streq(error->name, known[i].name))
                        return known[i].text;
        return "systemd-resolved has failed";
}

/* Whether the fault is not the name's: systemd-resolved is gone, or knows of no server. /etc/resolv.conf may. */
static bool is_helpless(const sd_bus_error *error) {
        return sd_bus_error_has_names(error, SD_BUS_ERROR_NAME_HAS_NO_OWNER, SD_BUS_ERROR_SERVICE_UNKNOWN,
                        SD_BUS_ERROR_DISCONNECTED, "org.freedesktop.resolve1.NoNameServers");
}

/* The addresses are told at once: nobody waits for their TTL. */
static int on_addresses(sd_bus_message *m, void *userdata, sd_bus_error *ret_error) {
        const sd_bus_error *error = sd_bus_message_get_error(m);
        WgpSockaddr addresses[WGP_LISTINGS_MAX];
        WgpQuestion *q = userdata;
        size_t n;

        if (error || read_answer(m, q, addresses, &n) < 0) {
                q->slot = sd_bus_slot_unref(q->slot);
                q->helpless = q->helpless || is_helpless(error);
                q->resolve->failed(q, describe(error));
                return 0;
        }
        wgp_question_tell(q, &(WgpAnswer) { addresses, n, WGP_TTL_UNKNOWN });
        ask_next_ttl(q);
        return 0;
}

/* Asks by the link that has its turn. */
int wgp_resolve_bus_start(WgpQuestion *q) {
        uint64_t timeout = q->i_way + 1 < q->n_ways ? WAY_TIMEOUT_USEC : TIMEOUT_USEC;
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        int r;

        r = new_call(q, "ResolveHostname", &m);
        if (r >= 0)
                r = sd_bus_message_append(m, "isit", (int32_t) q->ways[q->i_way], q->name->host, (int32_t) AF_UNSPEC,
                                flags_of(q));
        if (r >= 0)
                r = sd_bus_call_async(q->resolve->dns->bus, &q->slot, m, on_addresses, q, timeout);
        return r;
}
