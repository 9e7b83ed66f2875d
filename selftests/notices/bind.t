#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""IPV6_SC_BIND without waiting: bound by the first call after the notice, in the context of the caller, and by nothing else."""
import errno
import os
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../lib'))
import netlink
import netns
from odmm import (BIND, EVENT_GRANTED, EVENT_LOST, EVENTS, FIXED, GRACEFUL, GRANTED, LOST, NONE, NONPERSISTENT, SC_FLAGS, SC_TYPE,
                  SESSION, get_addr, in_prefix, raw, ready, request_waiting, set_option, setsc, source, state, tcp, udp)
from tap import equal, fails, ok, run, wait_for
from told import asker, is_told, pending, read

A, B = '2001:db8:51::/64', '2001:db8:52::/64'
BOUND_KINDS = (tcp, udp, raw)


def agent_for(*types):
    agent = netlink.Odmm()
    agent.claim(*types)
    return agent


def port(s):
    """None where it is none."""
    return None if s.type == socket.SOCK_RAW else s.getsockname()[1]


def granted(agent, kind, wanted=SESSION, prefix=A):
    """A socket that asked without waiting, and was told that its address is here."""
    s = pending(wanted, kind, flags=BIND)
    address = ready(agent, prefix, wanted, cookie=request_waiting(agent)['cookie'])
    is_told(s, f'{kind.__name__}: told', EVENT_GRANTED, wanted, addr=address)
    return s, address


def again(agent, s, prefix=A):
    s.close()
    agent.prefix_del(prefix, force=True)


def test_by_the_next_call():
    agent = agent_for(SESSION)
    for kind in BOUND_KINDS:
        for name, call in (('IPV6_SC_ADDR', get_addr), ('IPV6_SETSC', lambda s: setsc(s, SESSION, BIND | EVENTS))):
            text = f'{kind.__name__}, {name}'
            s, address = granted(agent, kind)
            equal((state(s), source(s)), (GRANTED, '::'), f'{text}: the grant binds nothing')
            equal((source(s), s.getsockopt(socket.IPPROTO_IPV6, SC_TYPE)), ('::', SESSION), f'{text}: nor does another option')
            equal(call(s), address, f'{text}: gives the address')
            equal((source(s), port(s)), (address, None if kind is raw else 0), f'{text}: and has bound it, to no port')
            again(agent, s)


def test_ports_are_free():
    """As no port is taken, more sockets can be bound than there are."""
    agent = agent_for(SESSION)
    netns.sysctl('net.ipv4.ip_local_port_range', '40000 40005')
    sockets = [pending(SESSION, tcp, flags=BIND) for _ in range(12)]
    address = ready(agent, A, SESSION, cookie=request_waiting(agent, 12)['cookie'])
    for s in sockets:
        read(s)
        get_addr(s)
    equal({source(s) for s in sockets}, {address}, '12 sockets are bound while there are 6 ports')


def test_by_a_copy():
    """Whoever calls first binds it for all who have it."""
    agent = agent_for(SESSION)
    s, address = granted(agent, tcp)
    copy = s.dup()
    equal((get_addr(copy), source(s)), (address, address), 'a copy calls: the socket is bound')
    equal((get_addr(s), source(s)), (address, address), 'the next call finds it bound')


def bind_elsewhere(kind):
    agent = agent_for(SESSION)
    s, address = granted(agent, kind)
    s.bind(('::1', 0))
    fails('EINVAL', f'{kind.__name__}: bound elsewhere between grant and call', get_addr, s)
    equal((source(s), state(s)), ('::1', GRANTED), f'{kind.__name__}: it stays there, and holds the address')
    set_option(s, SC_FLAGS, EVENTS)
    equal(get_addr(s), address, f'{kind.__name__}: which it gets, when it need not be bound')
    again(agent, s)
    early = asker(SESSION, kind, BIND)
    early.bind(('::1', 0))
    fails('EINVAL', f'{kind.__name__}: bound elsewhere before it asks: nothing is asked', get_addr, early)
    equal(agent.requests(), [], f'{kind.__name__}: there is no request')


def test_bound_elsewhere():
    for kind in BOUND_KINDS:
        bind_elsewhere(kind)


def test_bound_by_hand():
    """To what it was told of, with a port."""
    agent = agent_for(SESSION)
    for kind in BOUND_KINDS:
        s, address = granted(agent, kind)
        s.bind((address, 0))
        before = s.getsockname()
        equal((get_addr(s), s.getsockname()), (address, before), f'{kind.__name__}: bound by hand to the address of the notice: that will do')
        again(agent, s)


def connected(s, listener):
    s.setblocking(True)
    s.connect(listener.getsockname()[:2] if s.type != socket.SOCK_RAW else ('::1', 0))
    s.setblocking(False)


def test_connected():
    agent = agent_for(SESSION)
    with socket.create_server(('::1', 0), family=socket.AF_INET6) as listener:
        for kind in BOUND_KINDS:
            s, _ = granted(agent, kind)
            connected(s, listener)
            fails('EISCONN', f'{kind.__name__}: connected between grant and call', get_addr, s)
            fails('EISCONN', f'{kind.__name__}: by setsc() too', setsc, s, SESSION, BIND)
            equal(source(s), '::1', f'{kind.__name__}: the connection stays as it is')
            again(agent, s)
            early = asker(SESSION, kind, BIND)
            connected(early, listener)
            fails('EISCONN', f'{kind.__name__}: connected before it asks', get_addr, early)
            early.close()


