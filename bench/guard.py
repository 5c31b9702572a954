# SPDX-License-Identifier: GPL-2.0-only
"""The figures of single operations as they were recorded, and what is worse now.

bench/recorded.txt has a line for each: name, instructions, and the costly events in the order of
goals.EVENTS.  It holds for the release hypervisor built by Debian 12's compiler; after a change
that is meant, `bench/run --record` writes it anew.
"""
import os

import goals
import tables

PATH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "recorded.txt")
SLACK = 1.05            # what may change by an unlucky layout of code, or one interrupt more
FLOORS = {name: floor for name, _, floor, _ in goals.SINGLE + goals.HVM}
HVM = "hvm_"            # begins the names of what Bochs counts, without costly events


def row(figure):
    return [figure.value, *(tables.count(figure, counters) for _, counters in goals.EVENTS)]


def save(figures):
    with open(PATH, "w") as f:
        f.write("# name instructions " + " ".join(heading for heading, _ in goals.EVENTS) + "\n")
        for name, figure in figures.items():
            f.write(" ".join([name, *(f"{n:.2f}".rstrip("0").rstrip(".") for n in row(figure))])
                    + "\n")


def load():
    with open(PATH) as f:
        lines = [line.split() for line in f if not line.startswith("#")]
    return {name: [float(n) for n in numbers] for name, *numbers in lines}


def worse(figures, hvm=False):
    """A line for each figure that is worse than recorded, above its floor, or missing.

    hvm     the figures are those of hardware guests, else all others
    """
    headings = ["instructions", *(heading for heading, _ in goals.EVENTS)]
    for name, recorded in load().items():
        if name.startswith(HVM) != hvm:
            continue
        if name not in figures:
            yield f"{name}: not measured"
            continue
        now = row(figures[name])
        floor = FLOORS.get(name)
        if floor and now[0] > floor:
            yield f"{name}: {now[0]:,.0f} instructions, the floor is {floor:,.0f}"
        for heading, before, after in zip(headings, recorded, now):
            if after > before * SLACK + 0.1:
                yield f"{name}: {heading} {after:,.2f}, recorded {before:,.2f}"
