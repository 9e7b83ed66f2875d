#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""What a socket with IPV6_SC_EVENTS is told: each event, in each field, of each kind of socket."""
import errno
import os
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../lib'))
import netlink
import netns
from netlink import ONLINK
from odmm import (BIND, EVENT_DEPRECATED, EVENT_FAILED, EVENT_GRANTED, EVENT_LOST, EVENT_REPLACED, EVENTS, FAILED, FIXED, GRACEFUL,
                  INFINITY, KINDS, LOST, NONPERSISTENT, ON_NET, SC_FLAGS, SC_LIFETIME, SESSION, TYPES, Caller, get_addr, get_status, ready,
                  request_waiting, set_option, setsc, state, tcp, wanting)
from tap import equal, error_name, fails, outcome, run, wait_for
from told import all_read, are_counted, asker, holder, is_told, pending, queued, read

A, B, C = '2001:db8:51::/64', '2001:db8:52::/64', '2001:db8:53::/64'
REFUSALS = (errno.EOPNOTSUPP, errno.EADDRNOTAVAIL, errno.ETIMEDOUT, errno.EACCES, errno.EDQUOT, errno.ENETDOWN)


def agent_for(*types):
    agent = netlink.Odmm()
    agent.claim(*types)
    return agent


def name(s):
    return {socket.SOCK_STREAM: 'tcp', socket.SOCK_RAW: 'raw'}.get(s.type) or ('ping' if s.proto == socket.IPPROTO_ICMPV6 else 'udp')


def all_told(sockets, text, event, wanted, **values):
    for s in sockets:
        is_told(s, f'{name(s)}: {text}', event, wanted, **values)


def none_told_more(nl, sockets, n, text):
    are_counted(nl, n, f'{text}: that is all')
    equal([all_read(s) for s in sockets], [[] for _ in sockets], f'{text}: and nothing is left to read')


def test_granted():
    for wanted in TYPES:
        agent = agent_for(wanted)
        sockets = [pending(wanted, kind) for kind in KINDS]
        before = agent.stats()['notices']
        address = ready(agent, A, wanted, valid_lft=1000, preferred_lft=500, cookie=request_waiting(agent, len(KINDS))['cookie'])
        all_told(sockets, f'granted, type {wanted}', EVENT_GRANTED, wanted, addr=address, valid=1000, preferred=500)
        none_told_more(agent, sockets, before + len(KINDS), f'type {wanted}')
        equal({get_addr(s) for s in sockets}, {address}, f'type {wanted}: they get the address')
        for s in sockets:
            s.close()
        agent.prefix_del(A, force=True)
        agent.close()


def test_granted_for_ever():
    """Lifetimes without end, and a prefix that simply comes."""
    agent = agent_for(SESSION)
    s = pending(SESSION)
    is_told(s, 'granted, for ever', EVENT_GRANTED, SESSION, addr=ready(agent, A, SESSION))


def test_granted_on_net():
    agent = agent_for(SESSION)
    ready(agent, A, SESSION)
    s = pending(SESSION, flags=ON_NET)
    agent.prefix_add(B, SESSION, cookie=request_waiting(agent)['cookie'])
    address = wait_for(lambda: agent.prefix(B)['state'] and agent.prefix(B), 'the prefix')['address']
    is_told(s, 'granted, on the net', EVENT_GRANTED, SESSION, addr=address)


def test_granted_by_setsc():
    """All of it in one call."""
    agent = agent_for(FIXED)
    s = tcp()
    s.setblocking(False)
    fails('EINPROGRESS', 'setsc() with the flag', setsc, s, FIXED, EVENTS)
    is_told(s, 'setsc(): granted', EVENT_GRANTED, FIXED, addr=ready(agent, A, FIXED))


def failing(agent):
    sockets = [pending(SESSION, kind) for kind in KINDS]
    return sockets, request_waiting(agent, len(KINDS))['cookie']


def all_failed(sockets, text, error):
    all_told(sockets, text, EVENT_FAILED, SESSION, error=error, valid=0, preferred=0)
    equal([(get_status(s).state, get_status(s).error) for s in sockets], len(sockets) * [(FAILED, error)], f'{text}: the status agrees')
    equal([outcome(get_addr, s) for s in sockets], len(sockets) * [error_name(error)],
          f'{text}: the next call says so too')


