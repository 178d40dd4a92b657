/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A key in any wrong place: no diagnostic may contain a part of it. */

#include <criterion/criterion.h>
#include <ctype.h>
#include <stdio.h>

#include "parse/key-table.h"
#include "support/profile-text.h"

/* No eight of its characters in a row stand anywhere else in these tests. */
static const char secret[] = "yAnz5TF+lXXJte14tji3zlMNq/hd2rYUIgJBgB3fBmk=";

#define HEXADECIMAL "c809f3e5317e9575c9b5ed78b638b7ce530dabe85ddab614220241801ddf0669"
#define CAPITAL_HEXADECIMAL "C809F3E5317E9575C9B5ED78B638B7CE530DABE85DDAB614220241801DDF0669"

static bool leaks(const char *text, const char *key) {
        enum {
                PART = 8, /* 48 bits */
        };

        for (size_t i = 0; i + PART <= strlen(key); i++)
                if (memmem(text, strlen(text), key + i, PART))
                        return true;
        return false;
}

/* The key as people break it. */
static const struct {
        const char *name, *text;
} variants[] = {
        { "whole", "yAnz5TF+lXXJte14tji3zlMNq/hd2rYUIgJBgB3fBmk=" },
        { "without padding", "yAnz5TF+lXXJte14tji3zlMNq/hd2rYUIgJBgB3fBmk" },
        { "one character short", "yAnz5TF+lXXJte14tji3zlMNq/hd2rYUIgJBgB3fBm=" },
        { "one character more", "yAnz5TF+lXXJte14tji3zlMNq/hd2rYUIgJBgB3fBmkk=" },
        { "not canonical", "yAnz5TF+lXXJte14tji3zlMNq/hd2rYUIgJBgB3fBml=" },
        { "url-safe", "yAnz5TF-lXXJte14tji3zlMNq_hd2rYUIgJBgB3fBmk=" },
        { "first half", "yAnz5TF+lXXJte14tji3zl" },
        { "a part in words", "connectionXXJte14tji3zlMNqconnection" },
        { "quoted", "\"yAnz5TF+lXXJte14tji3zlMNq/hd2rYUIgJBgB3fBmk=\"" },
        { "twice", "yAnz5TF+lXXJte14tji3zlMNq/hd2rYUIgJBgB3fBmk= yAnz5TF+lXXJte14tji3zlMNq/hd2rYUIgJBgB3fBmk=" },
        { "behind much else", "a b c d e f g h i j k l m n o p q r s t u v w x y z a b c d e f g h i j k l m n o p q "
                              "yAnz5TF+lXXJte14tji3zlMNq/hd2rYUIgJBgB3fBmk=" },
        { "as a credential", "@yAnz5TF+lXXJte14tji3zlMNq/hd2rYUIgJBgB3fBmk=" },
        { "in hexadecimal", HEXADECIMAL },
        { "in capital hexadecimal", CAPITAL_HEXADECIMAL },
};

/* "%s" is the key; the tables' keys come on top of these. */
static const char *const places[] = {
        "%s",
        "%s\n[Interface]",
        "[Interface]\n%s",
        "[Interface]\nPrivateKe = %s",
        "[Interface]\nPrivateKey %s",
        "[Interface]\nPrivateKey: %s",
        "[Interface]\nPrivateKey == %s",
        "[Interface]\n%s = PrivateKey",
        "[Interface]\nPrivateKey%s = 1",
        "[Interface]\n; PrivateKey = %s",
        "[%s]\nPrivateKey = 1",
        "[%s\nPrivateKey = 1",
        "[Interface] %s\nPrivateKey = 1",
        "[Interface %s]\nPrivateKey = 1\nword",
        "[Peer %s]\nPublicKey = 1\nword\n",
        "[Peer]\nPublicKy = %s",
        "[connection]\ninterface-name=wg0\n[wireguard]\nprivat-key=%s",
        "[connection]\ninterface-name=wg0\n[wireguard]\nprivate-key[%s]=x",
        "[connection]\ninterface-name=wg0\n[wireguard]\nprivate-key]%s=x",
        "[connection]\nEncoding=%s\n",
        "[wireguard-peer.%s]\nendpoint=x\nunknown=1\nword\nallowed-ips=x\n",
        "[wireguard-peer.%s\nendpoint=x\n",
        "[wireguard-peer %s]\nendpoint=x\n",
        "[%s.wireguard-peer]\nendpoint=x\n",
        "[ipv4]\nmethod=manual\naddress%s=10.0.0.1\n",
        "[ipv4]\nmethod=manual\nroute1=10.0.0.0/8\nroute1_options=%s=1,src=%s,%s\n",
        "[ipv4]\nmethod=manual\nrouting-rule1=priority 1 %s\nrouting-rule2=from %s\nrouting-rule3=%s %s\n",
        "[ipv4]\nmethod=manual\naddress1=10.0.0.1/%s\naddress2=10.0.0.1/8,%s\naddress3=10.0.0.1/8,1.1.1.1,%s\n",
};

