/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ACPI's fixed hardware: the PM timer, whose 32 bits are computed from the time, the events of PM1
 * with their interrupt, and the control register, by which a guest powers itself off. ACPI mode is
 * always on. (ACPI 6.2, chapter 4.8)
 */
#include <arch/cpu.h>
#include <arch/hvm_save.h>
#include <arch/vplatform.h>
#include <public/errno.h>
#include <public/hvm/ioreq.h>
#include <public/hvm/save.h>
#include <public/sched.h>

#define HZ            3579545
#define HALF          (1UL << 31) /* ticks between two changes of the counter's top bit */
#define PORT_STATUS   ACPI_PM1A_EVT_BLK_ADDRESS_V1
#define PORT_CONTROL  ACPI_PM1A_CNT_BLK_ADDRESS_V1
#define PORT_TIMER    ACPI_PM_TMR_BLK_ADDRESS_V1

#define EVENT_TIMER   0x001
#define EVENT_GLOBAL  0x020
#define EVENT_POWER   0x100
#define EVENT_SLEEP   0x200
#define EVENT_RTC     0x400 /* drivers enable it; the RTC has its own interrupt, and does not cause it */
#define EVENTS        (EVENT_TIMER | EVENT_GLOBAL | EVENT_POWER | EVENT_SLEEP | EVENT_RTC)

#define CONTROL_SCI      1U
#define CONTROL_SLEEP    0x2000U
#define CONTROL_TYPE(c)  ((c) >> 10 & 7)
#define TYPE_OFF         0 /* as the guest's ACPI tables say of S5 */

static uint64_t ticks(const struct vplatform *p) { return vplatform_ticks(now() - p->pm.started, HZ); }

static void update_line(struct vplatform *p)
{
    vplatform_level(p, IRQ_ACPI, &p->pm.asserted, p->pm.status & p->pm.enabled);
}

/* Until the next change of the top bit. */
static void start_timer(struct vplatform *p)
{
    uint64_t next = (ticks(p) / HALF + 1) * HALF;

    timer_set(&p->pm.timer, p->pm.started + vplatform_ns(next, HZ) + 1);
}

static void fired(void *data)
{
    struct vplatform *p = data;
    unsigned long flags = spin_lock_irqsave(&p->lock);

    p->pm.status |= EVENT_TIMER;
    update_line(p);
    start_timer(p);
    spin_unlock_irqrestore(&p->lock, flags);
}

void vpm_press(struct vplatform *p, enum vpm_button button)
{
    unsigned long flags = spin_lock_irqsave(&p->lock);

    p->pm.status |= button == VPM_SLEEP ? EVENT_SLEEP : EVENT_POWER;
    update_line(p);
    spin_unlock_irqrestore(&p->lock, flags);
}

/* --- registers: bytes of a row of them -------------------------------------------------------- */
uint64_t vpm_port_read(struct vcpu *v, uint64_t port, unsigned bytes)
{
    const struct vplatform *p = platform_of(v);

    if (port >= PORT_TIMER)
        return (uint32_t)ticks(p) >> 8 * (port - PORT_TIMER);
    return (p->pm.status | (uint32_t)p->pm.enabled << 16) >> 8 * (port - PORT_STATUS);
}

/* Ones clear status bits. */
void vpm_port_write(struct vcpu *v, uint64_t port, unsigned bytes, uint64_t value)
{
    struct vplatform *p = platform_of(v);
    unsigned shift = 8 * (port - PORT_STATUS);
    uint32_t written = value << shift, mask = ((1UL << 8 * bytes) - 1) << shift;

    if (port >= PORT_TIMER)
        return;
    p->pm.status &= ~written;
    p->pm.enabled = ((p->pm.enabled & ~(mask >> 16)) | written >> 16) & EVENTS;
    update_line(p);
}

uint64_t vpm_control_read(struct vcpu *v, uint64_t port, unsigned bytes)
{
    return CONTROL_SCI >> 8 * (port - PORT_CONTROL);
}

void vpm_control_write(struct vcpu *v, uint64_t port, unsigned bytes, uint64_t value)
{
    value <<= 8 * (port - PORT_CONTROL);
    if ((value & CONTROL_SLEEP) && CONTROL_TYPE(value) == TYPE_OFF)
        domain_shutdown(v->domain, SHUTDOWN_poweroff);
}

/* --- records ---------------------------------------------------------------------------------- */
unsigned vpm_save(const struct hvm_context *c, unsigned instance, void *to)
{
    const struct vplatform *p = c->d->arch.hvm->platform;

    *(struct hvm_hw_pmtimer *)to = (struct hvm_hw_pmtimer){
        .tmr_val = ticks(p), .pm1a_sts = p->pm.status, .pm1a_en = p->pm.enabled
    };
    return sizeof(struct hvm_hw_pmtimer);
}

int vpm_load(const struct hvm_context *c, unsigned instance, const void *from, unsigned bytes)
{
    struct vplatform *p = c->d->arch.hvm->platform;
    const struct hvm_hw_pmtimer *r = from;

    if ((r->pm1a_sts | r->pm1a_en) & ~EVENTS)
        return -XEN_EINVAL;
    p->pm.status = r->pm1a_sts;
    p->pm.enabled = r->pm1a_en;
    p->pm.started = now() - (s_time_t)vplatform_ns(r->tmr_val, HZ) - 1; /* rounded down, both ways */
    p->pm.asserted = p->pm.status & p->pm.enabled;
    vplatform_recount(p);
    start_timer(p);
    return 0;
}

void vpm_init(struct vplatform *p)
{
    p->pm.started = now();
    timer_init(&p->pm.timer, fired, p, this_cpu());
    start_timer(p);
}

void vpm_destroy(struct vplatform *p) { timer_kill(&p->pm.timer); }
