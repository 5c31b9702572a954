#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Turns `nm -n` of the linked hypervisor (stdin) into the symbol table it carries (stdout).

Code symbols only.  Layout as common/symbols.c reads it.  An end marker named "" closes the table:
the highest code symbol of the link (the linker script's _etext, or 4 KiB past the last function).
"""
import sys


def code_symbols(lines):
    """Sorted (address, name), one per address; local labels and compiler leftovers dropped."""
    by_address = {}
    for line in lines:
        fields = line.split()
        if len(fields) != 3 or fields[1] not in "tTwW":
            continue
        name = fields[2]
        if name.startswith((".L", "$")):
            continue
        by_address.setdefault(int(fields[0], 16), name)
    # Code that runs before paging is linked at its physical address: not for this table
    high = [a for a in by_address if a >= 1 << 47]
    keep = high if high else list(by_address)
    return [(a, by_address[a]) for a in sorted(keep)]


def emit(symbols):
    base = symbols[0][0] if symbols else 0
    names, name_at = [], []
    used = 0
    for _, name in symbols:
        name_at.append(used)
        names.append(name)
        used += len(name) + 1
    out = ['    .section .rodata.symbols, "a"', "    .balign 8"]

    def label(name):
        out.append(f"    .globl {name}\n    .hidden {name}\n{name}:")

    label("symbol_base")
    out.append(f"    .quad {base:#x}")
    label("symbol_count")
    out.append(f"    .long {len(symbols)}")
    label("symbol_offsets")
    out += [f"    .long {a - base:#x}" for a, _ in symbols]
    label("symbol_name_at")
    out += [f"    .long {n}" for n in name_at]
    label("symbol_names")
    out += [f'    .asciz "{n}"' for n in names]
    out.append('    .section .note.GNU-stack, "", @progbits')
    print("\n".join(out))


def main():
    symbols = code_symbols(sys.stdin)
    if symbols:
        end = symbols[-1][0] + (0 if symbols[-1][1].lstrip("_") == "etext" else 4096)
        symbols = [s for s in symbols if s[0] < end] + [(end, "")]
    emit(symbols)


if __name__ == "__main__":
    main()
