/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Unit status. systemctl(1) is asked, as it finds the way to systemd without a bus, too, and speaks to 252 and later
 * alike. */

#include "cli/unit-status.h"

#include <stdio.h>

#include "cli/child.h"
#include "system/profile-name.h"

static void unit_done(WgpUnitStatus *unit) {
        free(unit->name);
        free(unit->load);
        free(unit->active);
        free(unit->sub);
        free(unit->result);
        free(unit->invocation);
        *unit = (WgpUnitStatus) {};
}

void wgp_units_done(WgpUnits *units) {
        for (size_t i = 0; i < units->n_items; i++)
                unit_done(units->items + i);
        free(units->items);
        *units = WGP_UNITS_NULL;
}

/* --- parsing --- */

/* "wg-profile@INSTANCE.service" -> the name of the profile, in the place of what is there. Returns 0, -EINVAL or
 * -ENOMEM. */
static int name_of(const char *id, char **ret) {
        const size_t before = strlen(WGP_UNIT_PREFIX), after = strlen(WGP_UNIT_SUFFIX), n = strlen(id);
        _cleanup_(freep) char *instance = NULL;

        if (n <= before + after || strncmp(id, WGP_UNIT_PREFIX, before) != 0 ||
                        !streq(id + n - after, WGP_UNIT_SUFFIX))
                return -EINVAL;
        instance = strndup(id + before, n - before - after);
        free(*ret);
        *ret = NULL;
        return instance ? wgp_instance_unescape(instance, ret) : -ENOMEM;
}

static int keep(char **field, const char *value) {
        free(*field);
        *field = strdup(value);
        return *field ? 0 : -ENOMEM;
}

static int read_property(WgpUnitStatus *unit, const char *key, const char *value) {
        if (streq(key, "Id"))
                return name_of(value, &unit->name) == -ENOMEM ? -ENOMEM : 0;
        if (streq(key, "LoadState"))
                return keep(&unit->load, value);
        if (streq(key, "ActiveState"))
                return keep(&unit->active, value);
        if (streq(key, "SubState"))
                return keep(&unit->sub, value);
        if (streq(key, "Result"))
                return keep(&unit->result, value);
        if (streq(key, "InvocationID"))
                return keep(&unit->invocation, value);
        if (streq(key, "ExecMainStatus"))
                unit->exit_status = atoi(value);
        else if (streq(key, "NeedDaemonReload"))
                unit->outdated = streq(value, "yes");
        else if (streq(key, "StateChangeTimestamp") && *value == '@')
                unit->since_sec = strtoull(value + 1, NULL, 10);
        return 0;
}

/* Takes the unit if it is one of ours. */
static int add(WgpUnits *units, WgpUnitStatus *unit) {
        if (!unit->name || !unit->active) {
                unit_done(unit);
                return 0;
        }
        if ((!unit->load && keep(&unit->load, "") < 0) || (!unit->sub && keep(&unit->sub, "") < 0) ||
                        (!unit->result && keep(&unit->result, "") < 0) ||
                        (!unit->invocation && keep(&unit->invocation, "") < 0) ||
                        !wgp_grow(&units->items, &units->n_allocated, units->n_items + 1, sizeof(*unit))) {
                unit_done(unit);
                return -ENOMEM;
        }
        units->items[units->n_items++] = *unit;
        *unit = (WgpUnitStatus) {};
        return 0;
}

/* Adds what "systemctl show" has printed: KEY=VALUE, an empty line between units. Returns 0, or -ENOMEM. */
int wgp_units_parse(const char *text, WgpUnits *units) {
        _cleanup_(freep) char *copy = strdup(text);
        WgpUnitStatus unit = {};
        char *cursor = copy;
        int r = copy ? 0 : -ENOMEM;

        for (char *line; r >= 0 && cursor && (line = strsep(&cursor, "\n"));) {
                char *equals = strchr(line, '=');

                if (equals) {
                        *equals = 0;
                        r = read_property(&unit, line, equals + 1);
                } else if (!*line)
                        r = add(units, &unit);
        }
        if (r >= 0)
                r = add(units, &unit);
        unit_done(&unit);
        return r;
}

