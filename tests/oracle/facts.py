# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a tunnel has made of the machine, as a set of lines that two programs' work can be compared by.

A line is left out, or told in other words, only where the value is chance: a random port, a link-local address that
nobody stated, the number of a mark that nobody stated. What differs by intent stays, and deviations.toml has a name for
it."""

import glob
import json
import re
import subprocess
import time

import daemons

# What "ip -details" says of links, addresses, routes and rules beyond what a profile could have wanted.
ROUTE_NOISE = {"flags", "pref", "cacheinfo", "protocol", "type", "dst", "dev", "table", "scope", "metric", "metrics"}
ADDRESS_FLAGS = ("noprefixroute", "nodad", "home", "mngtmpaddr", "deprecated")


def run(*argv, stdin=None):
    return subprocess.run(argv, input=stdin, capture_output=True, text=True, check=False)


def ip_json(*commands, options=()):
    """What each command shows. One run for all of them: a virtual machine starts programs slowly."""
    output = run("ip", *options, "-j", "-N", "-d", "-batch", "-", stdin="\n".join(commands)).stdout
    return [json.loads(line) for line in output.splitlines() if line.strip()]


# A link-local address that somebody made: the profiles state fe80::/64 ones with zeros.
CHANCE = re.compile(r"\bfe80::[0-9a-f:]{5,}")


# --- the kernel ---

def link_lines(links):
    for link in links:
        name = link["ifname"]
        yield f"link {name}"
        yield f"link {name} mtu {link['mtu']}"
        yield f"link {name} group {link['group']}"
        if "UP" in link["flags"]:
            yield f"link {name} up"
        if "master" in link:
            yield f"link {name} master {link['master']}"


def address_lines(links):
    for link in links:
        for a in link.get("addr_info", []):
            extra = "".join(f" {flag}" for flag in ADDRESS_FLAGS if a.get(flag))
            if "label" in a and a["label"] != link["ifname"]:
                extra += f" label {a['label']}"
            if "broadcast" in a:
                yield f"broadcast {link['ifname']} {a['local']} {a['broadcast']}"
            yield f"address {link['ifname']} {a['local']}/{a['prefixlen']} scope {a['scope']}{extra}"


def route_line(route):
    family = 6 if "pref" in route else 4  # the kernel tells it of each IPv6 route, and of no other
    words = [f"route{family} table {route['table']} type {route['type']} {route['dst']}"]
    if "dev" in route:
        words.append(f"dev {route['dev']}")
    words.append(f"protocol {route['protocol']} scope {route['scope']} metric {route.get('metric', 0)}")
    words += [f"{key} {value}" for key, value in sorted(route.items()) if key not in ROUTE_NOISE]
    for metrics in route.get("metrics", []):
        words += [f"{key} {value}" for key, value in sorted(metrics.items())]
    words += [flag for flag in route["flags"] if flag in ("onlink", "pervasive")]
    return " ".join(words)


def route_lines(routes):
    for route in routes:
        if route["dst"] != "ff00::/8": # the kernel's own
            yield route_line(route)


def rule_lines(family, rules):
    for rule in rules:
        words = ["not"] if "not" in rule else []
        for key, value in rule.items():
            if key not in ("not", "priority", "protocol"):
                words.append(key if value is None else f"{key} {value}")
        yield f"rule{family} at {rule['priority']} protocol {rule['protocol']}: {' '.join(words)}"


def sysctl_lines():
    """All that a link has, and what holds for all of them."""
    for path in glob.iglob("/proc/sys/net/ipv[46]/conf/*/*"):
        *_, family, _, link, name = path.split("/")
        try:
            with open(path, encoding="ascii") as f:
                if name not in ("mtu", "stable_secret"): # the link's, and chance
                    yield f"sysctl {family} {link} {name} {f.read().strip()}"
        except OSError: # the link goes
            pass


def nft_lines():
    """The ruleset, a line for each rule with the table and chain that it is in. Of firewalld's the zone says enough."""
    table = chain = ""
    for line in run("nft", "list", "ruleset").stdout.splitlines():
        words = line.split()
        if words[:1] == ["table"]:
            table, chain = f"nft {words[1]} {words[2]}", ""
            if words[2] != "firewalld":
                yield table
        elif words[:1] != ["}"] and table.endswith(" firewalld"):
            continue
        elif words[:1] == ["chain"]:
            chain = words[1]
        elif words and words != ["}"]:
            line = re.sub(r' comment "[^"]*"', "", " ".join(words))
            # whichever table it stands in
            yield f"nft drops {line}" if line.endswith("fib saddr type != local drop") else f"{table} {chain} {line}"


