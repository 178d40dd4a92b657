# SPDX-License-Identifier: LGPL-2.1-or-later
"""What systemd-resolved and firewalld were told, as lines like those of facts.py. One connection to the bus for all: a
virtual machine starts programs slowly."""

import functools
import ipaddress
import os
import re

RESOLVED = "org.freedesktop.resolve1"
FIREWALLD = "org.fedoraproject.FirewallD1"
LINK_PROPERTIES = "DefaultRoute", "LLMNR", "MulticastDNS", "DNSOverTLS", "DNSSEC"


@functools.cache
def bus():
    import dbus # not on every machine: only a virtual one has these daemons

    return dbus.SystemBus()


def properties(service, path, interface):
    return bus().get_object(service, path, introspect=False).GetAll(interface, dbus_interface="org.freedesktop.DBus.Properties")


def server_text(address, port, server_name):
    return str(ipaddress.ip_address(bytes(address))) + (f" port {port}" if port else "") + (f"#{server_name}" if server_name else "")


def domain_text(domain, is_routing):
    return f"{'~' if is_routing else ''}{domain or '.'}"


def resolved_state(link_names):
    """What systemd-resolved has of all links: those that are gone have a number in place of a name."""
    manager = properties(RESOLVED, "/org/freedesktop/resolve1", RESOLVED + ".Manager")
    for index, _, address, port, server_name in manager["DNSEx"]:
        yield f"resolved {link_names.get(index, index)} server {server_text(address, port, server_name)}"
    for index, domain, is_routing in manager["Domains"]:
        yield f"resolved {link_names.get(index, index)} domain {domain_text(domain, is_routing)}"


def resolved_lines(link):
    """What systemd-resolved has of the link."""
    try:
        with open(f"/sys/class/net/{link}/ifindex", encoding="ascii") as f:
            # in a bus path a digit in front is escaped
            path = "/org/freedesktop/resolve1/link/_3" + f.read().strip()
    except OSError:
        return
    of_link = properties(RESOLVED, path, RESOLVED + ".Link")
    yield from (f"dns server {n} {server_text(*server)}" for n, (_, *server) in enumerate(of_link["DNSEx"]))
    yield from (f"dns domain {domain_text(*domain)}" for domain in of_link["Domains"])
    yield from (f"dns {name} {bool(of_link[name]) if name == 'DefaultRoute' else of_link[name]}" for name in LINK_PROPERTIES)


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


def zone_state():
    """The links that are in a zone, where firewalld runs: to ask would start it."""
    if os.path.exists("/sys/fs/cgroup/system.slice/firewalld.service"):
        firewalld = bus().get_object(FIREWALLD, "/org/fedoraproject/FirewallD1", introspect=False)
        zones = firewalld.getActiveZones(dbus_interface=FIREWALLD + ".zone")
        yield from (f"zone {zone} {link}" for zone, there in zones.items() for link in there.get("interfaces", ()))
