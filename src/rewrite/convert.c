/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Converts a profile into the text of either format, and writes [WgProfile], which is the same in both. The text is
 * made from the model, not from the lines, so comments and the order of lines do not survive. */

#include "rewrite/convert.h"

#include "rewrite/convert-internal.h"

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
/* What a server tells its clients. */
static void write_client(WgpConvert *c) {
        const WgpProfile *p = c->profile;
        WgpEndpoint endpoint = p->client_endpoint;

        for (size_t i = 0; i < p->n_client_allowed_ips; i++) {
                char text[WGP_PREFIX_TEXT_SIZE];

                if (i == 0)
                        wgp_convert_begin(c, "ClientAllowedIPs");
                wgp_prefix_format(p->client_allowed_ips + i, text);
                wgp_text_printf(c->text, "%s%s", i > 0 ? ", " : "", text);
                if (i + 1 == p->n_client_allowed_ips)
                        wgp_convert_end(c);
        }
        if (p->client_dns)
                wgp_convert_string(c, "ClientDNS", p->client_dns);
        if (endpoint.port > 0 || endpoint.service)
                wgp_convert_endpoint(c, "ClientEndpoint", &endpoint);
        else if (endpoint.host)
                wgp_convert_string(c, "ClientEndpoint", endpoint.host);
        else if (endpoint.address.family != AF_UNSPEC) {
                char text[INET6_ADDRSTRLEN];
                WgpPrefix address;

                wgp_sockaddr_to_prefix(&endpoint.address, &address);
                wgp_address_format(&address, text);
                wgp_convert_string(c, "ClientEndpoint", text);
        }
}

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
        write_client(c);
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
