#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Makes the boot image from the linked hypervisor: mkimage.py ELF64 ELF32

Boot loaders place a 64-bit hypervisor linked high at its physical addresses, but multiboot 1
loaders (QEMU's -kernel among them) take 32-bit ELF files only.  The result has the same segments,
with the physical address as the virtual one, no sections and no symbols.
"""
import struct
import sys

PT_LOAD = 1
FIRST_SEGMENT_AT = 0x100        # keeps a multiboot header within the first 8 KiB of the file


def load_segments(data):
    if data[:6] != b"\x7fELF\x02\x01":
        sys.exit("mkimage: not a little-endian ELF64 file")
    entry, phoff = struct.unpack_from("<QQ", data, 24)
    phentsize, phnum = struct.unpack_from("<HH", data, 54)
    segments = []
    for i in range(phnum):
        p_type, flags, off, vaddr, paddr, filesz, memsz, _ = struct.unpack_from(
            "<IIQQQQQQ", data, phoff + i * phentsize)
        if p_type == PT_LOAD and memsz:
            segments.append((flags, vaddr, paddr, memsz, data[off:off + filesz]))
    if not segments:
        sys.exit("mkimage: no loadable segment")
    return entry, segments


def physical_entry(entry, segments):
    for _, vaddr, paddr, memsz, _ in segments:
        if paddr <= entry < paddr + memsz:
            return entry
    for _, vaddr, paddr, memsz, _ in segments:
        if vaddr <= entry < vaddr + memsz:
            return entry - vaddr + paddr
    sys.exit(f"mkimage: entry {entry:#x} is in no segment")


def main():
    with open(sys.argv[1], "rb") as f:
        entry, segments = load_segments(f.read())
    entry = physical_entry(entry, segments)
    headers, body = b"", b""
    at = FIRST_SEGMENT_AT
    if 52 + 32 * len(segments) > FIRST_SEGMENT_AT:
        sys.exit("mkimage: too many segments")
    for flags, _, paddr, memsz, content in segments:
        if paddr + memsz > 1 << 32:
            sys.exit(f"mkimage: segment at physical {paddr:#x} is not below 4 GiB")
        headers += struct.pack("<8I", PT_LOAD, at, paddr, paddr, len(content), memsz, flags, 16)
        content += bytes(-len(content) % 16)
        body += content
        at += len(content)
    ident = b"\x7fELF\x01\x01\x01" + bytes(9)
    elf = ident + struct.pack("<HHIIIIIHHHHHH", 2, 3, 1, entry, 52, 0, 0, 52, 32, len(segments),
                              40, 0, 0)
    image = (elf + headers).ljust(FIRST_SEGMENT_AT, b"\0") + body
    with open(sys.argv[2], "wb") as f:
        f.write(image)


if __name__ == "__main__":
    main()
