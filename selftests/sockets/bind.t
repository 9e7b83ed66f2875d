#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""IPV6_SC_BIND: the socket is bound to the address, and to no port, by the call that gives the address."""
import os
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../lib'))
import netlink
import netns
from odmm import (BIND, FIXED, GRANTED, IP_BIND_ADDRESS_NO_PORT, KINDS, LOST, NONE, ON_NET, SC_FLAGS, SC_TYPE, SESSION, Caller, get_addr,
                  in_prefix, ping, raw, ready, request_waiting, set_option, setsc, source, state, tcp, udp, wanting)
from tap import equal, fails, ok, run, wait_for

A, B = '2001:db8:51::/64', '2001:db8:52::/64'
ECHO_REQUEST, ECHO_REPLY = b'\x80\0\0\0\0\0\0\1', 129


def name(s):
    """Address, and port where it is one."""
    address, port = s.getsockname()[:2]
    return address, port if s.type == socket.SOCK_STREAM or s.proto == socket.IPPROTO_UDP or not s.proto else None


def bound_name(kind, address):
    return address, 0 if kind in (tcp, udp) else None


def peer_sees(s, kind):
    """The source address of what the socket sends to ::1, connected."""
    if kind is tcp:
        listener = socket.create_server(('::1', 0), family=socket.AF_INET6)
        s.setblocking(True)
        s.connect(listener.getsockname()[:2])
        return listener.accept()[1][0]
    other = udp() if kind is udp else raw() if kind is raw else socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
    other.settimeout(10)
    other.bind(('::1', 0))
    s.connect(('::1', other.getsockname()[1] if kind is udp else 0))
    s.send(ECHO_REQUEST)
    return other.recvfrom(100)[1][0]


def test_at_once():
    """The prefix is there."""
    address = ready(netlink.Odmm(), A, SESSION)
    for kind in KINDS:
        for blocking in (True, False):
            text = f'{kind.__name__}, {"" if blocking else "non-"}blocking'
            s = wanting(SESSION, kind, BIND, blocking=blocking)
            equal(source(s), '::', f'{text}: the wish alone binds nothing')
            equal(get_addr(s), address, f'{text}: the address')
            equal(name(s), bound_name(kind, address), f'{text}: bound to it, and to no port')
            equal((get_addr(s), setsc(s, SESSION, BIND), name(s)[0]), 3 * (address,), f'{text}: asked again, the same')
            equal(peer_sees(s, kind), address, f'{text}: the peer sees it after connect()')
            equal(get_addr(s), address, f'{text}: asked again while connected, the same')
        s = kind()
        equal((setsc(s, SESSION, BIND), name(s)), (address, bound_name(kind, address)), f'{kind.__name__}: setsc() in one call')


def bind_and_tell(kind):
    s = kind()
    address = setsc(s, SESSION, BIND)
    return address, name(s), peer_sees(s, kind)


def test_after_waiting():
    """The network is asked."""
    agent = netlink.Odmm()
    agent.claim(SESSION)
    for kind in KINDS:
        text = kind.__name__
        caller = Caller(bind_and_tell, kind)
        pending = wanting(SESSION, kind, BIND, blocking=False)
        fails('EINPROGRESS', f'{text}: asked without waiting', get_addr, pending)
        agent.prefix_add(A, SESSION, cookie=request_waiting(agent, 2)['cookie'])
        address, bound, seen = caller.outcome()
        ok(in_prefix(address, A), f'{text}: the address, after waiting')
        equal((bound, seen), (bound_name(kind, address), address), f'{text}: bound to it, and the peer sees it')
        wait_for(lambda pending=pending: state(pending) == GRANTED, 'the grant')
        equal(source(pending), '::', f'{text}: who did not wait is not bound by the grant')
        equal(get_addr(pending), address, f'{text}: but gets the address by the next call')
        equal(name(pending), bound_name(kind, address), f'{text}: which binds it')
        caller.end()
        pending.close()
        agent.prefix_del(A, force=True)


def test_unconnected():
    """sendto() of a socket that is bound and not connected."""
    address = ready(netlink.Odmm(), A, SESSION)
    receiver = udp()
    receiver.bind(('::1', 0))
    s = udp()
    setsc(s, SESSION, BIND)
    s.sendto(b'x', receiver.getsockname())
    equal(receiver.recvfrom(1)[1][0], address, 'sendto(): the peer sees the address')
    ok(s.getsockname()[1], 'and the socket has a port now')
    s = ping()
    setsc(s, SESSION, BIND)
    s.settimeout(10)
    s.sendto(ECHO_REQUEST, ('::1', 0))
    equal(s.recv(100)[0], ECHO_REPLY, 'an echo request is answered')


