#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""The wait queue: who waits together, what ends a wait, and what is told of it."""
import errno
import os
import signal
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../lib'))
import netlink
import netns
from netlink import ACCEPTED, ANSWERED, CANCELLED, EXCLUSIVE, NEW, ONLINK, REQUEST_NTF
from odmm import (DEPRECATED, FAILED, FIXED, GRACEFUL, GRANTED, IDLE, INFINITY, LOST, NONE, NONPERSISTENT, NO_LIMIT, ON_NET, PENDING,
                  SC_TYPE, SESSION, Caller, ask, blocked_callers, get_addr, get_status, in_prefix, ready, request_waiting, set_option,
                  state, tcp, udp, wanting)
from tap import equal, fails, ok, outcome, run, wait_for, within

A, B, C, D = (f'2001:db8:{n}::/64' for n in (51, 52, 53, 54))
GRACE = 2       # seconds after which nothing may hang for want of an agent


def agent_for(*types, **kwargs):
    agent = netlink.Odmm()
    agent.claim(*types, **kwargs)
    return agent


def accept_next(agent):
    return wait_for(lambda: outcome(agent.accept) not in ('ENOENT', None) and agent.requests()[-1], 'a request to accept')


def none_open(nl):
    return wait_for(lambda: not nl.requests(), 'no open request')


def test_answer():
    agent = agent_for(NONPERSISTENT)
    caller = Caller(ask, NONPERSISTENT, uid=1000)
    r = request_waiting(agent)
    equal({k: r.get(k) for k in ('type', 'ifindex', 'flags', 'state', 'waiters', 'uid', 'agent')},
          {'type': NONPERSISTENT, 'ifindex': None, 'flags': 0, 'state': NEW, 'waiters': 1, 'uid': 1000, 'agent': None},
          'a blocked call is a request')
    accepted = agent.accept()
    equal((accepted['cookie'], accepted['state'], accepted['agent']), (r['cookie'], ACCEPTED, agent.agents()[0]['id']),
          'which the agent accepts')
    equal((agent.agents()[0]['accepted'], outcome(agent.accept)), (1, 'ENOENT'), 'once')
    fails('EBUSY', 'and nobody else', netlink.Odmm().accept, r['cookie'])
    time.sleep(0.2)
    ok(not caller.returned(), 'the caller waits on')
    agent.prefix_add(A, NONPERSISTENT, cookie=r['cookie'])
    ok(in_prefix(caller.outcome(), A), 'until the prefix comes')
    equal(agent.prefix(A)['cookie'], r['cookie'], 'which tells its request')
    stats = agent.stats()
    equal([stats[k] for k in ('submitted', 'accepted', 'granted', 'coalesced', 'requests')], [1, 1, 1, 0, 0], 'all is counted')


def test_coalescing():
    agent = agent_for(SESSION)
    callers = [Caller(ask, SESSION, kind=kind) for kind in (udp, tcp, udp)]
    r = request_waiting(agent, 3)
    equal(len(agent.requests()), 1, 'three callers, one request')
    equal([agent.stats()[k] for k in ('submitted', 'coalesced')], [1, 2], 'one made, two joined')
    agent.prefix_add(A, SESSION, cookie=r['cookie'])
    addresses = {caller.outcome() for caller in callers}
    ok(len(addresses) == 1 and in_prefix(addresses.pop(), A), 'all get the same address')
    equal((agent.stats()['granted'], agent.prefix(A)['sessions']), (1, 3), 'and hold it')
    equal(ask(SESSION), agent.prefix(A)['address'], 'who comes later is served at once')
    equal([agent.stats()[k] for k in ('submitted', 'served')], [1, 1], 'without a request')



