# SPDX-License-Identifier: GPL-2.0-only
"""Writes cpio archives (newc) that Linux unpacks as its initramfs: same input, same bytes.

Owner is always root, time always 0, entries are sorted, and device nodes need no privilege.
Archives are padded to 512 bytes, so that several may follow each other in one file.
"""
import os
import stat


class Archive:
    def __init__(self):
        self.entries = {}

    def _add(self, path, mode, data=b"", rdev=(0, 0)):
        path = path.strip("/")
        parent = os.path.dirname(path)
        if parent and parent not in self.entries:
            self.directory(parent)
        self.entries[path] = (mode, data, rdev)

    def directory(self, path, mode=0o755):
        self._add(path, stat.S_IFDIR | mode)

    def file(self, path, data, mode=0o644):
        if isinstance(data, str):
            data = data.encode()
        self._add(path, stat.S_IFREG | mode, data)

    def symlink(self, path, target):
        self._add(path, stat.S_IFLNK | 0o777, target.encode())

    def node(self, path, major, minor, mode=0o600):
        self._add(path, stat.S_IFCHR | mode, rdev=(major, minor))

    def copy(self, source, path, mode=None):
        """One file of the host; symbolic links are followed."""
        with open(source, "rb") as f:
            data = f.read()
        if mode is None:
            mode = 0o755 if os.stat(source).st_mode & 0o111 else 0o644
        self.file(path, data, mode)

    def tree(self, source, path=""):
        """Everything below a folder of the host; symbolic links stay links."""
        for folder, names, files in os.walk(source):
            inside = os.path.join(path, os.path.relpath(folder, source))
            for name in sorted(names + files):
                full, at = os.path.join(folder, name), os.path.normpath(os.path.join(inside, name))
                if os.path.islink(full):
                    self.symlink(at, os.readlink(full))
                elif os.path.isdir(full):
                    self.directory(at)
                else:
                    self.copy(full, at)

    def bytes(self):
        out = []
        items = [(p, *self.entries[p]) for p in sorted(self.entries)]
        items.append(("TRAILER!!!", 0, b"", (0, 0)))
        for number, (path, mode, data, (major, minor)) in enumerate(items, 1):
            name = path.encode() + b"\0"
            fields = (number, mode, 0, 0, 1, 0, len(data), 0, 0, major, minor, len(name), 0)
            head = b"070701" + b"".join(b"%08X" % f for f in fields) + name
            out += [head, bytes(-len(head) % 4), data, bytes(-len(data) % 4)]
        blob = b"".join(out)
        return blob + bytes(-len(blob) % 512)

    def write(self, path):
        with open(path, "wb") as f:
            f.write(self.bytes())
