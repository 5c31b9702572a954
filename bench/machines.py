# SPDX-License-Identifier: GPL-2.0-only
"""The machines that are measured: each boots one system and returns {name: Figure}."""
import glob
import os
import re
import statistics
import struct
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TOP, "tests", "lib"))
import bochs  # noqa: E402
import machine  # noqa: E402
import vtx_dom0  # noqa: E402
from cpio import Archive  # noqa: E402

INTEL = "Skylake-Client-v4,-smap"
PROGRAMS = ("operations", "store", "timed", "pages")
GROWTH = 20


class Failed(Exception):
    """A machine did not do its work."""


class Figure:
    """A value, and beside it the costly events of the same work, {counter: number}."""

    def __init__(self, value, events=None):
        self.value = value
        self.events = events or {}


def path(*parts):
    return os.path.join("build", *parts)


def read(name):
    with open(os.path.join(TOP, name), errors="replace") as f:
        return f.read()


# ---- what a run left

def intervals(text):
    """{name: [{counter: number}]} of the plugin's output."""
    result = {}
    for name, counters in re.findall(r"^interval (\S+)(.*)$", text, re.M):
        pairs = (pair.split("=") for pair in counters.split())
        result.setdefault(name, []).append({key: int(value) for key, value in pairs})
    return result


def ticks(counters):
    return counters.get("ticks.h", 0) + counters.get("ticks.g", 0)


def figures(log, events):
    """The figures on the serial line, with the events of each one's shortest interval."""
    found, counted = {}, intervals(events)
    for name, tenths, operations in re.findall(r"BENCH (\w+) (\d+) (\d+)", log):
        value = int(tenths) / 10
        if name in found and found[name].value <= value:
            continue
        shortest = min(counted.get(name, [{}]), key=ticks)
        found[name] = Figure(value, {key: n / int(operations) for key, n in shortest.items()})
    return found


def points(events):
    """How many instructions had run when the machine first came to a point."""
    return {name: int(n) for name, n in re.findall(r"^at (\w+) (\d+)$", events, re.M)}


# ---- running

def boot(tag, hypervisor, options, at=(), counting=True):
    """tests/lib/boot; returns what the machine said and the plugin's output (if it is counting)."""
    log, events = path("logs", f"bench-{tag}.log"), path("logs", f"bench-{tag}.events")
    plugin = ",".join([path("bench/events.so"), f"out={events}", *(f"at={p}" for p in at)])
    command = ["tests/lib/boot", "--quiet", "--icount", "--log", log, "--hypervisor", hypervisor,
               *(["--qemu", f"-plugin {plugin}"] if counting else []), *options]
    os.makedirs(os.path.join(TOP, path("logs")), exist_ok=True)
    done = subprocess.run(command, cwd=TOP, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="replace")
    if done.returncode:
        raise Failed(f"{tag}: {done.stdout[-2500:]}")
    return read(log), read(events) if counting else ""


def single(name, hypervisor, cpu="max,-smap", tag="single"):
    """Single operations of the hypervisor, from a bare kernel in Dom0's place."""
    log, events = boot(f"{tag}-{name}", hypervisor,
                       ["--kernel", path("bench/pvbench"), "--mem", "512", "--cpu", cpu,
                        "--hvargs", "dom0_mem=64M,max:96M", "--timeout", "600",
                        "--expect", "TEST-PASS.*$"],
                       boot_points(hypervisor, os.path.join(TOP, path("bench/pvbench"))))
    found = figures(log, events)
    found["boot_small"] = boot_figure(events)
    return found


def intel(name, hypervisor):
    return single(name, hypervisor, INTEL, "intel")


def latency(name, hypervisor):
    """Wake-ups and shares of small domains on two CPUs: {case: {figure: Figure}}."""
    log, _ = boot(f"latency-{name}", hypervisor,
                  ["--kernel", path("bench/latency"), "--mem", "256", "--smp", "2",
                   "--hvargs", "dom0_mem=64M,max:96M dom0_max_vcpus=1", "--timeout", "1800",
                   "--expect", r"FAIRNESS weights \d+"], counting=False)
    found = {}
    for case, mean, worst in re.findall(r"LATENCY (\w+) \d+ (\d+) (\d+)", log):
        found[f"{case}_mean"], found[f"{case}_worst"] = Figure(int(mean)), Figure(int(worst))
    found["share_off"] = Figure(int(re.search(r"FAIRNESS weights (\d+)", log).group(1)))
    return found


