#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""compare.py [--vm] wg-quick|networkmanager APPLY [CASE…]: an older program as oracle.

Each profile is brought up and taken down by that program and by ours, one after the other, and what the kernel and the
resolver were told is compared: facts.py. What may differ stands in deviations.toml, with a name; a name that explains
nothing any more is a failure, too. Without --vm it runs in network and mount namespaces of its own, with userspace
WireGuard, no systemd-resolved, and a resolvconf(8) that writes down what it is told. Needs root. The result is TAP.

The first line of a profile says what it is about. "# Both refuse it" there is a verdict that is checked, and a line
"# at runtime: COMMAND" is run while the tunnel is up."""

import fnmatch
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib

sys.dont_write_bytecode = True
import facts
import generate

HERE = pathlib.Path(__file__).resolve().parent
RUN = pathlib.Path("/run/wgp-oracle")
TRACE = RUN / "trace"
RESOLVCONF = RUN / "resolvconf"
RECORDER = f"""#!/bin/sh
case $1 in
        -a) cat > {RESOLVCONF} ;;
        -d) rm -f {RESOLVCONF} ;;
        *) exit 1 ;;
esac
"""


def quiet(*argv, env=None, timeout=120):
    """The exit status and what was said. The output goes to a file: a userspace daemon keeps its end of a pipe."""
    with tempfile.TemporaryFile("w+", errors="replace") as output:
        status = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=env, check=False,
                                timeout=timeout).returncode
        output.seek(0)
        return status, output.read()


# --- the programs ---

class WgQuick:
    """The oracle of .conf files."""
    suffix = ".conf"

    def __init__(self, directory):
        self.directory = directory

    def install(self, name, text):
        path = self.directory / (name + self.suffix)
        path.write_bytes(text)
        path.chmod(0o600)
        return path

    def up(self, name):
        return quiet("wg-quick", "up", str(self.directory / (name + self.suffix)))

    def down(self, name):
        return quiet("wg-quick", "down", str(self.directory / (name + self.suffix)))


class NetworkManager(WgQuick):
    """The oracle of keyfiles. It runs, and manages nothing but WireGuard."""
    suffix = ".nmconnection"

    def __init__(self):
        super().__init__(pathlib.Path("/etc/NetworkManager/system-connections"))
        self.uuid = None

    def find_uuid(self, name):
        """The UUID of the connection that was loaded from the file, or None."""
        _, listed = quiet("nmcli", "--terse", "--escape", "no", "--fields", "UUID,FILENAME", "connection", "show")
        for line in listed.splitlines():
            uuid, _, path = line.partition(":")
            if path == str(self.directory / (name + self.suffix)):
                return uuid
        return None

    def up(self, name):
        _, said = quiet("nmcli", "connection", "load", str(self.directory / (name + self.suffix)))
        self.uuid = self.find_uuid(name)
        if not self.uuid:
            return 1, said
        status, said = quiet("nmcli", "--wait", "30", "connection", "up", "uuid", self.uuid)
        # it tells systemd-resolved and firewalld without waiting for an answer
        time.sleep(1)
        if status != 0:
            quiet("nmcli", "connection", "delete", "uuid", self.uuid)
        return status, said

    def down(self, name):
        status, said = quiet("nmcli", "connection", "down", "uuid", self.uuid)
        quiet("nmcli", "connection", "delete", "uuid", self.uuid)
        return status, said


class Ours(WgQuick):
    """Our program, on profiles in a tree of their own, or, without a root, in the machine's."""

    def __init__(self, apply, root, suffix):
        super().__init__((root or pathlib.Path("/")) / "etc/wg-profile")
        self.directory.mkdir(parents=True, exist_ok=True)
        if root:  # names are looked up there, too
            shutil.copy("/etc/services", root / "etc/services")
        self.command, self.suffix = [apply, *([f"--root={root}"] if root else [])], suffix

    def run(self, verb, name):
        return quiet(*self.command, verb, name, env={**os.environ, "WG_PROFILE_HOOKS": "1"})

    def up(self, name):
        return self.run("up", name)

    def down(self, name):
        return self.run("down", name)


# --- one profile ---

class Case:
    """A profile with what its text says about the test."""

    def __init__(self, name, text):
        plain = text.decode("utf-8-sig", "replace")
        interface = re.search(r"^interface-name=(\S+)", plain, re.M)
        port = re.findall(r"^\s*listen-?port\s*=([^#\n]*)", plain, re.M | re.I)
        self.name, self.text = name, text
        self.title = re.search(r"^# *(.*?)\s*$", plain, re.M)[1]
        self.link = interface[1] if interface else name
        self.is_port_stated = bool(port) and port[-1].strip() != "0"
        self.at_runtime = re.findall(r"^# at runtime: (.*?)\s*$", plain, re.M)
        self.both_refuse = self.title.startswith("Both refuse it")


