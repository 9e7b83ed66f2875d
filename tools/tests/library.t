#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What libodmm answers without the module, and how it takes the detour around
# MPTCP sockets with a fake of it.

set -u
# shellcheck source=tap.sh
. "$(dirname "$0")/tap.sh"

calls=$OBJ/tests/calls
fake=$OBJ/tests/calls-fake
all_types=(1 2 3 4)

# As "gives", but a host without MPTCP is no failure.
mptcp()
{
	local rc=0
	"$calls" mptcp6 >/dev/null 2>&1 || rc=$?
	if ((rc == 77)); then
		skip "$1" "this kernel has no MPTCP"
	else
		gives "$@"
	fi
}

none='setsc EAI_REQUIREDIPNOTSUPPORTED'

if [[ -d /sys/module/odmm ]]; then
	skip "answers without the module" "the module is loaded"
else
	for t in "${all_types[@]}"; do
		gives "no module: type $t is not supported" 0 "$none ENOPROTOOPT" \
			"$calls" tcp6 setsc "$t"
	done
	gives "no module: setsc_bind" 0 "setsc_bind EAI_REQUIREDIPNOTSUPPORTED ENOPROTOOPT" \
		"$calls" tcp6 setsc_bind 2
	gives "no module: setsc_release" 0 "setsc_release EAI_REQUIREDIPNOTSUPPORTED ENOPROTOOPT" \
		"$calls" tcp6 setsc_release
	mptcp "no module: MPTCP, and the holder is not left behind" 0 \
		"$none ENOPROTOOPT
descriptors 1" "$calls" mptcp6 setsc 2 descriptors
fi
gives "IPv4 socket" 0 "$none EAFNOSUPPORT" "$calls" tcp4 setsc 2
gives "IPv4 socket, bind" 0 "setsc_bind EAI_REQUIREDIPNOTSUPPORTED EAFNOSUPPORT" \
	"$calls" tcp4 setsc_bind 2
mptcp "IPv4 MPTCP socket" 0 "$none EAFNOSUPPORT" "$calls" mptcp4 setsc 2
gives "UNIX socket" 0 "$none EOPNOTSUPP" "$calls" unix setsc 2
gives "no descriptor" 0 "setsc EAI_REQUIREDIPFAILED EBADF" "$calls" closed setsc 2
for t in 0 5 6 7 8 -1; do
	gives "reserved type $t" 0 "setsc EAI_REQUIREDIPFAILED EINVAL" "$calls" tcp6 setsc "$t"
done

gives "fake: setsc gives the address and does not bind" 0 "setsc 0 ::1
name ::" "$fake" tcp6 setsc 2 name
gives "fake: setsc_bind binds" 0 "setsc_bind 0 ::1
name ::1" "$fake" tcp6 setsc_bind 2 name
FAKE_REFUSED=2 gives "fake: a failed setsc_bind does not make setsc bind" 0 \
"setsc_bind EAI_REQUIREDIPFAILED EADDRNOTAVAIL
setsc 0 ::1
name ::" "$fake" tcp6 setsc_bind 2 setsc 3 name
FAKE_PENDING=2 gives "fake: not blocking" 0 \
"setsc EAI_REQUIREDIPFAILED EINPROGRESS
setsc EAI_REQUIREDIPFAILED EALREADY" "$fake" tcp6 nonblock setsc 2 setsc 2

gives "no notice waits" 0 "notice 0" "$calls" tcp6 notice
gives "notice of no socket" 0 "notice -1 EBADF" "$calls" closed notice
FAKE_NOTICE=4 gives "fake: a notice behind a message of somebody else" 0 \
"notice 1 event 4 size 64
notice 0" "$fake" tcp6 notice notice

# srcaddr ADDRESS FLAGS RESULT
srcaddr()
{
	gives "inet6_is_srcaddr $1 $2" 0 "srcaddr $3" "$calls" closed srcaddr "$1" "$2"
}

