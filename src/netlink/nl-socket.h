/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Netlink socket: the one edge of this directory. Sends what the encoders wrote, hands what comes back to the
 * decoders, and reports the kernel's errno together with its words. */

#include <linux/netlink.h>

#include "base/macro.h"
#include "netlink/nl-batch.h"

typedef struct WgpNlSocket WgpNlSocket;
typedef struct WgpNlReceiver WgpNlReceiver;

enum {
        _WGP_NL_E_SUCCESS,
        WGP_NL_NO_FAMILY, /* wgp_nl_socket_get_family(): the kernel has no such family */
};

/* Called for each message of an answer. A negative return value becomes that of the request; a positive one is
 * ignored. */
typedef int (*WgpNlDecode)(const struct nlmsghdr *message, void *userdata);

/* Called before each message leaves. A negative return value is the result of its request, and the message is not
 * sent: tests inject faults here. While there is one, a batch is sent message by message. */
typedef int (*WgpNlBeforeSend)(const struct nlmsghdr *message, void *userdata);

/* Who wants the messages of a dump. */
struct WgpNlReceiver {
        WgpNlDecode decode;
        void (*reset)(void *userdata); /* forget what came so far: the dump starts again */
        void *userdata;
};

struct WgpNlSocket {
        int fd;
        uint32_t port_id;  /* the kernel's name for this socket */
        uint32_t sequence; /* of the last message */
        char *error_text;  /* the kernel's words about the last request, NULL when it had none */
        uint8_t *buffer;   /* for receiving */
        size_t n_touched;  /* of the buffer: the most that was received at once */

        WgpNlBeforeSend before_send;
        void *before_send_userdata;

        /* what went out and came in so far */
        uint64_t n_messages, n_bytes; /* requests */
        uint64_t n_sends, n_receives; /* system calls */
        uint64_t n_dump_restarts;
};

int wgp_nl_socket_open(int protocol, WgpNlSocket **ret);
int wgp_nl_socket_adopt(int fd, WgpNlSocket **ret);
int wgp_nl_socket_open_in(int netns, int protocol, WgpNlSocket **ret);
int wgp_socket_open_in(int netns, int domain, int type, int protocol);
WgpNlSocket *wgp_nl_socket_free(WgpNlSocket *s);
WGP_DEFINE_CLEANUP(WgpNlSocket *, wgp_nl_socket_free)

int wgp_nl_socket_request(WgpNlSocket *s, struct nlmsghdr *message, WgpNlDecode decode, void *userdata);
int wgp_nl_socket_dump(WgpNlSocket *s, struct nlmsghdr *message, const WgpNlReceiver *receiver);
int wgp_nl_socket_send_batch(WgpNlSocket *s, WgpNlBatch *batch);

int wgp_nl_socket_get_family(WgpNlSocket *s, const char *name, uint16_t *ret);

void wgp_nl_socket_enlarge(WgpNlSocket *s, int size);
int wgp_nl_socket_join(WgpNlSocket *s, unsigned group);
int wgp_nl_socket_receive(WgpNlSocket *s, WgpNlDecode decode, void *userdata);
