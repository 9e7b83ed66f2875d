#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""How notices are read, whom they reach, and what they leave alone."""
import os
import select
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../lib'))
import kmod
import netlink
from odmm import (EVENT_DEPRECATED, EVENT_FAILED, EVENT_GRANTED, EVENT_LOST, EVENTS, FIXED, GRACEFUL, GRANTED, KINDS, NONE,
                  NONPERSISTENT, ON_NET, SC_FLAGS, SC_TYPE, SESSION, Caller, get_addr, notice, raw, ready, request_waiting, set_option,
                  state, tcp, udp, wanting)
from tap import equal, fails, ok, outcome, run, wait_for
from told import SIZE, all_read, are_counted, asker, holder, pending, queued, read, shows_error

A, B = '2001:db8:51::/64', '2001:db8:52::/64'
ECHO_REQUEST = b'\x80\0\0\0\0\0\0\1'
N = 300


def agent_for(*types):
    agent = netlink.Odmm()
    agent.claim(*types)
    return agent


def with_notice(nl, kind, wanted=GRACEFUL):
    """A socket with one notice on its queue."""
    if not nl.prefixes():
        ready(nl, A, wanted)
    s = holder(wanted, kind)
    nl.prefix_change(A, preferred_lft=0)
    wait_for(lambda: shows_error(s), 'the notice')
    nl.prefix_change(A, preferred_lft=1 << 30)
    return s


def test_poll():
    nl = netlink.Odmm()
    ready(nl, A, GRACEFUL)
    for kind in KINDS:
        s = holder(GRACEFUL, kind)
        with select.epoll() as epoll:
            epoll.register(s, select.EPOLLET)
            epoll.poll(0)
            equal(shows_error(s), False, f'{kind.__name__}: nothing to read, no EPOLLERR')
            nl.prefix_change(A, preferred_lft=0)
            equal([(fd, bool(events & select.EPOLLERR)) for fd, events in epoll.poll(20)], [(s.fileno(), True)],
                  f'{kind.__name__}: the notice wakes who sleeps in epoll, by EPOLLERR')
        equal(shows_error(s), True, f'{kind.__name__}: EPOLLERR stays until it is read')
        read(s)
        equal((shows_error(s), notice(s)), (False, None), f'{kind.__name__}: and is gone after that')
        nl.prefix_change(A, preferred_lft=1 << 30)
        s.close()


def test_flags_of_recvmsg():
    nl = netlink.Odmm()
    for kind in KINDS:
        s = with_notice(nl, kind)
        fails('ENOTCONN' if kind is tcp else 'EAGAIN', f'{kind.__name__}: without MSG_ERRQUEUE there is nothing',
              s.recvmsg, 256, 256, socket.MSG_DONTWAIT)
        data, controls, flags, _ = s.recvmsg(256, 256, socket.MSG_ERRQUEUE)
        equal((len(data), len(controls), flags & (socket.MSG_ERRQUEUE | socket.MSG_TRUNC | socket.MSG_CTRUNC)),
              (SIZE, 1, socket.MSG_ERRQUEUE), f'{kind.__name__}: with it one notice, one control message, and the flag')
        # MSG_ERRQUEUE never waits.
        s.setblocking(True)
        fails('EAGAIN', f'{kind.__name__}: then it is empty, and a blocking socket does not block', s.recvmsg, 256, 256,
              socket.MSG_ERRQUEUE)


def test_short_buffers():
    nl = netlink.Odmm()
    for kind in KINDS:
        for room in (8, SIZE - 1, SIZE):
            s = with_notice(nl, kind)
            data, _, flags, _ = s.recvmsg(room, 256, socket.MSG_ERRQUEUE)
            equal((len(data), int.from_bytes(data[:4], 'little'), bool(flags & socket.MSG_TRUNC)), (room, SIZE, room < SIZE),
                  f'{kind.__name__}: {room} bytes of room: as much, and MSG_TRUNC if that is not all')
            equal((notice(s), shows_error(s)), (None, False), f'{kind.__name__}: the rest is not kept')
        s = with_notice(nl, kind)
        data, controls, flags, _ = s.recvmsg(256, 0, socket.MSG_ERRQUEUE)
        equal((len(data), controls, bool(flags & socket.MSG_CTRUNC)), (SIZE, [], True), f'{kind.__name__}: no room for the control message')


