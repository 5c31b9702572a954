/* SPDX-License-Identifier: GPL-2.0-only */
#include "xl_keys.h"

#include <stddef.h>
#include <string.h>

/* clang-format off */
const char *const xl_keys_not_served[] = {
    "acpi", "acpi_firmware", "acpi_laptop_slate", "acpi_s3", "acpi_s4", "altp2m", "altp2mhvm",
    "apic", "argo", "bios", "bios_path_override", "boot", "bootloader", "bootloader_args",
    "builder", "claim_mode", "console", "cpu_weight_soft", "cpuid", "cpus_soft",
    "device_model_args", "device_model_override", "device_model_stubdomain_override",
    "device_model_user", "device_model_version", "device_tree", "dm_restrict", "driver_domain",
    "dtdev", "e820_host", "event_channels", "exec_ssidref", "extratime", "firmware",
    "firmware_override", "gfx_passthru", "hap", "hdtype", "hpet", "init_seclabel", "iomem",
    "ioports", "irqs", "keymap", "latency", "localtime", "max_grant_version", "mmio_hole",
    "monitor", "ms_vm_genid", "msr_relaxed", "nestedhvm", "nics", "nodes", "nographic",
    "nomigrate", "numa", "nx", "on_soft_reset", "oos", "opengl", "p9", "pae", "passthrough",
    "pci", "pci_msitranslate", "pci_permissive", "pci_power_mgmt", "pci_seize", "period",
    "pool", "pvh", "pvshim", "rdm", "rdm_mem_boundary", "rtc_timeoffset", "sdl", "seclabel",
    "serial", "shadow_memory", "slice", "smbios_firmware", "soundhw", "spice",
    "spice_clipboard_sharing", "spiceagent_mouse", "spicedisable_ticketing", "spiceport",
    "spicetls_port", "spiceusbredirection", "spicevdagent", "stdvga", "stubdomain_memory",
    "suppress_spurious_page_faults", "timer_mode", "tpm", "trap_unmapped_accesses", "uefi",
    "usb", "usbctrl", "usbdev", "usbdevice", "usbversion", "vcpu_hard_affinity", "vfb", "vga",
    "videoram", "vif2", "viridian", "virtio", "vispl", "vkb", "vkb_device", "vmport",
    "vmtrace_buf_kb", "vnc", "vncconsole", "vncdisplay", "vnclisten", "vncpasswd", "vncunused",
    "vnuma", "vpmu", "vpt_align", "vsnd", "vtpm", "vuart", "xen_platform_pci",
    "xend_suspend_evtchn_compat", NULL
};
/* clang-format on */

bool xl_key_is_not_served(const char *key)
{
    for (const char *const *k = xl_keys_not_served; *k; k++)
        if (strcmp(*k, key) == 0)
            return true;
    return false;
}
