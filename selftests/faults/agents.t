#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Agents that are stopped, slow, deaf, liars, or at each other's throats. Agents that die are in ../netlink/agent.t; what is said to each lie is in
../netlink/request.t.
"""
import errno
import os
import random
import signal
import socket
import sys
import time
from functools import partial

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../lib'))
import netlink
import netns
from life import now, took
from netlink import ACCEPTED, NEW
from odmm import (FIXED, GRANTED, NO_LIMIT, ON_NET, SESSION, TYPES, Caller, ask, get_addr, in_prefix, request_waiting, state, wanting)
from tap import equal, fails, ok, outcome, run, wait_for

A, B = '2001:db8:51::/64', '2001:db8:52::/64'
N = 2000        # requests that ring at a bell too small for them
FIGHTS = 200    # requests that two agents want


def prefix_of(cookie):
    return f'2001:db8:{0x1000 + cookie:x}::/64'


def asking(wanted, **kwargs):
    s = wanting(wanted, blocking=False, **kwargs)
    fails_not = outcome(get_addr, s)
    assert fails_not == 'EINPROGRESS', fails_not
    return s


def agent_of(*types):
    nl = netlink.Odmm()
    nl.claim(*types)
    return nl


def claim_and_accept():
    """An agent that takes the next request and then does nothing; it keeps its socket."""
    global _agent       # pylint: disable=global-statement
    _agent = agent_of(SESSION)
    return wait_for(lambda: _agent.requests() and _agent.accept(), 'a request')['cookie']


def answer_late(accept_first, delay):
    """An agent that answers when it has slept."""
    nl = agent_of(SESSION)
    cookie = wait_for(nl.requests, 'a request')[0]['cookie']
    if accept_first:
        nl.accept(cookie)
    time.sleep(delay)
    return outcome(nl.prefix_add, A, SESSION, cookie=cookie)


def is_stopped(pid):
    with open(f'/proc/{pid}/stat', encoding='ascii') as f:
        return f.read().rsplit(')', 1)[1].split()[0] == 'T'


def test_stopped():
    """It is there and does not move: nobody is told, so the limits of those who wait are what ends it."""
    nl = netlink.Odmm()
    agent = Caller(claim_and_accept)
    wait_for(nl.agents, 'the agent')
    callers = [Caller(ask, SESSION, timeout=limit) for limit in (3000, NO_LIMIT, NO_LIMIT)]
    cookie = agent.outcome()
    agent.interrupt(signal.SIGSTOP)
    wait_for(lambda: is_stopped(agent.pid), 'the agent to stop')
    request_waiting(nl, 3)
    other = agent_of(SESSION)
    equal(callers[0].outcome(), 'ETIMEDOUT', 'stopped: who has a limit is told ETIMEDOUT')
    fails('EBUSY', 'stopped: its work stays its own', other.accept, cookie)
    callers[1].end(signal.SIGKILL)
    equal((request_waiting(nl)['state'], len(nl.agents())), (ACCEPTED, 2), 'stopped: a caller can be killed, the other waits on')
    agent.end(signal.SIGKILL)
    wait_for(lambda: nl.requests()[0]['state'] == NEW, 'its work to be offered again')
    other.prefix_add(A, SESSION, cookie=other.accept()['cookie'])
    ok(in_prefix(callers[2].outcome(), A), 'killed while it is stopped: another one answers')
    equal([nl.stats()[k] for k in ('timed_out', 'agent_lost', 'granted', 'requests')], [1, 1, 1, 0], 'counted')
    for caller in callers:
        caller.end()


def test_stopped_and_continued():
    """What it says then is too late for some and in time for others."""
    nl = netlink.Odmm()
    agent = Caller(answer_late, True, 0.1)
    wait_for(nl.agents, 'the agent')
    impatient, patient = Caller(ask, SESSION, timeout=2000), Caller(ask, SESSION, timeout=NO_LIMIT)
    wait_for(lambda: [r for r in nl.requests() if r['state'] == ACCEPTED], 'the agent to accept')
    agent.interrupt(signal.SIGSTOP)
    equal(impatient.outcome(), 'ETIMEDOUT', 'stopped too long for one')
    agent.interrupt(signal.SIGCONT)
    equal((agent.outcome(), in_prefix(patient.outcome(), A)), (None, True), 'continued, it answers the other')
    for caller in (impatient, patient, agent):
        caller.end()


def test_slow():
    """Who comes meanwhile joins; the answer comes to all who still wait."""
    for accept_first in (False, True):
        text = 'slow to answer' if accept_first else 'slow to accept'
        nl, begin = netlink.Odmm(), now()
        agent = Caller(answer_late, accept_first, 3)
        wait_for(nl.agents, 'the agent')
        early = Caller(ask, SESSION, timeout=500).wait_blocked()
        callers = [Caller(ask, SESSION, timeout=NO_LIMIT).wait_blocked() for _ in range(3)]
        equal(early.outcome(), 'ETIMEDOUT', f'{text}: the first to ask is gone by then')
        late = asking(SESSION)
        equal(request_waiting(nl, 4)['age'] < 3000, True, f'{text}: others have joined, one without waiting')
        addresses = {caller.outcome() for caller in callers}
        took(begin, 3, 6, text)
        equal((len(addresses), {get_addr(late)}, agent.outcome()), (1, addresses, None), f'{text}: all of them get the same address')
        for caller in (early, agent, *callers):
            caller.end()
        late.close()
        nl.prefix_del(A, force=True)


def lies(nl, cookie):
    """Every way to be wrong about a request of the interface d0 for a session-lasting prefix."""
    wrong = [partial(nl.prefix_add, A, FIXED, 'd0', cookie=cookie), partial(nl.prefix_add, A, SESSION, 'd1', cookie=cookie),
             partial(nl.prefix_add, 'ff0e::/64', SESSION, 'd0', cookie=cookie), partial(nl.refuse, cookie, 0), partial(nl.refuse, cookie, 4096)]
    for other in (cookie + 1, cookie + 1000, (1 << 63) + cookie, (1 << 64) - 1):
        wrong += [partial(nl.prefix_add, A, SESSION, 'd0', cookie=other), partial(nl.refuse, other, errno.EACCES), partial(nl.accept, other)]
    return random.sample(wrong, len(wrong))


def test_lying():
    """Whatever it says before: the request stays, and the truth is taken in the end, once."""
    netns.dummy('d0', 'd1')
    nl = agent_of(*TYPES)
    caller = Caller(ask, SESSION, dev='d0', timeout=NO_LIMIT).wait_blocked()
    before = request_waiting(nl)
    cookie = before['cookie']
    answers = [outcome(lie) for _ in range(20) for lie in lies(nl, cookie)]
    equal(set(answers), {'EINVAL', 'ERANGE', 'ENOENT'}, f'{len(answers)} lies are refused')
    equal(({**nl.requests()[0], 'age': 0}, nl.prefixes()), ({**before, 'age': 0}, []), 'the request is as it was, and nothing was added')
    nl.prefix_add(A, SESSION, 'd0', cookie=cookie)
    second = outcome(nl.prefix_add, B, SESSION, 'd0', cookie=cookie)
    ok(second in ('EBUSY', 'ENOENT'), 'a second answer is refused, until the request is over and then', second)
    equal((in_prefix(caller.outcome(), A), len(nl.prefixes())), (True, 1), 'the first one counts')
    fails('ENOENT', 'a third one too, when all is over', nl.prefix_add, B, SESSION, 'd0', cookie=cookie)
    equal([nl.stats()[k] for k in ('submitted', 'granted', 'refused', 'requests')], [1, 1, 0, 0], 'one request, one grant')
    caller.end()


def test_deaf():
    """Its socket has room for a few doorbells of thousands: a dump tells what it has missed."""
    nl, bell = agent_of(SESSION), netlink.Odmm()
    nl.policy_set(requests_max=N)
    bell.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
    bell.subscribe('requests')
    bell.sock.setblocking(False)
    sockets, rung, lost = [], [], 0
    for n in range(N):
        sockets.append(asking(SESSION, flags=ON_NET))
        if n % 500 == 499:
            lost += listen(bell, rung)
    ok(lost and len(rung) < N, f'{N} requests: {len(rung)} doorbells heard, {lost} times ENOBUFS')
    cookies = [r['cookie'] for r in nl.requests()]
    equal((len(cookies), set(rung) <= set(cookies)), (N, True), 'a dump has them all')
    for cookie in cookies:
        if cookie % 2:
            nl.prefix_add(prefix_of(cookie), SESSION, cookie=cookie)
        else:
            nl.refuse(cookie, errno.EACCES)
    wait_for(lambda: not nl.requests(), 'all to be answered', 60)
    answers = [outcome(get_addr, s) for s in sockets]
    equal([in_prefix(a, prefix_of(c)) if c % 2 else a for a, c in zip(answers, cookies)], [c % 2 == 1 or 'EACCES' for c in cookies],
          'each socket has the answer to its own request')
    equal([nl.stats()[k] for k in ('submitted', 'granted', 'refused', 'cancelled')], [N, N // 2, N // 2, 0], 'each request was answered once')


def listen(bell, rung):
    """Whether a doorbell was lost since the last time."""
    lost = 0
    while True:
        answer = outcome(bell.events)
        if answer == 'EAGAIN':
            return lost
        if answer == 'ENOBUFS':
            lost = 1
        else:
            rung += [values['cookie'] for _, values in answer if values['state'] == NEW]


def fight(name, seed):
    """
    Takes a few requests, then answers or refuses them, those as well that the other one has taken; until nothing is left. How often each of that
    went well.
    """
    nl, won = netlink.Odmm(), {'accepted': 0, 'answered': 0, 'stolen': 0, 'refused': 0}
    nl.claim(SESSION, name=name)
    choose = random.Random(seed)
    while requests := nl.requests():
        some = [r['cookie'] for r in choose.sample(requests, min(len(requests), 8))]
        mine = [cookie for cookie in some if not isinstance(outcome(nl.accept, cookie), str)]
        won['accepted'] += len(mine)
        for cookie in some:
            if choose.random() < 0.3:
                won['refused'] += outcome(nl.refuse, cookie, errno.EACCES) is None
            elif outcome(nl.prefix_add, prefix_of(cookie), SESSION, cookie=cookie) is None:
                won['answered' if cookie in mine else 'stolen'] += 1
    return won


def test_fight():
    """Two agents that want the same requests, and do not care whose they are."""
    nl = netlink.Odmm()
    nl.claim(SESSION)
    sockets = [asking(SESSION, flags=ON_NET) for _ in range(FIGHTS)]
    agents = [Caller(fight, 'one', 1), Caller(fight, 'two', 2)]
    results = [agent.outcome(80) for agent in agents]
    answers = [outcome(get_addr, s) for s in sockets]
    served = [n for n, a in enumerate(answers, 1) if ':' in a]
    equal([in_prefix(answers[n - 1], prefix_of(n)) for n in served], [True] * len(served), f'{len(served)} of {FIGHTS} have their own prefix')
    equal({a for a in answers if ':' not in a}, {'EACCES'}, 'all others were refused')
    total = {key: sum(r[key] for r in results) for key in results[0]}
    stats = nl.stats()
    equal((total['answered'] + total['stolen'], total['refused']), (len(served), FIGHTS - len(served)), 'each has exactly one answer')
    equal([stats[k] for k in ('submitted', 'granted', 'refused', 'accepted', 'requests', 'cancelled')],
          [FIGHTS, len(served), FIGHTS - len(served), total['accepted'], 0, 0], 'and the counters say so')
    ok(all(r['answered'] and r['refused'] for r in results) and total['stolen'], "each of the two has got some, and some were the other's", results)
    equal([a['accepted'] for a in nl.agents()], [0], 'nothing is left that anybody works on')
    equal({state(sockets[n - 1]) for n in served}, {GRANTED}, 'those served hold what they got')
    for agent in agents:
        agent.end()


run(test_stopped, test_stopped_and_continued, test_slow, test_lying, test_deaf, test_fight)
