#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Compare our ABI headers with those of Debian's package libxen-dev. Usage: run.sh BUILD_DIR
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=${1:?usage: run.sh BUILD_DIR}
xen=${XEN_INCLUDE:-/usr/include/xen}
if [ ! -e "$xen/domctl.h" ]; then
    echo "$xen/domctl.h is not there: install the package libxen-dev" >&2
    echo "0 passed, 1 failed"
    exit 1
fi
exec env PYTHONDONTWRITEBYTECODE=1 \
    python3 "$here/abi.py" "$here/../../xen-like/include/public" "$xen" "$build"
