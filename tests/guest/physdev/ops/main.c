/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * physdev_op (physdev.h): a line interrupt from set-up over map_pirq and bind to close and unmap,
 * queries, the IO-APIC's registers, the shared end-of-interrupt page is refused twice; wrong
 * interrupts and addresses are errors, and what an answer cannot tell is not kept; what is no
 * device's is nobody's. The serial line's interrupt
 * is the hypervisor's: it counts as set up, can be mapped like others, and cannot be bound.
 */
#include <guest.h>

#define GSI 5
#define SERIAL_GSI 4

static void check_line(void)
{
    physdev_setup_gsi_t setup = {.gsi = GSI, .triggering = 1, .polarity = 1};
    physdev_map_pirq_t map = {.domid = DOMID_SELF, .type = MAP_PIRQ_TYPE_GSI, .index = GSI,
                              .pirq = GSI};
    physdev_unmap_pirq_t unmap_arg = {.domid = DOMID_SELF, .pirq = GSI};
    evtchn_bind_pirq_t bind = {.pirq = GSI, .flags = BIND_PIRQ__WILL_SHARE};
    physdev_irq_status_query_t query = {.irq = GSI};
    physdev_eoi_t eoi = {.irq = GSI};

    CHECK_EQ(hyp_physdev_op(PHYSDEVOP_setup_gsi, &setup), 0);
    CHECK_EQ(hyp_physdev_op(PHYSDEVOP_map_pirq, &map), 0);
    CHECK_EQ(map.pirq, GSI);
    CHECK_EQ(hyp_event_channel_op(EVTCHNOP_bind_pirq, &bind), 0);
    CHECK_EQ(hyp_event_channel_op(EVTCHNOP_bind_pirq, &bind), -XEN_EEXIST);
    CHECK_EQ(hyp_physdev_op(PHYSDEVOP_irq_status_query, &query), 0);
    CHECK_EQ(hyp_physdev_op(PHYSDEVOP_eoi, &eoi), 0);
    CHECK_EQ(event_close(bind.port), 0);
    CHECK_EQ(hyp_physdev_op(PHYSDEVOP_unmap_pirq, &unmap_arg), 0);
    CHECK_EQ(hyp_physdev_op(PHYSDEVOP_unmap_pirq, &unmap_arg), -XEN_EINVAL);
}

static void check_serial(void)
{
    physdev_setup_gsi_t setup = {.gsi = SERIAL_GSI};
    physdev_map_pirq_t map = {.domid = DOMID_SELF, .type = MAP_PIRQ_TYPE_GSI, .index = SERIAL_GSI,
                              .pirq = SERIAL_GSI};
    physdev_unmap_pirq_t unmap_arg = {.domid = DOMID_SELF, .pirq = SERIAL_GSI};
    evtchn_bind_pirq_t bind = {.pirq = SERIAL_GSI};

    CHECK_EQ(hyp_physdev_op(PHYSDEVOP_map_pirq, &map), 0);
    CHECK_EQ(hyp_physdev_op(PHYSDEVOP_setup_gsi, &setup), -XEN_EEXIST);
    CHECK_EQ(hyp_event_channel_op(EVTCHNOP_bind_pirq, &bind), -XEN_EBUSY);
    CHECK_EQ(hyp_physdev_op(PHYSDEVOP_unmap_pirq, &unmap_arg), 0);
}

static void check_errors(void)
{
    physdev_map_pirq_t map = {.domid = DOMID_SELF, .type = MAP_PIRQ_TYPE_GSI, .index = 5000,
                              .pirq = -1};
    physdev_irq_status_query_t query = {.irq = 100000};
    physdev_eoi_t eoi = {.irq = 100000};
    evtchn_bind_pirq_t bind = {.pirq = 100000};

    CHECK_EQ(hyp_physdev_op(PHYSDEVOP_map_pirq, &map), -XEN_EINVAL);
    map.type = 99;
    CHECK_EQ(hyp_physdev_op(PHYSDEVOP_map_pirq, &map), -XEN_EINVAL);
    map.domid = 0x7000;
    CHECK_EQ(hyp_physdev_op(PHYSDEVOP_map_pirq, &map), -XEN_ESRCH);
    CHECK_EQ(hyp_physdev_op(PHYSDEVOP_irq_status_query, &query), -XEN_EINVAL);
    CHECK_EQ(hyp_physdev_op(PHYSDEVOP_eoi, &eoi), -XEN_EINVAL);
    CHECK_EQ(hyp_event_channel_op(EVTCHNOP_bind_pirq, &bind), -XEN_EINVAL);
    CHECK_EQ(hyp_physdev_op(PHYSDEVOP_map_pirq, NULL), -XEN_EFAULT);
    CHECK_EQ(hyp_physdev_op(99, NULL), -XEN_ENOSYS);
}

