/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stands in for libnftables on a kernel that lacks something: refuses what has $WGP_NFT_WITHOUT in its text, and hands
 * all else on to the library that $WGP_REAL_NFT names. */

#include <dlfcn.h>
#include <nftables/libnftables.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

static void *real(const char *name) {
        static void *library;

        if (!library)
                library = dlopen(getenv("WGP_REAL_NFT"), RTLD_NOW | RTLD_LOCAL);
        return library ? dlsym(library, name) : NULL;
}

#define REAL(function) ((__typeof__(function) *) real(#function))

EXPORT struct nft_ctx *nft_ctx_new(uint32_t flags) {
        return REAL(nft_ctx_new)(flags);
}

EXPORT void nft_ctx_free(struct nft_ctx *ctx) {
        REAL(nft_ctx_free)(ctx);
}

EXPORT int nft_ctx_buffer_output(struct nft_ctx *ctx) {
        return REAL(nft_ctx_buffer_output)(ctx);
}

EXPORT int nft_ctx_buffer_error(struct nft_ctx *ctx) {
        return REAL(nft_ctx_buffer_error)(ctx);
}

EXPORT const char *nft_ctx_get_error_buffer(struct nft_ctx *ctx) {
        return REAL(nft_ctx_get_error_buffer)(ctx);
}

EXPORT int nft_run_cmd_from_buffer(struct nft_ctx *ctx, const char *text) {
        return strstr(text, getenv("WGP_NFT_WITHOUT")) ? -1 : REAL(nft_run_cmd_from_buffer)(ctx, text);
}