static void check_text(const char *what, const char *variant, const char *text) {
        for (WgpFormat format = 0; format < _WGP_FORMAT_N; format++) {
                const char *in[] = { text, text };
                Reading r = read_profile("wg0", format, in, 2);

                cr_expect(!leaks(r.problems, secret), "%s, %s:\n%s", what, variant, r.problems);
                cr_expect(!leaks(r.problems, HEXADECIMAL), "%s, %s:\n%s", what, variant, r.problems);
                cr_expect(!leaks(r.problems, CAPITAL_HEXADECIMAL), "%s, %s:\n%s", what, variant, r.problems);
                reading_done(&r);
        }
}

Test(secrets, in_wrong_places) {
        for (size_t i = 0; i < WGP_ARRAY_SIZE(places); i++)
                for (size_t j = 0; j < WGP_ARRAY_SIZE(variants); j++) {
                        char text[1024];
                        size_t n = 0;

                        for (const char *s = places[i]; *s; s++)
                                if (s[0] == '%' && s[1] == 's')
                                        n += (size_t) snprintf(text + n, sizeof(text) - n, "%s", variants[j].text),
                                                        s++;
                                else
                                        text[n++] = *s;
                        text[n] = 0;
                        check_text(places[i], variants[j].name, text);
                }
}

/* As the value of every key there is. */
Test(secrets, as_any_value) {
        for (WgpSectionId id = 0; id < _WGP_SECTION_N; id++) {
                const WgpSection *section = wgp_section(id);

                for (size_t k = 0; k < section->n_keys; k++)
                        for (size_t j = 0; j < WGP_ARRAY_SIZE(variants); j++) {
                                const WgpKey *key = section->keys + k;
                                char text[1024], what[128];

                                snprintf(what, sizeof(what), "[%s] %s", section->name, key->name);
                                snprintf(text, sizeof(text), "[%s%s]\n%s = %s\nword\n%s%s = %s\n", section->name,
                                                id == WGP_SECTION_WIREGUARD_PEER ?
                                                                "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=" :
                                                                "",
                                                key->name, variants[j].text, key->name,
                                                key->flags & WGP_KEY_INDEXED ? "1" : "", variants[j].text);
                                check_text(what, variants[j].name, text);
                        }
        }
}

/* What is no key is shown, or nobody could find the mistake. */
Test(secrets, the_rest_is_shown) {
        static const struct {
                const char *in, *text;
        } cases[] = {
                { "[Interface]\nAdress = 10.0.0.1\n", "[Interface] Adress: Unknown key" },
                { "[Interface]\nAddress = 10.0.0.300/24\n", "'10.0.0.300/24'" },
                { "[Interface]\nAddress = 2001:0db8:85a3:0000:0000:8a2e:0370:7334:1/64\n",
                                "'2001:0db8:85a3:0000:0000:8a2e:0370:7334:1/64'" },
                { "[Peer]\nEndpoint = vpn-with-a-very-long-host-name.example.org\n",
                                "'vpn-with-a-very-long-host-name.example.org'" },
                { "[Beer]\n", "[Beer] Unknown section" },
                { "[Interface]\nTable = my-routing-table\n", "'my-routing-table'" },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                Reading r = read_one(WGP_FORMAT_WG_QUICK, cases[i].in);

                cr_expect(strstr(r.problems, cases[i].text), "'%s' gave:\n%s", cases[i].in, r.problems);
                reading_done(&r);
        }
}
