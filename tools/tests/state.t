#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What odmmd remembers over a restart.

set -u
# shellcheck source=tap.sh
. "$(dirname "$0")/tap.sh"

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
folder=$dir/state

# state NAME CODE OUTPUT STEP...
state()
{
	local name=$1 code=$2 wanted=$3
	shift 3
	gives "$name" "$code" "$wanted" "$OBJ/tests/state" "$folder" "$@"
}

state "nothing yet" 0 "a: nothing" load a
state "saved and loaded" 0 'a: saved
a: {"duid":"00:01","iaids":[1,2]}' save a '{"duid": "00:01", "iaids": [1, 2]}' load a
state "by the next daemon" 0 'a: {"duid":"00:01","iaids":[1,2]}' load a
state "replaced as a whole" 0 'a: saved
b: saved
a: {}
b: {"x":1}' save a '{}' save b '{"x":1}' load a load b
is "who may read it" "$(stat -c %a "$folder" "$folder"/*)" "700
600
600"
is "nothing else is left" "$(ls "$folder")" "a.json
b.json"

# A daemon that died while it wrote
printf '{"half":' >"$folder/a.json.new"
state "half of a new one: the old one counts" 0 'a: {}
a: saved
a: {"y":2}' load a save a '{"y":2}' load a

# corrupt NAME TEXT WHY
corrupt()
{
	printf '%s' "$2" >"$folder/a.json"
	state "$1: put aside, and the others do not suffer" 0 "\
odmmd: state: a.json: line 1: $3; it is a.json.corrupt now, and what it said is not known any more
a: nothing
b: {\"x\":1}
a: nothing" load a load b load a
	is "$1: it can be looked at" "$(cat "$folder/a.json.corrupt")" "$2"
}

corrupt "cut short" '{"duid":"00' "premature end of input near '\"00'"
corrupt "empty" '' "'[' or '{' expected near end of file"
corrupt "a list" '[1]' "not an object"
corrupt "a name twice" '{"a":1,"a":2}' "duplicate object key near '\"a\"'"
state "and it is saved again" 0 'a: saved
a: {"z":3}' save a '{"z":3}' load a

rm "$folder/a.json"
mkdir "$folder/a.json"
state "cannot be replaced" 0 'odmmd: state: a.json: Is a directory
a: not saved
b: {"x":1}' save a '{}' load b
rmdir "$folder/a.json"

exec 9<"$folder"
flock 9
state "another daemon's" 2 "odmmd: $folder: another odmmd keeps its state there (option -s)"
exec 9<&-
folder=$dir/file
: >"$folder"
state "no folder" 2 "odmmd: $folder: Not a directory"
folder=$dir/no/such
state "no place for one" 2 "odmmd: $folder: No such file or directory"

done_testing
