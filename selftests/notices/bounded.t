#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Notices of a socket that does not read: they are few, none is lost, and the status is the truth all along."""
import os
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../lib'))
import netlink
from odmm import (DEPRECATED, EVENT_DEPRECATED, EVENT_LOST, EVENT_REPLACED, GRACEFUL, GRANTED, INFINITY, KINDS, LOST, NONE,
                  SC_FLAGS, SC_TYPE, get_status, notice, ready, set_option, state, tcp, udp)
from tap import equal, ok, run, wait_for
from told import SIZE, are_counted, holder, queued, read

A, B = '2001:db8:51::/64', '2001:db8:52::/64'
MAX = 16        # unread notices of a socket
SO_TIMESTAMPING, SO_ZEROCOPY, MSG_ZEROCOPY = 37, 60, 0x4000000
TX_SOFTWARE = 0x12      # SOF_TIMESTAMPING_TX_SOFTWARE, SOF_TIMESTAMPING_SOFTWARE


def deprecate(nl, prefix=A):
    nl.prefix_change(prefix, preferred_lft=0)


def prefer(nl, prefix=A):
    nl.prefix_change(prefix, preferred_lft=INFINITY)


def flap(nl, times, sockets):
    """Ends deprecated; a point if the status of each socket was right all along."""
    seen = set()
    for _ in range(times):
        prefer(nl)
        seen |= {('preferred', state(s)) for s in sockets}
        deprecate(nl)
        seen |= {('deprecated', state(s)) for s in sockets}
    equal(seen, {('preferred', GRANTED), ('deprecated', DEPRECATED)}, f'{times} times preferred and deprecated: the status is right each time')


def filled(nl, kinds):
    """Sockets with full queues."""
    ready(nl, A, GRACEFUL)
    sockets = [holder(GRACEFUL, kind) for kind in kinds]
    before = nl.stats()['notices']
    for n in range(1, MAX + 1):
        prefer(nl)
        deprecate(nl)
        queued(nl, before + n * len(sockets))
    return sockets


def take(s, n):
    """That many notices, which must be there."""
    return [notice(s)[0] for _ in range(n)]


def test_no_more():
    nl = netlink.Odmm()
    sockets = filled(nl, KINDS)
    flap(nl, 20, sockets)
    equal(nl.stats()['notices'], MAX * len(KINDS), f'{MAX} notices wait to be read, on each socket')
    equal(nl.stats()['notices_merged'], 19 * len(KINDS), 'one more waits for room, and 19 are merged into it')
    for s in sockets:
        equal([(n.event, n.missed) for n in take(s, MAX)], MAX * [(EVENT_DEPRECATED, 0)], f'{s.type}, {s.proto}: these are read')
    for s in sockets:
        got, err = read(s, 'the one that waited for room')
        equal((got.event, got.missed, err.data, notice(s)), (EVENT_DEPRECATED, 19, 19, None),
              f'{s.type}, {s.proto}: then the one that waited comes, and tells how many it stands for')
    flap(nl, 1, sockets)
    equal([(n.event, n.missed) for n, _ in map(read, sockets)], len(KINDS) * [(EVENT_DEPRECATED, 0)], 'all is as it was: nothing is missed')


def test_without_a_call():
    """Nobody asks for the status: the sweep finds that there is room."""
    nl = netlink.Odmm()
    s, = filled(nl, [udp])
    prefer(nl)
    control = holder(GRACEFUL)
    deprecate(nl)
    read(control)
    are_counted(nl, MAX + 1, 'the other socket was told, this one has no room')
    take(s, MAX)
    equal(read(s)[0].missed, 0, 'what waited for room comes by itself')
    are_counted(nl, MAX + 2, 'once')


def test_last_ones():
    """What comes at last is what is: deprecated, replaced, lost, in this order."""
    nl = netlink.Odmm()
    s, = filled(nl, [udp])
    prefer(nl)
    deprecate(nl)
    new = ready(nl, B, GRACEFUL)
    flap(nl, 3, [s])
    nl.prefix_del(A)
    equal((get_status(s).state, get_status(s).replacement), (LOST, new), 'the status tells the end of it at once')
    take(s, MAX)
    last = [read(s)[0] for _ in range(3)]
    equal([n.event for n in last], [EVENT_DEPRECATED, EVENT_REPLACED, EVENT_LOST], 'each event of which something was missed comes once')
    equal({n.replacement for n in last}, {new}, 'and tells what is now')
    equal([n.missed for n in last], [nl.stats()['notices_merged'], 0, 0], 'the first tells how many were merged')
    are_counted(nl, MAX + 3, 'nothing more comes')


def test_one_by_one():
    """Room for one is room for one."""
    nl = netlink.Odmm()
    s, = filled(nl, [udp])
    for n in range(1, 4):
        flap(nl, n, [s])
        take(s, 1)
        queued(nl, MAX + n)
    events = take(s, MAX)
    equal([n.missed for n in events], (MAX - 3) * [0] + [0, 1, 2], 'each tells how many it stands for')
    equal(notice(s), None, 'that is all')


