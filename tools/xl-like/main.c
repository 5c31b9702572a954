/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xl-like: control of the host's domains. The table of verbs.
 */
#include "guest_cfg.h"
#include "nearest.h"
#include "report.h"
#include "verbs.h"

#include <stdio.h>
#include <string.h>

static const struct verb {
    const char *name;
    verb_fn *run;
    const char *usage, *help;
} verbs[] = {
    { "create", verb_create, "[-c] [-p] [-n] [-q] FILE [KEY=VALUE...]",
      "start a guest: -c with its console, -p paused, -n only check" },
    { "config-update", verb_config_update, "DOMAIN FILE [KEY=VALUE...]",
      "another configuration for a guest's next start: what changes is shown" },
    { "destroy", verb_destroy, "DOMAIN", "end a domain at once" },
    { "shutdown", verb_shutdown, "[-F] [-w [-t SECONDS]] -a | DOMAIN",
      "ask a guest (-a: all) to power off; -w waits; -F: by its button, if it has no PV drivers" },
    { "reboot", verb_reboot, "[-F] -a | DOMAIN", "ask a guest (-a: all) to restart; -F as above" },
    { "pause", verb_pause, "DOMAIN", "stop a domain's vcpus" },
    { "unpause", verb_unpause, "DOMAIN", "let them run again" },
    { "save", verb_save, "[-c | -p] [-t SECONDS] DOMAIN FILE",
      "write a guest to a file and end it; -c: it goes on; -p: paused" },
    { "restore", verb_restore, "[-p] [-q] FILE", "start a saved guest where it was; -p paused" },
    { "dump-core", verb_dump_core, "DOMAIN FILE", "write its memory and registers for crash(8)" },
    { "list", verb_list, "[--json] [--long] [DOMAIN]",
      "domains with memory, vcpus, state and CPU time; --long: JSON with their configurations" },
    { "claims", verb_claims, "[--json] [DOMAIN]", "the same, with memory that is promised to them" },
    { "vcpu-list", verb_vcpu_list, "[--json] [DOMAIN]", "their vcpus: where they run and may run" },
    { "console", verb_console, "[-t pv | serial] [-n NUMBER] DOMAIN",
      "the guest's console, another of its consoles, or a serial port; Ctrl-] leaves it" },
    { "vncviewer", verb_vncviewer, "DOMAIN", "show a guest's screen, or say where it is" },
    { "cd-insert", verb_cd_insert, "DOMAIN VDEV TARGET", "put a CD image into a guest's drive" },
    { "cd-eject", verb_cd_eject, "DOMAIN VDEV", "take the CD out" },
    { "console-list", verb_console_list, "[--json]", "consoles, and what went through each" },
    { "block-attach", verb_block_attach, "DOMAIN DISK...",
      "give a guest one more disk, described as in guest.cfg" },
    { "block-detach", verb_block_detach, "[-t SECONDS] [--force] DOMAIN VDEV",
      "take a disk from it once it lets go; --force: at once" },
    { "block-list", verb_block_list, "[--json] DOMAIN...", "disks of domains" },
    { "block-resize", verb_block_resize, "[--shrink] DOMAIN VDEV [SIZE]",
      "resize a disk's file, and tell the guest its size" },
    { "network-attach", verb_network_attach, "DOMAIN [KEY=VALUE...]",
      "give a guest one more network device, described as in guest.cfg" },
    { "network-detach", verb_network_detach, "[-t SECONDS] [--force] DOMAIN DEVID | MAC",
      "take one from it once it lets go; --force: at once" },
    { "network-list", verb_network_list, "[--json] DOMAIN...", "network devices of domains" },
    { "setup-bridge", verb_setup_bridge,
      "[-n] [--json] [--uplink DEVICE [--move]] [--address IP/BITS]... [BRIDGE]",
      "make a bridge for guests; --move: with the uplink's addresses; -n: only say what is missing" },
    { "sched", verb_sched, "[--json] [DOMAIN [-w WEIGHT] [-c CAP]]", "show or set weight and cap" },
    { "mem-set", verb_mem_set, "DOMAIN SIZE", "how much memory the guest is to have now (MiB)" },
    { "mem-max", verb_mem_max, "DOMAIN SIZE", "how much it may have at most (MiB)" },
    { "vcpu-set", verb_vcpu_set, "DOMAIN NUMBER", "how many of its vcpus the guest is to use" },
    { "vcpu-pin", verb_vcpu_pin, "DOMAIN VCPU | all CPUS",
      "which CPUs a vcpu may run on: \"0-3,^2\" or \"all\"" },
    { "rename", verb_rename, "DOMAIN NAME", "give a domain another name" },
    { "uptime", verb_uptime, "[--json] [DOMAIN]", "for how long domains have been there" },
    { "sysrq", verb_sysrq, "DOMAIN LETTER", "a key for the guest's kernel, as Magic SysRq" },
    { "trigger", verb_trigger, "DOMAIN nmi | reset | init | power | sleep [VCPU]",
      "as the buttons of a machine do: for PV guests only nmi" },
    { "debug-keys", verb_debug_keys, "KEYS", "keys for the hypervisor, which answers in dmesg" },
    { "top", verb_top, "[--batch] [--once] [--json] [-d SECONDS] [-n COUNT]",
      "who uses the machine: a monitor, or with --batch text; -n so many samples" },
    { "stats", verb_stats, "--prometheus",
      "what everybody has used, in the text format that Prometheus collects" },
    { "doctor", verb_doctor, "[--json] [FILE...]",
      "what keeps guests, or those of these files (guest.cfg, or saved), from running here" },
    { "info", verb_info, "[--json]", "the machine and the hypervisor" },
    { "dmesg", verb_dmesg, "[-c]", "the hypervisor's messages; -c clears them" },
    { "domid", verb_domid, "NAME", "number of a domain" },
    { "domname", verb_domname, "DOMAIN", "name of a domain" },
    { "help", verb_help, "[VERB | keys]", "this list, one verb, or the keys of guest.cfg" },
};

