# SPDX-License-Identifier: LGPL-2.1-or-later
"""The profiles of the test, one of each kind, and how they may be edited."""

import os

import machine
import world

DIRECTORY = "/etc/wg-profile"


class Tunnel:
    """A profile, as the test wants it: the settings that edits change are in "settings"."""

    families = ()        # what it captures while it is up
    kill_switch = False
    namespace = None
    suffix = "conf"
    six_endpoint = False
    # name: values that an edit may give it
    edits = {"keepalive": (0, 15, 25), "mtu": (None, 1300, 1380), "more": (False, True), "address": (False, True)}

    def __init__(self, name, number, keys):
        self.name, self.number, self.keys = name, number, keys
        self.four, self.six = world.INNER[number]
        self.unit = f"wg-profile@{name}.service"
        self.kill_switch_unit = f"wg-profile-killswitch@{name}.service"
        self.path = f"{DIRECTORY}/{name}.{self.suffix}"
        self.drop_in = f"{self.path}.d/50-life.conf"
        self.reset()

    def reset(self):
        self.settings = {key: values[0] for key, values in self.edits.items()}

    def endpoint(self):
        address = world.FAR[self.number]
        return f"[{address}]:{world.port(self.number)}" if ":" in address else f"{address}:{world.port(self.number)}"

    def near(self):
        addresses = [f"{self.four}.2/24", f"{self.six}:2/64"]
        if self.settings["address"]:
            addresses += [f"{self.four}.77/32", f"{self.six}:77/128"]
        return addresses

    def allowed(self):
        allowed = [f"{self.four}.0/24", f"{self.six}:/64"]
        if self.settings["more"]:
            allowed += [f"10.{200 + self.number}.0.0/16", f"fd{90 + self.number}:1::/64"]
        return allowed

    def interface_lines(self):
        lines = [f"PrivateKey = {self.keys.private[self.number, 'near']}", f"Address = {', '.join(self.near())}"]
        if self.settings["mtu"]:
            lines.append(f"MTU = {self.settings['mtu']}")
        return lines

    def peer_lines(self):
        return [f"PublicKey = {self.keys.public[self.number, 'far']}", f"PresharedKey = {self.keys.preshared[self.number]}",
                f"Endpoint = {self.endpoint()}", f"AllowedIPs = {', '.join(self.allowed())}",
                f"PersistentKeepalive = {self.settings['keepalive']}"]

    def own_lines(self):
        return ["Autoconnect = no"]

    def text(self):
        return "\n".join(["[Interface]", *self.interface_lines(), "", "[Peer]", *self.peer_lines(), "", "[WgProfile]",
                          *self.own_lines(), ""])

    def broken_text(self):
        return self.text() + "AllowedIPs: 10.0.0.0/8\n"

    def write(self):
        os.makedirs(DIRECTORY, exist_ok=True)
        machine.write(self.path, self.text())

    def write_broken(self):
        machine.write(self.path, self.broken_text())

    def add_drop_in(self, value):
        os.makedirs(os.path.dirname(self.drop_in), mode=0o755, exist_ok=True)
        machine.write(self.drop_in, f"[WgProfile]\nMTU = {value}\n")

    def remove_drop_in(self):
        machine.remove(self.drop_in)

    def targets(self):
        """Addresses that answer when it is up."""
        return [f"{self.four}.1", f"{self.six}:1"]


class Split(Tunnel):
    """Two peers, of which one has a name."""

    def endpoint(self):
        return f"far{self.number}.example.net:{world.port(self.number)}"

    def near(self):
        return [*super().near(), f"{self.four}.3/32"]

    def text(self):
        second = ["", "[Peer]", f"PublicKey = {self.keys.public[11, 'far']}", f"PresharedKey = {self.keys.preshared[11]}",
                  f"Endpoint = {world.FAR[11]}:{world.port(11)}", "AllowedIPs = 10.191.0.0/24", ""]
        return super().text() + "\n".join(second)


class Full(Tunnel):
    families = (4, 6)

    def allowed(self):
        return ["0.0.0.0/0", "::/0"]

    def interface_lines(self):
        return [*super().interface_lines(), f"DNS = {self.four}.1"]


class Guarded(Tunnel):
    families = (4, 6)
    kill_switch = True

    def allowed(self):
        return ["0.0.0.0/0", "::/0"]

    def own_lines(self):
        return [*super().own_lines(), "KillSwitch = yes"]


class Space(Tunnel):
    """In a network namespace of its own, which it takes all traffic of."""

    namespace = "space"

    def allowed(self):
        return ["0.0.0.0/0", "::/0"]

    def own_lines(self):
        return [*super().own_lines(), f"Netns = {self.namespace}"]


class Hooks(Tunnel):
    def interface_lines(self):
        return [*super().interface_lines(),
                "PostUp = mkdir -p /run/life-hooks && touch /run/life-hooks/%i", "PostUp = nft add table inet life-hooks",
                "PostDown = nft delete table inet life-hooks || :", "PostDown = rm -rf /run/life-hooks"]


class Keyfile(Tunnel):
    suffix = "nmconnection"

    def sections(self):
        """{section: lines}"""
        near = self.near()
        wireguard = [f"private-key={self.keys.private[self.number, 'near']}", "private-key-flags=0"]
        if self.settings["mtu"]:
            wireguard.append(f"mtu={self.settings['mtu']}")
        found = {
            "connection": [f"id={self.name}", "type=wireguard", f"interface-name={self.name}", "autoconnect=false"],
            "wireguard": wireguard,
            f"wireguard-peer.{self.keys.public[self.number, 'far']}": [
                f"endpoint={self.endpoint()}", f"preshared-key={self.keys.preshared[self.number]}", "preshared-key-flags=0",
                f"allowed-ips={';'.join(self.allowed())};"],
        }
        if self.settings["keepalive"]:
            found[f"wireguard-peer.{self.keys.public[self.number, 'far']}"].append(f"persistent-keepalive={self.settings['keepalive']}")
        for family, mark in (("ipv4", "."), ("ipv6", ":")):
            own = [a for a in near if (":" in a) == (mark == ":")]
            found[family] = ["method=manual", *(f"address{i}={a}" for i, a in enumerate(own, 1))]
        return found

    def text(self):
        return "\n".join(line for name, lines in self.sections().items() for line in [f"[{name}]", *lines, ""])

    def broken_text(self):
        return self.text().replace("allowed-ips=", "allowed-ips=10.0.0.0/33;", 1)


class Rules(Keyfile):
    """Rules and a table of its own; its far end is an IPv6 one."""

    six_endpoint = True

    def sections(self):
        found = super().sections()
        found["ipv4"] += ["route1=10.196.0.0/16", "route1_options=table=1234", f"routing-rule1=priority 5006 from {self.four}.2 table 1234"]
        found["ipv6"] += ["route1=fd96:2::/64", "route1_options=table=1234", f"routing-rule1=priority 5006 from {self.six}:2 table 1234"]
        return found


class Corp(Keyfile):
    """A name server, a search domain, and a zone of firewalld."""

    def sections(self):
        found = super().sections()
        found["connection"].append("zone=trusted")
        found["ipv4"] += [f"dns={self.four}.1;", "dns-search=corp.example;"]
        return found


def make(keys):
    return [Split("split", 1, keys), Full("full", 2, keys), Guarded("guard", 3, keys), Space("space", 4, keys),
            Hooks("hooks", 5, keys), Rules("rules", 6, keys), Corp("corp", 7, keys)]
