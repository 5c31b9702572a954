# SPDX-License-Identifier: GPL-2.0-only
"""A PV guest's core file in Xen's format (docs/misc/dump-core-format.txt of Xen 4.17): its notes, its
memory by virtual address, through its own page tables, and the same as a core file that gdb reads.

Written from that document alone, so that what `dump-core` writes is read by somebody else's rules.
"""
import struct

PAGE = 4096
PRESENT, LARGE, FRAME = 1, 0x80, 0x000ffffffffff000
CONTEXT_SIZE = 5168             # struct vcpu_guest_context, x86-64
USER_REGS, CR3 = 520, 5008      # in it
NOTE_NONE, NOTE_HEADER, NOTE_XEN_VERSION, NOTE_FORMAT_VERSION = range(0x2000000, 0x2000004)
PV_MAGIC = 0xF00FEBED

# user_regs: fifteen registers, error code and vector, and these
REGS = ("r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi error rip cs rflags rsp ss es ds "
        "fs gs").split()
# those of elf_prstatus
GDB_REGS = ("r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi rax rip cs rflags rsp ss").split()


class Malformed(Exception):
    """The file is not as the document says."""


def need(condition, what):
    if not condition:
        raise Malformed(what)


class XenCore:
    """A core file as bytes."""

    def __init__(self, data):
        self.data = data
        self.sections = dict(self._sections())
        for name in (".note.Xen", ".xen_prstatus", ".xen_shared_info", ".xen_p2m", ".xen_pages"):
            need(name in self.sections, f"there is no section {name}")
        self.notes = dict(self._notes())
        need(list(self.notes) == [NOTE_NONE, NOTE_HEADER, NOTE_XEN_VERSION, NOTE_FORMAT_VERSION],
             f"notes are {[hex(n) for n in self.notes]}")
        magic, self.nr_vcpus, self.nr_pages, page = struct.unpack("<4Q", self.notes[NOTE_HEADER])
        need(magic == PV_MAGIC and page == PAGE, f"header of magic {magic:#x}, pages of {page}")
        need(struct.unpack("<Q", self.notes[NOTE_FORMAT_VERSION])[0] == 1, "another version")
        need(len(self.section(".xen_prstatus")) == self.nr_vcpus * CONTEXT_SIZE, ".xen_prstatus")
        need(len(self.section(".xen_pages")) == self.nr_pages * PAGE, ".xen_pages")
        p2m = list(struct.iter_unpack("<2Q", self.section(".xen_p2m")))
        need(len(p2m) == self.nr_pages, ".xen_p2m")
        need([pfn for pfn, _ in p2m] == sorted({pfn for pfn, _ in p2m}), ".xen_p2m is in no order")
        self.index = {mfn: i for i, (_, mfn) in enumerate(p2m)}
        need(len(self.index) == self.nr_pages, "two pages of .xen_p2m have one machine frame")

    def _sections(self):
        need(self.data[:7] == b"\x7fELF\x02\x01\x01", "no 64-bit ELF file")
        kind, machine = struct.unpack_from("<2H", self.data, 16)
        need((kind, machine) == (4, 62), "no core file of x86-64")
        at, = struct.unpack_from("<Q", self.data, 40)
        size, count, names = struct.unpack_from("<3H", self.data, 58)
        headers = [struct.unpack_from("<2I4Q", self.data, at + i * size) for i in range(count)]
        strings = headers[names][4]
        for name, _, _, _, offset, length in headers[1:]:
            end = self.data.index(b"\0", strings + name)
            need(offset + length <= len(self.data), "a section ends behind the file")
            yield self.data[strings + name:end].decode(), (offset, length)

    def section(self, name):
        offset, length = self.sections[name]
        return self.data[offset:offset + length]

    def _notes(self):
        text, at = self.section(".note.Xen"), 0
        while at < len(text):
            name, size, kind = struct.unpack_from("<3I", text, at)
            need(text[at + 12:at + 12 + name] == b"Xen\0", "a note of somebody else")
            at += 12 + (name + 3) // 4 * 4
            yield kind, text[at:at + size]
            at += (size + 3) // 4 * 4

    def context(self, vcpu):
        """(registers by name, CR3) of a vcpu."""
        at = self.sections[".xen_prstatus"][0] + vcpu * CONTEXT_SIZE
        regs = dict(zip(REGS, struct.unpack_from(f"<{len(REGS)}Q", self.data, at + USER_REGS)))
        for selector in ("cs", "ss", "es", "ds", "fs", "gs"):
            regs[selector] &= 0xffff
        return regs, struct.unpack_from("<Q", self.data, at + CR3)[0]

    def page(self, mfn):
        """The contents of a machine frame; None: it is not in the file."""
        if mfn not in self.index:
            return None
        at = self.sections[".xen_pages"][0] + self.index[mfn] * PAGE
        return self.data[at:at + PAGE]

    def mapped(self, table=None, level=4, base=0):
        """(virtual address, machine frame) of all that vcpu 0 has mapped of its own memory."""
        table = self.page(self.context(0)[1] >> 12 if table is None else table)
        for i, (entry,) in enumerate(struct.iter_unpack("<Q", table or b"")):
            address = base | i << (12 + 9 * (level - 1))
            if level == 4 and i >= 256:
                address |= 0xffff << 48
            if not entry & PRESENT or (level > 1 and entry & LARGE):
                continue
            mfn = (entry & FRAME) >> 12
            if level > 1:
                yield from self.mapped(mfn, level - 1, address)
            elif mfn in self.index:
                yield address, mfn

    def read(self, address, length):
        """Memory at a virtual address of vcpu 0."""
        pages = dict(self.mapped())
        out = b""
        while len(out) < length:
            at = address + len(out)
            need(at & ~0xfff in pages, f"{at:#x} is not mapped")
            out += self.page(pages[at & ~0xfff])[at & 0xfff:]
        return out[:length]

    # ---- for gdb

    def _prstatus(self, vcpu):
        regs, _ = self.context(vcpu)
        words = [regs[name] for name in GDB_REGS] + [0] * 6
        status = bytes(32) + struct.pack("<I", vcpu + 1) + bytes(76) + struct.pack("<27Q", *words) + bytes(8)
        return struct.pack("<3I", 5, len(status), 1) + b"CORE\0\0\0\0" + status

    def elf_core(self):
        """The mapped memory as segments, the vcpus as threads."""
        notes = b"".join(self._prstatus(vcpu) for vcpu in range(self.nr_vcpus))
        pages = list(self.mapped())
        at = 64 + 56 * (1 + len(pages))
        out = struct.pack("<16s2HI3QI6H", b"\x7fELF\x02\x01\x01", 4, 62, 1, 0, 64, 0, 0, 64, 56,
                          1 + len(pages), 0, 0, 0)
        out += struct.pack("<2I6Q", 4, 4, at, 0, 0, len(notes), 0, 4)
        at = (at + len(notes) + PAGE - 1) // PAGE * PAGE
        for i, (address, _) in enumerate(pages):
            out += struct.pack("<2I6Q", 1, 7, at + i * PAGE, address, 0, PAGE, PAGE, PAGE)
        out = (out + notes).ljust(at, b"\0")
        return out + b"".join(self.page(mfn) for _, mfn in pages)
