# SPDX-License-Identifier: LGPL-2.1-or-later
"""The world of the test: a LAN behind lan0, its gateway, name servers, and the far ends of all tunnels; both families.

All of it is one network namespace, "world", at the other end of lan0, which systemd-networkd configures on this side."""

import os
import subprocess
import time

import machine
from machine import run

LINK, PORT = "lan0", "port0"
LAN = ("192.168.77.0/24", "fd77::/64", "2001:db8:77::/64")
LAN_HOSTS = {4: "192.168.77.10", 6: "fd77::10"}
WORLD = {4: "203.0.113.1", 6: "2001:db8:1::1"}

# The far end of tunnel N listens at its own address, port 51900 + N.
FAR = {1: "198.51.100.1", 2: "198.51.100.2", 3: "198.51.100.3", 4: "198.51.100.4", 5: "198.51.100.5",
       6: "2001:db8:51::6", 7: "198.51.100.7", 11: "198.51.100.11"}
INNER = {n: (f"10.{90 + n}.0", f"fd{90 + n}:") for n in FAR if n < 10}


def port(n):
    return 51900 + n


def far_ends():
    return [(address, port(n)) for n, address in FAR.items()]


class Keys:
    """A pair for the near and the far end of each tunnel, and a preshared key."""

    def __init__(self):
        self.private, self.public, self.preshared = {}, {}, {}
        for n in FAR:
            for side in ("near", "far"):
                key = run("wg", "genkey", check=True)[1].strip()
                self.private[n, side] = key
                self.public[n, side] = run("wg", "pubkey", text=key, check=True)[1].strip()
            self.preshared[n] = run("wg", "genpsk", check=True)[1].strip()

    def secrets(self):
        return [self.private[n, "near"] for n in FAR] + list(self.preshared.values())


def in_world(*command, **options):
    return run("ip", "netns", "exec", "world", *command, **options)


def ip_world(*words):
    run("ip", "-netns", "world", *words, check=True)


def _add_far_end(keys, n):
    address = FAR[n]
    ip_world("address", "add", address, "dev", "lo")
    ip_world("link", "add", f"wg{n}", "type", "wireguard")
    near = n if n < 10 else 1  # 11 is the second peer of the first tunnel
    lines = [f"[Interface]\nPrivateKey = {keys.private[n, 'far']}\nListenPort = {port(n)}",
             f"[Peer]\nPublicKey = {keys.public[near, 'near']}\nPresharedKey = {keys.preshared[n]}\nAllowedIPs = {allowed_of(n)}"]
    in_world("wg", "setconf", f"wg{n}", "/dev/stdin", text="\n".join(lines) + "\n", check=True)
    for own in inner_far(n):
        ip_world("address", "add", own, "dev", f"wg{n}")
    ip_world("link", "set", f"wg{n}", "up")
    for near_address in allowed_of(n).split(", "):
        ip_world("route", "replace", near_address, "dev", f"wg{n}")


def allowed_of(n):
    """The near end's addresses, as the far one allows them."""
    four, six = INNER[n if n < 10 else 1]
    return f"{four}.2/32, {four}.77/32, {six}:2/128, {six}:77/128" if n < 10 else f"{four}.3/32"


def inner_far(n):
    four, six = INNER[n if n < 10 else 1]
    return [f"{four}.1/32", f"{six}:1/128"] if n < 10 else ["10.191.0.1/32"]


def _start_dnsmasq(name, addresses, records):
    words = [f"--host-record={host},{address}" for host, address in records]
    subprocess.Popen(["ip", "netns", "exec", "world", "dnsmasq", "--keep-in-foreground", "--no-resolv", "--no-hosts", "--user=root",
                      "--bind-interfaces", "--local-ttl=60", f"--pid-file=/run/life-{name}.pid", "--conf-file=/dev/null",
                      *(f"--listen-address={address}" for address in addresses), *words],
                     stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _await(what, question, patience=60):
    end = time.monotonic() + patience
    while not question():
        if time.monotonic() > end:
            raise RuntimeError(f"the world is not complete: {what}")
        time.sleep(0.1)


NETWORK = """[Match]
Name=lan0

[Network]
Address=192.168.77.1/24
Address=fd77::1/64
Address=2001:db8:77::1/64
Gateway=192.168.77.2
Gateway=2001:db8:77::2
DNS=192.168.77.2
IPv6AcceptRA=no
LLMNR=no
MulticastDNS=no
LLDP=no
"""


def build(keys):
    """Makes all of it."""
    for name, value in (("all", "0"), ("default", "0")):
        for key in ("accept_dad", "router_solicitations", "use_tempaddr"):
            machine.run("sysctl", "--quiet", f"net.ipv6.conf.{name}.{key}={value}")
    run("ip", "netns", "add", "world", check=True)
    ip_world("link", "set", "lo", "up")
    for key in ("net.ipv6.conf.all.accept_dad=0", "net.ipv6.conf.default.accept_dad=0", "net.ipv4.ip_forward=1",
                "net.ipv6.conf.all.forwarding=1", "net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.default.rp_filter=0"):
        in_world("sysctl", "--quiet", key)
    run("ip", "link", "add", LINK, "type", "veth", "peer", "name", PORT, "netns", "world", check=True)
    for address in ("192.168.77.2/24", "192.168.77.10/24", "fd77::2/64", "fd77::10/64", "2001:db8:77::2/64"):
        ip_world("address", "add", address, "dev", PORT)
    ip_world("link", "set", PORT, "up")
    for address in WORLD.values():
        ip_world("address", "add", address, "dev", "lo")
    for n in FAR:
        _add_far_end(keys, n)
    far_names = [(f"far{n}.example.net", address) for n, address in FAR.items()]
    _start_dnsmasq("lan", ["192.168.77.2"], far_names)
    _start_dnsmasq("tunnel", ["10.92.0.1", "10.97.0.1"], far_names + [("host.corp.example", "10.97.0.9")])

    os.makedirs("/etc/systemd/network", exist_ok=True)
    machine.write("/etc/systemd/network/50-lan0.network", NETWORK, 0o644)
    os.makedirs("/etc/systemd/resolved.conf.d", exist_ok=True)
    machine.write("/etc/systemd/resolved.conf.d/life.conf", "[Resolve]\nDNSSEC=no\nLLMNR=no\nMulticastDNS=no\n", 0o644)
    machine.run("systemctl", "unmask", "systemd-networkd.service", "systemd-networkd.socket", "firewalld.service")
    for unit in ("systemd-networkd.service", "systemd-resolved.service", "firewalld.service"):
        run("systemctl", "restart", unit, check=True)
    await_lan()


def has_ipv6():
    return machine.read("/proc/sys/net/ipv6/conf/all/disable_ipv6").strip() == "0"


def _is_configured():
    found = machine.output("ip", "-oneline", "address", "show", "dev", LINK)
    routes = machine.output("ip", "-4", "route") + machine.output("ip", "-6", "route")
    return ("192.168.77.1/24" in found and "default via 192.168.77.2" in routes and
            (not has_ipv6() or ("fd77::1/64" in found and "2001:db8:77::1/64" in found and "default via 2001:db8:77::2" in routes
                                and "inet6 fe80:" in found)) and "tentative" not in found)


def await_lan():
    """Until networkd has configured the cable."""
    _await("networkd does not configure lan0", _is_configured)
