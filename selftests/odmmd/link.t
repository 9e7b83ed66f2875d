#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Links as odmmd watches them: what is a movement, when it is told, and which network it has led to. No module is needed."""
import os
import socket
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, '../lib'), os.path.join(HERE, '../command')]

# pylint: disable=wrong-import-position
import netns
from advert import Router, lladdr, pio, typed
from odmm import NONPERSISTENT, SESSION
from program import Program
from tap import equal, ok, run, wait_for

LINK = os.path.join(HERE, '../../build/obj/tests/link')
HERE_PREFIX, THERE_PREFIX, MOVING = '2001:db8:a1::/64', '2001:db8:a2::/64', '2001:db8:51::/64'
MAC, OTHER_MAC = '02:00:00:00:00:fe', '02:00:00:00:00:fd'
SETTLES = 30    # seconds within which three solicitations are over


class Watched:
    """A link with routers at its other end, and what is told of it."""

    def __init__(self):
        self.peer = netns.Netns()
        # The kernel solicits as well, when a link is new.
        netns.sysctl('net.ipv6.conf.default.router_solicitations', 0)
        netns.veth(self.peer)
        self.router = Router(self.peer).appear()
        self.program = Program('v0', LINK)
        self.program.has('ready')

    def count(self, text):
        return sum(text in line for line in self.program.read())

    def told(self):
        """Of movements: how often, and how often that it was another network."""
        return self.count('moved v0'), self.count('elsewhere')

    def settle(self, *options):
        """At the network where it is when the program begins."""
        wait_for(self.router.solicited, 'a solicitation')
        self.router.advertise(*options or (pio(HERE_PREFIX), lladdr(MAC)))
        self.program.has('heard fe80::1')

    def carrier(self, *states):
        with self.peer.inside():
            for state in states:
                netns.ip(f'link set v1 {state}')

    def away(self, *routers):
        """The carrier goes, and comes back with these routers. How many solicitations they hear at once."""
        self.carrier('down')
        self.program.has('no carrier')
        before = self.router.solicited()
        self.carrier('up')
        for router in routers or [self.router]:
            router.appear()
        return wait_for(lambda: self.router.solicited() - before, 'a solicitation')


def test_begin():
    """Where the host is when the program begins is no movement."""
    w = Watched()
    w.settle()
    w.router.advertise(pio(HERE_PREFIX), lladdr(MAC))
    wait_for(lambda: w.count('heard') == 2, 'a second advertisement')
    equal((w.told(), w.router.solicited()), ((0, 0), 1), 'at first: one solicitation, no movement')
    ok(w.count('heard fe80::1 prefixes 1 movement 0') == 2, 'what the router says is handed on')
    equal(w.program.end(), 0, 'and it ends')


def test_no_router():
    """Three solicitations, and no more."""
    w = Watched()
    times = []
    for n in range(1, 4):
        wait_for(lambda: w.router.solicited() >= n, f'solicitation {n}')
        times.append(time.monotonic())
    between = [b - a for a, b in zip(times, times[1:])]
    ok(all(3.5 < b < 8 for b in between), 'no router: three solicitations, four seconds apart', between)
    time.sleep(5)   # that one does not come has no sign
    equal((w.router.solicited(), w.told()), (3, (0, 0)), 'and no fourth, and no movement')


def test_same_network():
    w = Watched()
    w.settle()
    equal(w.away(), 1, 'the carrier is back: a solicitation')
    w.program.has('moved')
    lines = w.program.read()
    ok('v0: router solicitation 1' in lines[lines.index('v0: no carrier'):lines.index('moved v0')], 'at once', lines)
    w.router.advertise(pio(HERE_PREFIX), lladdr(MAC))
    w.program.has('the same network')
    equal(w.told(), (1, 0), 'told once; the same router with the same prefix: the same network')
    equal(w.count('heard fe80::1 prefixes 1 movement 1'), 1, 'heard after one movement')


def test_other_router():
    """It announces the prefix that moves with the host, too."""
    w = Watched()
    w.settle(typed(MOVING, SESSION), typed(HERE_PREFIX, NONPERSISTENT), lladdr(MAC))
    there = Router(w.peer, 'fe80::2')
    w.away(there)
    there.advertise(typed(MOVING, SESSION), typed(THERE_PREFIX, NONPERSISTENT), lladdr(OTHER_MAC))
    w.program.has('elsewhere')
    lines = w.program.read()
    equal((w.told(), w.router.solicited()), ((1, 1), 2), 'another router after the carrier was lost: another network, at once')
    ok(lines.index('heard fe80::2 prefixes 2 movement 1') < lines.index('elsewhere movement 1'), 'what it says is heard before')


