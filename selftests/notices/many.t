#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Thousands of sockets in one thread that blocks nowhere but in epoll."""
import collections
import os
import select
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '../lib'))
sys.path.insert(0, os.path.join(HERE, '../command'))
import netlink
from odmm import EVENT_DEPRECATED, EVENT_GRANTED, EVENT_REPLACED, GRACEFUL, get_addr, notice, ready, request_waiting
from program import Program
from tap import diag, equal, ok, outcome, run, wait_for
from told import asker

CLIENT = os.path.join(HERE, '../../build/bin/epoll-client')
A, B = '2001:db8:51::/64', '2001:db8:52::/64'
N = 5000
LONGEST = 2000000       # us; a call that waits would take ten times as long


class Crowd:
    """Sockets in one epoll, and what each was told."""

    def __init__(self):
        self.sockets = {s.fileno(): s for s in (asker(GRACEFUL) for _ in range(N))}
        self.epoll = select.epoll()
        for fd in self.sockets:
            self.epoll.register(fd, select.EPOLLET)

    def ask(self):
        return collections.Counter(outcome(get_addr, s) for s in self.sockets.values())

    def told(self, n):
        """How many sockets were told what, when n notices have come and no more do."""
        told = collections.defaultdict(list)
        while (ready_now := self.epoll.poll(0 if n <= 0 else 20)) or n > 0:
            if not ready_now:
                raise AssertionError(f'{n} notices do not come')
            for fd, events in ready_now:
                while events & select.EPOLLERR and (found := notice(self.sockets[fd])):
                    told[fd].append((found[0].event, found[0].addr, found[0].replacement, found[0].missed))
                    n -= 1
        return collections.Counter(map(tuple, told.values()))


def test_crowd():
    agent = netlink.Odmm()
    agent.claim(GRACEFUL)
    crowd = Crowd()
    equal(crowd.ask(), {'EINPROGRESS': N}, f'{N} sockets ask')
    old = ready(agent, A, GRACEFUL, cookie=request_waiting(agent, N)['cookie'])
    equal(crowd.told(N), {((EVENT_GRANTED, old, '::', 0),): N}, 'one prefix: each is told that it is granted, once')
    equal(crowd.ask(), {old: N}, 'each gets the address')
    new = ready(agent, B, GRACEFUL)
    agent.prefix_withdraw(A, grace=1000)
    equal(crowd.told(2 * N), {((EVENT_DEPRECATED, old, new, 0), (EVENT_REPLACED, old, new, 0)): N},
          'another prefix replaces it: each is told that, once')
    stats = agent.stats()
    equal([stats[k] for k in ('submitted', 'coalesced', 'notices', 'notices_merged')], [1, N - 1, 3 * N, 0], 'that is all')
    for s in crowd.sockets.values():
        s.close()
    ok(wait_for(lambda: agent.stats()['sessions'] == 0, 'all to go'), 'closed, all sessions go')


def numbers(line):
    """Of "name number name number"."""
    words = line.split()
    return dict(zip(words[::2], map(int, words[1::2])))


def serve_and_replace(words):
    """What the client counts while it gets one prefix, and then another."""
    agent = netlink.Odmm()
    agent.claim(GRACEFUL)
    client = Program(f'{N} {words} replace seconds 60', CLIENT)
    agent.prefix_add(A, GRACEFUL, cookie=request_waiting(agent, N)['cookie'])
    equal(client.lines(1, 60), ['ready'], f'{words}: {N} sockets have an address')
    ready(agent, B, GRACEFUL)
    agent.prefix_withdraw(A, grace=1000)
    equal(client.status(60), 0, f'{words}: the client ends well')
    counts = numbers(client.read()[-1])
    diag(counts)
    return counts


def test_client():
    """The example: it binds what it gets, and moves to the replacement."""
    for words in ('', 'tcp'):
        counts = serve_and_replace(words)
        equal({k: counts[k] for k in ('asked', 'granted', 'deprecated', 'moved', 'lost', 'failed')},
              {'asked': N, 'granted': N, 'deprecated': N, 'moved': N, 'lost': 0, 'failed': 0}, f'{words}: each has moved, none is lost')
        ok(counts['longest_us'] < LONGEST, f'{words}: no call has blocked', counts)
        agent = netlink.Odmm()
        wait_for(lambda agent=agent: agent.stats()['sessions'] == 0, 'all to go')
        for prefix in (A, B):
            outcome(agent.prefix_del, prefix, force=True)


run(test_crowd, test_client, timeout=200)
