#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Links, namespaces and the module go at the same moment as others use them."""
import ctypes
import errno
import os
import socket
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, '../lib'), HERE]
import kmod
import netlink
import netns
from collide import SYS_SENDTO, Ask, Call, Command, Duel, GetAddr, Lane, close, start, together
from ledger import Ledger, tally
from netlink import PREFIX, PREFIX_ADD, PREFIX_CHANGE, REQUEST, REQUEST_DONE
from odmm import BIND, EVENTS, FIXED, NONPERSISTENT, ON_NET, SESSION, get_addr, ready, request_waiting, setsc, tcp, udp, wanting
from people import ALICE
from probe import Probe, agent_for, network, spec
from tap import ok, outcome, run, wait_for

A, B = '2001:db8:51::/64', '2001:db8:52::/64'
ROUNDS = 15
DELLINK = 17


def delete_link(route, index):
    """What "ip link del" does."""
    body = struct.pack('=BxHiII', 0, 0, index, 0, 0)
    head = netlink.HEADER.pack(netlink.HEADER.size + len(body), DELLINK, netlink.NLM_F_REQUEST, 1, 0)
    data = ctypes.create_string_buffer(head + body, len(head + body))
    return Call(SYS_SENDTO, route.fileno(), data, len(data), 0, 0, 0)


def test_link_goes():
    """A link is removed while a caller waits for it, and the answer, or a refusal, or another caller, or a move comes."""
    ledger, agent, door, route = Ledger(), agent_for(SESSION), Probe(), netlink.Socket(netlink.NETLINK_ROUTE)
    asker, other, lanes = Lane(ALICE), Lane(ALICE), [Lane(), Lane()]
    ready(agent, B, SESSION)
    for name in ('refuse', 'answer', 'ask', 'move'):
        duel, told = Duel(step=50000), []
        for _ in range(ROUNDS):
            netns.dummy('gone')
            index = socket.if_nametoindex('gone')
            s, late = wanting(SESSION, dev='gone'), wanting(SESSION, dev='gone', blocking=False)
            asker.start(GetAddr(s))
            cookie = request_waiting(agent)['cookie']
            call = {'refuse': lambda: Command(door, REQUEST_DONE, REQUEST, cookie=cookie, error=errno.EACCES),
                    'answer': lambda: Command(door, PREFIX_ADD, PREFIX, **spec(A, SESSION, 'gone'), cookie=cookie),
                    'ask': lambda: GetAddr(late),
                    'move': lambda: Command(door, PREFIX_CHANGE, PREFIX, ifindex=index, **network(B))}[name]()
            end = delete_link(route, index)
            duel.aim(call, end)
            work = ((other if name == 'ask' else lanes[0], [call]), (lanes[1], [end]))
            together(*work)
            told.append(asker.join()[0])
            duel.won(told[-1] == 'ENETDOWN')
            wait_for(lambda: not agent.requests(), 'no request')
            s.close()
            late.close()
            outcome(agent.prefix_del, A, force=True)
            agent.prefix_change(B, 'lo')
        ok(set(told) <= {'ENETDOWN', 'EACCES' if name == 'refuse' else 'address'}, f'link, {name}: {tally(told)}', told)
    agent.close()
    ledger.balance()


def furnished():
    """A namespace with all that there may be in one; and what keeps it there."""
    ns = netns.Netns()
    with ns.inside():
        netns.dummy('access')
        agent = agent_for(NONPERSISTENT, SESSION)
        ready(agent, A, SESSION)
        bound, told = tcp(), udp()
        setsc(bound, SESSION, BIND)
        setsc(told, SESSION, EVENTS)
        pending = [wanting(NONPERSISTENT, blocking=False, flags=flags, dev=dev) for flags in (0, ON_NET) for dev in (None, 'access')]
        for s in pending:
            outcome(get_addr, s)
        agent.prefix_change(A, preferred_lft=0)
        agent.prefix_add(B, NONPERSISTENT, 'access')
    ns.close()
    return [agent.sock, bound, told, *pending]


def test_namespaces_go():
    """Of each the last sockets are closed from four sides, with requests pending, notices due and an address on its way."""
    lanes = [Lane() for _ in range(4)]
    for _ in range(ROUNDS):
        things = furnished()
        together(*((lane, [close(s) for s in things[n::4]]) for n, lane in enumerate(lanes)))
    with kmod.removed():
        ok(True, f'{ROUNDS} namespaces are closed from four sides, then the module goes')


def test_module_goes():
    """The module is removed while its sockets are closed, ask, and are told, and comes back while they ask."""
    lanes, told = [Lane() for _ in range(4)], []
    for _ in range(ROUNDS):
        things = furnished()
        crowd = [wanting(FIXED, blocking=False) for _ in range(100)]
        asks = [Ask(s, SESSION, timeout=1) for s in crowd for _ in range(4)]
        start((lanes[0], [close(s) for s in things[:3]] + [close(s) for s in crowd[50:]]), (lanes[1], [close(s) for s in things[3:]]),
              (lanes[2], asks[:200]), (lanes[3], [GetAddr(s) for s in crowd[:50]] * 4))
        removed = not kmod.remove()
        if removed:
            kmod.insert()
        told.append(removed)
        for lane in lanes[:2]:
            lane.join()
        answers = set(lanes[2].join() + lanes[3].join())
        if not answers <= {'EOPNOTSUPP', 'ENOPROTOOPT', 'EINVAL', 'EBADF'}:
            raise AssertionError(answers)
        for s in crowd[:50]:
            s.close()
    ok(True in told, f'the module goes {told.count(True)} times of {ROUNDS} while sockets are closed and ask')


run(test_link_goes, test_namespaces_go, test_module_goes, timeout=240)