/* What cannot be told the caller is not kept: the number and the mapping are free again. */
static void check_read_only_result(void)
{
    union {
        physdev_map_pirq_t map;
        physdev_get_free_pirq_t number;
    } *page = page_alloc(), *view = window_alloc();
    physdev_unmap_pirq_t unmap_arg = {.domid = DOMID_SELF, .pirq = GSI};
    physdev_get_free_pirq_t first = {0}, again = {0};

    CHECK_EQ(map_mfn(view, virt_to_mfn(page), PTE_RO), 0);
    CHECK_EQ(hyp_physdev_op(PHYSDEVOP_get_free_pirq, &first), 0);
    unmap_arg.pirq = first.pirq;
    CHECK_EQ(hyp_physdev_op(PHYSDEVOP_unmap_pirq, &unmap_arg), 0);
    CHECK_EQ(hyp_physdev_op(PHYSDEVOP_get_free_pirq, view), -XEN_EFAULT);
    CHECK_EQ(hyp_physdev_op(PHYSDEVOP_get_free_pirq, &again), 0);
    CHECK_EQ(again.pirq, first.pirq);
    CHECK_EQ(hyp_physdev_op(PHYSDEVOP_unmap_pirq, &unmap_arg), 0);

    page->map = (physdev_map_pirq_t){.domid = DOMID_SELF, .type = MAP_PIRQ_TYPE_GSI, .index = GSI,
                                     .pirq = GSI};
    unmap_arg.pirq = GSI;
    CHECK_EQ(hyp_physdev_op(PHYSDEVOP_map_pirq, view), -XEN_EFAULT);
    CHECK_EQ(hyp_physdev_op(PHYSDEVOP_unmap_pirq, &unmap_arg), -XEN_EINVAL);
    CHECK_EQ(hyp_physdev_op(PHYSDEVOP_map_pirq, page), 0);
    CHECK_EQ(hyp_physdev_op(PHYSDEVOP_map_pirq, view), -XEN_EFAULT); /* it was there before */
    CHECK_EQ(hyp_physdev_op(PHYSDEVOP_unmap_pirq, &unmap_arg), 0);
    window_free(view);
    page_free(page);
}

static void check_apic(void)
{
    physdev_apic_t apic = {.apic_physbase = 0xfec00000, .reg = 1};

    CHECK_EQ(hyp_physdev_op(PHYSDEVOP_apic_read, &apic), 0);
    CHECK((apic.value >> 16 & 0xff) >= 15); /* version register: number of lines */
    apic.apic_physbase = 0x12345000;
    CHECK(hyp_physdev_op(PHYSDEVOP_apic_read, &apic) < 0);
}

static void check_iobitmap(void)
{
    static uint8_t bitmap[16];
    physdev_set_iobitmap_t arg = {.bitmap = HANDLE(bitmap), .nr_ports = 128};

    CHECK_EQ(hyp_physdev_op(PHYSDEVOP_set_iobitmap, &arg), 0);
    arg.nr_ports = 65537;
    CHECK_EQ(hyp_physdev_op(PHYSDEVOP_set_iobitmap, &arg), -XEN_EINVAL);
    arg.bitmap = HANDLE(0);
    arg.nr_ports = 0;
    CHECK_EQ(hyp_physdev_op(PHYSDEVOP_set_iobitmap, &arg), 0);
}

GUEST_TEST("physical interrupts, IO-APIC, I/O bitmap")
{
    check_iobitmap();
    NEEDS_DOM0();
    check_line();
    check_serial();
    check_errors();
    check_read_only_result();
    check_apic();
}
