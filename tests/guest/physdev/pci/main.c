/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PCI devices and MSI (physdev.h): the host bridge and a device are told of, an MSI is
 * mapped for a device that has it or refused for one that has not, free pirqs are handed out, the
 * end-of-interrupt page must be an own, writable page. Devices that are not there: -ENODEV.
 */
#include <guest.h>

static void check_devices(void)
{
    physdev_pci_device_add_t add = {.devfn = 0};
    physdev_pci_device_t none = {.seg = 0, .bus = 0x77, .devfn = 8};

    CHECK_EQ(hyp_physdev_op(PHYSDEVOP_pci_device_add, &add), 0);
    CHECK_EQ(hyp_physdev_op(PHYSDEVOP_pci_device_add, &add), 0); /* again is fine */
    CHECK_EQ(hyp_physdev_op(PHYSDEVOP_pci_device_add, NULL), -XEN_EFAULT);
    CHECK(hyp_physdev_op(PHYSDEVOP_restore_msi_ext, &none) < 0);
}

static void check_msi(void)
{
    physdev_map_pirq_t map = {.domid = DOMID_SELF, .type = MAP_PIRQ_TYPE_MSI_SEG, .index = -1,
                              .pirq = -1, .bus = 0x77, .devfn = 8};

    CHECK(hyp_physdev_op(PHYSDEVOP_map_pirq, &map) < 0);
    map.bus = 0; /* the host bridge has no MSI */
    map.devfn = 0;
    CHECK(hyp_physdev_op(PHYSDEVOP_map_pirq, &map) < 0);
    map.type = MAP_PIRQ_TYPE_MULTI_MSI;
    map.entry_nr = 33;
    CHECK_EQ(hyp_physdev_op(PHYSDEVOP_map_pirq, &map), -XEN_EDOM);
    map.entry_nr = 2; /* needs interrupt remapping */
    CHECK_EQ(hyp_physdev_op(PHYSDEVOP_map_pirq, &map), -XEN_EOPNOTSUPP);
}

static void check_eoi_page(void)
{
    physdev_pirq_eoi_gmfn_t arg = {.gmfn = ~0UL};

    CHECK_EQ(hyp_physdev_op(PHYSDEVOP_pirq_eoi_gmfn_v2, &arg), -XEN_EINVAL);
    arg.gmfn = top_table_mfn();
    CHECK(hyp_physdev_op(PHYSDEVOP_pirq_eoi_gmfn_v2, &arg) < 0);
    CHECK_EQ(hyp_physdev_op(PHYSDEVOP_pirq_eoi_gmfn_v2, NULL), -XEN_EFAULT);
}

GUEST_TEST("PCI devices, MSI, end-of-interrupt page")
{
    NEEDS_DOM0();
    check_devices();
    check_msi();
    check_eoi_page();
}