def hvm(name, hypervisor, tag="hvm"):
    """Exits of hardware guests, from a bare kernel in Dom0's place, on a processor in Bochs."""
    iso = machine.scratch(f"bench-{tag}-{name}.iso")
    log = os.path.join(TOP, path("logs", f"bench-{tag}-{name}.log"))
    if not machine.is_debians_xen(hypervisor):
        hypervisor = os.path.join(TOP, hypervisor)
    try:
        machine.make_dom0_iso(iso, hypervisor, tools="none", initrd=None,
                              kernel=os.path.join(TOP, path("bench/hvmbench")),
                              hv_args="dom0_mem=64M,max:96M dom0_max_vcpus=1")
        with bochs.Bochs(iso, log, mem=512, strict_msrs=False) as m:
            m.expect("TEST-PASS", 600)
    except machine.Missing as problem:
        raise Failed(f"{tag}-{name}: {problem}") from None
    finally:
        if os.path.exists(iso):
            os.unlink(iso)
    return figures(read(log), "")


def pvh(name, hypervisor):
    """A guest with Debian's cloud kernel, created and started by the hypervisor's own toolstack in
    Bochs: bench/scenario/pvh.sh."""
    kernel = machine.scratch(f"bench-pvh-{name}.vmlinux")
    if not machine.is_debians_xen(hypervisor):
        hypervisor = os.path.join(TOP, hypervisor)
    files = [(os.path.join(TOP, path("bench/timed")), "bench/timed"), (kernel, "bench/vmlinux"),
             (guest_initrd("pvh-init", "timed"), "bench/guest-initrd")]
    try:
        vtx_dom0.guest_kernel(kernel)
        log = vtx_dom0.boot(f"bench-pvh-{name}", read("bench/scenario/pvh.sh"), 1500, hypervisor,
                            "debian" if name == "xen" else "our", files, dom0_mib=512)
    except machine.Missing as problem:
        raise Failed(f"pvh-{name}: {problem}") from None
    finally:
        if os.path.exists(kernel):
            os.unlink(kernel)
    return figures(log, "")


def elf_entry(image):
    """Where a boot loader enters a hypervisor's image (ELF, perhaps compressed)."""
    with subprocess.Popen(["gzip", "-dcf", machine.hypervisor_image(image)],
                          stdout=subprocess.PIPE) as unpack:
        header = unpack.stdout.read(64)
        unpack.stdout.close()
    form = "<24xI" if header[4] == 1 else "<24xQ"
    return struct.unpack_from(form, header)[0]


def pv_entry(kernel):
    """The entry point of a PV kernel: the value of its ELF note of type 1 (XEN_ELFNOTE_ENTRY)."""
    with open(kernel, "rb") as f:
        data = f.read()
    at = data.index(struct.pack("<III4s", 4, 8, 1, b"Xen"))
    return struct.unpack_from("<Q", data, at + 16)[0]


def boot_points(hypervisor, kernel):
    return [f"hypervisor:{elf_entry(hypervisor):x}", f"dom0:{pv_entry(kernel):x}"]


def boot_figure(events):
    """From the hypervisor's first instruction to Dom0's."""
    at = points(events)
    return Figure(at["dom0"] - at["hypervisor"])


def guest_initrd(init, program):
    """The stock guest's initramfs with our script as its first program, and what that starts."""
    own = Archive()
    own.copy(os.path.join(TOP, "bench/linux", init), "init", 0o755)
    for name in (program, "timed"):
        own.copy(os.path.join(TOP, path("bench", name)), f"bench/{name}", 0o755)
    with open(os.path.join(machine.IMAGES, "guest.cpio"), "rb") as f:
        stock = f.read()
    name = os.path.join(TOP, path("bench", f"{init}.cpio"))
    with open(name, "wb") as f:
        f.write(stock + own.bytes())
    return name