/* Adds what "systemctl list-units --plain --no-legend" has printed: UNIT LOAD ACTIVE SUB DESCRIPTION. Returns 0, or
 * -ENOMEM. */
int wgp_units_parse_list(const char *text, WgpUnits *units) {
        _cleanup_(freep) char *copy = strdup(text);
        char *cursor = copy;
        int r = copy ? 0 : -ENOMEM;

        for (char *line; r >= 0 && cursor && (line = strsep(&cursor, "\n"));) {
                static const char *const keys[] = { "Id", "LoadState", "ActiveState", "SubState" };
                WgpUnitStatus unit = {};

                for (size_t i = 0; r >= 0 && i < WGP_ARRAY_SIZE(keys) && line; i++) {
                        line += strspn(line, " ");
                        r = read_property(&unit, keys[i], strsep(&line, " ") ?: "");
                }
                if (r >= 0)
                        r = add(units, &unit);
                unit_done(&unit);
        }
        return r;
}

/* --- asking --- */

/* Adds what systemd says of the units with these names or patterns, which end with NULL. */
static int show(const char *const *patterns, size_t n_patterns, WgpUnits *units) {
        static const char *const command[] = { "systemctl", "show", "--timestamp=unix",
                ("--property=Id,LoadState,ActiveState,SubState,Result,InvocationID,ExecMainStatus,NeedDaemonReload,"
                 "StateChangeTimestamp"),
                "--" };
        _cleanup_(freep) const char **arguments = calloc(WGP_ARRAY_SIZE(command) + n_patterns + 1, sizeof(char *));
        _cleanup_(wgp_text_done) WgpText text = WGP_TEXT_NULL;
        int r, status;

        if (!arguments)
                return -ENOMEM;
        memcpy(arguments, command, sizeof(command));
        memcpy(arguments + WGP_ARRAY_SIZE(command), patterns, n_patterns * sizeof(*patterns));
        r = wgp_child_capture(arguments, &text, &status);
        if (r == -ENOENT || (r >= 0 && status != 0))
                return -ENODATA;
        return r >= 0 && text.data ? wgp_units_parse(text.data, units) : r;
}

/* Asks for the unit of one profile, or of all that systemd knows when "name" is NULL.
 *
 * Returns 0, -ENODATA: there is no systemd to ask, or another negative errno. */
int wgp_units_read(const char *name, WgpUnits *ret) {
        _cleanup_(freep) char *instance = name ? wgp_instance_escape(name) : strdup("*"), *unit = NULL;
        WgpUnits units = WGP_UNITS_NULL;
        int r;

        if (!instance || asprintf(&unit, WGP_UNIT_PREFIX "%s" WGP_UNIT_SUFFIX, instance) < 0) {
                unit = NULL;
                return -ENOMEM;
        }
        r = show((const char *const[]) { unit }, 1, &units);
        if (r < 0) {
                wgp_units_done(&units);
                return r;
        }
        *ret = units;
        return 0;
}

static bool has_more_to_tell(const WgpUnitStatus *unit) {
        return streq(unit->active, "failed") || streq(unit->sub, "auto-restart");
}

/* Puts what "more" says of units into the place of what "units" says of them. Units come in any order. */
static void merge(WgpUnits *units, WgpUnits *more) {
        for (size_t i = 0; i < more->n_items; i++)
                for (size_t k = 0; k < units->n_items; k++)
                        if (streq(units->items[k].name, more->items[i].name)) {
                                WgpUnitStatus old = units->items[k];

                                units->items[k] = more->items[i];
                                more->items[i] = old;
                                break;
                        }
}

