# SPDX-License-Identifier: LGPL-2.1-or-later
"""The list of what may differ, deviations.toml, applied to what was found."""

import fnmatch
import pathlib
import re
import tomllib


class Deviation:
    """A row of deviations.toml."""

    def __init__(self, row):
        self.name, self.cases = row["name"], row.get("cases", [])
        self.theirs = [re.compile(p) for p in row.get("theirs", [])]
        self.ours = [re.compile(p) for p in row.get("ours", [])]
        self.accepted_by = row.get("accepted-by")
        self.used_by = set()

    def is_for(self, case):
        return any(fnmatch.fnmatchcase(case.name, pattern) for pattern in self.cases)

    def explains(self, case, patterns, line):
        if not any(p.match(line) for p in patterns):
            return False
        self.used_by.add(case.name)
        return True

    def unused(self, cases):
        """The patterns of cases that were there and did not need this row."""
        for pattern in self.cases:
            of_pattern = fnmatch.filter((case.name for case in cases), pattern)
            if of_pattern and not self.used_by.intersection(of_pattern):
                yield pattern


def load_deviations(oracle, is_vm):
    with open(pathlib.Path(__file__).with_name("deviations.toml"), "rb") as f:
        rows = tomllib.load(f)["deviation"]
    return [Deviation(row) for row in rows
            if re.split(r"[ (]", row["from"])[0].lower() == oracle and row.get("where", "both") in ("both", "vm" if is_vm else "netns")]


def is_rest(line):
    return line.startswith(("left behind", "not restored", "down fails"))


def judge(case, theirs, mine, deviations):
    """The lines that no deviation explains, and those that one does, each behind its name."""
    deviations = [d for d in deviations if d.is_for(case)]
    if ("refused" in theirs) != ("refused" in mine):
        # whatever happened, nothing of it stays
        rest = [sign + line for sign, lines in (("-", theirs), ("+", mine)) for line in sorted(lines) if is_rest(line)]
        who = "theirs" if "refused" in mine else "ours"
        for d in deviations:
            if d.accepted_by == who:
                d.used_by.add(case.name)
                return rest, [(d.name, f"accepted by {who}")]
        return ["-refused" if who == "ours" else "+refused", *rest], []

    # ours leaves nothing, though theirs may leave the same
    problems, explained = [f"+{line}" for line in sorted(theirs & mine) if is_rest(line) and line != "down fails"], []
    for sign, lines, side in ("-", theirs - mine, "theirs"), ("+", mine - theirs, "ours"):
        for line in sorted(lines):
            found = [d.name for d in deviations if d.explains(case, getattr(d, side), line)]
            explained += [(name, sign + line) for name in found]
            if not found:
                problems.append(sign + line)
    if case.both_refuse != ("refused" in theirs):
        problems.append("both refuse it" if not case.both_refuse else "neither refuses it")
    return problems, explained
