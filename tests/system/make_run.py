#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""make run's own story, unattended, on machines of several sizes."""
# run: smp2 quick=1 timeout=1500 args="2 2048"
# run: smp1-512MiB timeout=1500 args="1 512 dom0_mem=288M,max:288M"
# run: smp4-8GiB timeout=1500 args="4 8192"
# run: maxcpus1 timeout=1500 args="2 2048 maxcpus=1"
import os
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
smp, mem, *hvargs = sys.argv[1:]
env = dict(os.environ, MAKE_RUN_SMP=smp, MAKE_RUN_MEM=mem, MAKE_RUN_HVARGS=" ".join(hvargs))
log = os.path.join(TOP, "build", "logs", f"run-{smp}-{mem}-{len(hvargs)}.serial")
sys.exit(subprocess.run([os.path.join(TOP, "tests/lib/make-run"), "--unattended", f"--log={log}"],
                        env=env).returncode)
