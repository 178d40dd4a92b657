# SPDX-License-Identifier: LGPL-2.1-or-later
"""The list of known violations: a line "INVARIANT | STEP | TUNNEL | SEEDS | REASON" each, the first three with * and ?. STEP is
the step's kind and, of a verb, that verb. SEEDS are CI's seeds with which it occurs, with commas between them."""

import fnmatch


class Entry:
    def __init__(self, line, where):
        fields = [field.strip() for field in line.split("|")]
        if len(fields) != 5 or not all(fields):
            raise SystemExit(f"{where}: not \"INVARIANT | STEP | TUNNEL | SEEDS | REASON\": {line}")
        self.invariant, self.step, self.tunnel, seeds, self.reason = fields
        self.unseen = {int(seed) for seed in seeds.split(",")}


class Known:
    def __init__(self, path):
        self.entries, self.found = [], set()
        with open(path) as f:
            for number, line in enumerate(f, 1):
                line = line.strip()
                if line and not line.startswith("#"):
                    self.entries.append(Entry(line, f"{path}:{number}"))

    def find(self, violation, step, seed):
        """The entry that it is, or None."""
        kind = f"{step[0]} {step[1]}" if step[0] in ("verb", "kill switch") else step[0]
        for entry in self.entries:
            if (fnmatch.fnmatch(violation.invariant, entry.invariant) and fnmatch.fnmatch(kind, entry.step) and
                    fnmatch.fnmatch(violation.tunnel, entry.tunnel)):
                entry.unseen.discard(seed)
                self.found.add(id(violation))
                return entry
        return None

    def is_known(self, violation):
        return id(violation) in self.found

    def unseen(self, seeds):
        """The entries that have not occurred with one of these seeds, which they name."""
        return [entry for entry in self.entries if entry.unseen & set(seeds)]
