/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Conversion: what the writers of both formats share, and [WgProfile], which is the same in both. The text is made
 * from the model, not from the lines, so comments and the order of lines do not survive. */

#include "rewrite/convert-writer.h"

#include <ctype.h>
#include <stdio.h>

#include "base/utf8.h"

/* --- lines --- */

static void flush_section(WgpConvert *c) {
        if (!c->pending)
                return;
        wgp_text_printf(c->text, "%s[%s]\n", c->text->size > 0 ? "\n" : "", c->pending);
        c->pending = NULL;
}

/* Starts a section, whose header is written with its first line. "name" is borrowed until then. */
void wgp_convert_section(WgpConvert *c, const char *name) {
        c->pending = name;
}

/* Starts a section that is written even without a line. */
void wgp_convert_header(WgpConvert *c, const char *name) {
        c->pending = name;
        flush_section(c);
}

void wgp_convert_begin(WgpConvert *c, const char *key) {
        flush_section(c);
        wgp_text_append(c->text, key);
        wgp_text_append(c->text, to_keyfile(c) ? "=" : " = ");
}

void wgp_convert_end(WgpConvert *c) {
        wgp_text_append(c->text, "\n");
}

/* Appends with GKeyFile's escapes; a space needs one only in front. In a list, ";" separates. */
void wgp_convert_append_escaped(WgpText *text, const char *value, bool in_list) {
        static const char characters[] = "\n\t\r\\;", names[] = "ntr\\;";

        for (const char *s = value; *s; s++) {
                const char *special = strchr(characters, *s);

                if (special && (*s != ';' || in_list))
                        wgp_text_printf(text, "\\%c", names[special - characters]);
                else if (*s == ' ' && s == value)
                        wgp_text_append(text, "\\s");
                else
                        wgp_text_append(text, (char[]) { *s, 0 });
        }
}

/* Whether a line of the wg-quick format, outside of hooks, gives the value back as it is. */
static bool fits_line(const char *value) {
        size_t n = strlen(value);

        return !strpbrk(value, "#\n\r") &&
               (n == 0 || (!isspace((unsigned char) value[0]) && !isspace((unsigned char) value[n - 1])));
}

/* Reports a value that the format has no way to write. */
void wgp_convert_leave_out(WgpConvert *c, const char *key, const char *why) {
        const WgpPlace place = { .file = c->profile->files[0].path, .key = key };

        if (wgp_warning(c->losses, &place, "%s", why) < 0)
                c->text->failed = true;
}

void wgp_convert_string(WgpConvert *c, const char *key, const char *value) {
        if (to_keyfile(c) ? !wgp_utf8_is_valid(value) : !fits_line(value)) {
                wgp_convert_leave_out(c, key,
                                to_keyfile(c) ? "Left out: a keyfile has to be UTF-8." :
                                                "Left out: '#' and outer blanks cannot be written in this format.");
                return;
        }

        wgp_convert_begin(c, key);
        if (to_keyfile(c))
                wgp_convert_append_escaped(c->text, value, /* in_list= */ false);
        else
                wgp_text_append(c->text, value);
        wgp_convert_end(c);
}

void wgp_convert_number(WgpConvert *c, const char *key, int64_t value) {
        wgp_convert_begin(c, key);
        wgp_text_printf(c->text, "%lld", (long long) value);
        wgp_convert_end(c);
}

void wgp_convert_secret(WgpConvert *c, const char *key, const WgpSecret *secret) {
        char text[WGP_KEY_TEXT_SIZE];

        if (secret->source == WGP_SECRET_CREDENTIAL) {
                wgp_convert_begin(c, key);
                wgp_text_printf(c->text, "@%s", secret->name);
                wgp_convert_end(c);
        } else if (secret->source == WGP_SECRET_VALUE) {
                wgp_key_format(secret->value, text);
                wgp_convert_begin(c, key);
                wgp_text_append(c->text, text);
                wgp_convert_end(c);
                explicit_bzero(text, sizeof(text));
        }
}

/* Whether an address keeps its scope in both formats: the kernel takes any bytes for a link's name. */
bool wgp_convert_can_write_scope(WgpConvert *c, const char *key, const char *scope) {
        for (const char *s = scope; s && *s; s++)
                if (!isalnum((unsigned char) *s) && !strchr("-_.@+", *s)) {
                        wgp_convert_leave_out(
                                        c, key, "Left out: a character of the interface's name has a meaning here.");
                        return false;
                }
        return true;
}