def test_with_recverr():
    """IPV6_RECVERR is another thing: notices come with it and without."""
    nl = netlink.Odmm()
    for kind in KINDS:
        for value in (0, 1):
            ready(nl, A, GRACEFUL)
            s = asker(GRACEFUL, kind)
            # A raw socket has it on from the start.
            s.setsockopt(socket.IPPROTO_IPV6, 25, value)
            get_addr(s)
            nl.prefix_change(A, preferred_lft=0)
            equal(read(s)[0].event, EVENT_DEPRECATED, f'{kind.__name__}: IPV6_RECVERR {value}: the notice comes')
            equal(s.getsockopt(socket.IPPROTO_IPV6, 25), value, f'{kind.__name__}: IPV6_RECVERR is {value} as before')
            s.close()
            nl.prefix_del(A)


def so_error(s):
    return s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)


def test_no_error():
    """A notice is no error of the socket, not even one that carries an errno."""
    agent = agent_for(SESSION)
    for kind in KINDS:
        s = pending(SESSION, kind)
        agent.refuse(request_waiting(agent)['cookie'], 13)
        wait_for(lambda s=s: shows_error(s), 'the notice')
        equal(so_error(s), 0, f'{kind.__name__}: SO_ERROR is 0 before it is read')
        equal((read(s)[1].errno, so_error(s)), (13, 0), f'{kind.__name__}: and after')
        s.close()


def received(s):
    """The next datagram. poll() alone does not tell that it is there: it shows the notice as well."""
    data = []
    wait_for(lambda: data.append(outcome(s.recv, 100, socket.MSG_DONTWAIT)) or data[-1] != 'EAGAIN', 'a datagram')
    return data[-1]


def test_udp_goes_on():
    nl = netlink.Odmm()
    receiver = udp()
    receiver.bind(('::1', 0))
    s = with_notice(nl, udp)
    s.sendto(b'1', receiver.getsockname())
    s.connect(receiver.getsockname())
    s.send(b'2')
    equal([receiver.recvfrom(9)[0] for _ in range(2)], [b'1', b'2'], 'udp: sendto(), connect() and send() with a notice unread')
    receiver.sendto(b'3', s.getsockname())
    equal(received(s), b'3', 'udp: recv() too')
    equal(all_read(s), [EVENT_DEPRECATED], 'udp: which is still there')
    bound = with_notice(nl, udp)
    bound.bind((get_addr(bound), 0))
    equal(bound.getsockname()[0], get_addr(bound), 'udp: bind() too')


def test_tcp_goes_on():
    nl = netlink.Odmm()
    with socket.create_server(('::1', 0), family=socket.AF_INET6) as listener:
        s = with_notice(nl, tcp)
        s.bind((get_addr(s), 0))
        s.setblocking(True)
        s.connect(listener.getsockname())
        child = listener.accept()[0]
        for one, two in ((s, child), (child, s)):
            one.send(b'x')
            equal(two.recv(1), b'x', 'tcp: bind(), connect(), send() and recv() with a notice unread')
        nl.prefix_change(A, preferred_lft=0)
        queued(nl, 2)
        s.send(b'y')
        equal(child.recv(1), b'y', 'tcp: send() with two of them, while connected')
        equal(all_read(s), [EVENT_DEPRECATED, EVENT_DEPRECATED], 'tcp: which are still there')
        child.close()
        equal(s.recv(1), b'', 'tcp: the end is an end')


def test_listener_goes_on():
    nl = netlink.Odmm()
    s = with_notice(nl, tcp)
    s.bind((get_addr(s), 0))
    s.listen()
    s.setblocking(True)
    with socket.create_connection(s.getsockname()[:2]):
        child = s.accept()[0]
        equal((all_read(s), all_read(child)), ([EVENT_DEPRECATED], []), 'a listener accepts; its notices are no business of the child')


def test_raw_and_ping_go_on():
    nl = netlink.Odmm()
    for kind in (raw, KINDS[3]):
        s = with_notice(nl, kind)
        s.connect(('::1', 0))
        s.send(ECHO_REQUEST)
        ok(received(s), f'{kind.__name__}: connect(), send() and recv() with a notice unread')
        equal(all_read(s), [EVENT_DEPRECATED], f'{kind.__name__}: which is still there')


