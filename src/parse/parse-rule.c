/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* routing-ruleN= of a keyfile: the words of ip-rule(8) that NetworkManager takes. */

#include <arpa/inet.h>
#include <ctype.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>

#include "model/route-names.h"
#include "parse/parse-internal.h"

enum {
        WORD_PRIORITY = 1 << 0,
        WORD_FROM = 1 << 1,
        WORD_TO = 1 << 2,
        WORD_TABLE = 1 << 3,
        WORD_TOS = 1 << 4,
        WORD_IPPROTO = 1 << 5,
        WORD_SPORT = 1 << 6,
        WORD_DPORT = 1 << 7,
        WORD_FWMARK = 1 << 8,
        WORD_IIF = 1 << 9,
        WORD_OIF = 1 << 10,
        WORD_SUPPRESS_PREFIXLENGTH = 1 << 11,
        WORD_UIDRANGE = 1 << 12,
        WORD_TYPE = 1 << 13,
        WORD_NOT = 1 << 14,
};

static const struct {
        const char *name;
        unsigned word;
} words[] = {
        { "priority", WORD_PRIORITY },
        { "order", WORD_PRIORITY },
        { "pref", WORD_PRIORITY },
        { "preference", WORD_PRIORITY },
        { "not", WORD_NOT },
        { "from", WORD_FROM },
        { "to", WORD_TO },
        { "table", WORD_TABLE },
        { "lookup", WORD_TABLE },
        { "tos", WORD_TOS },
        { "dsfield", WORD_TOS },
        { "ipproto", WORD_IPPROTO },
        { "sport", WORD_SPORT },
        { "dport", WORD_DPORT },
        { "fwmark", WORD_FWMARK },
        { "iif", WORD_IIF },
        { "dev", WORD_IIF },
        { "oif", WORD_OIF },
        { "suppress_prefixlength", WORD_SUPPRESS_PREFIXLENGTH },
        { "sup_pl", WORD_SUPPRESS_PREFIXLENGTH },
        { "uidrange", WORD_UIDRANGE },
        { "type", WORD_TYPE },
};

/* Takes the next word; "\" takes the meaning from the character behind it. */
static char *next_word(char **cursor) {
        char *word, *to, *from;

        while (isspace((unsigned char) **cursor))
                (*cursor)++;
        if (!**cursor)
                return NULL;

        word = to = from = *cursor;
        for (; *from && !isspace((unsigned char) *from); from++) {
                if (*from == '\\' && from[1])
                        from++;
                *to++ = *from;
        }
        *cursor = *from ? from + 1 : from;
        *to = 0;
        return word;
}

/* "N" or "N-M", in numbers that "parse" takes. */
static int parse_range(char *s, int (*parse)(const char *, uint64_t, uint64_t *), uint64_t max, uint64_t *ret_start,
                uint64_t *ret_end) {
        char *dash = strchr(s, '-');
        uint64_t start, end;

        if (dash)
                *dash++ = 0;
        if (parse(s, max, &start) < 0)
                return -EINVAL;
        end = start;
        if (dash && (parse(dash, max, &end) < 0 || end < start))
                return -EINVAL;

        *ret_start = start;
        *ret_end = end;
        return 0;
}

static int parse_prefix(const char *s, int family, WgpPrefix *ret) {
        WgpPrefix prefix;

        if (streq(s, "all"))
                return 0;
        if (wgp_prefix_parse(s, &prefix, NULL) < 0 || prefix.family != family)
                return -EINVAL;
        if (prefix.length == 0)
                return wgp_prefix_mask(&prefix) ? -EINVAL : 0; /* 0.0.0.0/0 is everything, 10.0.0.1/0 a mistake */
        (void) wgp_prefix_mask(&prefix);
        *ret = prefix;
        return 0;
}

static int parse_rule_table(const char *s, uint32_t *ret) {
        uint64_t n = 0;
        int r;

        if (streq(s, "main") || streq(s, "local") || streq(s, "default")) {
                *ret = *s == 'm' ? RT_TABLE_MAIN : *s == 'l' ? RT_TABLE_LOCAL : RT_TABLE_DEFAULT;
                return 0;
        }
        r = wgp_parse_base0(s, UINT32_MAX, &n);
        if (r < 0)
                return -EINVAL;
        *ret = (uint32_t) n;
        return 0;
}

