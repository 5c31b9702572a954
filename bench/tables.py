# SPDX-License-Identifier: GPL-2.0-only
"""Tables of figures, for a terminal or as Markdown."""
import goals as what


def render(rows, markdown):
    """rows: the heading first; the first column is text, the others are numbers."""
    if markdown:
        rows = [rows[0], ["---"] + ["---:"] * (len(rows[0]) - 1), *rows[1:]]
        return "\n".join("| " + " | ".join(r) + " |" for r in rows)
    widths = [max(len(r[i]) for r in rows) for i in range(len(rows[0]))]
    return "\n".join("  ".join(c.rjust(w) if i else c.ljust(w)
                               for i, (c, w) in enumerate(zip(r, widths))) for r in rows)


def number(value):
    if value is None:
        return "-"
    return f"{value / 1e6:,.2f} M" if abs(value) >= 1e6 else f"{value:,.0f}"


def value_of(figures, name):
    return figures[name].value if name in figures else None


def ratio(xen, ours):
    return f"{ours / xen:.2f}" if xen and ours is not None else "-"


def reached(value, floor, aim):
    if value is None or floor is None:
        return "-"
    if aim > floor: # more is better
        return "aim" if value >= aim else "floor" if value >= floor else "BELOW"
    return "aim" if value <= aim else "floor" if value <= floor else "ABOVE"


def goals(rows, xen, ours, markdown):
    out = [["figure", "Xen 4.17", "ours", "ratio", "floor", "aim", "reached"]]
    for name, text, floor, aim in rows:
        x, o = value_of(xen, name), value_of(ours, name)
        out.append([text, number(x), number(o), ratio(x, o), number(floor), number(aim),
                    reached(o, floor, aim)])
    return render(out, markdown)


def linux(native, xen, ours, markdown):
    out = [["operation", "native", "Dom0: Xen", "ours", "ratio", "guest: Xen", "ours", "ratio",
            "floor", "aim", "reached"]]
    for name, text, floor, aim in what.LINUX:
        row = [text, number(value_of(native, f"native_{name}"))]
        for where in ("dom0", "guest"):
            x, o = (value_of(system, f"{where}_{name}") for system in (xen, ours))
            row += [number(x), number(o), ratio(x, o)]
        out.append(row + [number(floor), number(aim), reached(o, floor, aim)])
    return render(out, markdown)


def kernels(xen, ours, markdown):
    """Debian's guest kernel and the patched one, on both hypervisors."""
    out = [["in a guest", "Xen: stock", "patched", "ratio", "ours: stock", "patched", "ratio"]]
    for name, text, *_ in [("boot", "start to /init")] + what.LINUX:
        row = [text]
        for system in (xen, ours):
            stock, patched = (value_of(system, f"{k}_{name}") for k in ("stock", "patched"))
            row += [number(stock), number(patched), ratio(stock, patched)]
        out.append(row)
    return render(out, markdown)


def share(dom0, guest):
    return f"{dom0 / guest:.2f}" if dom0 and guest else "-"


def disk(xen, ours, markdown):
    """What Dom0's own and a guest's operations cost, and the first by the second."""
    out = [["operation", "Dom0: Xen", "ours", "guest: Xen", "ours", "Dom0 / guest: Xen", "ours",
            "floor", "aim"]]
    for name, text, floor, aim in what.DISK:
        dom0, guest = ([value_of(system, f"{where}_{name}") for system in (xen, ours)]
                       for where in ("dom0", "guest"))
        out.append([text, *map(number, dom0), *map(number, guest), *map(share, dom0, guest),
                    f"{floor}" if floor else "-", f"{aim}" if aim else "-"])
    return render(out, markdown)


# ---- costly events

def count(figure, counters):
    return sum(figure.events.get(c, 0) for c in counters)


def small(value):
    if value >= 100 or abs(value - round(value)) < 0.05:
        return f"{value:,.0f}"
    return f"{value:.1f}"


def worse(xen, ours):
    """More than Xen's, by more than what an interrupt in the interval or rounding may add."""
    return ours > xen * 1.02 + 0.05


def event_cell(xen, ours, counters):
    x, o = count(xen, counters), count(ours, counters)
    return f"{small(x)} : {small(o)}" + ("  !" if worse(x, o) else "")


def events(xen, ours, markdown, columns=what.EVENTS):
    """Cells are "Xen : ours", per operation; "!" where ours has more."""
    out = [["costly events, Xen : ours", *(heading for heading, _ in columns)]]
    for name, text in titles(ours):
        if name in xen and ours[name].events and xen[name].events:
            out.append([text, *(event_cell(xen[name], ours[name], counters)
                                for _, counters in columns)])
    return render(out, markdown)


def titles(figures):
    """The names of the figures, with their texts, in the order of the tables."""
    for name, text, *_ in what.SINGLE + what.WHOLE + what.NET + what.VERBS:
        if name in figures:
            yield name, text
    for where, title in (("dom0", "Dom0"), ("guest", "guest")):
        for name, text, *_ in what.LINUX + what.DISK:
            if f"{where}_{name}" in figures:
                yield f"{where}_{name}", f"{title}: {text}"
