#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""How many sockets use an address: right at all times, and 0 soon after the last one is closed."""
import array
import ctypes
import os
import signal
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../lib'))
import netlink
from life import drain, fill
from netns import sh
from odmm import BIND, FIXED, KINDS, NONPERSISTENT, SESSION, Caller, raw, ready, setsc, tcp, udp
from tap import equal, fails, ok, run, wait_for, within

A = '2001:db8:51::/64'
SWEEP = 1.5     # seconds in which a socket that is gone would have been found
SOON = 2        # seconds within which it must be


class Users:
    """The count of one prefix."""

    def __init__(self, wanted=SESSION):
        self.nl = netlink.Odmm()
        self.wanted = wanted
        self.address = ready(self.nl, A, wanted)

    def now(self):
        prefix = self.nl.prefix(A)
        return prefix['users'], prefix['sessions']

    def are(self, users, sessions, text):
        return equal(self.now(), (users, sessions), f'{text}: {users} users, {sessions} sessions')

    def stay(self, users, sessions, text):
        time.sleep(SWEEP)
        return self.are(users, sessions, f'{text}, and after a while')

    def fall(self, users=0, sessions=0):
        """Seconds until so many are left."""
        begin = time.monotonic()
        wait_for(lambda: self.now() == (users, sessions), f'{users} users, {sessions} sessions; there are {self.now()}', 10)
        return time.monotonic() - begin

    def session(self, kind=tcp, flags=BIND):
        s = kind()
        setsc(s, self.wanted, flags)
        return s


def test_close():
    users = Users()

    def each(flags):
        sockets = [users.session(kind, flags) for kind in KINDS]
        users.are(4, 4, 'one socket of each kind')
        for s in sockets:
            s.close()
        return users.fall()

    within(SOON, 'closed, not bound', lambda: each(0))
    within(SOON, 'closed, bound', lambda: each(BIND))


def test_dup():
    users = Users()

    def copies():
        s = users.session()
        copy = s.dup()
        s.close()
        users.stay(1, 1, 'one of two copies closed')
        copy.close()
        return users.fall()

    within(SOON, 'both copies closed', copies)


def test_fork():
    users = Users()

    def processes():
        s = users.session()
        caller = Caller(s.fileno)
        caller.outcome()
        caller = Caller(os.dup, s)
        s.close()
        users.stay(1, 1, 'open in a child')
        caller.end(signal.SIGKILL)
        return users.fall()

    within(SOON, 'the child is killed', processes)


def test_passing():
    """A socket on its way through another one."""
    users = Users()
    one, two = socket.socketpair(socket.AF_UNIX)

    def send():
        s = users.session()
        one.sendmsg([b'x'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [s.fileno()]))])
        s.close()

    def receive():
        send()
        users.stay(1, 1, 'in flight')
        _, ancillary, _, _ = two.recvmsg(1, 100)
        received = array.array('i', ancillary[0][2])[0]
        users.are(1, 1, 'received')
        os.close(received)
        return users.fall()

    within(SOON, 'received and closed', receive)
    send()
    one.close()
    users.stay(1, 1, 'in flight, the sender is gone')

    def discard():
        two.close()
        return users.fall()

    within(SOON, 'discarded in flight', discard, tries=1)


def time_wait(address):
    return address in sh('ss -6 -t -a -n state time-wait')


def orphan(users, text, s):
    listener = socket.create_server(('::1', 0), family=socket.AF_INET6)
    s.connect(listener.getsockname())
    child, _ = listener.accept()
    sent = fill(s)
    sessions = users.now()[1]
    s.close()
    users.stay(1, sessions, f'{text}, closed with data that the peer does not take')
    equal(drain(child), sent, f'{text}: the peer takes the data')
    child.close()
    took = users.fall()
    ok(time_wait(users.address), f'{text}: TIME_WAIT is no user')
    return took


def test_orphan():
    """Closed, but the kernel still sends from the address."""
    users = Users()
    within(SOON, 'orphan: all is sent', lambda: orphan(users, 'orphan', users.session()))

    def by_hand():
        s = tcp()
        s.bind((users.address, 0))
        return orphan(users, 'orphan, bound by hand', s)

    within(SOON, 'orphan, bound by hand: all is sent', by_hand)