def test_known_prefix():
    w = Watched()
    w.settle()
    second = Router(w.peer, 'fe80::2')
    w.away(second)
    second.advertise(pio(HERE_PREFIX), lladdr(OTHER_MAC))
    w.program.has('the same network')
    equal(w.told(), (1, 0), 'another router with a prefix that is known: the same network')


def test_same_address():
    """Access routers that look the same, and a prefix that moves with the host (RFC 5213)."""
    w = Watched()
    w.settle(typed(MOVING, SESSION), typed(HERE_PREFIX, NONPERSISTENT), lladdr(MAC))
    w.away()
    w.router.advertise(typed(MOVING, SESSION), typed(THERE_PREFIX, NONPERSISTENT), lladdr(MAC))
    w.program.has('elsewhere')
    equal(w.told(), (1, 1), 'the same addresses, the same moving prefix, another one of its own: another network')
    w.away()
    w.router.advertise(typed(MOVING, SESSION), typed(THERE_PREFIX, NONPERSISTENT), lladdr(MAC))
    wait_for(lambda: w.count('the same network'), 'it to settle')
    equal(w.told(), (2, 1), 'and there it stays')


def test_no_carrier_change():
    """The bridge behind the link leads elsewhere all of a sudden."""
    w = Watched()
    w.settle()
    w.router.advertise(pio(THERE_PREFIX), lladdr(MAC))
    w.program.has('elsewhere', SETTLES)
    equal((w.told(), w.count('no carrier'), w.router.solicited()), ((1, 1), 0, 4),
          'the known router has other prefixes, and only those for three solicitations: another network')


def test_pretended():
    """Somebody at the link takes the router's address; the router still answers."""
    w = Watched()
    w.settle()
    w.router.advertise(pio(THERE_PREFIX), lladdr(MAC))
    wait_for(lambda: w.router.solicited() == 2, 'a solicitation')
    w.router.advertise(pio(HERE_PREFIX), lladdr(MAC))
    w.program.has('the same network')
    equal(w.told(), (1, 0), 'the known router has other prefixes, but answers with those that it had: the same network')


def test_in_parts():
    """A router that says in two advertisements what does not fit into one."""
    w = Watched()
    w.settle()
    for n in range(3):
        for prefix in (THERE_PREFIX, HERE_PREFIX):
            heard = w.count('heard')
            w.router.advertise(pio(prefix), lladdr(MAC))
            wait_for(lambda: w.count('heard') > heard, 'the router')
    equal(w.told(), (1, 0), 'half of its prefixes in each advertisement: suspected once, then known')


def test_second_router():
    """One more router of the same network: the known one says so."""
    w = Watched()
    w.settle()
    second = Router(w.peer, 'fe80::2').appear()
    second.advertise(pio(THERE_PREFIX), lladdr(OTHER_MAC))
    wait_for(lambda: w.router.solicited() == 2, 'a solicitation')
    w.router.advertise(pio(HERE_PREFIX), lladdr(MAC))
    w.program.has('the same network')
    equal(w.told(), (1, 0), 'an unknown router, and the known one answers: the same network')
    for n in range(2):
        second.advertise(pio(THERE_PREFIX), lladdr(OTHER_MAC))
        wait_for(lambda: w.count('heard fe80::2') == 2 + n, 'the second router')
    equal((w.told(), w.router.solicited()), ((1, 0), 2), 'from then on it is known')


def test_known_router_silent():
    w = Watched()
    w.settle()
    there = Router(w.peer, 'fe80::2').appear()
    there.advertise(pio(THERE_PREFIX), lladdr(OTHER_MAC))
    w.program.has('elsewhere', SETTLES)
    equal((w.told(), w.router.solicited()), ((1, 1), 4), 'an unknown router, and the known one is silent for three solicitations: another network')
    there.advertise(pio(THERE_PREFIX), lladdr(OTHER_MAC))
    wait_for(lambda: w.count('heard fe80::2') == 2, 'the router')
    equal(w.told(), (1, 1), 'where the router is at home')


def test_no_answer():
    """Nobody is there after the carrier was lost."""
    w = Watched()
    w.settle()
    w.away()
    w.program.has('elsewhere', SETTLES)
    equal(w.told(), (1, 1), 'no router after the carrier was lost: another network')


