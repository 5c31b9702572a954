/* SPDX-License-Identifier: GPL-2.0-only */
#include "xl_keys.h"

#include <stddef.h>
#include <string.h>

/* clang-format off */
const char *const xl_keys_not_served[] = {
    "acpi_firmware", "acpi_laptop_slate", "acpi_s3", "acpi_s4", "altp2m", "altp2mhvm", "argo",
    "claim_mode", "console", "cpu_weight_soft", "cpuid",
    "cpus_soft", "device_model_args", "device_model_stubdomain_override", "device_model_user",
    "device_tree", "driver_domain", "dtdev", "e820_host", "event_channels", "exec_ssidref",
    "extratime", "gfx_passthru", "init_seclabel", "iomem", "ioports", "irqs",
    "keymap", "latency", "max_grant_version", "mmio_hole", "monitor", "ms_vm_genid",
    "msr_relaxed", "nics", "nodes", "nographic", "nomigrate", "numa", "on_soft_reset", "oos",
    "p9", "passthrough", "pci", "pci_msitranslate", "pci_permissive", "pci_power_mgmt",
    "pci_seize", "period", "pool", "pvh", "pvshim", "rdm", "rdm_mem_boundary",
    "rtc_timeoffset", "seclabel", "shadow_memory", "slice", "smbios_firmware", "soundhw",
    "spice_clipboard_sharing", "spiceagent_mouse", "spicedisable_ticketing", "spiceport",
    "spicetls_port", "spiceusbredirection", "spicevdagent", "stubdomain_memory",
    "suppress_spurious_page_faults", "timer_mode", "tpm", "trap_unmapped_accesses", "uefi",
    "usbctrl", "usbdev", "usbversion", "vcpu_hard_affinity", "vfb", "vif2", "virtio", "vispl",
    "vkb", "vkb_device", "vmport", "vmtrace_buf_kb", "vncconsole", "vnuma", "vpmu",
    "vpt_align", "vsnd", "vtpm", "vuart", "xend_suspend_evtchn_compat", NULL
};
/* clang-format on */

bool xl_key_is_not_served(const char *key)
{
    for (const char *const *k = xl_keys_not_served; *k; k++)
        if (strcmp(*k, key) == 0)
            return true;
    return false;
}
