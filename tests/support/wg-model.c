/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Model of the kernel's SET_DEVICE. Numbers are those of linux/wireguard.h, as the policy of the kernel has them. */

#include <assert.h>
#include <linux/genetlink.h>
#include <linux/wireguard.h>

#include "support/wg-model.h"

typedef struct Attribute {
        uint16_t type;
        bool nested;
        const uint8_t *data;
        size_t size;
} Attribute;

void wg_model_init(WgModel *m, size_t n_prefixes) {
        *m = (WgModel) { .n_table = 64 };
        while (m->n_table < 2 * n_prefixes)
                m->n_table *= 2;
        m->table = calloc(m->n_table, sizeof(*m->table));
        assert(m->table);
}

void wg_model_done(WgModel *m) {
        free(m->table);
        free(m->peers);
}

static bool prefix_equal(const WgpPrefix *a, const WgpPrefix *b) {
        return a->family == b->family && a->length == b->length && memcmp(a->bytes, b->bytes, 16) == 0;
}

static size_t find_prefix(const WgModel *m, const WgpPrefix *prefix) {
        size_t h = prefix->length;

        for (size_t i = 0; i < 16; i++)
                h = h * 31 + prefix->bytes[i];
        for (h &= m->n_table - 1; m->table[h].used && !prefix_equal(&m->table[h].prefix, prefix);)
                h = (h + 1) & (m->n_table - 1);
        return h;
}

static void set_allowed_ip(WgModel *m, size_t peer, const WgpPrefix *prefix) {
        size_t h = find_prefix(m, prefix);

        m->table[h].prefix = *prefix;
        m->table[h].peer = peer;
        m->table[h].used = true;
}

static void clear_allowed_ips(WgModel *m, size_t peer) {
        for (size_t i = 0; i < m->n_table; i++)
                if (m->table[i].used && m->table[i].peer == peer)
                        m->table[i].peer = SIZE_MAX;
}

static WgModelPeer *find_peer(const WgModel *m, const uint8_t *public_key) {
        for (size_t i = 0; i < m->n_peers; i++)
                if (m->peers[i].exists && memcmp(m->peers[i].public_key, public_key, WGP_KEY_SIZE) == 0)
                        return m->peers + i;
        return NULL;
}

static WgModelPeer *add_peer(WgModel *m, const uint8_t *public_key) {
        m->peers = reallocarray(m->peers, m->n_peers + 1, sizeof(*m->peers));
        assert(m->peers);
        m->peers[m->n_peers] = (WgModelPeer) { .exists = true };
        memcpy(m->peers[m->n_peers].public_key, public_key, WGP_KEY_SIZE);
        return m->peers + m->n_peers++;
}

static void drop_peer(WgModel *m, WgModelPeer *peer) {
        clear_allowed_ips(m, (size_t) (peer - m->peers));
        peer->exists = false;
}

void wg_model_remove_peer(WgModel *m, const uint8_t *public_key) {
        WgModelPeer *peer = find_peer(m, public_key);

        if (peer)
                drop_peer(m, peer);
}

static void drop_peers(WgModel *m) {
        m->n_replace_peers++;
        for (size_t i = 0; i < m->n_peers; i++)
                if (m->peers[i].exists)
                        drop_peer(m, m->peers + i);
}

/* The peer that the rest of the attributes are for, NULL: for none. */
static WgModelPeer *begin_peer(WgModel *m, const uint8_t *public_key, uint32_t flags) {
        WgModelPeer *peer = find_peer(m, public_key);

        if (flags & WGPEER_F_REPLACE_ALLOWEDIPS)
                m->n_replace_allowed_ips++;
        if (!peer)
                return flags & (WGPEER_F_REMOVE_ME | WGPEER_F_UPDATE_ONLY) ? NULL : add_peer(m, public_key);
        if (flags & WGPEER_F_REMOVE_ME) {
                drop_peer(m, peer);
                return NULL;
        }
        if (flags & WGPEER_F_REPLACE_ALLOWEDIPS)
                clear_allowed_ips(m, (size_t) (peer - m->peers));
        return peer;
}