def test_children():
    users = Users()

    def children():
        listener = users.session()
        listener.listen()
        users.are(1, 1, 'a listener')
        clients = [socket.create_connection(listener.getsockname()[:2], source_address=('::1', 0)) for _ in range(3)]
        accepted = [listener.accept()[0] for _ in range(2)]
        users.are(4, 1, 'a listener, two connections accepted, one not yet')
        clients.pop().close()
        listener.close()
        users.fall(2, 0)
        users.stay(2, 0, 'the listener is closed')
        for s in clients + accepted:
            s.close()
        return users.fall()

    within(SOON, 'all closed', children)


def test_by_hand():
    """Sockets that never asked and are bound to the address."""
    users = Users()
    sockets = [tcp(), tcp(), udp(), raw()]
    for s in sockets:
        s.bind((users.address, 0))
    sockets[1].listen()
    users.are(4, 0, 'TCP bound, TCP listening, UDP, RAW')
    fails('EBUSY', 'the prefix is not deleted under them', users.nl.prefix_del, A)
    connected = udp()
    connected.bind((users.address, 0))
    connected.connect(('::1', 9))
    users.are(5, 0, 'and UDP connected')
    others = [udp(), tcp()]
    for s in others:
        s.bind(('::', 0))
    users.are(5, 0, 'sockets bound to no address are none')
    setsc(sockets[0], SESSION)
    setsc(sockets[2], SESSION)
    users.are(5, 2, 'who also asks counts once')
    remote = udp()
    remote.connect((users.address, 9))
    users.are(6, 2, 'a local peer, which uses the address too')
    remote.close()

    def close():
        for s in sockets + [connected]:
            s.close()
        return users.fall()

    within(SOON, 'all closed', close, tries=1)
    users.nl.prefix_del(A)
    equal(users.nl.prefixes(), [], 'then the prefix can be deleted')


def test_types():
    """A prefix of a type that may go is deleted under its users; one that must stay is not."""
    for wanted, result in ((FIXED, 'EBUSY'), (SESSION, 'EBUSY'), (NONPERSISTENT, None)):
        users = Users(wanted)
        s = users.session()
        if result:
            fails(result, f'type {wanted}, held: {result}', users.nl.prefix_del, A)
        users.nl.prefix_del(A, force=bool(result))
        equal(users.nl.prefixes(), [], f'type {wanted}: deleted{" by force" if result else ""}')
        s.close()


def test_time_wait():
    users = Users()
    listener = socket.create_server(('::1', 0), family=socket.AF_INET6)

    def close():
        s = users.session()
        s.connect(listener.getsockname())
        child, _ = listener.accept()
        users.are(1, 1, 'a connection')
        s.close()
        child.close()
        took = users.fall()
        ok(time_wait(users.address), 'TIME_WAIT is no user')
        return took

    within(SOON, 'closed first by us', close)


def test_half_closed():
    """An end of transmission is no close."""
    users = Users()
    listener = socket.create_server(('::1', 0), family=socket.AF_INET6)
    s = users.session()
    s.connect(listener.getsockname())
    child, _ = listener.accept()
    s.shutdown(socket.SHUT_RDWR)
    child.close()
    users.stay(1, 1, 'shut down both ways, and open')
    other = users.session()
    other.connect(listener.getsockname())
    equal(ctypes.CDLL(None).connect(other.fileno(), bytes(16), 16), 0, 'connect() to AF_UNSPEC')
    users.stay(2, 2, 'disconnected, and open')
    other.connect(listener.getsockname())
    users.are(2, 2, 'connected anew')


def test_many():
    users = Users()
    sockets = [users.session(KINDS[n % 4], BIND if n % 3 else 0) for n in range(400)]
    users.are(400, 400, '400 sockets')

    def close():
        for s in sockets:
            s.close()
        return users.fall()

    within(SOON, '400 sockets closed', close, tries=1)


def hold_some(address):
    kept = [tcp() for _ in range(10)]
    for s in kept:
        setsc(s, SESSION, BIND)
    kept.append(udp())
    kept[-1].bind((address, 0))
    hold_some.kept = kept
    return len(kept)


def test_kill():
    users = Users()

    def kill():
        caller = Caller(hold_some, users.address)
        caller.outcome()
        users.are(11, 10, 'a process with ten sockets and one bound by hand')
        caller.end(signal.SIGKILL)
        return users.fall()

    within(SOON, 'killed', kill)


run(test_close, test_dup, test_fork, test_passing, test_orphan, test_children, test_by_hand, test_types, test_time_wait,
    test_half_closed, test_many, test_kill)
