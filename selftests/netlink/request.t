#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Requests by netlink: what an agent sees of them, takes, answers and refuses."""
import errno
import os
import select
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../lib'))

# pylint: disable=wrong-import-position
import netns
from netlink import ACCEPTED, ANSWERED, EXCLUSIVE, NEW, ONLINK, PREFIX, PREFIX_ADD, REQUEST, REQUEST_ACCEPT, REQUEST_DONE, REQUEST_GET, \
    REQUEST_NTF, Odmm
from odmm import FAILED, FIXED, GRACEFUL, GRANTED, NONPERSISTENT, ON_NET, PENDING, SESSION, TYPES, SC_TYPE, Caller, \
    ask, blocked_callers, get_addr, in_prefix, ready, request_waiting, set_option, state, wanting
from probe import Probe, refused, spec
from tap import equal, fails, ok, outcome, run, wait_for

P, Q, R = '2001:db8:51::/64', '2001:db8:52::/64', '2001:db8:53::/64'
OVER = 'no such request, or it is over'
REFUSALS = ('EOPNOTSUPP', 'EADDRNOTAVAIL', 'ETIMEDOUT', 'EACCES', 'EDQUOT', 'ENETDOWN')


def asking(wanted, **kwargs):
    """A socket that has asked and does not wait."""
    s = wanting(wanted, blocking=False, **kwargs)
    assert outcome(get_addr, s) == 'EINPROGRESS'
    return s


def agent(*types, **kwargs):
    nl = Probe()
    nl.number = nl.claim(*types, **kwargs)
    return nl


def without_age(request):
    return {k: v for k, v in request.items() if k != 'age'}


def get_and_dump():
    nl = agent(FIXED, SESSION)
    equal(nl.requests(), [], 'none in the beginning')
    netns.dummy('d0')
    sockets = [asking(FIXED), asking(SESSION), asking(SESSION), asking(SESSION, dev='d0'), asking(FIXED, flags=ON_NET)]
    wanted = [{'cookie': 1, 'type': FIXED, 'flags': 0, 'state': NEW, 'waiters': 1, 'uid': 0},
              {'cookie': 2, 'type': SESSION, 'flags': 0, 'state': NEW, 'waiters': 2, 'uid': 0},
              {'cookie': 3, 'type': SESSION, 'ifindex': socket.if_nametoindex('d0'), 'flags': 0, 'state': NEW, 'waiters': 1, 'uid': 0},
              {'cookie': 4, 'type': FIXED, 'flags': ON_NET, 'state': NEW, 'waiters': 1, 'uid': 0}]
    equal([without_age(r) for r in nl.requests()], wanted, 'a dump has all of them, oldest first')
    equal([without_age(nl.request(r['cookie'])) for r in wanted], wanted, 'each can be got, and is the same')
    first = nl.request(1)['age']
    wait_for(lambda: nl.request(1)['age'] > first, 'it to age')
    ok(nl.request(1)['age'] < 90000, 'age is in milliseconds', nl.request(1))
    refused(nl, 'one that never was', REQUEST_GET, REQUEST, 'ENOENT', OVER, 'cookie', cookie=5)
    refused(nl, 'cookie 0', REQUEST_GET, REQUEST, 'ENOENT', OVER, 'cookie', cookie=0)
    equal(len(sockets), 5, 'all of them wait')


def accept():
    nl, s, t = agent(FIXED, SESSION), asking(FIXED), asking(SESSION)
    taken = nl.accept()
    equal(without_age(taken), {'cookie': 1, 'type': FIXED, 'flags': 0, 'state': ACCEPTED, 'waiters': 1, 'uid': 0, 'agent': nl.number},
          'without a cookie the oldest is taken')
    equal(without_age(nl.request(1)), without_age(taken), 'and everybody sees by whom')
    refused(nl, 'a second time', REQUEST_ACCEPT, REQUEST, 'EBUSY', 'somebody works on that request', 'cookie', cookie=1)
    refused(Probe(), 'by somebody else', REQUEST_ACCEPT, REQUEST, 'EBUSY', 'somebody works on that request', 'cookie', cookie=1)
    equal((nl.accept(2)['cookie'], nl.agents()[0]['accepted']), (2, 2), 'by cookie')
    fails('ENOENT', 'no more to take', nl.accept)
    refused(nl, 'one that is not there', REQUEST_ACCEPT, REQUEST, 'ENOENT', OVER, 'cookie', cookie=3)
    equal([state(x) for x in (s, t)], [PENDING, PENDING], 'who asked waits on')
    equal(nl.stats()['accepted'], 2, 'two were counted')