def test_on_net():
    agent = agent_for(SESSION, FIXED)
    shared = ready(agent, A, SESSION)
    one = Caller(ask, SESSION, flags=ON_NET).wait_blocked()
    first = request_waiting(agent)
    two = Caller(ask, SESSION, flags=ON_NET).wait_blocked()
    requests = wait_for(lambda: len(agent.requests()) == 2 and agent.requests(), 'two requests')
    equal([r['flags'] for r in requests], [ON_NET, ON_NET], 'on the net: each caller has a request, though there is a prefix')
    agent.prefix_add(B, SESSION)
    wait_for(lambda: agent.prefix(B)['state'], 'another prefix')
    ok(not one.returned() and not two.returned(), 'a prefix that simply comes does not serve them')
    agent.prefix_add(C, SESSION, cookie=first['cookie'])
    ok(in_prefix(one.outcome(), C), 'one gets its own prefix')
    equal((two.returned(), agent.prefix(C)['flags'], agent.prefix(C)['sessions']), (False, EXCLUSIVE, 1), 'and the other does not')
    equal(ask(SESSION), agent.prefix(B)['address'], 'nor does anybody else')
    agent.prefix_add(D, SESSION, cookie=requests[1]['cookie'])
    ok(in_prefix(two.outcome(), D), 'the other gets another')

    # An ordinary waiter of that type, and then an exclusive prefix.
    waiter = Caller(ask, FIXED).wait_blocked()
    plain = request_waiting(agent)
    own = Caller(ask, FIXED, flags=ON_NET).wait_blocked()
    agent.prefix_add('2001:db8:55::/64', FIXED, cookie=request_waiting(agent, flags=ON_NET)['cookie'])
    own.outcome()
    ok(not waiter.returned() and agent.request(plain['cookie'])['waiters'] == 1, 'an exclusive prefix does not complete others')
    own.end()
    one.end()
    wait_for(lambda: agent.prefix(C)['sessions'] == 0, 'its holder to go')
    equal(ask(SESSION), agent.prefix(B)['address'], 'an exclusive prefix that nobody holds still serves nobody')
    ok(shared != agent.prefix(B)['address'], 'the newest prefix is given')


def test_on_net_left():
    """Who asked is gone before the answer can be used."""
    agent = agent_for(SESSION)
    peer = netns.Netns()
    netns.veth(peer, dad=3)
    caller = Caller(ask, SESSION, flags=ON_NET).wait_blocked()
    r = request_waiting(agent)
    agent.prefix_add(A, SESSION, 'v0', flags=ONLINK, cookie=r['cookie'])
    equal(agent.request(r['cookie'])['state'], ANSWERED, 'answered, while the address is tentative')
    caller.end(signal.SIGKILL)
    ok(wait_for(lambda: not agent.prefixes(), 'the prefix to go'), 'on the net: nobody is left to have the prefix, and it goes')
    ok(wait_for(lambda: not [a for a in netlink.addresses('v0') if in_prefix(a['address'], A)], 'the address to go'),
       'with its address')
    equal(agent.stats()['cancelled'], 1, 'the request was cancelled')


def test_answered_left():
    """The same of an ordinary request: the prefix is there for others."""
    agent = agent_for(SESSION)
    peer = netns.Netns()
    netns.veth(peer, dad=3)
    caller = Caller(ask, SESSION).wait_blocked()
    agent.prefix_add(A, SESSION, 'v0', flags=ONLINK, cookie=request_waiting(agent)['cookie'])
    fails('EBUSY', 'a request is answered once', agent.prefix_add, B, SESSION, cookie=agent.requests()[0]['cookie'])
    caller.end(signal.SIGKILL)
    none_open(agent)
    later = Caller(ask, SESSION)
    ok(in_prefix(later.outcome(), A), 'a prefix whose asker is gone serves the next')


