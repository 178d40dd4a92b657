/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* State: what a tunnel of ours has in the kernel, kept in /run/wg-profile/state/NAME.json, so that it can be changed
 * and torn down without its profile, its link or its userspace daemon. It holds no secret.
 *
 * It is written before the first change of a run ("complete": false, what is there and what will be) and after the
 * last. The text is made and read by state-format.c and state-parse.c, which do no I/O. */

#include "model/profile.h"

typedef struct WgpState WgpState;
typedef struct WgpStateName WgpStateName;

#define WGP_STATE_DIRECTORY "/run/wg-profile/state"

enum {
        _WGP_STATE_E_SUCCESS,
        WGP_STATE_E_ABSENT,
        WGP_STATE_E_CORRUPT, /* there is one, but it cannot be understood */
        WGP_STATE_E_NEWER,   /* there is one, but a newer version of this program wrote it */
};

enum {
        WGP_STATE_VERSION = 1, /* of the records that are written; it and all before it are read */
};

typedef enum WgpBackend {
        WGP_BACKEND_KERNEL,
        WGP_BACKEND_USERSPACE,
        _WGP_BACKEND_N,
} WgpBackend;

/* An endpoint, for the resolver. */
struct WgpStateName {
        uint8_t public_key[WGP_KEY_SIZE];
        char *host;          /* NULL: it is an address, which only alternate endpoints are here */
        WgpSockaddr address; /* that one */
        uint16_t port;
        bool replaced; /* another endpoint, which the peer may still be sent to: a reload has put this one in its place
                        */
};

struct WgpState {
        char *name; /* NAME of the profile */
        char *file; /* the profile's own file, as it was found; NULL: not known */
        WgpFormat format;
        WgpBackend backend;
        bool complete;      /* false: a run was interrupted, or is under way */
        bool of_unit;       /* its unit has brought it up, and is to take it down */
        bool save_config;   /* SaveConfig=true: what changes at runtime goes into "file" in the end */
        uint64_t digest;    /* with save_config: of the profile and its drop-ins, as they were applied */
        bool automatic_mtu; /* not the profile's: to be re-evaluated */
        bool ipv6;          /* the link is to carry it, for which its MTU must not be too small */
        WgpNetwork network; /* ours, as last applied. Peers: only those with an endpoint. link.ifindex 0: not known */
        char *filter_problem; /* why the tunnel goes without its nft table; NULL: it has one, or needs none */
        WgpStateName *names;
        size_t n_names, n_names_allocated;
        WgpStateName *alternates; /* AlternateEndpoints=, in order of preference */
        size_t n_alternates, n_alternates_allocated;
        uint64_t refresh_usec; /* the longest time between two questions for them; 0: default */
};

#define WGP_STATE_NULL ((WgpState) {})

void wgp_state_done(WgpState *state);
bool wgp_state_equal(const WgpState *a, const WgpState *b);

int wgp_state_format(const WgpState *state, char **ret);
int wgp_state_parse(const char *text, size_t size, WgpState *ret);

/* NAME.resolve, beside the record: somebody wants its endpoints resolved now. The resolver takes the file away. */
#define WGP_RESOLVE_SUFFIX ".resolve"

int wgp_state_open_directory(const char *root, int *ret);
int wgp_state_find_directory(const char *root, int *ret);
int wgp_state_open_lock(int directory, const char *name, int *ret);
int wgp_state_open_lock_within(int directory, const char *name, unsigned msec, int *ret);
int wgp_state_read(int directory, const char *name, WgpState *ret);
int wgp_state_write(int directory, const WgpState *state);
int wgp_state_remove(int directory, const char *name);
int wgp_state_remove_lock(int directory, const char *name);

/* Called for each record of "name"; "state" NULL: there is one, but it cannot be understood. A negative return value
 * ends the walk. */
typedef int (*WgpStateVisitor)(const char *name, const WgpState *state, void *userdata);
int wgp_state_read_others(int directory, const char *name, WgpStateVisitor visit, void *userdata);