def linux(name, hypervisor):
    """Debian as Dom0 with the hypervisor's own toolstack: bench/scenario/linux.sh."""
    files = [f"{path('bench', p)}=bench/{p}" for p in PROGRAMS]
    files.append(f"{guest_initrd('guest-init', 'operations')}=bench/guest-initrd")
    log, events = boot(
        f"linux-{name}", hypervisor,
        ["--dom0", "debian" if name == "xen" else "our", "--scenario", "bench/scenario/linux.sh",
         "--hvargs", "dom0_mem=1024M,max:1024M dom0_max_vcpus=1", "--timeout", "3600",
         "--cmdline", "rdinit=/bench/timed", *(f"--file={f}" for f in files)],
        boot_points(hypervisor, os.path.join(machine.IMAGES, "dom0-kernel")))
    found, at = figures(log, events), points(events)
    found["boot_hypervisor"] = boot_figure(events)
    found["boot_dom0"] = Figure(at["init"] - at["dom0"])
    costs = [found[f"create_{i}"].value for i in range(1, GROWTH + 1)]
    found["create_growth"] = Figure(statistics.linear_regression(range(GROWTH), costs).slope)
    taken = {when: int(n) for when, n in re.findall(r"PAGES (\S+) .* taken (\d+)", log)}
    found["taken_kib"] = Figure(taken["alone"] * 4)
    found["domain_kib"] = Figure((taken["with-20"] - taken["alone"]) * 4 / GROWTH)
    return found


def net(name, hypervisor):
    """TCP between a guest and Dom0, with the hypervisor's own toolstack: bench/scenario/net.sh."""
    files = [f"{path('bench/stream')}=bench/stream",
             f"{guest_initrd('net-init', 'stream')}=bench/net-initrd",
             "bench/linux/vif-script=etc/xen/scripts/vif-bridge"]
    log, events = boot(
        f"net-{name}", hypervisor,
        ["--dom0", "debian" if name == "xen" else "our", "--scenario", "bench/scenario/net.sh",
         "--hvargs", "dom0_mem=512M,max:512M dom0_max_vcpus=1", "--timeout", "3600",
         *(f"--file={f}" for f in files)])
    found = figures(log, events)
    for way in ("net_from_guest", "net_to_guest"):
        found[f"{way}_hypercalls"] = Figure(found[way].events["hypercall.g"])
    return found


def patched_kernel():
    """The guest kernel of guests/linux-patches, built if need be."""
    kernel = path("images/patched-kernel")
    if subprocess.run(["make", "--no-print-directory", kernel], cwd=TOP).returncode:
        raise Failed("the guest kernel cannot be built")
    return kernel


def kernels(name, hypervisor, guests=None):
    """What kernels cost in a guest, {"NAME_boot": from `unpause` to /init, "NAME_OPERATION": ...}.

    guests   {NAME: file}; default: "stock", Debian's, and "patched", that of guests/linux-patches
    """
    if not guests:
        stock, = glob.glob(os.path.join(TOP, path("stock/guest-kernel/boot/vmlinuz-*")))
        guests = {"stock": stock, "patched": patched_kernel()}
    files = [f"{kernel}=bench/kernels/{guest}" for guest, kernel in guests.items()]
    files += [f"{guest_initrd('guest-init', 'operations')}=bench/guest-initrd",
              f"{path('bench/timed')}=bench/timed"]
    log, events = boot(
        f"kernels-{name}", hypervisor,
        ["--dom0", "debian" if name == "xen" else "our", "--scenario",
         "bench/scenario/kernels.sh", "--hvargs", "dom0_mem=1024M,max:1024M dom0_max_vcpus=1",
         "--timeout", "3600", *(f"--file={f}" for f in files)])
    found = figures(log, events)
    came = re.findall(r"^at (unpause_\w+|init) (\d+)$", events, re.M)
    for (start, begun), (_, done) in zip(came[::2], came[1::2]):
        found[start.replace("unpause_", "") + "_boot"] = Figure(int(done) - int(begun))
    return found


