#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
A thousand namespaces come and go with pending requests, prefixes and killed callers in them: all of them go, and so does their memory. What
becomes of those who wait when a namespace goes is in ../sockets/lifecycle.t.
"""
import os
import random
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../lib'))
import netlink
import netns
from memory import unreclaimable
from odmm import FIXED, NONPERSISTENT, ON_NET, SESSION, Caller, ask, get_addr, wanting
from tap import diag, equal, ok, outcome, run, wait_for

SLAB = '/sys/kernel/slab/net_namespace/'
A = '2001:db8:51::/64'
N = 1000
CALLED = 5      # each so many has a blocked caller
SLACK = 2000    # kilobytes; four a namespace of those that count


def count():
    """Namespaces that are left when one more has gone; that is when the kernel frees the last of those before."""
    netns.Netns().close()
    time.sleep(1)
    with open(SLAB + 'shrink', 'w', encoding='ascii') as f:
        f.write('1')
    with open(SLAB + 'objects', encoding='ascii') as f:
        return int(f.read().split()[0])


def populate(ns, caller):
    """What keeps a namespace, as calls that let go of it: requests, sessions, a claim, an address in the making."""
    with ns.inside():
        agent = netlink.Odmm()
        agent.claim(SESSION, NONPERSISTENT)
        sockets = [wanting(NONPERSISTENT, blocking=False, flags=flags) for flags in (0, ON_NET)]
        answers = [outcome(get_addr, s) for s in sockets]
        callers = [Caller(ask, SESSION).wait_blocked()] if caller else []
        agent.prefix_add(A, FIXED)
    if answers != 2 * ['EINPROGRESS']:
        raise AssertionError(answers)
    return [ns.close, agent.close] + [s.close for s in sockets] + [lambda c=c: c.end(signal.SIGKILL) for c in callers]


def come_and_go(n, choose):
    for number in range(n):
        ends = populate(netns.Netns(), number % CALLED == 0)
        choose.shuffle(ends)
        for end in ends:
            end()


def test_namespaces():
    """The first half fills the kernel's caches, as many may be dying at a time; with the second they must not grow."""
    choose, begin = random.Random(1), time.monotonic()
    come_and_go(20, choose)
    before = min(count() for _ in range(3))
    memory = []
    for _ in range(2):
        come_and_go(N // 2, choose)
        wait_for(lambda: count() <= before, f'namespaces to go; there were {before}', 60)
        memory.append(unreclaimable())
    diag(f'{N} namespaces in {time.monotonic() - begin:.1f} s')
    ok(True, f'{N} namespaces with all in them, {N // CALLED} with callers who were killed, have come and gone: none is left')
    ok(memory[1] - memory[0] < SLACK, f'kernel memory has grown by less than {SLACK} kB', f'{memory} kB')
    equal(netlink.Odmm().stats()['sessions'], 0, 'the module answers')


run(test_namespaces, timeout=600)