def accept_what_is_served():
    netns.dummy('d0', 'd1')
    everybody = agent(*TYPES)
    sockets = [asking(FIXED), asking(SESSION, dev='d0'), asking(SESSION, dev='d1'), asking(SESSION), asking(SESSION)]
    narrow = agent(SESSION, devs=['d1'])
    equal(narrow.accept()['cookie'], 3, 'the oldest of the type and interface claimed')
    equal(narrow.accept()['cookie'], 4, 'one without interface is for any')
    fails('ENOENT', 'what others serve is not taken unasked', narrow.accept)
    equal(narrow.accept(1)['agent'], narrow.number, 'but may be by its name')
    equal([everybody.accept()['cookie']], [2], 'who serves all takes the rest')
    equal(len(sockets), 5, 'all of them wait')


def accept_without_claim():
    server, nl, s = agent(FIXED), Probe(), asking(FIXED)
    refused(nl, 'without a claim and a cookie', REQUEST_ACCEPT, REQUEST, 'ENOENT', 'name a request, or claim types first', None)
    got = nl.accept(1)
    equal((got['state'], got.get('agent')), (ACCEPTED, None), 'without a claim, by cookie: nobody is its agent')
    nl.close()
    fails('EBUSY', 'it stays taken', server.accept, 1)
    server.prefix_add(P, FIXED, cookie=1)
    wait_for(lambda: state(s) == GRANTED, 'the answer')
    ok(in_prefix(get_addr(s), P), 'and whoever knows its cookie can answer it')


def answer():
    nl = agent(SESSION)
    callers = blocked_callers(3, ask, SESSION)
    cookie = request_waiting(nl, 3)['cookie']
    nl.accept(cookie)
    nl.prefix_add(P, SESSION, cookie=cookie)
    addresses = {caller.outcome() for caller in callers}
    equal((len(addresses), in_prefix(addresses.pop(), P)), (1, True), 'a prefix with the cookie wakes all who wait')
    equal((nl.prefix(P)['cookie'], nl.prefix(P)['sessions'], nl.requests()), (cookie, 3, []), 'it remembers what it was for')
    late(nl, cookie, 'granted')
    for caller in callers:
        caller.end()


def late(nl, cookie, how):
    before, counted = nl.prefixes(), nl.stats()['late_answers']
    refused(nl, f'{how}: a late answer', PREFIX_ADD, PREFIX, 'ENOENT', OVER, 'cookie', **spec(R, SESSION, cookie=cookie))
    refused(nl, f'{how}: a late refusal', REQUEST_DONE, REQUEST, 'ENOENT', OVER, 'cookie', cookie=cookie, error=errno.EACCES)
    refused(nl, f'{how}: a late acceptance', REQUEST_ACCEPT, REQUEST, 'ENOENT', OVER, 'cookie', cookie=cookie)
    equal((nl.prefixes(), nl.stats()['late_answers']), (before, counted + 2), f'{how}: nothing is added, two are counted as late')


def late_answers():
    nl = agent(SESSION)
    s = asking(SESSION)
    nl.refuse(1, errno.EACCES)
    late(nl, 1, 'refused')
    fails('EACCES', 'who asked hears of the refusal', get_addr, s)
    s = asking(SESSION)
    set_option(s, SC_TYPE, 0)
    late(nl, 2, 'cancelled')
    s = asking(SESSION, timeout=20)
    wait_for(lambda: state(s) == FAILED, 'the timeout')
    late(nl, 3, 'timed out')
    s = asking(SESSION)
    ready(nl, P, SESSION)
    late(nl, 4, 'served by a prefix that came')


def refusals():
    nl = agent(FIXED)
    for name in REFUSALS:
        caller = Caller(ask, FIXED).wait_blocked()
        cookie = request_waiting(nl)['cookie']
        nl.accept(cookie)
        nl.refuse(cookie, getattr(errno, name))
        equal(caller.outcome(), name, f'refused with {name}')
        caller.end()
    equal(nl.stats()['refused'], len(REFUSALS), 'all are counted')
    s = asking(FIXED)
    cookie = nl.requests()[0]['cookie']
    allowed = {getattr(errno, name) for name in REFUSALS}
    wrong = []
    for error in range(1, 134):
        if error not in allowed:
            try:
                nl.refuse(cookie, error)
                wrong.append(error)
            except OSError as e:
                if e.errno != errno.EINVAL or e.text != 'odmm: not an error that a refusal can have':
                    wrong.append((error, e))
    equal((wrong, state(s)), ([], PENDING), 'no other errno is one that a refusal can have')
    refused(nl, 'EINVAL', REQUEST_DONE, REQUEST, 'EINVAL', 'not an error that a refusal can have', 'error', cookie=cookie, error=errno.EINVAL)
    nl.refuse(cookie, errno.EDQUOT)
    fails('EDQUOT', 'one that was not accepted can be refused too', get_addr, s)


