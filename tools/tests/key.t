#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Keys of WireGuard: what is read from a file, and what is none.

set -u
# shellcheck source=tap.sh
. "$(dirname "$0")/tap.sh"

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
file=$dir/key
none='no key, as "wg genkey" writes one'
readable='others than its owner may read or write it: chmod 600'
umask 077

# reads NAME CODE OUTPUT [TEXT]: from a file with that text, as printf(1) takes it
reads()
{
	# shellcheck disable=SC2059
	[[ $# -lt 4 ]] || printf "$4" >"$file"
	gives "$1" "$2" "$3" "$OBJ/tests/key" "$file"
}

zeros=$(printf '0%.0s' {1..64})
reads "zeros" 0 "$zeros" 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n'
reads "without an end of line" 0 "$zeros" 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='
reads "ones" 0 "${zeros//0/f}" '//////////////////////////////////////////8=\n'
bytes=0123456789abcdeffedcba98765432100f1e2d3c4b5a69788796a5b4c3d2e1f0
escaped=$(fold -w 2 <<<"$bytes" | sed 's/^/\\x/' | tr -d '\n')
# shellcheck disable=SC2059
reads "as base64(1) writes it" 0 "$bytes" "$(printf "$escaped" | base64)\n"
for ((n = 0; n < 20; n++)); do
	head -c 32 /dev/urandom >"$dir/random"
	reads "random bytes" 0 "$(od -An -v -tx1 "$dir/random" | tr -d ' \n')" "$(base64 <"$dir/random")\n"
done

reads "nothing" 2 "$none" ''
reads "an end of line" 2 "$none" '\n'
reads "a character less" 2 "$none" 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n'
reads "a character more" 2 "$none" 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n'
reads "more behind it" 2 "$none" 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\nx'
reads "no padding" 2 "$none" 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n'
reads "padding inside" 2 "$none" 'AAAA=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n'
reads "no digit" 2 "$none" 'AAAA-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n'
reads "a zero byte" 2 "$none" 'AAAA\0AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n'
reads "bits behind the last byte" 2 "$none" 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=\n'
printf 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n' >"$file"
for mode in 640 604 620 602; do
	chmod $mode "$file"
	reads "mode $mode" 2 "$readable"
done
chmod 400 "$file"
reads "mode 400" 0 "$zeros"
ln -s key "$dir/link"
gives "by a symbolic link" 0 "$zeros" "$OBJ/tests/key" "$dir/link"
gives "no file" 2 "No such file or directory" "$OBJ/tests/key" "$dir/none"
gives "a folder" 2 "not a file" "$OBJ/tests/key" "$dir"
mkfifo "$dir/pipe"
gives "a pipe is not waited for" 2 "not a file" timeout 10 "$OBJ/tests/key" "$dir/pipe"

done_testing
