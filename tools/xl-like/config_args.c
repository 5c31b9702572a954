/* SPDX-License-Identifier: GPL-2.0-only */
#include "config_args.h"
#include "report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* `memory=64` as one more line of configuration; a bare word becomes a string: name=g2. */
static int add_override(struct cfg *cfg, const char *arg)
{
    const char *eq = strchr(arg, '=');
    char *line;
    int ret;

    if (eq[1] && !strchr("\"'[", eq[1]) && strspn(eq + 1, "0123456789") != strlen(eq + 1))
        ret = asprintf(&line, "%.*s=\"%s\"", (int)(eq - arg), arg, eq + 1);
    else
        ret = asprintf(&line, "%s", arg);
    if (ret < 0)
        return -ENOMEM;
    ret = cfg_parse(cfg, "command line", line, strlen(line));
    free(line);
    return ret;
}

int config_args_read(int argc, char **argv, struct cfg *cfg)
{
    bool have_file = false;
    int ret = 0;

    for (int i = 0; i < argc; i++) {
        if (strchr(argv[i], '=') && access(argv[i], F_OK) < 0)
            continue;
        if (have_file) {
            report_error("two configuration files: '%s' is one too many", argv[i]);
            return -EINVAL;
        }
        have_file = true;
        if (cfg_parse_file(cfg, argv[i]) < 0)
            ret = -EINVAL;
    }
    for (int i = 0; i < argc; i++)
        if (strchr(argv[i], '=') && access(argv[i], F_OK) < 0 && add_override(cfg, argv[i]) < 0)
            ret = -EINVAL;
    return ret;
}
