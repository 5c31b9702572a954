# SPDX-License-Identifier: GPL-2.0-only
# Shares of a CPU: two guests that compute for ever on CPU 1 get it by their weights, a cap holds,
# and neither disturbs Dom0. The debug keys work, too.
#
# boot: debian-tools tools=debian hvargs="dom0_mem=512M,max:512M dom0_max_vcpus=1" smp=2 icount=3
#       timeout=900
. /usr/lib/scenario.sh

# ms NAME: CPU time that its vcpus have had
ms() { xl vcpu-list "$1" | awk 'NR > 1 { for (i = 1; i <= NF; i++) if ($i ~ /^[0-9]+\.[0-9]$/) t += $i * 1000 } END { print int(t) }'; }

# measure SECONDS: sets share_a and share_b, percent of what both had together in that time, and
# cpu_b, percent of a CPU. Time is counted: a busy host changes nothing.
measure() {
    a0=$(ms a) b0=$(ms b) t0=$(awk '{ print int($1 * 1000) }' /proc/uptime)
    sleep "$1"
    a1=$(ms a) b1=$(ms b) t1=$(awk '{ print int($1 * 1000) }' /proc/uptime)
    share_a=$(((a1 - a0) * 100 / (a1 - a0 + b1 - b0))) share_b=$((100 - share_a))
    cpu_b=$(((b1 - b0) * 100 / (t1 - t0)))
    echo "a has $share_a %, b has $share_b % of both; b has $cpu_b % of a CPU"
}

near() { [ $(($1 - $2)) -le "$3" ] && [ $(($2 - $1)) -le "$3" ]; }

config_extra=run=spin config a 'cpus = "1"'
config_extra=run=spin config b 'cpus = "1"'
check "create a" xl create /tmp/a.cfg
check "create b" xl create /tmp/b.cfg
wait_for 150 "a runs" said a GUEST-IS-UP
wait_for 150 "b runs" said b GUEST-IS-UP
xl vcpu-list
xl sched-credit2
measure 5
check "equal shares" near "$share_a" 50 3
check "weight of b" xl sched-credit2 -d b -w 768
measure 5
check "a has a quarter" near "$share_a" 25 3
check "b has three quarters" near "$share_b" 75 3
check "cap of b" xl sched-credit2 -d b -w 768 -c 30
measure 5
check "b is held at its cap" near "$share_b" 30 4
check "a has the rest" near "$share_a" 70 4
check "pause a" xl pause a
measure 4
check "the cap holds on an idle CPU" near "$cpu_b" 30 5
check "no cap" xl sched-credit2 -d b -c 0
measure 4
check "b has all of it" near "$cpu_b" 100 5
xl sched-credit2
refuse "a weight out of range" xl sched-credit2 -d b -w 70000

check "debug keys" xl debug-keys qrmth
xl dmesg | tail -n 60
check "run queues in the log" sh -c "xl dmesg | grep -q 'scheduler credit2'"
check "domains in the log" sh -c "xl dmesg | grep -q 'v0: CPU 1'"
for g in a b; do check "destroy $g" xl destroy $g; done
fails
