/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One network device of guest.cfg, in the syntax of xl-network-configuration(5):
 *   mac=00:16:3e:01:02:03, bridge=xenbr0, rate=10Mb/s
 */
#ifndef XL_VIF_CFG_H
#define XL_VIF_CFG_H

#include "cfg_parse.h"

#define MAC_BYTES    6
#define MAC_TEXT     18 /* with the byte at its end */
#define IF_NAME_MAX  15 /* of Linux */
#define VIF_PER_LIST 64

enum vif_type { VIF_UNSAID, VIF_PV, VIF_EMULATED };

struct vif_cfg {
    struct vif_cfg *next;
    struct cfg_place place; /* of the string */
    char *text;             /* as it was given */
    bool has_devid;
    uint32_t devid; /* its place in the list, from 0, unless it was given */
    bool has_mac;           /* false: vif_cfg_make_mac() makes one */
    uint8_t mac[MAC_BYTES];
    char *bridge;                 /* NULL: VIF_BRIDGE */
    char *name;                   /* of Dom0's end; NULL: vifDOMID.DEVID */
    char *ip;                     /* addresses it may send from; NULL: any */
    uint64_t rate_bytes, rate_us; /* so much in such a time; 0: no limit */
    uint32_t mtu;                 /* of its packets; 0: the bridge's */
    bool has_type;
    enum vif_type type;
    char *model;                  /* of the emulated device; NULL: the usual one */
    bool untrusted;               /* the guest shall give Dom0 no page with other data on it */
};

#define VIF_BRIDGE "xenbr0"
#define VIF_MODEL  "rtl8139"

/** One device in `n` words of a command line, each of one or more KEY=VALUE. 0, or -EINVAL after
 * messages to cfg->errors; -ENOMEM. */
int vif_cfg_words(struct cfg *cfg, char *const *words, int n, struct vif_cfg **out);
/** The list `vif`: *vifs becomes its devices, in order. The same. */
int vif_cfg_list(struct cfg *cfg, const struct cfg_value *list, struct vif_cfg **vifs);
/** It as a string of the list `vif` of a guest, with number and address, whatever its place there and
 * the guest's next name. */
void vif_cfg_print(const struct vif_cfg *v, const char *guest, FILE *out);
/** The device of the list that has this number, or the list's end. */
struct vif_cfg **vif_cfg_find(struct vif_cfg **list, uint32_t devid);
/** Take that one out of the list, if it is there. */
void vif_cfg_remove(struct vif_cfg **list, uint32_t devid);
void vif_cfg_free(struct vif_cfg *vifs);

/** Whether Linux takes it for the name of a network device. */
bool vif_cfg_is_interface(const char *name);

/** An address from the range that Xen has for such (00:16:3e), the same each time for this guest
 * and device. */
void vif_cfg_make_mac(uint8_t mac[MAC_BYTES], const char *guest, uint32_t devid);
/** The address of a device: its own, or one that is made. */
void vif_cfg_mac(const struct vif_cfg *v, const char *guest, uint8_t mac[MAC_BYTES]);
/** False: it is no address. */
bool vif_cfg_parse_mac(const char *text, uint8_t mac[MAC_BYTES]);
void vif_cfg_mac_text(char text[MAC_TEXT], const uint8_t mac[MAC_BYTES]);

#endif
