#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""compare.py [--vm] [--verbose] wg-quick|networkmanager APPLY [CASE…]: an older program as oracle.

Each profile is brought up and taken down by that program and by ours, one after the other, and what the kernel and the
daemons were told is compared, and what is left when it is down: facts.py, daemons.py. What may differ stands in
deviations.toml, with a name; --verbose shows each line that a name explains. One that explains nothing any more is a
failure, too.

Without --vm it runs in network and mount namespaces of its own, with userspace WireGuard, no systemd-resolved, and a
resolvconf(8) that writes down what it is told. Needs root. The result is TAP.

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

sys.dont_write_bytecode = True
import daemons
import facts
import generate
from deviations import judge, load_deviations
from programs import NetworkManager, Ours, WgQuick, quiet

HERE = pathlib.Path(__file__).resolve().parent
RUN = pathlib.Path("/run/wgp-oracle")
TRACE = RUN / "trace"
RESOLVCONF = RUN / "resolvconf"
HOST = "192.168.77.2 far.oracle.test\n"
RECORDER = f"""#!/bin/sh
case $1 in
        -a) cat > {RESOLVCONF} ;;
        -d) rm -f {RESOLVCONF} ;;
        *) exit 1 ;;
esac
"""


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
        elif equals and not line.startswith("#") and not facts.CHANCE.match(value.strip()):
            yield f"saved {section} {key.strip().lower()} = {value.split(' #')[0].strip()}"
    if "#" in path.read_text():
        yield "saved with comments"


class Machine:
    """The state of the machine between two tunnels, so that it is asked for once: a virtual machine starts programs slowly."""

    def __init__(self, is_vm):
        self.is_vm, self.state = is_vm, None

    def before(self):
        """The state before a tunnel; the sysctl that wg-quick leaves behind is 0 again."""
        mark = pathlib.Path("/proc/sys/net/ipv4/conf/all/src_valid_mark")
        if mark.read_text() != "0\n":
            mark.write_text("0\n")
            self.state = None
        return self.state or self.after()

    def after(self):
        self.state = facts.state(self.is_vm)
        return self.state

    def while_up(self, case):
        """The facts of the tunnel that is up."""
        before, now = self.state, facts.state(self.is_vm)
        # the link tells the same, with the order
        there = {line for line in now - before if not line.startswith(f"resolved {case.link} ")}
        there |= {f"gone: {line}" for line in before - now}
        there |= set(facts.device_lines(case.link, case.is_port_stated))
        there |= set(daemons.resolved_lines(case.link) if self.is_vm else daemons.resolvconf_lines(RESOLVCONF))
        return facts.comparable(there)


def witness(program, case, machine):
    """The facts of one program's up and down, or {"refused"}; and what it said."""
    before = machine.before()
    path = program.install(case.name, case.text)
    TRACE.unlink(missing_ok=True)
    RESOLVCONF.unlink(missing_ok=True)
    status, said = program.up(case.name)
    if status == 0:
        there = machine.while_up(case)
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
        program.remove_rest(case.link)
    if TRACE.exists():
        there |= {f"hooks {n} {line}" for n, line in enumerate(TRACE.read_text().splitlines())}

    after = machine.after()
    there |= {f"left behind: {line}" for line in after - before} | {f"not restored: {line}" for line in before - after}
    if RESOLVCONF.exists():
        there.add("left behind: resolvconf")
    path.unlink(missing_ok=True)
    return {line.replace(case.link, "LINK") for line in there}, said


# --- the machine ---

def make_network():
    """A cable to nowhere, a default route, and paths with a smaller MTU. Nothing answers: nobody is asked anything."""
    # the kernel does so with its first WireGuard link, for good
    pathlib.Path("/proc/sys/net/ipv4/conf/all/send_redirects").write_text("0")
    for command in (
            "ip link set lo up", "ip link add cable type veth peer name cable-end",
            "ip link set cable addrgenmode none", "ip link set cable-end addrgenmode none",
            "ip link set cable up", "ip link set cable-end up", "ip address add 192.168.77.1/24 dev cable",
            "ip address add fd77::1/64 dev cable nodad", "ip address add fe80::1/64 dev cable nodad",
            "ip route add default via 192.168.77.254", "ip route add default via fd77::fe",
            "ip route add 203.0.113.0/24 via 192.168.77.254 mtu 1400"):
        subprocess.run(command.split(), check=True)