def test_default_route():
    w = Watched()
    w.settle()
    netns.ip('-6 route replace default via fe80::1 dev v0')
    netns.ip('-6 route replace default via fe80::9 dev v0')
    w.program.has('another default route')
    netns.ip('-6 route replace default via fe80::8 dev v0')
    netns.ip('-6 neigh replace fe80::77 lladdr 02:00:00:00:00:77 dev v0')
    w.router.advertise(pio(HERE_PREFIX), lladdr(MAC))
    w.program.has('the same network')
    equal(w.told(), (1, 0), 'default routes that nobody knows: one movement, and its router says where it is')


def test_router_lladdr():
    w = Watched()
    w.settle()
    netns.ip(f'-6 neigh replace fe80::1 lladdr {MAC} dev v0')
    netns.ip(f'-6 neigh replace fe80::1 lladdr {OTHER_MAC} dev v0')
    w.program.has('another link-layer address')
    equal(w.told(), (1, 0), 'its router has another link-layer address: one movement')


def test_spoofed():
    w = Watched()
    with w.peer.inside():
        netns.ip('-6 addr add 2001:db8:ff::1/64 dev v1 nodad')
    w.settle()
    before = w.count('heard')
    options = typed(THERE_PREFIX, SESSION), lladdr(OTHER_MAC)
    bad = (('hop-limit', {'hops': 64}), ('source', {'source': '2001:db8:ff::1'}), ('code', {'code': 1}))
    for kind, values in bad:
        w.router.advertise(*options, **values)
        w.program.has(f'ignored: {kind} .1 so far')
        w.router.advertise(*options, **values)
        w.program.has(f'ignored: {kind} .2 so far')
    w.router.advertise(b'\xfd\x00\0\0\0\0\0\0')
    w.program.has('ignored: option-length')
    equal((w.told(), w.count('heard') - before), ((0, 0), 0), 'spoofed and malformed: counted by kind, and nothing else')
    w.program.end()
    equal([w.count(f'router advertisements ignored: {kind}: 2') for kind, _ in bad], [1, 1, 1], 'the counts are told at the end')


def test_renamed():
    """Which older kernels allow only while it is down."""
    w = Watched()
    w.settle()
    for words in ('down', 'name w0', 'up'):
        netns.ip(f'link set {"v0" if words != "up" else "w0"} {words}')
    w.program.has('v0: is now called w0')
    wait_for(lambda: w.router.solicited() == 2, 'a solicitation')
    w.router.advertise(pio(HERE_PREFIX), lladdr(MAC))
    w.program.has('w0: the same network')
    equal((w.told(), w.count('was removed')), ((1, 0), 0), 'down, renamed and up: it is the same link, solicited when it has an address again')


def test_no_address():
    """Nothing to send a solicitation from, yet."""
    w = Watched()
    w.settle()
    netns.ip('link set v0 down')
    netns.ip('link set v0 addrgenmode none')
    netns.ip('link set v0 up')
    w.program.has('no router solicitation yet')
    equal(w.router.solicited(), 1, 'up without an address: no solicitation')
    netns.ip('-6 addr add fe80::5/64 dev v0 nodad')
    wait_for(lambda: w.router.solicited() == 2, 'a solicitation')
    equal(w.told(), (1, 0), 'it is sent when there is one')


def test_created_again():
    w = Watched()
    w.settle()
    index = socket.if_nametoindex('v0')
    netns.ip('link del v0')
    w.program.has('v0: was removed')
    netns.veth(w.peer)
    w.program.has('reload v0')
    router = Router(w.peer).appear()
    wait_for(lambda: socket.if_nametoindex('v0') != index and router.solicited(), 'a solicitation')
    router.advertise(pio(HERE_PREFIX), lladdr(MAC))
    wait_for(lambda: w.count('heard') == 2, 'the router')
    ok(True, 'removed and created again: it is watched')


def test_flaps():
    """However fast: the last one is not missed."""
    w = Watched()
    w.settle()
    w.carrier(*5 * ('down', 'up'))
    w.router.appear()
    wait_for(lambda: w.router.solicited() > 1, 'a solicitation')
    w.router.advertise(pio(THERE_PREFIX), lladdr(MAC))
    w.program.has('elsewhere')
    moved, others = w.told()
    ok(1 <= moved <= 5 and others == 1, 'five times down and up: moved, no more often than that, and once elsewhere', (moved, others))


run(test_begin, test_no_router, test_same_network, test_other_router, test_known_prefix, test_same_address, test_no_carrier_change, test_pretended, test_in_parts, test_second_router,
    test_known_router_silent, test_no_answer, test_default_route, test_router_lladdr, test_spoofed, test_renamed, test_no_address, test_created_again, test_flaps)
