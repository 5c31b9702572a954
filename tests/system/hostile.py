#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Hostile guests beside a bystander: Debian as Dom0 creates a guest that does honest work and would
notice if any went wrong (tests/guest/hostile/bystander), and beside it one offender after the
other, each a small kernel of tests/guest/hostile that tells its own story.

After each offender: it said its verdict, ended, or was destroyed; it is gone with all its memory;
the bystander's work went on, right in every round, and none of its grants is still in use; Dom0's
daemons answer. While a storm blows, Dom0 gets a fixed number of things done, and the bystander some
rounds. No verdict depends on how long anything takes.

# run: our-tools cpus=2 timeout=1500
"""
import os
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

SCENARIO = r""". /usr/lib/scenario.sh
kernel=/guest/kernels/hostile
id=1

# offender NAME VCPUS OPTION...: creates it; the options are its command line
offender() {
    name=$1 vcpus=$2
    shift 2
    cat >/tmp/$name.cfg <<E
name = "$name"
type = "pv"
kernel = "$kernel"
memory = 16
vcpus = $vcpus
extra = "domid=$id $*"
on_poweroff = "${on_end:-destroy}"
on_crash = "${on_end:-destroy}"
on_watchdog = "${on_end:-destroy}"
E
    check "create $name" $XL create /tmp/$name.cfg
    id=$((id + 1))
}

verdict() { grep -aoE "TEST-(PASS|FAIL|SKIP) .*" "$(console_log "$1")"; }
said_ever() { cat "$(console_log "$1")"* 2>/dev/null | grep -aq "$2"; }

# the log may have been rotated, even a moment ago
log=$(console_log bystander)
latest() { tail -n 3 "$log.1"; tail -n 3 "$log"; }
last_round() { latest 2>/dev/null | grep -aoE "round [0-9]+ right.*" | tail -n 1; }
rounds() { last_round | cut -d " " -f 2; }
rounds_are() { [ "$(rounds)" -ge "$1" ]; }
more_rounds() { wait_for 200 "the bystander goes on" rounds_are $(($(rounds) + $1)); }
grants_free() { last_round | grep -q "use: 0"; }
bystander_complains() { cat "$log"* | grep -aE "WRONG|failure|error|TEST-"; }

# the world after an offender
as_before() {
    wait_for 200 "$1 is gone" domains_are 2
    wait_for 200 "its memory is back" memory_is "$before"
    more_rounds 2
    wait_for 200 "no grant of the bystander's is in use" grants_free
}

# Dom0's work: through the store and the hypervisor, so many times
work() {
    n=0
    while [ $n -lt $1 ]; do
        n=$((n + 1))
        xstore write /hostile/work $n || return 1
        [ "$(xstore read /hostile/work)" = $n ] || return 1
        $XL list >/dev/null || return 1
    done
}

offender bystander 1 test=bystander endless=1 neighbours=60
wait_for 200 "the bystander works" rounds_are 2
before=$(free_pages)

for name in TRIALS; do
    on_end=preserve offender $name 2 test=$name
    wait_for 400 "$name gave its verdict" verdict $name
    check "$name" grep -aq TEST-PASS "$(console_log $name)"
    grep -aE "failure:|error:|unexpected" "$(console_log $name)"
    check "destroy $name" $XL destroy $name
    as_before $name
done

for storm in STORMS; do
    offender $storm 2 test=storms storm=$storm
    wait_for 200 "$storm blows" said_ever $storm "storm $storm begins, connected"
    check "Dom0 gets its work done beside $storm" work 2
    more_rounds 2
    check "$storm still blows" there $storm
    check "destroy $storm" $XL destroy $storm
    as_before $storm
done

offender hoard 2 test=hoard hold=1
wait_for 200 "the hoard is complete" said_ever hoard "^hoard:"
grep -aE "^hoard:|failure:" "$(console_log hoard)"
check "Dom0 gets its work done beside the hoard" work 2
check "destroy the hoard" $XL destroy hoard
as_before hoard

for pair in DEATHS; do
    name=${pair%:*}
    offender $name 2 test=deaths work=$name death=${pair#*:}
    wait_for 200 "$name dies by ${pair#*:}" said_ever $name "death ${pair#*:} in the middle"
    [ ${pair#*:} != none ] || check "destroy $name" $XL destroy $name
    as_before $name
done

refuse "nothing ever was wrong in the bystander" bystander_complains
check "destroy the bystander" $XL destroy bystander
xstore rm /hostile
fails
"""

# Tests that give a verdict; storms that last until they are ended; and work:death pairs. All of
# them are in tests/guest/hostile/children, with a small kernel as Dom0: here are those where a real
# one matters.
TRIALS = "refused"
STORMS = "events console store"
DEATHS = "grants:list"


def main():
    command = ["tests/lib/boot", "--quiet", "--dom0", "our", "--timeout", "1400", "--hvargs",
               "dom0_mem=512M,max:512M", "--file",
               "build/tests/guest/hostile=guest/kernels/hostile"] + sys.argv[1:]
    text = SCENARIO
    for word, value in (("TRIALS", TRIALS), ("STORMS", STORMS), ("DEATHS", DEATHS)):
        text = text.replace(word, value)
    with tempfile.NamedTemporaryFile("w", suffix=".sh") as scenario:
        scenario.write(text)
        scenario.flush()
        done = subprocess.run(command + ["--scenario", scenario.name, "--log",
                                         "build/logs/hostile.serial"], cwd=TOP)
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
