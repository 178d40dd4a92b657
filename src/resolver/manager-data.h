/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* The manager's data: tunnels, their peers, the endpoints of these, and what it calls others by. */

#include "base/diag.h"
#include "plan/plan.h"
#include "resolver/endpoint-choose.h"
#include "resolver/name.h"
#include "system/state.h"

typedef struct WgpDnsOps WgpDnsOps;
typedef struct WgpEndpointPeer WgpEndpointPeer;
typedef struct WgpKernelOps WgpKernelOps;
typedef struct WgpManager WgpManager;
typedef struct WgpManagerConfig WgpManagerConfig;
typedef struct WgpNews WgpNews;
typedef struct WgpPath WgpPath;
typedef struct WgpTunnel WgpTunnel;

enum {
        WGP_QUESTIONS_YOUNG_MAX = 64, /* to DNS, at a time, of less than WGP_QUESTION_YOUNG seconds */
        WGP_QUESTIONS_MAX = 1024,     /* with those that seem to hang */
        WGP_QUESTION_YOUNG = 5,       /* seconds */
};

/* What happened outside. */
typedef enum WgpChange {
        WGP_CHANGE_WAYS = 1 << 0,   /* questions go another way: those without an answer are asked again */
        WGP_CHANGE_DNS = 1 << 1,    /* all names may have other addresses */
        WGP_CHANGE_PATHS = 1 << 2,  /* packets may go another way, too */
        WGP_CHANGE_CACHES = 1 << 3, /* nothing that is cached counts */
} WgpChange;

/* The path to an address, as routes and rules have it. */
struct WgpPath {
        WgpPrefix source; /* that packets would have; family AF_UNSPEC: there is no path */
        uint32_t mtu;     /* bytes; 0: not known */
};

/* One endpoint of a peer: a name, or an address. */
struct WgpEndpointName {
        WgpTunnel *tunnel;
        WgpEndpointPeer *peer;
        char *host;
        uint16_t port;
        WgpName *name; /* what DNS is asked; shared with others that have the same host. NULL: it is an address */
        uint64_t refresh_usec;
        WgpAnswers answers;
};

/* One peer that has endpoints. */
struct WgpEndpointPeer {
        WgpTunnel *tunnel;
        uint8_t public_key[WGP_KEY_SIZE];
        WgpEndpointName **endpoints; /* in order of preference, the one in the profile first; at least one */
        size_t n_endpoints;
        WgpRemote remote;
        WgpPrefix inside;    /* the first of its allowed-ips; family AF_UNSPEC: none */
        uint64_t due_usec;   /* when to decide again; 0: now */
        uint64_t retry_usec; /* the kernel refused the address: not before then */
        uint64_t stuck_usec; /* routes to where there were none were last looked up */
        WgpHealth health;    /* when last decided */
        bool troubled;       /* likewise */
        uint64_t dead_usec;  /* since when it does not answer, which was told; 0: it does */
        bool path_checked;
        uint32_t path_mtu; /* of the path to its address; 0: not known */
};

struct WgpTunnel {
        char *name; /* NAME of the profile */
        char ifname[IF_NAMESIZE];
        uint32_t ifindex;
        char *netns; /* where the link is; NULL: in this network namespace */
        WgpBackend backend;
        uint32_t mark;  /* of its outer packets, 0: none */
        WgpRule *rules; /* recorded: to be there */
        size_t n_rules;
        bool has_deviceless;     /* recorded: routes that lead nowhere */
        WgpPrefix *name_servers; /* recorded: that it has brought along */
        size_t n_name_servers;
        bool told_resolved, has_zone;
        uint16_t listen_port;    /* when last looked at; 0: not known */
        WgpEndpointPeer **peers; /* that have endpoints, by public key */
        size_t n_peers;
        bool recalled; /* what was known of its peers before this process has been taken over */
        bool automatic_mtu, has_ipv6;
        bool has_filter, kill_switch; /* recorded: it has an nft table; its kill switch is on */

        uint64_t observed_usec;
        uint64_t blind_usec; /* it could not be looked at or changed: not to be tried before then */
        unsigned n_timeouts; /* in a row, of a daemon that does not answer */
        uint32_t path_mtu;   /* the smallest to any endpoint, as the link's MTU follows from it; 0: not known */
        bool changed;        /* what is told of it is not what was written */
        bool aged;           /* likewise, but only when its names were asked for */
        uint64_t written_usec;
        int error; /* of the last look at the kernel */
};

/* The question is for name->host. wgp_manager_answer() or wgp_manager_failure() follows, later, unless it is
 * cancelled; and wgp_manager_set_ttl() after an answer whose TTL was not known yet, unless the name is forgotten. */
struct WgpDnsOps {
        int (*start)(void *userdata, WgpName *name, bool fresh, void **ret_question);
        void (*cancel)(void *userdata, void *question);
        void (*forget)(void *userdata, const WgpName *name);
        void *userdata;
};

struct WgpKernelOps {
        int (*get)(void *userdata, const WgpTunnel *tunnel, WgpDevice *ret);
        int (*set)(void *userdata, const WgpTunnel *tunnel, const WgpDeviceChange *change);
        int (*find_path)(void *userdata, const WgpTunnel *tunnel, const WgpSockaddr *address, WgpPath *ret);
        int (*set_mtu)(void *userdata, const WgpTunnel *tunnel,
                        uint32_t mtu); /* returns 1, or 0: it has that already */
        int (*send_packet)(
                        void *userdata, const WgpTunnel *tunnel, const WgpPrefix *inside); /* one, through the link */
        void *userdata;
};

/* Something to tell people. */
struct WgpNews {
        WgpSeverity severity;
        const WgpTunnel *tunnel;
        const WgpEndpointPeer *peer; /* NULL: it concerns more than one */
        const char *text;            /* a line, which names the tunnel */
};

/* What others do about it. */
struct WgpManagerConfig {
        WgpDnsOps dns;
        WgpKernelOps kernel;
        uint32_t (*random)(void *userdata);
        int64_t (*real_time)(void *userdata); /* nanoseconds since the epoch, as handshakes are told in */
        void (*tell)(void *userdata, const WgpNews *news);
        void *userdata;
};

struct WgpManager {
        WgpManagerConfig config;
        WgpTunnel **tunnels;
        size_t n_tunnels, n_allocated;
        WgpName **names; /* by host */
        size_t n_names, n_names_allocated;
        size_t n_questions;
        uint64_t epoch;     /* ends with each run and with each change of paths: what was looked up in it is true */
        bool paths_changed; /* since the last run */
        bool timed_out;     /* a tunnel's daemon did not answer in this run, which took its time */
};
