/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs the program that repairs a tunnel, and ends it when it takes too long. */

#include "resolver/repair.h"

#include <spawn.h>
#include <sys/wait.h>
#include <time.h>

#include "resolver/debounce.h"
#include "system/report.h"

enum {
        LIMIT_SECONDS = 120, /* resolved, firewalld and a daemon have 25, 25 and 30 s to answer */
        STATUS_CHANGED = 10, /* exit status: something was put back */
};

bool wgp_repair_is_running(const WgpRepair *repair) {
        return repair->child;
}

/* "ended" is called when the program is gone. */
void wgp_repair_kill(const WgpRepair *repair) {
        (void) sd_event_source_send_child_signal(repair->child, SIGKILL, /* si= */ NULL, /* flags= */ 0);
}

/* "ended" is not called any more; the program goes on. */
void wgp_repair_done(WgpRepair *repair) {
        repair->child = sd_event_source_disable_unref(repair->child);
        repair->limit = sd_event_source_disable_unref(repair->limit);
        free(repair->name);
        repair->name = NULL;
}

static WgpRepairResult find_result(const siginfo_t *info) {
        if (info->si_code != CLD_EXITED)
                return WGP_REPAIR_FAILED;
        return info->si_status == STATUS_CHANGED ? WGP_REPAIR_CHANGED :
               info->si_status == 0              ? WGP_REPAIR_NEEDLESS :
                                                   WGP_REPAIR_FAILED;
}

static int on_child(sd_event_source *source, const siginfo_t *info, void *userdata) {
        WgpRepair *repair = userdata;

        wgp_repair_done(repair);
        repair->ended(repair->userdata, find_result(info), info);
        return 0;
}

/* Other repairs wait for this one. */
static int on_limit(sd_event_source *source, uint64_t usec, void *userdata) {
        const WgpRepair *repair = userdata;

        wgp_report_warning("%s: the repair is not done after %d seconds: ending it.", repair->name, LIMIT_SECONDS);
        wgp_repair_kill(repair);
        return 0;
}

/* The child's signals are as they are by default. */
static int spawn(const WgpRepairCommand *command, const char *name, bool quiet, pid_t *ret) {
        const char *argv[WGP_REPAIR_ARGUMENTS];
        _cleanup_(freep) char *root = NULL;
        posix_spawnattr_t attributes;
        sigset_t none;
        int r;

        r = wgp_repair_format(command, name, quiet, argv, &root);
        if (r < 0)
                return r;
        r = posix_spawnattr_init(&attributes);
        if (r != 0)
                return -r;
        sigemptyset(&none);
        (void) posix_spawnattr_setsigmask(&attributes, &none);
        (void) posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
        r = posix_spawn(ret, command->apply, NULL, &attributes, (char *const *) argv, environ);
        posix_spawnattr_destroy(&attributes);
        return -r;
}

static int watch(WgpRepair *repair, sd_event *event, pid_t pid) {
        uint64_t now = 0;
        int r;

        r = sd_event_add_child(event, &repair->child, pid, WEXITED, on_child, repair);
        if (r < 0)
                return r;
        (void) sd_event_now(event, CLOCK_BOOTTIME, &now);
        (void) sd_event_add_time(event, &repair->limit, CLOCK_BOOTTIME, now + WGP_SECONDS(LIMIT_SECONDS),
                        WGP_ACCURACY_USEC, on_limit, repair);
        return 0;
}

/* The repair is not running. "quiet": it does not say what it puts back. SIGCHLD is blocked. Returns 0 or a negative
 * errno. */
int wgp_repair_start(WgpRepair *repair, sd_event *event, const WgpNetnsHelper *helper, const WgpRepairCommand *command,
                const WgpTunnel *tunnel, bool quiet) {
        pid_t pid = 0;
        int r;

        repair->name = strdup(tunnel->name);
        if (!repair->name)
                return -ENOMEM;
        if (tunnel->netns && helper->fd >= 0)
                r = wgp_netns_helper_repair(helper, tunnel->name, quiet, &pid);
        else
                r = spawn(command, tunnel->name, quiet, &pid);
        if (r >= 0)
                r = watch(repair, event, pid);
        if (r < 0)
                wgp_repair_done(repair);
        return r;
}