# Flags are those of IPV6_ADDR_PREFERENCES: TMP 1, PUBLIC 2, COA 4, CGA 8,
# PUBTMP_DEFAULT 100, HOME 400, NONCGA 800.
for flags in 0 2 100 4 800 806; do
	srcaddr ::1 $flags 1
done
for flags in 1 400 8 801; do
	srcaddr ::1 $flags 0
done
for flags in 3 101 102 404 808 10000 40000000; do
	srcaddr ::1 $flags "-1 EINVAL"
done
for address in 2001:db8::1 :: ff02::1 ::ffff:127.0.0.1; do
	srcaddr $address 2 "-1 EADDRNOTAVAIL"
done
srcaddr 127.0.0.1 2 "-1 EAFNOSUPPORT"
srcaddr NULL 2 "-1 EFAULT"

mptcp "MPTCP: setsc gives the address and does not bind" 0 "setsc 0 ::1
name ::
descriptors 2" "$fake" mptcp6 setsc 2 name descriptors
mptcp "MPTCP: setsc_bind binds, and again while it listens" 0 "setsc_bind 0 ::1
setsc_bind 0 ::1
name ::1" "$fake" mptcp6 setsc_bind 2 listen setsc_bind 2 name
mptcp "MPTCP: one holder for a socket, whatever it asks" 0 "setsc 0 ::1
setsc 0 ::1
setsc 0 ::1
descriptors 2" "$fake" mptcp6 setsc 2 setsc 2 setsc 3 descriptors
mptcp "MPTCP: another type under a bound socket" 0 "setsc_bind 0 ::1
setsc EAI_REQUIREDIPFAILED EBUSY
descriptors 2" "$fake" mptcp6 setsc_bind 2 setsc 3 descriptors
mptcp "MPTCP: release closes the holder, also when bound" 0 "setsc_bind 0 ::1
setsc_release 0
descriptors 1" "$fake" mptcp6 setsc_bind 2 setsc_release descriptors
mptcp "MPTCP: the holder of a closed socket goes with the next call" 0 "setsc 0 ::1
descriptors 2
descriptors 2
setsc_release 0
descriptors 1" "$fake" mptcp6 setsc 2 descriptors reopen tcp6 descriptors setsc_release descriptors
mptcp "MPTCP: what was closed behind the library's back is not closed again" 0 "setsc 0 ::1
setsc_release 0
descriptors 2
setsc 0 ::1
descriptors 3" "$fake" mptcp6 setsc 2 steal setsc_release descriptors setsc 2 descriptors
mptcp "MPTCP: another holder then" 0 "setsc 0 ::1
setsc 0 ::1
descriptors 3" "$fake" mptcp6 setsc 2 steal setsc 2 descriptors
mptcp "MPTCP: fork() while another thread is in the library" 0 "setsc 0 ::1
forks 300" "$fake" mptcp6 setsc 2 forks 300
export FAKE_PENDING=2 FAKE_REFUSED=3
mptcp "MPTCP: not blocking, the holder is too" 0 \
"setsc EAI_REQUIREDIPFAILED EINPROGRESS
setsc EAI_REQUIREDIPFAILED EALREADY
descriptors 2" "$fake" mptcp6 nonblock setsc 2 setsc 2 descriptors
mptcp "MPTCP: a refusal leaves no holder" 0 "setsc EAI_REQUIREDIPFAILED EADDRNOTAVAIL
descriptors 1" "$fake" mptcp6 setsc 3 descriptors
mptcp "MPTCP: blocking again after not blocking" 0 \
"setsc EAI_REQUIREDIPFAILED EINPROGRESS
setsc EAI_REQUIREDIPFAILED ETIMEDOUT
descriptors 1" "$fake" mptcp6 nonblock setsc 2 block setsc 2 descriptors
unset FAKE_PENDING FAKE_REFUSED

done_testing
