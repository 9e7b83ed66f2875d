#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Links that go down, away, to another name or to another namespace while sockets hold, wait and ask for what comes by them. How connections
fare is in ../life/link.t, addresses that are deleted by hand are in ../life/putback.t.
"""
import os
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../lib'))
import netlink
import netns
from life import Watch, hold, state_of
from netlink import ACTIVE, END_LINK_REMOVED, ONLINK, kernel_address
from odmm import (FIXED, GRANTED, IFA_PROTO_BASE, LOST, NO_LIMIT, ON_NET, PENDING, SESSION, Caller, ask, get_addr, in_prefix, ready,
                  request_waiting, state, wanting)
from tap import equal, fails, ok, outcome, run, wait_for

A, B, C = '2001:db8:51::/64', '2001:db8:52::/64', '2001:db8:53::/64'
N = 20


def typed():
    """Addresses of the kernel's table that carry a type."""
    return [a['address'] for a in netlink.addresses() if IFA_PROTO_BASE < a['proto'] <= IFA_PROTO_BASE + 4]


def asking(wanted, **kwargs):
    s = wanting(wanted, blocking=False, **kwargs)
    return s, outcome(get_addr, s)


class Stage:
    """Links d0 and d1. By d0 came an on-link prefix (A) and a routed one (B), held; callers wait for more of d0, and of anywhere."""

    def __init__(self):
        netns.dummy('d0', 'd1')
        self.nl, self.watch = netlink.Odmm(), Watch()
        ready(self.nl, A, SESSION, 'd0', flags=ONLINK)
        self.onlink = hold(SESSION)
        self.routed_address = ready(self.nl, B, FIXED, 'd0')
        self.routed = hold(FIXED)
        self.nl.claim(SESSION, FIXED)
        self.blocked = [Caller(ask, SESSION, dev='d0', flags=ON_NET, timeout=NO_LIMIT).wait_blocked() for _ in range(2)]
        self.pending = [asking(SESSION, dev='d0', flags=ON_NET)[0] for _ in range(N)]
        self.elsewhere = Caller(ask, SESSION, flags=ON_NET, timeout=NO_LIMIT).wait_blocked()
        self.index = socket.if_nametoindex('d0')

    def waiting(self):
        return sorted(r.get('ifindex', 0) for r in self.nl.requests())

    def all_wait(self, text):
        ok(not any(caller.returned() for caller in (*self.blocked, self.elsewhere)), f'{text}: who waits in a call waits on')
        equal(([state(s) for s in self.pending], len(self.nl.requests())), (N * [PENDING], N + 3), f'{text}: so do those who do not block')

    def link_is_gone(self, text):
        """What is true after the link has gone from this namespace, whichever way."""
        equal([caller.outcome() for caller in self.blocked], 2 * ['ENETDOWN'], f'{text}: who waits in a call is told ENETDOWN')
        equal([outcome(get_addr, s) for s in self.pending], N * ['ENETDOWN'], f'{text}: so is who does not block')
        equal((self.watch.end(A), state(self.onlink)), (END_LINK_REMOVED, LOST), f'{text}: the on-link prefix is gone')
        equal((state(self.routed), 'ifindex' in self.nl.prefix(B), typed()), (GRANTED, False, [self.routed_address]),
              f'{text}: the routed one stays, and nothing else')
        equal((self.waiting(), self.nl.stats()['link_removed']), ([0], N + 2), f'{text}: who waits for anywhere waits on')
        fails('ENODEV', f'{text}: nothing more can come by it', self.nl.do, netlink.PREFIX_ADD, netlink.PREFIX, prefix='2001:db8:53::', len=64,
              type=SESSION, ifindex=self.index)

    def end(self, text, dev='d1'):
        """What waits for anywhere is answered, and then all can go."""
        cookie = request_waiting(self.nl)['cookie']
        self.nl.prefix_add(C, SESSION, dev, cookie=cookie)
        ok(in_prefix(self.elsewhere.outcome(), C), f'{text}: and is answered')
        for caller in (*self.blocked, self.elsewhere):
            caller.end()
        for s in (self.onlink, self.routed, *self.pending):
            s.close()
        stats = wait_for(lambda: self.nl.stats() if not self.nl.stats()['sessions'] else None, 'the sessions to go')
        equal(stats['submitted'], sum(stats[k] for k in ('granted', 'link_removed', 'cancelled')), f'{text}: the counters balance')


