#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
A user with ten thousand sockets, each of which asks: another user is served at once all the same, and what the first one makes the
kernel keep for him is bounded by his quotas and gone when he is.
"""
import errno
import os
import resource
import select
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../lib'))

# pylint: disable=wrong-import-position
from memory import unreclaimable
from netlink import NetlinkError, Odmm
from odmm import FIXED, GRACEFUL, NONPERSISTENT, ON_NET, SC_FLAGS, SC_TYPE, SESSION, TYPES, get_addr, ready, set_option, state, udp, wanting
from odmm import PENDING as WAITS
from people import ALICE, BOB, Person, become
from tap import diag, equal, ok, outcome, run, wait_for, within

P = '2001:db8:51::/64'
N = 10000
HELD, PENDING = 256, 8192       # defaults
RATE, BURST = 10, 100
AT_ONCE = 1                     # seconds, of an emulated machine under attack
KB_EACH = 1                     # of a session, and what finds it, at most
NOISE = 2048                    # kB that come and go for other reasons

sockets = []


def as_hungry_alice():
    resource.setrlimit(resource.RLIMIT_NOFILE, (N + 100, N + 100))
    become(ALICE)


def open_many(n):
    """Sockets that have asked for nothing yet."""
    for _ in range(n):
        sockets.append(udp())
        sockets[-1].setblocking(False)


def ask_with(s, wanted, flags):
    set_option(s, SC_FLAGS, flags)
    set_option(s, SC_TYPE, wanted)
    return get_addr(s)


def ask_with_all(wanted, flags=0):
    """How often each outcome came."""
    got = {}
    for s in sockets:
        answer = outcome(ask_with, s, wanted, flags)
        answer = 'address' if ':' in answer else answer
        got[answer] = got.get(answer, 0) + 1
    return got


def leave_all():
    for s in sockets:
        set_option(s, SC_TYPE, 0)


def stop_asking_alone():
    """Those that were refused go on with what is shared; how often each outcome came."""
    got = {}
    for s in sockets:
        if state(s) == WAITS:
            continue
        answer = outcome(ask_with, s, SESSION, 0)
        got[answer] = got.get(answer, 0) + 1
    return got


def grown(before):
    return unreclaimable() - before


def bound(before, sessions, point):
    """A point: what has been allocated since is not more than so many sessions may need."""
    size = grown(before)
    diag(f'{point}: {size} kB for {sessions} sessions')
    return ok(size < sessions * KB_EACH + NOISE, f'{point}: bounded memory', f'{size} kB')


def numbers(nl):
    stats = nl.stats()
    return stats['sessions'], stats['requests']


def ask_and_wait(wanted, flags):
    """Seconds until the network has answered, in the call."""
    begin = time.monotonic()
    with wanting(wanted, flags=flags, timeout=20000) as s:
        get_addr(s)
    return time.monotonic() - begin


def served(nl, bob, flags):
    """Seconds until Bob's request is answered by somebody who looks for it."""
    bob.start(ask_and_wait, SESSION, flags)
    request = wait_for(lambda: [r for r in nl.requests() if r['uid'] == BOB], "Bob's request")[0]
    prefix = f'2001:db8:b{request["cookie"] & 0xfff:03x}::/64'
    nl.prefix_add(prefix, SESSION, cookie=request['cookie'])
    took = bob.result()
    nl.prefix_del(prefix, force=True)
    return took


def ten_thousand():
    """With the quotas that are there from the start."""
    nl = Odmm()
    nl.claim(SESSION)
    bob, empty = Person(BOB), unreclaimable()
    alice = Person(be=as_hungry_alice)
    alice.do(open_many, N)
    before = unreclaimable()
    diag(f'{before - empty} kB for {N} sockets that ask for nothing')

    begin = time.monotonic()
    alone = alice.do(ask_with_all, SESSION, ON_NET)['EINPROGRESS']
    ok(BURST <= alone <= min(HELD, BURST + RATE * (time.monotonic() - begin) + 1), f'{N} sockets ask alone: {alone} may')
    equal(numbers(nl), (N, alone), 'there are as many requests')
    within(AT_ONCE, 'another one who asks alone is served', lambda: served(nl, bob, ON_NET))
    equal(alice.do(stop_asking_alone), {'EINPROGRESS': PENDING - alone, 'EDQUOT': N - PENDING},
          f'the others ask with all the world: {PENDING - alone} may')
    equal(numbers(nl), (N, alone + 1), 'there is one request more')
    bound(before, N, 'all ask')
    within(AT_ONCE, 'another one who asks alone is served still', lambda: served(nl, bob, ON_NET))

    full = unreclaimable()
    for _ in range(3):
        alice.do(ask_with_all, SESSION, ON_NET)
        alice.do(ask_with_all, SESSION)
        alice.do(leave_all)
    bound(full, 0, 'again and again')
    alice.kill()
    wait_for(lambda: numbers(nl) == (0, 0), 'all to go')
    ok(wait_for(lambda: grown(empty) < NOISE, 'memory to be freed'), 'killed: all is given back')
    equal(nl.stats()['over_quota'], 0, 'the namespace was never full')


