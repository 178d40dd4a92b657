# SPDX-License-Identifier: LGPL-2.1-or-later
"""The programs that bring the profiles up and take them down: the oracles and ours."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import time


def quiet(*argv, env=None, timeout=120):
    """The exit status and what was said. The output goes to a file: a userspace daemon keeps its end of a pipe."""
    with tempfile.TemporaryFile("w+", errors="replace") as output:
        status = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=env, check=False,
                                timeout=timeout).returncode
        output.seek(0)
        return status, output.read()


class WgQuick:
    """The oracle of .conf files."""
    suffix = ".conf"

    def __init__(self, directory):
        self.directory = directory

    def install(self, name, text):
        path = self.directory / (name + self.suffix)
        path.write_bytes(text)
        path.chmod(0o600)
        return path

    def up(self, name):
        return quiet("wg-quick", "up", str(self.directory / (name + self.suffix)))

    def down(self, name):
        return quiet("wg-quick", "down", str(self.directory / (name + self.suffix)))

    def remove_rest(self, link):
        """Removes what the program is known to leave behind when it fails: nothing."""


class NetworkManager(WgQuick):
    """The oracle of keyfiles. It runs, and manages nothing but WireGuard."""
    suffix = ".nmconnection"

    def __init__(self):
        super().__init__(pathlib.Path("/etc/NetworkManager/system-connections"))
        self.uuid = None

    def find_uuid(self, name):
        """The UUID of the connection that was loaded from the file, or None."""
        _, listed = quiet("nmcli", "--terse", "--escape", "no", "--fields", "UUID,FILENAME", "connection", "show")
        for line in listed.splitlines():
            uuid, _, path = line.partition(":")
            if path == str(self.directory / (name + self.suffix)):
                return uuid
        return None

    def up(self, name):
        _, said = quiet("nmcli", "connection", "load", str(self.directory / (name + self.suffix)))
        self.uuid = self.find_uuid(name)
        if not self.uuid:
            return 1, said
        status, said = quiet("nmcli", "--wait", "30", "connection", "up", "uuid", self.uuid)
        # it tells systemd-resolved and firewalld without waiting for an answer
        time.sleep(1)
        if status != 0:
            quiet("nmcli", "connection", "delete", "uuid", self.uuid)
        return status, said

    def down(self, name):
        status, said = quiet("nmcli", "connection", "down", "uuid", self.uuid)
        quiet("nmcli", "connection", "delete", "uuid", self.uuid)
        return status, said

    def remove_rest(self, link):
        """The link of an activation that failed stays for a while, or for good."""
        for _ in range(20):
            if not os.path.exists(f"/sys/class/net/{link}"):
                return
            time.sleep(0.1)
        quiet("ip", "link", "delete", "dev", link)


class Ours(WgQuick):
    """Our program, on profiles in a tree of their own, or, without a root, in the machine's."""

    def __init__(self, apply, root, suffix):
        super().__init__((root or pathlib.Path("/")) / "etc/wg-profile")
        self.directory.mkdir(parents=True, exist_ok=True)
        if root:  # names are looked up there, too
            shutil.copy("/etc/services", root / "etc/services")
        self.command, self.suffix = [apply, *([f"--root={root}"] if root else [])], suffix

    def run(self, verb, name):
        return quiet(*self.command, verb, name, env={**os.environ, "WG_PROFILE_HOOKS": "1"})

    def up(self, name):
        return self.run("up", name)

    def down(self, name):
        return self.run("down", name)
