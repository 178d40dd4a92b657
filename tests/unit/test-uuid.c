/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <stdio.h>

#include "core/uuid.h"

static void to_hex(const uint8_t *data, size_t n, char *ret) {
        for (size_t i = 0; i < n; i++)
                sprintf(ret + 2 * i, "%02x", data[i]);
}

/* RFC 1321 A.5, RFC 3174 7.3, and each way the padding can fall. */
Test(uuid, hashes) {
        static const struct {
                const char *in;
                size_t repeat;
                const char *md5, *sha1;
        } cases[] = {
                { "", 1, "d41d8cd98f00b204e9800998ecf8427e", "da39a3ee5e6b4b0d3255bfef95601890afd80709" },
                { "abc", 1, "900150983cd24fb0d6963f7d28e17f72", "a9993e364706816aba3e25717850c26c9cd0d89d" },
                { "message digest", 1, "f96b697d7cb7938d525a2f31aaf161d0", "c12252ceda8be8994d5fa0290a47231c1d16aae3" },
                { "12345678901234567890123456789012345678901234567890123456789012345678901234567890", 1,
                  "57edf4a22be3c955ac49da2e2107b67a", "50abf5706a150990a08b2c5ea40fa0e585554732" },
                { "a", 55, "ef1772b6dff9a122358552954ad0df65", "c1c8bbdc22796e28c0e15163d20899b65621d65a" },
                { "a", 56, "3b0c8ac703f828b04c6c197006d17218", "c2db330f6083854c99d4b5bfb6e8f29f201be699" },
                { "a", 63, "b06521f39153d618550606be297466d5", "03f09f5b158a7a8cdad920bddc29b81c18a551f5" },
                { "a", 64, "014842d480b571495a4a0363793f7367", "0098ba824b5c16427bd7a1122a5a442a25ec644d" },
                { "a", 65, "c743a45e0d2e6a95cb859adae0248435", "11655326c708d70319be2610e8a57d9a5b959d3b" },
                { "a", 1000, "cabe45dcc9ae5b66ba86600cca6b8ba8", "291e9a6c66994949b57ba5e650361e98fc36b1ba" },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                char data[1024] = "", text[41];
                uint8_t digest[20];

                for (size_t j = 0; j < cases[i].repeat; j++)
                        strcat(data, cases[i].in);
                wgp_md5(data, strlen(data), digest);
                to_hex(digest, 16, text);
                cr_expect_str_eq(text, cases[i].md5, "MD5 of %zu '%s': %s", cases[i].repeat, cases[i].in, text);
                wgp_sha1(data, strlen(data), digest);
                to_hex(digest, 20, text);
                cr_expect_str_eq(text, cases[i].sha1, "SHA-1 of %zu '%s': %s", cases[i].repeat, cases[i].in, text);
        }
}

Test(uuid, normalize) {
        static const struct {
                const char *in, *out; /* out NULL: refused */
        } cases[] = {
                { "63376701-b61e-4318-bf7e-664a1c1eeaab", "63376701-b61e-4318-bf7e-664a1c1eeaab" },
                { "63376701-B61E-4318-BF7E-664A1C1EEAAB", "63376701-b61e-4318-bf7e-664a1c1eeaab" },
                { "0123456789abcdef0123456789ABCDEF01234567", "f6898d09-af3f-5d60-8d4f-24a67d5ebbd0" },
                { "a----bcdef0123456789abcdef0123456789", "e6e9aecb-9ea3-58de-af51-3ea86442f72d" },
                { "", NULL },
                { "63376701", NULL },
                { "63376701-b61e-4318-bf7e-664a1c1eeaabc", NULL },
                { "63376701-b61e-4318-bf7e-664a1c1eeaag", NULL },
                { "0123456789abcdef0123456789abcdef0123456", NULL },
                { "{3376701-b61e-4318-bf7e-664a1c1eeaab", NULL },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                char text[WGP_UUID_TEXT_SIZE] = "untouched";

                cr_expect_eq(wgp_uuid_normalize(cases[i].in, text), cases[i].out ? 0 : -EINVAL, "'%s'", cases[i].in);
                cr_expect_str_eq(text, cases[i].out ?: "untouched", "'%s': %s", cases[i].in, text);
        }
}

Test(uuid, of_keyfile) {
        char text[WGP_UUID_TEXT_SIZE], name[1001] = "";

        wgp_uuid_of_keyfile("wg0", text);
        cr_expect_str_eq(text, "2c0f8536-f98f-3863-88ae-8a9fe17ef73d");

        memset(name, 'a', sizeof(name) - 1);
        wgp_uuid_of_keyfile(name, text);
        cr_expect_eq(strlen(text), 36);
}
