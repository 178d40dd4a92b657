/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Profile: what the user wrote, in one model for both formats. Everything that came from a line remembers it. */

#include "base/diag.h"
#include "model/device.h"

typedef struct WgpEndpoint WgpEndpoint;
typedef struct WgpEntry WgpEntry;
typedef struct WgpFamily WgpFamily;
typedef struct WgpKey WgpKey;
typedef struct WgpPeer WgpPeer;
typedef struct WgpPeerIp WgpPeerIp;
typedef struct WgpPeerStarts WgpPeerStarts;
typedef struct WgpProfile WgpProfile;
typedef struct WgpProfileFile WgpProfileFile;
typedef struct WgpSecret WgpSecret;
typedef struct WgpTable WgpTable;

typedef enum WgpFormat {
        WGP_FORMAT_WG_QUICK, /* *.conf */
        WGP_FORMAT_KEYFILE,  /* *.nmconnection */
        _WGP_FORMAT_N,
} WgpFormat;

/* A setting that a profile may leave to its default. */
typedef enum WgpTristate {
        WGP_UNSET = -1,
        WGP_NO = 0,
        WGP_YES = 1,
} WgpTristate;

/* The place that a key comes from. */
typedef enum WgpSecretSource {
        WGP_SECRET_NONE,
        WGP_SECRET_VALUE,      /* in the profile */
        WGP_SECRET_CREDENTIAL, /* "@NAME" */
        WGP_SECRET_FILE,       /* PrivateKeyFile= */
        WGP_SECRET_ASK,        /* keyfile flags 1 and 2 */
} WgpSecretSource;

struct WgpSecret {
        WgpSecretSource source;
        uint8_t value[WGP_KEY_SIZE];
        char *name; /* of the credential or file */
        WgpOrigin origin;
};

struct WgpEndpoint {
        WgpSockaddr address; /* a literal address and the port; AF_UNSPEC: "host" is a name */
        char *host;          /* a name, NULL for a literal address */
        char *scope;         /* an interface's name, to be turned into sin6_scope_id at the edge */
        char *service;       /* a port's name that no look-up was allowed for */
        uint16_t port;
        WgpOrigin origin;
};

/* What WgpPeerIp.action says, from wg-quick's "+" and "-" prefixes. */
typedef enum WgpPeerIpAction {
        WGP_PEER_IP_PLAIN,
        WGP_PEER_IP_ADD,
        WGP_PEER_IP_REMOVE,
} WgpPeerIpAction;

struct WgpPeerIp {
        WgpPrefix prefix; /* masked */
        uint8_t action;   /* WgpPeerIpAction */
        WgpOrigin origin;
};

/* Bits of WgpPeer.set and WgpPeer.reset: what a section states, and which lists it empties first. */
enum {
        WGP_PEER_ENDPOINT = 1 << 0,
        WGP_PEER_PRESHARED_KEY = 1 << 1,
        WGP_PEER_KEEPALIVE = 1 << 2,
        WGP_PEER_ALLOWED_IPS = 1 << 3,
        WGP_PEER_PUBLIC_KEY = 1 << 4,
        WGP_PEER_PRESHARED_KEY_FLAGS = 1 << 5,
        WGP_PEER_ALLOWED_IPS_CHANGED = 1 << 6, /* "+" or "-": they change what the peer has, and replace nothing */
        WGP_PEER_NAME = 1 << 7,
        WGP_PEER_ALTERNATES = 1 << 8,
};

struct WgpPeer {
        uint8_t public_key[WGP_KEY_SIZE];
        uint16_t set, reset;
        bool invalid;  /* a line of this section was refused: say nothing more of what it lacks */
        bool may_loop; /* the endpoint lies in the network of one of the tunnel's addresses: its packets may go into
                          the tunnel */
        bool is_self;  /* it has the tunnel's own key, wgp_profile_mark_self(): WireGuard ignores it, and so it has
                          nothing */
        uint8_t preshared_key_flags; /* keyfile */
        uint16_t keepalive;          /* seconds, 0: off */
        WgpSecret preshared_key;
        WgpEndpoint endpoint;
        WgpEndpoint *alternates; /* AlternateEndpoints=, in order of preference */
        size_t n_alternates, n_alternates_allocated;
        WgpPeerIp *allowed_ips;
        size_t n_allowed_ips, n_allocated;
        char *name;       /* Name=, for people; NULL: none */
        WgpOrigin origin; /* the section's header */
};

