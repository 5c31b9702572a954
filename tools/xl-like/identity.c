/* SPDX-License-Identifier: GPL-2.0-only */
#include "identity.h"
#include "cfg_print.h"
#include "host.h"
#include "uuid.h"

#include <stdlib.h>

void identity_print(const struct ctrl_domain_info *info, FILE *out)
{
    char *name = domain_read(info->domid, "name"), uuid[UUID_TEXT];

    if (name)
        cfg_print_string("name", name, out);
    free(name);
    uuid_print(info->handle, uuid);
    cfg_print_string("uuid", uuid, out);
}

char *identity_append(const struct ctrl_domain_info *info, const char *settings)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return NULL;
    fputs(settings, out);
    identity_print(info, out);
    if (fclose(out) == 0)
        return text;
    free(text);
    return NULL;
}
