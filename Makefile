# SPDX-License-Identifier: GPL-2.0
# "make help" lists the targets.

ARCH_PACKAGE	:= linux-headers-$(shell dpkg --print-architecture)
# The release that the headers package stands for, or that runs now.
RELEASE		= $(or $(shell dpkg-query -W -f '$${Depends}' $(ARCH_PACKAGE) \
			2>/dev/null | sed -n 's/^linux-headers-\([^ ,]*\).*/\1/p'), \
			$(shell uname -r))
KDIR		?= /lib/modules/$(RELEASE)/build
KBUILD		= $(MAKE) -C $(KDIR) M=$(CURDIR)
KBUILD_STRICT	:= W=1 KCFLAGS=-Werror

all: module tools			## build the module, the library and the command

module: | deps				## build kmod/odmm.ko against KDIR
	$(KBUILD) $(KBUILD_STRICT) modules

tools: | deps				## build libodmm and odmm into build/
	$(MAKE) -C tools

programs: | deps			## build the test programs into build/selftests/
	$(MAKE) -C tools tests
	$(MAKE) -C selftests

deps:					## install with apt what is missing
	selftests/deps

check: module tools programs		## the tests, in QEMU on Debian's kernel, and static checks
	KDIR="$(KDIR)" selftests/check

demo: module tools programs		## the message flow of the draft, in QEMU
	selftests/demo/run

bench: module tools programs		## costs in instructions, in QEMU
	selftests/bench/run

spec: | deps				## make the C files of the netlink family anew
	Documentation/netlink/generate "$$(selftests/kernel-tree)"

install:				## install library and command (PREFIX, DESTDIR)
	$(MAKE) -C tools install

clean:					## remove what was built
	$(KBUILD) clean
	$(MAKE) -C tools clean
	rm -rf build

help:					## list the targets
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

.PHONY: all module tools programs deps check demo bench spec install clean help
