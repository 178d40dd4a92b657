# SPDX-License-Identifier: LGPL-2.1-or-later
"""The invariants, looked at after each step."""

import os
import re
import time

import machine
import model as models
import steps
import wire
import world
from machine import STATE


class Violation(Exception):
    def __init__(self, invariant, tunnel, expected, actual):
        super().__init__(f"{invariant}: {tunnel}: expected {expected}; actual {actual}")
        self.invariant, self.tunnel, self.expected, self.actual = invariant, tunnel or "-", expected, actual


def some(items, limit=6):
    items = list(items)
    return "; ".join(map(str, items[:limit])) + (f"; and {len(items) - limit} more" if len(items) > limit else "")


class Judge:
    def __init__(self, model, capture, keys):
        self.model, self.capture, self.keys = model, capture, keys
        self.namespaces = sorted({t.namespace for t in model.tunnels if t.namespace})
        self.unit_names = models.unit_names(model.tunnels)
        self.begin()

    def begin(self):
        """A new life."""
        self.times, self.last = [], 0
        self.peers = {}
        self.captured = {}
        self.checked_until = time.time()
        self.capture.forget()
        self.cursor = machine.output("journalctl", "--lines=0", "--show-cursor", "--quiet").strip().removeprefix("-- cursor: ")

    def mark(self, name):
        """How long each part of the judgement takes."""
        now = time.monotonic()
        self.times.append((name, now - self.last))
        self.last = now

    def spent(self):
        return ", ".join(f"{name} {seconds:.1f}" for name, seconds in self.times if seconds >= 0.1)

    def snapshot(self):
        return machine.Snapshot(self.namespaces)

    # --- what there is of one tunnel ---

    def facts(self, e, snapshot):
        """All that there is of it, as lines."""
        name, space = e.tunnel.name, e.tunnel.namespace
        found = [f"device: {line}" for line in snapshot.devices.get(name, [])]
        mark = snapshot.mark(name)
        if space:
            # the MTU follows the path, which other tunnels come into and go from
            lines = [f"namespace: {re.sub(r' mtu [0-9]+', '', line)}" for line in snapshot.namespaces.get(space, [])
                     if f"{name} " in f"{line} "]
        else:
            lines = [f"address: {line}" for line in snapshot.addresses if line.split()[0] == name]
            lines += [f"link: {' '.join(line.split()[:2])}" for line in snapshot.links if line.split()[0] == name]
            for family in (4, 6):
                lines += [f"IPv{family} route: {line}" for line in snapshot.routes[family] if self.is_route_of(line, name, mark)]
                lines += [f"IPv{family} rule: {line}" for line in snapshot.rules[family] if self.is_rule_of(line, name, mark)]
            table = snapshot.tables.get(f"inet wg-profile-{name}")
            lines += [f"nft: {line}" for line in table.splitlines()] if table is not None else []
        return found + [line for line in lines if "inet6 fe80:" not in line and not line.startswith(("IPv6 route: fe80:"))]

    def expected(self, known):
        """Of what is known, what can be there now: the machine may have no IPv6."""
        return [line for line in known if self.model.ipv6 or not (
            " inet6 " in line or line.startswith("IPv6 route: ") or (line.startswith("namespace: ") and ("::/" in line or " pref " in line)))]

    @staticmethod
    def is_route_of(line, name, mark):
        if line.split()[0] in ("local", "broadcast", "anycast", "multicast"):
            return False
        return f" dev {name} " in f"{line} " or (mark and f" table {mark} " in f"{line} ")

    @staticmethod
    def is_rule_of(line, name, mark):
        return (name == "rules" and line.startswith("5006:")) or bool(mark and f"fwmark {mark:#x} " in f"{line} ")

    # --- what there should be nothing of ---

    def strays(self, snapshot):
        """What is there of tunnels that are not up, as (tunnel, line)."""
        up = {e.tunnel.name for e in self.model.up()}
        marks = {snapshot.mark(e.tunnel.name) for e in self.model.up() if e.tunnel.families}
        found = []
        links = snapshot.link_names()
        for e in self.model.of.values():
            name, space = e.tunnel.name, e.tunnel.namespace
            if e.up:
                continue
            if name in links or any(line.split()[0] == name for line in snapshot.namespaces.get(space, [])):
                found.append((name, f"link {name}"))
            if f"inet wg-profile-{name}" in snapshot.tables:
                found.append((name, f"nft table inet wg-profile-{name}"))
            # firewalld without its tables refuses all: what could not be taken away stays in the record
            if os.path.exists(f"{STATE}/{name}.json") and not (self.model.flushed and name == "corp"):
                found.append((name, f"record {name}.json"))
        if "rules" not in up:
            for family in (4, 6):
                found += [("rules", f"IPv{family} rule {line}") for line in snapshot.rules[family] if line.startswith("5006:")]
                found += [("rules", f"IPv{family} route {line}") for line in snapshot.routes[family] if " table 1234" in line]
        if self.model.of["hooks"].hooks_lost and "hooks" not in up:
            steps.undo_hooks()
            self.model.of["hooks"].hooks_lost = False
        elif "hooks" not in up:
            if os.path.exists("/run/life-hooks"):
                found.append(("hooks", "what PostUp= made: /run/life-hooks"))
            if "inet life-hooks" in snapshot.tables:
                found.append(("hooks", "what PostUp= made: nft table inet life-hooks"))
        found += self.stray_rules(snapshot, marks)
        valid_mark = machine.read("/proc/sys/net/ipv4/conf/all/src_valid_mark").strip()
        if (valid_mark == "1") != bool(marks):
            found.append(("-", f"src_valid_mark is {valid_mark}"))
        return found

    def stray_rules(self, snapshot, marks):
        found = []
        for family in (4, 6):
            for line in snapshot.rules[family]:
                priority = int(line.split(":")[0])
                if 31000 <= priority <= 31999 and not (priority == 31999 and marks) and not any(
                        m and f"fwmark {m:#x} " in f"{line} " for m in marks):
                    # the first of the pair names no mark: its neighbour does
                    if not (marks and "suppress_prefixlength 0" in line):
                        found.append(("-", f"IPv{family} rule {line}"))
            if sum("suppress_prefixlength 0" in line for line in snapshot.rules[family]) > len(marks):
                found.append(("-", f"IPv{family} rules: more pairs than full tunnels: {some(snapshot.rules[family], 20)}"))
            for line in snapshot.routes[family]:
                if line.startswith("unreachable default") and "metric 4294967295" in line and not any(
                        m and f" table {m} " in f"{line} " for m in marks) and " dev lo table unspec" not in line:
                    if family == 6 and " table " not in line:
                        continue  # the kernel's own
                    found.append(("-", f"IPv{family} route {line}"))
        return found

    # --- one look ---

    def units(self):
        """Of tunnels whose unit is not as it should be: (tunnel, expected, actual)."""
        found = machine.units(self.unit_names)
        wrong = []
        for e in self.model.of.values():
            state = found[e.tunnel.unit]
            if (state["ActiveState"] == "active") != e.up:
                wrong.append((e.tunnel.name, "active" if e.up else "not active",
                              f"{state['ActiveState']} ({state['SubState']}, {state.get('Result')})"))
            if e.tunnel.kill_switch:
                state = found[e.tunnel.kill_switch_unit]
                if (state["ActiveState"] == "active") != e.kill_switch:
                    wrong.append((e.tunnel.name, f"the kill switch's unit {'' if e.kill_switch else 'not '}active", state["ActiveState"]))
        return wrong

    def look(self):
        """All that is wrong now, as violations."""
        wrong = [Violation("unit", *found) for found in self.units()]
        snapshot = self.snapshot()
        wrong += [Violation("left behind", name, "nothing of a tunnel that is not up", line) for name, line in self.strays(snapshot)]
        for e in self.model.up():
            facts = self.facts(e, snapshot)
            if not facts:
                wrong.append(Violation("missing", e.tunnel.name, "a link", "none"))
            elif e.known is not None and e.record and (missing := [line for line in self.expected(e.known) if line not in facts]):
                wrong.append(Violation("missing", e.tunnel.name, some(missing), "not there"))
        switches = [t for t in snapshot.tables if t.startswith("inet wg-killswitch")]
        if bool(switches) != self.model.kill_switch():
            wrong.append(Violation("kill switch", "guard", "a table" if self.model.kill_switch() else "no table", some(switches) or "none"))
        gone = self.model.foreign - steps.present_foreign(snapshot)
        if gone:
            wrong.append(Violation("foreign", None, some(gone), "not there"))
        return wrong, snapshot

    # --- after a step ---

    def settle(self, outcome):
        for name in outcome.settled:
            e = self.model.of[name]
            end = time.monotonic() + outcome.patience.get(name, models.PATIENCE)
            unseen = time.monotonic() + outcome.unseen.get(name, 0)
            while True:
                state = machine.units([e.tunnel.unit, e.tunnel.kill_switch_unit])
                busy = state[e.tunnel.unit]["ActiveState"] in ("activating", "deactivating", "reloading")
                unseen = 0 if busy else unseen
                waits = state[e.tunnel.unit]["ActiveState"] == "active" and time.monotonic() < unseen
                if not (busy or waits) or time.monotonic() > end:
                    break
                time.sleep(0.2)
            if state[e.tunnel.unit]["ActiveState"] == "activating":  # it has failed, and will be tried again some time
                machine.systemctl("stop", e.tunnel.unit)
            if state[e.tunnel.unit]["ActiveState"] == "active":
                if not e.up:
                    e.started()
                e.known = None
            else:
                e.stopped()
            if e.tunnel.kill_switch:
                e.kill_switch = e.kill_switch or state[e.tunnel.kill_switch_unit]["ActiveState"] == "active"

    def patience(self, outcome):
        found = [models.PATIENCE, *outcome.patience.values()]
        return max(found + [self.model.patience(e) for e in self.model.up()])

    def after(self, step, outcome, began, done):
        """Raises the first violation."""
        self.times, self.last = [("step", done - began)], time.monotonic()
        for invariant, name, expected, actual in outcome.wrong:
            raise Violation(invariant, name, expected, actual)
        jobs = machine.await_jobs()
        if jobs:
            raise Violation("hang", None, f"no job after {machine.HANG_SECONDS} s", some(jobs))
        self.settle(outcome)
        settled = time.time()
        for e in self.model.up():
            e.six = self.model.ipv6 if e.six is None else e.six
        self.mark("jobs")
        end = time.monotonic() + self.patience(outcome)
        while True:
            wrong, snapshot = self.look()
            if not wrong or time.monotonic() > end:
                break
            time.sleep(0.2)
        if wrong:
            raise wrong[0]
        self.mark("look")
        self.check_lan()
        for e in self.model.up():
            self.check_traffic(e, outcome)
        self.check_world()
        self.mark("traffic")
        self.check_sessions(outcome, snapshot.peers)
        self.learn(snapshot)
        self.mark("sessions, plan")
        self.check_wire(step, outcome, began, done, settled)

    def check_lan(self):
        for family, address in world.LAN_HOSTS.items():
            if family == 6 and not self.model.ipv6:
                continue
            answers, why = wire.ping(address, 3)
            if not answers:
                raise Violation("LAN", None, f"{address} answers", why)

    def check_traffic(self, e, outcome):
        if not self.model.may_carry(e):
            e.blocked = True
            return
        patience = max(outcome.patience.get(e.tunnel.name, 0), self.model.patience(e))
        if e.tunnel.name not in outcome.touched and any(self.model.of[name].tunnel.families for name in outcome.touched):
            patience = max(patience, models.PATIENCE_MOVED)
        if e.blocked:
            patience, e.blocked = models.PATIENCE_PACED, False
        for address in e.tunnel.targets():
            if ":" in address and not (self.model.ipv6 and e.six):
                continue
            answers, why = wire.ping(address, patience, e.tunnel.namespace)
            if not answers:
                raise Violation("ping", e.tunnel.name, f"{address} answers within {patience} s", why)
        if e.tunnel.name == "corp":
            self.check_name(e)

    def check_name(self, e):
        end = time.monotonic() + models.PATIENCE
        while True:
            status, text = machine.run("resolvectl", "query", "--legend=no", "host.corp.example")
            if status == 0 and "10.97.0.9" in text:
                return
            if time.monotonic() > end:
                raise Violation("name", e.tunnel.name, "host.corp.example is 10.97.0.9", some(text.splitlines()))
            time.sleep(0.3)

    def check_world(self):
        full = [e for e in self.model.up() if e.tunnel.families]
        if not full or not all(self.model.may_carry(e) and not e.open_families for e in full):
            return
        for family, address in world.WORLD.items():
            if family == 6 and not (self.model.ipv6 and all(e.six for e in full)):
                continue
            answers, why = wire.ping(address, models.PATIENCE)
            if not answers:
                raise Violation("world", full[-1].tunnel.name, f"{address} answers through a full tunnel", why)

    def check_sessions(self, outcome, now):
        up = {e.tunnel.name for e in self.model.up()}
        for (link, key), before in self.peers.items():
            if link in outcome.touched or link not in up:
                continue
            after = now.get((link, key))
            if after is None or any(a < b for a, b in zip(after, before)):
                raise Violation("session", link, f"an untouched peer goes on: handshake, received, sent {before}", after)
        self.peers = now

    def learn(self, snapshot):
        """What is as it should be is to stay so."""
        for e in self.model.up():
            if e.known is not None or not (self.model.ipv6 and e.six):
                continue
            if not e.pending and e.profile == "good":
                end = time.monotonic() + models.PATIENCE
                while True:
                    status, text = machine.run("wg-profile", "plan", e.tunnel.name)
                    if status == 0 or time.monotonic() > end:
                        break
                    time.sleep(0.3)
                if status != 0:
                    raise Violation("plan", e.tunnel.name, "nothing to do after a start or reload", f"status {status}: {some(text.splitlines())}")
            e.known = self.facts(e, snapshot)

    def check_wire(self, step, outcome, began, done, settled):
        before, after = self.captured, self.model.captured()
        now = time.time()
        for family in (4, 6):
            if family not in after:
                continue
            if family not in before or outcome.gap:
                start = settled  # a job that another one has taken the place of may have left some behind
            else:
                start = self.checked_until
            strict = self.model.kill_switch() and before.get(family)
            clear = self.capture.between((family,), start, now)
            if not strict and outcome.deleted:
                clear = [(when, text) for when, text in clear if not began <= when <= done + models.GRACE]
            if clear:
                raise Violation("clear packet", self.culprit(family), f"no clear packet of IPv{family}, {'kill switch' if strict else 'full tunnel'}",
                                f"{len(clear)}, the first {clear[0][0] - done:+.2f} s and the last {clear[-1][0] - done:+.2f} s from the end of "
                                f"the step: {clear[0][1]}")
        self.captured = after
        self.checked_until = now

    def culprit(self, family):
        for e in self.model.of.values():
            if e.kill_switch or family in e.captured():
                return e.tunnel.name
        return None

    def check_journal(self):
        """No secret in anything that anybody said."""
        words = ["journalctl", "--no-pager", "--output=cat", "--quiet"] + ([f"--after-cursor={self.cursor}"] if self.cursor else [])
        text = machine.output(*words)
        for secret in self.keys.secrets():
            if secret in text:
                line = next(line for line in text.splitlines() if secret in line)
                raise Violation("secret", None, "no key in the journal", line.replace(secret, "(the key)"))
