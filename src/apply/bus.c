/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls methods on the system bus, through a libsystemd that is loaded on demand. */

#include "apply/bus.h"

#include <dlfcn.h>
#include <time.h>

#include "system/library.h"

struct WgpBus {
        void *library;
        sd_bus *bus;
        uint64_t deadline_usec; /* CLOCK_MONOTONIC */
        __typeof__(sd_bus_open_system) *open_system;
        __typeof__(sd_bus_new) *bus_new;
        __typeof__(sd_bus_set_address) *set_address;
        __typeof__(sd_bus_start) *start;
        __typeof__(sd_bus_close_unref) *close_unref;
        __typeof__(sd_bus_is_ready) *is_ready;
        __typeof__(sd_bus_process) *process;
        __typeof__(sd_bus_wait) *wait;
        __typeof__(sd_bus_message_new_method_call) *message_new_method_call;
        __typeof__(sd_bus_message_set_auto_start) *message_set_auto_start;
        __typeof__(sd_bus_message_unref) *message_unref;
        WgpBusMessages messages;
        __typeof__(sd_bus_call) *call;
        __typeof__(sd_bus_error_free) *error_free;
        __typeof__(sd_bus_error_has_name) *error_has_name;
};

static int load(WgpBus *b) {
        const WgpSymbol symbols[] = {
                { "sd_bus_open_system", &b->open_system },
                { "sd_bus_new", &b->bus_new },
                { "sd_bus_set_address", &b->set_address },
                { "sd_bus_start", &b->start },
                { "sd_bus_close_unref", &b->close_unref },
                { "sd_bus_is_ready", &b->is_ready },
                { "sd_bus_process", &b->process },
                { "sd_bus_wait", &b->wait },
                { "sd_bus_message_new_method_call", &b->message_new_method_call },
                { "sd_bus_message_set_auto_start", &b->message_set_auto_start },
                { "sd_bus_message_unref", &b->message_unref },
                { "sd_bus_message_append", &b->messages.append },
                { "sd_bus_message_append_array", &b->messages.append_array },
                { "sd_bus_message_open_container", &b->messages.open_container },
                { "sd_bus_message_close_container", &b->messages.close_container },
                { "sd_bus_message_enter_container", &b->messages.enter_container },
                { "sd_bus_message_read", &b->messages.read },
                { "sd_bus_call", &b->call },
                { "sd_bus_error_free", &b->error_free },
                { "sd_bus_error_has_name", &b->error_has_name },
        };

        return wgp_library_load("libsystemd.so.0", symbols, WGP_ARRAY_SIZE(symbols), &b->library) < 0 ?
                               WGP_BUS_E_ABSENT :
                               0;
}

static uint64_t now_usec(void) {
        struct timespec ts = {};

        (void) clock_gettime(CLOCK_MONOTONIC, &ts);
        return (uint64_t) ts.tv_sec * 1000000 + (uint64_t) ts.tv_nsec / 1000;
}

/* How long all calls from now on may take together. */
void wgp_bus_set_time_limit(WgpBus *bus, uint64_t usec) {
        bus->deadline_usec = now_usec() + usec;
}

static uint64_t time_left(const WgpBus *b) {
        const uint64_t now = now_usec();

        /* 0 would be the library's own limit */
        return b->deadline_usec > now ? b->deadline_usec - now : 1;
}

/* Until the bus has greeted us: the first call would wait for that without a limit. */
static int wait_until_ready(WgpBus *b) {
        int r;

        while ((r = b->is_ready(b->bus)) == 0) {
                if (b->deadline_usec <= now_usec())
                        return -ETIMEDOUT;
                r = b->process(b->bus, NULL);
                if (r == 0)
                        r = b->wait(b->bus, time_left(b));
                if (r < 0)
                        break;
        }
        return WGP_MIN(r, 0);
}

/* Without a bus between the two. */
static int open_directly(WgpBus *b, const char *address) {
        int r;

        r = b->bus_new(&b->bus);
        if (r >= 0)
                r = b->set_address(b->bus, address);
        return r < 0 ? r : b->start(b->bus);
}

/* "address" NULL: the system bus. */
static int open_address(const char *address, uint64_t usec, WgpBus **ret) {
        _cleanup_(wgp_bus_closep) WgpBus *b = NULL;
        int r;

        b = calloc(1, sizeof(*b));
        if (!b)
                return -ENOMEM;

        r = load(b);
        if (r != 0)
                return r;
        wgp_bus_set_time_limit(b, usec);
        r = address ? open_directly(b, address) : b->open_system(&b->bus);
        if (r >= 0)
                r = wait_until_ready(b);
        if (r < 0)
                return r == -ENOMEM || r == -ETIMEDOUT ? r : WGP_BUS_E_ABSENT;

        *ret = TAKE_PTR(b);
        return 0;
}

