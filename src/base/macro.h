/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Compiler vocabulary shared by all layers: cleanup attributes and a few expressions. No functions with effects. */

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define _cleanup_(f) __attribute__((cleanup(f)))
#define _printf_(fmt, args) __attribute__((format(printf, fmt, args)))
#define _unused_ __attribute__((unused))
#define _pure_ __attribute__((pure))

#define WGP_ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* The arguments are evaluated once: they may be calls. The variables have names of their own, so that one of these may
 * be inside another. */
#define WGP_MIN(a, b) _WGP_CHOOSE(<, a, b, __COUNTER__)
#define WGP_MAX(a, b) _WGP_CHOOSE(>, a, b, __COUNTER__)
#define _WGP_CHOOSE(op, a, b, n) _WGP_CHOOSE_NAMED(op, a, b, n)
#define _WGP_CHOOSE_NAMED(op, a, b, n)          \
        ({                                      \
                const typeof(a) _a##n = (a);    \
                const typeof(b) _b##n = (b);    \
                _a##n op _b##n ? _a##n : _b##n; \
        })

/* Hands the pointer over: the variable is NULL afterwards, so that its cleanup does nothing. */
#define TAKE_PTR(p)                    \
        ({                             \
                typeof(p) *_pp = &(p); \
                typeof(p) _v = *_pp;   \
                *_pp = NULL;           \
                _v;                    \
        })

/* Hands a file descriptor over: the variable is -EBADF afterwards. */
#define TAKE_FD(fd)               \
        ({                        \
                int *_fp = &(fd); \
                int _f = *_fp;    \
                *_fp = -EBADF;    \
                _f;               \
        })

/* Makes "fp", the cleanup function of a variable of type "type", from the destructor "f". */
#define WGP_DEFINE_CLEANUP(type, f)        \
        static inline void f##p(type *p) { \
                if (*p)                    \
                        f(*p);             \
        }

static inline void freep(void *p) {
        free(*(void **) p);
}

static inline bool streq(const char *a, const char *b) {
        return strcmp(a, b) == 0;
}

/* True also for two NULLs. */
static inline bool streq_ptr(const char *a, const char *b) {
        return a == b || (a && b && streq(a, b));
}

/* Keeps the first error of several steps that all have to be tried. */
static inline void wgp_gather(int *first, int r) {
        if (*first >= 0 && r < 0)
                *first = r;
}

/* Makes room for "n_needed" elements in an array that grows by doubling, from 64 bytes on. The memory it leaves is
 * wiped: arrays of ours may hold key material.
 *
 * Returns false when memory ran out; the array is unchanged then. */
static inline bool wgp_grow(void *array, size_t *n_allocated, size_t n_needed, size_t element_size) {
        void **a = array, *t;
        size_t n;

        if (n_needed <= *n_allocated)
                return true;

        n = WGP_MAX(n_needed, *n_allocated > 0 ? *n_allocated * 2 : WGP_MAX(64 / element_size, (size_t) 1));
        t = calloc(n, element_size);
        if (!t)
                return false;

        if (*a) {
                memcpy(t, *a, *n_allocated * element_size);
                explicit_bzero(*a, *n_allocated * element_size);
                free(*a);
        }
        *a = t;
        *n_allocated = n;
        return true;
}

/* As freep(), for a text that may be, or have, a key. */
static inline void wgp_wipe_textp(char **text) {
        if (*text)
                explicit_bzero(*text, strlen(*text));
        free(*text);
}

/* Frees memory that may hold key material. "size" is the number of bytes to wipe. */
static inline void *wgp_wipe_free(void *p, size_t size) {
        if (p)
                explicit_bzero(p, size);
        free(p);
        return NULL;
}