def has_settled(links, routes, of_daemons):
    """Whether each IPv6 address of a link that is up has its local route, which the kernel adds in its own time, and
    whether the daemons have seen which links are gone."""
    local = {route["dst"] for route in routes if route["type"] == "2"} # RTN_LOCAL; of a VRF in its table
    there = {link["ifname"] for link in links} | {"global"}
    return (all(a["local"] in local for link in links if "UP" in link["flags"]
                for a in link.get("addr_info", []) if a["family"] == "inet6")
            and all(line.split()[1 if line.startswith("resolved") else 2] in there for line in of_daemons))


def state(is_vm):
    """Everything that a tunnel could have changed, as a set of lines."""
    for _ in range(60):
        links, routes, rules = ip_json("address show", "route show table all", "rule show")
        names = {0: "global"} | {link["ifindex"]: link["ifname"] for link in links}
        of_daemons = {*daemons.resolved_state(names), *daemons.zone_state()} if is_vm else set()
        if has_settled(links, routes, of_daemons):
            break
        time.sleep(0.05)
    rules6, = ip_json("rule show", options=["-6"])
    there = {*of_daemons, *sysctl_lines(), *nft_lines(), *link_lines(links), *address_lines(links), *route_lines(routes),
             *rule_lines(4, rules), *rule_lines(6, rules6)}
    if is_vm:
        return {CHANCE.sub("fe80::CHANCE", line) for line in there}
    # a userspace daemon's link, a tun, gets such an address by itself
    return {line for line in there if not CHANCE.search(line) and not re.match("route6 .* fe80::/64 .* protocol 2 ", line)}


# --- WireGuard ---

def device_lines(link, is_port_stated):
    dump = run("wg", "show", link, "dump").stdout.splitlines()
    if not dump:
        return
    private_key, _, port, mark = dump[0].split("\t")
    yield f"device private-key {private_key}"
    yield f"device listen-port {port if is_port_stated else 'any'}"
    yield f"device fwmark {mark}"
    for line in dump[1:]:
        key, psk, endpoint, allowed_ips, _, _, _, keepalive = line.split("\t")
        yield f"peer {key[:8]}"
        yield f"peer {key[:8]} preshared-key {psk}"
        yield f"peer {key[:8]} endpoint {endpoint}"
        yield f"peer {key[:8]} keepalive {keepalive}"
        for prefix in allowed_ips.split(","):
            yield f"peer {key[:8]} allowed-ip {prefix}"


# --- comparable ---

def comparable(lines):
    """The facts of one tunnel: numbers that its program picked become words, and each stands in one line of its own.

    - the priority of a rule of a full tunnel ("rule4 at 32764 …"), whose order says as much as is wanted;
    - its mark ("device fwmark …"), which is its table's number as well;
    - its port."""
    mark = next((line.split()[-1] for line in lines if line.startswith("device fwmark 0x")), None)
    is_any_port = "device listen-port any" in lines
    result, rules = set(), {}
    for line in lines:
        if is_any_port:
            line = re.sub(r"\budp dport \d+", "udp dport PORT", line)
        if mark:
            line = re.sub(rf"\b(table|lookup) {int(mark, 16)}\b", r"\1 MARK", line)
            line = re.sub(rf"\b(fwmark|mark) 0x0*{mark[2:]}\b", r"\1 MARK", line) if not line.startswith("device") else line
        rule = re.match(r"rule([46]) at (\d+) protocol \d+: (.*)$", line)
        if rule and int(rule[2]) >= 30000:
            family, priority, text = rule.groups()
            text = re.sub(r"goto \d+", "goto N", text)
            result |= {line, f"rule{family} {text}"}
            rules.setdefault(family, []).append((int(priority), text))
        else:
            result.add(line)
    for family, there in rules.items():
        order = [text for _, text in sorted(there) if "table" in text]
        result.add(f"rule{family} in order: " + ", then ".join(order))
    return result
