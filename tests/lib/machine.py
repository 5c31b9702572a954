# SPDX-License-Identifier: GPL-2.0-only
"""One emulated machine: boot images, QEMU, and a conversation over the serial line.

    with Machine(iso, log="build/logs/x.log", smp=2, mem=2048) as m:
        m.expect("DOM0-TOOLS-UP", 120)
        m.send("xl-like list\\n")
        m.finish(30)

Everything the machine says goes to the log, each line with the host seconds since the start.  A
wait that ends without its text raises Missing, which names the text and shows the last lines.

Pitfalls that the defaults avoid:
- QEMU 7.2 without acceleration checks SMAP when ring 3 executes iretq, as if the kernel read the
  stack: any PV Linux kernel dies under any hypervisor.  Hence -cpu max,-smap.
- A 64-bit `int n` that is refused pushes a wrong error code there (n*16+2): do not test for it.
- With -icount time is counted instructions: a busy host changes nothing. CPUs then take turns, and
  one that waits for another without `pause` keeps it from running.
  The clock and the random numbers are the same each time then, and so is the whole run.
- QEMU's XSAVE and XRSTOR do not raise #NM with CR0.TS.  Xen on an AMD CPU loads FPU state at a
  guest's first use: what Linux loads with XRSTOR before that is lost, and now and then a program
  dies of it.  Hence spec-ctrl=eager-fpu for Debian's Xen; our hypervisor looks by itself.
- Debian's Xen on a busy host: its CPUs wait long for each other.  There time is counted by default.
"""
import os
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from cpio import Archive  # noqa: E402

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(TOP, "build")
IMAGES = os.path.join(BUILD, "images")
HYPERVISOR_ARGS = "console=com1 com1=115200,8n1 loglvl=all guest_loglvl=all noreboot"
XEN_ARGS = "spec-ctrl=eager-fpu"      # Debian's Xen only
# Its kernel tests its own ciphers otherwise: a quarter of what it does before /init
DOM0_ARGS = "console=hvc0 earlyprintk=xen loglevel=4 nokaslr cryptomgr.notests"

# The Debian guest (guests/debian): what it boots from, and a package repository
DEBIAN_CONFIG = os.path.join(TOP, "guests/debian/debian.cfg")
DEBIAN_DISKS = [os.path.join(IMAGES, name) for name in ("debian.disk", "debian-mirror.disk")]

# Texts that mean that waiting any longer makes no sense.  A scenario whose guest is meant to crash
# gives its own list.
FATAL = [
    r"Panic on CPU", r"panic on CPU", r"^\(XEN\) .*BUG at", r"BUG at ", r"\*\* panic",
    r"Kernel panic - not syncing", r"d0v\d+ Unhandled", r"error: .*multiboot",
    r"error: out of memory", r"error: file .* not found", r"Domain 0 crashed",
    r"Out of memory: Killed",
]


ECHOED = 120                        # bytes typed at once: what the hypervisor keeps for Dom0 has room for them


class Missing(Exception):
    """The machine did not say what was waited for."""


def is_debians_xen(name=None):
    return (name or os.environ.get("HYPERVISOR")) == "debian"


def hypervisor_args(name=None):
    return f"{HYPERVISOR_ARGS} {XEN_ARGS}" if is_debians_xen(name) else HYPERVISOR_ARGS


def hypervisor_image(name=None):
    """The path of the hypervisor: a path, or "debian" for Debian's Xen; default $HYPERVISOR."""
    name = name or os.environ.get("HYPERVISOR") or os.path.join(BUILD, "xen-like.gz")
    if name == "debian":
        import glob
        found = sorted(glob.glob(os.path.join(BUILD, "stock/xen/boot/xen-*.gz")))
        if not found:
            raise Missing("Debian's Xen is not unpacked: run `make xen-images`")
        name = found[-1]
    if not os.path.exists(name):
        raise Missing(f"no hypervisor {name}: run `make`")
    return name


# ---- boot images

def initramfs(tools, scenario=None, files=(), archives=()):
    """The Dom0 initramfs as bytes.

    tools     "our", "debian", or "none"
    scenario  a shell script to run instead of a shell (its path)
    files     more (source, path in the image)
    archives  more of build/images; nothing can follow one that is packed
    """
    parts = ["base.cpio"] + ([f"{tools}-tools.cpio"] if tools != "none" else [])
    extra = Archive()
    if scenario:
        extra.copy(scenario, "scenario/run", 0o755)
    for source, path in files:
        extra.copy(source, path)
    return (b"".join(map(image_part, parts)) + (extra.bytes() if extra.entries else b"") +
            b"".join(map(image_part, archives)))


