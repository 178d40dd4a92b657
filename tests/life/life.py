#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Random lives of tunnels: see README.md. Runs as root in a machine of its own, which it turns upside down."""

import argparse
import glob
import json
import os
import random
import shutil
import sys
import time

import judge as judges
import known as knowns
import machine
import model as models
import socket
import steps
import tunnels
import wire
import world
from machine import run, systemctl


def say(text):
    print(text, flush=True)


class Life:
    """A world, and lives in it, one after the other."""

    def __init__(self, verbose):
        self.verbose = verbose
        self.keys = world.Keys()
        world.build(self.keys)
        self.model = models.Model(tunnels.make(self.keys))
        run("systemctl", "start", "wg-profile-netns@space.service", check=True)
        self.capture = wire.Capture("world", world.PORT, world.LAN, world.far_ends())
        self.capture.start()
        wire.Sender([(socket.AF_INET, world.WORLD[4]), (socket.AF_INET6, world.WORLD[6])]).start()
        self.judge = judges.Judge(self.model, self.capture, self.keys)
        self.clean()
        self.await_capture()
        self.baseline = self.everything()

    def await_capture(self):
        """The judge of all leaks sees what is in the clear."""
        end = time.monotonic() + 10
        while {family for _, family, _ in self.capture.clear} != {4, 6}:
            if time.monotonic() > end:
                raise RuntimeError("the capture does not see packets of both families in the clear, without any tunnel")
            time.sleep(0.1)

    def everything(self):
        found = self.judge.snapshot().everything()
        found += [f"record: {name}" for name in sorted(os.listdir(machine.STATE) if os.path.isdir(machine.STATE) else [])
                  if not name.startswith(".") and name.endswith(".json") and not name.endswith(".resolver.json")]
        found.append(f"src_valid_mark: {machine.read('/proc/sys/net/ipv4/conf/all/src_valid_mark').strip()}")
        return found

    # --- between lives ---

    def clean(self):
        """By force, whatever is wrong: the next life begins as the first one did."""
        for pid in machine.processes("wg-profile-apply"):
            steps.kill(pid)
        systemctl("unmask", *(t.unit for t in self.model.tunnels))
        systemctl("stop", "wg-profile-resolver.timer", "wg-profile-resolver.service",
                  *(t.unit for t in self.model.tunnels), *(t.kill_switch_unit for t in self.model.tunnels if t.kill_switch))
        for path in glob.glob(f"{tunnels.DIRECTORY}/*"):
            (shutil.rmtree if os.path.isdir(path) else os.unlink)(path)
        for path in glob.glob(f"{machine.STATE}/*"):
            (shutil.rmtree if os.path.isdir(path) else os.unlink)(path)
        for what in steps.present_foreign():
            run("ip", *steps.FOREIGN[what][1])
        run("sysctl", "--quiet", "net.ipv6.conf.all.disable_ipv6=0", "net.ipv4.conf.all.src_valid_mark=0")
        for tunnel in self.model.tunnels:
            run("ip", "link", "delete", tunnel.name)
            if tunnel.namespace:
                run("ip", "-netns", tunnel.namespace, "link", "delete", tunnel.name)
        for family in (4, 6):
            for line in machine.lines("ip", f"-{family}", "rule"):
                priority = int(line.split(":")[0])
                if 31000 <= priority <= 31999 or priority == 5006:
                    run("ip", f"-{family}", "rule", "delete", "priority", str(priority))
            for table in [*range(51820, 51840), 1234, 200]:
                run("ip", f"-{family}", "route", "flush", "table", str(table))
        for table in machine.nft_tables():
            if table.startswith(("inet wg-", "inet life-")):
                run("nft", "delete", "table", *table.split())
        steps.undo_hooks()
        systemctl("reset-failed")
        run("networkctl", "reconfigure", world.LINK)
        world.await_lan()
        if self.model.flushed:
            run("systemctl", "restart", "firewalld", check=True)
        self.model.reset()
        for tunnel in self.model.tunnels:
            tunnel.write()
        systemctl("daemon-reload")

    def begin(self):
        self.clean()
        self.judge.begin()
        left = self.difference()
        if left:
            raise RuntimeError("what a life left behind cannot be taken away:\n" + "\n".join(left))

    def difference(self, patience=15):
        """What is not as it was before the first life: lines with + and -."""
        end = time.monotonic() + patience
        while True:
            now = self.everything()
            found = [f"+ {line}" for line in now if line not in self.baseline] + [f"- {line}" for line in self.baseline if line not in now]
            if not found or time.monotonic() > end:
                return found
            time.sleep(0.3)

    # --- a life ---

    def step(self, step, number):
        outcome = steps.Outcome()
        began = time.time()
        try:
            steps.DO[step[0]](self.model, *step[1:], outcome)
            done = time.time()
            self.judge.after(step, outcome, began, done)
            if number % 20 == 19:
                self.judge.check_journal()
        except machine.Hang as hang:
            raise judges.Violation("hang", None, f"an end within {machine.HANG_SECONDS} s", str(hang)) from None
        finally:
            if self.verbose:
                say(f"#   {number + 1:3} {steps.text(step)}  {time.time() - began:.1f} s ({self.judge.spent()}); up: "
                    f"{' '.join(e.tunnel.name for e in self.model.up())}{' KILL SWITCH' if self.model.kill_switch() else ''}")

    def end(self):
        """Stops all: then everything is as it was."""
        systemctl("unmask", *(t.unit for t in self.model.tunnels))
        for e in self.model.of.values():
            outcome = steps.Outcome()
            e.masked = False
            steps.do_verb(self.model, "stop", e.tunnel.name, outcome)
            if e.tunnel.kill_switch:
                systemctl("stop", e.tunnel.kill_switch_unit)
                e.kill_switch = False
        for what in steps.present_foreign():
            run("ip", *steps.FOREIGN[what][1])
        if not self.model.ipv6:
            steps.do_ipv6(self.model, True, steps.Outcome())
        if self.model.flushed:
            steps.do_firewalld(self.model, steps.Outcome())
        difference = self.difference()
        if difference:
            raise judges.Violation("left behind", None, "what was there before the first start", judges.some(difference, 12))
        self.judge.check_journal()

    def replay(self, sequence):
        """A life of given steps. Returns the violation, and how many steps it took; None: there is none."""
        self.begin()
        done = 0
        try:
            for number, step in enumerate(sequence):
                if steps.applies(self.model, step):
                    self.step(step, number)
                done = number + 1
            self.end()
        except judges.Violation as violation:
            return violation, done + 1
        return None, done


