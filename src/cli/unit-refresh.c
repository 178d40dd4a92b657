/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/unit-refresh.h"

#include <unistd.h>

#include "cli/child.h"
#include "cli/message.h"
#include "cli/unit-present.h"
#include "system/profile-name.h"

/* Tells that a program could not be run. Returns the exit code. */
int wgp_report_spawn(const char *program, int r) {
        wgp_cli_error("%s: %s.", program, strerror(-r));
        return r == -ENOENT ? CLI_EXIT_UNSUPPORTED : CLI_EXIT_FAILED;
}

/* sd_booted(3) */
bool wgp_systemd_runs(void) {
        return access("/run/systemd/system", F_OK) >= 0;
}

/* Runs systemctl with a verb and a unit, if the verb has one. Returns 0, or an exit code (reported, or by systemctl).
 */
int wgp_systemctl(const char *verb, const char *unit) {
        const char *arguments[] = { "systemctl", "--no-pager", "--quiet", verb, unit ? "--" : NULL, unit, NULL };
        int r, status;

        r = wgp_child_run(arguments, STDOUT_FILENO, STDERR_FILENO, &status);
        if (r < 0)
                return wgp_report_spawn(arguments[0], r);
        return status == 0 ? 0 : status == CLI_EXIT_DENIED ? CLI_EXIT_DENIED : CLI_EXIT_FAILED;
}

/* Has systemd read all units again. Returns as wgp_systemctl(). */
int wgp_unit_reload_all(void) {
        return wgp_systemctl("daemon-reload", NULL);
}

/* Runs daemon-reload, if what the generator would write of the profile differs from what is there.
 *
 * Returns 0, an exit code (reported, or by systemctl), or a negative errno. */
int wgp_unit_refresh(const WgpLoaded *loaded) {
        _cleanup_(freep) char *instance = wgp_instance_escape(loaded->item.name);
        bool current;
        int r;

        if (!instance)
                return -ENOMEM;
        r = wgp_unit_is_current(loaded->item.path, loaded->profile, instance, &current);
        return r < 0 || current ? r : wgp_unit_reload_all();
}