def image_part(name):
    path = os.path.join(IMAGES, name)
    if not os.path.exists(path):
        raise Missing(f"no {path}: run `make images xen-images`")
    with open(path, "rb") as f:
        return f.read()


def grub_config(entries, timeout):
    lines = ["serial --unit=0 --speed=115200", "terminal_input serial", "terminal_output serial",
             "insmod gzio", f"set timeout={timeout}", "set timeout_style=menu",
             "set default=0"]
    for title, commands in entries:
        lines += [f'menuentry "{title}" {{', '    echo "GRUB-LOADING"']
        lines += [f"    {c}" for c in commands]
        lines += ['    echo "GRUB-HANDOFF"', "}"]
    return "\n".join(lines) + "\n"


def run_tool(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise Missing(f"{command[0]} failed:\n{done.stdout[-2000:]}")


GRUB_MODULES = ["normal", "multiboot", "multiboot2", "serial", "terminal", "echo", "gzio", "test",
                "sleep"]


def make_iso(path, files, entries, timeout=0):
    """A CD image that GRUB boots on a BIOS machine.

    files     {name below /boot: path of the host, or bytes}
    entries   [(menu title, [GRUB commands])]
    """
    modules = " ".join(GRUB_MODULES + ["iso9660", "biosdisk"])
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as work:
        os.makedirs(os.path.join(work, "boot/grub"))
        for name, content in files.items():
            target = os.path.join(work, "boot", name)
            if isinstance(content, bytes):
                with open(target, "wb") as f:
                    f.write(content)
            else:
                shutil.copyfile(content, target)
        with open(os.path.join(work, "boot/grub/grub.cfg"), "w") as f:
            f.write(grub_config(entries, timeout))
        run_tool("grub-mkrescue", "-d", "/usr/lib/grub/i386-pc", "-o", path, work,
                 f"--install-modules={modules}", "--locales=", "--fonts=", "--themes=")


GRUB_I386 = "/usr/lib/grub/i386-pc"
FIRST_SECTOR = 2048                 # of the one partition; GRUB is in front of it


def make_bios_disk(path, files, entries, timeout=0):
    """The same as a disk with one partition, a FAT file system, from which a BIOS machine starts GRUB."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as work:
        make_tree(work, files, entries, timeout)
        size = fat_size(work)
        run_tool("grub-mkimage", "-d", GRUB_I386, "-O", "i386-pc", "-p", "(hd0,msdos1)/boot/grub",
                 "-o", f"{work}/core", "biosdisk", "part_msdos", "fat", "linux", "linux16", *GRUB_MODULES)
        with open(path, "wb") as f:
            for name in (f"{GRUB_I386}/boot.img", f"{work}/core"):
                with open(name, "rb") as part:
                    f.write(part.read())
            if f.tell() > FIRST_SECTOR * 512:
                raise Missing(f"GRUB's image has {f.tell()} bytes: there is no room for it")
            f.truncate(FIRST_SECTOR * 512 + size)
            f.seek(446)
            f.write(struct.pack("<BxxxBxxxII48x", 0x80, 0x0e, FIRST_SECTOR, size // 512))
        os.unlink(f"{work}/core")
        fill_fat(f"{path}@@{FIRST_SECTOR * 512}", work, size)


def make_efi_disk(path, files, entries, timeout=0):
    """The same as a disk that is one FAT file system, from which an EFI machine starts GRUB."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as work:
        make_tree(work, files, entries, timeout)
        os.makedirs(f"{work}/EFI/BOOT")
        with open(f"{work}/start.cfg", "w") as f:
            f.write("search --file --set=root /boot/grub/grub.cfg\nconfigfile /boot/grub/grub.cfg\n")
        run_tool("grub-mkimage", "-d", "/usr/lib/grub/x86_64-efi", "-O", "x86_64-efi",
                 "-p", "/boot", "-c", f"{work}/start.cfg", "-o", f"{work}/EFI/BOOT/BOOTX64.EFI", "fat", "search",
                 "search_fs_file", "configfile", *GRUB_MODULES)
        os.unlink(f"{work}/start.cfg")
        size = fat_size(work)
        with open(path, "wb") as f:
            f.truncate(size)
        fill_fat(path, work, size)


def make_tree(work, files, entries, timeout):
    """Below `work`, what is to be in a disk's file system: /boot with GRUB's menu and the files."""
    contents = {**files, "grub/grub.cfg": grub_config(entries, timeout).encode()}
    os.makedirs(os.path.join(work, "boot/grub"))
    for name, content in contents.items():
        target = os.path.join(work, "boot", name)
        if isinstance(content, bytes):
            with open(target, "wb") as f:
                f.write(content)
        else:
            os.symlink(os.path.abspath(content), target)


def fat_size(work):
    """Bytes of a FAT file system for what is below `work`."""
    size = sum(os.path.getsize(os.path.join(at, name))
               for at, _, names in os.walk(work) for name in names)
    return (size + size // 16 + (2 << 20)) & -65536


def fill_fat(image, work, size):
    """Makes the file system; image: as mtools has it, with an offset after @@."""
    run_tool("mformat", "-i", image, "-T", str(size // 512), "::")
    run_tool("mcopy", "-s", "-i", image, *(os.path.join(work, name) for name in sorted(os.listdir(work))), "::")


def make_dom0_iso(path, hypervisor=None, tools="our", scenario=None, files=(), archives=(),
                  hv_args="", dom0_args="", kernel=None, initrd=True, title="xen-like, Debian as Dom0",
                  timeout=0, protocol="multiboot2", make=make_iso):
    """An ISO with hypervisor, Dom0 kernel and initramfs.  Arguments come after the usual ones.

    initrd    True: the Dom0 initramfs; a path: this file; None: no second module
    make      make_efi_disk: such a disk instead
    """
    module = {"multiboot2": "module2", "multiboot": "module"}[protocol]
    contents = {"xen": hypervisor_image(hypervisor),
                "kernel": kernel or os.path.join(IMAGES, "dom0-kernel")}
    commands = [f"{protocol} /boot/xen {hypervisor_args(hypervisor)} {hv_args}".rstrip(),
                f"{module} /boot/kernel {DOM0_ARGS} tools={tools} {dom0_args}".rstrip()]
    if initrd:
        contents["initrd"] = initramfs(tools, scenario, files, archives) if initrd is True else initrd
        commands.append(f"{module} /boot/initrd")
    make(path, contents, [(title, commands)], timeout)


# ---- the machine

def qemu_command(boot, smp=None, mem=2048, cpu="max,-smap", icount=None, extra=()):
    """boot: the QEMU arguments that say what is started; icount: an instruction takes 2^icount
    nanoseconds; smp: 2, with icount 1."""
    smp = smp or (2 if icount is None else 1)
    accel = ["-accel", "tcg,thread=multi"]
    if icount is not None:
        accel = ["-accel", "tcg,thread=single", "-icount", f"shift={icount},sleep=off",
                 "-seed", "1", "-rtc", "base=2024-01-01,clock=vm"]
    return ["qemu-system-x86_64", *accel, "-machine", "q35", "-cpu", cpu, "-m", str(mem),
            "-smp", str(smp), "-display", "none", "-vga", "none", "-nodefaults", "-no-reboot",
            *boot, *extra]


def boot_iso(iso):
    return ["-boot", "d", "-cdrom", iso]


def boot_efi(*paths, options=""):
    """UEFI firmware, which starts the first of these disks."""
    return ["-bios", "/usr/share/ovmf/OVMF.fd", *disks(*paths, options=options)]


def disks(*paths, options=""):
    """QEMU arguments that give the machine these files as virtio disks, in this order."""
    out = []
    for n, path in enumerate(paths):
        out += ["-drive", f"if=none,id=disk{n},format=raw,file={path}{options}",
                "-device", f"virtio-blk-pci,drive=disk{n}"]
    return out


class Machine:
    def __init__(self, boot, log, echo=False, fatal=None, **qemu):
        """boot: an ISO's path, or QEMU arguments.  echo: also show the serial line here."""
        command = qemu_command(boot_iso(boot) if isinstance(boot, str) else boot, **qemu)
        command += ["-monitor", "none", "-chardev", "stdio,id=serial,signal=off", "-serial",
                    "chardev:serial"]
        self._start(command, log, echo, fatal)

    def _start(self, command, log, echo=False, fatal=None):
        """Runs an emulator that has the machine's serial line as standard input and output."""
        self.command = command
        self.fatal = [re.compile(f) for f in (FATAL if fatal is None else fatal)]
        self.echo = echo
        os.makedirs(os.path.dirname(os.path.abspath(log)), exist_ok=True)
        self.log_path = log
        self.log = open(log, "w", encoding="utf-8", errors="replace")
        self.log.write("$ " + " ".join(self.command) + "\n")
        self.log.flush()
        self.text = ""              # everything said so far
        self.seen = 0               # up to where expect() has consumed it
        self.line = ""
        self.escape = ""            # the start of a terminal sequence that is still to be finished
        self.started = time.monotonic()
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, cwd=TOP,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        os.set_blocking(self.process.stdout.fileno(), False)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._log_line()
        self.log.close()

    def seconds(self):
        return time.monotonic() - self.started

    def _log_line(self):
        if self.line and not self.log.closed:
            self.log.write(f"{self.seconds():8.2f} {self.line}\n")
            self.log.flush()
        self.line = ""

    def _take(self, data):
        text = self.escape + data.decode("utf-8", "replace").replace("\r", "")
        text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)
        text, self.escape = re.fullmatch(r"(.*?)((?:\x1b(?:\[[0-9;?]*)?)?)", text, re.S).groups()
        self.text += text
        if self.echo:
            sys.stdout.write(text)
            sys.stdout.flush()
        for piece in text.splitlines(keepends=True):
            self.line += piece.rstrip("\n")
            if piece.endswith("\n"):
                self._log_line()

    def _read(self, timeout):
        """Takes what the machine says within the time; False at its end."""
        fd = self.process.stdout.fileno()
        ready, _, _ = select.select([fd], [], [], max(0, timeout))
        if not ready:
            return True
        data = os.read(fd, 65536)
        if data:
            self._take(data)
        return bool(data)

    def _tail(self, lines=25):
        return "\n".join(self.text.splitlines()[-lines:])

    def _missing(self, what):
        self._log_line()
        raise Missing(f"{what}\n--- last lines of {self.log_path}:\n{self._tail()}\n---")

    def expect(self, pattern, timeout):
        """Waits for a regular expression in what has not been consumed yet; returns the match."""
        wanted = re.compile(pattern, re.M)
        deadline = time.monotonic() + timeout
        alive = True
        while True:
            found = wanted.search(self.text, self.seen)
            if found:
                self.seen = found.end()
                return found
            for fatal in self.fatal:
                hit = fatal.search(self.text, self.seen)
                if hit:
                    self._drain(2)
                    self._missing(f'"{hit.group(0)}" came instead of /{pattern}/')
            if not alive:
                self._missing(f"the machine ended (QEMU exit {self.process.wait()}) "
                              f"without /{pattern}/")
            left = deadline - time.monotonic()
            if left <= 0:
                self._missing(f"no /{pattern}/ within {timeout} s")
            alive = self._read(min(left, 5))

    def _drain(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end and self._read(end - time.monotonic()):
            pass

    def send(self, text):
        """Types text, in pieces that a serial line without flow control takes."""
        for at in range(0, len(text), 8):
            self.process.stdin.write(text[at:at + 8].encode())
            self.process.stdin.flush()
            if at + 8 < len(text):
                self._drain(0.05)

    def type(self, text, timeout=200):
        """Types text as fast as it is echoed, which a shell that does not edit its lines does for each byte."""
        deadline = time.monotonic() + timeout
        for at in range(0, len(text), ECHOED):
            piece = text[at:at + ECHOED]
            echoed = len(self.text) + len(piece)
            self.process.stdin.write(piece.encode())
            self.process.stdin.flush()
            while len(self.text) < echoed:
                if time.monotonic() >= deadline or not self._read(5):
                    self._missing(f"no echo of {piece!r} within {timeout} s")

    def finish(self, timeout):
        """Waits for the machine to power itself off; returns QEMU's exit status."""
        deadline = time.monotonic() + timeout
        while self._read(min(5, deadline - time.monotonic())):
            if time.monotonic() >= deadline:
                self._missing(f"the machine did not power off within {timeout} s")
        self._log_line()
        return self.process.wait()

    def scenario(self, timeout):
        """Waits for a Dom0 scenario and the power-off after it; raises with what failed."""
        result = int(self.expect(r"^SCENARIO-EXIT (\d+)", timeout).group(1))
        # each with what was said after it, up to the next verdict
        failures = re.findall(r"^FAILED .*(?:\n(?!ok |FAILED |SCENARIO-EXIT ).*){0,8}", self.text,
                              re.M)
        self.finish(200)
        if result or failures:
            raise Missing("the scenario failed:\n" + "\n".join(failures or [self._tail()]))
        return len(re.findall(r"^ok ", self.text, re.M))


def scratch(name):
    """A path for a file that a test makes, below build/."""
    folder = os.path.join(BUILD, "tmp")
    os.makedirs(folder, exist_ok=True)
    return os.path.join(folder, f"{name}.{os.getpid()}")


def tools_present():
    return shutil.which("qemu-system-x86_64") and shutil.which("grub-mkrescue")
