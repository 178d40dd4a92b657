# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a tunnel has made of the machine, as a set of lines that two programs' work can be compared by.

A line is left out, or told in other words, only where the value is chance: a random port, the link-local address of a
userspace daemon's link, the number of a mark that nobody stated. What differs by intent stays, and deviations.toml has
a name for it."""

import ipaddress
import json
import re
import subprocess
import time

# What "ip -details" says of links, addresses, routes and rules beyond what a profile could have wanted.
ROUTE_NOISE = {"flags", "pref", "cacheinfo", "protocol", "type", "dst", "dev", "table", "scope", "metric", "metrics"}
ADDRESS_FLAGS = ("noprefixroute", "nodad", "home", "mngtmpaddr", "deprecated")

RESOLVED = "org.freedesktop.resolve1"
RESOLVED_PROPERTIES = ("DNSEx", "Domains", "DefaultRoute", "LLMNR", "MulticastDNS", "DNSOverTLS", "DNSSEC")
FIREWALLD = "org.fedoraproject.FirewallD1"


def run(*argv, stdin=None):
    return subprocess.run(argv, input=stdin, capture_output=True, text=True, check=False)


def ip_json(*commands, options=()):
    """What each command shows. One run for all of them: a virtual machine starts programs slowly."""
    output = run("ip", *options, "-j", "-N", "-d", "-batch", "-", stdin="\n".join(commands)).stdout
    return [json.loads(line) for line in output.splitlines() if line.strip()]


def is_chance(address):
    """The link-local address that a userspace daemon's link gets by itself: the profiles state fe80::/64 ones with zeros."""
    return address.startswith("fe80::") and len(address) > len("fe80::ffff")


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
            if is_chance(a["local"]):
                continue
            extra = "".join(f" {flag}" for flag in ADDRESS_FLAGS if a.get(flag))
            if "label" in a and a["label"] != link["ifname"]:
                extra += f" label {a['label']}"
            if "broadcast" in a:
                extra += f" broadcast {a['broadcast']}"
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
        # the kernel's own: multicast, and what goes with an address that is chance
        if route["dst"] == "ff00::/8" or is_chance(route["dst"]):
            continue
        if route["dst"] == "fe80::/64" and route["protocol"] == "2":
            continue
        yield route_line(route)


def rule_lines(family, rules):
    for rule in rules:
        words = ["not"] if "not" in rule else []
        for key, value in rule.items():
            if key not in ("not", "priority", "protocol"):
                words.append(key if value is None else f"{key} {value}")
        yield f"rule{family} at {rule['priority']} protocol {rule['protocol']}: {' '.join(words)}"


def sysctl_lines(link="all"):
    for family, name in ("4", "src_valid_mark"), ("6", "disable_ipv6"), ("6", "accept_ra"):
        try:
            with open(f"/proc/sys/net/ipv{family}/conf/{link}/{name}", encoding="ascii") as f:
                yield f"sysctl ipv{family} {link} {name} {f.read().strip()}"
        except OSError:
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
        elif words and words != ["}"] and not any(is_chance(word) for word in words):
            line = re.sub(r' comment "[^"]*"', "", " ".join(words))
            # whichever table it stands in
            yield f"nft drops {line}" if line.endswith("fib saddr type != local drop") else f"{table} {chain} {line}"


def has_settled(links, routes):
    """Whether each IPv6 address of a link that is up has its local route: the kernel adds it in its own time."""
    local = {route["dst"] for route in routes if route["type"] == "2"} # RTN_LOCAL; of a VRF in its table
    return all(a["local"] in local for link in links if "UP" in link["flags"]
               for a in link.get("addr_info", []) if a["family"] == "inet6")


def state():
    """Everything of the kernel that a tunnel could have changed, as a set of lines."""
    for _ in range(60):
        links, routes, rules = ip_json("address show", "route show table all", "rule show")
        if has_settled(links, routes):
            break
        time.sleep(0.05)
    rules6, = ip_json("rule show", options=["-6"])
    return {*sysctl_lines(), *nft_lines(), *link_lines(links), *address_lines(links), *route_lines(routes),
            *rule_lines(4, rules), *rule_lines(6, rules6)}


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


# --- DNS ---

def resolved_lines(link):
    """What systemd-resolved has of the link."""
    try:
        with open(f"/sys/class/net/{link}/ifindex", encoding="ascii") as f:
            # in a bus path a digit in front is escaped
            path = "/org/freedesktop/resolve1/link/_3" + f.read().strip()
    except OSError:
        return
    answer = run("busctl", "--json=short", "get-property", RESOLVED, path, RESOLVED + ".Link", *RESOLVED_PROPERTIES)
    values = [json.loads(line)["data"] for line in answer.stdout.splitlines()]
    for name, value in zip(RESOLVED_PROPERTIES, values):
        if name == "DNSEx":
            for n, (_, address, port, server_name) in enumerate(value):
                server = ipaddress.ip_address(bytes(address))
                yield f"dns server {n} {server}" + (f" port {port}" if port else "") + (f"#{server_name}" if server_name else "")
        elif name == "Domains":
            for domain, is_routing in value:
                yield f"dns domain {'~' if is_routing else ''}{domain or '.'}"
        else:
            yield f"dns {name} {value}"


def resolvconf_lines(path):
    """What stands in the recorder of a "resolvconf" that was called: its standard input."""
    try:
        with open(path, encoding="utf-8") as f:
            text = f.read()
    except OSError:
        return
    servers = re.findall(r"^nameserver (\S+)$", text, re.M)
    yield from (f"dns server {n} {server}" for n, server in enumerate(servers))
    yield from (f"dns domain {domain}" for line in re.findall(r"^search (.*)$", text, re.M) for domain in line.split())


def zone_lines(link):
    answer = run("busctl", "--json=short", "call", FIREWALLD, "/org/fedoraproject/FirewallD1", FIREWALLD + ".zone",
                 "getZoneOfInterface", "s", link)
    if answer.returncode == 0 and json.loads(answer.stdout)["data"][0]:
        yield f"zone {json.loads(answer.stdout)['data'][0]}"


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
