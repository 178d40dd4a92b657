/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes and checks the parts that all netlink messages have.
 *
 * Reading trusts nothing: a length that leaves its container, a payload that its policy does not allow and bytes left
 * over make the whole message -EBADMSG. Unknown attributes are skipped, since newer kernels add some. */

#include "netlink/message.h"

/* Writes the headers of a request at the start of "buf", which must be aligned like a struct nlmsghdr. "extra_size"
 * bytes after the netlink header are zero, and the caller's to fill.
 *
 * Returns NULL when "size" is too small. */
struct nlmsghdr *wgp_message_start(void *buf, size_t size, uint16_t type, uint16_t flags, size_t extra_size) {
        struct nlmsghdr *message;

        if (size < MNL_NLMSG_HDRLEN + MNL_ALIGN(extra_size))
                return NULL;

        message = mnl_nlmsg_put_header(buf);
        message->nlmsg_type = type;
        message->nlmsg_flags = NLM_F_REQUEST | flags;
        mnl_nlmsg_put_extra_header(message, extra_size);
        return message;
}

/* Takes the message at the start of a datagram, and moves *data and *size beyond it. (libmnl's mnl_nlmsg_ok() is not
 * used: it takes a length above INT_MAX for a negative number, and lets it pass.)
 *
 * Returns NULL at the end, where *size is 0, and at a message that does not fit. */
const struct nlmsghdr *wgp_message_take(const uint8_t **data, size_t *size) {
        const struct nlmsghdr *message = (const struct nlmsghdr *) *data;
        size_t n;

        if (*size < sizeof(*message) || message->nlmsg_len < sizeof(*message) || message->nlmsg_len > *size)
                return NULL;

        n = WGP_MIN((size_t) MNL_ALIGN(message->nlmsg_len), *size);
        *data += n;
        *size -= n;
        return message;
}

/* Returns 0 when all of "data" is a chain of attributes, else -EBADMSG. Iterating is safe afterwards. */
int wgp_attributes_verify(const void *data, size_t size) {
        const uint8_t *p = data;

        while (size > 0) {
                const struct nlattr *attribute = (const struct nlattr *) p;
                size_t n;

                if (size < sizeof(*attribute) || attribute->nla_len < sizeof(*attribute) || attribute->nla_len > size)
                        return -EBADMSG;

                n = WGP_MIN((size_t) MNL_ALIGN(attribute->nla_len), size);
                p += n;
                size -= n;
        }
        return 0;
}

static int verify_payload(const struct nlattr *attribute, const WgpAttributePolicy *policy) {
        uint16_t size = mnl_attr_get_payload_len(attribute);

        if (size < policy->min || size > policy->max)
                return -EBADMSG;
        if (policy->string && !memchr(mnl_attr_get_payload(attribute), 0, size))
                return -EBADMSG;
        return 0;
}

/* Sorts attributes into "attributes", an array of "n_policy" pointers by type: NULL where there is none, and the last
 * one where there are several.
 *
 * Returns 0, or -EBADMSG; then the array's contents are undefined. */
int wgp_attributes_parse(const void *data, size_t size, const WgpAttributePolicy *policy, size_t n_policy,
                const struct nlattr **attributes) {
        const struct nlattr *attr; /* the name is the macro's */
        int r;

        r = wgp_attributes_verify(data, size);
        if (r < 0)
                return r;

        memset(attributes, 0, n_policy * sizeof(*attributes));
        mnl_attr_for_each_payload(data, size) {
                uint16_t type = mnl_attr_get_type(attr);

                if (type >= n_policy || !policy[type].wanted)
                        continue;

                r = verify_payload(attr, policy + type);
                if (r < 0)
                        return r;
                attributes[type] = attr;
        }
        return 0;
}

/* The same for a message, whose attributes stand behind a second header of "extra_size" bytes. */
int wgp_message_parse(const struct nlmsghdr *message, size_t extra_size, const WgpAttributePolicy *policy,
                size_t n_policy, const struct nlattr **attributes) {
        size_t header = MNL_NLMSG_HDRLEN + MNL_ALIGN(extra_size);

        if (message->nlmsg_len < header)
                return -EBADMSG;

        return wgp_attributes_parse(
                        (const uint8_t *) message + header, message->nlmsg_len - header, policy, n_policy, attributes);
}