def test_wants_differ():
    netns.dummy('d0', 'd1')
    agent = agent_for(SESSION, NONPERSISTENT)
    index = {name: socket.if_nametoindex(name) for name in ('d0', 'd1')}
    on = {dev: Caller(ask, SESSION, dev=dev).wait_blocked() for dev in (None, 'd0', 'd1')}
    other = Caller(ask, NONPERSISTENT).wait_blocked()
    wants = sorted((r['type'], r.get('ifindex', 0), r['waiters']) for r in agent.requests())
    equal(wants, sorted([(SESSION, 0, 1), (SESSION, index['d0'], 1), (SESSION, index['d1'], 1), (NONPERSISTENT, 0, 1)]),
          'two types, two devices and no device: four requests')
    same = Caller(ask, SESSION, dev='d0')
    ok(request_waiting(agent, 2, ifindex=index['d0']), 'the same device: one request')
    agent.prefix_add(A, SESSION, 'd0')
    ok({on['d0'].outcome(), same.outcome(), on[None].outcome()} == {agent.prefix(A)['address']},
       'a prefix of the one device serves who wants it or no device')
    ok(not on['d1'].returned() and not other.returned(), 'and not who wants another device or type')
    r = request_waiting(agent, ifindex=index['d1'])
    fails('EINVAL', 'an answer by a prefix of another interface is refused', agent.prefix_add, B, SESSION, 'd0', cookie=r['cookie'])
    fails('EINVAL', 'an answer by another type is refused', agent.prefix_add, B, FIXED, 'd1', cookie=r['cookie'])
    equal(len(agent.prefixes()), 1, 'and nothing is added')
    agent.prefix_add(B, SESSION, 'd1', cookie=r['cookie'])
    ok(in_prefix(on['d1'].outcome(), B), 'until the right one comes')


def test_arrival():
    agent = agent_for(SESSION)
    callers = blocked_callers(2, ask, SESSION)
    own = Caller(ask, SESSION, flags=ON_NET).wait_blocked()
    plain = request_waiting(agent, 2)
    agent.accept(plain['cookie'])
    netlink.Odmm().prefix_add(A, SESSION)
    ok(all(in_prefix(caller.outcome(), A) for caller in callers), 'a prefix that simply comes serves those who wait')
    ok(not own.returned(), 'but not who asks on the net')
    fails('ENOENT', 'the agent\'s answer is late', agent.prefix_add, B, SESSION, cookie=plain['cookie'])
    fails('ENOENT', 'its refusal too', agent.refuse, plain['cookie'], errno.EADDRNOTAVAIL)
    equal((agent.stats()['late_answers'], [p['prefix'] for p in agent.prefixes()]), (2, ['2001:db8:51::']),
          'both are counted, nothing is added')


def test_last_leaves():
    agent = agent_for(SESSION)
    doorbell = netlink.Odmm()
    doorbell.subscribe('requests')
    one, two = blocked_callers(2, ask, SESSION)
    r = request_waiting(agent, 2)
    equal([(c, v['cookie'], v['state']) for c, v in doorbell.events()], [(REQUEST_NTF, r['cookie'], NEW)], 'the doorbell rings once')
    one.end(signal.SIGKILL)
    ok(request_waiting(agent, 1, cookie=r['cookie']), 'one of two is killed: the request goes on')
    two.end(signal.SIGKILL)
    ok(none_open(agent), 'the last is killed: the request is over')
    equal([(v['cookie'], v['state']) for _, v in doorbell.events()], [(r['cookie'], CANCELLED)], 'and the agents are told')
    fails('ENOENT', 'an answer is late', agent.prefix_add, A, SESSION, cookie=r['cookie'])
    equal(agent.stats()['cancelled'], 1, 'one is cancelled')


def test_limits():
    agent = agent_for(SESSION)
    patient = Caller(ask, SESSION, timeout=NO_LIMIT).wait_blocked()
    begin = time.monotonic()
    hasty = [Caller(ask, SESSION, timeout=t) for t in (300, 600)]
    equal([caller.outcome() for caller in hasty], 2 * ['ETIMEDOUT'], 'of three who wait together two have limits')
    ok(time.monotonic() - begin >= 0.6, 'each its own')
    ok(not patient.returned() and request_waiting(agent), 'the third waits on, alone')
    agent.prefix_add(A, SESSION)
    ok(in_prefix(patient.outcome(), A), 'and gets the address')

    ready(agent, B, FIXED)
    shared = wanting(NONE, timeout=400)
    set_option(shared, SC_TYPE, SESSION)
    agent.prefix_del(A, force=True)
    callers = [Caller(get_addr, shared) for _ in range(2)]
    equal([caller.outcome() for caller in callers], 2 * ['ETIMEDOUT'], 'two callers on one socket share its limit')
    equal(agent.stats()['timed_out'], 3, 'which counts once')


