# SPDX-License-Identifier: LGPL-2.1-or-later
"""The list of known violations: a line "INVARIANT | STEP | TUNNEL | REASON" each, the first three with * and ?. STEP is the
step's kind and, of a verb, that verb."""

import fnmatch


class Entry:
    def __init__(self, line, where):
        fields = [field.strip() for field in line.split("|")]
        if len(fields) != 4 or not all(fields):
            raise SystemExit(f"{where}: not \"INVARIANT | STEP | TUNNEL | REASON\": {line}")
        self.invariant, self.step, self.tunnel, self.reason = fields
        self.seen = 0


class Known:
    def __init__(self, path):
        self.entries, self.found = [], set()
        with open(path) as f:
            for number, line in enumerate(f, 1):
                line = line.strip()
                if line and not line.startswith("#"):
                    self.entries.append(Entry(line, f"{path}:{number}"))

    def find(self, violation, step):
        """The entry that it is, or None."""
        kind = f"{step[0]} {step[1]}" if step[0] in ("verb", "kill switch") else step[0]
        for entry in self.entries:
            if (fnmatch.fnmatch(violation.invariant, entry.invariant) and fnmatch.fnmatch(kind, entry.step) and
                    fnmatch.fnmatch(violation.tunnel, entry.tunnel)):
                entry.seen += 1
                self.found.add(id(violation))
                return entry
        return None

    def is_known(self, violation):
        return id(violation) in self.found

    def unseen(self):
        return [entry for entry in self.entries if not entry.seen]
