#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""check.py [--update] KEYS MAN: the profiles of tests/oracle and deviations.toml against the key table and wg-profile(5).

KEYS is the program of keys.c, MAN the page's source. Every key is in several profiles, every deviation is one that
profiles or another test show, and the page has each of them, in the same words: --update writes them there."""

import collections
import difflib
import fnmatch
import pathlib
import random
import re
import subprocess
import sys
import textwrap
import tomllib

sys.dont_write_bytecode = True
import generate

HERE = pathlib.Path(__file__).resolve().parent
SEVERAL = 2


def profiles():
    """(name, text) of each, and of those that are generated."""
    for directory in "wg-quick", "networkmanager":
        for path in (HERE / directory).glob("*"):
            yield path.stem, path.read_text(encoding="utf-8-sig")
        yield from generate.profiles(directory, random.Random(1))


def keys_of(text):
    """The "SECTION KEY" of a profile, as keys.c prints them, in lower case."""
    section = ""
    for line in text.splitlines():
        header = re.match(r"\s*\[(wireguard-peer\.|[^]]*)", line)
        key = re.match(r"\s*([A-Za-z0-9_-]+)\s*=", line)
        if header:
            section = header[1].strip()
        elif key and section:
            indexed = re.match(r"(address|addresses|route|routes|routing-rule)[0-9]*(_options)?$", key[1])
            name = "".join(part or "" for part in indexed.groups()) if indexed else key[1]
            yield f"{section} {name}".lower().replace("routes_options", "route_options")


def check_keys(program):
    counts = collections.Counter(key for _, text in profiles() for key in set(keys_of(text)))
    wanted = subprocess.run([program], capture_output=True, text=True, check=True).stdout.splitlines()
    assert len(wanted) > 100, "the key table is longer than that"
    return [f"[{key.replace(' ', '] ')}: {counts[key.lower()]} profiles" for key in wanted if counts[key.lower()] < SEVERAL]


def check_rows(rows):
    names = [name for name, _ in profiles()]
    for row in rows:
        unknown = set(row) - {"name", "from", "text", "cases", "where", "accepted-by", "theirs", "ours", "shown-by"}
        yield from (f"{row['name']}: '{key}'?" for key in unknown)
        yield from (f"{row['name']}: no profile is called '{pattern}'" for pattern in row["cases"]
                    if not fnmatch.filter(names, pattern))
        if not row["cases"] and not (HERE.parent.parent / row.get("shown-by", "nothing")).exists():
            yield f"{row['name']}: neither a profile nor another test shows it"
    counts = collections.Counter((re.match(r"[\w-]+", row["from"])[0], row["name"]) for row in rows)
    yield from (f"{' '.join(name)} is there twice" for name, n in counts.items() if n > 1)


def man_section(rows):
    """The rows as wg-profile(5) shows them: texts are scdoc already, but for the name."""
    lines, program = [], None
    for row in rows:
        if row["from"] != program:
            program = row["from"]
            lines += [f"## From {program}", ""]
        lines += [f"*{row['name']}*", *textwrap.wrap(row["text"], 95, initial_indent="\t", subsequent_indent="\t",
                                                   break_long_words=False, break_on_hyphens=False), ""]
    return "\n".join([*lines, ""])


def check_man(rows, path, is_update):
    """Compares the page with the table, or brings the page up to date."""
    page = path.read_text(encoding="utf-8")
    begin = page.index("## From", page.index("\n# DIFFERENCES\n"))
    end = page.index("\n# ", begin) + 1
    wanted = man_section(rows)
    if is_update:
        path.write_text(page[:begin] + wanted + page[end:], encoding="utf-8")
    elif page[begin:end] != wanted:
        yield from difflib.unified_diff(page[begin:end].splitlines(), wanted.splitlines(), "page", "table", n=0, lineterm="")


def main():
    with open(HERE / "deviations.toml", "rb") as f:
        rows = tomllib.load(f)["deviation"]
    is_update = sys.argv[1] == "--update"
    program, page = sys.argv[1 + is_update:]
    checks = [
        ("every key is in several profiles", check_keys(program)),
        ("every deviation is shown by something", list(check_rows(rows))),
        ("wg-profile(5) has every deviation, in the same words", list(check_man(rows, pathlib.Path(page), is_update))),
    ]
    for n, (what, problems) in enumerate(checks, 1):
        print(f"{'not ok' if problems else 'ok'} {n} - {what}" + "".join(f"\n#   {p}" for p in problems))
    print(f"1..{len(checks)}")
    sys.exit(any(problems for _, problems in checks))


if __name__ == "__main__":
    main()