def test_refused():
    agent = agent_for(SESSION)
    for n, error in enumerate(REFUSALS, 1):
        text = f'refused, {error_name(error)}'
        sockets, cookie = failing(agent)
        agent.refuse(cookie, error)
        all_failed(sockets, text, error)
        none_told_more(agent, sockets, n * len(KINDS), text)


def test_timed_out():
    """Each has a limit of its own, and is told at that time."""
    agent = agent_for(SESSION)
    patient = pending(SESSION)
    sockets = [pending(SESSION, kind, timeout=200) for kind in KINDS]
    all_failed(sockets, 'timed out', errno.ETIMEDOUT)
    none_told_more(agent, sockets + [patient], len(KINDS), 'timed out')
    is_told(patient, 'who has more time is granted', EVENT_GRANTED, SESSION, addr=ready(agent, A, SESSION))


def test_link_removed():
    agent = agent_for(SESSION)
    netns.dummy('d0')
    sockets = [pending(SESSION, kind, dev='d0') for kind in KINDS]
    netns.ip('link del d0')
    all_told(sockets, 'link removed', EVENT_FAILED, SESSION, error=errno.ENETDOWN, valid=0, preferred=0)
    none_told_more(agent, sockets, len(KINDS), 'link removed')


def test_agent_gone():
    watcher, agent = netlink.Odmm(), agent_for(SESSION)
    sockets, _ = failing(agent)
    agent.close()
    all_failed(sockets, 'agent gone', errno.EOPNOTSUPP)
    none_told_more(watcher, sockets, len(KINDS), 'agent gone')


def test_prefix_failed():
    """The answer is taken back before its address is usable."""
    agent = agent_for(SESSION)
    netns.veth(netns.Netns(), dad=3)
    sockets, cookie = failing(agent)
    agent.prefix_add(A, SESSION, 'v0', flags=ONLINK, cookie=cookie)
    agent.prefix_del(A)
    all_failed(sockets, 'prefix deleted while tentative', errno.EADDRNOTAVAIL)


def held_by_all(nl, wanted, prefix=A, **values):
    """A prefix, its address, and a socket of each kind that holds it."""
    return ready(nl, prefix, wanted, **values), [holder(wanted, kind) for kind in KINDS]


def test_deprecated_by_hand():
    nl = netlink.Odmm()
    for n, wanted in enumerate(TYPES, 1):
        address, sockets = held_by_all(nl, wanted, valid_lft=1000, preferred_lft=900)
        nl.prefix_change(A, preferred_lft=0)
        all_told(sockets, f'deprecated, type {wanted}', EVENT_DEPRECATED, wanted, addr=address, valid=1000, preferred=0)
        none_told_more(nl, sockets, n * len(KINDS), f'deprecated, type {wanted}')
        for s in sockets:
            s.close()
        nl.prefix_del(A, force=True)


def test_deprecated_by_time():
    """At the end of the preferred lifetime, and not before."""
    nl = netlink.Odmm()
    address, sockets = held_by_all(nl, SESSION, valid_lft=1000, preferred_lft=3)
    equal(nl.stats()['notices'], 0, 'nothing is told before the time')
    all_told(sockets, 'deprecated by time', EVENT_DEPRECATED, SESSION, addr=address, valid=1000, preferred=0)
    equal(nl.stats()['deprecated'], 1, 'it was one prefix')


def test_deprecated_by_withdrawal():
    nl = netlink.Odmm()
    address, sockets = held_by_all(nl, GRACEFUL)
    nl.prefix_withdraw(A)
    all_told(sockets, 'withdrawn, grace of the policy', EVENT_DEPRECATED, GRACEFUL, addr=address, valid=60, preferred=0)
    address, sockets = held_by_all(nl, NONPERSISTENT, B)
    nl.prefix_withdraw(B, grace=500)
    all_told(sockets, 'withdrawn, grace of the call', EVENT_DEPRECATED, NONPERSISTENT, addr=address, valid=500, preferred=0)


