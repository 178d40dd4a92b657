# SPDX-License-Identifier: LGPL-2.1-or-later
"""What has to be true after each step: the test's own idea of each tunnel, which the steps change."""

# What is looked for in a running tunnel may take so long to be there, in seconds.
PATIENCE = 10
# ... where somebody keeps deleting it, and the repairs are spaced.
PATIENCE_PACED = 65
# ... where its own packets have another way, as another full tunnel has come or gone: WireGuard keeps to the source address of the
# old one until it has waited in vain for 15 seconds, and begins anew.
PATIENCE_MOVED = 30
# What a deleted rule, route or table lets through until it is put back: nothing with a kill switch.
GRACE = 0.5


class Expected:
    """Of one tunnel."""

    def __init__(self, tunnel):
        self.tunnel = tunnel
        self.up = False
        self.profile = "good"       # "good", "broken", "gone"
        self.masked = False
        self.drop_in = None
        self.kill_switch = False    # its unit is active
        self.record = True          # while it is up: what is missing can be put back
        self.known = None           # what there was of it, when it was as it should be
        self.deletions = 0          # since it was started
        self.links_deleted = 0      # in all
        self.damaged = False        # what is missing is put back by nobody but a reload or a start
        self.blocked = False        # a kill switch stopped its packets when they were looked at last
        self.pending = False        # the profile changed, and was not applied yet
        self.six = None             # whether the machine had IPv6 when it was started or reloaded; None: just now
        self.hooks_lost = False     # it was stopped when neither its record nor its profile told what to run, or between hooks
        self.open_families = ()     # captured ones that may be in the clear until the next start: the record and a rule went

    def can_start(self):
        return self.profile == "good" and not self.masked

    def captured(self):
        """Families of which nothing may leave in the clear while it is up."""
        return tuple(f for f in self.tunnel.families if f not in self.open_families) if self.up else ()

    def started(self):
        self.up, self.record, self.known, self.deletions, self.open_families = True, True, None, 0, ()
        self.pending = self.damaged = self.hooks_lost = False
        self.six = None

    def reloaded(self):
        self.six = None
        self.record, self.known, self.open_families, self.pending, self.damaged = True, None, (), False, False

    def stopped(self):
        self.hooks_lost = self.hooks_lost or (self.up and not self.record and self.profile != "good")
        self.up, self.known = False, None


class Model:
    def __init__(self, tunnels):
        self.tunnels = tunnels
        self.of = {t.name: Expected(t) for t in tunnels}
        self.reset()

    def reset(self):
        for tunnel in self.tunnels:
            tunnel.reset()
            self.of[tunnel.name] = Expected(tunnel)
        self.ipv6 = True
        self.foreign = set()
        self.flushed = False        # firewalld's tables, too

    def up(self):
        return [e for e in self.of.values() if e.up]

    def kill_switch(self):
        return any(e.kill_switch for e in self.of.values())

    def captured(self):
        """Families of which no clear packet may be seen: {family: is it a kill switch's doing}."""
        found = {}
        for e in self.of.values():
            for family in e.captured():
                found.setdefault(family, False)
        if self.kill_switch():
            found = {4: True, 6: True}
        return found

    def may_carry(self, expected):
        """Whether its packets can pass now: a kill switch stops those of others."""
        if not expected.up or expected.damaged or (expected.tunnel.six_endpoint and not self.ipv6):
            return False
        if not expected.tunnel.families and any(e.damaged for e in self.up() if e.tunnel.families):
            return False  # its own packets may go into that one
        return expected.kill_switch or not self.kill_switch()

    def patience(self, expected):
        return PATIENCE if expected.deletions <= 2 else PATIENCE_PACED


def unit_names(tunnels):
    return [t.unit for t in tunnels] + [t.kill_switch_unit for t in tunnels if t.kill_switch]
