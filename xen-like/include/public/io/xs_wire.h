/* SPDX-License-Identifier: MIT */
/*
 * The store's wire protocol: a header xsd_sockmsg and len bytes, over a socket or over a domain's
 * ring. A reply has the request's type and req_id, or type XS_ERROR and the name of an error:
 * EINVAL EACCES EEXIST EISDIR ENOENT ENOMEM ENOSPC EIO ENOTEMPTY ENOSYS EROFS EBUSY EAGAIN EISCONN
 * E2BIG EPERM.
 */
#ifndef XEN_PUBLIC_IO_XS_WIRE_H
#define XEN_PUBLIC_IO_XS_WIRE_H

#include <stdint.h>

enum xsd_sockmsg_type {
    XS_CONTROL,              /* command and arguments, to the daemon itself */
    XS_DIRECTORY,            /* path -> names, each ended by a zero byte */
    XS_READ,                 /* path -> value */
    XS_GET_PERMS,            /* path -> permissions: letter n, r, w or b and domain id, each */
    XS_WATCH,                /* path, token -> "OK" */
    XS_UNWATCH,              /* path, token -> "OK" */
    XS_TRANSACTION_START,    /* empty -> id in decimal */
    XS_TRANSACTION_END,      /* "T" or "F" -> "OK", or EAGAIN */
    XS_INTRODUCE,            /* domid, frame, port -> "OK" */
    XS_RELEASE,              /* domid -> "OK" */
    XS_GET_DOMAIN_PATH,      /* domid -> path */
    XS_WRITE,                /* path, zero byte, value -> "OK" */
    XS_MKDIR,                /* path -> "OK" */
    XS_RM,                   /* path -> "OK" */
    XS_SET_PERMS,            /* path and permissions -> "OK" */
    XS_WATCH_EVENT,          /* from the daemon: path, token */
    XS_ERROR,
    XS_IS_DOMAIN_INTRODUCED, /* domid -> "T" or "F" */
    XS_RESUME,               /* domid -> "OK" */
    XS_SET_TARGET,           /* domid, target domid -> "OK" */
    XS_RESET_WATCHES = 21,   /* empty -> "OK"; number 20 is not used */
    XS_DIRECTORY_PART,       /* path, offset -> generation, names from the offset on */
    XS_TYPE_COUNT,
    XS_INVALID = 0xffff,
};
#define XS_DEBUG XS_CONTROL

/* Modes of an old form of XS_WRITE. */
#define XS_WRITE_NONE        "NONE"
#define XS_WRITE_CREATE      "CREATE"
#define XS_WRITE_CREATE_EXCL "CREATE|EXCL"

struct xsd_sockmsg {
    uint32_t type;   /* XS_* */
    uint32_t req_id; /* chosen by the client */
    uint32_t tx_id;  /* transaction, 0 for none */
    uint32_t len;    /* bytes that follow, at most XENSTORE_PAYLOAD_MAX */
};

/** Which string of XS_WATCH_EVENT. */
enum xs_watch_type {
    XS_WATCH_PATH = 0,
    XS_WATCH_TOKEN,
};

#define XENSTORE_PAYLOAD_MAX  4096
#define XENSTORE_ABS_PATH_MAX 3072
#define XENSTORE_REL_PATH_MAX 2048

#define XENSTORE_RING_SIZE 1024 /* bytes, each way */
#define MASK_XENSTORE_IDX(idx) ((idx) & (XENSTORE_RING_SIZE - 1))

/* xenstore_domain_interface.server_features: the fields connection and error are used. */
#define XENSTORE_SERVER_FEATURE_RECONNECTION 1
#define XENSTORE_SERVER_FEATURE_ERROR        2

/* .connection */
#define XENSTORE_CONNECTED 0
#define XENSTORE_RECONNECT 1 /* the guest asks to start anew; the daemon sets it back */

/* .error */
#define XENSTORE_ERROR_NONE    0
#define XENSTORE_ERROR_COMM    1
#define XENSTORE_ERROR_RINGIDX 2 /* the indices are impossible */
#define XENSTORE_ERROR_PROTO   3 /* a message is too long */

typedef uint32_t XENSTORE_RING_IDX;

/** The page shared by guest and daemon. Indices run freely; bytes are at MASK_XENSTORE_IDX. */
struct xenstore_domain_interface {
    char req[XENSTORE_RING_SIZE]; /* to the daemon */
    char rsp[XENSTORE_RING_SIZE]; /* to the guest */
    XENSTORE_RING_IDX req_cons, req_prod;
    XENSTORE_RING_IDX rsp_cons, rsp_prod;
    uint32_t server_features; /* daemon writes */
    uint32_t connection;
    uint32_t error;           /* daemon writes */
};

#endif