def make_machine(directory):
    """Inside the namespaces: /run is empty, /sys has their links, resolvconf is a recorder, and a name has an address."""
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True)
    subprocess.run(["mount", "-t", "sysfs", "sysfs", "/sys"], check=True)
    RUN.mkdir()
    recorder, hosts = directory / "resolvconf", directory / "hosts"
    recorder.write_text(RECORDER)
    recorder.chmod(0o755)
    hosts.write_text("127.0.0.1 localhost\n" + HOST)
    subprocess.run(["mount", "--bind", hosts, "/etc/hosts"], check=True)
    installed = shutil.which("resolvconf")
    if installed:
        subprocess.run(["mount", "--bind", recorder, os.path.realpath(installed)], check=True)
    else:
        os.environ["PATH"] = f"{directory}:{os.environ['PATH']}"
    make_network()


def prepare_vm(oracle):
    """The same in a virtual machine, once for each oracle."""
    RUN.mkdir(exist_ok=True)
    if not os.path.exists("/sys/class/net/cable"):
        make_network()
    if oracle == "wg-quick" and HOST not in pathlib.Path("/etc/hosts").read_text(encoding="ascii"):
        with open("/etc/hosts", "a", encoding="ascii") as f:
            f.write(HOST)
    # with a VRF there is a rule that stays, and wg-quick's would have other priorities
    if oracle == "networkmanager" and not os.path.exists("/sys/class/net/oracle-vrf"):
        for command in (
                "ip link add oracle-vrf type vrf table 78", "ip link set oracle-vrf up",
                "nmcli connection add save no type vrf con-name nm-vrf ifname nm-vrf table 79 autoconnect no"
                " ipv4.method disabled ipv6.method disabled",
                "nmcli --wait 30 connection up nm-vrf"):
            subprocess.run(command.split(), check=True, stdout=subprocess.DEVNULL)


def cases_of(oracle, wanted):
    suffix = WgQuick.suffix if oracle == "wg-quick" else NetworkManager.suffix
    cases = [Case(path.stem, path.read_bytes()) for path in sorted((HERE / oracle).glob("*" + suffix))]
    rng = random.Random(1)
    cases += [Case(name, text.encode()) for name, text in generate.profiles(oracle, rng)]
    return [case for case in cases if not wanted or any(fnmatch.fnmatchcase(case.name, w) for w in wanted)]


def compare(oracle, apply, wanted, is_vm, is_verbose, directory):
    suffix = WgQuick.suffix if oracle == "wg-quick" else NetworkManager.suffix
    them = WgQuick(directory) if oracle == "wg-quick" else NetworkManager()
    us = Ours(apply, None if is_vm else directory / "root", suffix)
    machine = Machine(is_vm)
    cases, deviations, failed = cases_of(oracle, wanted), load_deviations(oracle, is_vm), 0

    for n, case in enumerate(cases, 1):
        theirs, they_said = witness(them, case, machine)
        mine, we_said = witness(us, case, machine)
        problems, explained = judge(case, theirs, mine, deviations)
        names = sorted({name for name, _ in explained})
        print(f"{'not ok' if problems else 'ok'} {n} - {case.name}: {case.title}"
              + (f" (but for {', '.join(names)})" if names else ""))
        if problems:
            failed += 1
            text = "\n".join(problems + ["--- they said:", they_said.strip(), "--- we said:", we_said.strip()])
            print("#   " + text.replace("\n", "\n#   "), flush=True)
        if is_verbose:
            print("".join(f"#   {name}: {line}\n" for name, line in explained), end="")

    unused = [f"{d.name} ({pattern})" for d in deviations for pattern in d.unused(cases)]
    print(f"{'not ok' if unused else 'ok'} {len(cases) + 1} - every deviation explains something"
          + "".join(f"\n#   not: {u}" for u in unused))
    print(f"1..{len(cases) + 1}")
    return 1 if failed or unused else 0


def main():
    arguments = sys.argv[1:]
    is_vm, is_verbose = "--vm" in arguments, "--verbose" in arguments
    oracle, apply, *wanted = [a for a in arguments if a not in ("--vm", "--verbose")]
    if not is_vm and os.environ.get("WGP_ORACLE") != "inside":
        os.environ["WGP_ORACLE"] = "inside"
        os.execvp("unshare", ["unshare", "--net", "--mount", "--propagation", "private", sys.executable,
                              str(pathlib.Path(__file__).resolve()), *arguments])

    os.environ["LC_ALL"] = "C"
    os.umask(0o077)
    with tempfile.TemporaryDirectory() as directory:
        if is_vm:
            prepare_vm(oracle)
        else:
            make_machine(pathlib.Path(directory))
        sys.exit(compare(oracle, os.path.abspath(apply), wanted, is_vm, is_verbose, pathlib.Path(directory)))


if __name__ == "__main__":
    main()
