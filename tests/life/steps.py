# SPDX-License-Identifier: LGPL-2.1-or-later
"""The steps of a life: each is (kind, argument...), chosen by a seeded generator of random numbers, and can be repeated."""

import json
import os
import shutil
import subprocess
import time

import machine
import model as models
import world
from machine import STATE, run, systemctl

VERBS = ("start", "stop", "restart", "reload")


class Outcome:
    """What a step has done, for the judge."""

    def __init__(self):
        self.touched = set()     # names of tunnels whose sessions may have begun anew
        self.wrong = []          # (invariant, tunnel's name, expected, actual)
        self.deleted = set()     # names of tunnels of which something was deleted: a moment without it is nobody's fault
        self.settled = set()     # names whose state has to be asked for: whatever came of it, it has to be whole
        self.patience = {}       # name: seconds
        self.unseen = {}         # name: seconds that it may take until somebody sees that anything has happened to it
        self.gap = False         # a tunnel that was up before and is up now was down in between, rightly so


# --- verbs ---

def _is_refused(model, name):
    """Whether firewalld, whose tables were flushed, refuses to set the zone: without it the tunnel does not start."""
    return name == "corp" and model.flushed


def _verb(model, name, verb, outcome, status=None, text=""):
    """What a verb of systemctl has to come to; "status": what it said."""
    e = model.of[name]
    expected = None
    if _is_refused(model, name) and verb != "stop":
        outcome.settled.add(name)
        outcome.touched.add(name)
        return
    if verb == "start":
        if not e.up:
            if e.can_start():
                e.started()
                outcome.touched.add(name)
            else:
                expected = "fails"
        elif e.masked:
            expected = "fails"  # though there is nothing to do
    elif verb == "stop":
        if e.up:
            outcome.touched.add(name)
            if e.masked:
                outcome.patience[name] = 15  # a masked unit has no ExecStop=: the resolver takes it down
                if not e.record:  # which does not know whether it was the unit that brought it up: who masks says so himself
                    run("wg-profile", "down", name)
        e.stopped()
    elif verb == "restart":
        if e.masked:
            expected = "fails"
        else:
            outcome.touched.add(name)
            if e.can_start():
                e.started()
            else:
                e.stopped()
                expected = "fails"
    elif verb == "reload":
        if not e.up or not e.can_start():
            expected = "fails"
        else:
            e.reloaded()
            if e.tunnel.kill_switch and not e.kill_switch:
                expected = "fails"  # all is applied, but somebody has switched off what the profile asks for
    if e.tunnel.kill_switch and verb in ("start", "restart"):
        if expected is None:
            e.kill_switch = True  # it comes with the tunnel
        elif not e.masked:  # it may come with one that does not start, as its profile may say enough for it
            unit = e.tunnel.kill_switch_unit
            e.kill_switch = machine.units([unit])[unit]["ActiveState"] == "active"
    if status is not None and (status != 0) != (expected == "fails"):
        outcome.wrong.append(("exit", name, f"systemctl {verb} {'fails' if expected else 'succeeds'}",
                              f"status {status}: {_reason(name, text)}"))


def _reason(name, text):
    journal = machine.lines("journalctl", "--no-pager", "--output=cat", "--lines=4", f"--unit=wg-profile@{name}")
    return " / ".join([*text.strip().splitlines()[:2], *journal])


def do_verb(model, verb, name, outcome):
    status, text = systemctl(verb, model.of[name].tunnel.unit)
    _verb(model, name, verb, outcome, status, text)


