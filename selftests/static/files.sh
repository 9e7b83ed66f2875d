# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Which files are checked. To be sourced in the project's folder.

# Those of git and those that will be.
all_files() {
	git ls-files -co --exclude-standard -- "$@" | while read -r file; do
		[ ! -f "$file" ] || echo "$file"
	done
}

# Without those that are generated.
sources() {
	all_files "$@" | grep -v -- '-gen\.[ch]$\|odmm_netlink\.h$'
}