def saved_lines(case, path):
    """What a program wrote into the profile: its settings, without their order and layout."""
    if not path.exists() or path.read_bytes() == case.text:
        return
    section = ""
    for line in path.read_text().splitlines():
        key, equals, value = line.partition("=")
        if line.startswith("["):
            section = line
        elif equals and not line.startswith("#") and not facts.is_chance(value.strip()):
            yield f"saved {section} {key.strip().lower()} = {value.split(' #')[0].strip()}"
    if "#" in path.read_text():
        yield "saved with comments"


class Machine:
    """The state of the machine between two tunnels, so that it is asked for once: a virtual machine starts programs slowly."""

    def __init__(self):
        self.state = None

    def before(self):
        """The state before a tunnel; the sysctl that wg-quick leaves behind is 0 again."""
        mark = pathlib.Path("/proc/sys/net/ipv4/conf/all/src_valid_mark")
        if mark.read_text() != "0\n":
            mark.write_text("0\n")
            self.state = None
        if self.state is None:
            self.state = facts.state()
        return self.state

    def after(self):
        self.state = facts.state()
        return self.state


def while_up(case, before, is_vm):
    """The facts of the tunnel that is up."""
    now = facts.state()
    there = {*(now - before), *facts.sysctl_lines(case.link), *facts.device_lines(case.link, case.is_port_stated),
             *(facts.resolved_lines(case.link) if is_vm else facts.resolvconf_lines(RESOLVCONF)),
             *(facts.zone_lines(case.link) if is_vm else ())}
    return facts.comparable(there | {f"gone: {line}" for line in before - now})


def await_end(link):
    """NetworkManager takes its link away when it has already said that it failed."""
    for _ in range(50):
        if not os.path.exists(f"/sys/class/net/{link}"):
            break
        time.sleep(0.1)


def witness(program, case, machine, is_vm):
    """The facts of one program's up and down, or {"refused"}; and what it said."""
    before = machine.before()
    path = program.install(case.name, case.text)
    TRACE.unlink(missing_ok=True)
    RESOLVCONF.unlink(missing_ok=True)
    status, said = program.up(case.name)
    if status == 0:
        there = while_up(case, before, is_vm)
        for command in case.at_runtime:
            quiet("sh", "-c", command.replace("%i", case.link))
        status, said_down = program.down(case.name)
        said += said_down
        if status != 0:
            there.add("down fails")
            quiet("ip", "link", "delete", "dev", case.link)
        there |= set(saved_lines(case, path))
    else:
        there = {"refused"}
        await_end(case.link)
    if TRACE.exists():
        there |= {f"hooks {n} {line}" for n, line in enumerate(TRACE.read_text().splitlines())}

    after = machine.after()
    there |= {f"left behind: {line}" for line in after - before} | {f"not restored: {line}" for line in before - after}
    if RESOLVCONF.exists():
        there.add("left behind: resolvconf")
    path.unlink(missing_ok=True)
    return {line.replace(case.link, "LINK") for line in there}, said


# --- what may differ ---

class Deviation:
    """A row of deviations.toml."""

    def __init__(self, row):
        self.name, self.cases = row["name"], row.get("cases", [])
        self.theirs = [re.compile(p) for p in row.get("theirs", [])]
        self.ours = [re.compile(p) for p in row.get("ours", [])]
        self.accepted_by = row.get("accepted-by")
        self.used_by = set()

    def is_for(self, case):
        return any(fnmatch.fnmatchcase(case.name, pattern) for pattern in self.cases)

    def explains(self, case, patterns, line):
        if not any(p.match(line) for p in patterns):
            return False
        self.used_by.add(case.name)
        return True

    def unused(self, cases):
        """The patterns of cases that were there and did not need this row."""
        for pattern in self.cases:
            of_pattern = fnmatch.filter((case.name for case in cases), pattern)
            if of_pattern and not self.used_by.intersection(of_pattern):
                yield pattern


def load_deviations(oracle, is_vm):
    with open(HERE / "deviations.toml", "rb") as f:
        rows = tomllib.load(f)["deviation"]
    return [Deviation(row) for row in rows
            if re.split(r"[ (]", row["from"])[0].lower() == oracle and row.get("where", "both") in ("both", "vm" if is_vm else "netns")]


def judge(case, theirs, mine, deviations):
    """The lines that no deviation explains, and the names of those that explain others."""
    deviations = [d for d in deviations if d.is_for(case)]
    if (theirs == {"refused"}) != (mine == {"refused"}):
        who = "theirs" if mine == {"refused"} else "ours"
        for d in deviations:
            if d.accepted_by == who:
                d.used_by.add(case.name)
                # what was accepted has to be taken down all the same
                rest = [line for line in mine | theirs if line.startswith(("left behind", "not restored", "down fails"))]
                return rest, [d.name]
        return ["-refused" if who == "ours" else "+refused"], []

    problems, names = [], set()
    for sign, lines, side in ("-", theirs - mine, "theirs"), ("+", mine - theirs, "ours"):
        for line in sorted(lines):
            found = [d.name for d in deviations if d.explains(case, getattr(d, side), line)]
            names.update(found)
            if not found:
                problems.append(sign + line)
    if case.both_refuse != (theirs == {"refused"}):
        problems.append("both refuse it" if not case.both_refuse else "neither refuses it")
    return problems, sorted(names)