def test_listen():
    nl = netlink.Odmm()
    address = ready(nl, A, SESSION)
    s = tcp()
    setsc(s, SESSION, BIND)
    s.listen()
    ok(source(s) == address and s.getsockname()[1], 'listen() after it: at the address, with a port')
    client = tcp()
    client.connect(s.getsockname())
    child, peer = s.accept()
    equal((child.getsockname(), peer), (s.getsockname(), client.getsockname()), 'connections to it are accepted')
    other = socket.create_server(('::1', 0), family=socket.AF_INET6)
    fails('ECONNREFUSED', 'at no other address', tcp().connect, ('::1', s.getsockname()[1]))
    other.close()


def test_change_while_bound():
    nl = netlink.Odmm()
    address = ready(nl, A, SESSION)
    ready(nl, B, FIXED)
    for kind in KINDS:
        s = kind()
        setsc(s, SESSION, BIND)
        for wanted in (NONE, FIXED):
            fails('EBUSY', f'{kind.__name__}: bound, another type ({wanted}) is refused', set_option, s, SC_TYPE, wanted)
        fails('EBUSY', f'{kind.__name__}: bound, another way to get it is refused', set_option, s, SC_FLAGS, ON_NET)
        set_option(s, SC_FLAGS, 0)
        equal((state(s), get_addr(s), source(s)), (GRANTED, address, address), f'{kind.__name__}: what it has stays')
        # What is held and not bound to can be given up.
        other = kind()
        setsc(other, SESSION)
        set_option(other, SC_TYPE, FIXED)
        ok(in_prefix(get_addr(other), B), f'{kind.__name__}: not bound, another type is taken')
        s.close()
        other.close()


def test_flag_later():
    """The address first, the wish to be bound to it later."""
    address = ready(netlink.Odmm(), A, SESSION)
    for kind in KINDS:
        s = wanting(SESSION, kind)
        get_addr(s)
        equal(source(s), '::', f'{kind.__name__}: not bound')
        set_option(s, SC_FLAGS, BIND)
        equal((get_addr(s), name(s)), (address, bound_name(kind, address)), f'{kind.__name__}: bound, when the flag is set later')


def test_by_hand():
    """An application that binds the socket itself to the address it has got."""
    address = ready(netlink.Odmm(), A, SESSION)
    for kind in KINDS:
        s = wanting(SESSION, kind)
        s.bind((get_addr(s), 0))
        set_option(s, SC_FLAGS, BIND)
        before = s.getsockname()
        equal((get_addr(s), s.getsockname()), (address, before), f'{kind.__name__}: bound to it by hand, that will do')


def test_option_unchanged():
    ready(netlink.Odmm(), A, SESSION)
    # RAW sockets of IPv6 have no options of that level.
    for kind in (tcp, udp, ping):
        for value in (0, 1):
            s = kind()
            s.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, value)
            setsc(s, SESSION, BIND)
            equal(s.getsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT), value,
                  f'{kind.__name__}: IP_BIND_ADDRESS_NO_PORT is {value} as before')


def test_close():
    nl = netlink.Odmm()
    ready(nl, A, SESSION)
    sockets = [kind() for kind in KINDS]
    for s in sockets:
        setsc(s, SESSION, BIND)
    equal(nl.prefix(A)['sessions'], len(KINDS), 'bound sockets hold the address')
    for s in sockets:
        s.close()
    ok(wait_for(lambda: nl.prefix(A)['sessions'] == 0, 'nobody to hold it'), 'and give it up when they are closed')
    nl.prefix_del(A)
    equal(nl.prefixes(), [], 'it can be deleted')


def test_lost():
    """The socket stays bound to an address that is gone: that cannot be mended, only told."""
    nl = netlink.Odmm()
    address = ready(nl, A, SESSION)
    s = udp()
    setsc(s, SESSION, BIND)
    nl.prefix_del(A, force=True)
    ready(nl, B, SESSION)
    equal((state(s), source(s)), (LOST, address), 'bound to an address that was taken away')
    fails('EINVAL', 'a new one cannot be bound', get_addr, s)
    set_option(s, SC_FLAGS, 0)
    ok(in_prefix(get_addr(s), B), 'but can be had')


def test_many():
    """No port is taken by the binding: more sockets than ports, to one address."""
    address = ready(netlink.Odmm(), A, SESSION)
    netns.sysctl('net.ipv4.ip_local_port_range', '40000 40009')
    sockets = [tcp() for _ in range(30)]
    for s in sockets:
        setsc(s, SESSION, BIND)
    equal({source(s) for s in sockets}, {address}, '30 sockets are bound while there are 10 ports')
    listeners = [socket.create_server(('::1', 0), family=socket.AF_INET6) for _ in range(2)]
    for n, s in enumerate(sockets[:16]):
        s.connect(listeners[n % 2].getsockname())
    ok(True, '16 of them connect to two places: ports are shared')


run(test_at_once, test_after_waiting, test_unconnected, test_listen, test_change_while_bound, test_flag_later, test_by_hand,
    test_option_unchanged, test_close, test_lost, test_many)