def test_not_without_the_flag():
    agent = agent_for(SESSION)
    sockets = [wanting(SESSION, kind, blocking=False) for kind in KINDS]
    equal([outcome(get_addr, s) for s in sockets], len(KINDS) * ['EINPROGRESS'], 'asked without the flag')
    told = pending(SESSION)
    ready(agent, A, SESSION)
    read(told)
    ready(agent, B, SESSION)
    agent.prefix_change(A, preferred_lft=0)
    agent.prefix_del(A, force=True)
    equal([read(told)[0].event for _ in range(3)], [3, 4, 5], 'who has the flag is told all of it')
    are_counted(agent, 4, 'and nobody else')
    equal([all_read(s) for s in sockets], [[] for _ in KINDS], 'nothing is on other queues')


def test_flag_taken_back():
    nl = netlink.Odmm()
    ready(nl, A, SESSION)
    s, other = holder(SESSION), holder(SESSION)
    set_option(s, SC_FLAGS, 0)
    nl.prefix_change(A, preferred_lft=0)
    equal(read(other)[0].event, EVENT_DEPRECATED, 'another socket is told')
    equal((notice(s), nl.stats()['notices']), (None, 1), 'who has taken the flag back is not')


def blocked_ask(fates):
    """A call that waits, another one, and then what the socket is told."""
    s = wanting(SESSION, flags=EVENTS)
    fates = [outcome(get_addr, s) for _ in range(fates)]
    return [':' in fate or fate for fate in fates], read(s)[0].event


def test_not_who_waits():
    """A call that waits returns the outcome itself."""
    agent = agent_for(SESSION)
    caller = Caller(blocked_ask, 2)
    first = request_waiting(agent)['cookie']
    agent.refuse(first, 13)
    agent.prefix_add(A, SESSION, cookie=wait_for(lambda: [r for r in agent.requests() if r['cookie'] > first], 'another try')[0]['cookie'])
    wait_for(lambda: agent.prefix(A)['sessions'], 'the grant')
    agent.prefix_change(A, preferred_lft=0)
    equal(caller.outcome(), (['EACCES', True], EVENT_DEPRECATED), 'calls that fail and succeed after waiting: the first notice is a later one')
    equal(agent.stats()['notices'], 1, 'and the only one')


def test_who_waits_and_who_does_not():
    """Both at once on one socket."""
    agent = agent_for(SESSION)
    s = wanting(SESSION, flags=EVENTS)
    caller = Caller(get_addr, s).wait_blocked()
    s.setblocking(False)
    fails('EALREADY', 'a call waits; another one does not want to', get_addr, s)
    address = ready(agent, A, SESSION)
    equal((caller.outcome(), read(s)[0].event), (address, EVENT_GRANTED), 'the first returns, and the second is told')
    are_counted(agent, 1, 'once')


def test_at_once():
    """What need not be waited for is told by the call itself."""
    nl = netlink.Odmm()
    ready(nl, A, SESSION)
    holder(SESSION)
    s = asker(FIXED)
    fails('EOPNOTSUPP', 'a type that nobody serves', get_addr, s)
    nl.prefix_change(A, preferred_lft=0)
    fails('EOPNOTSUPP', 'nor now', get_addr, s)
    equal((notice(s), nl.stats()['notices']), (None, 0), 'no notice of what was told at once')


def test_change_of_mind():
    """Nobody is told of what he no longer wants."""
    agent = agent_for(SESSION, FIXED)
    waiting, fresh = pending(SESSION), pending(SESSION)
    set_option(waiting, SC_TYPE, FIXED)
    set_option(fresh, SC_TYPE, NONE)
    ready(agent, A, SESSION)
    holding, dropped, on_net, control = (holder(SESSION) for _ in range(4))
    set_option(holding, SC_TYPE, FIXED)
    set_option(dropped, SC_TYPE, NONE)
    set_option(on_net, SC_FLAGS, EVENTS | ON_NET)
    agent.prefix_change(A, preferred_lft=0)
    agent.prefix_del(A, force=True)
    equal([read(control)[0].event for _ in range(2)], [EVENT_DEPRECATED, EVENT_LOST], 'who keeps to its type is told')
    are_counted(agent, 2, 'and no other')
    equal([notice(s) for s in (waiting, fresh, holding, dropped, on_net)], 5 * [None],
          'not who wants another type, none, or another way, be it while it waits or later')


