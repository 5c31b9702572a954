/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The keys of guest.cfg.
 */
#include "guest_keys.h"

#include <ctrl.h>
#include <string.h>

static const struct word types[] = {
    { "pv", CTRL_PV },
    { "pvh", CTRL_PVH },
    { "hvm", CTRL_HVM },
    { NULL, 0 },
};

const struct word guest_actions[] = {
    { "destroy", ACTION_DESTROY },
    { "restart", ACTION_RESTART },
    { "preserve", ACTION_PRESERVE },
    { "rename-restart", ACTION_RENAME_RESTART },
    { NULL, 0 },
};

static const struct word tsc_modes[] = {
    { "default", CTRL_TSC_DEFAULT },
    { "always_emulate", CTRL_TSC_EMULATE },
    { "native", CTRL_TSC_NATIVE },
    { NULL, 0 },
};

static const struct word builders[] = {
    { "generic", CTRL_PV },
    { "linux", CTRL_PV },
    { "hvm", CTRL_HVM },
    { NULL, 0 },
};

static const struct word firmwares[] = {
    { "bios", 0 },          { "seabios", 0 },          { "uefi", NOT_SERVED },
    { "ovmf", NOT_SERVED }, { "rombios", NOT_SERVED }, { NULL, 0 },
};

static const struct word device_models[] = {
    { "qemu-xen", 0 },
    { "qemu-xen-traditional", NOT_SERVED },
    { "none", NOT_SERVED },
    { NULL, 0 },
};

static const struct word hdtypes[] = {
    { "ide", HVM_HD_IDE },
    { "ahci", HVM_HD_AHCI },
    { NULL, 0 },
};

static const struct word vgas[] = {
    { "stdvga", HVM_VGA_STD },
    { "cirrus", HVM_VGA_CIRRUS },
    { "none", HVM_VGA_NONE },
    { "qxl", NOT_SERVED },
    { NULL, 0 },
};

#define FIELD(f) offsetof(struct guest_cfg, f)

