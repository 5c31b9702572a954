#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""docs/security.md answers each of Xen's advisories that concern a hypervisor like this one with a
test: the tests that its table names are there, and one of them names each advisory in its story.

# run: table timeout=60 quick=1
"""
import os
import re
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ROWS = 28


def story(test):
    """The text of a test that the table names, or None."""
    for path in (f"tests/guest/{test}/main.c", test):
        path = os.path.join(TOP, path)
        if os.path.isfile(path):
            with open(path) as f:
                return f.read()
    return None


def problems(text):
    rows = re.findall(r"^\| (\d+) \| ([\d, ]+) \| [^|]+ \| (.*) \|$", text, re.M)
    if [int(row[0]) for row in rows] != list(range(1, ROWS + 1)):
        yield f"the rows are {', '.join(row[0] for row in rows)}, not 1 to {ROWS}"
    for number, advisories, answer in rows:
        tests = re.findall(r"`([a-z_]+/[a-z_/.]+)`", answer)
        stories = [story(test) for test in tests]
        for test, found in zip(tests, stories):
            if found is None:
                yield f"row {number}: there is no {test}"
        for advisory in advisories.split(", "):
            if not any(re.search(rf"\b{advisory}\b", s or "") for s in stories):
                where = ", ".join(tests) or "no test"
                yield f"row {number}: none of {where} speaks of XSA-{advisory}"


def main():
    with open(os.path.join(TOP, "docs/security.md")) as f:
        found = list(problems(f.read()))
    for line in found:
        print(f"docs/security.md: {line}")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
