#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# breaks.t: the demo succeeds; broken on purpose it fails, and says where (TAP).
set -u

cd "$(dirname "$0")" || exit 1
n=0
bad=0

# point NAME STATUS PATTERN [ARGUMENT...]: what play says, and exits with.
point() {
	local name=$1 status=$2 pattern=$3 said got
	shift 3
	n=$((n + 1))
	said=$(DEMO_PATIENCE=${DEMO_PATIENCE:-10} ./play "$@" 2>&1)
	got=$?
	if [ $got = "$status" ] && tail -n 2 <<< "$said" | tr '\n' ' ' | grep -q "$pattern"; then
		echo "ok $n - $name"
		echo "# $(tail -n 2 <<< "$said" | tr '\n' ' ')"
	else
		echo "not ok $n - $name: exit status $got"
		echo "# ${said//$'\n'/$'\n'# }"
		bad=1
	fi
}

point "unbroken" 0 "Each step went as the draft says"
point "an address is not withdrawn" 1 "step 4.*gone-" --break keep-np1
point "conversations are not aborted" 1 "step 4.*app1 is aborted" --break no-abort
point "the session-lasting prefix is lost" 1 "step 4.*PREFsl1 is still there" --break drop-sl1
point "the session-lasting prefix is not routed" 1 "step 4.*goes on.*app3" --break no-route
point "graceful-replacement is not refused" 1 "step 5.*refused.*app4" --break serve-graceful
point "no agent" 1 "step 6.*app5 has failed" --break no-agent
point "the agent refuses" 1 "step 6.*app5 has failed" --break refuse-fixed
echo "1..$n"
exit $bad
