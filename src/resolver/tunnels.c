/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the records of tunnels when they appear, change or go. */

#include "resolver/tunnels.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

#include "resolver/last-good.h"
#include "resolver/status.h"
#include "system/kill-switch-record.h"
#include "system/report.h"
#include "system/root-path.h"

static bool has_suffix(const char *s, const char *suffix) {
        size_t n = strlen(s), m = strlen(suffix);

        return n > m && streq(s + n - m, suffix);
}

/* NAME of "NAME.json"; "" for all else, our own files among it. */
static void name_of(const char *file, char ret[static NAME_MAX + 1]) {
        size_t n = strlen(file);

        ret[0] = 0;
        if (n > NAME_MAX || !has_suffix(file, ".json") || has_suffix(file, WGP_STATUS_SUFFIX))
                return;
        memcpy(ret, file, n - strlen(".json"));
        ret[n - strlen(".json")] = 0;
}

/* Serves "NAME.resolve". */
static void take_request(WgpTunnels *tunnels, const char *file) {
        char name[NAME_MAX + 1];
        size_t n = strlen(file);

        if (!has_suffix(file, WGP_RESOLVE_SUFFIX) || n > NAME_MAX)
                return;
        memcpy(name, file, n - strlen(WGP_RESOLVE_SUFFIX));
        name[n - strlen(WGP_RESOLVE_SUFFIX)] = 0;
        if (unlinkat(tunnels->directory, file, 0) >= 0)
                tunnels->ops.wanted(tunnels->ops.userdata, name);
}

static void forget(WgpTunnels *tunnels, const char *name) {
        wgp_manager_remove_tunnel(tunnels->manager, name);
        (void) wgp_status_remove(tunnels->directory, name);
        tunnels->ops.gone(tunnels->ops.userdata, name);
}

/* Takes over what was known of a tunnel before this process, and before a boot. */
static void recall(WgpTunnels *tunnels, WgpTunnel *tunnel) {
        int r = 0;

        tunnel->recalled = true;
        (void) wgp_status_read(tunnels->directory, tunnel);
        if (tunnels->kept >= 0)
                r = wgp_last_good_read(tunnels->kept, tunnel);
        if (r < 0)
                wgp_report_warning(
                                "%s: cannot read where its peers last answered: %s. Names have to be resolved first.",
                                tunnel->name, strerror(-r));
}

/* Writes down where the peers of a tunnel answered, if that is news. Without a state directory nothing is kept. */
void wgp_tunnels_keep(WgpTunnels *tunnels, WgpTunnel *tunnel) {
        int r;

        if (tunnels->kept < 0 || !wgp_last_good_has_changed(tunnel))
                return;
        r = wgp_last_good_write(tunnels->kept, tunnel);
        if (r < 0)
                wgp_report_warning(
                                "%s: cannot write down where its peers answer: %s. After a boot names have to be resolved first.",
                                tunnel->name, strerror(-r));
}

static int take(WgpTunnels *tunnels, const WgpState *state) {
        WgpTunnel *tunnel;
        uint64_t now;
        int r;

        r = sd_event_now(sd_event_source_get_event(tunnels->source), CLOCK_BOOTTIME, &now);
        if (r >= 0)
                r = wgp_manager_set_tunnel(tunnels->manager, now, state);
        if (r < 0)
                return r;
        tunnel = wgp_manager_find(tunnels->manager, state->name);
        if (!tunnel->recalled && tunnel->n_peers > 0) /* the first record of a start may have no peers yet */
                recall(tunnels, tunnel);
        if (tunnel->n_peers == 0)
                (void) wgp_status_remove(tunnels->directory, state->name);
        tunnels->ops.appeared(tunnels->ops.userdata, tunnel);
        return 0;
}

/* Whether a record, by itself, is not to be gone by. While apply is at work nothing changes: it writes once more when
 * it has finished. After a reload that failed it has not: then what is known stays, and who knows nothing yet has
 * that. A record without a link is of a start that was not finished. */
static bool is_passing(const WgpTunnels *tunnels, const WgpState *state) {
        return !state->complete &&
               (state->network.link.ifindex == 0 || wgp_manager_find(tunnels->manager, state->name));
}

/* Reads one state file. */
static void load(WgpTunnels *tunnels, const char *name) {
        _cleanup_(wgp_state_done) WgpState state = WGP_STATE_NULL;
        int r;

        r = wgp_state_read(tunnels->directory, name, &state);
        if (r == WGP_STATE_E_ABSENT || (r == 0 && !streq(state.name, name))) {
                forget(tunnels, name);
                tunnels->ops.unrecorded(tunnels->ops.userdata, name);
                return;
        }
        if (r == 0)
                tunnels->ops.recorded(tunnels->ops.userdata, &state);
        if (r == 0 && is_passing(tunnels, &state))
                return;
        if (r == 0 && !wgp_state_is_watched(&state)) {
                forget(tunnels, name);
                return;
        }
        if (r == 0)
                r = take(tunnels, &state);
        if (r != 0)
                wgp_report_warning("%s.json cannot be read: %s. Leaving the tunnel alone.", name,
                                r < 0 ? strerror(-r) : "it is damaged");
}

/* Whether there is a state file of that tunnel. */
bool wgp_tunnels_have(const WgpTunnels *tunnels, const char *name) {
        char file[NAME_MAX + 1];
        int n = snprintf(file, sizeof(file), "%s.json", name);

        return n < (int) sizeof(file) && faccessat(tunnels->directory, file, F_OK, AT_SYMLINK_NOFOLLOW) >= 0;
}

