/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How abi.py prints a name's value, a type's size or a member's place, as "name = value". Included
 * after one set of headers; the same probes are compiled with both sets.
 */
#include <stdio.h>
#include <string.h>

static inline void print_number(const char *name, uintptr_t value)
{
    printf("%s = %#llx\n", name, (unsigned long long)value);
}

static inline void print_string(const char *name, uintptr_t value)
{
    printf("%s = \"%s\"\n", name, (const char *)value);
}

static inline void print_bytes(const char *name, const void *data, size_t size)
{
    const unsigned char *bytes = data;

    printf("%s = ", name);
    for (size_t i = 0; i < size; i++)
        printf("%02x", bytes[i]);
    printf("\n");
}

#define VALUE(name) \
    _Generic((name), char *: print_string, default: print_number)(#name, (uintptr_t)(name));
#define TYPE(type) \
    printf("sizeof %s = %zu, aligned to %zu\n", #type, sizeof(type), _Alignof(type));
#define MEMBER(type, path) (((type *)0)->path)
#define FIELD(type, path)                                                       \
    printf("%s.%s = at %zu, size %zu\n", #type, #path, offsetof(type, path),    \
           sizeof(MEMBER(type, path)));
#define OPEN(type, path)                                                        \
    printf("%s.%s = at %zu, elements of %zu\n", #type, #path, offsetof(type, path), \
           sizeof(MEMBER(type, path)[0]));
#define INTEGER(type, path)                                                     \
    printf("%s.%s = at %zu, size %zu, %s\n", #type, #path, offsetof(type, path), \
           sizeof(MEMBER(type, path)),                                          \
           (__typeof__(MEMBER(type, path)))-1 < 0 ? "signed" : "unsigned");
#define BITS(type, path)                                                        \
    {                                                                           \
        type all_ones;                                                          \
        memset(&all_ones, 0, sizeof(all_ones));                                 \
        all_ones.path = -1;                                                     \
        print_bytes(#type "." #path, &all_ones, sizeof(all_ones));              \
    }

#ifdef ABI_XENS
/* Xen has record types only as sizes of arrays inside types. */
#define HVM_SAVE_CODE_END             HVM_SAVE_CODE(END)
#define HVM_SAVE_CODE_HEADER          HVM_SAVE_CODE(HEADER)
#define HVM_SAVE_CODE_CPU             HVM_SAVE_CODE(CPU)
#define HVM_SAVE_CODE_PIC             HVM_SAVE_CODE(PIC)
#define HVM_SAVE_CODE_IOAPIC          HVM_SAVE_CODE(IOAPIC)
#define HVM_SAVE_CODE_LAPIC           HVM_SAVE_CODE(LAPIC)
#define HVM_SAVE_CODE_LAPIC_REGS      HVM_SAVE_CODE(LAPIC_REGS)
#define HVM_SAVE_CODE_PCI_IRQ         HVM_SAVE_CODE(PCI_IRQ)
#define HVM_SAVE_CODE_ISA_IRQ         HVM_SAVE_CODE(ISA_IRQ)
#define HVM_SAVE_CODE_PCI_LINK        HVM_SAVE_CODE(PCI_LINK)
#define HVM_SAVE_CODE_PIT             HVM_SAVE_CODE(PIT)
#define HVM_SAVE_CODE_RTC             HVM_SAVE_CODE(RTC)
#define HVM_SAVE_CODE_HPET            HVM_SAVE_CODE(HPET)
#define HVM_SAVE_CODE_PMTIMER         HVM_SAVE_CODE(PMTIMER)
#define HVM_SAVE_CODE_MTRR            HVM_SAVE_CODE(MTRR)
#define HVM_SAVE_CODE_VIRIDIAN_DOMAIN HVM_SAVE_CODE(VIRIDIAN_DOMAIN)
#define HVM_SAVE_CODE_VIRIDIAN_VCPU   HVM_SAVE_CODE(VIRIDIAN_VCPU)
#define HVM_SAVE_CODE_VMCE_VCPU       HVM_SAVE_CODE(VMCE_VCPU)
#define HVM_SAVE_CODE_TSC_ADJUST      HVM_SAVE_CODE(TSC_ADJUST)
#endif

#ifdef ABI_OURS
/* The one header of all rings is that of each ring. */
#define SAME_PLACE(field) \
    _Static_assert(offsetof(struct xen_sring, field) == offsetof(struct blkif_sring, field), #field)
SAME_PLACE(req_prod);
SAME_PLACE(req_event);
SAME_PLACE(rsp_prod);
SAME_PLACE(rsp_event);
_Static_assert(sizeof(struct xen_sring) == offsetof(struct blkif_sring, ring), "header");
_Static_assert(sizeof(xen_guest_handle_t) == 8 && _Alignof(xen_guest_handle_t) == 8, "handle");
#endif
