/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs nft commands, by libnftables(3). */

#include "system/nft.h"

#include <dlfcn.h>
#include <linux/netlink.h>
#include <nftables/libnftables.h>
#include <sys/socket.h>
#include <unistd.h>

#include "system/library.h"
#include "system/root-path.h"

#define NO_NF_TABLES "the kernel has no nf_tables"

struct WgpNft {
        void *library;
        struct nft_ctx *ctx;
        __typeof__(nft_ctx_new) *ctx_new;
        __typeof__(nft_ctx_free) *ctx_free;
        __typeof__(nft_ctx_buffer_output) *buffer_output;
        __typeof__(nft_ctx_buffer_error) *buffer_error;
        __typeof__(nft_ctx_get_error_buffer) *get_error_buffer;
        __typeof__(nft_run_cmd_from_buffer) *run;
};

/* The tables that its socket owns go with it. */
WgpNft *wgp_nft_close(WgpNft *nft) {
        if (!nft)
                return NULL;
        if (nft->ctx)
                nft->ctx_free(nft->ctx);
        if (nft->library)
                dlclose(nft->library);
        free(nft);
        return NULL;
}

static int fail(const char *problem, char **ret_problem) {
        *ret_problem = strdup(problem);
        return *ret_problem ? WGP_NFT_E_FAILED : -ENOMEM;
}

static int load(WgpNft *nft, char **ret_problem) {
        const WgpSymbol symbols[] = {
                { "nft_ctx_new", &nft->ctx_new },
                { "nft_ctx_free", &nft->ctx_free },
                { "nft_ctx_buffer_output", &nft->buffer_output },
                { "nft_ctx_buffer_error", &nft->buffer_error },
                { "nft_ctx_get_error_buffer", &nft->get_error_buffer },
                { "nft_run_cmd_from_buffer", &nft->run },
        };
        int r;

        r = wgp_library_load("libnftables.so.1", symbols, WGP_ARRAY_SIZE(symbols), &nft->library);
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

/* Loads the library and opens a socket. Returns 0, WGP_NFT_E_FAILED (the caller frees *ret_problem, words for a
 * message), or -ENOMEM. */
int wgp_nft_open(WgpNft **ret, char **ret_problem) {
        _cleanup_(wgp_nft_closep) WgpNft *nft = calloc(1, sizeof(*nft));
        int r;

        if (!nft)
                return -ENOMEM;
        r = check_kernel(ret_problem);
        if (r == 0)
                r = load(nft, ret_problem);
        if (r != 0)
                return r;
        nft->ctx = nft->ctx_new(NFT_CTX_DEFAULT);
        if (!nft->ctx || nft->buffer_output(nft->ctx) != 0 || nft->buffer_error(nft->ctx) != 0)
                return -ENOMEM;
        *ret = TAKE_PTR(nft);
        return 0;
}

/* Runs the commands as one transaction, by the socket. Returns as above. */
int wgp_nft_send(WgpNft *nft, const char *ruleset, char **ret_problem) {
        return nft->run(nft->ctx, ruleset) == 0 ? 0 : explain(nft->get_error_buffer(nft->ctx) ?: "", ret_problem);
}

/* The same, by a socket of its own. */
int wgp_nft_run(const char *ruleset, char **ret_problem) {
        _cleanup_(wgp_nft_closep) WgpNft *nft = NULL;
        int r;

        r = wgp_nft_open(&nft, ret_problem);
        return r != 0 ? r : wgp_nft_send(nft, ruleset, ret_problem);
}
