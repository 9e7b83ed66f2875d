#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Notifications: for each thing that happens exactly those that are written here, in this order, with the attributes that a dump has,
and in no other namespace.
"""
import errno
import os
import select
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../lib'))

# pylint: disable=wrong-import-position
import ndp
import netns
from netlink import (ACCEPTED, ACTIVE, AGENT_NTF, ANSWERED, CANCELLED, DEPRECATED, END_DELETED, END_EXPIRED, END_FAILED, END_LINK_REMOVED,
                     END_LOST, END_RELEASED, END_WITHDRAWN, EXCLUSIVE, FAILED, GONE, GRANTED, NEW, ONLINK, PREFIX_NTF, REQUEST_NTF,
                     TENTATIVE, Odmm)
from odmm import FIXED, GRACEFUL, INFINITY, NONPERSISTENT, ON_NET, SC_TYPE, SESSION, get_addr, ready, set_option, state, wanting
from odmm import FAILED as ASKED_IN_VAIN
from odmm import GRANTED as SERVED
from tap import equal, ok, outcome, run, wait_for

P, Q = '2001:db8:51::/64', '2001:db8:52::/64'
KINDS = {PREFIX_NTF: 'prefix', REQUEST_NTF: 'request', AGENT_NTF: 'agent'}


class Stage:
    """A namespace where things happen, one client that makes them happen, and those who listen, here and elsewhere."""

    def __init__(self, *groups):
        self.nl, self.here, self.elsewhere = Odmm(), Odmm(), []
        self.groups = groups or ('events',)
        self.here.subscribe(*self.groups)
        self.peer = netns.Netns()
        with self.peer.inside():
            self.elsewhere = Odmm()
        self.elsewhere.subscribe('events', 'requests')

    def heard(self):
        events = []
        while select.select([self.here], [], [], 0)[0]:
            events += [(KINDS[command], values) for command, values in self.here.events()]
        return events

    def expect(self, point, *wanted):
        """A point: what was heard since the last time, when as many have come, is what is wanted."""
        got = []

        def complete():
            got.extend(self.heard())
            return len(got) >= len(wanted)
        outcome(wait_or_not, complete)
        equal([(kind, settled(values)) for kind, values in got], list(wanted), point)
        return [values for _, values in got]

    def silence(self):
        equal(self.heard(), [], 'and no more than that')
        ok(not select.select([self.elsewhere], [], [], 0)[0], 'nothing is heard in another namespace')


def wait_or_not(complete):
    try:
        wait_for(complete, 'notifications', 5)
    except AssertionError:
        pass


def settled(values):
    """Without what is different each time; of addresses and port ids only whether they are there."""
    values = {k: v for k, v in values.items() if k != 'age'}
    for name in ('address', 'port_id'):
        if name in values:
            values[name] = True
    return values


def prefix(number, wanted, stage, address=True, **more):
    values = {'prefix': f'2001:db8:{number}::', 'len': 64, 'type': wanted, 'ifindex': 1, 'home': 1, 'state': stage, 'flags': 0,
              'origin': 'static', 'valid_lft': INFINITY, 'preferred_lft': INFINITY, 'sessions': 0, **more}
    if address:
        values['address'] = True
    return 'prefix', {k: v for k, v in values.items() if v is not None}


def request(cookie, wanted, stage, waiters=1, **more):
    return 'request', {'cookie': cookie, 'type': wanted, 'flags': 0, 'state': stage, 'waiters': waiters, 'uid': 0, **more}


def agent(number, types, name=''):
    return 'agent', {'id': number, 'port_id': True, 'types': types, 'name': name}


def asking(wanted, **kwargs):
    s = wanting(wanted, blocking=False, **kwargs)
    assert outcome(get_addr, s) == 'EINPROGRESS'
    return s


def life_of_a_prefix():
    stage = Stage()
    nl = stage.nl
    nl.prefix_add(P, SESSION, origin='test')
    test = {'origin': 'test'}
    events = stage.expect('added: tentative, then active', prefix(51, SESSION, TENTATIVE, False, **test), prefix(51, SESSION, ACTIVE, **test))
    dumped = nl.prefix(P)
    equal({**events[1], 'users': 0}, dumped, 'what is told is what a dump says, but for the users')
    nl.prefix_change(P, valid_lft=1000)
    stage.expect('changed', prefix(51, SESSION, ACTIVE, valid_lft=1000, preferred_lft=1000, **test))
    s = wanting(SESSION)
    get_addr(s)
    nl.prefix_change(P, preferred_lft=0)
    stage.expect('deprecated', prefix(51, SESSION, DEPRECATED, valid_lft=1000, preferred_lft=0, sessions=1, **test))
    nl.prefix_change(P, valid_lft=INFINITY, preferred_lft=INFINITY)
    stage.expect('preferred again', prefix(51, SESSION, ACTIVE, sessions=1, **test))
    nl.prefix_del(P, force=True)
    gone = stage.heard()
    equal([(k, {**settled(v), 'address': True}) for k, v in gone],
          [prefix(51, SESSION, GONE, sessions=1, end=END_DELETED, **test)], 'gone, and why')
    for refusal in (lambda: nl.prefix_del(P), lambda: nl.prefix_change(P, valid_lft=5), lambda: nl.prefix_add('fe80::/64', FIXED)):
        ok(outcome(refusal) in ('ENOENT', 'EINVAL'), 'a refusal')
    stage.silence()


def lifetimes_end():
    stage = Stage()
    stage.nl.prefix_add(P, FIXED, valid_lft=2, preferred_lft=1)
    got = []
    wait_for(lambda: got.extend(stage.heard()) or (got and got[-1][1]['state'] == GONE), 'its end')
    equal([(v['state'], v['preferred_lft'] > 0, v['valid_lft'] > 0, v.get('end')) for _, v in got],
          [(TENTATIVE, True, True, None), (ACTIVE, True, True, None), (DEPRECATED, False, True, None), (GONE, False, False, END_EXPIRED)],
          'by themselves: deprecated, gone')
    stage.silence()


def links():
    stage = Stage()
    nl = stage.nl
    netns.dummy('d0', 'd1')
    d0, d1 = socket.if_nametoindex('d0'), socket.if_nametoindex('d1')
    ready(nl, P, SESSION, 'd0')
    ready(nl, Q, SESSION, 'd0', flags=ONLINK)
    stage.expect('two by one link', prefix(51, SESSION, TENTATIVE, False, ifindex=d0), prefix(51, SESSION, ACTIVE, ifindex=d0),
                 prefix(52, SESSION, TENTATIVE, False, ifindex=d0, home=d0, flags=ONLINK),
                 prefix(52, SESSION, ACTIVE, ifindex=d0, home=d0, flags=ONLINK))
    netns.ip('link del d0')
    got = {v['prefix']: v for _, v in stage.heard()}
    equal((len(got), got['2001:db8:51::']['state'], 'ifindex' in got['2001:db8:51::'], got['2001:db8:52::']['state'],
           got['2001:db8:52::']['end']), (2, ACTIVE, False, GONE, END_LINK_REMOVED), 'the link goes: one is without interface, one is gone')
    nl.prefix_change(P, dev='d1')
    stage.expect('moved', prefix(51, SESSION, ACTIVE, ifindex=d1))
    stage.silence()


def life_of_requests():
    stage = Stage()
    nl = stage.nl
    number = nl.claim(SESSION, name='golden')
    stage.expect('a claim', agent(1, 1 << SESSION, 'golden'))
    s = asking(SESSION)
    events = stage.expect('a request', request(1, SESSION, NEW))
    equal({**events[0], 'age': 0}, {**nl.request(1), 'age': 0}, 'what is told is what a dump says')
    t = asking(SESSION)
    nl.accept()
    stage.expect('accepted; who joins in is not news', request(1, SESSION, ACCEPTED, 2, agent=number))
    nl.prefix_add(P, SESSION, cookie=1)
    wait_for(lambda: state(s) == state(t) == SERVED, 'the grant')
    stage.expect('answered, and granted when the address is usable', prefix(51, SESSION, TENTATIVE, False, cookie=1),
                 request(1, SESSION, ANSWERED, 2, agent=number), prefix(51, SESSION, ACTIVE, cookie=1),
                 request(1, SESSION, GRANTED, 0, agent=number))
    u = asking(SESSION, flags=ON_NET)
    nl.refuse(2, errno.EACCES)
    stage.expect('refused', request(2, SESSION, NEW, flags=ON_NET), request(2, SESSION, FAILED, 0, flags=ON_NET, error=errno.EACCES))
    set_option(u, SC_TYPE, SESSION)
    equal(outcome(get_addr, u), 'EACCES', 'who asked hears of it too')
    outcome(get_addr, u)
    set_option(u, SC_TYPE, 0)
    stage.expect('cancelled', request(3, SESSION, NEW, flags=ON_NET), request(3, SESSION, CANCELLED, 0, flags=ON_NET))
    u = asking(SESSION, flags=ON_NET, timeout=30)
    wait_for(lambda: state(u) == ASKED_IN_VAIN, 'the timeout')
    stage.expect('timed out: nobody waits any more', request(4, SESSION, NEW, flags=ON_NET), request(4, SESSION, CANCELLED, 0, flags=ON_NET))
    stage.silence()


def a_prefix_that_comes():
    stage = Stage()
    nl = stage.nl
    nl.claim(NONPERSISTENT)
    s = asking(NONPERSISTENT)
    nl.prefix_add(P, NONPERSISTENT)
    wait_for(lambda: state(s) == SERVED, 'the grant')
    stage.expect('a prefix that simply comes serves who waits', agent(1, 8), request(1, NONPERSISTENT, NEW),
                 prefix(51, NONPERSISTENT, TENTATIVE, False), prefix(51, NONPERSISTENT, ACTIVE), request(1, NONPERSISTENT, GRANTED, 0))
    u = asking(NONPERSISTENT, flags=ON_NET)
    nl.prefix_add(Q, NONPERSISTENT, cookie=2)
    wait_for(lambda: state(u) == SERVED, 'the grant')
    alone = {'cookie': 2, 'flags': EXCLUSIVE}
    stage.expect('one for an ON_NET request is exclusive', request(2, NONPERSISTENT, NEW, flags=ON_NET),
                 prefix(52, NONPERSISTENT, TENTATIVE, False, **alone), request(2, NONPERSISTENT, ANSWERED, flags=ON_NET),
                 prefix(52, NONPERSISTENT, ACTIVE, **alone), request(2, NONPERSISTENT, GRANTED, 0, flags=ON_NET))
    stage.silence()


def life_of_agents():
    stage = Stage()
    netns.dummy('d0')
    one, two = Odmm(), Odmm()
    one.claim(FIXED, name='one')
    two.claim(FIXED, devs=['d0', 'lo'], name='two')
    events = stage.expect('two claims', agent(1, 2, 'one'), ('agent', {**agent(2, 2, 'two')[1], 'ifindex': [socket.if_nametoindex('d0'), 1]}))
    equal([{**e, 'accepted': 0} for e in events], one.agents(), 'what is told is what a dump says, but for the work')
    s = asking(FIXED)
    one.accept()
    one.claim(SESSION)
    stage.expect('a claim replaced: the old one ends, its work is offered anew, the new one begins', request(1, FIXED, NEW),
                 request(1, FIXED, ACCEPTED, agent=1), agent(1, 0, 'one'), request(1, FIXED, NEW), agent(3, 4))
    two.accept()
    two.close()
    stage.expect('an agent dies: what it had is offered, and fails after the grace', request(1, FIXED, ACCEPTED, agent=2),
                 ('agent', {**agent(2, 0, 'two')[1], 'ifindex': [socket.if_nametoindex('d0'), 1]}), request(1, FIXED, NEW),
                 request(1, FIXED, FAILED, 0, error=errno.EOPNOTSUPP))
    equal(state(s), ASKED_IN_VAIN, 'who asked knows')
    one.close()
    stage.expect('the last one ends', agent(3, 0))
    stage.silence()


def link_of_a_request():
    stage = Stage()
    netns.dummy('d0')
    d0 = socket.if_nametoindex('d0')
    stage.nl.claim(FIXED)
    s = asking(FIXED, dev='d0')
    netns.ip('link del d0')
    stage.expect('the link goes that somebody waits for', agent(1, 2), request(1, FIXED, NEW, ifindex=d0),
                 request(1, FIXED, FAILED, 0, ifindex=d0, error=errno.ENETDOWN))
    equal(outcome(get_addr, s), 'ENETDOWN', 'who asked hears of it too')
    stage.silence()


def doorbell():
    """Group requests alone: what an agent has to do, or need no longer."""
    stage = Stage('requests')
    nl = stage.nl
    nl.claim(FIXED)
    s = asking(FIXED)
    nl.accept()
    set_option(s, SC_TYPE, 0)
    stage.expect('a request comes, and is cancelled', request(1, FIXED, NEW), request(1, FIXED, CANCELLED, 0, agent=1))
    ready(nl, P, SESSION)
    nl.prefix_change(P, preferred_lft=0)
    nl.prefix_del(P)
    stage.expect('of a prefix only its end', prefix(51, SESSION, GONE, preferred_lft=0, end=END_DELETED))
    stage.silence()


def the_end(stage):
    """A prefix that is gone, as the group tells: its number, why it is gone, and the request that it was for."""
    events = []
    wait_for(lambda: events.extend(v for k, v in stage.heard() if k == 'prefix') or events, 'the end of a prefix')
    return [(v['prefix'].split(':')[2], v['state'], v['end'], v.get('cookie')) for v in events]


def release(nl):
    """Asked for, got, and used by nobody any more."""
    nl.policy_set(type=GRACEFUL, linger=0)
    nl.claim(GRACEFUL)
    s = asking(GRACEFUL)
    nl.prefix_add('2001:db8:51::/64', GRACEFUL, cookie=1)
    wait_for(lambda: state(s) == SERVED, 'the grant')
    s.close()


def ends():
    """Group requests alone: whatever ends a prefix, the agents are told of it, and why."""
    peer = netns.Netns()
    netns.veth(peer, dad=1)
    netns.dummy('d0')
    stage = Stage('requests')
    nl = stage.nl
    release(nl)
    equal(the_end(stage), [('51', GONE, END_RELEASED, 1)], 'released, with the request that it was for')
    ready(nl, P, FIXED)
    nl.prefix_withdraw(P, grace=0)
    equal(the_end(stage), [('51', GONE, END_WITHDRAWN, None)], 'withdrawn')
    nl.prefix_add(P, FIXED, valid_lft=1)
    equal(the_end(stage), [('51', GONE, END_EXPIRED, None)], 'expired')
    address = ready(nl, P, NONPERSISTENT)
    netns.ip(f'addr del {address}/128 dev lo')
    equal(the_end(stage), [('51', GONE, END_LOST, None)], 'taken away')
    ready(nl, P, FIXED, 'd0', flags=ONLINK)
    netns.ip('link del d0')
    equal(the_end(stage), [('51', GONE, END_LINK_REMOVED, None)], 'its link is removed')
    ndp.Defender(peer)
    nl.prefix_add(P, FIXED, 'v0', flags=ONLINK)
    equal(the_end(stage), [('51', GONE, END_FAILED, None)], 'its address is a duplicate each time')
    peer.close()


def both_groups():
    """A listener of both hears what belongs to both twice, as it is told twice."""
    stage = Stage('events', 'requests')
    stage.nl.claim(FIXED)
    s = asking(FIXED)
    stage.expect('both groups', agent(1, 2), request(1, FIXED, NEW), request(1, FIXED, NEW))
    s.close()
    wait_for(lambda: not stage.nl.requests(), 'the sweep')
    stage.heard()
    ready(stage.nl, P, SESSION)
    stage.nl.prefix_withdraw(P)
    gone = prefix(51, SESSION, GONE, end=END_WITHDRAWN)
    stage.expect('the end of a prefix too', prefix(51, SESSION, TENTATIVE, False), prefix(51, SESSION, ACTIVE), gone, gone)


run(life_of_a_prefix, lifetimes_end, links, life_of_requests, a_prefix_that_comes, life_of_agents, link_of_a_request, doorbell, ends,
    both_groups)
