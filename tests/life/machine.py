# SPDX-License-Identifier: LGPL-2.1-or-later
"""This machine as an administrator sees it: commands, units, and what is in the kernel."""

import os
import re
import subprocess
import time

import wire

HANG_SECONDS = 90  # nothing takes as long
STATE = "/run/wg-profile/state"


class Hang(Exception):
    """A command did not end."""


def run(*command, check=False, text=None, patience=HANG_SECONDS, namespace=None):
    """Runs a command, in a network namespace. Returns its exit status, and all that it printed."""
    streams = {"input": text} if text is not None else {"stdin": subprocess.DEVNULL}
    try:
        with wire.in_namespace(namespace):  # a child is where its parent's thread is
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                                  timeout=patience, check=False, **streams)
    except subprocess.TimeoutExpired:
        raise Hang(" ".join(command)) from None
    if check and done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stdout.strip()}")
    return done.returncode, done.stdout


def output(*command):
    return run(*command)[1]


def lines(*command):
    return [line.rstrip() for line in output(*command).splitlines() if line.strip()]


def systemctl(*words):
    return run("systemctl", *words)


def units(names):
    """{unit: {property: value}}"""
    properties = "Id,ActiveState,SubState,Result,LoadState,Job,MainPID"
    found = {}
    for block in output("systemctl", "show", f"--property={properties}", *names).split("\n\n"):
        unit = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
        if "Id" in unit:
            found[unit["Id"]] = unit
    # a unit that is masked has its own name still
    return {name: found.get(name, {"ActiveState": "inactive", "SubState": "dead"}) for name in names}


def await_jobs(patience=HANG_SECONDS):
    """Until systemd has nothing to do. Returns the jobs that are left when patience is at its end."""
    end = time.monotonic() + patience
    while True:
        jobs = lines("systemctl", "list-jobs", "--no-legend", "--plain")
        if not jobs or jobs[0].startswith("No jobs"):
            return []
        if time.monotonic() > end:
            return jobs
        time.sleep(0.1)


def processes(*words):
    """The pids of processes whose command line has these words."""
    found = []
    for pid in os.listdir("/proc"):
        if not pid.isdigit():
            continue
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as f:
                arguments = f.read().decode(errors="replace").split("\0")
        except OSError:
            continue
        if arguments and all(word in arguments or word == os.path.basename(arguments[0]) for word in words):
            found.append(int(pid))
    return found


def write(path, text, mode=0o600):
    """At once: nobody sees half of it."""
    new = f"{path}.new"
    fd = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(fd, "w") as f:
        f.write(text)
    os.rename(new, path)


def remove(path):
    try:
        os.unlink(path)
    except FileNotFoundError:
        return False
    return True


def read(path, missing=""):
    try:
        with open(path, errors="replace") as f:
            return f.read()
    except OSError:
        return missing


# --- what is in the kernel ---

_RULE = re.compile(r"^\d+:\s+(not )?from ")
_LINK = re.compile(r"^\d+: \S+: <")
_VOLATILE = [
    (re.compile(r" expires \d+sec"), ""),
    (re.compile(r" (valid_lft|preferred_lft) \d+sec"), r" \1 some"),
    (re.compile(r" counter packets \d+ bytes \d+"), " counter"),
    (re.compile(r"^(\d+): (\S+?)(@\S+)?[: ]"), r"\2 "),     # the index of a link
    (re.compile(r" qlen \d+| linkdown"), ""),
    (re.compile(r"\s+"), " "),
]


def stable(line):
    for pattern, replacement in _VOLATILE:
        line = pattern.sub(replacement, line)
    return line.strip()


def nft_tables():
    """{"inet NAME": its text}. Of tables that a program owns, too."""
    tables, name, text = {}, None, []
    for line in output("nft", "--stateless", "list", "ruleset").splitlines():
        if line.startswith("table "):
            name, text = line[len("table "):].split(" {")[0], []
        elif line == "}":
            tables[name] = "\n".join(stable(t) for t in text)
        elif name:
            text.append(line)
    return tables


def ip_lines(option, *commands, namespace=None):
    """What several commands of ip(8) print, by one process."""
    batch = "".join(f"{command}\n" for command in commands)
    return [line.rstrip() for line in run("ip", option, "-batch", "-", text=batch, namespace=namespace)[1].splitlines() if line.strip()]


class Snapshot:
    """Rules, routes, addresses, links, nft tables and WireGuard devices, as lines; of the network namespaces that tunnels may
    be in, too."""

    def __init__(self, namespaces=()):
        self.rules, self.routes = {}, {}
        for family in (4, 6):
            found = ip_lines(f"-{family}", "rule show", "route show table all")
            self.rules[family] = [stable(line) for line in found if _RULE.match(line)]
            self.routes[family] = sorted(stable(line) for line in found if not _RULE.match(line))
        found = ip_lines("-oneline", "link show", "address show")
        self.links = [stable(line) for line in found if _LINK.match(line)]
        self.addresses = [stable(line) for line in found if not _LINK.match(line)]
        self.tables = nft_tables()
        self.devices, self.peers = {}, {}
        self.add_devices(None)
        self.namespaces = {}
        for name in namespaces:
            if os.path.exists(f"/run/netns/{name}"):
                self.namespaces[name] = [stable(line) for option, commands in (
                    ("-oneline", ("link show", "address show")), ("-4", ("route show",)), ("-6", ("route show",)))
                                         for line in ip_lines(option, *commands, namespace=name)]
                self.add_devices(name)

    def add_devices(self, namespace):
        """{link: sorted lines}: mark, peers, their allowed-ips and keepalive; nothing that changes by itself. And {(link, public
        key): (latest handshake, received, sent)}."""
        for line in run("wg", "show", "all", "dump", namespace=namespace)[1].splitlines():
            link, *fields = line.split("\t")
            device = self.devices.setdefault(link, [])
            if len(fields) == 4:
                device.append(f"mark {fields[3]}")
            elif len(fields) == 8:
                device.append(f"peer {fields[0]} {','.join(sorted(fields[3].split(',')))} {fields[7]}")
                self.peers[link, fields[0]] = (int(fields[4]), int(fields[5]), int(fields[6]))
        for device in self.devices.values():
            device.sort()

    def mark(self, link):
        """The firewall mark of a link, which is its table where it is a full tunnel; 0: none."""
        return next((int(line.split()[1], 16) for line in self.devices.get(link, []) if line.startswith("mark 0x")), 0)

    def link_names(self):
        return {line.split()[0] for line in self.links}

    def everything(self):
        """As lines, to be compared."""
        out = [f"IPv{family} rule: {line}" for family in (4, 6) for line in self.rules[family]]
        out += [f"IPv{family} route: {line}" for family in (4, 6) for line in self.routes[family]]
        # the loopback's own are made anew by IPv6's being switched on, in another way than at boot
        out = [line for line in out if not re.search(r"route: (local )?::1 dev lo ", line)]
        out += [f"address: {line}" for line in self.addresses if not line.startswith("lo ")]
        out += [f"link: {line}" for line in self.links]
        for name, text in self.tables.items():
            if "firewalld" in name:  # it keeps chains of zones that nobody is in any more
                continue
            out += [f"nft table {name}: {line}" for line in text.splitlines()]
        for name, found in self.namespaces.items():
            out += [f"namespace {name}: {line}" for line in found]
        return sorted(out)