/* Reads the attribute at *p. Returns false at a length that cannot be. */
static bool next(const uint8_t **p, size_t *left, Attribute *ret) {
        uint16_t header[2];
        size_t n;

        if (*left < 4)
                return false;
        memcpy(header, *p, sizeof(header));
        if (header[0] < 4 || header[0] > *left)
                return false;

        *ret = (Attribute) {
                .type = header[1] & 0x3fff,
                .nested = header[1] & 0x8000,
                .data = *p + 4,
                .size = header[0] - 4U,
        };
        n = (header[0] + 3U) & ~3U;
        if (n > *left)
                n = *left;
        *p += n;
        *left -= n;
        return true;
}

/* Puts the attributes of "data" at "a", an array of "n" by type. */
static const char *sort(const uint8_t *data, size_t size, Attribute *a, size_t n) {
        Attribute attribute;

        memset(a, 0, n * sizeof(*a));
        while (size > 0) {
                if (!next(&data, &size, &attribute))
                        return "bad attribute length";
                if (attribute.type == 0 || attribute.type >= n)
                        return "unknown attribute";
                if (a[attribute.type].data)
                        return "attribute given twice";
                a[attribute.type] = attribute;
        }
        return NULL;
}

static uint32_t number(const Attribute *a) {
        uint32_t v = 0;

        memcpy(&v, a->data, a->size);
        return v;
}

static const char *apply_allowed_ip(WgModel *m, const Attribute *entry, WgModelPeer *peer) {
        Attribute a[WGALLOWEDIP_A_MAX + 1];
        WgpPrefix prefix = {};
        const char *problem;

        if (!entry->nested || entry->type != 0)
                return "allowed-ip is no nest";
        problem = sort(entry->data, entry->size, a, WGP_ARRAY_SIZE(a));
        if (problem)
                return problem;
        if (a[WGALLOWEDIP_A_FAMILY].size != 2 || a[WGALLOWEDIP_A_CIDR_MASK].size != 1)
                return "allowed-ip without family or mask";

        prefix.family = (uint8_t) number(a + WGALLOWEDIP_A_FAMILY);
        prefix.length = (uint8_t) number(a + WGALLOWEDIP_A_CIDR_MASK);
        if (a[WGALLOWEDIP_A_IPADDR].size != (prefix.family == AF_INET ? 4 : 16) ||
                        prefix.length > 8 * a[WGALLOWEDIP_A_IPADDR].size)
                return "allowed-ip with a wrong address or mask";

        memcpy(prefix.bytes, a[WGALLOWEDIP_A_IPADDR].data, a[WGALLOWEDIP_A_IPADDR].size);
        if (peer)
                set_allowed_ip(m, (size_t) (peer - m->peers), &prefix);
        return NULL;
}

static void apply_peer_values(WgModel *m, const Attribute *a, WgModelPeer *peer) {
        m->n_preshared_keys += a[WGPEER_A_PRESHARED_KEY].data != NULL;
        if (!peer)
                return;
        if (a[WGPEER_A_PRESHARED_KEY].data)
                memcpy(peer->preshared_key, a[WGPEER_A_PRESHARED_KEY].data, WGP_KEY_SIZE);
        if (a[WGPEER_A_ENDPOINT].data) {
                memcpy(peer->endpoint, a[WGPEER_A_ENDPOINT].data, a[WGPEER_A_ENDPOINT].size);
                peer->endpoint_size = a[WGPEER_A_ENDPOINT].size;
        }
        if (a[WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL].data)
                peer->keepalive = (uint16_t) number(a + WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL);
}

static const char *check_peer(const Attribute *a) {
        if (a[WGPEER_A_PUBLIC_KEY].size != WGP_KEY_SIZE)
                return "peer without key";
        if (a[WGPEER_A_PRESHARED_KEY].data && a[WGPEER_A_PRESHARED_KEY].size != WGP_KEY_SIZE)
                return "wrong size of a preshared key";
        if (a[WGPEER_A_FLAGS].data && (a[WGPEER_A_FLAGS].size != 4 || number(a + WGPEER_A_FLAGS) & ~7U))
                return "wrong peer flags";
        if (a[WGPEER_A_ENDPOINT].data && a[WGPEER_A_ENDPOINT].size != 16 && a[WGPEER_A_ENDPOINT].size != 28)
                return "wrong size of an endpoint";
        if (a[WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL].data && a[WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL].size != 2)
                return "wrong size of a keepalive";
        if (a[WGPEER_A_ALLOWEDIPS].data && !a[WGPEER_A_ALLOWEDIPS].nested)
                return "allowed-ips are no nest";
        /* the kernel would ignore them, but a key has no business there */
        if (a[WGPEER_A_FLAGS].data && number(a + WGPEER_A_FLAGS) & WGPEER_F_REMOVE_ME &&
                        (a[WGPEER_A_PRESHARED_KEY].data || a[WGPEER_A_ENDPOINT].data || a[WGPEER_A_ALLOWEDIPS].data))
                return "values of a peer that is removed";
        return NULL;
}