def test_most():
    """The count has a limit, the statistics have none."""
    nl = netlink.Odmm()
    s, = filled(nl, [tcp])
    for _ in range(300):
        prefer(nl)
        deprecate(nl)
    take(s, MAX)
    got, err = read(s)
    equal((got.missed, err.data, nl.stats()['notices_merged']), (255, 255, 299), '300 more: the notice tells of 255, the statistics of 299')


def told_in_all(s, total):
    """Reads until so many are accounted for."""
    seen, notices = 0, []
    while seen < total:
        notices.append(read(s, f'more than {seen} of {total}')[0])
        seen += 1 + notices[-1].missed
    return seen


def test_small_buffer():
    """SO_RCVBUF leaves room for less than that."""
    nl = netlink.Odmm()
    ready(nl, A, GRACEFUL)
    sockets = [holder(GRACEFUL, kind) for kind in KINDS]
    for s in sockets:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 0)
    for _ in range(10):
        prefer(nl)
        deprecate(nl)
    wait_for(lambda: nl.stats()['notices'] + nl.stats()['notices_merged'] >= 9 * len(KINDS), 'notices to be queued or merged')
    ok(nl.stats()['notices'] < 10 * len(KINDS), 'small receive buffers: not all have room')
    for s in sockets:
        equal((told_in_all(s, 10), notice(s)), (10, None), f'{s.type}, {s.proto}: but all are accounted for')


def test_full_of_data():
    nl = netlink.Odmm()
    ready(nl, A, GRACEFUL)
    s, sender = holder(GRACEFUL), udp()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    s.bind(('::1', 0))
    for size in 20 * [1000] + 20 * [1]:
        sender.sendto(bytes(size), s.getsockname())
    deprecate(nl)
    equal((state(s), notice(s)), (DEPRECATED, None), 'no room beside the data: no notice yet')
    n = 0
    try:
        while s.recv(2000):
            n += 1
    except BlockingIOError:
        ok(0 < n < 40, f'the data that had room, {n} datagrams of 40, is there')
    equal(read(s)[0].event, EVENT_DEPRECATED, 'when it is read the notice comes')
    are_counted(nl, 1, 'once')


def raw_read(s):
    """Whatever is next on the error queue: its size, or None."""
    try:
        return len(s.recvmsg(2000, 512, socket.MSG_ERRQUEUE | socket.MSG_DONTWAIT)[0])
    except BlockingIOError:
        return None


def waits_behind(nl, s, n, text):
    """The queue has n entries of somebody else's, which are then read."""
    deprecate(nl)
    equal((state(s), nl.stats()['notices']), (DEPRECATED, 0), f'{text}: no room for a notice')
    sizes = [raw_read(s) for _ in range(n)]
    ok(None not in sizes and SIZE not in sizes, f'{text}: they are undisturbed', sizes)
    equal(read(s)[0].event, EVENT_DEPRECATED, f'{text}: when they are read the notice comes')
    are_counted(nl, 1, f'{text}: once')


def test_timestamps():
    nl = netlink.Odmm()
    ready(nl, A, GRACEFUL)
    s, receiver = holder(GRACEFUL), udp()
    receiver.bind(('::1', 0))
    s.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPING, TX_SOFTWARE)
    for _ in range(MAX + 1):
        s.sendto(bytes(100), receiver.getsockname())
    waits_behind(nl, s, MAX + 1, 'transmit timestamps')


def test_zerocopy():
    """Completions of MSG_ZEROCOPY, which merge with each other, do not with a notice."""
    nl = netlink.Odmm()
    ready(nl, A, GRACEFUL)
    s = holder(GRACEFUL, tcp)
    with socket.create_server(('::1', 0), family=socket.AF_INET6) as listener:
        s.setsockopt(socket.SOL_SOCKET, SO_ZEROCOPY, 1)
        s.setblocking(True)
        s.connect(listener.getsockname())
        child = listener.accept()[0]
        for n in (1, 2):
            s.send(bytes(10000), MSG_ZEROCOPY)
            s.send(bytes(10000), MSG_ZEROCOPY)
            received = 0
            while received < 20000:
                received += len(child.recv(20000))
            deprecate(nl)
            queued(nl, n)
            prefer(nl)
        sizes = [raw_read(s) for _ in range(4)]
        equal((sizes, raw_read(s)), ([0, SIZE, 0, SIZE], None), 'completions and notices in the order in which they came')
        child.close()


def test_flag_taken_back():
    """What waits for room does not come when nobody wants it any more."""
    for text, option, value in (('the type', SC_TYPE, NONE), ('the flag', SC_FLAGS, 0)):
        nl = netlink.Odmm()
        s, control = filled(nl, [udp, udp])
        flap(nl, 2, [s, control])
        set_option(s, option, value)
        take(s, MAX)
        take(control, MAX)
        equal(read(control)[0].missed, 1, f'{text} is taken back: another socket is told what has waited')
        equal(notice(s), None, f'{text} is taken back: this one is not')
        for one in (s, control):
            one.close()
        nl.prefix_del(A)


run(test_no_more, test_without_a_call, test_last_ones, test_one_by_one, test_most, test_small_buffer, test_full_of_data, test_timestamps,
    test_zerocopy, test_flag_taken_back)