static int parse_tos(const char *s, uint8_t *ret) {
        unsigned long v;
        char *end;

        if (!isxdigit((unsigned char) *s))
                return -EINVAL;
        v = strtoul(s, &end, 16);
        if (*end || v > UINT8_MAX)
                return -EINVAL;
        *ret = (uint8_t) v;
        return 0;
}

static int parse_mark(char *s, WgpRule *rule) {
        uint64_t mark = 0, mask = UINT32_MAX;
        char *slash = strchr(s, '/');

        if (slash)
                *slash++ = 0;
        if (wgp_parse_base0(s, UINT32_MAX, &mark) < 0 || (slash && wgp_parse_base0(slash, UINT32_MAX, &mask) < 0))
                return -EINVAL;
        rule->has_fwmark = true;
        rule->fwmark = (uint32_t) mark;
        rule->fwmask = (uint32_t) mask;
        return 0;
}

static bool is_octal(const char *s) {
        return s[0] >= '0' && s[0] <= '3' && s[1] >= '0' && s[1] <= '7' && s[2] >= '0' && s[2] <= '7';
}

/* A link's name; NetworkManager writes bytes that are not text as "\303", and a backslash as "\\". */
static int parse_name(const char *s, char ret[static IF_NAMESIZE]) {
        char name[IF_NAMESIZE];
        size_t n = 0;

        while (*s && n < sizeof(name) - 1)
                if (s[0] == '\\' && is_octal(s + 1)) {
                        name[n++] = (char) ((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
                        s += 4;
                } else {
                        s += s[0] == '\\' && s[1] == '\\';
                        name[n++] = *s++;
                }
        name[n] = 0;

        if (*s || !wgp_ifname_is_valid(name))
                return -EINVAL;
        strcpy(ret, name);
        return 0;
}

/* A name or its number. */
static int parse_action(const char *s, uint8_t *ret) {
        uint64_t n = 0;
        uint8_t action;

        if (wgp_parse_base0(s, UINT8_MAX, &n) >= 0)
                action = (uint8_t) n;
        else if (wgp_rule_action_parse(s, &action) < 0)
                return -EINVAL;
        if (action == FR_ACT_NOP || !wgp_rule_action_name(action))
                return -EINVAL;
        *ret = action;
        return 0;
}

static int parse_ports(char *s, uint16_t *ret_start, uint16_t *ret_end) {
        uint64_t start, end;

        /* 65535 means "any" to the kernel, and so does 0; NetworkManager refuses both ends */
        if (parse_range(s, wgp_parse_decimal, UINT16_MAX - 1, &start, &end) < 0 || (start == 0 && end != 0))
                return -EINVAL;
        *ret_start = (uint16_t) start;
        *ret_end = (uint16_t) end;
        return 0;
}

/* Reads the argument of one word, which it may take apart. Returns 0, or -EINVAL. */
static int set_word(unsigned word, char *arg, WgpRule *rule) {
        uint64_t n = 0, m = 0;
        int r;

        switch (word) {
        case WORD_PRIORITY:
                r = wgp_parse_base0(arg, UINT32_MAX, &n);
                rule->priority = (uint32_t) n;
                return r;
        case WORD_FROM:
                return parse_prefix(arg, rule->family, &rule->from);
        case WORD_TO:
                return parse_prefix(arg, rule->family, &rule->to);
        case WORD_TABLE:
                return parse_rule_table(arg, &rule->table);
        case WORD_TOS:
                return parse_tos(arg, &rule->tos);
        case WORD_IPPROTO:
                r = wgp_parse_decimal(arg, UINT8_MAX, &n);
                rule->ip_protocol = (uint8_t) n;
                return r;
        case WORD_SPORT:
                return parse_ports(arg, &rule->sport_start, &rule->sport_end);
        case WORD_DPORT:
                return parse_ports(arg, &rule->dport_start, &rule->dport_end);
        case WORD_FWMARK:
                return parse_mark(arg, rule);
        case WORD_IIF:
                return parse_name(arg, rule->iif);
        case WORD_OIF:
                return parse_name(arg, rule->oif);
        case WORD_SUPPRESS_PREFIXLENGTH:
                r = wgp_parse_base0(arg, wgp_family_bits(rule->family), &n);
                rule->suppress_prefixlength = (uint32_t) n;
                rule->has_suppress_prefixlength = true;
                return r;
        case WORD_UIDRANGE:
                r = parse_range(arg, wgp_parse_base0, UINT32_MAX - 1, &n, &m);
                rule->uid_start = (uint32_t) n;
                rule->uid_end = (uint32_t) m;
                rule->has_uid_range = true;
                return r;
        case WORD_TYPE:
                return parse_action(arg, &rule->action);
        }
        return -EINVAL;
}

/* What the word takes, for a report. */
static const char *expected_argument(unsigned word) {
        switch (word) {
        case WORD_FROM:
        case WORD_TO:
                return "a prefix of the section's family, or all";
        case WORD_TABLE:
                return "1 to 4294967295, or main, local or default";
        case WORD_TOS:
                return "hexadecimal 0 to ff";
        case WORD_IPPROTO:
                return "0 to 255";
        case WORD_SPORT:
        case WORD_DPORT:
                return "a port or START-END, from 1 to 65534";
        case WORD_FWMARK:
                return "MARK or MARK/MASK, up to 0xffffffff";
        case WORD_IIF:
        case WORD_OIF:
                return "a link's name of up to 15 bytes";
        case WORD_SUPPRESS_PREFIXLENGTH:
                return "a prefix length of the section's family";
        case WORD_UIDRANGE:
                return "a user's number or START-END";
        case WORD_TYPE:
                return "unicast, blackhole, prohibit or unreachable";
        default:
                return "0 to 4294967295";
        }
}

static unsigned find_word(const char *name) {
        for (size_t i = 0; i < WGP_ARRAY_SIZE(words); i++)
                if (streq(words[i].name, name))
                        return words[i].word;
        return 0;
}

static int parse_words(WgpParse *p, char *value, WgpRule *rule, unsigned *ret_seen) {
        unsigned seen = 0;

        for (char *name; (name = next_word(&value));) {
                _cleanup_(wgp_wipe_textp) char *shown = NULL;
                unsigned word = find_word(name);
                char *arg;

                if (word == WORD_NOT) {
                        rule->invert = true;
                        continue;
                }
                if (word == 0 && parse_action(name, &rule->action) >= 0) {
                        if (seen & WORD_TYPE)
                                return wgp_parse_error(p, "'%s' is a second action.", name);
                        seen |= WORD_TYPE;
                        continue;
                }
                if (word == 0)
                        return wgp_parse_error(p, "Unknown word '%s'.", name);
                if (seen & word)
                        return wgp_parse_error(p, "'%s' is stated twice.", name);
                seen |= word;

                arg = next_word(&value);
                if (!arg)
                        return wgp_parse_error(p, "The argument of '%s' is missing: expected %s.", name,
                                        expected_argument(word));
                shown = strdup(arg);
                if (!shown)
                        return -ENOMEM;
                if (set_word(word, arg, rule) < 0)
                        return wgp_parse_error(p, "'%s' is not a valid argument of '%s': expected %s.", shown, name,
                                        expected_argument(word));
        }

        *ret_seen = seen;
        return 0;
}

/* Like the kernel, NetworkManager takes a table along with another action, and never asks it. */
static int settle_table(WgpParse *p, WgpRule *rule, bool stated) {
        if (rule->action == FR_ACT_TO_TBL) {
                if (stated && rule->table == 0)
                        return wgp_parse_error(p,
                                        "'0' is not a valid table: expected 1 to 4294967295, or main, local or default.");
                rule->table = rule->table ?: RT_TABLE_MAIN;
                return 0;
        }
        rule->table = 0;
        return stated ? wgp_parse_warning(p, "The table is not used: the rule has another action.") : 0;
}

int wgp_keyfile_parse_rule(WgpParse *p, char *value, void *field) {
        WgpProfile *profile = p->profile;
        WgpRule rule = {
                .family = (uint8_t) parse_family(p),
                .action = FR_ACT_TO_TBL,
                .origin = parse_origin(p),
        };
        unsigned seen = 0;
        int r;

        r = parse_words(p, value, &rule, &seen);
        if (r < 0)
                return r;
        if (!(seen & WORD_PRIORITY))
                return wgp_parse_error(p, "A rule needs a priority.");
        if (seen & WORD_SUPPRESS_PREFIXLENGTH && rule.action != FR_ACT_TO_TBL)
                return wgp_parse_error(p, "suppress_prefixlength goes with a table only.");
        r = settle_table(p, &rule, seen & WORD_TABLE);
        if (r < 0)
                return r;

        if (!wgp_grow(&profile->rules, &profile->n_rules_allocated, profile->n_rules + 1, sizeof(rule)))
                return -ENOMEM;
        profile->rules[profile->n_rules++] = rule;
        return 0;
}
