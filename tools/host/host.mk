# SPDX-License-Identifier: GPL-2.0-only
#
# What makes a server of a machine: GRUB's entry and the hooks for kernels (with the hypervisor), units
# for systemd and their scripts (with the tools).

HOST     := tools/host
UNITDIR  ?= $(PREFIX)/lib/systemd/system
INSTALLS += install-services
AT_PREFIX := sed 's|@PREFIX@|$(PREFIX)|'

.PHONY: install-boot install-services
install-boot: $(B)/tools/xen-like-unpack-kernel
	install -D -m 755 $< $(DESTDIR)$(PREFIX)/sbin/xen-like-unpack-kernel
	install -D -m 755 $(HOST)/kernel-postinst $(DESTDIR)/etc/kernel/postinst.d/xen-like
	install -D -m 755 $(HOST)/kernel-postrm $(DESTDIR)/etc/kernel/postrm.d/xen-like
	install -D -m 755 $(HOST)/grub-script $(DESTDIR)/etc/grub.d/20_xen_like
	install -D -m 644 $(HOST)/grub.cfg $(DESTDIR)/etc/default/grub.d/xen-like.cfg

install-services:
	install -d $(DESTDIR)$(UNITDIR) $(DESTDIR)/etc/xen-like/auto
	for unit in $(notdir $(wildcard $(HOST)/*.service)); do \
		$(AT_PREFIX) $(HOST)/$$unit >$(DESTDIR)$(UNITDIR)/$$unit || exit 1; \
		chmod 644 $(DESTDIR)$(UNITDIR)/$$unit || exit 1; \
	done
	install -D -m 755 -t $(DESTDIR)$(PREFIX)/lib/xen-like $(addprefix $(HOST)/,prepare-dom0 autostart stop-guests)
	install -D -m 644 $(HOST)/default $(DESTDIR)/etc/default/xen-like
	install -D -m 644 $(HOST)/tmpfiles $(DESTDIR)$(PREFIX)/lib/tmpfiles.d/xen-like.conf
	install -D -m 644 $(HOST)/logrotate $(DESTDIR)/etc/logrotate.d/xen-like