static const char *apply_peer(WgModel *m, const Attribute *entry) {
        Attribute a[WGPEER_A_MAX + 1], item;
        const char *problem;
        WgModelPeer *peer;
        const uint8_t *p;
        size_t left;

        if (!entry->nested || entry->type != 0)
                return "peer is no nest";
        problem = sort(entry->data, entry->size, a, WGP_ARRAY_SIZE(a)) ?: check_peer(a);
        if (problem)
                return problem;

        peer = begin_peer(m, a[WGPEER_A_PUBLIC_KEY].data, a[WGPEER_A_FLAGS].data ? number(a + WGPEER_A_FLAGS) : 0);
        apply_peer_values(m, a, peer);

        p = a[WGPEER_A_ALLOWEDIPS].data;
        for (left = a[WGPEER_A_ALLOWEDIPS].size; left > 0 && !problem;)
                problem = next(&p, &left, &item) ? apply_allowed_ip(m, &item, peer) : "bad allowed-ip length";
        return problem;
}

static void apply_device(WgModel *m, const Attribute *a) {
        if (a[WGDEVICE_A_FWMARK].data)
                m->fwmark = number(a + WGDEVICE_A_FWMARK);
        if (a[WGDEVICE_A_LISTEN_PORT].data)
                m->listen_port = (uint16_t) number(a + WGDEVICE_A_LISTEN_PORT);
        if (a[WGDEVICE_A_FLAGS].data && number(a + WGDEVICE_A_FLAGS) & WGDEVICE_F_REPLACE_PEERS)
                drop_peers(m);
        if (a[WGDEVICE_A_PRIVATE_KEY].data)
                memcpy(m->private_key, a[WGDEVICE_A_PRIVATE_KEY].data, WGP_KEY_SIZE);
}

static const char *check_device(const Attribute *a) {
        if (a[WGDEVICE_A_IFINDEX].size != 4 || a[WGDEVICE_A_IFNAME].data)
                return "not exactly one of ifindex and name";
        if (a[WGDEVICE_A_PRIVATE_KEY].data && a[WGDEVICE_A_PRIVATE_KEY].size != WGP_KEY_SIZE)
                return "wrong size of a private key";
        if (a[WGDEVICE_A_FLAGS].data && (a[WGDEVICE_A_FLAGS].size != 4 || number(a + WGDEVICE_A_FLAGS) & ~1U))
                return "wrong device flags";
        if (a[WGDEVICE_A_LISTEN_PORT].data && a[WGDEVICE_A_LISTEN_PORT].size != 2)
                return "wrong size of a port";
        if (a[WGDEVICE_A_FWMARK].data && a[WGDEVICE_A_FWMARK].size != 4)
                return "wrong size of a mark";
        if (a[WGDEVICE_A_PEERS].data && !a[WGDEVICE_A_PEERS].nested)
                return "peers are no nest";
        return NULL;
}

const char *wg_model_apply_message(WgModel *m, const struct nlmsghdr *message) {
        const uint8_t *p = (const uint8_t *) message + 20; /* behind struct nlmsghdr and struct genlmsghdr */
        Attribute a[WGDEVICE_A_MAX + 1], entry;
        const struct genlmsghdr *genl;
        const char *problem;
        size_t left;

        m->n_messages++;
        if (message->nlmsg_len < 20 || message->nlmsg_flags != (NLM_F_REQUEST | NLM_F_ACK))
                return "bad netlink header";
        genl = (const struct genlmsghdr *) (message + 1);
        if (genl->cmd != WG_CMD_SET_DEVICE || genl->version != 1)
                return "bad generic netlink header";

        problem = sort(p, message->nlmsg_len - 20U, a, WGP_ARRAY_SIZE(a)) ?: check_device(a);
        if (problem)
                return problem;

        apply_device(m, a);
        m->n_largest_nest = WGP_MAX(m->n_largest_nest, a[WGDEVICE_A_PEERS].size);
        p = a[WGDEVICE_A_PEERS].data;
        for (left = a[WGDEVICE_A_PEERS].size; left > 0 && !problem;)
                problem = next(&p, &left, &entry) ? apply_peer(m, &entry) : "bad peer length";
        return problem;
}