def test_busy_while_bound():
    agent = agent_for(SESSION, FIXED)
    for kind in BOUND_KINDS:
        s, address = granted(agent, kind)
        set_option(s, SC_TYPE, SESSION)
        get_addr(s)
        for wanted in (NONE, FIXED):
            fails('EBUSY', f'{kind.__name__}: bound, type {wanted} is refused', set_option, s, SC_TYPE, wanted)
        fails('EBUSY', f'{kind.__name__}: by setsc() too', setsc, s, FIXED, BIND | EVENTS)
        equal((state(s), source(s), agent.requests()), (GRANTED, address, []), f'{kind.__name__}: all is as it was')
        again(agent, s)


def test_free_until_bound():
    """Between the notice and the call another type can be taken."""
    agent = agent_for(SESSION)
    fixed = ready(agent, B, FIXED)
    for kind in BOUND_KINDS:
        s, _ = granted(agent, kind)
        set_option(s, SC_TYPE, FIXED)
        equal((get_addr(s), source(s)), (fixed, fixed), f'{kind.__name__}: granted, and not bound yet: another type is taken')
        again(agent, s)


def test_changed_after_loss():
    """What is lost binds nobody to his type any more; the socket stays bound to it, which cannot be mended."""
    agent = agent_for(NONPERSISTENT, GRACEFUL)
    # What is connected is aborted, which is another test's matter.
    agent.policy_set(type=NONPERSISTENT, abort=0)
    fixed = ready(agent, B, FIXED)
    for kind in BOUND_KINDS:
        s, address = granted(agent, kind, NONPERSISTENT)
        get_addr(s)
        agent.prefix_withdraw(A)
        is_told(s, f'{kind.__name__}: lost', EVENT_LOST, NONPERSISTENT, addr=address, error=errno.ECONNABORTED, valid=0, preferred=0)
        equal((state(s), source(s)), (LOST, address), f'{kind.__name__}: bound to what is lost')
        fails('EINVAL', f'{kind.__name__}: nothing else can be bound', get_addr, s)
        set_option(s, SC_FLAGS, EVENTS)
        set_option(s, SC_TYPE, FIXED)
        equal((get_addr(s), source(s)), (fixed, address), f'{kind.__name__}: another type is taken, and is not bound')
        set_option(s, SC_TYPE, NONE)
        s.close()


def test_lost_before_bound():
    """Granted and lost before the call: nothing was bound, and all begins anew."""
    agent = agent_for(NONPERSISTENT)
    for kind in BOUND_KINDS:
        s, _ = granted(agent, kind, NONPERSISTENT)
        agent.prefix_withdraw(A)
        equal(read(s)[0].event, EVENT_LOST, f'{kind.__name__}: lost before it was bound')
        fails('EINPROGRESS', f'{kind.__name__}: the next call asks anew', get_addr, s)
        address = ready(agent, B, NONPERSISTENT, cookie=request_waiting(agent)['cookie'])
        equal(read(s)[0].event, EVENT_GRANTED, f'{kind.__name__}: granted anew')
        equal((get_addr(s), source(s), in_prefix(address, B)), (address, address, True), f'{kind.__name__}: and bound to the new one')
        again(agent, s, B)


def test_closed_between():
    """Between the grant and the call, and between the request and the grant."""
    agent = agent_for(SESSION)
    for kind in BOUND_KINDS:
        s, _ = granted(agent, kind)
        s.close()
        ok(wait_for(lambda: agent.prefix(A)['sessions'] == 0, 'the sessions to go'), f'{kind.__name__}: closed unbound, its session goes')
        agent.prefix_del(A)
        late = pending(SESSION, kind, flags=BIND)
        cookie = request_waiting(agent)['cookie']
        late.close()
        ok(wait_for(lambda: not agent.requests(), 'the request to go'), f'{kind.__name__}: closed while it waits, its request goes')
        fails('ENOENT', f'{kind.__name__}: an answer is late', agent.prefix_add, A, SESSION, cookie=cookie)


def test_flag_after_the_notice():
    agent = agent_for(SESSION)
    for kind in BOUND_KINDS:
        s = pending(SESSION, kind)
        address = ready(agent, A, SESSION, cookie=request_waiting(agent)['cookie'])
        read(s)
        equal((get_addr(s), source(s)), (address, '::'), f'{kind.__name__}: without the flag nothing is bound')
        set_option(s, SC_FLAGS, EVENTS | BIND)
        equal(source(s), '::', f'{kind.__name__}: nor by the flag')
        equal((get_addr(s), source(s)), (address, address), f'{kind.__name__}: but by the next call')
        again(agent, s)


run(test_by_the_next_call, test_ports_are_free, test_by_a_copy, test_bound_elsewhere, test_bound_by_hand, test_connected,
    test_busy_while_bound, test_free_until_bound, test_changed_after_loss, test_lost_before_bound, test_closed_between,
    test_flag_after_the_notice)
