#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Each errno of the socket contract, provoked. Those of bad arguments (EINVAL, EFAULT) are in options.t, that of a missing module is in
absent.t, those of foreign sockets are in others.t.
"""
import errno
import os
import signal
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../lib'))
import ndp
import netlink
import netns
from odmm import (BIND, FAILED, FIXED, GRACEFUL, GRANTED, IFA_PROTO_BASE, KINDS, NONE, NONPERSISTENT, NO_LIMIT, ON_NET, PENDING, SC_TYPE, SESSION,
                  Caller, ask, get_addr, get_option, get_status, in_prefix, ready, request_waiting, set_option, setsc, state, tcp,
                  udp, wanting)
from tap import equal, fails, ok, outcome, run, wait_for

PREFIX = '2001:db8:51::/64'
REQUESTS_MAX = 16384
IPV6_ADDRFORM = 1


def test_nothing_wanted():
    for kind in KINDS:
        s = wanting(NONE, kind)
        fails('EINVAL', f'{kind.__name__}: EINVAL, no type is wanted', get_addr, s)


def test_ipv4_mapped():
    ready(netlink.Odmm(), PREFIX, SESSION)
    bound = udp()
    bound.bind(('::ffff:127.0.0.1', 0))
    connected = udp()
    connected.connect(('::ffff:127.0.0.1', 9))
    listener = socket.create_server(('127.0.0.1', 0))
    stream = tcp()
    stream.connect(('::ffff:127.0.0.1', listener.getsockname()[1]))
    for name, s in (('bound UDP', bound), ('connected UDP', connected), ('connected TCP', stream)):
        fails('EAFNOSUPPORT', f'{name}: EAFNOSUPPORT, IPv4-mapped, set', set_option, s, SC_TYPE, SESSION)
        fails('EAFNOSUPPORT', f'{name}: EAFNOSUPPORT, IPv4-mapped, get', get_option, s, SC_TYPE)
        fails('EAFNOSUPPORT', f'{name}: EAFNOSUPPORT, IPv4-mapped, setsc()', setsc, s, SESSION)


def test_mapped_later():
    """A socket that held an address, and then went over to IPv4 altogether."""
    nl = netlink.Odmm()
    ready(nl, PREFIX, SESSION)
    s = wanting(SESSION)
    get_addr(s)
    s.connect(('::ffff:127.0.0.1', 9))
    fails('EAFNOSUPPORT', 'EAFNOSUPPORT, connected to IPv4 after it got an address', get_addr, s)
    set_option(s, IPV6_ADDRFORM, socket.AF_INET)
    fails('EOPNOTSUPP', 'EOPNOTSUPP, the socket became one of IPv4', get_option, s, SC_TYPE)
    equal(len(nl.sessions()), 1, 'it is still shown as a session')
    s.close()
    ok(wait_for(lambda: not nl.sessions(), 'the session to go'), 'and goes when it is closed')


def test_connected():
    ready(netlink.Odmm(), PREFIX, SESSION)
    listener = socket.create_server(('::1', 0), family=socket.AF_INET6)
    for kind in KINDS:
        s = wanting(SESSION, kind, BIND)
        s.connect(('::1', listener.getsockname()[1] if kind is tcp else 9))
        before = s.getsockname()
        fails('EISCONN', f'{kind.__name__}: EISCONN, to be bound while connected', get_addr, s)
        equal(s.getsockname(), before, f'{kind.__name__}: and nothing has changed')


def test_bound_elsewhere():
    ready(netlink.Odmm(), PREFIX, SESSION)
    for kind in KINDS:
        s = wanting(SESSION, kind, BIND)
        s.bind(('::1', 0))
        fails('EINVAL', f'{kind.__name__}: EINVAL, bound to another address', get_addr, s)
    for kind in (tcp, udp):
        s = wanting(SESSION, kind, BIND)
        s.bind(('::', 0))
        fails('EINVAL', f'{kind.__name__}: EINVAL, bound to a port and no address', get_addr, s)
    s = wanting(SESSION, tcp, BIND)
    s.listen()
    fails('EINVAL', 'EINVAL, listening', get_addr, s)


def test_nobody_serves():
    nl = netlink.Odmm()
    netns.dummy('d0')
    for kind in KINDS:
        for flags in (0, ON_NET):
            s = wanting(SESSION, kind, flags, timeout=NO_LIMIT)
            fails('EOPNOTSUPP', f'{kind.__name__}, flags {flags:#x}: EOPNOTSUPP, no prefix and no agent', get_addr, s)
    stats = nl.stats()
    equal((stats['submitted'], stats['unsupported']), (0, 8), 'without a request, that is: at once')
    nl.claim(GRACEFUL)
    fails('EOPNOTSUPP', 'EOPNOTSUPP, an agent serves another type', ask, SESSION, timeout=NO_LIMIT)
    nl.claim(SESSION, devs=['lo'])
    fails('EOPNOTSUPP', 'EOPNOTSUPP, an agent serves another interface', ask, SESSION, timeout=NO_LIMIT, dev='d0')
    ready(nl, PREFIX, FIXED)
    fails('EOPNOTSUPP', 'EOPNOTSUPP, a prefix of another type', ask, NONPERSISTENT, timeout=NO_LIMIT)
    fails('EOPNOTSUPP', 'EOPNOTSUPP, a prefix of another interface', ask, FIXED, timeout=NO_LIMIT, dev='d0')
    fails('EOPNOTSUPP', 'EOPNOTSUPP, on the net, a prefix and no agent', ask, FIXED, timeout=NO_LIMIT, flags=ON_NET)
    equal(nl.stats()['submitted'], 0, 'all of them at once')


def test_refused():
    agent = netlink.Odmm()
    agent.claim(SESSION)
    for name in ('EADDRNOTAVAIL', 'EOPNOTSUPP', 'ETIMEDOUT', 'EACCES', 'EDQUOT', 'ENETDOWN'):
        caller = Caller(ask, SESSION)
        cookie = request_waiting(agent)['cookie']
        agent.refuse(cookie, getattr(errno, name))
        equal(caller.outcome(), name, f'{name}, the agent refuses by it')
        caller.end()
    equal(agent.stats()['refused'], 6, 'counted as refusals')


def test_duplicate():
    """Every address that is tried belongs to somebody else."""
    nl = netlink.Odmm()
    peer = netns.Netns()
    netns.veth(peer, dad=20)
    nl.prefix_add('2001:db8:61::/64', SESSION, 'v0', flags=netlink.ONLINK)
    caller = Caller(ask, SESSION, kind=tcp).wait_blocked()
    ndp.Defender(peer)
    equal(caller.outcome(60), 'EADDRNOTAVAIL', 'EADDRNOTAVAIL, each address is a duplicate')
    equal(nl.stats()['dad_failed'], 4, 'after four addresses were tried')
    equal((nl.prefixes(), [a for a in netlink.addresses('v0') if a['proto'] > IFA_PROTO_BASE]), ([], []), 'nothing is left of the prefix')
    # An address with a lifetime is deleted by the kernel itself; an answer fails as an arrival does.
    nl.claim(NONPERSISTENT)
    caller = Caller(ask, NONPERSISTENT)
    request = request_waiting(nl)
    nl.prefix_add('2001:db8:62::/64', NONPERSISTENT, 'v0', flags=netlink.ONLINK, valid_lft=3600, cookie=request['cookie'])
    equal(caller.outcome(60), 'EADDRNOTAVAIL', 'EADDRNOTAVAIL, each address of an answer is a duplicate')
    equal(nl.stats()['dad_failed'], 8, 'after four more')


def test_duplicate_once():
    nl = netlink.Odmm()
    peer = netns.Netns()
    netns.veth(peer, dad=1)
    defender = ndp.Defender(peer, times=1)
    prefix = '2001:db8:61::/64'
    nl.prefix_add(prefix, SESSION, 'v0', flags=netlink.ONLINK)
    first = defender.defended()
    second = Caller(ask, SESSION).outcome(60)
    ok(in_prefix(first, prefix) and in_prefix(second, prefix) and second != first, 'after one duplicate another address is given', (first, second))
    equal(nl.stats()['dad_failed'], 1, 'one duplicate is counted')


def test_timed_out():
    agent = netlink.Odmm()
    agent.claim(SESSION)
    for kind in KINDS:
        begin = time.monotonic()
        fails('ETIMEDOUT', f'{kind.__name__}: ETIMEDOUT, nobody answers', ask, SESSION, kind, timeout=200)
        took = time.monotonic() - begin
        ok(took >= 0.2, f'{kind.__name__}: not before its time', f'{took} s')
        equal(agent.requests(), [], f'{kind.__name__}: no request is left')
    s = tcp()
    fails('ETIMEDOUT', 'ETIMEDOUT, setsc() in one call', setsc, s, SESSION, 0, 100)
    equal((get_status(s).state, get_status(s).error), (FAILED, errno.ETIMEDOUT), 'the status tells of it')
    equal(agent.stats()['timed_out'], 5, 'five are counted')


def test_signals():
    agent = netlink.Odmm()
    agent.claim(SESSION)
    timed = Caller(ask, SESSION, timeout=60000, restart=True).wait_blocked()
    timed.interrupt()
    equal(timed.outcome(), 'EINTR', 'EINTR, a signal during a wait with a limit, SA_RESTART or not')
    plain = Caller(ask, SESSION, timeout=NO_LIMIT).wait_blocked()
    plain.interrupt()
    equal(plain.outcome(), 'EINTR', 'EINTR, a signal during a wait without limit, no SA_RESTART')
    wait_for(lambda: not agent.requests(), 'no request to be left')

    restarted = Caller(ask, SESSION, timeout=NO_LIMIT, restart=True).wait_blocked()
    restarted.interrupt()
    wait_for(lambda: agent.stats()['interrupted'] == 3, 'the third interruption')
    restarted.wait_blocked()
    request = request_waiting(agent)
    ok(not restarted.returned(), 'a wait without limit goes on after a signal, with SA_RESTART')
    agent.prefix_add(PREFIX, SESSION, cookie=request['cookie'])
    ok(in_prefix(restarted.outcome(), PREFIX), 'and ends with the address')


def test_stops():
    agent = netlink.Odmm()
    agent.claim(SESSION)
    caller = Caller(ask, SESSION, timeout=NO_LIMIT).wait_blocked()
    caller.interrupt(signal.SIGSTOP)
    wait_for(lambda: not agent.requests(), 'the caller to stop')
    caller.interrupt(signal.SIGCONT)
    caller.wait_blocked()
    ok(request_waiting(agent), 'a wait without limit goes on after SIGSTOP and SIGCONT')


def test_suspend():
    """Only the freezing of all processes, then the way back. The seconds in between are a loop, calibrated while the machine booted."""
    agent = netlink.Odmm()
    agent.claim(SESSION)
    caller = Caller(ask, SESSION, timeout=60000).wait_blocked()
    before = request_waiting(agent)
    for name, value in (('/sys/module/suspend/parameters/pm_test_delay', '2'), ('/sys/power/pm_test', 'freezer'),
                        ('/sys/power/state', 'freeze'), ('/sys/power/pm_test', 'none')):
        with open(name, 'w', encoding='ascii') as f:
            f.write(value)
    after = request_waiting(agent)
    ok(after['cookie'] == before['cookie'] and after['age'] - before['age'] > 1000, 'a suspend does not end a wait', (before, after))
    equal(agent.stats()['interrupted'], 0, 'and does not look like a signal')
    agent.prefix_add(PREFIX, SESSION, cookie=after['cookie'])
    ok(in_prefix(caller.outcome(), PREFIX), 'the answer comes after it')


def test_in_progress():
    agent = netlink.Odmm()
    agent.claim(SESSION)
    sockets = [wanting(SESSION, kind, blocking=False) for kind in KINDS]
    for kind, s in zip(KINDS, sockets):
        fails('EINPROGRESS', f'{kind.__name__}: EINPROGRESS, asked without waiting', get_addr, s)
        fails('EALREADY', f'{kind.__name__}: EALREADY, asked again', get_addr, s)
        fails('EALREADY', f'{kind.__name__}: EALREADY, asked by setsc()', setsc, s, SESSION)
        equal(state(s), PENDING, f'{kind.__name__}: the status says pending')
    request = request_waiting(agent, 4)
    agent.prefix_add(PREFIX, SESSION, cookie=request['cookie'])
    for kind, s in zip(KINDS, sockets):
        wait_for(lambda s=s: state(s) == GRANTED, 'the grant')
        ok(in_prefix(get_addr(s), PREFIX), f'{kind.__name__}: then the address')


def test_busy():
    nl = netlink.Odmm()
    address = ready(nl, PREFIX, SESSION)
    ready(nl, '2001:db8:52::/64', FIXED)
    for kind in KINDS:
        s = wanting(SESSION, kind, BIND)
        get_addr(s)
        for wanted in (NONE, FIXED):
            fails('EBUSY', f'{kind.__name__}: EBUSY, bound, wants type {wanted}', set_option, s, SC_TYPE, wanted)
            if wanted:
                fails('EBUSY', f'{kind.__name__}: EBUSY, bound, setsc({wanted})', setsc, s, wanted, BIND)
        equal((get_option(s, SC_TYPE), get_addr(s)), (SESSION, address), f'{kind.__name__}: and all is as it was')
    s = wanting(SESSION)
    s.bind((get_addr(s), 0))
    fails('EBUSY', 'EBUSY, bound by bind(2)', set_option, s, SC_TYPE, NONE)


def test_link_removed():
    agent = netlink.Odmm()
    agent.claim(SESSION)
    netns.dummy('d0', 'd1')
    blocked = Caller(ask, SESSION, dev='d0', timeout=NO_LIMIT).wait_blocked()
    other = Caller(ask, SESSION, dev='d1', timeout=NO_LIMIT).wait_blocked()
    pending = wanting(SESSION, dev='d0', blocking=False)
    fails('EINPROGRESS', 'asked without waiting', get_addr, pending)
    netns.ip('link del d0')
    equal(blocked.outcome(), 'ENETDOWN', 'ENETDOWN, the interface is removed')
    fails('ENETDOWN', 'ENETDOWN, without waiting', get_addr, pending)
    ok(not other.returned() and len(agent.requests()) == 1, 'who asked for another interface waits on')
    equal(agent.stats()['link_removed'], 1, 'one request is counted')


def test_quota():
    """The number of requests that a namespace can have open is limited."""
    nl = netlink.Odmm()
    nl.claim(SESSION)
    nl.policy_set(requests_max=REQUESTS_MAX)
    sockets = [udp() for _ in range(REQUESTS_MAX + 1)]
    answers = {}
    for s in sockets:
        s.setblocking(False)
        answer = outcome(setsc, s, SESSION, ON_NET, NO_LIMIT)
        answers[answer] = answers.get(answer, 0) + 1
    equal(answers, {'EINPROGRESS': REQUESTS_MAX, 'EDQUOT': 1}, f'EDQUOT, {REQUESTS_MAX} requests are open')
    equal(nl.stats()['over_quota'], 1, 'counted once')
    while sockets:
        sockets.pop().close()
    ok(wait_for(lambda: nl.stats()['requests'] == 0, 'the requests to go'), 'when the sockets are closed all requests go')


run(test_nothing_wanted, test_ipv4_mapped, test_mapped_later, test_connected, test_bound_elsewhere, test_nobody_serves, test_refused,
    test_duplicate, test_duplicate_once, test_timed_out, test_signals, test_stops, test_suspend, test_in_progress, test_busy, test_link_removed, test_quota)
