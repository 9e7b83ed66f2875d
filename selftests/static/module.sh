# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The module's sources in a place of their own: the tree keeps what it has built.

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# copy_module KDIR
copy_module() {
	cp -r kmod Kbuild include "$work"/ &&
		make -C "$1" M="$work" clean > /dev/null
}

# build_module KDIR ARGUMENT...: what is said of the sources. The kernel's own
# headers are not our business.
build_module() {
	local kdir=$1

	shift
	make -j"$(nproc)" -C "$kdir" M="$work" W=1 "$@" modules > "$work/said" 2>&1 ||
		grep -v '^  [A-Z]\|^make' "$work/said"
	grep "^$work/.*\(warning\|error\):" "$work/said"
	[ -e "$work/kmod/odmm.ko" ] || echo "no odmm.ko"
}
