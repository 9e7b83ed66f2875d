# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# . fuzz.sh NAME: the test of a fuzzer, NAME-fuzz, with the messages of NAME-corpus. SEED and COUNT may be given.

# shellcheck source=tap.sh
. "$(dirname "$0")/tap.sh"

name=$1
corpus=("$(dirname "$0")/$1-corpus"/*.hex)
count=${COUNT:-100000}

fuzz()
{
	"$OBJ/tests/$name-fuzz" "$1" "$count" "${corpus[@]}" 2>&1
}

for seed in ${SEED:-1 2 3}; do
	out=$(fuzz "$seed")
	is "seed $seed, $count messages: nothing impossible" "$?" 0
	# What never happens was not tested.
	is "seed $seed: every fault, and all that can follow" "$(grep ' 0$' <<<"$out")" ""
	echo "# ${out//$'\n'/, }"
done
is "the same seed does the same" "$(fuzz "$seed")" "$out"

done_testing