typedef enum WgpTableKind {
        WGP_TABLE_AUTO, /* main, and a table of its own for a default route */
        WGP_TABLE_OFF,  /* no routes */
        WGP_TABLE_NUMBER,
} WgpTableKind;

struct WgpTable {
        WgpTableKind kind;
        uint32_t number;
        char *name; /* an rt_tables name that no look-up was allowed for */
        WgpOrigin origin;
};

typedef enum WgpMethod {
        WGP_METHOD_UNSET, /* no such section */
        WGP_METHOD_DISABLED,
        WGP_METHOD_MANUAL,
        WGP_METHOD_IGNORE,
        WGP_METHOD_LINK_LOCAL,
} WgpMethod;

/* [ipv4] and [ipv6] of a keyfile; a wg-quick profile leaves all of it at its defaults. */
struct WgpFamily {
        WgpMethod method;
        WgpOrigin method_origin;
        bool present; /* the section exists */
        WgpTristate never_default, may_fail, auto_default_route;
        bool has_gateway;
        bool gateway_of_address; /* it came with an address, and goes with those */
        WgpPrefix gateway;
        WgpOrigin gateway_origin;
        int64_t route_metric; /* -1: default */
        uint32_t route_table; /* 0: default */
        int32_t dns_priority; /* 0: default */
};

/* One assignment as it was written, for "show" and "convert". */
struct WgpEntry {
        const WgpKey *key;
        WgpOrigin origin;
        uint32_t section; /* counted over all files */
        char *section_name;
        char *name;  /* the key as written, with its number: "address1" */
        char *value; /* NULL for a secret in the file */
};

/* A hash table of the peers by the first bytes of their keys. */
struct WgpPeerStarts {
        uint32_t *slots; /* number of a peer plus one; 0: free */
        size_t n_slots;  /* a power of two */
        size_t n_peers;  /* so many are in it */
};

struct WgpProfileFile {
        char *path;
        bool has_secret; /* it has a key, even one that a later file replaces */
};

struct WgpProfile {
        char *name; /* NAME: the file's name without suffix */
        WgpFormat format;
        WgpProfileFile *files; /* the profile, then its drop-ins in the order they were read */
        size_t n_files;
        uint64_t digest; /* of what was read, all files together; filled only when asked for */

        /* [Interface], [wireguard], [connection] */
        char *ifname;
        WgpOrigin ifname_origin;
        WgpSecret private_key;
        uint8_t private_key_flags; /* keyfile */
        bool has_listen_port, has_fwmark;
        uint16_t listen_port;
        char *listen_service; /* a port's name that no look-up was allowed for */
        WgpOrigin listen_port_origin;
        uint32_t fwmark;
        WgpOrigin fwmark_origin;
        uint32_t mtu; /* bytes; 0: automatic */
        WgpOrigin mtu_origin;
        WgpTable table;
        bool save_config;
        WgpOrigin save_config_origin;
        bool peer_routes; /* keyfile, and Table=off */
        WgpOrigin peer_routes_origin;
        WgpHook *hooks;
        size_t n_hooks, n_hooks_allocated;

        WgpAddress *addresses;
        WgpRoute *routes;
        WgpRule *rules;
        size_t n_addresses, n_routes, n_rules;
        size_t n_addresses_allocated, n_routes_allocated, n_rules_allocated;
        WgpFamily ipv4, ipv6;

        WgpDnsServer *dns_servers;
        WgpDnsDomain *dns_domains;
        size_t n_dns_servers, n_dns_domains;
        size_t n_dns_servers_allocated, n_dns_domains_allocated;
        int mdns, llmnr, dns_over_tls, dnssec; /* NetworkManager's numbers, -1: default */