/* Connects to the system bus; "usec" is how long this may take. Returns 0, WGP_BUS_E_ABSENT when there is none,
 * -ETIMEDOUT, or -ENOMEM. */
int wgp_bus_open(uint64_t usec, WgpBus **ret) {
        return open_address(/* address= */ NULL, usec, ret);
}

/* Connects to the service manager, by the socket that systemctl(1) uses as root: it is there before the bus is, and
 * after it. Returns as above. */
int wgp_bus_open_manager(uint64_t usec, WgpBus **ret) {
        return open_address("unix:path=/run/systemd/private", usec, ret);
}

WgpBus *wgp_bus_close(WgpBus *bus) {
        if (!bus)
                return NULL;
        if (bus->bus) /* all calls were answered or given up; a flush would wait without a limit for a bus that is not
                         ready */
                bus->close_unref(bus->bus);
        if (bus->library)
                dlclose(bus->library);
        free(bus);
        return NULL;
}

static int judge_error(const WgpBus *b, const sd_bus_error *error, int r, char **ret_error) {
        static const char *const absent[] = {
                "org.freedesktop.DBus.Error.NameHasNoOwner",
                "org.freedesktop.DBus.Error.ServiceUnknown",
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(absent); i++)
                if (b->error_has_name(error, absent[i]))
                        return WGP_BUS_E_ABSENT;
        if (b->error_has_name(error, "org.freedesktop.DBus.Error.UnknownMethod"))
                return WGP_BUS_E_UNKNOWN;

        if (ret_error) {
                const char *text = error->message ?: strerror(-r);
                size_t n = strcspn(text, "\n"); /* firewalld's have whole rulesets behind the first line */

                /* it becomes the end of a sentence of ours */
                *ret_error = strndup(text, n > 0 && text[n - 1] == '.' ? n - 1 : n);
                if (!*ret_error)
                        return -ENOMEM;
        }
        return WGP_BUS_E_FAILED;
}

static int send_and_wait(WgpBus *bus, sd_bus_message *m, char **ret_error, sd_bus_message **ret_reply) {
        sd_bus_error error = SD_BUS_ERROR_NULL;
        int r;

        r = bus->call(bus->bus, m, time_left(bus), &error, ret_reply);
        r = r < 0 ? judge_error(bus, &error, r, ret_error) : 0;
        bus->error_free(&error);
        return r;
}

static int new_call(const WgpBus *bus, const WgpBusMethod *method, WgpBusFill fill, const void *userdata,
                sd_bus_message **ret) {
        sd_bus_message *m = NULL;
        int r;

        r = bus->message_new_method_call(
                        bus->bus, &m, method->destination, method->path, method->interface, method->member);
        if (r < 0)
                return r;

        r = bus->message_set_auto_start(m, method->wait);
        if (r >= 0)
                r = fill(&bus->messages, m, userdata);
        if (r < 0) {
                bus->message_unref(m);
                return r;
        }
        *ret = m;
        return 0;
}

/* Calls a method and waits for its answer, until the time limit. A service that does not run is not started for it,
 * unless "wait" is set: then one that is about to come to the bus is waited for.
 *
 * Returns 0, a WGP_BUS_E_* ("*ret_error", when WGP_BUS_E_FAILED, is the caller's to free; it may be NULL), or a
 * negative errno. */
int wgp_bus_call(WgpBus *bus, const WgpBusMethod *method, WgpBusFill fill, const void *userdata, char **ret_error) {
        sd_bus_message *m = NULL;
        int r;

        r = new_call(bus, method, fill, userdata, &m);
        if (r < 0)
                return r;
        r = send_and_wait(bus, m, ret_error, /* ret_reply= */ NULL);
        bus->message_unref(m);
        return r;
}

/* The same for a method whose answer matters. Returns as that one does. */
int wgp_bus_ask(WgpBus *bus, const WgpBusMethod *method, const WgpBusQuestion *question) {
        sd_bus_message *m = NULL, *reply = NULL;
        int r;

        r = new_call(bus, method, question->fill, question->fill_userdata, &m);
        if (r < 0)
                return r;
        r = send_and_wait(bus, m, /* ret_error= */ NULL, &reply);
        if (r == 0)
                r = WGP_MIN(question->read(&bus->messages, reply, question->read_userdata), 0);
        bus->message_unref(m);
        bus->message_unref(reply);
        return r;
}

/* What wgp_bus_call() returned, in words, for when there are no better ones. */
const char *wgp_bus_error(int r) {
        switch (r) {
        case WGP_BUS_E_ABSENT:
                return "the service is not running";
        case WGP_BUS_E_UNKNOWN:
                return "the service is too old";
        case WGP_BUS_E_FAILED:
                return "the service refused";
        default:
                return strerror(-r);
        }
}
