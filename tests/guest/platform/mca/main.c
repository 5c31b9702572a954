/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Machine checks that the machine survived (xen-mca.h): Dom0 hears of one by VIRQ_MCA and fetches
 * the bank's contents; the report stays the same until it is acknowledged, and then there is none.
 * With inject=1 this waits for one from outside (tests/system/crash.py: bank 1, status
 * 0x9000000000000123, no address). Wrong versions, flags and pointers are errors.
 */
#include <guest.h>
#include <public/arch-x86/xen-mca.h>

#define STATUS 0x9000000000000123UL

static struct xen_mc op;
static mc_info_t info;

static long fetch(uint32_t flags, uint64_t id, void *to)
{
    memset(&op, 0, sizeof(op));
    op.cmd = XEN_MC_fetch;
    op.interface_version = XEN_MCA_INTERFACE_VERSION;
    op.u.mc_fetch.flags = flags;
    op.u.mc_fetch.fetch_id = id;
    op.u.mc_fetch.data = HANDLE(to);
    return hypercall(__HYPERVISOR_arch_0, (uint64_t)&op, 0, 0, 0, 0);
}

/* The part of that type, or NULL. */
static const struct mcinfo_common *part(unsigned type)
{
    const uint8_t *at = (const uint8_t *)info.mi_data;

    for (uint32_t i = 0; i < info.mi_nentries; i++) {
        const struct mcinfo_common *c = (const struct mcinfo_common *)at;

        if (c->type == type)
            return c;
        at += c->size;
    }
    return NULL;
}

static void check_report(void)
{
    const struct mcinfo_global *where;
    const struct mcinfo_bank *bank;
    uint64_t id;

    CHECK_EQ(fetch(XEN_MC_NONURGENT, 0, (void *)0x1000), -XEN_EFAULT);
    CHECK_EQ(fetch(XEN_MC_NONURGENT, 0, &info), 0);
    CHECK_EQ(op.u.mc_fetch.flags, XEN_MC_OK);
    id = op.u.mc_fetch.fetch_id;
    where = (const struct mcinfo_global *)part(MC_TYPE_GLOBAL);
    bank = (const struct mcinfo_bank *)part(MC_TYPE_BANK);
    if (!CHECK(where && bank))
        return;
    CHECK(where->mc_flags & MC_FLAG_POLLED);
    CHECK_EQ(bank->mc_bank, 1);
    CHECK_EQ(bank->mc_status, STATUS);
    CHECK_EQ(bank->mc_addr, 0);
    CHECK_EQ(fetch(XEN_MC_NONURGENT | XEN_MC_ACK, id + 1, NULL), 0); /* another one */
    CHECK_EQ(fetch(XEN_MC_NONURGENT, 0, &info), 0);
    CHECK_EQ(op.u.mc_fetch.flags, XEN_MC_OK);
    CHECK_EQ(op.u.mc_fetch.fetch_id, id);
    CHECK_EQ(fetch(XEN_MC_NONURGENT | XEN_MC_ACK, id, NULL), 0);
}

static void wait_for_one(void)
{
    evtchn_port_t port = bind_virq(VIRQ_MCA, 0);
    uint64_t end = now() + 100000 * MS;

    printk("waiting for a machine check\n");
    while (!event_pending(port) && now() < end) /* in the guest: the other side looks there */
        ;
    if (CHECK(event_pending(port)))
        check_report();
    event_clear(port);
    event_close(port);
}

GUEST_TEST("machine checks, fetched by Dom0")
{
    NEEDS_DOM0();
    if (number(option("inject")))
        wait_for_one();
    CHECK_EQ(fetch(XEN_MC_NONURGENT, 0, &info), 0);
    CHECK_EQ(op.u.mc_fetch.flags, XEN_MC_NODATA);
    CHECK_EQ(fetch(XEN_MC_URGENT, 0, &info), 0);
    CHECK_EQ(op.u.mc_fetch.flags, XEN_MC_NODATA);
    CHECK_EQ(fetch(77, 0, &info), -XEN_EINVAL);
    CHECK_EQ(hypercall(__HYPERVISOR_arch_0, 0x1000, 0, 0, 0, 0), -XEN_EFAULT);
    op.interface_version = 1;
    CHECK_EQ(hypercall(__HYPERVISOR_arch_0, (uint64_t)&op, 0, 0, 0, 0), -XEN_EACCES);
}