def test_signal_to_one():
    agent = agent_for(SESSION)
    one, two = blocked_callers(2, ask, SESSION)
    r = request_waiting(agent, 2)
    one.interrupt()
    equal(one.outcome(), 'EINTR', 'a signal to one of two who wait together')
    ok(not two.returned() and request_waiting(agent, 1, cookie=r['cookie']), 'the other waits on')

    shared = wanting(SESSION)
    three, four = blocked_callers(2, get_addr, shared)
    ok(request_waiting(agent, 2, cookie=r['cookie']), 'two callers on one socket count as one')
    three.interrupt()
    equal(three.outcome(), 'EINTR', 'a signal to one of two on the same socket')
    ok(not four.returned() and request_waiting(agent, 2), 'the other waits on')
    agent.prefix_add(A, SESSION)
    equal(two.outcome(), four.outcome(), 'both get the address')


def test_close():
    agent = agent_for(SESSION)

    def close():
        s = wanting(SESSION, blocking=False)
        fails('EINPROGRESS', 'asked without waiting', get_addr, s)
        request_waiting(agent)
        begin = time.monotonic()
        s.close()
        none_open(agent)
        return time.monotonic() - begin

    within(2, 'closing the socket ends the request', close)
    ok(agent.stats()['cancelled'] and not agent.sessions(), 'it is cancelled, and the session is gone')


def test_change_of_mind():
    agent = agent_for(SESSION, FIXED)
    shared = wanting(SESSION)
    caller = Caller(get_addr, shared).wait_blocked()
    set_option(shared, SC_TYPE, FIXED)
    equal(caller.outcome(), 'ECANCELED', 'the socket wants another type now: the blocked call is cancelled')
    none_open(agent)
    equal(state(shared), IDLE, 'the status says idle')
    caller = Caller(get_addr, shared).wait_blocked()
    set_option(shared, SC_TYPE, FIXED)
    ok(not caller.returned() and request_waiting(agent, type=FIXED), 'the same type again changes nothing')
    set_option(shared, SC_TYPE, NONE)
    equal(caller.outcome(), 'ECANCELED', 'nothing wanted any more: cancelled')

    pending = wanting(SESSION, blocking=False)
    fails('EINPROGRESS', 'asked without waiting', get_addr, pending)
    set_option(pending, SC_TYPE, FIXED)
    ok(none_open(agent), 'another type: that request is over')
    fails('EINPROGRESS', 'asked for the other type', get_addr, pending)
    ok(request_waiting(agent, type=FIXED), 'of which there is a new request')


def test_shared_sockets():
    agent = agent_for(SESSION)
    s = wanting(SESSION)
    copy = s.dup()
    callers = blocked_callers(2, get_addr, s) + blocked_callers(1, get_addr, copy)
    r = request_waiting(agent, 1)
    equal(len(agent.sessions()), 1, 'copies of a socket are one session')
    copy.setblocking(False)
    fails('EALREADY', 'asked without waiting meanwhile', get_addr, s)
    for caller in callers[:2]:
        caller.end(signal.SIGKILL)
    callers[2].interrupt()
    equal(callers[2].outcome(), 'EINTR', 'those who wait go')
    ok(request_waiting(agent, 1, cookie=r['cookie']), 'the request stays for whom has not waited')
    agent.prefix_add(A, SESSION)
    wait_for(lambda: state(s) == GRANTED, 'the grant')
    equal({get_addr(s), get_addr(copy), Caller(get_addr, s).outcome()}, {agent.prefix(A)['address']}, 'all copies have the address')


def test_agent_dies():
    first, second = agent_for(SESSION), netlink.Odmm()
    caller = Caller(ask, SESSION, timeout=NO_LIMIT).wait_blocked()
    r = first.accept()
    second.claim(SESSION, FIXED)
    doorbell = netlink.Odmm()
    doorbell.subscribe('requests')
    first.close()
    wait_for(lambda: second.request(r['cookie'])['state'] == NEW, 'a new offer')
    ok(second.request(r['cookie']).get('agent') is None, 'an agent dies: what it had accepted is open again')
    equal([(v['cookie'], v['state']) for _, v in doorbell.events()], [(r['cookie'], NEW)], 'the doorbell rings')
    equal((second.accept()['cookie'], second.stats()['agent_lost']), (r['cookie'], 1), 'another agent accepts it')
    second.prefix_add(A, SESSION, cookie=r['cookie'])
    ok(in_prefix(caller.outcome(), A), 'and answers')


