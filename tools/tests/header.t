#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The library as a developer meets it: installed, found by pkg-config,
# included from C and C++, linked either way.

set -u
# shellcheck source=tap.sh
. "$(dirname "$0")/tap.sh"

tools=$(cd "$(dirname "$0")/.." && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export PKG_CONFIG_PATH=$dir/usr/lib/pkgconfig

runs "make install" make -s -C "$tools" SANITIZE= install PREFIX="$dir/usr"
# Manual pages are selftests/static/manuals's.
is "what is installed" "$(cd "$dir/usr" && find . -path ./share/man -prune -o ! -type d -print | sort)" "\
./bin/odmm-run
./include/linux/odmm.h
./include/odmm.h
./lib/libodmm-preload.so
./lib/libodmm.a
./lib/libodmm.so
./lib/libodmm.so.1
./lib/libodmm.so.1.0.0
./lib/pkgconfig/libodmm.pc
./lib/systemd/system/odmmd.service
./sbin/odmm
./sbin/odmmd
./share/bash-completion/completions/odmm
./share/bash-completion/completions/odmm-run
./share/bash-completion/completions/odmmd
./share/doc/odmm/dhcpv6.md
./share/doc/odmm/odmm-run.md
./share/doc/odmm/odmmd.conf
./share/doc/odmm/odmmd.md
./share/doc/odmm/own-anchor.md
./share/doc/odmm/router-advertisements.md
./share/zsh/site-functions/_odmm"
runs "DESTDIR stays out of libodmm.pc" \
	make -s -C "$tools" SANITIZE= install PREFIX=/opt/odmm DESTDIR="$dir/dest"
is "prefix in libodmm.pc" "$(grep ^prefix= "$dir/dest/opt/odmm/lib/pkgconfig/libodmm.pc")" \
	"prefix=/opt/odmm"
make -s -C "$tools" SANITIZE= all >/dev/null

read -ra cflags <<<"$(pkg-config --cflags libodmm)"
read -ra libs <<<"$(pkg-config --libs libodmm)"
strict=(-Wall -Wextra -Wpedantic -Werror)

cat >"$dir/use.c" <<'END'
#include <odmm.h>
int main(void)
{
	struct in6_addr addr;
	struct odmm_notice notice;
	sc_type type = FIXED_IP_ADDRESS;

	if (type != FIXED_IPV6_ADDRESS || type != IPV6_REQUIRE_FIXED_IP ||
	    SESSION_LASTING_IP_ADDRESS != SESSION_LASTING_IPV6_ADDRESS ||
	    NON_PERSISTENT_IP_ADDRESS != NON_PERSISTENT_IPV6_ADDRESS ||
	    GRACEFUL_REPLACEMENT_IP_ADDRESS != GRACEFUL_REPLACEMENT_IPV6_ADDRESS ||
	    sc_type_from_name(sc_type_name(type)) != type || sc_type_name((sc_type)5) != 0)
		return 1;
	/* RFC 5014 section 4 has the names, the kernel the numbers. */
	if (IPV6_PREFER_SRC_TMP != 1 || IPV6_PREFER_SRC_PUBLIC != 2 ||
	    IPV6_PREFER_SRC_PUBTMP_DEFAULT != 0x100 || IPV6_PREFER_SRC_COA != 4 ||
	    IPV6_PREFER_SRC_HOME != 0x400 || IPV6_PREFER_SRC_CGA != 8 ||
	    IPV6_PREFER_SRC_NONCGA != 0x800 || IPV6_ADDR_PREFERENCES != 72 ||
	    inet6_is_srcaddr(0, 0) != -1 || setsc_notice(-1, &notice) != -1)
		return 1;
	return setsc(-1, &addr, type) != EAI_REQUIREDIPFAILED ||
	       setsc_bind(-1, &addr, type) != EAI_REQUIREDIPFAILED ||
	       setsc_release(-1) != EAI_REQUIREDIPFAILED;
}
END
cp "$dir/use.c" "$dir/use.cc"
sed 's/#include <odmm.h>/#include <netinet\/in.h>\n&/' "$dir/use.c" >"$dir/netinet-first.c"
sed 's/#include <odmm.h>/&\n#include <netinet\/in.h>/' "$dir/use.c" >"$dir/netinet-last.c"
sed 's/#include <odmm.h>/#include <linux\/odmm.h>\n&/' "$dir/use.c" >"$dir/linux-first.c"
sed 's/#include <odmm.h>/#include <netinet\/in.h>\n#include <linux\/odmm.h>\n&/' \
	"$dir/use.c" >"$dir/netinet-linux.c"

for std in c99 gnu11 c17; do
	runs "compiles as $std" "${CC:-cc}" -std=$std "${strict[@]}" "${cflags[@]}" \
		-o "$dir/use" "$dir/use.c" "${libs[@]}"
done
for name in netinet-first netinet-last linux-first netinet-linux; do
	runs "order of headers: $name" "${CC:-cc}" -std=gnu11 "${strict[@]}" "${cflags[@]}" \
		-fsyntax-only "$dir/$name.c"
done
for std in c++11 c++20; do
	runs "compiles as $std" "${CXX:-c++}" -std=$std "${strict[@]}" "${cflags[@]}" \
		-o "$dir/use++" "$dir/use.cc" "${libs[@]}"
done

is "needs libodmm.so.1" "$(readelf -d "$dir/use" | sed -n 's/.*NEEDED.*\[\(libodmm.*\)\]/\1/p')" \
	libodmm.so.1
runs "runs with the shared library" env LD_LIBRARY_PATH="$dir/usr/lib" "$dir/use"
runs "C++ runs with the shared library" env LD_LIBRARY_PATH="$dir/usr/lib" "$dir/use++"
runs "links with the archive" "${CC:-cc}" "${cflags[@]}" -o "$dir/static" "$dir/use.c" \
	"$dir/usr/lib/libodmm.a"
runs "runs with the archive" "$dir/static"

is "exported symbols" \
	"$(nm -D --defined-only "$dir/usr/lib/libodmm.so" | awk '$2 != "A" {print $3}' | sort)" "\
inet6_is_srcaddr@@LIBODMM_1.0
sc_type_from_name@@LIBODMM_1.0
sc_type_name@@LIBODMM_1.0
setsc@@LIBODMM_1.0
setsc_bind@@LIBODMM_1.0
setsc_notice@@LIBODMM_1.0
setsc_release@@LIBODMM_1.0"

done_testing
