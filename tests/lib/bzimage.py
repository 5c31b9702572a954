#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""bzimage.py VMLINUZ VMLINUX: the ELF kernel inside a bzImage, without its symbols.

The place of the compressed payload is in the setup header (Linux boot protocol, 2.08 and later).
"""
import bz2
import ctypes
import lzma
import struct
import subprocess
import sys
import zlib

LZ4_LEGACY = 0x184C2102
LZ4_BLOCK = 8 << 20


def unlz4(data):
    """LZ4 legacy format: a magic number, then blocks with a length in front of each."""
    lz4 = ctypes.CDLL("liblz4.so.1")
    out, at = [], 4
    room = ctypes.create_string_buffer(LZ4_BLOCK)
    while at + 4 <= len(data):
        size, = struct.unpack_from("<I", data, at)
        at += 4
        if size == LZ4_LEGACY:
            continue
        if size == 0 or at + size > len(data):
            break                   # the payload ends with its unpacked size
        n = lz4.LZ4_decompress_safe(data[at:at + size], room, size, LZ4_BLOCK)
        if n < 0:
            break
        out.append(room.raw[:n])
        at += size
    return b"".join(out)


def unpack(payload):
    if payload[:6] == b"\xfd7zXZ\0":
        return lzma.LZMADecompressor().decompress(payload)
    if payload[:2] == b"\x1f\x8b":
        return zlib.decompressobj(31).decompress(payload)
    if payload[:3] == b"BZh":
        return bz2.BZ2Decompressor().decompress(payload)
    if payload[:4] == struct.pack("<I", LZ4_LEGACY):
        return unlz4(payload)
    if payload[:4] == b"\x28\xb5\x2f\xfd":
        return subprocess.run(["zstd", "-dqc"], input=payload, stdout=subprocess.PIPE,
                              check=True).stdout
    if payload[:4] == b"\x7fELF":
        return payload
    sys.exit(f"bzimage: unknown compression, payload starts with {payload[:6].hex()}")


def main():
    with open(sys.argv[1], "rb") as f:
        image = f.read()
    if image[0x202:0x206] != b"HdrS":
        sys.exit(f"bzimage: {sys.argv[1]} is no bzImage")
    version, = struct.unpack_from("<H", image, 0x206)
    if version < 0x208:
        sys.exit("bzimage: boot protocol older than 2.08")
    offset, length = struct.unpack_from("<II", image, 0x248)
    start = (image[0x1F1] + 1) * 512 + offset
    elf = unpack(image[start:start + length])
    if elf[:4] != b"\x7fELF":
        sys.exit("bzimage: the payload is not an ELF file")
    with open(sys.argv[2], "wb") as f:
        f.write(elf)
    subprocess.run(["strip", "-s", sys.argv[2]], check=True)


if __name__ == "__main__":
    main()
