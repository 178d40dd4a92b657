/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A stand-in for services on the bus: takes the names it is given, writes down what is called, refuses what the real
 * ones refuse, and answers the rest as they do (fake-rules.c).
 *
 *   fake-bus CONFIGURATION CALLS NAME...
 *
 * A call is a line "METHOD ARGUMENT..." in the file CALLS; an array is in brackets, with bytes as one hexadecimal
 * number. The file CONFIGURATION, which may be missing, is read at each call:
 *
 *   fail METHOD ERROR TEXT...              the answer is that error; "|" in the text: a new line
 *   silent METHOD                          there is no answer
 *   answer METHOD s|o|u VALUE              the answer is that string, path or number
 *   answer Get:PROPERTY s|o|u VALUE        the same for a property
 *   answer ListUnitsByNames job TYPE       the answer is one unit with such a job
 *
 * On SIGHUP it says "Reloaded", as firewalld does. */

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "base/macro.h"
#include "fake-rules.h"

static struct { const char *path, *calls; } fake;

static int format_value(sd_bus_message *m, char type, const char *contents, FILE *f);

/* Writes values until the end of the container, or of the message. */
static int format_values(sd_bus_message *m, FILE *f) {
        const char *contents;
        char type;
        int r;

        while ((r = sd_bus_message_peek_type(m, &type, &contents)) > 0) {
                r = format_value(m, type, contents, f);
                if (r < 0)
                        return r;
        }
        return r;
}

static int format_bytes(sd_bus_message *m, FILE *f) {
        const uint8_t *bytes;
        size_t n;
        int r = sd_bus_message_read_array(m, 'y', (const void **) &bytes, &n);

        fputc(' ', f);
        for (size_t i = 0; r >= 0 && i < n; i++)
                fprintf(f, "%02x", bytes[i]);
        return r;
}

static int format_container(sd_bus_message *m, char type, const char *contents, FILE *f) {
        int r;

        if (type == 'a' && streq(contents, "y"))
                return format_bytes(m, f);
        r = sd_bus_message_enter_container(m, type, contents);
        if (r < 0)
                return r;
        if (type == 'a')
                fputs(" [", f);
        r = format_values(m, f);
        if (type == 'a')
                fputs(" ]", f);
        return r < 0 ? r : sd_bus_message_exit_container(m);
}

static int format_value(sd_bus_message *m, char type, const char *contents, FILE *f) {
        union {
                const char *text;
                uint16_t u16;
                int32_t i32;
                int boolean;
        } value;
        int r;

        if (type == 'a' || type == 'r')
                return format_container(m, type, contents, f);
        r = sd_bus_message_read_basic(m, type, &value);
        if (r < 0)
                return r;
        switch (type) {
        case 's':
                fprintf(f, " '%s'", value.text);
                return 0;
        case 'b':
                fprintf(f, " %s", value.boolean ? "yes" : "no");
                return 0;
        case 'i':
                fprintf(f, " %" PRId32, value.i32);
                return 0;
        case 'q':
                fprintf(f, " %u", value.u16);
                return 0;
        default:
                return -EINVAL;
        }
}

static int note(sd_bus_message *m) {
        FILE *f = fopen(fake.calls, "ae");
        int r;

        if (!f)
                return -errno;
        fputs(sd_bus_message_get_member(m), f);
        r = format_values(m, f);
        fputc('\n', f);
        fclose(f);
        return r;
}

/* What to do about a call; an empty word: answer it. */
static void look_up(const char *member, char word[static 16], char error[static 128], char text[static 256]) {
        FILE *f = fopen(fake.path, "re");
        char line[512], name[128];

        *word = 0;
        while (f && fgets(line, sizeof(line), f)) {
                *error = *text = 0;
                if (sscanf(line, "%15s %127s %127s %255[^\n]", word, name, error, text) >= 2 && streq(name, member))
                        break;
                *word = 0;
        }
        if (f)
                fclose(f);
}

/* The name by which the configuration knows a call. */
static void format_key(sd_bus_message *m, char *buffer, size_t size) {
        const char *interface, *property;

        snprintf(buffer, size, "%s", sd_bus_message_get_member(m));
        if (streq(buffer, "Get") && sd_bus_message_rewind(m, true) >= 0 &&
                        sd_bus_message_read(m, "ss", &interface, &property) > 0)
                snprintf(buffer, size, "Get:%s", property);
}

static int answer(sd_bus_message *m, const char *type, const char *value) {
        const bool property = streq(sd_bus_message_get_member(m), "Get");

        if (streq(type, "job"))
                return sd_bus_reply_method_return(m, "a(ssssssouso)", 1, "some.service", "", "loaded", "active",
                                "exited", "", "/unit", (uint32_t) 7, value, "/job");
        if (streq(type, "u")) {
                const uint32_t number = (uint32_t) strtoul(value, NULL, 10);

                return property ? sd_bus_reply_method_return(m, "v", type, number) :
                                  sd_bus_reply_method_return(m, type, number);
        }
        return property ? sd_bus_reply_method_return(m, "v", type, value) : sd_bus_reply_method_return(m, type, value);
}

static int on_call(sd_bus_message *m, void *userdata, sd_bus_error *ret_error) {
        char key[128], word[16], error[128], text[256];
        int r;

        if (!sd_bus_message_is_method_call(m, NULL, NULL))
                return 0;
        r = note(m);
        if (r < 0)
                return r;
        r = fake_rules_refuse(m);
        if (r != 0)
                return r;
        format_key(m, key, sizeof(key));
        look_up(key, word, error, text);
        for (char *s = streq(word, "fail") ? strchr(text, '|') : NULL; s; s = strchr(s, '|'))
                *s = '\n';
        if (streq(word, "silent"))
                return 1;
        if (streq(word, "answer"))
                return answer(m, error, text);
        r = streq(word, "fail") ? sd_bus_reply_method_errorf(m, error, "%s", text) : fake_rules_answer(m);
        return r < 0 ? r : 1;
}

static int on_hangup(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata) {
        return sd_bus_emit_signal(
                        userdata, "/org/fedoraproject/FirewallD1", "org.fedoraproject.FirewallD1", "Reloaded", NULL);
}

static int run(sd_event *event, sd_bus *bus, char **names) {
        sigset_t mask;
        int r;

        sigemptyset(&mask);
        sigaddset(&mask, SIGTERM);
        sigaddset(&mask, SIGHUP);
        (void) sigprocmask(SIG_BLOCK, &mask, NULL);
        r = sd_event_add_signal(event, NULL, SIGTERM, NULL, NULL);
        if (r >= 0)
                r = sd_event_add_signal(event, NULL, SIGHUP, on_hangup, bus);
        if (r >= 0)
                r = sd_bus_add_filter(bus, NULL, on_call, NULL);
        for (char **name = names; r >= 0 && *name; name++)
                r = sd_bus_request_name(bus, *name, 0);
        if (r >= 0)
                r = sd_bus_attach_event(bus, event, 0);
        return r < 0 ? r : sd_event_loop(event);
}

int main(int argc, char **argv) {
        sd_event *event = NULL;
        sd_bus *bus = NULL;
        int r;

        if (argc < 4)
                return 2;
        fake.path = argv[1];
        fake.calls = argv[2];

        r = sd_event_default(&event);
        if (r >= 0)
                r = sd_bus_open_system(&bus);
        if (r >= 0)
                r = run(event, bus, argv + 3);
        if (r < 0)
                fprintf(stderr, "fake-bus: %s\n", strerror(-r));
        sd_bus_flush_close_unref(bus);
        sd_event_unref(event);
        return r < 0;
}