/* The same without messages. */
static void apply_peer_change(WgModel *m, const WgpPeerChange *change) {
        WgModelPeer *peer;

        peer = begin_peer(m, change->peer->public_key,
                        (change->remove ? WGPEER_F_REMOVE_ME : 0U) |
                                        (change->update_only ? WGPEER_F_UPDATE_ONLY : 0U) |
                                        (change->replace_allowed_ips ? WGPEER_F_REPLACE_ALLOWEDIPS : 0U));
        if (!peer)
                return;

        if (change->set_preshared_key)
                memcpy(peer->preshared_key, change->peer->preshared_key, WGP_KEY_SIZE);
        if (change->set_endpoint) {
                peer->endpoint_size = change->peer->endpoint.family == AF_INET ? 16 : 28;
                memcpy(peer->endpoint, &change->peer->endpoint, peer->endpoint_size);
        }
        if (change->set_keepalive)
                peer->keepalive = change->peer->keepalive;
        for (size_t i = 0; i < change->n_allowed_ips; i++)
                set_allowed_ip(m, (size_t) (peer - m->peers), change->allowed_ips + i);
}

void wg_model_apply_change(WgModel *m, const WgpDeviceChange *change) {
        if (change->set_fwmark)
                m->fwmark = change->fwmark;
        if (change->set_listen_port)
                m->listen_port = change->listen_port;
        if (change->replace_peers)
                drop_peers(m);
        if (change->set_private_key)
                memcpy(m->private_key, change->private_key, WGP_KEY_SIZE);
        for (size_t i = 0; i < change->n_peers; i++)
                apply_peer_change(m, change->peers + i);
}

size_t wg_model_count_allowed_ips(const WgModel *m) {
        size_t n = 0;

        for (size_t i = 0; i < m->n_table; i++)
                n += m->table[i].used && m->table[i].peer != SIZE_MAX;
        return n;
}

static const char *compare_peers(const WgModel *a, const WgModel *b) {
        size_t n = 0;

        for (size_t i = 0; i < b->n_peers; i++)
                n += b->peers[i].exists;

        for (size_t i = 0; i < a->n_peers; i++) {
                const WgModelPeer *p = a->peers + i, *q;

                if (!p->exists)
                        continue;
                n--;
                q = find_peer(b, p->public_key);
                if (!q)
                        return "a peer is missing";
                if (memcmp(p->preshared_key, q->preshared_key, WGP_KEY_SIZE) != 0)
                        return "preshared key";
                if (p->endpoint_size != q->endpoint_size || memcmp(p->endpoint, q->endpoint, p->endpoint_size) != 0)
                        return "endpoint";
                if (p->keepalive != q->keepalive)
                        return "keepalive";
        }
        return n == 0 ? NULL : "number of peers";
}

static const char *compare_allowed_ips(const WgModel *a, const WgModel *b) {
        if (wg_model_count_allowed_ips(a) != wg_model_count_allowed_ips(b))
                return "number of allowed-ips";

        for (size_t i = 0; i < a->n_table; i++) {
                size_t h;

                if (!a->table[i].used || a->table[i].peer == SIZE_MAX)
                        continue;
                h = find_prefix(b, &a->table[i].prefix);
                if (!b->table[h].used || b->table[h].peer == SIZE_MAX)
                        return "an allowed-ip is missing";
                if (memcmp(a->peers[a->table[i].peer].public_key, b->peers[b->table[h].peer].public_key,
                                    WGP_KEY_SIZE) != 0)
                        return "an allowed-ip is at another peer";
        }
        return NULL;
}

const char *wg_model_compare(const WgModel *a, const WgModel *b) {
        if (memcmp(a->private_key, b->private_key, WGP_KEY_SIZE) != 0)
                return "private key";
        if (a->listen_port != b->listen_port)
                return "listen port";
        if (a->fwmark != b->fwmark)
                return "mark";
        return compare_peers(a, b) ?: compare_allowed_ips(a, b);
}