        WgpPeer *peers;
        size_t n_peers, n_peers_allocated;
        WgpPeerStarts peer_starts; /* while the files are read */

        /* [connection] */
        char *id, *uuid;
        char *zone; /* firewalld; NULL: none stated, "": the default zone */
        WgpOrigin zone_origin;
        char *controller, *port_type;
        WgpOrigin controller_origin; /* of whichever was read last */
        WgpTristate keyfile_autoconnect;
        bool has_permissions; /* restricted to users: not started at boot */

        /* [WgProfile] */
        WgpTristate autoconnect, hooks_allowed, kill_switch;
        bool incomplete;         /* a drop-in of it could not be read: what is not set may be set there */
        bool awaits_file;        /* a drop-in is a link to a file that is not there, or not yet */
        bool kill_switch_strict; /* nor does it let packets to the LAN pass; only with kill_switch */
        uint64_t refresh_usec;   /* 0: default */
        char *netns, *vrf;
        WgpOrigin netns_origin, vrf_origin;
        int64_t route_metric; /* -1: default */
        enum {
                WGP_GENERATE_KEY_NO,
                WGP_GENERATE_KEY_YES,
                WGP_GENERATE_KEY_ENCRYPTED,
        } generate_key;
        char *private_key_file;
        WgpOrigin private_key_file_origin;
        WgpEndpoint client_endpoint; /* what "peer add" tells a client of this server; port 0: the listen port */
        WgpPrefix *client_allowed_ips;
        size_t n_client_allowed_ips, n_client_allowed_ips_allocated;
        char *client_dns; /* as DNS= of a wg-quick profile; NULL: none */

        /* which keys of its sections the profile states, over all files: a bit by the key's index, per WgpSectionId */
        uint64_t stated[8];

        /* filled only when asked for */
        bool keep_entries;
        WgpEntry *entries;
        size_t n_entries, n_entries_allocated;
};

/* What a parser may ask of the outside. A member that is NULL leaves the question open: the name is kept. */
typedef struct WgpLookup {
        int (*service)(const char *name, uint16_t *ret_port); /* a UDP service; -ENOENT: none of that name */
        int (*table)(const char *name, uint32_t *ret_table);  /* a routing table; -ENOENT */
        int (*public_key)(const uint8_t private_key[WGP_KEY_SIZE], uint8_t ret[WGP_KEY_SIZE]);
} WgpLookup;

int wgp_profile_new(const char *name, WgpFormat format, WgpProfile **ret);
WgpProfile *wgp_profile_free(WgpProfile *profile);
WGP_DEFINE_CLEANUP(WgpProfile *, wgp_profile_free)

void wgp_peer_done(WgpPeer *peer);
void wgp_secret_done(WgpSecret *secret);
void wgp_endpoint_done(WgpEndpoint *endpoint);
void wgp_peer_reset_alternates(WgpPeer *peer);
void wgp_profile_reset_dns(WgpProfile *profile, int server_family, int domain_family);
void wgp_profile_reset_hooks(WgpProfile *profile, WgpHookType type);

const WgpFamily *wgp_profile_family(const WgpProfile *profile, int family);
bool wgp_profile_wants_policy(const WgpProfile *profile, int family);
bool wgp_profile_must_prompt(const WgpProfile *profile);
bool wgp_profile_autoconnects(const WgpProfile *profile);
bool wgp_profile_may_have_kill_switch(const WgpProfile *profile);
const char *wgp_profile_vrf(const WgpProfile *profile);
bool wgp_profile_has_own_routing(const WgpProfile *profile);
bool wgp_profile_runs_hooks(const WgpProfile *profile);

void wgp_profile_mark_self(WgpProfile *profile, const uint8_t public_key[static WGP_KEY_SIZE]);
bool wgp_profile_has_prefix_route(const WgpProfile *profile, const WgpPrefix *connected);
uint64_t wgp_profile_claim_order(const WgpProfile *profile, size_t peer, const WgpPeerIp *ip);
const char *wgp_profile_file(const WgpProfile *profile, WgpOrigin origin);