def test_copies():
    """Copies of a socket are one socket: a notice comes once, whoever reads it."""
    agent = agent_for(GRACEFUL)
    s = pending(GRACEFUL)
    copy = s.dup()
    ready(agent, A, GRACEFUL)
    wait_for(lambda: shows_error(s), 'the grant')
    equal((shows_error(copy), all_read(copy), all_read(s)), (True, [EVENT_GRANTED], []), 'both copies show it, one reads it')
    child = Caller(lambda sock: read(sock)[0].event, s)
    s.close()
    agent.prefix_change(A, preferred_lft=0)
    equal(child.outcome(), EVENT_DEPRECATED, 'a child reads the next, when its parent has closed one copy')
    child.end()
    agent.prefix_del(A)
    equal(read(copy)[0].event, EVENT_LOST, 'the last copy the last')
    are_counted(agent, 3, 'one notice each')


def slab_objects(name):
    """Once the allocator has given back what it keeps for each processor."""
    with open(f'/sys/kernel/slab/{name}/shrink', 'w', encoding='ascii') as f:
        f.write('1')
    with open(f'/sys/kernel/slab/{name}/objects', encoding='ascii') as f:
        return int(f.read().split()[0])


def close_many(nl):
    sockets = [holder(GRACEFUL, KINDS[n % 4]) for n in range(N)]
    before = nl.stats()['notices']
    nl.prefix_change(A, preferred_lft=0)
    queued(nl, before + N)
    for s in sockets:
        s.close()
    nl.prefix_change(A, preferred_lft=1 << 30)
    wait_for(lambda: nl.stats()['sessions'] == 0, 'the sessions to go')


def test_closed_unread():
    nl = netlink.Odmm()
    ready(nl, A, GRACEFUL)
    close_many(nl)
    before = {name: slab_objects(name) for name in ('UDPv6', 'skbuff_head_cache')}
    for _ in range(3):
        close_many(nl)
    for name, n in before.items():
        ok(wait_for(lambda name=name, n=n: slab_objects(name) < n + N / 2, f'{name} to go; there were {n}'),
           f'{3 * N} sockets closed with notices unread: {name} is given back')


def test_rmmod():
    """What is on a queue outlives the module."""
    nl = netlink.Odmm()
    for kind in KINDS:
        ready(nl, A, GRACEFUL)
        s = holder(GRACEFUL, kind)
        closed = holder(GRACEFUL, kind)
        nl.prefix_change(A, preferred_lft=0)
        queued(nl, 2)
        with kmod.removed():
            closed.close()
            equal((shows_error(s), read(s)[0].event), (True, EVENT_DEPRECATED), f'{kind.__name__}: without the module it can be read')
        s.close()
        nl = netlink.Odmm()
        forget(nl)


def forget(nl):
    """The address that the old module left is adopted by the new one."""
    wait_for(nl.prefixes, 'the adoption')
    nl.prefix_del(A, force=True)


def test_state_by_notice():
    """When the notice is there, so is what it tells of."""
    agent = agent_for(NONPERSISTENT)
    s = pending(NONPERSISTENT)
    address = ready(agent, A, NONPERSISTENT)
    read(s)
    equal((state(s), get_addr(s)), (GRANTED, address), 'granted: the next call gives the address')
    agent.prefix_withdraw(A)
    equal((read(s)[0].event, outcome(get_addr, s)), (EVENT_LOST, 'EINPROGRESS'), 'lost: the next call asks for another')
    agent.refuse(request_waiting(agent)['cookie'], 110)
    equal((read(s)[0].event, outcome(get_addr, s)), (EVENT_FAILED, 'ETIMEDOUT'), 'failed: the next call says why')


run(test_poll, test_flags_of_recvmsg, test_short_buffers, test_with_recverr, test_no_error, test_udp_goes_on, test_tcp_goes_on,
    test_listener_goes_on, test_raw_and_ping_go_on, test_not_without_the_flag, test_flag_taken_back, test_not_who_waits,
    test_who_waits_and_who_does_not, test_at_once, test_change_of_mind, test_copies, test_closed_unread, test_rmmod,
    test_state_by_notice)
