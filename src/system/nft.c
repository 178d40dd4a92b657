/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* nf_tables, libnftables(3). */

#include "system/nft.h"

#include <dlfcn.h>
#include <nftables/libnftables.h>

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

static int load(Library *l) {
        const struct {
                const char *name;
                void *function; /* where the address goes */
        } symbols[] = {
                { "nft_ctx_new", &l->ctx_new },
                { "nft_ctx_free", &l->ctx_free },
                { "nft_ctx_buffer_output", &l->buffer_output },
                { "nft_ctx_buffer_error", &l->buffer_error },
                { "nft_ctx_get_error_buffer", &l->get_error_buffer },
                { "nft_run_cmd_from_buffer", &l->run },
        };

        l->handle = dlopen("libnftables.so.1", RTLD_NOW | RTLD_LOCAL);
        if (!l->handle)
                return WGP_NFT_E_ABSENT;

        for (size_t i = 0; i < WGP_ARRAY_SIZE(symbols); i++) {
                void *address = dlsym(l->handle, symbols[i].name);

                if (!address)
                        return WGP_NFT_E_ABSENT;
                memcpy(symbols[i].function, &address, sizeof(address));
        }
        return 0;
}

/* Runs the commands as one transaction. Returns 0, WGP_NFT_E_ABSENT, WGP_NFT_E_FAILED with the first line of what was
 * said (the caller frees it), or -ENOMEM. */
int wgp_nft_run(const char *ruleset, char **ret_error) {
        _cleanup_(library_done) Library l = {};
        struct nft_ctx *ctx;
        int r;

        r = load(&l);
        if (r != 0)
                return r;
        ctx = l.ctx_new(NFT_CTX_DEFAULT);
        if (!ctx)
                return -ENOMEM;

        r = 0;
        if (l.buffer_output(ctx) != 0 || l.buffer_error(ctx) != 0)
                r = -ENOMEM;
        else if (l.run(ctx, ruleset) != 0) {
                const char *words = l.get_error_buffer(ctx) ?: "";

                r = strstr(words, strerror(EPROTONOSUPPORT)) || strstr(words, strerror(EOPNOTSUPP)) ?
                                WGP_NFT_E_ABSENT : WGP_NFT_E_FAILED;
                *ret_error = strndup(words, strcspn(words, "\n"));
                if (!*ret_error)
                        r = -ENOMEM;
        }
        l.ctx_free(ctx);
        return r;
}