def quota_of_sessions():
    """A smaller one bounds it further."""
    few = 500
    nl = Odmm()
    nl.claim(SESSION)
    nl.policy_set(sessions=few)
    alice = Person(be=as_hungry_alice)
    alice.do(open_many, N)
    before = unreclaimable()
    equal(alice.do(ask_with_all, SESSION), {'EINPROGRESS': few, 'EDQUOT': N - few}, f'{N} sockets ask: so many may')
    bound(before, few, f'a quota of {few} sessions')
    equal(Person(BOB).do(ask_and_fail), 'EINPROGRESS', 'another one may')


def ask_and_fail():
    with wanting(SESSION, blocking=False) as s:
        return outcome(get_addr, s)


def answer_first(nl):
    """Takes the oldest request, whosoever it is: Alice gets a refusal, others a prefix. Whether there was one."""
    try:
        request = nl.accept()
    except NetlinkError as e:
        if e.errno != errno.ENOENT:
            raise
        return False
    prefix = f'2001:db8:{request["cookie"] & 0xffff:x}::/64'
    if request['uid'] == ALICE:
        outcome(nl.refuse, request['cookie'], errno.EADDRNOTAVAIL)
    else:
        outcome(nl.prefix_add, prefix, request['type'], cookie=request['cookie'])
    return True


def serve():
    """An agent like others: one request after the other, in the order in which they came, for ever."""
    nl, bell = Odmm(), Odmm()
    bell.subscribe('requests')
    nl.claim(*TYPES)
    while True:
        while answer_first(nl):
            pass
        if select.select([bell], [], [], 1)[0]:
            outcome(bell.events)


def ask_for_ever():
    """All of Alice's sockets, in all the ways that there are, as fast as she can."""
    while True:
        for wanted, flags in ((SESSION, ON_NET), (FIXED, 0), (NONPERSISTENT, ON_NET), (GRACEFUL, 0)):
            ask_with_all(wanted, flags)


def worst_of(person, n, wanted, flags):
    return max(person.do(ask_and_wait, wanted, flags) for _ in range(n))


def attack():
    """An agent that treats all alike, and Alice, who asks all the time."""
    nl, agent, bob = Odmm(), Person().start(serve), Person(BOB)
    wait_for(nl.agents, 'the agent')
    alice = Person(be=as_hungry_alice)
    alice.do(open_many, N)
    alice.start(ask_for_ever)
    wait_for(lambda: nl.stats()['sessions'] > N / 2, 'the attack')
    within(AT_ONCE, 'ten times a request of its own', lambda: worst_of(bob, 10, SESSION, ON_NET))
    within(AT_ONCE, 'ten times what is shared', lambda: worst_of(bob, 10, GRACEFUL, 0))
    ok(nl.stats()['requests'] <= HELD + len(TYPES) + 1, 'the attacker has no more requests open than he may', nl.stats())
    ok(not alice.returned() and not agent.returned(), 'the attack goes on, and the agent works')
    alice.kill()
    wait_for(lambda: numbers(nl) == (0, 0), 'all to go')
    ok(True, 'killed: nothing is left')


def hammer(n):
    """So many sockets that stay, and then one after the other that is refused, for ever."""
    open_many(n)
    ask_with_all(SESSION)
    while True:
        with udp() as s:
            outcome(set_option, s, SC_TYPE, SESSION)


def refused_for_ever():
    """Who has used up his quota makes it no slower for others."""
    nl = Odmm()
    ready(nl, P, SESSION)
    nl.policy_set(sessions=N)
    bob, alice = Person(BOB), Person(be=as_hungry_alice)
    alice.start(hammer, N)
    wait_for(lambda: nl.stats()['over_sessions'] > 100, 'the attack')
    before = nl.stats()['over_sessions']
    within(AT_ONCE, 'another one gets an address a hundred times', lambda: bob.do(ask_often, 100))
    ok(nl.stats()['over_sessions'] > before and not alice.returned(), 'while the attack goes on')


def ask_often(n):
    """Seconds that so many took, one after the other."""
    return sum(ask_and_wait(SESSION, 0) for _ in range(n))


def take_and_leave(n):
    """Prefixes for this user alone, of each type, one after the other; how many."""
    for wanted in TYPES:
        for _ in range(n):
            ask_and_wait(wanted, ON_NET)
    return n * len(TYPES)


def left_behind():
    """What was made for a socket that is gone serves nobody, so it does not stay, of whatever type it is."""
    nl, agent = Odmm(), Person().start(serve)
    wait_for(nl.agents, 'the agent')
    nl.policy_set(on_net_rate=0)
    made = Person(BOB).do(take_and_leave, 20)
    equal(nl.stats()['granted'], made, f'{made} prefixes, each for one socket')
    wait_for(lambda: not nl.prefixes(), 'the prefixes to be released', 20)
    equal((nl.stats()['released'], agent.returned()), (made, False), 'soon all of them are released')


run(ten_thousand, quota_of_sessions, attack, refused_for_ever, left_behind, timeout=240)