def test_deprecated_by_age():
    """By the limit that the socket itself has set."""
    agent = agent_for(SESSION)
    s = pending(SESSION, flags=ON_NET)
    set_option(s, SC_LIFETIME, 1)
    agent.prefix_add(A, SESSION, cookie=request_waiting(agent)['cookie'])
    address = read(s)[0].addr
    is_told(s, 'deprecated by age', EVENT_DEPRECATED, SESSION, addr=address, preferred=0)


def test_deprecated_twice():
    """It was preferred again in between."""
    nl = netlink.Odmm()
    address, sockets = held_by_all(nl, GRACEFUL)
    for n in (1, 2):
        nl.prefix_change(A, preferred_lft=0)
        all_told(sockets, f'deprecated for the {n}. time', EVENT_DEPRECATED, GRACEFUL, addr=address, preferred=0)
        nl.prefix_change(A, preferred_lft=INFINITY)
        equal({get_status(s).preferred_lft for s in sockets}, {INFINITY}, 'preferred again')
    none_told_more(nl, sockets, 2 * len(KINDS), 'deprecated twice')
    nl.prefix_change(A, valid_lft=1000, preferred_lft=0)
    all_told(sockets, 'deprecated anew', EVENT_DEPRECATED, GRACEFUL, addr=address, valid=1000, preferred=0)
    nl.prefix_change(A, valid_lft=2000, preferred_lft=0)
    none_told_more(nl, sockets, 3 * len(KINDS), 'another lifetime of what is deprecated')


def test_replaced_before():
    """The successor is there when the old one is deprecated."""
    nl = netlink.Odmm()
    old, sockets = held_by_all(nl, GRACEFUL)
    new = ready(nl, B, GRACEFUL)
    equal(nl.stats()['notices'], 0, 'a newer prefix alone is no news')
    nl.prefix_withdraw(A, grace=100)
    all_told(sockets, 'deprecated', EVENT_DEPRECATED, GRACEFUL, addr=old, replacement=new, valid=100, preferred=0)
    all_told(sockets, 'replaced', EVENT_REPLACED, GRACEFUL, addr=old, replacement=new, valid=100, preferred=0)
    none_told_more(nl, sockets, 2 * len(KINDS), 'replaced')
    equal(get_addr(holder(GRACEFUL)), new, 'a new socket gets the replacement')


def test_replaced_after():
    """The successor comes later, and after it another one."""
    nl = netlink.Odmm()
    old, sockets = held_by_all(nl, GRACEFUL)
    nl.prefix_withdraw(A, grace=100)
    all_told(sockets, 'deprecated', EVENT_DEPRECATED, GRACEFUL, addr=old, valid=100, preferred=0)
    for prefix in (B, C):
        new = ready(nl, prefix, GRACEFUL)
        all_told(sockets, f'replaced by {prefix}', EVENT_REPLACED, GRACEFUL, addr=old, replacement=new, valid=100, preferred=0)
    none_told_more(nl, sockets, 3 * len(KINDS), 'replaced twice')


def test_replaced_by_the_right_one():
    """Another type, or another interface than the socket is bound to, is no replacement."""
    netns.dummy('d0', 'd1')
    nl = netlink.Odmm()
    old = ready(nl, A, GRACEFUL, 'd0')
    s = holder(GRACEFUL, dev='d0')
    nl.prefix_change(A, preferred_lft=0)
    is_told(s, 'bound to d0: deprecated', EVENT_DEPRECATED, GRACEFUL, addr=old, preferred=0)
    ready(nl, B, SESSION, 'd0')
    ready(nl, C, GRACEFUL, 'd1')
    new = ready(nl, '2001:db8:54::/64', GRACEFUL, 'd0')
    is_told(s, 'bound to d0: replaced by one of d0', EVENT_REPLACED, GRACEFUL, addr=old, replacement=new, preferred=0)
    are_counted(nl, 2, 'neither another type nor another interface was told')


