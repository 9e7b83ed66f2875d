#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
IPV6_REQUIRE_SRC_ON_NET among the flags of IPV6_ADDR_PREFERENCES, as the drafts before RFC 8653 have it: policy rfc5014 makes the kernel
look for it, and nothing else changes.
"""
import ctypes
import errno
import os
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../lib'))

# pylint: disable=wrong-import-position
import kmod
import netns
from netlink import POLICY, POLICY_SET, Odmm
from odmm import (BIND, EVENTS, FIXED, GRANTED, IDLE, KINDS, ON_NET, SC_FLAGS, SC_TYPE, SESSION, get_addr, get_option, get_status, ready,
                  set_option, setsc, source, state, udp, wanting)
from machine import emulated
from people import ALICE, CLONE_NEWNET, Person, enter_userns
from probe import refused
from tap import diag, equal, fails, ok, outcome, run, wait_for

ADDR_PREFERENCES = 72
TMP, PUBLIC, COA, PUBTMP_DEFAULT, HOME = 0x1, 0x2, 0x4, 0x100, 0x400
CGA, NONCGA = 0x8, 0x800
P = '2001:db8:51::/64'
PROBES = '/sys/kernel/debug/kprobes/list'

_libc = ctypes.CDLL(None, use_errno=True)


def prefer(s, flags):
    s.setsockopt(socket.IPPROTO_IPV6, ADDR_PREFERENCES, flags)


def preferences(s):
    return s.getsockopt(socket.IPPROTO_IPV6, ADDR_PREFERENCES)


def required(s):
    return bool(get_option(s, SC_FLAGS) & ON_NET)


def switch(on):
    nl = Odmm()
    nl.policy_set(rfc5014=int(on))
    return nl


def off_by_default():
    nl = Odmm()
    for kind in KINDS:
        s = kind()
        prefer(s, TMP | ON_NET)
        equal((required(s), preferences(s) & 0xff), (False, TMP), f'{kind.__name__}: from the start the flag means nothing')
    equal(nl.stats()['sessions'], 0, 'and makes no session')
    s = udp()
    set_option(s, SC_FLAGS, ON_NET)
    prefer(s, TMP)
    equal(required(s), True, 'nor does its absence mean anything')


def on():
    nl = switch(True)
    for kind in KINDS:
        s = kind()
        prefer(s, TMP | ON_NET)
        equal((required(s), preferences(s) & 0xff), (True, TMP), f'{kind.__name__}: the flag is set')
        prefer(s, PUBLIC)
        equal((required(s), preferences(s) & 0xff), (False, PUBLIC), f'{kind.__name__}: without it, it is cleared')
        prefer(s, ON_NET)
        equal(required(s), True, f'{kind.__name__}: alone')
        prefer(s, 0)
        equal(required(s), False, f'{kind.__name__}: no flag at all')
    nl.policy_set(rfc5014=0)
    s = udp()
    set_option(s, SC_FLAGS, ON_NET)
    prefer(s, TMP)
    equal(required(s), True, 'switched off it clears nothing')
    prefer(s, ON_NET | PUBLIC)
    set_option(s, SC_FLAGS, 0)
    prefer(s, ON_NET | PUBLIC)
    equal(required(s), False, 'and sets nothing')


def other_flags():
    """Those of IPV6_SC_FLAGS are not concerned."""
    switch(True)
    s = udp()
    set_option(s, SC_FLAGS, BIND | EVENTS)
    prefer(s, TMP | ON_NET)
    equal(get_option(s, SC_FLAGS), BIND | EVENTS | ON_NET, 'the others stay')
    prefer(s, TMP)
    equal(get_option(s, SC_FLAGS), BIND | EVENTS, 'they stay')
    prefer(s, TMP | BIND | EVENTS)
    equal(get_option(s, SC_FLAGS), BIND | EVENTS, 'they are read')
    set_option(s, SC_FLAGS, 0)
    prefer(s, TMP | BIND | EVENTS)
    equal(get_option(s, SC_FLAGS), 0, 'and written by IPV6_SC_FLAGS only')


def request_of_its_own():
    """With the flag the network is asked, though there is an address."""
    nl = switch(True)
    nl.claim(SESSION)
    address = ready(nl, P, SESSION)
    s = wanting(SESSION, blocking=False)
    prefer(s, PUBLIC | ON_NET)
    fails('EINPROGRESS', 'the network is asked', get_addr, s)
    equal([r['flags'] for r in nl.requests()], [ON_NET], 'for this socket alone')
    prefer(s, PUBLIC)
    equal((state(s), nl.requests()), (IDLE, []), 'without the flag the wish is another one: nobody is asked any more')
    equal(get_addr(s), address, 'and what is there will do')


def no_session_without_the_flag():
    nl = switch(True)
    sockets = [kind() for kind in KINDS]
    for s in sockets:
        for flags in (0, TMP, PUBLIC, COA, NONCGA | HOME, EVENTS | BIND):
            prefer(s, flags)
    equal(nl.stats()['sessions'], 0, 'standard flags alone make no session')
    for s in sockets:
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, 9)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_PRIORITY, 1)
    equal(nl.stats()['sessions'], 0, 'nor do other options')
    prefer(sockets[0], ON_NET)
    equal(nl.stats()['sessions'], 1, 'the flag does')


def fail_with(s, flags, length):
    """setsockopt() with a length, or from nowhere if that is 0."""
    value = ctypes.c_int(flags)
    pointer = ctypes.byref(value) if length else ctypes.c_void_p(8)
    if _libc.setsockopt(s.fileno(), socket.IPPROTO_IPV6, ADDR_PREFERENCES, pointer, length or 4):
        raise OSError(ctypes.get_errno(), 'setsockopt')


def failing_calls():
    """A call that the kernel refuses has no effect."""
    nl = switch(True)
    s, other = udp(), udp()
    set_option(other, SC_FLAGS, ON_NET)
    for flags in (TMP | PUBLIC, TMP | PUBTMP_DEFAULT, COA | HOME, CGA | NONCGA):
        fails('EINVAL', f'flags {flags:#x} contradict each other', prefer, s, flags | ON_NET)
        fails('EINVAL', f'flags {flags:#x}, without ours', prefer, other, flags)
    for length in (1, 3):
        fails('EINVAL', f'{length} bytes', fail_with, s, ON_NET, length)
    fails('EFAULT', 'a bad pointer', fail_with, s, ON_NET, 0)
    equal((required(s), required(other), nl.stats()['sessions']), (False, True, 1), 'nothing is set, nothing is cleared')
    fail_with(s, ON_NET, 4)
    equal(required(s), True, 'the same call when it succeeds')


def foreign_sockets():
    """Those that have no IPv6 address types are as they were."""
    nl = switch(True)
    v4 = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    equal(outcome(prefer, v4, ON_NET), 'ENOPROTOOPT', 'IPv4: what the kernel says')
    mapped = udp()
    mapped.bind(('::ffff:127.0.0.1', 0))
    prefer(mapped, ON_NET)
    try:
        lite = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM, 136)   # UDP-Lite
        prefer(lite, ON_NET | TMP)
        equal(preferences(lite) & 0xff, TMP, 'UDP-Lite: what the kernel says')
    except OSError as e:
        equal(e.errno, errno.EPROTONOSUPPORT, 'UDP-Lite: this kernel has none any more')
    equal(nl.stats()['sessions'], 0, 'IPv4-mapped and UDP-Lite: no session')


def standard_flags_work():
    """Temporary addresses are preferred or not, as the flags say, whatever else is among them."""
    netns.dummy('d0')
    netns.sysctl('net.ipv6.conf.d0.use_tempaddr', 1)
    netns.ip('addr add 2001:db8:1::10/64 dev d0 mngtmpaddr nodad')
    temporary = wait_for(temporaries, 'a temporary address')[0]
    switch(True)
    for flags, wanted in ((TMP, temporary), (PUBLIC, '2001:db8:1::10')):
        for ours in (0, ON_NET):
            s = udp()
            prefer(s, flags | ours)
            s.connect(('2001:db8:1::99', 9))
            equal(source(s), wanted, f'{"temporary" if flags == TMP else "public"}{", and our flag" if ours else ""}')


def temporaries():
    lines = netns.ip('-o -6 addr show dev d0 temporary').splitlines()
    return [line.split()[3].split('/')[0] for line in lines if 'tentative' not in line]


def the_type_wins():
    """A typed address is neither temporary nor public: once bound, preferences have nothing to say."""
    nl = switch(True)
    netns.dummy('d0')
    netns.ip('addr add 2001:db8:1::10/64 dev d0 nodad')
    address = ready(nl, P, FIXED)
    for flags in (TMP, PUBLIC, COA | NONCGA):
        s = wanting(FIXED, flags=BIND)
        prefer(s, flags)
        equal(get_addr(s), address, f'flags {flags:#x}: the typed address')
        s.connect(('2001:db8:1::99', 9))
        equal(source(s), address, 'is the source')
        other = udp()
        prefer(other, flags)
        other.connect(('2001:db8:1::99', 9))
        equal(source(other), '2001:db8:1::10', 'which another socket with these flags does not get')


def bound():
    """What is in use is not given up by that: IPV6_SC_FLAGS would say EBUSY, this option cannot."""
    nl = switch(True)
    address = ready(nl, P, FIXED)
    s = udp()
    setsc(s, FIXED, BIND)
    prefer(s, TMP | ON_NET)
    equal((required(s), get_addr(s), state(s)), (False, address, GRANTED), 'a socket that is bound keeps what it has')
    equal(preferences(s) & 0xff, TMP, 'the standard flags are set')


def quota():
    """One that may not be a session is not, and does not fail by that."""
    nl = switch(True)
    nl.policy_set(sessions=2)
    alice = Person(ALICE)
    equal(alice.do(prefer_many, 5), [True, True, False, False, False], 'the quota of sessions holds')
    stats = nl.stats()
    equal((stats['sessions'], stats['over_sessions']), (2, 3), 'and is counted')


kept = []


def prefer_many(n):
    """Whether the flag is set then, of so many sockets; none may fail."""
    for _ in range(n):
        kept.append(udp())
        prefer(kept[-1], ON_NET)
    return [required(s) for s in kept]


def probed():
    """Whether setsockopt() is probed, as the kernel says."""
    if not os.path.exists(PROBES):
        netns.sh('mount -t debugfs none /sys/kernel/debug')
    with open(PROBES, encoding='ascii') as f:
        return 'ipv6_setsockopt' in f.read()


def not_probed(point):
    """A point. The namespaces of tests before may still be going."""
    wait_for(lambda: not probed(), 'the last namespace that wants it to go')
    ok(True, point)


def namespaces():
    """Each decides for itself, and one probe is there for those that want it."""
    peer, here = netns.Netns(), udp()
    with peer.inside():
        there = udp()
    not_probed('in the beginning nothing is probed')
    nl = switch(True)
    equal(both(here, there), (True, False), 'switched on here only')
    with peer.inside():
        other = switch(True)
    equal(both(here, there), (True, True), 'and there')
    nl.policy_set(rfc5014=0)
    equal((both(here, there), probed()), ((False, True), True), 'switched off here: it works on there')
    nl.policy_set(rfc5014=1)
    nl.policy_set(rfc5014=1)
    nl.policy_set(rfc5014=0)
    equal((both(here, there), probed()), ((False, True), True), 'on twice and off once: off')
    other.policy_set(rfc5014=0)
    equal(both(here, there), (False, False), 'nobody wants it')
    not_probed('then nothing is probed')
    peer.close()


def both(here, there):
    """Whether the flag is looked at here and there."""
    answers = []
    for s in (here, there):
        set_option(s, SC_FLAGS, 0)
        prefer(s, ON_NET)
        answers.append(required(s))
    return tuple(answers)


def namespace_goes():
    """With it goes its wish."""
    peer = netns.Netns()
    with peer.inside():
        nl = switch(True)
    equal(probed(), True, 'a namespace has it on')
    nl.close()
    peer.close()
    not_probed('when it is gone nothing is probed')


def without_the_module():
    """rmmod with the probe on."""
    s = udp()
    nl = switch(True)
    prefer(s, ON_NET)
    nl.close()
    with kmod.removed():
        equal(probed(), False, 'rmmod works with the probe on, and takes it away')
        prefer(s, ON_NET | TMP)
        equal(preferences(s) & 0xff, TMP, 'setsockopt() works on')
    prefer(s, ON_NET)
    equal((required(s), Odmm().policy()['rfc5014']), (False, 0), 'insmod: it is off')
    switch(True)
    prefer(s, ON_NET)
    equal(required(s), True, 'and can be switched on')


def set_and_clear(seconds):
    """Sockets that come, set and clear the flag and go; how often, and whether any call failed."""
    end, n = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        with udp() as s:
            for flags in (ON_NET | TMP, ON_NET, 0, PUBLIC):     # kernels differ in what 0 leaves of those before
                prefer(s, flags)
                n += 1
            if preferences(s) & 0xff != PUBLIC:
                return 'a standard flag is lost'
    return n


def toggle(seconds):
    end, n = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        switch(n % 2).close()
        n += 1
    return n


def storm():
    """It is switched on and off, in two namespaces, while sockets use it and do not."""
    if emulated():
        os.sched_setaffinity(0, {0})
    peer = netns.Netns()
    people = [Person(uid) for uid in (0, ALICE)]
    togglers = [Person()]
    with peer.inside():
        people.append(Person())
        togglers.append(Person())
    for person in people:
        person.start(set_and_clear, 4)
    for person in togglers:
        person.start(toggle, 4)
    calls, switched = [p.result() for p in people], [p.result() for p in togglers]
    diag(f'{calls} calls while it was switched {switched} times')
    ok(all(isinstance(n, int) and n > 20 for n in calls), 'no call fails', calls)
    ok(all(isinstance(n, int) and n > 2 for n in switched), 'nor does switching', switched)
    nl, s = switch(True), udp()
    prefer(s, ON_NET)
    equal((required(s), probed()), (True, True), 'after that it works as before')
    nl.policy_set(rfc5014=0)
    with peer.inside():
        switch(False)
    not_probed('and goes')
    s.close()
    wait_for(lambda: nl.stats()['sessions'] == 0, 'all sessions to go')
    ok(True, 'no session is left')
    peer.close()


def _as_owner_of_a_network():
    nl = Odmm()
    refused(nl, 'root of a user namespace: what taxes all is not for him', POLICY_SET, POLICY, 'EPERM', None, 'rfc5014', rfc5014=1)
    refused(nl, 'nor with others, which do not change', POLICY_SET, POLICY, 'EPERM', None, 'rfc5014', held=5, rfc5014=1)
    refused(nl, 'off it is already', POLICY_SET, POLICY, 'ok', None, None, rfc5014=0)
    s = udp()
    prefer(s, ON_NET)
    return nl.policy()['rfc5014'], nl.policy()['held'], required(s), get_status(s).type


def in_a_userns():
    inside = Person(be=lambda: enter_userns(CLONE_NEWNET, owner=ALICE))
    equal(inside.do(_as_owner_of_a_network), (0, 256, False, 0), 'it stays off')
    not_probed('and nothing is probed')


def both_ways_agree():
    """The flag is one, whichever option sets it."""
    switch(True)
    s = udp()
    prefer(s, ON_NET)
    set_option(s, SC_TYPE, SESSION)
    equal(get_status(s)[1:3], (SESSION, ON_NET), 'set by one, seen by the other')
    set_option(s, SC_FLAGS, 0)
    equal(preferences(s) & ON_NET, 0, 'the kernel does not show it')
    prefer(s, ON_NET)
    equal(get_status(s)[1:3], (SESSION, ON_NET), 'the type stays')


run(off_by_default, on, other_flags, request_of_its_own, no_session_without_the_flag, failing_calls, foreign_sockets, standard_flags_work,
    the_type_wins, bound, quota, namespaces, namespace_goes, without_the_module, storm, in_a_userns, both_ways_agree)
