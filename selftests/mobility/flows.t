#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Flow mobility (RFC 7864): the host is attached to both access routers by one logical interface, and the anchor moves the
session-lasting prefix from one to the other while a conversation runs.
"""
import ipaddress
import os
import socket
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, path) for path in ('../lib', '../lab')]

# pylint: disable=wrong-import-position
from conversation import CHUNK, ENOUGH, Conversation
from inside import fresh, lab
from netns import Netns
from odmm import BIND, SESSION, setsc, source, tcp
from tap import diag, equal, ok, run

CORRESPONDENT = '2001:db8:c::c'
TOTAL_RETRANS = 100     # where it is in struct tcp_info


def connect():
    """Two connected sockets, of the host and of its correspondent."""
    mobile, correspondent = (Netns.of(f'/run/netns/lab-{name}') for name in ('mn', 'cn'))
    with correspondent.inside():
        listener = socket.create_server((CORRESPONDENT, 0), family=socket.AF_INET6)
    with mobile.inside():
        s = tcp()
        setsc(s, SESSION, BIND)
        s.connect(listener.getsockname()[:2])
    return s, listener.accept()[0]


def carried(router):
    """Packets by the tunnel to the anchor: to the host, from the host."""
    return [int(lab('exec', router, 'cat', f'/sys/class/net/to-la/statistics/{way}_packets')) for way in ('rx', 'tx')]


def retransmissions(s):
    info = s.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
    return int.from_bytes(info[TOTAL_RETRANS:TOTAL_RETRANS + 4], sys.byteorder)


def goes_by(conversation, router, other, text):
    """Points: the conversation goes on, both ways by one access router, and not by the other."""
    before = {name: carried(name) for name in (router, other)}
    conversation.goes_on(text)
    after = {name: carried(name) for name in (router, other)}
    grown = [b - a for a, b in zip(before[router], after[router])]
    ok(min(grown) >= ENOUGH // CHUNK // 2, f'{text}: both ways by {router}', grown)
    equal(after[other], before[other], f'{text}: not by {other}')


def test_flow_mobility():
    fresh()
    s, peer = connect()
    prefix = ipaddress.IPv6Network((source(s), 64), strict=False)
    c = Conversation(s, peer)
    goes_by(c, 'ar1', 'ar2', 'at ar1 only')
    lab('join')
    goes_by(c, 'ar1', 'ar2', 'at both')
    for router, other in (('ar2', 'ar1'), ('ar1', 'ar2')):
        lab('bind', str(prefix), router)
        # What is under way still comes by the other.
        c.goes_on(f'the anchor moves it to {router}')
        goes_by(c, router, other, f'moved to {router}')
    diag(f'segments sent again: {retransmissions(s)} by the host, {retransmissions(peer)} by the correspondent')
    lab('bind', str(prefix), 'ar2')
    c.goes_on('the anchor moves it to ar2')
    c.ends('in the end')
    lab('down')


run(test_flow_mobility, timeout=300)