def wrong_answers():
    nl = agent(*TYPES)
    netns.dummy('d0', 'd1')
    sockets = [asking(SESSION, dev='d0'), asking(FIXED, flags=ON_NET)]
    bound, alone = [r['cookie'] for r in nl.requests()]
    other = 'request is for another type'
    elsewhere = 'request is for another interface'
    refused(nl, 'another type', PREFIX_ADD, PREFIX, 'EINVAL', other, 'type', **spec(P, FIXED, 'd0', cookie=bound))
    refused(nl, 'another type of an ON_NET one', PREFIX_ADD, PREFIX, 'EINVAL', other, 'type', **spec(P, SESSION, 'd0', cookie=alone))
    for dev in ('d1', 'lo'):
        refused(nl, f'interface {dev}', PREFIX_ADD, PREFIX, 'EINVAL', elsewhere, 'ifindex', **spec(P, SESSION, dev, cookie=bound))
    refused(nl, 'a bad prefix', PREFIX_ADD, PREFIX, 'EINVAL', 'not a prefix of global unicast addresses', 'prefix',
            **spec('fe80::/64', SESSION, 'd0', cookie=bound))
    refused(nl, 'an exclusive one', PREFIX_ADD, PREFIX, 'EINVAL', 'the kernel alone makes a prefix exclusive', 'flags',
            **spec(P, FIXED, 'd0', flags=EXCLUSIVE, cookie=alone))
    equal((nl.prefixes(), [r['state'] for r in nl.requests()], [state(s) for s in sockets]), ([], [NEW, NEW], [PENDING, PENDING]),
          'nothing has changed')
    nl.prefix_add(P, SESSION, 'd0', cookie=bound)
    nl.prefix_add(Q, FIXED, 'd1', cookie=alone)
    wait_for(lambda: {state(s) for s in sockets} == {GRANTED}, 'both to be served')
    equal([in_prefix(get_addr(s), p) for s, p in zip(sockets, (P, Q))], [True, True], 'the right answers are taken then')
    equal([p['flags'] for p in nl.prefixes()], [0, EXCLUSIVE], 'the one to ON_NET is exclusive')


def answer_twice():
    """Between the answer and the usable address: duplicate detection takes its time."""
    peer, nl = netns.Netns(), agent(SESSION)
    netns.veth(peer, dad=True)
    s = asking(SESSION)
    nl.prefix_add(P, SESSION, 'v0', flags=ONLINK, cookie=1)
    equal((nl.request(1)['state'], nl.prefix(P)['state'], state(s)), (ANSWERED, 0, PENDING), 'answered, and the address is tentative')
    refused(nl, 'a second answer', PREFIX_ADD, PREFIX, 'EBUSY', 'request has been answered', 'cookie', **spec(Q, SESSION, 'v0', cookie=1))
    refused(nl, 'a refusal', REQUEST_DONE, REQUEST, 'EBUSY', 'request has been answered', 'cookie', cookie=1, error=errno.EACCES)
    refused(nl, 'acceptance', REQUEST_ACCEPT, REQUEST, 'EBUSY', 'somebody works on that request', 'cookie', cookie=1)
    equal([p['prefix'] for p in nl.prefixes()], ['2001:db8:51::'], 'only the first is there')
    wait_for(lambda: state(s) == GRANTED, 'duplicate detection to end')
    ok(in_prefix(get_addr(s), P), 'and serves in the end')


def cookies():
    nl, seen = agent(FIXED), []
    for n in range(60):
        s = asking(FIXED, flags=ON_NET if n % 2 else 0)
        cookie = nl.requests()[0]['cookie']
        seen.append(cookie)
        if n % 3 == 0:
            nl.refuse(cookie, errno.EACCES)
        elif n % 3 == 1:
            set_option(s, SC_TYPE, 0)
        else:
            nl.prefix_add(P, FIXED, cookie=cookie)
            wait_for(lambda: state(s) == GRANTED, 'a grant')       # pylint: disable=cell-var-from-loop
            nl.prefix_del(P, force=True)
        s.close()
    equal(seen, list(range(1, 61)), 'no cookie is given twice, however a request ends')
    peer = netns.Netns()
    with peer.inside():
        there = agent(FIXED)
        s = asking(FIXED)
        equal(there.requests()[0]['cookie'], 1, 'each namespace counts for itself')
    fails('ENOENT', 'and a cookie of another one is none here', nl.request, 1)
    del s