def dies_alone(text, accepts):
    watcher, agent = netlink.Odmm(), agent_for(SESSION)
    caller = Caller(ask, SESSION, timeout=NO_LIMIT).wait_blocked()
    pending = wanting(SESSION, blocking=False)
    outcome(get_addr, pending)
    if accepts:
        agent.accept()
    begin = time.monotonic()
    agent.close()
    result = caller.outcome()
    took = time.monotonic() - begin
    equal(result, 'EOPNOTSUPP', f'{text}: EOPNOTSUPP')
    fails('EOPNOTSUPP', f'{text}: without waiting too', get_addr, pending)
    equal(watcher.requests(), [], f'{text}: nothing is left')
    return took


def test_only_agent_dies():
    for accepts in (False, True):
        text = 'the only agent dies' + (', having accepted' if accepts else '')
        within(GRACE, text, lambda text=text, accepts=accepts: dies_alone(text, accepts))


def test_agent_restarts():
    agent = agent_for(SESSION)
    caller = Caller(ask, SESSION, timeout=NO_LIMIT).wait_blocked()
    r = agent.accept()
    agent.close()
    agent = agent_for(SESSION)
    time.sleep(GRACE)
    ok(not caller.returned(), 'an agent that comes back in time finds the request')
    equal(agent.accept()['cookie'], r['cookie'], 'and can accept it')
    agent.prefix_add(A, SESSION, cookie=r['cookie'])
    ok(in_prefix(caller.outcome(), A), 'and answer it')
    fails('ENOENT', 'once', agent.prefix_add, B, SESSION, cookie=r['cookie'])


def test_claim_shrinks():
    """Another claim by the same agent, that no longer covers what is asked."""
    agent = agent_for(SESSION)
    caller = Caller(ask, SESSION, timeout=NO_LIMIT).wait_blocked()
    agent.accept()
    agent.claim(FIXED)
    equal(caller.outcome(), 'EOPNOTSUPP', 'the agent serves that type no more: EOPNOTSUPP')


def test_agent_kept_open():
    """The claim ends with the socket, not with one of its owners."""
    agent = agent_for(SESSION)
    copy = os.dup(agent.fileno())
    agent.close()
    caller = Caller(ask, SESSION, timeout=NO_LIMIT).wait_blocked()
    time.sleep(GRACE)
    ok(not caller.returned(), 'an agent whose socket has another owner lives on')
    os.close(copy)
    equal(caller.outcome(), 'EOPNOTSUPP', 'until that one closes it')


def test_error_once():
    agent = agent_for(SESSION)
    s = wanting(SESSION, blocking=False)
    fails('EINPROGRESS', 'asked without waiting', get_addr, s)
    r = request_waiting(agent)
    agent.refuse(r['cookie'], errno.EACCES)
    equal((get_status(s).state, get_status(s).error), (FAILED, errno.EACCES), 'the status tells of the refusal')
    fails('EACCES', 'so does the next call', get_addr, s)
    equal((get_status(s).state, get_status(s).error), (FAILED, errno.EACCES), 'the status still does')
    fails('EINPROGRESS', 'the call after that asks anew', get_addr, s)
    ok(request_waiting(agent)['cookie'] > r['cookie'], 'by another request')
    equal((get_status(s).state, get_status(s).error), (PENDING, 0), 'the status tells of that')
    agent.refuse(request_waiting(agent)['cookie'], errno.EDQUOT)
    set_option(s, SC_TYPE, NONE)
    set_option(s, SC_TYPE, SESSION)
    equal((get_status(s).state, get_status(s).error), (IDLE, 0), 'a change of mind forgets the error')


