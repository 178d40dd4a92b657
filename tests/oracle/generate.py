# SPDX-License-Identifier: LGPL-2.1-or-later
"""Profiles by chance, of what people use: the same ones with each run."""

import base64

OWN = base64.b64encode(b"a" * 32).decode()
SHARED = base64.b64encode(b"p" * 32).decode()
ENDPOINTS = ["192.168.77.2:51820", "192.168.77.3:4500", "[fd77::2]:51820", "198.51.100.7:51820"]


def peer_keys(n):
    return [base64.b64encode(bytes([letter]) * 32).decode() for letter in b"bcdefgh"[:n]]


def addresses(rng):
    """One to three, no two alike."""
    pool = ["10.66.0.2/24", "10.67.1.2/16", "10.68.0.2/32", "fd66::2/64", "fd67::2/128", "fd68::1/48"]
    return rng.sample(pool, rng.randrange(1, 4))


def networks(rng, n):
    """For each of n peers some that no other one has, also such as addresses connect, and hosts."""
    pool = [f"10.{second}.0.0/16" for second in range(100, 116)] + ["10.66.0.0/24", "10.66.0.9/32", "10.67.0.0/16"]
    pool += [f"fd{second:x}::/32" for second in range(0xa0, 0xa8)] + ["fd66::/64", "fd66::9/128", "192.0.2.0/24"]
    pool += [f"10.99.{third}.{third}/32" for third in range(1, 9)]
    rng.shuffle(pool)
    return [[pool.pop() for _ in range(rng.randrange(0, 7))] for _ in range(n)]


def wg_quick(rng, n):
    is_full = n % 3 == 0
    interface = ["[Interface]", f"PrivateKey = {OWN}"]
    if rng.random() < 0.5:
        interface.append(f"ListenPort = {rng.randrange(20000, 60000)}")
    if rng.random() < 0.3:
        interface.append(f"FwMark = {rng.choice(['0x51', '4660', 'off', '0'])}")
    if rng.random() < 0.3:
        interface.append(f"MTU = {rng.randrange(1280, 1421)}")
    if rng.random() < 0.4 and not is_full:
        interface.append(f"Table = {rng.choice(['auto', 'off', '4711', '77'])}")
    interface += [f"Address = {a}" for a in addresses(rng)]
    keys = peer_keys(rng.randrange(1, 5))
    lines = [f"# By chance: {'full tunnel' if is_full else 'tunnel'} number {n}.", *interface]
    for i, (key, prefixes) in enumerate(zip(keys, networks(rng, len(keys)))):
        if is_full and i == 0:
            prefixes += rng.choice([["0.0.0.0/0"], ["::/0"], ["0.0.0.0/0", "::/0"]])
        lines += ["", "[Peer]", f"PublicKey = {key}"]
        lines += [f"PresharedKey = {SHARED}"] if rng.random() < 0.3 else []
        lines += [f"AllowedIPs = {', '.join(prefixes)}"] if prefixes else []
        lines += [f"Endpoint = {ENDPOINTS[i]}"] if rng.random() < 0.7 else []
        lines += [f"PersistentKeepalive = {rng.randrange(1, 100)}"] if rng.random() < 0.4 else []
    return "\n".join(lines) + "\n"


def family(rng, section, own, gateway, is_full):
    """[ipv4] or [ipv6] with addresses, routes and rules."""
    lines = ["", f"[{section}]", "method=manual"] + (["addr-gen-mode=default"] if section == "ipv6" else [])
    lines += [f"address{i}={a}" for i, a in enumerate(own, 1)]
    base = "10.{}.0.0/16" if section == "ipv4" else "fd{}::/32"
    for i in range(1, rng.randrange(1, 5)):
        lines.append(f"route{i}={base.format(30 + i)}" + rng.choice(["", f",{gateway}", f",{gateway},{i}", f",,{i + 10}"]))
        if rng.random() < 0.4:
            lines.append(f"route{i}_options=" + rng.choice([f"table={60 + i}", "mtu=1300", "advmss=1200,window=9000"]))
    for i in range(1, rng.randrange(1, 3)):
        lines.append(f"routing-rule{i}=priority {100 + i} to {base.format(40 + i)} table {60 + i}")
    if rng.random() < 0.3 and not is_full:
        lines.append(f"route-table={rng.randrange(100, 200)}")
    if rng.random() < 0.3:
        lines.append(f"route-metric={rng.randrange(1, 500)}")
    return lines


def keyfile(rng, n):
    is_full = n % 3 == 0
    lines = [f"# By chance: {'full tunnel' if is_full else 'tunnel'} number {n}.", "[connection]", f"id=h{n:02}",
             "type=wireguard", f"interface-name=h{n:02}", "autoconnect=false", "", "[wireguard]", f"private-key={OWN}"]
    lines += [f"listen-port={rng.randrange(20000, 60000)}"] if rng.random() < 0.5 else []
    lines += [f"fwmark={rng.choice(['0x51', '4660'])}"] if rng.random() < 0.3 else []
    lines += [f"mtu={rng.randrange(1280, 1421)}"] if rng.random() < 0.5 else []
    keys = peer_keys(rng.randrange(1, 4))
    for i, (key, prefixes) in enumerate(zip(keys, networks(rng, len(keys)))):
        if is_full and i == 0:
            prefixes += rng.choice([["0.0.0.0/0"], ["0.0.0.0/0", "::/0"]])
        lines += ["", f"[wireguard-peer.{key}]", f"allowed-ips={';'.join(prefixes)}"]
        lines += [f"preshared-key={SHARED}", "preshared-key-flags=0"] if rng.random() < 0.3 else []
        lines += [f"endpoint={ENDPOINTS[i]}"] if rng.random() < 0.7 else []
        lines += [f"persistent-keepalive={rng.randrange(1, 100)}"] if rng.random() < 0.4 else []
    own = addresses(rng)
    ipv4, ipv6 = [a for a in own if ":" not in a] or ["10.66.0.2/24"], [a for a in own if ":" in a] or ["fd66::2/64"]
    lines += family(rng, "ipv4", ipv4, ipv4[0].split("/")[0][:-1] + "7", is_full)
    lines += family(rng, "ipv6", ipv6, ipv6[0].split("/")[0][:-1] + "7", is_full)
    return "\n".join(lines) + "\n"


def profiles(oracle, rng, count=12):
    """(name, text) of each."""
    for n in range(1, count + 1):
        yield (f"g{n:02}", wg_quick(rng, n)) if oracle == "wg-quick" else (f"h{n:02}", keyfile(rng, n))