def test_removed():
    stage = Stage()
    netns.ip('link del d0')
    stage.link_is_gone('removed')
    stage.end('removed')


def test_moved():
    """To another namespace: from here it looks as if it were removed. There it brings nothing of what it had here."""
    stage, peer = Stage(), netns.Netns()
    netns.ip(f'link set d0 netns {peer.path}')
    stage.link_is_gone('moved')
    with peer.inside():
        there = netlink.Odmm()
        netns.up('d0')
        equal((there.prefixes(), there.sessions(), typed()), ([], [], []), 'moved: there it has nothing of all that')
        address = ready(there, A, SESSION, 'd0', flags=ONLINK)
        equal((ask(SESSION), state_of(stage.nl, A)), (address, None), 'moved: there it brings what it had brought here, for those who are there')
    stage.end('moved')


def test_moved_and_back():
    """With the same name, and mostly the same number: it is a new link all the same."""
    stage, peer, ours = Stage(), netns.Netns(), netns.Netns.of('/proc/self/ns/net')
    netns.ip(f'link set d0 netns {peer.path}')
    with peer.inside():
        netns.ip(f'link set d0 netns {ours.path}')
    ours.close()
    equal([caller.outcome() for caller in stage.blocked], 2 * ['ENETDOWN'], 'moved and back: who waits in a call is told ENETDOWN')
    equal((stage.watch.end(A), state(stage.onlink)), (END_LINK_REMOVED, LOST), 'moved and back: the on-link prefix is gone')
    netns.up('d0')
    ready(stage.nl, A, SESSION, 'd0', flags=ONLINK)
    s = hold(SESSION)
    equal((in_prefix(get_addr(s), A), state(stage.onlink)), (True, LOST), 'moved and back: it can bring the same again, to others')
    s.close()
    stage.end('moved and back')


def test_renamed():
    """A name is nothing that anybody goes by: all stays."""
    stage = Stage()
    before = [stage.nl.prefix(p) for p in (A, B)]
    netns.ip('link set d0 down')
    netns.ip('link set d0 name other')
    netns.ip('link set other up')
    wait_for(lambda: state_of(stage.nl, A) == ACTIVE, 'the on-link prefix to be back')
    stage.all_wait('renamed')
    equal([stage.nl.prefix(p) for p in (A, B)], before, 'renamed: the prefixes are the same')
    equal([state(stage.onlink), state(stage.routed)], 2 * [GRANTED], 'renamed: what is held is held')
    cookie = [r['cookie'] for r in stage.nl.requests() if r.get('ifindex')][0]
    stage.nl.prefix_add('2001:db8:54::/64', SESSION, 'other', cookie=cookie)
    ok(in_prefix(stage.blocked[0].outcome(), '2001:db8:54::/64'), 'renamed: what comes by the new name answers who asked by the old')
    netns.ip('link del other')
    equal((stage.blocked[1].outcome(), stage.watch.end(A)), ('ENETDOWN', END_LINK_REMOVED), 'renamed and removed: as any other')
    stage.end('renamed and removed')


def test_down():
    """Who waits for what comes by it waits on, and is served as soon as it is up; an agent may be about to raise it."""
    stage = Stage()
    netns.ip('link set d0 down')
    wait_for(lambda: stage.nl.stats()['put_back'], 'the loss to be noticed')
    stage.all_wait('down')
    equal((state(stage.routed), kernel_address(stage.routed_address) is not None), (GRANTED, True), 'down: what is routed by it stays')
    cookies = [r['cookie'] for r in stage.nl.requests() if r.get('ifindex')]
    fails('ENETDOWN', 'down: an on-link answer is refused', stage.nl.prefix_add, '2001:db8:54::/64', SESSION, 'd0', flags=ONLINK, cookie=cookies[0])
    stage.nl.prefix_add('2001:db8:54::/64', SESSION, 'd0', cookie=cookies[0])
    ok(in_prefix(stage.blocked[0].outcome(), '2001:db8:54::/64'), 'down: a routed one is taken, its address lives elsewhere')
    netns.ip('link set d0 up')
    wait_for(lambda: state_of(stage.nl, A) == ACTIVE, 'the on-link prefix to be back')
    equal(state(stage.onlink), GRANTED, 'up: what was held comes back')
    netns.ip('link del d0')
    equal(stage.blocked[1].outcome(), 'ENETDOWN', 'removed in the end: ENETDOWN')
    stage.end('down and removed')


run(test_removed, test_moved, test_moved_and_back, test_renamed, test_down)