def five_hundred():
    nl = agent(FIXED)
    sockets = [asking(FIXED, flags=ON_NET) for _ in range(500)]
    requests = nl.requests()
    equal([r['cookie'] for r in requests], list(range(1, 501)), 'a dump of 500 is complete, in order')
    equal({r['waiters'] for r in requests}, {1}, 'ON_NET is not shared')
    taken = [nl.accept()['cookie'] for _ in range(500)]
    equal(taken, list(range(1, 501)), 'they are taken oldest first')
    equal(nl.agents()[0]['accepted'], 500, 'by this agent')
    for s in sockets:
        s.close()
    wait_for(lambda: not nl.requests(), 'the sweep')
    equal(nl.stats()['cancelled'], 500, 'all are cancelled when their sockets are closed')


def heard(bell):
    """All notifications that have come."""
    events = []
    while select.select([bell], [], [], 0)[0]:
        events += bell.events()
    return events


def doorbell():
    nl, bell = agent(FIXED), Odmm()
    bell.subscribe('requests')
    s = asking(FIXED)
    rings = wait_for(lambda: heard(bell), 'the bell')
    equal([(command, without_age(values)) for command, values in rings],
          [(REQUEST_NTF, {'cookie': 1, 'type': FIXED, 'flags': 0, 'state': NEW, 'waiters': 1, 'uid': 0})], 'a new request rings once')
    equal(without_age(rings[0][1]), without_age(nl.request(1)), 'and says what a dump would')
    t = asking(FIXED)
    nl.accept(1)
    equal(heard(bell), [], 'neither another who joins nor acceptance rings')
    for x in (s, t):
        set_option(x, SC_TYPE, 0)
    rings = heard(bell)
    equal([(v['cookie'], v['state'], v['waiters']) for _, v in rings], [(1, 5, 0)], 'the end of the waiting rings: cancelled')
    s = asking(FIXED)
    nl.prefix_add(P, FIXED, cookie=2)
    wait_for(lambda: state(s) == GRANTED, 'the grant')
    t = asking(FIXED, flags=ON_NET)
    nl.refuse(3, errno.EACCES)
    fails('EACCES', 'a refusal', get_addr, t)
    equal([(v['cookie'], v['state']) for _, v in heard(bell)], [(2, NEW), (3, NEW)], 'answers do not: who gave them knows')


def lost_doorbell():
    """Whoever was not there when it rang finds all that waits."""
    first = agent(NONPERSISTENT, GRACEFUL)
    sockets = [asking(wanted, flags=ON_NET) for wanted in (GRACEFUL, NONPERSISTENT) * 5]
    nl = agent(NONPERSISTENT, GRACEFUL)
    equal([nl.accept()['cookie'] for _ in range(10)], list(range(1, 11)), 'an agent that joins late takes all that waits')
    fails('ENOENT', 'once', nl.accept)
    for n in range(10):
        nl.prefix_add(f'2001:db8:{n:x}::/64', (GRACEFUL, NONPERSISTENT)[n % 2], cookie=n + 1)
    wait_for(lambda: {state(s) for s in sockets} == {GRANTED}, 'all to be served')
    equal(len({get_addr(s) for s in sockets}), 10, 'and answers them')
    bell = Odmm()
    bell.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
    bell.subscribe('requests')
    more = [asking(GRACEFUL, flags=ON_NET) for _ in range(20)]
    equal(outcome(lambda: [bell.events() for _ in more]), 'ENOBUFS', 'a bell that rings too often says so')
    taken = [nl.accept()['cookie'] for _ in more]
    equal(taken, list(range(11, 31)), 'and all that waits can be taken all the same')
    del first


def offered_to_a_new_claim():
    """A claim made while somebody waits rings for its own doorbell."""
    netns.dummy('d0')
    nl, bell = agent(FIXED), Odmm()
    s = [asking(FIXED), asking(FIXED, dev='d0')]
    bell.subscribe('requests')
    agent(SESSION)
    equal(heard(bell), [], 'a claim of another type rings for nothing')
    late_comer = agent(FIXED, devs=['lo'])
    equal([(v['cookie'], v['state']) for _, v in heard(bell)], [(1, NEW)], 'one that serves a request rings for it')
    del nl, s, late_comer


run(get_and_dump, accept, accept_what_is_served, accept_without_claim, answer, late_answers, refusals, wrong_answers, answer_twice, cookies,
    five_hundred, doorbell, lost_doorbell, offered_to_a_new_claim)
