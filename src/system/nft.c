/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* nf_tables, libnftables(3). */

#include "system/nft.h"

#include <dlfcn.h>
#include <linux/netlink.h>
#include <nftables/libnftables.h>
#include <sys/socket.h>
#include <unistd.h>

#include "system/library.h"
#include "system/root-path.h"

#define NO_NF_TABLES "the kernel has no nf_tables"

typedef struct Library {
        void *handle;
        __typeof__(nft_ctx_new) *ctx_new;
        __typeof__(nft_ctx_free) *ctx_free;
        __typeof__(nft_ctx_buffer_output) *buffer_output;
        __typeof__(nft_ctx_buffer_error) *buffer_error;
        __typeof__(nft_ctx_get_error_buffer) *get_error_buffer;
        __typeof__(nft_run_cmd_from_buffer) *run;
} Library;

static void library_done(Library *l) {
        if (l->handle)
                dlclose(l->handle);
}

static int fail(const char *problem, char **ret_problem) {
        *ret_problem = strdup(problem);
        return *ret_problem ? WGP_NFT_E_FAILED : -ENOMEM;
}

static int load(Library *l, char **ret_problem) {
        const WgpSymbol symbols[] = {
                { "nft_ctx_new", &l->ctx_new },
                { "nft_ctx_free", &l->ctx_free },
                { "nft_ctx_buffer_output", &l->buffer_output },
                { "nft_ctx_buffer_error", &l->buffer_error },
                { "nft_ctx_get_error_buffer", &l->get_error_buffer },
                { "nft_run_cmd_from_buffer", &l->run },
        };
        int r;

        r = wgp_library_load("libnftables.so.1", symbols, WGP_ARRAY_SIZE(symbols), &l->handle);
        if (r == -ELIBACC)
                return fail(dlerror(), ret_problem);
        return r < 0 ? fail("libnftables.so.1 is of another version", ret_problem) : 0;
}

/* libnftables exits when there is no such socket: its caller has to find out before. Returns 0, WGP_NFT_E_FAILED or
 * -ENOMEM. */
static int check_kernel(char **ret_problem) {
        _cleanup_(wgp_closep) int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);

        if (fd >= 0)
                return 0;
        return fail(errno == EPROTONOSUPPORT ? NO_NF_TABLES : strerror(errno), ret_problem);
}

/* What nft(8) said, in few words: its first line without the position in the text, which is ours. */
static int explain(const char *words, char **ret_problem) {
        static const char error[] = "Error: ";
        const char *found = strstr(words, error);

        /* That part of Netlink is not there: EINVAL to a question, EOPNOTSUPP to a transaction. */
        if (strstr(words, "cache initialization failed: Invalid argument") || strstr(words, strerror(EOPNOTSUPP)))
                return fail(NO_NF_TABLES, ret_problem);
        if (found)
                words = found + strlen(error);
        *ret_problem = *words ? strndup(words, strcspn(words, "\n")) : strdup("unknown error");
        return *ret_problem ? WGP_NFT_E_FAILED : -ENOMEM;
}

/* Runs the commands as one transaction. Returns 0, WGP_NFT_E_FAILED (the caller frees *ret_problem, words for a
 * message), or -ENOMEM. */
int wgp_nft_run(const char *ruleset, char **ret_problem) {
        _cleanup_(library_done) Library l = {};
        struct nft_ctx *ctx;
        int r;

        r = check_kernel(ret_problem);
        if (r == 0)
                r = load(&l, ret_problem);
        if (r != 0)
                return r;
        ctx = l.ctx_new(NFT_CTX_DEFAULT);
        if (!ctx)
                return -ENOMEM;

        if (l.buffer_output(ctx) != 0 || l.buffer_error(ctx) != 0)
                r = -ENOMEM;
        else if (l.run(ctx, ruleset) != 0)
                r = explain(l.get_error_buffer(ctx) ?: "", ret_problem);
        l.ctx_free(ctx);
        return r;
}