def disk(name, hypervisor):
    """Sequential reads and writes of a disk, Dom0's own and a guest's: bench/scenario/disk.sh."""
    files = [f"{path('bench/blocks')}=bench/blocks",
             f"{guest_initrd('disk-guest-init', 'blocks')}=bench/guest-initrd"]
    log, events = boot(
        f"disk-{name}", hypervisor,
        ["--dom0", "debian" if name == "xen" else "our", "--scenario", "bench/scenario/disk.sh",
         "--hvargs", "dom0_mem=1024M,max:1024M dom0_max_vcpus=1", "--timeout", "3600",
         *(f"--file={f}" for f in files)])
    return figures(log, events)


SAVED_MB = 192 * 1.048576


def instructions(figure):
    """Its instructions; time in which nothing ran is not among them."""
    return Figure(ticks(figure.events), figure.events)


def verbs(name, hypervisor, many=GROWTH, mem=2048, dom0_mem=1024):
    """Everyday verbs with the hypervisor's own toolstack: bench/scenario/verbs.sh.

    many    guests that are listed and sampled; with another number than usual nothing else is measured
    """
    files = [f"{guest_initrd('save-init', 'timed')}=bench/guest-initrd",
             f"{path('bench/timed')}=bench/timed"]
    options = [f"many={many}"] + (["only=1"] if many != GROWTH else [])
    log, events = boot(
        f"verbs-{name}-{many}", hypervisor,
        ["--dom0", "debian" if name == "xen" else "our", "--scenario", "bench/scenario/verbs.sh",
         "--hvargs", f"dom0_mem={dom0_mem}M,max:{dom0_mem}M dom0_max_vcpus=1", "--timeout", "3600",
         "--mem", str(mem), "--cmdline", " ".join(options), *(f"--file={f}" for f in files)])
    found = {key: instructions(figure) for key, figure in figures(log, events).items()}
    found["top_dom0"] = Figure(found[f"top_{many}"].events["ticks.g"])
    once, eleven = found.get(f"top_1x_{many}"), found.get(f"top_11x_{many}")
    if eleven:
        found["top_sample"] = Figure((eleven.value - once.value) / 10)
        found["top_sample_dom0"] = Figure(
            (eleven.events["ticks.g"] - once.events["ticks.g"]) / 10)
    for verb in ("save", "restore"):
        if verb in found:
            found[f"{verb}_rate"] = Figure(SAVED_MB / (found[verb].value / 1e9),
                                           found[verb].events)
    size = re.search(r"SIZE save_file (\d+)", log)
    if size:
        found["save_mb"] = Figure(int(size.group(1)) / 1e6)
    return found


def many_domains(name, hypervisor):
    """List and the monitor with a thousand guests, each with a process that watches it in Dom0."""
    return verbs(name, hypervisor, 1000, 8192, 3072)


NATIVE_INIT = """#!/bin/sh
mount -t proc proc /proc
echo 0 >/proc/sys/kernel/randomize_va_space
/bench/operations native
echo "BENCH-DONE $?"
/usr/bin/busybox poweroff -f
"""


def native():
    """The Dom0 kernel without a hypervisor."""
    own = Archive()
    own.file("bench/init", NATIVE_INIT, 0o755)
    own.copy(os.path.join(TOP, path("bench/operations")), "bench/operations", 0o755)
    initrd, log = machine.scratch("native"), os.path.join(TOP, path("logs/bench-native.log"))
    with open(os.path.join(machine.IMAGES, "guest.cpio"), "rb") as f:
        stock = f.read()
    with open(initrd, "wb") as f:
        f.write(stock + own.bytes())
    events = path("logs/bench-native.events")
    arguments = ["-kernel", os.path.join(machine.IMAGES, "dom0-kernel"), "-initrd", initrd,
                 "-append", "console=ttyS0 loglevel=4 nokaslr rdinit=/bench/init",
                 "-plugin", f"{path('bench/events.so')},out={events}"]
    try:
        with machine.Machine(arguments, log, icount=0, mem=1024) as m:
            m.expect("BENCH-DONE 0", 600)
    except machine.Missing as problem:
        raise Failed(f"native: {problem}") from None
    finally:
        os.unlink(initrd)
    return figures(read(log), read(events))