/* Removes what an earlier run has left of tunnels that are gone. */
static void remove_orphan(WgpTunnels *tunnels, const char *file) {
        char name[NAME_MAX + 1];
        size_t n = strlen(file);

        if (!has_suffix(file, WGP_STATUS_SUFFIX) || n > NAME_MAX)
                return;
        memcpy(name, file, n - strlen(WGP_STATUS_SUFFIX));
        name[n - strlen(WGP_STATUS_SUFFIX)] = 0;
        if (!wgp_tunnels_have(tunnels, name))
                (void) wgp_status_remove(tunnels->directory, name);
}

/* Reads all state files. Returns how many there are, or a negative errno. */
int wgp_tunnels_scan(WgpTunnels *tunnels) {
        int fd = openat(tunnels->directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), n = 0;
        DIR *dir = fd < 0 ? NULL : fdopendir(fd);

        if (!dir) {
                int r = -errno;

                if (fd >= 0)
                        close(fd);
                return r;
        }

        /* those that went while nobody looked; from the end, as the last one takes the place of one that is removed */
        for (size_t i = tunnels->manager->n_tunnels; i > 0; i--) {
                _cleanup_(freep) char *name = strdup(tunnels->manager->tunnels[i - 1]->name);

                if (name && !wgp_tunnels_have(tunnels, name))
                        forget(tunnels, name);
        }
        for (struct dirent *entry; (entry = readdir(dir));) {
                char name[NAME_MAX + 1];

                remove_orphan(tunnels, entry->d_name);
                take_request(tunnels, entry->d_name);
                name_of(entry->d_name, name);
                if (!*name)
                        continue;
                load(tunnels, name);
                n++;
        }
        closedir(dir);
        return n;
}

/* Whether apply is at work on a tunnel: it holds the lock. */
bool wgp_tunnels_busy(const WgpTunnels *tunnels, const char *name) {
        _cleanup_(wgp_closep) int fd = -EBADF;
        char file[NAME_MAX + 1];

        if (snprintf(file, sizeof(file), "%s.lock", name) >= (int) sizeof(file))
                return false;
        fd = openat(tunnels->directory, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
        return fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
}

static int on_inotify(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        _Alignas(struct inotify_event) char buffer[8192];
        WgpTunnels *tunnels = userdata;
        ssize_t n;

        while ((n = read(fd, buffer, sizeof(buffer))) > 0)
                for (char *p = buffer; p < buffer + n;) {
                        const struct inotify_event *event = (const struct inotify_event *) p;
                        char name[NAME_MAX + 1];

                        p += sizeof(*event) + event->len;
                        if (event->mask & IN_Q_OVERFLOW) {
                                (void) wgp_tunnels_scan(tunnels);
                                tunnels->ops.lost(tunnels->ops.userdata);
                                continue;
                        }
                        if (event->len > 0 && wgp_kill_switch_is_record(event->name))
                                tunnels->ops.kill_switch(tunnels->ops.userdata);
                        if (event->len > 0 && event->mask & IN_MOVED_TO)
                                take_request(tunnels, event->name);
                        name_of(event->len > 0 ? event->name : "", name);
                        if (*name)
                                load(tunnels, name);
                }
        return 0;
}

/* The service's state directory, by systemd.exec(5). Returns it, or -EBADF: there is none. */
static int open_kept(void) {
        const char *path = getenv("STATE_DIRECTORY");
        int fd = path ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -EBADF;

        if (path && fd < 0)
                wgp_report_warning("Cannot open %s: %s. After a boot names have to be resolved first.", path,
                                strerror(errno));
        return fd < 0 ? -EBADF : fd;
}

/* Opens the directory, watches it, and reads what is there. Returns 0 or a negative errno. */
int wgp_tunnels_init(WgpTunnels *tunnels, sd_event *event, const char *root, WgpManager *manager,
                const WgpTunnelsOps *ops) {
        char path[sizeof("/proc/self/fd/") + 10];
        int r;

        *tunnels = (WgpTunnels) {
                .ops = *ops,
                .manager = manager,
                .directory = -EBADF,
                .kept = open_kept(),
                .inotify = -EBADF,
        };
        r = wgp_state_open_directory(root, &tunnels->directory);
        if (r < 0)
                return r;

        tunnels->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
        if (tunnels->inotify < 0)
                return -errno;
        snprintf(path, sizeof(path), "/proc/self/fd/%d", tunnels->directory);
        if (inotify_add_watch(tunnels->inotify, path, IN_MOVED_TO | IN_DELETE | IN_ONLYDIR) < 0)
                return -errno;
        r = sd_event_add_io(event, &tunnels->source, tunnels->inotify, EPOLLIN, on_inotify, tunnels);
        if (r >= 0)
                r = wgp_tunnels_scan(tunnels);
        return WGP_MIN(r, 0);
}

void wgp_tunnels_done(WgpTunnels *tunnels) {
        sd_event_source_disable_unref(tunnels->source);
        if (tunnels->inotify >= 0)
                close(tunnels->inotify);
        if (tunnels->directory >= 0)
                close(tunnels->directory);
        if (tunnels->kept >= 0)
                close(tunnels->kept);
        *tunnels = (WgpTunnels) { .directory = -EBADF, .kept = -EBADF, .inotify = -EBADF };
}
