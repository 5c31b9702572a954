# SPDX-License-Identifier: GPL-2.0-only
#
# docs: the manual pages are installed as they are.

INSTALLS += install-man
MAN_PAGES := $(wildcard docs/man/*.[1-8])

.PHONY: install-man
install-man:
	for page in $(MAN_PAGES); do \
		install -D -m 644 $$page $(DESTDIR)$(PREFIX)/share/man/man$${page##*.}/$${page##*/} || exit 1; \
	done