#define N_VERBS (sizeof(verbs) / sizeof(verbs[0]))

static const struct verb *find(const char *name)
{
    for (size_t i = 0; i < N_VERBS; i++)
        if (strcmp(verbs[i].name, name) == 0)
            return &verbs[i];
    return NULL;
}

int usage_error(const char *name)
{
    const struct verb *v = find(name);

    fprintf(stderr, "Usage: xl-like %s %s\nTry 'xl-like help %s'.\n", name, v->usage, name);
    return XL_USAGE;
}

static int unknown_verb(const char *name)
{
    struct nearest near;

    nearest_start(&near, name);
    for (size_t i = 0; i < N_VERBS; i++)
        nearest_offer(&near, verbs[i].name);
    report_error("'%s' is no verb", name);
    if (nearest_result(&near))
        report_hint("did you mean '%s'?", nearest_result(&near));
    else
        report_hint("`xl-like help` lists them");
    return XL_USAGE;
}

static void print_all(FILE *out)
{
    fputs("Usage: xl-like VERB [options] [arguments]\n"
          "Starts, shows and ends the domains of this host. DOMAIN is a name or number.\n\n",
          out);
    for (size_t i = 0; i < N_VERBS; i++)
        fprintf(out, "  %-14s %s\n", verbs[i].name, verbs[i].help);
    fputs("\n`xl-like help VERB` shows its options.\n"
          "Exit status: 0 done; 1 failed; 2 wrong usage; 3 wrong configuration; 4 hypervisor or "
          "store out "
          "of reach.\n",
          out);
}

static void print_verb(const struct verb *v)
{
    printf("Usage: xl-like %s %s\n%s\n", v->name, v->usage, v->help);
    if (v->run == verb_create || v->run == verb_config_update) {
        puts("\nKeys of FILE (xl.cfg syntax), also as KEY=VALUE behind it:");
        guest_cfg_print_keys(stdout);
    }
}

int verb_help(int argc, char **argv)
{
    const struct verb *v;

    if (argc < 2) {
        print_all(stdout);
        return XL_OK;
    }
    if (strcmp(argv[1], "keys") == 0) {
        guest_cfg_print_keys(stdout);
        return XL_OK;
    }
    v = find(argv[1]);
    if (!v)
        return unknown_verb(argv[1]);
    print_verb(v);
    return XL_OK;
}

static int is_help(const char *arg)
{
    return strcmp(arg, "--help") == 0 || strcmp(arg, "-h") == 0;
}

int main(int argc, char **argv)
{
    const struct verb *v;

    if (argc < 2) {
        print_all(stderr);
        return XL_USAGE;
    }
    if (is_help(argv[1])) {
        print_all(stdout);
        return XL_OK;
    }
    v = find(argv[1]);
    if (!v)
        return unknown_verb(argv[1]);
    if (argc == 3 && is_help(argv[2])) {
        print_verb(v);
        return XL_OK;
    }
    return v->run(argc - 1, argv + 1);
}