def shrink(life, sequence, violation, seconds):
    """A shorter list with the same violation, found within that time."""
    end = time.monotonic() + seconds

    def shows(candidate):
        if time.monotonic() > end:
            return False
        found, _ = life.replay(candidate)
        return found is not None and (found.invariant, found.tunnel) == (violation.invariant, violation.tunnel)

    last = sequence[-1:]
    shortest = sequence
    # the last steps alone, preceded by a start of everybody's who is named in them
    length = 1
    while length < len(sequence):
        tail = sequence[-length:]
        names = [a for step in tail for a in step[1:] if a in life.model.of]
        candidate = [("verb", "start", name) for name in dict.fromkeys(names)] + tail
        if len(candidate) < len(shortest) and shows(candidate):
            shortest = candidate
            break
        length *= 2
    # then without each part, from large ones to single ones
    size = max(1, len(shortest) // 2)
    while time.monotonic() < end:
        at = 0
        while at < len(shortest) and time.monotonic() < end:
            candidate = shortest[:at] + shortest[at + size:]
            if candidate and shows(candidate):
                shortest = candidate
            else:
                at += size
        if size == 1:
            break
        size //= 2
    return shortest or last


def live(life, seed, n_steps, known, shrink_seconds):
    """One life of random steps. After a violation the rest of it goes on from a new beginning. Returns the violations."""
    generator = random.Random(seed)
    violations, since = [], []
    life.begin()
    for number in range(n_steps + 1):
        try:
            if number == n_steps:
                since.append(("end",))
                life.end()
                break
            step = steps.choose(life.model, generator)
            since.append(step)
            life.step(step, number)
        except judges.Violation as violation:
            entry = known.find(violation, since[-1], seed)
            violations.append(violation)
            report(seed, number, since, violation, entry)
            if entry is None and shrink_seconds > 0:
                sequence = [s for s in since if s != ("end",)]
                shorter = shrink(life, sequence, violation, shrink_seconds)
                say(f"#   shrunk to {len(shorter)} steps:")
                for s in shorter:
                    say(f"#     {steps.text(s)}")
            since = []
            life.begin()
    return violations


def report(seed, number, since, violation, entry):
    say(f"# {'known violation' if entry else 'VIOLATION'} with seed {seed}, step {number + 1}: {violation.invariant}, tunnel {violation.tunnel}")
    say(f"#   step: {steps.text(since[-1])}")
    say(f"#   expected: {violation.expected}")
    say(f"#   actual: {violation.actual}")
    if entry:
        say(f"#   reason: {entry.reason}")
        return
    say("#   the steps before:")
    for step in since[:-1]:
        say(f"#     {steps.text(step)}")
    say("#   the journal:")
    for line in machine.lines("journalctl", "--no-pager", "--output=short-precise", "--lines=60", "--boot", "-t", "systemd", "-t",
                              "wg-profile-apply", "-t", "wg-profile-resolver", "-t", "wg-profile-generator", "-t", "bash"):
        if line.startswith((" ", "-- ")):
            continue
        say(f"#     {line[:240]}")


def parse_arguments():
    parser = argparse.ArgumentParser(description="Random lives of tunnels")
    parser.add_argument("--seed", type=int, action="append", help="that one (may be repeated)")
    parser.add_argument("--seeds", type=int, default=0, help="so many, from --first on")
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--shrink", type=int, default=240, metavar="SECONDS", help="how long a violation is shrunk (0: not)")
    parser.add_argument("--known", default=os.path.join(os.path.dirname(os.path.abspath(__file__)), "known"))
    parser.add_argument("--all-known", action="store_true", help="a known violation that does not occur is a failure")
    parser.add_argument("--replay", metavar="FILE", help="steps, one a line, instead of random ones")
    parser.add_argument("--seconds", type=int, default=0, help="begin no life after so many")
    parser.add_argument("--quiet", action="store_true")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    known = knowns.Known(arguments.known)
    seeds = (arguments.seed or []) + list(range(arguments.first, arguments.first + arguments.seeds))
    started = time.monotonic()
    life = Life(verbose=not arguments.quiet)
    say(f"# the world is there after {time.monotonic() - started:.1f} s")
    failed = 0

    if arguments.replay:
        with open(arguments.replay) as f:
            sequence = [tuple(json.loads(line)) for line in f if line.strip().startswith("[")]
        violation, done = life.replay(sequence)
        if violation:
            report("-", done - 1, sequence[:done], violation, None)
        say(f"{'not ok' if violation else 'ok'} - {len(sequence)} given steps")
        return int(violation is not None)

    for seed in seeds:
        if arguments.seconds and time.monotonic() - started > arguments.seconds:
            say(f"# seeds from {seed} on: no time left")
            break
        start = time.monotonic()
        violations = live(life, seed, arguments.steps, known, arguments.shrink)
        new = [v for v in violations if not known.is_known(v)]
        failed += bool(new)
        say(f"{'not ok' if new else 'ok'} - seed {seed}, {arguments.steps} steps: {len(new)} new violations, "
            f"{len(violations) - len(new)} known ({time.monotonic() - start:.0f} s)")
    if arguments.all_known:
        for entry in known.unseen(seeds):
            say(f"not ok - a known violation still occurs: {entry.invariant} {entry.step} {entry.tunnel}")
            say("#   It does not: take it from the list, or say why it is rare.")
            failed += 1
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
