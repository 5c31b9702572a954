# SPDX-License-Identifier: GPL-2.0-only
#
# Debian packages: build/deb/*.deb, by debhelper in a folder of their own. Their version is that of the
# Makefile and the commit; the same commit gives the same packages.

DEB         := $(B)/deb
COMMIT_TIME  = $(shell git log -1 --format=%ct 2>/dev/null || date +%s)
DEB_VERSION ?= $(VERSION)$(shell TZ=UTC git log -1 --date=format-local:%Y%m%d%H%M%S --format=~git%cd.%h 2>/dev/null)

.PHONY: deb
deb: deps
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) all $(B)/release/xen-like.gz
	$(Q)rm -rf $(DEB)
	$(Q)mkdir -p $(DEB)/xen-like
	$(Q)cp -r debian $(DEB)/xen-like/
	$(Q)printf 'xen-like (%s) unstable; urgency=medium\n\n  * /usr/share/doc/xen-like-doc/changelog.gz\n\n -- %s  %s\n' \
	    '$(DEB_VERSION)' "$$(sed -n 's/^Maintainer: //p' debian/control)" \
	    "$$(date -u -R -d @$(COMMIT_TIME))" >$(DEB)/xen-like/debian/changelog
	$(QUIET_GEN)cd $(DEB)/xen-like && env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL TOP=$(CURDIR) BUILD=$(B) \
	    SOURCE_DATE_EPOCH=$(COMMIT_TIME) debian/rules binary >../log 2>&1 || { cat ../log; exit 1; }
	$(Q)ls $(DEB)/*.deb