const struct guest_key guest_keys[] = {
    { "name", KEY_STRING, FIELD(name), 1, 63, 0, NULL, "name of the domain (required)" },
    { "uuid", KEY_STRING, FIELD(uuid), 36, 36, 0, NULL, "its UUID; made at random if not given" },
    { "type", KEY_WORD, FIELD(type), 0, 0, CTRL_PV, types,
      "kind of guest; \"pvh\" and \"hvm\" need a processor with VT-x" },
    { "builder", KEY_WORD, FIELD(builder), 0, 0, CTRL_PV, builders, "former spelling of type" },
    { "kernel", KEY_STRING, FIELD(kernel), 1, 4095, 0, NULL,
      "kernel file: bzImage or ELF (required but for \"hvm\")" },
    { "ramdisk", KEY_STRING, FIELD(ramdisk), 1, 4095, 0, NULL, "initial RAM disk" },
    { "cmdline", KEY_STRING, FIELD(cmdline), 0, 1023, 0, NULL,
      "kernel command line; overrides root and extra" },
    { "root", KEY_STRING, FIELD(root), 0, 255, 0, NULL, "root= of the command line" },
    { "extra", KEY_STRING, FIELD(extra), 0, 1023, 0, NULL, "more of the command line" },
    { "bootloader", KEY_STRING, FIELD(bootloader), 1, 4095, 0, NULL,
      "program that takes kernel and ramdisk from the first disk: \"bootdisk\"" },
    { "bootloader_args", KEY_TEXTS, FIELD(bootloader_args), 0, 8, 0, NULL,
      "its arguments: [ \"--entry=1\", ... ]" },
    { "memory", KEY_NUMBER, FIELD(memory), 1, 1 << 24, 0, NULL, "memory in MiB (required)" },
    { "maxmem", KEY_NUMBER, FIELD(maxmem), 0, 1 << 24, 0, NULL, "largest memory in MiB" },
    { "vcpus", KEY_NUMBER, FIELD(vcpus), 1, 128, 1, NULL, "number of vcpus" },
    { "maxvcpus", KEY_NUMBER, FIELD(maxvcpus), 0, 128, 0, NULL, "largest number of vcpus" },
    { "cpus", KEY_CPUS, FIELD(cpus), 0, 0, 0, NULL,
      "CPUs that the vcpus may use: \"0-3,^2\" or a list" },
    { "cpu_weight", KEY_NUMBER, FIELD(cpu_weight), 1, 65535, 256, NULL, "share of the CPUs" },
    { "cap", KEY_NUMBER, FIELD(cap), 0, 12800, 0, NULL,
      "largest use, percent of one CPU; 0: none" },
    { "max_grant_frames", KEY_NUMBER, FIELD(max_grant_frames), 0, 1024, 0, NULL,
      "pages of grant table" },
    { "max_maptrack_frames", KEY_NUMBER, FIELD(max_maptrack_frames), 0, 4096, 0, NULL,
      "pages of mapped-grant records" },
    { "max_event_channels", KEY_NUMBER, FIELD(max_event_channels), 0, 131071, 0, NULL,
      "highest event channel" },
    { "on_poweroff", KEY_WORD, FIELD(on_poweroff), 0, 0, ACTION_DESTROY, guest_actions,
      "after the guest powers off" },
    { "on_reboot", KEY_WORD, FIELD(on_reboot), 0, 0, ACTION_RESTART, guest_actions,
      "after the guest reboots" },
    { "on_crash", KEY_WORD, FIELD(on_crash), 0, 0, ACTION_DESTROY, guest_actions,
      "after the guest crashes" },
    { "on_watchdog", KEY_WORD, FIELD(on_watchdog), 0, 0, ACTION_DESTROY, guest_actions,
      "after its watchdog fires" },
    { "tsc_mode", KEY_WORD, FIELD(tsc_mode), 0, 0, CTRL_TSC_DEFAULT, tsc_modes,
      "how the guest reads the time stamp counter" },
    { "disk", KEY_DISKS, FIELD(disks), 0, 0, 0, NULL,
      "disks: [ \"format=raw, vdev=xvda, access=rw, target=/path\", ... ]" },
    { "vif", KEY_VIFS, FIELD(vifs), 0, 0, 0, NULL,
      "network devices: [ \"mac=00:16:3e:01:02:03, bridge=xenbr0, rate=10Mb/s\", ... ]" },
    { "channel", KEY_CHANNELS, FIELD(channels), 0, 0, 0, NULL,
      "further consoles: [ \"connection=pty, name=org.example.agent\", ... ]" },
    { "firmware", KEY_WORD, FIELD(hvm.only_choice), 0, 0, 0, firmwares, "what starts the guest" },
    { "bios", KEY_WORD, FIELD(hvm.only_choice), 0, 0, 0, firmwares, "the same" },
    { "firmware_override", KEY_STRING, FIELD(hvm.firmware), 1, 4095, 0, NULL,
      "another BIOS than Debian's: a file" },
    { "bios_path_override", KEY_STRING, FIELD(hvm.firmware), 1, 4095, 0, NULL, "the same" },
    { "boot", KEY_STRING, FIELD(hvm.boot), 1, 4, 0, NULL,
      "what the BIOS tries in turn: c a disk, d a CD-ROM, n the network (\"cd\")" },
    { "acpi", KEY_NUMBER, FIELD(hvm.acpi), 0, 1, 1, NULL, "whether it has ACPI tables" },
    { "hpet", KEY_NUMBER, FIELD(hvm.hpet), 0, 1, 1, NULL, "whether it has this timer" },
    { "apic", KEY_FIXED, FIELD(hvm), 0, 0, 1, NULL, "always 1: a guest has a local APIC" },
    { "pae", KEY_FIXED, FIELD(hvm), 0, 0, 1, NULL, "always 1: processors with VT-x have it" },
    { "nx", KEY_FIXED, FIELD(hvm), 0, 0, 1, NULL, "always 1: processors with VT-x have it" },
    { "hap", KEY_FIXED, FIELD(hvm), 0, 0, 1, NULL, "always 1: there are no shadow page tables" },
    { "viridian", KEY_FIXED, FIELD(hvm), 0, 0, 0, NULL,
      "always 0: Hyper-V's interfaces are not there" },
    { "nestedhvm", KEY_FIXED, FIELD(hvm), 0, 0, 0, NULL, "always 0: no hypervisor within a guest" },
    { "xen_platform_pci", KEY_FIXED, FIELD(hvm), 0, 0, 1, NULL,
      "always 1: by it guests find the faster devices" },
    { "dm_restrict", KEY_FIXED, FIELD(hvm), 0, 0, 1, NULL,
      "always 1: a device model can reach nothing but its guest" },
    { "sdl", KEY_FIXED, FIELD(hvm), 0, 0, 0, NULL, "always 0: screens are shown by VNC" },
    { "spice", KEY_FIXED, FIELD(hvm), 0, 0, 0, NULL, "always 0: screens are shown by VNC" },
    { "opengl", KEY_FIXED, FIELD(hvm), 0, 0, 0, NULL, "always 0: screens are shown by VNC" },
    { "device_model_version", KEY_WORD, FIELD(hvm.only_choice), 0, 0, 0, device_models,
      "what emulates its devices" },
    { "device_model_override", KEY_STRING, FIELD(hvm.device_model), 1, 4095, 0, NULL,
      "another QEMU than Debian's: a program" },
    { "hdtype", KEY_WORD, FIELD(hvm.hdtype), 0, 0, HVM_HD_IDE, hdtypes,
      "how disks are emulated; \"ahci\" is faster, but PV drivers do not take its disks away" },
    { "vga", KEY_WORD, FIELD(hvm.vga), 0, 0, HVM_VGA_STD, vgas, "its graphics card" },
    { "stdvga", KEY_NUMBER, FIELD(hvm.stdvga), 0, 1, 0, NULL, "former spelling of vga" },
    { "videoram", KEY_NUMBER, FIELD(hvm.videoram), 0, 256, 0, NULL,
      "memory of that card in MiB, a power of two, out of memory=; 0: as is usual for it" },
    { "vnc", KEY_NUMBER, FIELD(hvm.vnc), 0, 1, 1, NULL, "whether its screen is shown by VNC" },
    { "vnclisten", KEY_STRING, FIELD(hvm.vnclisten), 1, 63, 0, NULL,
      "address of Dom0 for that, perhaps with :DISPLAY (\"127.0.0.1\")" },
    { "vncdisplay", KEY_NUMBER, FIELD(hvm.vncdisplay), 0, 59635, 0, NULL,
      "number of its display: the port less 5900" },
    { "vncunused", KEY_NUMBER, FIELD(hvm.vncunused), 0, 1, 1, NULL,
      "whether the next free display is taken if that is in use" },
    { "vncpasswd", KEY_STRING, FIELD(hvm.vncpasswd), 0, 8, 0, NULL, "password of viewers" },
    { "serial", KEY_TEXTS, FIELD(hvm.serial), 0, 4, 0, NULL,
      "where its serial ports go: \"pty\", \"file:/path\", \"tcp:HOST:PORT\", ..." },
    { "usb", KEY_NUMBER, FIELD(hvm.usb), 0, 1, 0, NULL, "whether it has a USB controller" },
    { "usbdevice", KEY_TEXTS, FIELD(hvm.usb_devices), 0, 8, 0, NULL,
      "devices on it: \"tablet\", \"mouse\", \"keyboard\"" },
    { "localtime", KEY_NUMBER, FIELD(hvm.localtime), 0, 1, 0, NULL,
      "whether its clock shows Dom0's local time instead of UTC" },
};

const size_t guest_keys_count = sizeof(guest_keys) / sizeof(guest_keys[0]);

const struct guest_key *guest_key_find(const char *name)
{
    for (size_t i = 0; i < guest_keys_count; i++)
        if (strcmp(guest_keys[i].name, name) == 0)
            return &guest_keys[i];
    return NULL;
}

bool guest_key_is_hvm(const struct guest_key *k)
{
    return k->field >= FIELD(hvm) && k->field < FIELD(hvm) + sizeof(struct hvm_cfg);
}

const char *guest_key_type_name(const struct guest_key *k)
{
    static const char *const names[] = {
        [KEY_NUMBER] = "number", [KEY_STRING] = "string", [KEY_WORD] = "word",
        [KEY_FIXED] = "number",  [KEY_TEXTS] = "texts",   [KEY_CPUS] = "CPUs",
        [KEY_DISKS] = "list",    [KEY_VIFS] = "list",     [KEY_CHANNELS] = "list",
    };

    return names[k->type];
}
