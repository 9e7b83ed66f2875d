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
	KDIR="$(KDIR)" selftests/check $(TESTS)

check-matrix: module tools programs	## the tests on each supported kernel (KERNELS=)
	selftests/check-matrix $(KERNELS)

check-debug: module tools programs	## tests, unit tests, failing allocations, on a kernel with KASAN and more
	selftests/check-debug $(TESTS)

check-config:				## which options of the kernel's configuration are missing (KDIR=)
	@KDIR="$(KDIR)" selftests/check-config

coverage: tools programs		## which lines of the module the tests run
	selftests/coverage/run $(TESTS)

fuzz: tools programs			## a million hostile messages and calls, on the debug kernel
	selftests/vm/module debug
	selftests/fuzz/run --kernel debug --messages 1000000 --calls 1000000 --threads 4 --timeout 5400

soak: module tools programs		## random use for MINUTES=60
	mkdir -p build/check/soak
	selftests/tap build/check/soak/all -- selftests/soak/run $(or $(MINUTES),60); \
		selftests/total build/check/soak/all

demo: module tools programs		## the message flow of the draft, in QEMU
	selftests/demo/run

demo-mobility: module tools programs	## a host that moves in a real network, in QEMU
	selftests/demo-mobility/run

bench: tools programs			## costs in instructions, in QEMU (KERNELS=)
	selftests/bench/run $(addprefix --kernel ,$(KERNELS))

bench-check: tools programs		## that no cost has grown by more than 2 % (KERNELS=)
	selftests/bench/check $(addprefix --kernel ,$(KERNELS))

spec: | deps				## make the C files and the manual page of the netlink family anew
	Documentation/netlink/generate "$$(selftests/kernel-tree)"
	Documentation/netlink/page > Documentation/man/odmm_netlink.7

install:				## install library, programs and manuals (PREFIX, DESTDIR)
	$(MAKE) -C tools install

clean:					## remove what was built
	$(KBUILD) clean
	$(MAKE) -C tools clean
	rm -rf build

help:					## list the targets
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 24

.PHONY: all module tools programs deps check check-matrix check-debug check-config coverage fuzz soak \
	demo demo-mobility bench bench-check spec install clean help