static void append_endpoint(WgpConvert *c, const WgpEndpoint *endpoint) {
        char address[WGP_SOCKADDR_TEXT_SIZE], *port;

        if (endpoint->host)
                wgp_text_append(c->text, endpoint->host);
        else {
                wgp_sockaddr_format(&endpoint->address, address);
                port = strrchr(address, ':');
                *port = 0;
                if (endpoint->scope) { /* "[fe80::1]": the scope goes before the bracket */
                        port[-1] = 0;
                        wgp_text_printf(c->text, "%s%%%s]", address, endpoint->scope);
                } else
                        wgp_text_append(c->text, address);
        }
        if (endpoint->service)
                wgp_text_printf(c->text, ":%s", endpoint->service);
        else
                wgp_text_printf(c->text, ":%u", endpoint->port);
}

void wgp_convert_endpoint(WgpConvert *c, const char *key, const WgpEndpoint *endpoint) {
        if ((!endpoint->host && endpoint->address.family == AF_UNSPEC) ||
                        !wgp_convert_can_write_scope(c, key, endpoint->scope))
                return;

        wgp_convert_begin(c, key);
        append_endpoint(c, endpoint);
        wgp_convert_end(c);
}

/* Comments, in the first of which "wg-profile status" finds the name: the keys are for drop-ins. */
void wgp_convert_peer_comments(WgpConvert *c, const WgpPeer *peer) {
        if (peer->name)
                wgp_text_printf(c->text, "# Name = %s\n", peer->name);
        for (size_t i = 0; i < peer->n_alternates; i++) {
                wgp_text_append(c->text, i == 0 ? "# AlternateEndpoints = " : ", ");
                append_endpoint(c, peer->alternates + i);
                if (i + 1 == peer->n_alternates)
                        wgp_text_append(c->text, "\n");
        }
}

/* --- what the writers and the losses have to agree about --- */

/* Whether a peer has the default route of that family, or with AF_UNSPEC of any. */
bool wgp_convert_has_default(const WgpProfile *profile, int family) {
        for (size_t i = 0; i < profile->n_peers; i++)
                for (size_t j = 0; j < profile->peers[i].n_allowed_ips; j++) {
                        const WgpPeerIp *ip = profile->peers[i].allowed_ips + j;

                        if (ip->prefix.length == 0 && (family == AF_UNSPEC || ip->prefix.family == family))
                                return true;
                }
        return false;
}

bool wgp_convert_has_address(const WgpProfile *profile, int family) {
        for (size_t i = 0; i < profile->n_addresses; i++)
                if (profile->addresses[i].prefix.family == family)
                        return true;
        return false;
}

bool wgp_convert_has_server(const WgpProfile *profile, int family) {
        for (size_t i = 0; i < profile->n_dns_servers; i++)
                if (profile->dns_servers[i].address.family == family)
                        return true;
        return false;
}

/* Where the domains of a wg-quick profile, which belong to no family, go in a keyfile: AF_UNSPEC, to each family that
 * has an address and a server, since NetworkManager passes over a server whose family has no domain; a family, to the
 * first that has an address; -1, nowhere. */
int wgp_convert_domain_family(const WgpProfile *profile) {
        static const int families[] = { AF_INET, AF_INET6 };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(families); i++)
                if (wgp_convert_has_address(profile, families[i]) && wgp_convert_has_server(profile, families[i]))
                        return AF_UNSPEC;
        for (size_t i = 0; i < WGP_ARRAY_SIZE(families); i++)
                if (wgp_convert_has_address(profile, families[i]))
                        return families[i];
        return -1;
}

/* Whether the profile has its servers asked for all names, as wg-quick(8) always does. */
bool wgp_convert_routes_all_names(const WgpProfile *profile) {
        for (size_t i = 0; i < profile->n_dns_domains; i++)
                if (profile->dns_domains[i].route_only && streq(profile->dns_domains[i].name, "."))
                        return true;
        return profile->n_dns_domains == 0 || wgp_convert_has_default(profile, AF_UNSPEC);
}

/* Whether what a keyfile states for routes of that family has a meaning. */
static bool has_routes(const WgpProfile *profile, int family) {
        if (wgp_convert_has_address(profile, family))
                return true;
        for (size_t i = 0; i < profile->n_peers; i++)
                for (size_t j = 0; j < profile->peers[i].n_allowed_ips; j++)
                        if (profile->peers[i].allowed_ips[j].prefix.family == family)
                                return true;
        return false;
}

/* The metric that all routes of the peers have, -1: each family another, or none stated. */
int64_t wgp_convert_common_metric(const WgpProfile *profile) {
        if (profile->route_metric >= 0)
                return profile->route_metric;
        if (!has_routes(profile, AF_INET6))
                return profile->ipv4.route_metric;
        if (!has_routes(profile, AF_INET))
                return profile->ipv6.route_metric;
        return profile->ipv4.route_metric == profile->ipv6.route_metric ? profile->ipv4.route_metric : -1;
}

/* The same for the table of a keyfile; 0: none. */
uint32_t wgp_convert_common_table(const WgpProfile *profile) {
        if (!has_routes(profile, AF_INET6))
                return profile->ipv4.route_table;
        if (!has_routes(profile, AF_INET))
                return profile->ipv6.route_table;
        return profile->ipv4.route_table == profile->ipv6.route_table ? profile->ipv4.route_table : 0;
}

