# SPDX-License-Identifier: LGPL-2.1-or-later
"""What happens on the wire: a capture of what this machine sends, somebody who sends to the world without pause, and pings."""

import contextlib
import ctypes
import ipaddress
import os
import socket
import struct
import threading
import time

ETH_P_ALL, ETH_P_IP, ETH_P_IPV6 = 0x0003, 0x0800, 0x86DD
PACKET_OUTGOING = 4
SO_TIMESTAMPNS = 35
CLONE_NEWNET = 0x40000000

_libc = ctypes.CDLL(None, use_errno=True)


@contextlib.contextmanager
def in_namespace(name):
    """This thread is in that network namespace; a socket made there stays in it. None: where the thread is."""
    if name is None:
        yield
        return
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        there = os.open(f"/run/netns/{name}", os.O_RDONLY | os.O_CLOEXEC)
        try:
            if _libc.setns(there, CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), f"cannot enter the network namespace {name}")
        finally:
            os.close(there)
        try:
            yield
        finally:
            if _libc.setns(home, CLONE_NEWNET) != 0:
                os._exit(70)  # nothing that follows would be about this machine
    finally:
        os.close(home)


class Capture(threading.Thread):
    """Keeps each packet that is neither for the LAN nor a tunnel's own, with the time when it arrived."""

    def __init__(self, namespace, link, lan, far_ends):
        super().__init__(daemon=True)
        self.lan = [ipaddress.ip_network(n) for n in lan]
        self.far_ends = {(ipaddress.ip_address(address).packed, port) for address, port in far_ends}
        self.clear = []  # (time, family, text)
        self.known = {}  # destination address: is it the LAN's?
        with in_namespace(namespace):
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL))
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.socket.bind((link, ETH_P_ALL))

    def run(self):
        while True:
            data, control, _, (_, protocol, kind, *_) = self.socket.recvmsg(2048, 64)
            if kind == PACKET_OUTGOING or not control:
                continue
            if protocol == ETH_P_IP and len(data) >= 20:
                header = (data[0] & 15) * 4
                self.judge(control, 4, data[12:16], data[16:20], data[9], data[header:])
            elif protocol == ETH_P_IPV6 and len(data) >= 40:
                self.judge(control, 6, data[8:24], data[24:40], data[6], data[40:])

    def judge(self, control, family, source, destination, protocol, payload):
        if destination not in self.known:
            address = ipaddress.ip_address(destination)
            self.known[destination] = (address.is_multicast or address.is_link_local or
                                       any(address in n for n in self.lan if n.version == address.version) or
                                       destination == b"\xff" * 4)
        if self.known[destination]:
            return
        port = struct.unpack("!H", payload[2:4])[0] if protocol in (6, 17) and len(payload) >= 4 else 0
        if protocol == 17 and (destination, port) in self.far_ends:
            return
        seconds, nanoseconds = struct.unpack("ll", control[0][2])
        self.clear.append((seconds + nanoseconds / 1e9, family, "IPv%d from %s to %s, protocol %d, port %d" % (
            family, ipaddress.ip_address(source), ipaddress.ip_address(destination), protocol, port)))

    def between(self, families, start, end):
        """What was in the clear in that time."""
        time.sleep(0.05)  # until the thread has read what came before
        return [(when, text) for when, family, text in self.clear if family in families and start <= when <= end]

    def forget(self):
        self.clear.clear()


class Sender(threading.Thread):
    """Sends to the world of both families, by sockets that stay and by a new one each time."""

    def __init__(self, addresses, interval=0.04):
        super().__init__(daemon=True)
        self.addresses, self.interval = addresses, interval
        self.kept = {}

    def send(self, family, address, kept):
        key = self.kept.get(family) if kept else None
        try:
            if key is None:
                key = socket.socket(family, socket.SOCK_DGRAM)
                key.setblocking(False)
                key.connect((address, 9))
                if kept:
                    self.kept[family] = key
            key.send(b"in the clear")
        except OSError:
            # refused, or no route: to be tried again with another source address
            self.kept.pop(family, None)
            kept = False
        if not kept:
            key.close()

    def run(self):
        while True:
            for family, address in self.addresses:
                self.send(family, address, False)
                self.send(family, address, True)
            time.sleep(self.interval)


def _checksum(data):
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


_sequence = 0


def _ping_once(address, timeout):
    global _sequence
    _sequence = (_sequence + 1) & 0xFFFF
    identity = os.getpid() & 0xFFFF
    if ":" in address:
        family, protocol, request, reply = socket.AF_INET6, socket.IPPROTO_ICMPV6, 128, 129
    else:
        family, protocol, request, reply = socket.AF_INET, socket.IPPROTO_ICMP, 8, 0
    body = struct.pack("!HH", identity, _sequence) + b"wg-profile life."
    head = struct.pack("!BBH", request, 0, 0)
    if family == socket.AF_INET:
        head = struct.pack("!BBH", request, 0, _checksum(head + body))
    with socket.socket(family, socket.SOCK_RAW, protocol) as s:
        end = time.monotonic() + timeout
        s.sendto(head + body, (address, 0))
        while (left := end - time.monotonic()) > 0:
            s.settimeout(left)
            try:
                data = s.recv(2048)
            except TimeoutError:
                break
            if family == socket.AF_INET:
                data = data[(data[0] & 15) * 4:]
            if data[0] == reply and data[4:8] == body[:4]:
                return True
    return False


def ping(address, patience, namespace=None):
    """Whether somebody answers, within so many seconds. Also the reason of the last failure."""
    end = time.monotonic() + patience
    why = "no answer"
    while True:
        started = time.monotonic()
        try:
            with in_namespace(namespace):
                if _ping_once(address, 0.5):
                    return True, ""
            why = "no answer"
        except OSError as error:
            why = str(error)
        if time.monotonic() >= end:
            return False, why
        time.sleep(max(0, min(0.25, started + 0.25 - time.monotonic())))