/* The same for the attributes inside an attribute. */
int wgp_nest_parse(const struct nlattr *nest, const WgpAttributePolicy *policy, size_t n_policy,
                const struct nlattr **attributes) {
        return wgp_attributes_parse(
                        mnl_attr_get_payload(nest), mnl_attr_get_payload_len(nest), policy, n_policy, attributes);
}

/* The kernel's own words are in attributes behind the fixed part, "offset" bytes into the payload. */
static int parse_words(const struct nlmsghdr *message, size_t offset, WgpVerdict *verdict) {
        static const WgpAttributePolicy policy[] = {
                [NLMSGERR_ATTR_MSG] = WGP_ATTRIBUTE_STRING(UINT16_MAX),
        };
        const struct nlattr *attributes[WGP_ARRAY_SIZE(policy)];
        int r;

        if (!(message->nlmsg_flags & NLM_F_ACK_TLVS))
                return 0;

        r = wgp_message_parse(message, offset, policy, WGP_ARRAY_SIZE(policy), attributes);
        if (r < 0)
                return r;

        if (attributes[NLMSGERR_ATTR_MSG]) {
                verdict->text = mnl_attr_get_str(attributes[NLMSGERR_ATTR_MSG]);
                verdict->n_text = strlen(verdict->text);
        }
        return 0;
}

/* Reads an NLMSG_ERROR or NLMSG_DONE message.
 *
 * Returns 0 with the verdict in *ret, or -EBADMSG. */
int wgp_message_parse_verdict(const struct nlmsghdr *message, WgpVerdict *ret) {
        bool done = message->nlmsg_type == NLMSG_DONE;
        size_t n = mnl_nlmsg_get_payload_len(message), offset = done ? sizeof(int) : sizeof(struct nlmsgerr);
        WgpVerdict verdict = {};
        int r;

        if (message->nlmsg_len < MNL_NLMSG_HDRLEN || n < offset)
                return -EBADMSG;

        /* struct nlmsgerr begins with the same int that NLMSG_DONE consists of */
        verdict.error = *(const int *) mnl_nlmsg_get_payload(message);
        if (verdict.error > 0)
                return -EBADMSG;

        /* NETLINK_CAP_ACK: only the header of the refused request is repeated, unless it was turned off */
        if (!done && !(message->nlmsg_flags & NLM_F_CAPPED)) {
                const struct nlmsgerr *e = mnl_nlmsg_get_payload(message);

                if (e->msg.nlmsg_len < sizeof(e->msg) || e->msg.nlmsg_len > n)
                        return -EBADMSG;
                offset += e->msg.nlmsg_len - sizeof(e->msg);
        }

        r = parse_words(message, offset, &verdict);
        if (r < 0)
                return r;

        *ret = verdict;
        return 0;
}

/* Appends the address of a prefix. Returns false when there is no room. */
bool wgp_prefix_put(struct nlmsghdr *message, size_t size, uint16_t type, const WgpPrefix *prefix) {
        size_t n = prefix->family == AF_INET ? sizeof(prefix->in) : sizeof(prefix->in6);

        return mnl_attr_put_check(message, size, type, n, prefix->bytes);
}

/* Makes a prefix of an address attribute (NULL: the zero address) and a length in bits.
 *
 * Returns 0, or -EBADMSG when the two do not fit the family. */
int wgp_prefix_get(const struct nlattr *attribute, uint8_t family, uint8_t length, WgpPrefix *ret) {
        WgpPrefix prefix = { .family = family, .length = length };
        size_t size;

        if (family != AF_INET && family != AF_INET6)
                return -EBADMSG;

        size = family == AF_INET ? sizeof(prefix.in) : sizeof(prefix.in6);
        if (length > size * 8)
                return -EBADMSG;

        if (attribute) {
                if (mnl_attr_get_payload_len(attribute) != size)
                        return -EBADMSG;
                memcpy(prefix.bytes, mnl_attr_get_payload(attribute), size);
        }

        *ret = prefix;
        return 0;
}
