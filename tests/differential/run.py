#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""run.py SHOWCONF [CASES [SEED]]: our parser against wg(8) and wg-quick(8).

Generated configurations go through "wg-quick strip" and "wg setconf" to a userspace WireGuard, and through our parser
(the program SHOWCONF). Both accept, and then what "wg showconf" says of the device is what ours says of the profile; or
both refuse. What may differ stands in DIFFERENCES, by name. Needs root: it runs in a network namespace of its own.
"""

import base64
import ipaddress
import json
import os
import random
import re
import socket
import subprocess
import sys
import tempfile
import time

LINK = "wgp-diff%d" % (os.getpid() % 10000)


# --- what may differ ---

def values(text, key):
    """The values of a key, with the white space that wg deletes."""
    for line in text.split("\n"):
        name, equals, value = "".join(line.split("#")[0].split()).partition("=")
        if equals and name.lower() == key.lower():
            yield value


def claims(text):
    """(public key, prefix) of each AllowedIPs item, in the order of the file."""
    peer = None
    for line in text.split("\n"):
        name, equals, value = "".join(line.split("#")[0].split()).partition("=")
        if name.lower() == "[peer]":
            peer = {"key": None, "items": []}
            yield peer
        elif peer and name.lower() == "publickey":
            peer["key"] = value
        elif peer and name.lower() == "allowedips":
            for item in value.lstrip("+-").split(","):
                try:
                    peer["items"].append(ipaddress.ip_interface(item).network)
                except ValueError:
                    pass


def peer_gives_back(text):
    """A peer that stands twice claims first, and then no more, what another one claimed before it."""
    peers = list(claims(text))
    for i, first in enumerate(peers):
        before = {item for p in peers[:i] if p["key"] != first["key"] for item in p["items"]}
        for again in peers[i + 1:]:
            if again["key"] == first["key"] and (set(first["items"]) - set(again["items"])) & before:
                return True
    return False


def port_overflows(text):
    ports = list(values(text, "ListenPort")) + [e.rpartition(":")[2] for e in values(text, "Endpoint")]
    return any(p.lstrip("+").isdigit() and int(p.lstrip("+")) > 65535 for p in ports)


def scope_is_replaced(text):
    """A peer with several endpoints, of which one that does not count has the scope of no interface."""
    endpoints = []
    for line in text.split("\n"):
        line = "".join(line.split("#")[0].split())
        if line.startswith("["):
            endpoints = []
        elif line.lower().startswith("endpoint="):
            endpoints.append(line)
            if any("%nosuch" in e for e in endpoints[:-1]):
                return True
    return False


# name: (what it is, who accepts, the predicate).
DIFFERENCES = {
    "port-overflow": ("a port beyond 65535 is refused; wg takes it modulo 65536", "wg", port_overflows),
    "empty-allowed-ips": ("an empty AllowedIPs= means none", "ours",
                          lambda text: any(v == "" for v in values(text, "AllowedIPs"))),
    "bom": ("a byte order mark is no part of the first line", "ours", lambda text: text.startswith("\ufeff")),
    # younger than the wg(8) that is installed here, 1.0.20210914
    "allowed-ips-changes": ("AllowedIPs with + and -, since 1.0.20250521", "ours",
                            lambda text: any(i[:1] in ("+", "-") for v in values(text, "AllowedIPs")
                                             for i in v.split(","))),
    # interfaces are looked for when the tunnel starts, and only those that it needs
    "replaced-scope": ("the scope of an endpoint that another line replaces is not looked for", "ours", scope_is_replaced),
    # a peer that stands twice is one peer for us from the start; wg goes through the file, so what the first section took
    # from another peer, and the second one drops, belongs to nobody
    "same-peer-gives-back": ("what a peer's second section drops stays with the peer that had it", "both", peer_gives_back),
}


# --- generating ---

def key(rng):
    return base64.b64encode(rng.randbytes(32)).decode()


def bad_key(rng):
    k = key(rng)
    return rng.choice([k[:-1], k[:-2] + "=", k + "=", k.replace(k[5], "-"), "=" + k[1:], k[:20], "", k[:42] + "B=",
                       k[:10] + "\xfc" + k[11:]])


def ipv4(rng):
    return rng.choice(["10.%d.%d.%d", "192.168.%d.%d", "172.16.%d.%d"]).replace("%d", "{}").format(
        *(rng.randrange(256) for _ in range(3)))


def ipv6(rng):
    return rng.choice(["fd00::{:x}", "2001:db8:{:x}::1", "fd00:{:x}::", "::{:x}", "FD00:0:0:1::{:X}",
                       "::ffff:10.0.0.{:d}"]).format(rng.randrange(256))


def prefix(rng):
    if rng.random() < 0.6:
        return rng.choice(["%s", "%s/32", "%s/24", "%s/8", "%s/0", "%s/024", "%s/31"]) % ipv4(rng)
    return rng.choice(["%s", "%s/128", "%s/64", "%s/0", "%s/127", "%s/007"]) % ipv6(rng)


def bad_prefix(rng):
    return rng.choice(["%s/33", "%s/", "%s/+24", "%s/255.255.255.0", "%s/-1", "%s/24/24", "%s/0x18", "0%s", "%s.1", "%s/a",
                       "1%s/300"]) % ipv4(rng) if rng.random() < 0.6 else rng.choice(
        ["::/129", "10.1/16", "0/0", "+-10.0.0.1", "fe80::1%lo", "[::1]", "host", ":::", "1:2:3/64", "10.0.0.0.0/8", "fd00::g"])


def changed_prefix(rng):
    return rng.choice("+-") + prefix(rng)


def good_allowed_ips(rng):
    return rng.choice([", ", ",", " , "]).join(prefix(rng) for _ in range(rng.randrange(1, 5)))


def bad_allowed_ips(rng):
    items = [prefix(rng) for _ in range(rng.randrange(0, 3))]
    items.insert(rng.randrange(len(items) + 1), rng.choice([bad_prefix, bad_prefix, lambda r: ""])(rng))
    return rng.choice([", ", ",", ",", " "]).join(items)


GOOD = {
    "PrivateKey": key,
    "ListenPort": lambda r: r.choice(["0", "1", "51820", "65535", "+80", "080", "51 820", "domain", "ntp", "00051820"]),
    "FwMark": lambda r: r.choice(["off", "OFF", "0", "0x1234", "0xffffffff", "4294967295", "010", "0xAbC", "0x00"]),
    "PublicKey": key,
    "PresharedKey": lambda r: r.choice([key(r), key(r), "A" * 43 + "="]),
    "AllowedIPs": good_allowed_ips,
    "Endpoint": lambda r: r.choice(
        ["1.2.3.4:5", "1.2.3.4 : 5", "[::1]:5", "::1:5", "2001:db8::1:51820", "[1.2.3.4]:5", "1.2.3.4:domain", "127.1:5",
         "0x7f.1:5", "2130706433:5", "[fe80::1%lo]:5", "[fe80::1%1]:5", "fe80::1%lo:5", "[2001:DB8:0::1]:65535",
         "1.2.3.4:0080", "0300.0.0.1:5", "10.0.0:7", "[::ffff:1.2.3.4]:5", "1.2.3.4:+5"]),
    "PersistentKeepalive": lambda r: r.choice(["off", "Off", "0", "25", "025", "65535", "1"]),
}
BAD = {
    "PrivateKey": bad_key,
    "ListenPort": lambda r: r.choice(["-1", "0x50", "http", "99999999999999999999", "", "65536", "70000", "4294967297", "5x",
                                      "+", "++5", "nosuchservice", "5,6", "domain tcp"]),
    "FwMark": lambda r: r.choice(["0X1234", "0x", "12abc", "-1", "4294967296", "0xfffffffff", "", "on", "+5", "0b1", "offf"]),
    "PublicKey": bad_key,
    "PresharedKey": bad_key,
    "AllowedIPs": lambda r: r.choice([bad_allowed_ips, bad_allowed_ips, lambda r: "", changed_prefix])(r),
    "Endpoint": lambda r: r.choice(
        ["1.2.3.4", "1.2.3.4:", ":5", "[::1]", "[fe80::1%nosuch]:5", "[2001:db8::1%lo]:5", "1.2.3.4:http", "1.2.3.4:5x",
         "(none)", "", "1.2.3.4:65536", "1.2.3.4:70000", "[1.2.3.4]5", "[1.2.3.4:5", "1.2.3.4]:5", "[]:5", "b\xfccher:5",
         "1.2.3.4:-5", "a..b:5", "1.2.3.4%lo:5", "-:5", "[::1]:", "[::1]x:5"]),
    "PersistentKeepalive": lambda r: r.choice(["65536", "25s", "-1", "+5", "0x10", "", "on", "99999999999999999999"]),
}
# of wg-quick's keys only what "up" would take, too: the values go to ip(8), which is no part of this test
WG_QUICK = ["Address = 10.66.0.2/24, fd66::2/64", "address=10.0.0.1", "Address =", "DNS = 1.1.1.1, example.com", "DNS=",
            "MTU = 1420", "Table = off", "Table = 1234", "Table=auto", "PostUp = echo %i # c", "preup = true; a=b",
            "PostDown = x", "PreDown=y", "SaveConfig = true", "SAVECONFIG=false"]
BAD_LINES = ["; comment", "// comment", "Name = foo", "word", "= 5", "AllowedIP = 10.0.0.1", "AllowedIPs:10.0.0.1", "Jc = 4",
             "[Beer]", "[Peer", "Peer]", "[]", "[Peer]x", "[Interface]]", "SaveConfig = yes", "[Peer] = 5", "PublicKey",
             "ListenPort", "Private-Key = x", "\ufeff"]


def noise(rng, line):
    """The same line for wg: other case, other white space, a comment."""
    name, equals, value = line.partition("=")
    if not equals or line.startswith("["):
        return line
    if rng.random() < 0.3:
        name = rng.choice([str.lower, str.upper])(name)
    line = name.rstrip() + rng.choice(["=", " = ", "  =", "=\t"]) + value.lstrip()
    if rng.random() < 0.2:
        line = rng.choice(["  ", "\t"]) + line + rng.choice(["  ", "\r", " \t"])
    if rng.random() < 0.15:
        line += rng.choice(["# comment", " #", " # a = b ; [Peer]"])
    if rng.random() < 0.1 and name.strip().lower() in (k.lower() for k in GOOD):
        at = rng.randrange(len(name.rstrip()), len(line))
        line = line[:at] + " " + line[at:] if "%" not in line[at:] else line
    return line


def section(rng, keys, bad):
    lines = []
    chosen = [k for k in keys if rng.random() < 0.6]
    if "PublicKey" in keys and rng.random() < 0.97 and "PublicKey" not in chosen:
        chosen.insert(0, "PublicKey")
    for k in chosen + ([rng.choice(chosen)] if chosen and rng.random() < 0.2 else []):
        lines.append("%s = %s" % (k, (BAD if bad and rng.random() < 0.3 else GOOD)[k](rng)))
    rng.shuffle(lines)
    return lines


def one_bad_value(rng):
    """A value that wg refuses, or takes otherwise than we do, in an otherwise plain file: nothing else decides."""
    name = rng.choice(list(BAD))
    in_interface = name in ("PrivateKey", "ListenPort", "FwMark")
    line = "%s = %s" % (name, BAD[name](rng))
    return "[Interface]\n%s[Peer]\n%s%s" % (
        line + "\n" if in_interface else "", "" if name == "PublicKey" else "PublicKey = %s\n" % key(rng),
        "" if in_interface else line + "\n")


def one_prefix(rng):
    """Two peers that claim, drop and claim again the same few prefixes."""
    keys, items = [key(rng), key(rng)], [prefix(rng), prefix(rng)]
    return "".join("[Peer]\nPublicKey = %s\n%s" % (
        rng.choice(keys), "".join("AllowedIPs = %s\n" % i for i in rng.sample(items, rng.randrange(0, 3))))
        for _ in range(rng.randrange(2, 6)))


def replaced_scope(rng):
    return "[Peer]\nPublicKey = %s\nEndpoint = [fe80::1%%nosuch]:5\nEndpoint = %s\n" % (key(rng), GOOD["Endpoint"](rng))


def case(rng):
    if rng.random() < 0.3:
        return one_bad_value(rng)
    if rng.random() < 0.02:
        return replaced_scope(rng)
    if rng.random() < 0.05:
        return one_prefix(rng)
    bad = rng.random() < 0.3
    peers, texts = [], []
    for i in range(rng.choice([1, 1, 1, 2, 2, 3, 5])):
        lines = section(rng, ["PublicKey", "PresharedKey", "AllowedIPs", "AllowedIPs", "Endpoint", "PersistentKeepalive"], bad)
        if peers and rng.random() < 0.15:  # the same peer again
            lines = [l if not l.startswith("PublicKey") else rng.choice(peers) for l in lines]
        if i > 0 and rng.random() < 0.3:  # somebody else's allowed-ips
            taken = [l for t in texts for l in t if l.startswith("AllowedIPs")]
            lines += [rng.choice(taken)] if taken else []
        peers += [l for l in lines if l.startswith("PublicKey")]
        texts.append([rng.choice(["[Peer]", "[Peer]", "[peer]", "[PEER] # c", " [Peer]\t"])] + lines)

    for _ in range(rng.choice([0, 1, 1, 1, 1, 2])):
        lines = section(rng, ["PrivateKey", "ListenPort", "FwMark"], bad)
        lines += rng.sample(WG_QUICK, rng.randrange(0, 4))
        rng.shuffle(lines)
        texts.insert(rng.choice([0, 0, 0, len(texts)]), [rng.choice(["[Interface]", "[interface]", "[Interface]  "])] + lines)

    lines = [noise(rng, l) for t in texts for l in t + rng.choice([[], [""], ["# c"]])]
    if bad and rng.random() < 0.3:
        lines.insert(rng.randrange(len(lines) + 1), rng.choice(BAD_LINES))
    if not bad and rng.random() < 0.1:  # wg takes white space out of headers, wg-quick does not see such a one
        lines = [l for l in lines if not any(l.strip().lower().startswith(q.split("=")[0].strip().lower()) for q in WG_QUICK)]
        lines = [l.replace("[Interface]", "[ Inter face ]").replace("[Peer]", "[ Peer ]") for l in lines]
    text = "\n".join(lines) + rng.choice(["\n", "\n", ""])
    if rng.random() < 0.1:
        text = text.replace("\n", "\r\n")
    if rng.random() < 0.02:
        text = "\ufeff" + text
    return text


# --- running ---

def run(*argv, stdin=b""):
    return subprocess.run(argv, input=stdin, capture_output=True, env={**os.environ, "WG_ENDPOINT_RESOLUTION_RETRIES": "0"})


def clamped(private_key):
    """The bits that X25519 leaves out, as the device does when it takes a key."""
    k = bytearray(base64.b64decode(private_key))
    k[0] &= 248
    k[31] = k[31] & 127 | 64
    return k.hex()


def parse_showconf(text):
    """A comparable form: the device, and its peers by key, with a set of allowed-ips each."""
    device, peers, here = {}, {}, None
    for line in text.split("\n"):
        name, _, value = (part.strip() for part in line.partition("="))
        if line == "[Interface]":
            here = device
        elif line == "[Peer]":
            here = {"AllowedIPs": set()}
        elif name == "PublicKey":
            peers[value] = here
        elif name == "AllowedIPs":
            here[name] |= {str(ipaddress.ip_network(p.strip())) for p in value.split(",") if p.strip() != "(none)"}
        elif name == "Endpoint":
            # wireguard-go does not tell the scope
            here[name] = re.sub("%[^]]*]", "]", value)
        elif name == "PrivateKey":
            here[name] = clamped(value)
        elif name and not name.startswith("#"):
            here[name] = value
    return device, peers


def reference(path):
    """What wg-quick and wg make of the file: a comparable form, or None; and what they said."""
    stripped = run("wg-quick", "strip", path)
    if stripped.returncode != 0:
        return None, stripped.stderr
    with open(path + ".stripped", "wb") as f:
        f.write(stripped.stdout)
    os.chmod(path + ".stripped", 0o600)
    configured = run("wg", "setconf", LINK, path + ".stripped")
    if configured.returncode != 0:
        return None, configured.stderr
    return parse_showconf(run("wg", "showconf", LINK).stdout.decode()), configured.stderr


def ours(program, paths):
    answers = {}
    output = subprocess.run([program, *paths], capture_output=True, check=True).stdout.decode()
    for block in output.split("== ")[1:]:
        path, _, text = block.partition("\n")
        answers[path] = (None if text.startswith("refused") else parse_showconf(text)), text
    return answers


def agree(theirs, mine):
    if theirs is None or mine is None:
        return theirs is mine
    # no port, or port 0: the device has some port of its own
    theirs[0].pop("ListenPort" if "ListenPort" not in mine[0] else None, None)
    return theirs == mine


def difference(text, theirs, mine):
    """The name of the tolerated difference that explains this one, or None."""
    accepted = "both" if (theirs is None) == (mine is None) else "wg" if mine is None else "ours"
    for name, (_, who, predicate) in DIFFERENCES.items():
        if who == accepted and predicate(text):
            return name
    return None


def compare(program, directory, texts):
    paths = []
    for i, text in enumerate(texts):
        paths.append(os.path.join(directory, "d%d.conf" % i))
        with open(paths[-1], "wb") as f:
            f.write(text.encode("utf-8", "surrogateescape"))
        os.chmod(paths[-1], 0o600)

    answers = ours(program, paths)
    counts = {"both accept": 0, "both refuse": 0, **{name: 0 for name in DIFFERENCES}}
    failures = 0
    for path, text in zip(paths, texts):
        theirs, said = reference(path)
        mine, shown = answers[path]
        if agree(theirs, mine):
            counts["both refuse" if mine is None else "both accept"] += 1
            continue
        name = difference(text, theirs, mine)
        if name:
            counts[name] += 1
            continue
        failures += 1
        print("# --- differs:\n# %s\n# --- wg: %s\n#     %s\n# --- ours:\n# %s" % (
            text.replace("\n", "\n# "), theirs, said.decode(errors="replace").strip().replace("\n", "\n#     "),
            shown.replace("\n", "\n# ")))
    return counts, failures


# --- addresses, which go to ip(8) ---

def address_case(rng):
    return rng.choice([
        lambda: prefix(rng), lambda: prefix(rng), lambda: bad_prefix(rng),
        lambda: "10.%d" % rng.randrange(300), lambda: "10.5/%d" % rng.randrange(40),
        lambda: "10.0.0.%d/255.255.%d.0" % (rng.randrange(256), rng.choice([0, 128, 192, 255, 1, 127])),
        lambda: "%s/%s" % (ipv4(rng), rng.choice(["0x10", "010", "255.0", "255", "0", "+8", "8.0"])),
        lambda: "0x%x.1/8" % rng.randrange(256), lambda: "0%o.0.0.1/16" % rng.randrange(256),
    ])()


def device_addresses():
    return {"%s/%d" % (a["local"], a["prefixlen"])
            for i in json.loads(run("ip", "-j", "address", "show", "dev", LINK).stdout or "[]")
            for a in i.get("addr_info", []) if a["scope"] != "link"}


def check_addresses(program, directory, items):
    """Each item alone, to "ip address add" and to us (which judge Address= without a device)."""
    failures = 0
    for i, item in enumerate(items):
        path = os.path.join(directory, "a%d.conf" % i)
        with open(path, "w") as f:
            f.write("[Interface]\nAddress = %s\n" % item)
        run("ip", "address", "flush", "dev", LINK, "scope", "global")
        added = run("ip", "-6" if ":" in item else "-4", "address", "add", item, "dev", LINK)
        theirs = added.returncode == 0 or b"RTNETLINK" in added.stderr  # the kernel's refusals are not the syntax's
        mine = ours(program, [path])[path][0] is not None
        if theirs != mine:
            failures += 1
            print("# Address = %s: ip %s, we %s" % (item, "takes it" if theirs else "refuses", "do" if mine else "do not"))
    return failures


# --- the device ---

def answers():
    with socket.socket(socket.AF_UNIX) as s:
        return s.connect_ex("/run/wireguard/%s.sock" % LINK) == 0


def start_device():
    said = tempfile.TemporaryFile()
    daemon = subprocess.Popen(["wireguard-go", "-f", LINK], env={**os.environ, "LOG_LEVEL": "error"},
                              stdout=said, stderr=said)
    # not by wg, which removes a socket that nobody listens on yet, and the daemon then ends
    for _ in range(3000):
        if answers():
            return daemon
        if daemon.poll() is not None:
            break
        time.sleep(0.01)
    status = daemon.poll()
    daemon.terminate()
    said.seek(0)
    sys.exit("Bail out! wireguard-go does not start (status %s):\n%s" % (status, said.read().decode(errors="replace")))


def main():
    if os.environ.get("WGP_DIFFERENTIAL") != "inside":
        os.environ["WGP_DIFFERENTIAL"] = "inside"
        os.execvp("unshare", ["unshare", "--net", sys.executable, os.path.abspath(__file__), *sys.argv[1:]])

    program = os.path.abspath(sys.argv[1])
    n = int(sys.argv[2]) if len(sys.argv) > 2 else 500
    rng = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    start = time.monotonic()
    daemon = start_device()
    try:
        with tempfile.TemporaryDirectory() as directory:
            counts, failures = compare(program, directory, [case(rng) for _ in range(n)])
            print("# %d cases in %.1f s: %s" % (n, time.monotonic() - start, counts))
            print("%s 1 - configurations" % ("not ok" if failures else "ok"))
            # a difference that is never seen is no difference, and too few of either verdict prove little
            unused = [name for name, count in counts.items() if count < (n // 10 if name.startswith("both") else 1)]
            print("%s 2 - every tolerated difference is seen, both verdicts are common%s" % (
                "not ok" if unused else "ok", ": not " + ", ".join(unused) if unused else ""))
            failures = check_addresses(program, directory, [address_case(rng) for _ in range(n // 5)])
            print("%s 3 - addresses\n1..3" % ("not ok" if failures else "ok"))
    finally:
        daemon.terminate()
        daemon.wait()


if __name__ == "__main__":
    main()