/* Asks for the failed ones by their names. */
static int show_failed(WgpUnits *units) {
        _cleanup_(freep) char **names = calloc(units->n_items + 1, sizeof(char *));
        WgpUnits more = WGP_UNITS_NULL;
        size_t n = 0;
        int r = names ? 0 : -ENOMEM;

        for (size_t i = 0; r >= 0 && i < units->n_items; i++) {
                _cleanup_(freep) char *instance = NULL;

                if (!has_more_to_tell(units->items + i))
                        continue;
                instance = wgp_instance_escape(units->items[i].name);
                if (!instance || asprintf(names + n, WGP_UNIT_PREFIX "%s" WGP_UNIT_SUFFIX, instance) < 0)
                        r = -ENOMEM;
                else
                        n++;
        }
        if (r >= 0 && n > 0)
                r = show((const char *const *) names, n, &more);
        if (r >= 0)
                merge(units, &more);
        for (size_t i = 0; i < n; i++)
                free(names[i]);
        wgp_units_done(&more);
        return r == -ENODATA ? 0 : r; /* gone meanwhile */
}

/* Asks for all units that systemd knows, in one question however many there are: their states, and of those that have
 * failed all that wgp_units_read() tells. Returns as that does. */
int wgp_units_list(WgpUnits *ret) {
        _cleanup_(wgp_text_done) WgpText text = WGP_TEXT_NULL;
        WgpUnits units = WGP_UNITS_NULL;
        int r, status;

        r = wgp_child_capture(
                        (const char *const[]) { "systemctl", "list-units", "--all", "--full", "--plain", "--no-legend",
                                        "--no-pager", "--", WGP_UNIT_PREFIX "*" WGP_UNIT_SUFFIX, NULL },
                        &text, &status);
        if (r == -ENOENT || (r >= 0 && status != 0))
                return -ENODATA;
        if (r >= 0 && text.data)
                r = wgp_units_parse_list(text.data, &units);
        if (r >= 0)
                r = show_failed(&units);
        if (r < 0) {
                wgp_units_done(&units);
                return r;
        }
        *ret = units;
        return 0;
}

/* Returns NULL when systemd does not know it. */
const WgpUnitStatus *wgp_units_find(const WgpUnits *units, const char *name) {
        for (size_t i = 0; i < units->n_items; i++)
                if (streq(units->items[i].name, name))
                        return units->items + i;
        return NULL;
}

bool wgp_unit_is(const WgpUnitStatus *unit, const char *active) {
        return unit && streq(unit->active, active);
}

/* What the unit's program has said when it failed: its first error, from the journal.
 *
 * Returns 0 with the text, to be freed by the caller, -ENODATA when nothing is to be had, or another negative errno.
 */
int wgp_unit_words(const WgpUnitStatus *unit, char **ret) {
        _cleanup_(freep) char *instance = wgp_instance_escape(unit->name), *match = NULL, *invocation = NULL;
        _cleanup_(wgp_text_done) WgpText text = WGP_TEXT_NULL;
        int r, status;

        if (!*unit->invocation)
                return -ENODATA;
        if (!instance || asprintf(&match, "_SYSTEMD_UNIT=" WGP_UNIT_PREFIX "%s" WGP_UNIT_SUFFIX, instance) < 0)
                match = NULL;
        if (asprintf(&invocation, "_SYSTEMD_INVOCATION_ID=%s", unit->invocation) < 0)
                invocation = NULL;
        if (!match || !invocation)
                return -ENOMEM;

        r = wgp_child_capture((const char *const[]) { "journalctl", "--quiet", "--no-pager", "--output=cat",
                                              "--priority=err", match, invocation, NULL },
                        &text, &status);
        if (r == -ENOENT || (r >= 0 && (status != 0 || !text.data)))
                return -ENODATA;
        if (r < 0)
                return r;
        *ret = strndup(text.data, strcspn(text.data, "\n"));
        if (!*ret)
                return -ENOMEM;
        return 0;
}