def test_replaced_by_the_same():
    """What is no replacement for a socket is no reason to tell it of the one that it knows."""
    netns.dummy('d0', 'd1')
    nl = netlink.Odmm()
    old = ready(nl, A, GRACEFUL, 'd0')
    s, free = holder(GRACEFUL, dev='d0'), holder(GRACEFUL)
    new = ready(nl, B, GRACEFUL, 'd0')
    nl.prefix_change(A, preferred_lft=0)
    for one in (s, free):
        is_told(one, 'deprecated', EVENT_DEPRECATED, GRACEFUL, addr=old, replacement=new, preferred=0)
        is_told(one, 'replaced', EVENT_REPLACED, GRACEFUL, addr=old, replacement=new, preferred=0)
    other = ready(nl, C, GRACEFUL, 'd1')
    is_told(free, 'bound to no interface: replaced by another', EVENT_REPLACED, GRACEFUL, addr=old, replacement=other, preferred=0)
    none_told_more(nl, [s, free], 5, 'who is bound to d0 is not told again')


def test_replaced_on_net():
    """The prefix of one socket alone, and a successor for everybody: before, or after."""
    agent = agent_for(SESSION)
    one, two = [pending(SESSION, flags=ON_NET)], [pending(SESSION, flags=ON_NET)]
    old = []
    for r, prefix in zip(agent.requests(), (A, B)):
        agent.prefix_add(prefix, SESSION, cookie=r['cookie'])
        old.append(wait_for(lambda prefix=prefix: agent.prefix(prefix)['state'] and agent.prefix(prefix), 'the prefix')['address'])
    agent.prefix_change(A, preferred_lft=0)
    for s, event, addr, preferred in ((one, EVENT_GRANTED, old[0], INFINITY), (two, EVENT_GRANTED, old[1], INFINITY),
                                      (one, EVENT_DEPRECATED, old[0], 0)):
        all_told(s, f'on the net: {event}', event, SESSION, addr=addr, preferred=preferred)
    new = ready(agent, C, SESSION)
    agent.prefix_change(B, preferred_lft=0)
    all_told(two, 'deprecated', EVENT_DEPRECATED, SESSION, addr=old[1], replacement=new, preferred=0)
    all_told(two, 'replaced by one that was there', EVENT_REPLACED, SESSION, addr=old[1], replacement=new, preferred=0)
    equal({get_status(s).replacement for s in one + two}, {new}, 'the status tells both the replacement')
    all_told(one, 'replaced by one that came later', EVENT_REPLACED, SESSION, addr=old[0], replacement=new, preferred=0)


def all_lost(nl, sockets, text, wanted, n=1, **values):
    all_told(sockets, f'{text}: lost', EVENT_LOST, wanted, error=errno.ECONNABORTED, valid=0, preferred=0, **values)
    none_told_more(nl, sockets, n * len(sockets), text)
    equal([state(s) for s in sockets], len(sockets) * [LOST], f'{text}: the status agrees')


def test_lost_by_withdrawal():
    nl = netlink.Odmm()
    address, sockets = held_by_all(nl, NONPERSISTENT)
    nl.prefix_withdraw(A)
    all_lost(nl, sockets, 'withdrawn', NONPERSISTENT, addr=address)


def test_lost_by_force():
    nl = netlink.Odmm()
    address, sockets = held_by_all(nl, SESSION)
    fails('EBUSY', 'a session-lasting one that is held is not deleted', nl.prefix_del, A)
    equal(nl.stats()['notices'], 0, 'and nobody is told')
    nl.prefix_del(A, force=True)
    all_lost(nl, sockets, 'by force', SESSION, addr=address)


def test_lost_by_time():
    nl = netlink.Odmm()
    address, sockets = held_by_all(nl, SESSION, valid_lft=4, preferred_lft=2)
    all_told(sockets, 'preferred time over: deprecated', EVENT_DEPRECATED, SESSION, addr=address, valid=2, preferred=0)
    all_lost(nl, sockets, 'valid time over', SESSION, 2, addr=address)


def test_lost_by_hand():
    """Somebody deletes the address: one that may go is lost, one that must stay comes back."""
    nl = netlink.Odmm()
    address, sockets = held_by_all(nl, NONPERSISTENT)
    kept = ready(nl, B, SESSION)
    sockets_kept = [holder(SESSION, kind) for kind in KINDS]
    netns.ip(f'-6 addr del {kept}/128 dev lo')
    wait_for(lambda: nl.stats()['put_back'] and nl.prefix(B)['state'] == netlink.ACTIVE, 'the session-lasting one to be back')
    netns.ip(f'-6 addr del {address}/128 dev lo')
    all_lost(nl, sockets, 'address deleted', NONPERSISTENT, addr=address)
    equal([all_read(s) for s in sockets_kept], [[] for _ in KINDS], 'of one that was put back nobody is told')