def test_status():
    agent = agent_for(GRACEFUL)
    s = udp()
    index = socket.if_nametoindex('lo')
    equal(get_status(s), (64, 0, 0, IDLE, 0, 0, 0, 0, '::', '::'), 'status: has not asked')
    s = wanting(GRACEFUL, blocking=False)
    equal(get_status(s), (64, GRACEFUL, 0, IDLE, 0, 0, 0, 0, '::', '::'), 'status: has a wish')
    outcome(get_addr, s)
    equal(get_status(s), (64, GRACEFUL, 0, PENDING, 0, 0, 0, 0, '::', '::'), 'status: waits')
    one = ready(agent, A, GRACEFUL, valid_lft=1000, preferred_lft=500, cookie=request_waiting(agent)['cookie'])
    wait_for(lambda: state(s) == GRANTED, 'the grant')
    status = get_status(s)
    ok(990 < status.valid_lft <= 1000 and 490 < status.preferred_lft <= 500, 'status: lifetimes', status)
    equal(status[:6] + status[8:], (64, GRACEFUL, 0, GRANTED, 0, index, one, '::'), 'status: granted')
    two = ready(agent, B, GRACEFUL)
    equal(get_status(s).addr, one, 'status: a newer prefix does not take its place')
    agent.prefix_change(A, preferred_lft=0)
    status = get_status(s)
    equal((status.state, status.preferred_lft, status.addr, status.replacement), (DEPRECATED, 0, one, two),
          'status: deprecated, with a replacement')
    equal(get_addr(s), one, 'who holds a deprecated address still gets it')
    equal(ask(GRACEFUL), two, 'others get the replacement')
    agent.prefix_del(A)
    status = get_status(s)
    equal(status, (64, GRACEFUL, 0, LOST, 0, index, 0, 0, one, two), 'status: lost, with a replacement')
    equal(get_addr(s), two, 'who has lost its address gets the replacement')
    equal(get_status(s), (64, GRACEFUL, 0, GRANTED, 0, index, INFINITY, INFINITY, two, '::'), 'status: granted again')
    agent.prefix_del(B)
    fails('EINPROGRESS', 'lost and nothing there: asks anew', get_addr, s)
    agent.refuse(request_waiting(agent)['cookie'], errno.EADDRNOTAVAIL)
    equal(get_status(s), (64, GRACEFUL, 0, FAILED, errno.EADDRNOTAVAIL, 0, 0, 0, '::', '::'), 'status: failed')


def test_race_of_answers():
    """Answer, refusal, limit and signal compete: each caller is told one thing, and no request is left."""
    agent = agent_for(SESSION)
    results = {}
    for n in range(20):
        caller = Caller(ask, SESSION, timeout=5)
        wait_for(lambda: caller.returned() or agent.requests(), 'a request')
        for r in agent.requests():
            if n % 2:
                outcome(agent.refuse, r['cookie'], errno.EADDRNOTAVAIL)
            else:
                outcome(agent.prefix_add, A, SESSION, cookie=r['cookie'])
        caller.interrupt()
        result = caller.outcome()
        result = 'an address' if ':' in result else result
        results[result] = results.get(result, 0) + 1
        caller.end()
        if agent.prefixes():
            wait_for(lambda: agent.prefix(A)['sessions'] == 0, 'the holder to go')
            agent.prefix_del(A)
    ok(set(results) <= {'an address', 'EADDRNOTAVAIL', 'ETIMEDOUT', 'EINTR'}, f'20 races: {results}')
    ok(none_open(agent), 'nothing is left open')
    stats = agent.stats()
    equal(stats['submitted'], sum(stats[k] for k in ('granted', 'refused', 'cancelled')), 'each request has ended once')


run(test_answer, test_coalescing, test_on_net, test_on_net_left, test_answered_left, test_wants_differ, test_arrival, test_last_leaves,
    test_limits, test_signal_to_one, test_close, test_change_of_mind, test_shared_sockets, test_agent_dies, test_only_agent_dies,
    test_agent_restarts, test_claim_shrinks, test_agent_kept_open, test_error_once, test_status, test_race_of_answers)