def do_two(model, verb, name, other_verb, other, outcome):
    """Two at once."""
    running = [subprocess.Popen(["systemctl", v, model.of[n].tunnel.unit], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL) for v, n in ((verb, name), (other_verb, other))]
    for process in running:
        try:
            process.wait(machine.HANG_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            raise machine.Hang(f"systemctl {verb} {name} beside systemctl {other_verb} {other}") from None
    if name == other:  # whichever came last
        outcome.settled.add(name)
        outcome.touched.add(name)
        outcome.gap = True
        return
    for v, n, process in ((verb, name, running[0]), (other_verb, other, running[1])):
        _verb(model, n, v, outcome, process.returncode)


# --- profiles ---

def _after_edit(model, name, then, outcome):
    model.of[name].pending = True
    if then == "daemon-reload":
        systemctl("daemon-reload")
    elif then == "reload":
        do_verb(model, "reload", name, outcome)


def do_edit(model, name, key, value, then, outcome):
    e = model.of[name]
    e.tunnel.settings[key] = value
    e.tunnel.write()
    e.profile = "good"
    _after_edit(model, name, then, outcome)


def do_typo(model, name, then, outcome):
    e = model.of[name]
    e.tunnel.write_broken()
    e.profile = "broken"
    _after_edit(model, name, then, outcome)


def do_repair(model, name, then, outcome):
    e = model.of[name]
    e.tunnel.write()
    e.profile = "good"
    _after_edit(model, name, then, outcome)


def do_delete_profile(model, name, then, outcome):
    e = model.of[name]
    machine.remove(e.tunnel.path)
    e.profile = "gone"
    _after_edit(model, name, then, outcome)


def do_drop_in(model, name, value, then, outcome):
    e = model.of[name]
    if value is None:
        e.tunnel.remove_drop_in()
    else:
        e.tunnel.add_drop_in(value)
    e.drop_in = value
    _after_edit(model, name, then, outcome)


def do_mask(model, name, masked, outcome):
    e = model.of[name]
    status, text = systemctl("mask" if masked else "unmask", e.tunnel.unit)
    if status != 0:
        outcome.wrong.append(("exit", name, "systemctl mask and unmask succeed", text.strip()))
    e.masked = masked


def do_daemon_reload(model, outcome):
    systemctl("daemon-reload")


def undo_hooks():
    """What the profile's own PostDown= does."""
    shutil.rmtree("/run/life-hooks", ignore_errors=True)
    run("nft", "delete", "table", "inet", "life-hooks")


# --- kills ---

def kill(pid):
    try:
        os.kill(pid, 9)
    except ProcessLookupError:
        pass


def _kill_when(words, delay, patience):
    """Kills a process, so many milliseconds after it is there. Returns whether there was one."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        found = machine.processes(*words)
        if found:
            time.sleep(delay / 1000)
            for pid in found:
                kill(pid)
            return True
        time.sleep(0.002)
    return False


def _was_between_hooks(since):
    """Whether the last thing that was begun is a PostUp= of a start that did not come to its end."""
    run("journalctl", "--sync")
    said = machine.lines("journalctl", "--no-pager", "--output=cat", f"--since=@{since:.6f}", "--unit=wg-profile@hooks")
    hooks = [line for line in said if line.startswith("Running Post") or line.startswith("Finished wg-profile@hooks")]
    return bool(hooks) and hooks[-1].startswith("Running PostUp")


def do_kill_apply(model, name, verb, delay, then, outcome):
    e = model.of[name]
    unit = e.tunnel.unit
    since = time.time()
    running = subprocess.Popen(["systemctl", verb, unit], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    _kill_when(("wg-profile-apply", name), delay, 5)
    outcome.touched.add(name)
    outcome.gap = True
    try:
        running.wait(machine.HANG_SECONDS)
    except subprocess.TimeoutExpired:
        running.kill()
        raise machine.Hang(f"systemctl {verb} {name}, apply killed") from None
    if name == "hooks" and _was_between_hooks(since):  # no other hook is run then, wg-profile(5)
        e.hooks_lost = True
    if verb == "reload":
        e.known = None
    elif verb != "stop" and e.tunnel.kill_switch:
        e.kill_switch = True  # a unit of its own, which nobody killed
    if then == "wait":
        outcome.settled.add(name)
        outcome.patience[name] = 40
        return
    # a unit that waits for its next try is started by a restart at once, by a start when it is due
    again = "restart" if then == "start" else then
    status, text = systemctl(again, unit)
    if _is_refused(model, name) and again == "restart":
        outcome.settled.add(name)
        return
    if again == "restart":
        e.started()
        if e.tunnel.kill_switch:
            e.kill_switch = True
    else:
        e.stopped()
    if status != 0:
        outcome.wrong.append(("exit", name, f"systemctl {again} succeeds after apply was killed", f"status {status}: {_reason(name, text)}"))


def do_kill_resolver(model, outcome):
    for pid in machine.processes("wg-profile-resolver"):
        kill(pid)


# --- records ---

def do_record(model, name, damage, outcome):
    e = model.of[name]
    path = f"{STATE}/{name}.json"
    text = machine.read(path)
    if not text:
        return
    if damage == "delete":
        machine.remove(path)
    elif damage == "version":
        try:
            record = json.loads(text)
        except ValueError:
            record = {}
        record["version"] = 999
        machine.write(path, json.dumps(record))
    else:  # a number: that much of it is left
        machine.write(path, text[:int(len(text) * damage)])
    e.record = False


# --- what others delete ---

def _deleted(model, name, families, outcome):
    e = model.of[name]
    e.deletions += 1
    outcome.deleted.add(name)
    if e.tunnel.namespace:  # where nobody watches more than the link, as wg-profile-resolver(8) says
        e.known, e.damaged, e.pending = None, True, True
    if not e.record:  # nobody knows that it was there
        e.known, e.damaged, e.pending = None, True, True
        e.open_families = tuple(set(e.open_families) | set(families))


def _ours(model, name):
    """(family, rule) of what it has, for ip(8)."""
    mark = machine.Snapshot().mark(name)
    found = []
    for family in (4, 6):
        for line in machine.lines("ip", f"-{family}", "rule"):
            priority, _, rest = line.partition(":")
            if "5006" == priority and name == "rules":
                found.append((family, priority))
            elif mark and 31000 <= int(priority) < 32000 and f"{mark:#x}" in rest:
                found.append((family, priority))
    return found


def do_delete_rule(model, name, choice, outcome):
    found = _ours(model, name)
    if not found:
        return
    family, priority = found[choice % len(found)]
    run("ip", f"-{family}", "rule", "delete", "priority", priority)
    _deleted(model, name, (family,), outcome)


def do_delete_route(model, name, choice, outcome):
    e = model.of[name]
    mark = 0 if e.tunnel.namespace else machine.Snapshot().mark(name)
    inside = ["-netns", e.tunnel.namespace] if e.tunnel.namespace else []
    found = []
    for family in (4, 6):
        for line in machine.lines("ip", *inside, f"-{family}", "route", "show", "table", "all"):
            if line.split()[0] in ("local", "broadcast", "anycast", "multicast") or " proto kernel " in f"{line} ":
                continue
            if f" dev {name} " in f"{line} " or (mark and line.startswith("unreachable default") and f" table {mark} " in f"{line} "):
                found.append((family, line.split(" error ")[0].split(" pref ")[0].replace(" linkdown", "")))
    if not found:
        return
    family, route = found[choice % len(found)]
    run("ip", *inside, f"-{family}", "route", "delete", *route.split())
    _deleted(model, name, (family,), outcome)


def do_delete_address(model, name, choice, outcome):
    e = model.of[name]
    inside = ["-netns", e.tunnel.namespace] if e.tunnel.namespace else []
    found = [line.split()[3] for line in machine.lines("ip", *inside, "-oneline", "address", "show", "dev", name)
             if "scope link" not in line]
    if not found:
        return
    run("ip", *inside, "address", "delete", found[choice % len(found)], "dev", name)
    _deleted(model, name, (4, 6), outcome)


def do_delete_link(model, name, outcome):
    e = model.of[name]
    inside = ["-netns", e.tunnel.namespace] if e.tunnel.namespace else []
    run("ip", *inside, "link", "delete", name)
    e.links_deleted += 1
    outcome.touched.add(name)
    outcome.deleted.add(name)
    if not e.record or not e.can_start() or _is_refused(model, name):  # the restart cannot succeed, or nobody knows of it
        outcome.settled.add(name)
        outcome.unseen[name] = 15 if e.tunnel.namespace else 5
    if not e.can_start():
        e.stopped()
    e.known = e.six = None
    outcome.patience[name] = 30 if e.tunnel.namespace else 20


def do_delete_table(model, choice, outcome):
    found = sorted(t for t in machine.nft_tables() if t.startswith("inet wg-"))
    if not found:
        return
    table = found[choice % len(found)]
    run("nft", "delete", "table", *table.split())
    for e in model.up():
        if table == f"inet wg-profile-{e.tunnel.name}":
            _deleted(model, e.tunnel.name, (), outcome)


def do_flush_ruleset(model, outcome):
    run("nft", "flush", "ruleset")
    model.flushed = True
    for e in model.up():
        if e.tunnel.families:
            _deleted(model, e.tunnel.name, (), outcome)


# --- the rest of the machine ---

FOREIGN = {
    "rule": (("rule", "add", "priority", "20000", "from", "10.123.0.0/16", "lookup", "200"),
             ("rule", "delete", "priority", "20000")),
    "rule6": (("-6", "rule", "add", "priority", "20001", "from", "fd12:3::/64", "lookup", "200"),
              ("-6", "rule", "delete", "priority", "20001")),
    "route": (("route", "add", "10.123.0.0/16", "via", "192.168.77.10"), ("route", "delete", "10.123.0.0/16")),
    "table": (("route", "add", "default", "via", "192.168.77.10", "table", "200"), ("route", "delete", "default", "table", "200")),
    "mark": (("rule", "add", "priority", "20002", "fwmark", "51820", "lookup", "201"), ("rule", "delete", "priority", "20002")),
}


def do_foreign(model, what, there, outcome):
    run("ip", *FOREIGN[what][0 if there else 1])
    (model.foreign.add if there else model.foreign.discard)(what)


def do_ipv6(model, on, outcome):
    run("sysctl", "--quiet", f"net.ipv6.conf.all.disable_ipv6={0 if on else 1}")
    model.ipv6 = on
    if on:
        run("networkctl", "reconfigure", world.LINK)
        world.await_lan()
        model.foreign &= present_foreign()  # networkd takes away what it does not know
    for e in model.up():
        outcome.deleted.add(e.tunnel.name)
        if not on and not e.record:  # the kernel forgets all routes, and nobody knows of them
            e.known, e.damaged, e.pending, e.open_families = None, True, True, (*e.open_families, 6)
        if on:
            outcome.patience[e.tunnel.name] = models.PATIENCE_PACED


def do_networkd(model, outcome):
    systemctl("restart", "systemd-networkd")
    world.await_lan()
    for e in model.up():
        outcome.deleted.add(e.tunnel.name)
    model.foreign &= present_foreign()  # it may take away what it does not know


def do_firewalld(model, outcome):
    # without its tables firewalld cannot reload, and leaves all packets dropped
    status, text = systemctl("restart", "firewalld") if model.flushed else run("firewall-cmd", "--reload")
    if status != 0:
        raise RuntimeError(f"firewalld: {text}")
    if model.flushed:
        outcome.patience["corp"] = models.PATIENCE_PACED
    model.flushed = False


def do_resolved(model, outcome):
    systemctl("restart", "systemd-resolved")


def do_kill_switch(model, verb, name, outcome):
    e = model.of[name]
    status, text = systemctl(verb, e.tunnel.kill_switch_unit)
    good = verb == "stop" or e.profile == "good" or (verb == "restart" and e.kill_switch)
    if verb == "stop":
        e.kill_switch = False
    elif good:
        e.kill_switch = True
    if good and status != 0:
        outcome.wrong.append(("exit", name, f"systemctl {verb} of the kill switch succeeds", f"status {status}: {text.strip()}"))


def present_foreign(snapshot=None):
    snapshot = snapshot or machine.Snapshot()
    rules = {line.split(":")[0] for family in (4, 6) for line in snapshot.rules[family]}
    routes = " ".join(snapshot.routes[4])
    return {what for what, there in (("rule", "20000" in rules), ("rule6", "20001" in rules), ("mark", "20002" in rules),
                                     ("route", "10.123.0.0/16 via" in routes), ("table", "table 200" in routes)) if there}


DO = {
    "verb": do_verb, "two": do_two, "edit": do_edit, "typo": do_typo, "repair": do_repair, "delete profile": do_delete_profile,
    "drop-in": do_drop_in, "mask": do_mask, "daemon-reload": do_daemon_reload, "kill apply": do_kill_apply,
    "kill resolver": do_kill_resolver, "record": do_record, "delete rule": do_delete_rule, "delete route": do_delete_route,
    "delete address": do_delete_address, "delete link": do_delete_link, "delete table": do_delete_table,
    "flush ruleset": do_flush_ruleset, "foreign": do_foreign, "IPv6": do_ipv6, "networkd": do_networkd,
    "firewalld": do_firewalld, "resolved": do_resolved, "kill switch": do_kill_switch,
}


# --- the choice ---

def applies(model, step):
    """Whether a step makes sense now: of a shrunk list, those that do not are left out."""
    kind, arguments = step[0], step[1:]
    if kind in ("record", "delete rule", "delete route", "delete address", "delete link"):
        e = model.of[arguments[0]]
        return e.up and (kind != "delete link" or e.links_deleted < 3)
    if kind == "kill apply":
        e = model.of[arguments[0]]
        return e.can_start() and e.up == (arguments[1] != "start")
    if kind in ("edit", "typo", "delete profile"):
        return model.of[arguments[0]].profile == "good"
    if kind == "repair":
        return model.of[arguments[0]].profile != "good"
    if kind == "mask":
        return model.of[arguments[0]].masked != arguments[1]
    if kind == "drop-in":
        return (model.of[arguments[0]].drop_in is None) == (arguments[1] is not None)
    if kind == "IPv6":
        return model.ipv6 != arguments[0]
    if kind == "foreign":
        return (arguments[0] in model.foreign) != arguments[1]
    if kind == "kill switch":
        e = model.of[arguments[1]]
        return e.kill_switch if arguments[0] in ("stop", "restart", "reload") else not e.kill_switch and e.profile == "good"
    return True


def _then(random):
    return random.choice(("", "daemon-reload", "reload", "reload"))


def _one(model, random):
    name = random.choice([t.name for t in model.tunnels])
    tunnel = model.of[name].tunnel
    e = model.of[name]
    guarded = random.choice([t.name for t in model.tunnels if t.kill_switch])

    def edit():
        key = random.choice(sorted(tunnel.edits))
        return ("edit", name, key, random.choice([v for v in tunnel.edits[key] if v != tunnel.settings[key]]), _then(random))

    def kill():
        verb = random.choice(("start",) if not e.up else ("stop", "restart", "reload"))
        delay = random.choice((0, 2, 5, 10, 20, 40, 60, 80, 120, 200))
        then = random.choice(("start", "start", "stop", "stop", "wait")) if verb != "reload" else random.choice(("start", "stop"))
        return ("kill apply", name, verb, delay, then)

    def record():
        return ("record", name, random.choice(("delete", "version", 0, 0.3, 0.7, 0.99)))

    choices = [
        # those not up are brought up more often than not
        (22, lambda: ("verb", "start" if not e.up and random.random() < 0.8 else random.choice(VERBS), name)),
        (6, lambda: ("verb", "stop", name)),
        (6, edit),
        (4, lambda: ("typo", name, _then(random))),
        (12, lambda: ("repair", name, random.choice(("", "daemon-reload")))),
        (3, lambda: ("delete profile", name, random.choice(("", "daemon-reload")))),
        (2, lambda: ("mask", name, True)),
        (6, lambda: ("mask", name, False)),
        (2, lambda: ("drop-in", name, random.choice((1290, 1350)), _then(random))),
        (2, lambda: ("drop-in", name, None, _then(random))),
        (2, lambda: ("daemon-reload",)),
        (7, kill),
        (3, lambda: ("kill resolver",)),
        (5, record),
        (4, lambda: ("delete rule", name, random.randrange(8))),
        (4, lambda: ("delete route", name, random.randrange(8))),
        (3, lambda: ("delete address", name, random.randrange(8))),
        (2, lambda: ("delete link", name)),
        (3, lambda: ("delete table", random.randrange(8))),
        (4, lambda: ("flush ruleset",)),
        (4, lambda: ("foreign", random.choice(sorted(FOREIGN)), random.random() < 0.5)),
        (1, lambda: ("IPv6", False)),
        (6, lambda: ("IPv6", True)),
        (2, lambda: ("networkd",)),
        (2, lambda: ("firewalld",)),
        (2, lambda: ("resolved",)),
        (6, lambda: ("two", random.choice(VERBS), name, random.choice(VERBS), random.choice([t.name for t in model.tunnels]))),
        (8, lambda: ("kill switch", "stop", guarded)),
        (2, lambda: ("kill switch", "restart", guarded)),
        (1, lambda: ("kill switch", "reload", guarded)),
        (1, lambda: ("kill switch", "start", guarded)),
    ]
    return random.choices([make for _, make in choices], [weight for weight, _ in choices])[0]()


def choose(model, random):
    while True:
        step = _one(model, random)
        if applies(model, step):
            return step


def text(step):
    """For a person, and for --replay."""
    return json.dumps(list(step))