# --- the machine ---

def make_network():
    """A cable to nowhere, a default route, and paths with a smaller MTU. Nothing answers: nobody is asked anything."""
    for command in (
            "ip link set lo up", "ip link add cable type veth peer name cable-end",
            "ip link set cable addrgenmode none", "ip link set cable-end addrgenmode none",
            "ip link set cable up", "ip link set cable-end up", "ip address add 192.168.77.1/24 dev cable",
            "ip address add fd77::1/64 dev cable nodad", "ip address add fe80::1/64 dev cable nodad",
            "ip route add default via 192.168.77.254", "ip route add default via fd77::fe",
            "ip route add 203.0.113.0/24 via 192.168.77.254 mtu 1400"):
        subprocess.run(command.split(), check=True)


def make_machine(directory):
    """Inside the namespaces: /run is empty, resolvconf a recorder, and a name has an address."""
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True)
    RUN.mkdir()
    recorder, hosts = directory / "resolvconf", directory / "hosts"
    recorder.write_text(RECORDER)
    recorder.chmod(0o755)
    hosts.write_text("127.0.0.1 localhost\n192.168.77.2 far.oracle.test\n")
    subprocess.run(["mount", "--bind", hosts, "/etc/hosts"], check=True)
    installed = shutil.which("resolvconf")
    if installed:
        subprocess.run(["mount", "--bind", recorder, os.path.realpath(installed)], check=True)
    else:
        os.environ["PATH"] = f"{directory}:{os.environ['PATH']}"
    make_network()


def cases_of(oracle, wanted):
    suffix = WgQuick.suffix if oracle == "wg-quick" else NetworkManager.suffix
    cases = [Case(path.stem, path.read_bytes()) for path in sorted((HERE / oracle).glob("*" + suffix))]
    rng = random.Random(1)
    cases += [Case(name, text.encode()) for name, text in generate.profiles(oracle, rng)]
    return [case for case in cases if not wanted or any(fnmatch.fnmatchcase(case.name, w) for w in wanted)]


def compare(oracle, apply, wanted, is_vm, directory):
    suffix = WgQuick.suffix if oracle == "wg-quick" else NetworkManager.suffix
    them = WgQuick(directory) if oracle == "wg-quick" else NetworkManager()
    us = Ours(apply, None if is_vm else directory / "root", suffix)
    machine = Machine()
    cases, deviations, failed = cases_of(oracle, wanted), load_deviations(oracle, is_vm), 0

    for n, case in enumerate(cases, 1):
        theirs, they_said = witness(them, case, machine, is_vm)
        mine, we_said = witness(us, case, machine, is_vm)
        problems, names = judge(case, theirs, mine, deviations)
        print(f"{'not ok' if problems else 'ok'} {n} - {case.name}: {case.title}"
              + (f" (but for {', '.join(names)})" if names else ""))
        if problems:
            failed += 1
            text = "\n".join(problems + ["--- they said:", they_said.strip(), "--- we said:", we_said.strip()])
            print("#   " + text.replace("\n", "\n#   "), flush=True)

    unused = [f"{d.name} ({pattern})" for d in deviations for pattern in d.unused(cases)]
    print(f"{'not ok' if unused else 'ok'} {len(cases) + 1} - every deviation explains something"
          + "".join(f"\n#   not: {u}" for u in unused))
    print(f"1..{len(cases) + 1}")
    return 1 if failed or unused else 0


def main():
    arguments = sys.argv[1:]
    is_vm = "--vm" in arguments
    oracle, apply, *wanted = [a for a in arguments if a != "--vm"]
    if not is_vm and os.environ.get("WGP_ORACLE") != "inside":
        os.environ["WGP_ORACLE"] = "inside"
        os.execvp("unshare", ["unshare", "--net", "--mount", "--propagation", "private", sys.executable,
                              str(pathlib.Path(__file__).resolve()), *arguments])

    os.environ["LC_ALL"] = "C"
    os.umask(0o077)
    with tempfile.TemporaryDirectory() as directory:
        if is_vm:
            RUN.mkdir(exist_ok=True)
            if not os.path.exists("/sys/class/net/cable"):
                make_network()
            if oracle == "networkmanager" and not os.path.exists("/sys/class/net/oracle-vrf"):
                # with one there is a rule that stays, and wg-quick's would have other priorities
                subprocess.run("ip link add oracle-vrf type vrf table 78".split(), check=True)
                subprocess.run("ip link set oracle-vrf up".split(), check=True)
        else:
            make_machine(pathlib.Path(directory))
        sys.exit(compare(oracle, os.path.abspath(apply), wanted, is_vm, pathlib.Path(directory)))


if __name__ == "__main__":
    main()