def test_lost_with_link():
    nl = netlink.Odmm()
    netns.dummy('d0')
    address = ready(nl, A, FIXED, 'd0', home='d0')
    sockets = [holder(FIXED, kind) for kind in KINDS]
    netns.ip('link del d0')
    all_lost(nl, sockets, 'its interface removed', FIXED, addr=address)


def test_lost_with_replacement():
    nl = netlink.Odmm()
    old, sockets = held_by_all(nl, NONPERSISTENT)
    new = ready(nl, B, NONPERSISTENT)
    nl.prefix_withdraw(A)
    all_lost(nl, sockets, 'with a successor', NONPERSISTENT, addr=old, replacement=new)
    equal({get_addr(s) for s in sockets}, {new}, 'who asks again gets the successor')
    nl.prefix_withdraw(B)
    all_lost(nl, sockets, 'the successor too', NONPERSISTENT, 2, addr=new)


def test_lost_while_bound():
    """Its connections are aborted, and the notice tells why."""
    nl = netlink.Odmm()
    address = ready(nl, A, NONPERSISTENT)
    with socket.create_server(('::1', 0), family=socket.AF_INET6) as listener:
        s = tcp()
        setsc(s, NONPERSISTENT, EVENTS | BIND)
        s.connect(listener.getsockname())
        child = listener.accept()[0]
        nl.prefix_withdraw(A)
        is_told(s, 'connected: lost', EVENT_LOST, NONPERSISTENT, addr=address, error=errno.ECONNABORTED, valid=0, preferred=0)
        fails('ECONNABORTED', 'and the connection is aborted', s.recv, 1)
        child.close()


def whole_life():
    """What an unprivileged process is told of one address."""
    s = asker(GRACEFUL)
    outcome(get_addr, s)
    return [read(s)[0].event for _ in range(4)]


def test_unprivileged():
    agent = agent_for(GRACEFUL)
    caller = Caller(whole_life, uid=1000)
    agent.prefix_add(A, GRACEFUL, cookie=request_waiting(agent, uid=1000)['cookie'])
    queued(agent, 1)
    ready(agent, B, GRACEFUL)
    agent.prefix_withdraw(A, grace=1)
    equal(caller.outcome(), [EVENT_GRANTED, EVENT_DEPRECATED, EVENT_REPLACED, EVENT_LOST], 'a plain user is told all of it, in order')


def test_flag_late():
    """Set while it waits, and set while it holds."""
    agent = agent_for(SESSION)
    waiting = wanting(SESSION, blocking=False)
    fails('EINPROGRESS', 'asks without the flag', get_addr, waiting)
    set_option(waiting, SC_FLAGS, EVENTS)
    address = ready(agent, A, SESSION)
    is_told(waiting, 'flag set while it waits: granted', EVENT_GRANTED, SESSION, addr=address)
    holding = wanting(SESSION)
    get_addr(holding)
    set_option(holding, SC_FLAGS, EVENTS)
    agent.prefix_change(A, preferred_lft=0)
    is_told(holding, 'flag set while it holds: deprecated', EVENT_DEPRECATED, SESSION, addr=address, preferred=0)


run(test_granted, test_granted_for_ever, test_granted_on_net, test_granted_by_setsc, test_refused, test_timed_out, test_link_removed,
    test_agent_gone, test_prefix_failed, test_deprecated_by_hand, test_deprecated_by_time, test_deprecated_by_withdrawal,
    test_deprecated_by_age, test_deprecated_twice, test_replaced_before, test_replaced_after, test_replaced_by_the_right_one,
    test_replaced_by_the_same, test_replaced_on_net, test_lost_by_withdrawal, test_lost_by_force, test_lost_by_time, test_lost_by_hand,
    test_lost_with_link, test_lost_with_replacement,
    test_lost_while_bound, test_unprivileged, test_flag_late)