/* --- [WgProfile] --- */

static void write_tristate(WgpConvert *c, const char *key, WgpTristate value) {
        if (value != WGP_UNSET)
                wgp_convert_string(c, key, value == WGP_YES ? "yes" : "no");
}

static void write_refresh(WgpConvert *c) {
        static const struct {
                const char *unit;
                uint64_t usec;
        } units[] = { { "min", 60000000 }, { "s", 1000000 }, { "ms", 1000 }, { "us", 1 } };
        size_t i = 0;

        if (c->profile->refresh_usec == 0)
                return;
        while (c->profile->refresh_usec % units[i].usec != 0)
                i++;
        wgp_convert_begin(c, "RefreshSec");
        wgp_text_printf(c->text, "%llu%s", (unsigned long long) (c->profile->refresh_usec / units[i].usec),
                        units[i].unit);
        wgp_convert_end(c);
}

/* What a keyfile says in keys of its own goes here when the wg-quick format has none. */
static void write_own_section(WgpConvert *c) {
        const WgpProfile *p = c->profile;
        const bool from_keyfile = !to_keyfile(c) && !same_format(c);
        int64_t metric = from_keyfile ? wgp_convert_common_metric(p) : p->route_metric;
        const char *vrf = from_keyfile ? wgp_profile_vrf(p) : p->vrf;
        WgpTristate autoconnect = p->autoconnect;

        if (from_keyfile && !wgp_profile_autoconnects(p))
                autoconnect = WGP_NO;

        wgp_convert_section(c, "WgProfile");
        write_tristate(c, "Autoconnect", autoconnect);
        if (p->generate_key != WGP_GENERATE_KEY_NO)
                wgp_convert_string(c, "GenerateKey", p->generate_key == WGP_GENERATE_KEY_YES ? "yes" : "encrypted");
        write_tristate(c, "Hooks", p->hooks_allowed);
        if (p->kill_switch_strict)
                wgp_convert_string(c, "KillSwitch", "strict");
        else
                write_tristate(c, "KillSwitch", p->kill_switch);
        if (p->netns)
                wgp_convert_string(c, "Netns", p->netns);
        if (p->private_key_file)
                wgp_convert_string(c, "PrivateKeyFile", p->private_key_file);
        write_refresh(c);
        if (metric >= 0)
                wgp_convert_number(c, "RouteMetric", metric);
        if (vrf)
                wgp_convert_string(c, "Vrf", vrf);
        if (p->zone && !to_keyfile(c))
                wgp_convert_string(c, "Zone", p->zone);

        c->pending = NULL;
}

/* Reports the lines of the section, which wg-quick(8) refuses: they are for a drop-in. */
static void leave_out_own_section(WgpConvert *c, char *text) {
        for (char *line; (line = strsep(&text, "\n"));) {
                WgpPlace place = { .file = c->profile->files[0].path, .section = "WgProfile" };
                char *equals = strstr(line, " = ");

                if (!equals)
                        continue; /* the header */
                *equals = 0;
                place.key = line;
                if (wgp_warning(c->losses, &place,
                                    "Left out: wg-quick(8) refuses this section. Write '%s=%s' into a drop-in, "
                                    "below [WgProfile].",
                                    line, equals + strlen(" = ")) < 0)
                        c->text->failed = true;
        }
}

static void write_wg_profile(WgpConvert *c) {
        WgpText own = WGP_TEXT_NULL, *text = c->text;

        if (to_keyfile(c)) {
                write_own_section(c);
                return;
        }
        c->text = &own;
        write_own_section(c);
        c->text = text;
        text->failed = text->failed || own.failed;
        if (own.data)
                leave_out_own_section(c, own.data);
        wgp_text_done(&own);
}

/* Writes a profile that was read with keep_entries and verified, secrets included. "uuid" is for a keyfile when the
 * profile states none; NULL leaves it out. What gets lost is reported with the line that says it.
 *
 * Returns 0, or -ENOMEM. */
int wgp_convert(const WgpProfile *profile, WgpFormat format, const char *uuid, WgpText *text, WgpDiagnostics *losses) {
        WgpConvert c = {
                .profile = profile,
                .format = format,
                .uuid = uuid,
                .text = text,
                .losses = losses,
        };
        int r;

        r = wgp_effective_build(profile, &c.effective);
        if (r < 0)
                return r;

        if (format == WGP_FORMAT_KEYFILE)
                wgp_convert_to_keyfile(&c);
        else
                wgp_convert_to_wg_quick(&c);
        write_wg_profile(&c);
        r = same_format(&c) ? 0 : wgp_convert_losses(&c);

        wgp_effective_done(&c.effective);
        return r < 0 ? r : text->failed ? -ENOMEM : 0;
}
