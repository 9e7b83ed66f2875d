#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Addresses that somebody else tags with a type, and those that the module left behind: they become typed prefixes."""
import contextlib
import ipaddress
import os
import socket
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../lib'))
import kmod
import netlink
import netns
from life import Watch, by_hand, hold, pair, state_of, talk, unused
from netlink import (ACTIVE, END_LOST, IFA_F_DEPRECATED, IFA_F_NODAD, IFA_F_NOPREFIXROUTE, IFA_F_TENTATIVE, NETLINK_ROUTE, ONLINK,
                     address_add, kernel_address)
from odmm import (FIXED, GRACEFUL, GRANTED, IFA_PROTO_BASE, INFINITY, NONPERSISTENT, SESSION, TYPES, Caller, ask, ready, source, state, tcp)
from tap import equal, fails, ok, run, wait_for

A, B, C = '2001:db8:51::/64', '2001:db8:52::/64', '2001:db8:53::/64'
WIDE = '2001:db8:a200::/56'
NOT_NOW = 0.7   # seconds in which the worker would have done what it must not do
MARGIN = 5      # seconds by which lifetimes may differ


def proto(wanted):
    return IFA_PROTO_BASE + wanted


def address_in(prefix, n=0x1234):
    return str(ipaddress.IPv6Network(prefix)[n])


def active(nl, prefix):
    """The prefix, when it serves."""
    return wait_for(lambda: state_of(nl, prefix) == ACTIVE and nl.prefix(prefix), f'{prefix} to be active')


def typed():
    """The kernel's typed addresses, without what changes by itself."""
    return [{**a, 'valid': 0} for a in netlink.addresses() if a['proto'] > IFA_PROTO_BASE]


def test_each_type():
    nl, watch = netlink.Odmm(), Watch()
    for n, wanted in enumerate(TYPES, 1):
        prefix = f'2001:db8:60:{n}::/64'
        address = address_in(prefix)
        address_add(address, proto=proto(wanted), flags=IFA_F_NODAD | IFA_F_NOPREFIXROUTE)
        p = active(nl, prefix)
        equal((p['type'], p['address'], p['valid_lft'], p['preferred_lft']), (wanted, address, INFINITY, INFINITY),
              f'type {wanted}: /128 tagged, a prefix of /64')
        equal((p['flags'], p['home'], p.get('ifindex')), (0, socket.if_nametoindex('lo'), None), f'type {wanted}: on lo, routed')
        with hold(wanted) as s:
            equal(source(s), address, f'type {wanted}: it is served')
        unused(nl, prefix)
        a = wait_for(lambda a=address: kernel_address(a)['preferred'] == 0 and kernel_address(a), 'the kernel to prefer others')
        equal((a['len'], a['proto'], a['valid'], bool(a['flags'] & IFA_F_DEPRECATED)), (128, proto(wanted), INFINITY, True),
              f'type {wanted}: for sockets that never asked it is deprecated')
        netns.ip(f'addr del {address}/128 dev lo')
        equal((watch.end(prefix), nl.prefixes()), (END_LOST, []), f'type {wanted}: deleted, with it the prefix goes')
    equal((nl.stats()['adopted'], nl.stats()['adopt_refused']), (4, 0), 'counted')


def test_lengths():
    nl = netlink.Odmm()
    for plen, prefix in ((64, A), (56, WIDE), (65, B), (127, C)):
        address = address_in(prefix)
        address_add(address, plen=plen, proto=proto(SESSION), flags=IFA_F_NODAD)
        equal(active(nl, prefix)['address'], address, f'an address given with /{plen}: {prefix}')
        equal(kernel_address(address)['len'], plen, 'its length is left as it is')
    for p in nl.prefixes():
        nl.prefix_del(f'{p["prefix"]}/{p["len"]}')
    wait_for(lambda: not typed(), 'the addresses to go')
    ok(True, 'and with their prefixes they can be deleted')


def test_places():
    """Where duplicates are looked for is a link; where they are not a home."""
    nl = netlink.Odmm()
    netns.dummy('d0')
    index = socket.if_nametoindex('d0')
    address_add(address_in(A), 'd0', proto=proto(SESSION))
    p = active(nl, A)
    equal((p['flags'], p['ifindex'], p['home']), (ONLINK, index, index), 'on a link: on-link')
    address_add(address_in(B), 'd0', proto=proto(FIXED), flags=IFA_F_NODAD)
    p = active(nl, B)
    equal((p['flags'], p.get('ifindex'), p['home']), (0, None, index), 'on a link, without duplicate detection: routed, with a home')
    netns.ip('link del d0')
    wait_for(lambda: not nl.prefixes(), 'both to go')
    ok(True, 'both go with it')


def test_duplicate_detection():
    nl, peer = netlink.Odmm(), netns.Netns()
    netns.veth(peer, dad=3)
    address = address_in(A)
    address_add(address, 'v0', proto=proto(SESSION))
    wait_for(nl.prefixes, 'the prefix')
    ok(kernel_address(address)['flags'] & IFA_F_TENTATIVE and state_of(nl, A) == netlink.TENTATIVE, 'tentative, as its address')
    equal(Caller(ask, SESSION).wait_blocked().outcome(), address, 'who asks waits, and gets it')
    ok(not kernel_address(address)['flags'] & IFA_F_TENTATIVE, 'after duplicate detection')


def test_waiting():
    """It completes who waits, like any prefix."""
    agent = netlink.Odmm()
    agent.claim(SESSION)
    caller = Caller(ask, SESSION).wait_blocked()
    address_add(address_in(A), proto=proto(SESSION), flags=IFA_F_NODAD)
    equal(caller.outcome(), address_in(A), 'who waits for the network gets an address that was tagged')


def test_replaced():
    """A tag for an address that is there already."""
    nl = netlink.Odmm()
    address = address_in(A)
    address_add(address, plen=64, flags=IFA_F_NODAD)
    time.sleep(NOT_NOW)
    equal(nl.prefixes(), [], 'no tag, no prefix')
    s = by_hand(address)
    address_add(address, plen=64, proto=proto(SESSION), flags=IFA_F_NODAD, replace=True)
    equal((active(nl, A)['address'], nl.prefix(A)['users'], ask(SESSION)), (address, 1, address), 'tagged later: a prefix, with its users')
    s.close()


def test_lifetimes():
    nl, watch = netlink.Odmm(), Watch()
    address_add(address_in(A), proto=proto(SESSION), flags=IFA_F_NODAD, valid=1000, preferred=500)
    p = active(nl, A)
    ok(1000 - MARGIN <= p['valid_lft'] <= 1000 and p['preferred_lft'] <= p['valid_lft'], 'its valid lifetime is that of the prefix', p)
    a = wait_for(lambda: kernel_address(address_in(A))['preferred'] == 0 and kernel_address(address_in(A)), 'the kernel to prefer others')
    ok(1000 - MARGIN <= a['valid'] <= 1000 + MARGIN, 'and the kernel knows it still', a)
    address_add(address_in(B), proto=proto(SESSION), flags=IFA_F_NODAD, valid=3, preferred=3)
    active(nl, B)
    watch.end(B)
    wait_for(lambda: not kernel_address(address_in(B)), 'the address to go')
    ok(True, 'a short one ends with its address')


def test_like_others():
    """One that is held comes back, and can be changed and withdrawn."""
    nl = netlink.Odmm()
    address = address_in(A)
    address_add(address, proto=proto(SESSION), flags=IFA_F_NODAD | IFA_F_NOPREFIXROUTE)
    active(nl, A)
    s = hold(SESSION, tcp)
    peer = pair(s)
    netns.ip(f'addr del {address}/128 dev lo')
    wait_for(lambda: kernel_address(address) and state_of(nl, A) == ACTIVE, 'the address to be back')
    equal((kernel_address(address)['proto'], state(s), talk(s, peer)), (proto(SESSION), GRANTED, True), 'held, it is put back')
    fails('EBUSY', 'nor is it withdrawn without force', nl.prefix_withdraw, A)
    nl.prefix_withdraw(A, force=True)
    wait_for(lambda: not kernel_address(address), 'the address to go')
    ok(True, 'withdrawn by force, its address goes')


def refused(nl, address, text, **values):
    """Three points: it becomes no prefix, is counted, and is left alone."""
    before, prefixes = nl.stats()['adopt_refused'], nl.prefixes()
    address_add(address, **values)
    added = kernel_address(address)
    wait_for(lambda: nl.stats()['adopt_refused'] > before, f'{text}: the count')
    equal(nl.prefixes(), prefixes, f'{text}: no prefix')
    time.sleep(NOT_NOW)
    equal(nl.stats()['adopt_refused'] - before, 1, f'{text}: refused once')
    equal(kernel_address(address), added, f'{text}: the address is left alone')


def test_refused():
    nl = netlink.Odmm()
    netns.dummy('d0')
    ready(nl, A, SESSION)
    ready(nl, WIDE, SESSION)
    values = {'flags': IFA_F_NODAD | IFA_F_NOPREFIXROUTE}
    refused(nl, address_in(A), 'a second address of a prefix', proto=proto(SESSION), **values)
    refused(nl, address_in(A, 0x99), 'one of a prefix of another type', proto=proto(NONPERSISTENT), **values)
    refused(nl, '2001:db8:a200:7::1', 'one within a shorter prefix', proto=proto(SESSION), **values)
    refused(nl, '2001:db8:a2ff::1', 'one with a length that holds a known prefix', proto=proto(SESSION), plen=48 - 8, **values)
    refused(nl, 'fe80::1234', 'link-local', dev='d0', proto=proto(SESSION), **values)
    refused(nl, '::2', 'in the prefix of loopback', proto=proto(SESSION), **values)
    nl.policy_set(prefixes_max=2)
    refused(nl, address_in(B), 'one more than policy allows', proto=proto(SESSION), **values)
    equal(len([p for p in nl.prefixes() if p['state'] == ACTIVE]), 2, 'the others are as they were')


def test_no_types():
    nl = netlink.Odmm()
    for value in (0, 1, 3, IFA_PROTO_BASE, IFA_PROTO_BASE + 5, 255):
        address_add(address_in(A, 0x100 + value), proto=value, flags=IFA_F_NODAD)
    time.sleep(NOT_NOW)
    equal((nl.prefixes(), nl.stats()['adopted'], nl.stats()['adopt_refused']), ([], 0, 0), 'other tags than those of types are not ours')


def test_our_own():
    """What the module adds itself is not taken for somebody else's."""
    nl = netlink.Odmm()
    netns.dummy('d0', 'd1')
    for n in range(20):
        ready(nl, f'2001:db8:60:{n:x}::/64', TYPES[n % 4], 'd0')
    for n in range(4):
        ready(nl, f'2001:db8:61:{n:x}::/64', TYPES[n % 4], 'd0', flags=ONLINK)
        nl.prefix_change(f'2001:db8:61:{n:x}::/64', dev='d1', valid_lft=1000)
    time.sleep(NOT_NOW)
    equal(len(nl.prefixes()), 24, 'no second prefixes')
    for p in nl.prefixes():
        nl.prefix_del(f'{p["prefix"]}/{p["len"]}')
    wait_for(lambda: not typed(), 'the addresses to go')
    time.sleep(NOT_NOW)
    stats = nl.stats()
    equal((nl.prefixes(), stats['adopted'], stats['adopt_refused'], stats['retagged']), ([], 0, 0, 0), 'nor after they were deleted')


def add_at_once(addresses, wanted):
    """All in one message, so that the kernel's news come faster than anybody can read them."""
    message = b''
    for n, address in enumerate(addresses, 1):
        data = struct.pack('=BBBBI', socket.AF_INET6, 128, 0, 0, socket.if_nametoindex('lo'))
        data += netlink.attr(netlink.IFA_LOCAL, ipaddress.IPv6Address(address).packed)
        data += netlink.attr(netlink.IFA_PROTO, bytes([proto(wanted)]))
        data += netlink.attr(netlink.IFA_FLAGS, struct.pack('=I', IFA_F_NODAD | IFA_F_NOPREFIXROUTE))
        flags = netlink.NLM_F_REQUEST | netlink.NLM_F_CREATE
        message += netlink.HEADER.pack(netlink.HEADER.size + len(data), netlink.RTM_NEWADDR, flags, n, 0) + data
    route = netlink.Socket(NETLINK_ROUTE)
    route.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
    route.sock.send(message)
    route.close()


def test_many():
    nl = netlink.Odmm()
    addresses = [f'2001:db8:7000:{n:x}::1' for n in range(1, 1001)]
    add_at_once(addresses, NONPERSISTENT)
    equal(len([a for a in netlink.addresses() if a['proto'] == proto(NONPERSISTENT)]), 1000, '1,000 addresses come at once')
    wait_for(lambda: sum(p['state'] == ACTIVE for p in nl.prefixes()) == 1000, '1,000 prefixes', 60)
    stats = nl.stats()
    equal((stats['adopted'], stats['adopt_refused']), (1000, 0), 'all are taken')
    equal({p['address'] for p in nl.prefixes()}, set(addresses), 'each with its address')


def described(nl):
    """What is to be the same when the module has come back."""
    return {f'{p["prefix"]}/{p["len"]}': (p['type'], p['address'], p['home'], p['flags'], p['state']) for p in nl.prefixes()}


class Populated:
    """A namespace with prefixes of all kinds."""

    def __init__(self, ns=None):
        self.ns = ns
        with self.inside():
            netns.dummy('d0', 'h0')
            nl = netlink.Odmm()
            nl.policy_set(secret=bytes(range(16)))
            ready(nl, A, SESSION, 'd0')
            ready(nl, WIDE, FIXED, 'd0', home='h0')
            ready(nl, B, NONPERSISTENT, 'd0', flags=ONLINK)
            ready(nl, C, GRACEFUL, valid_lft=1000)
            self.before = described(nl)
            self.addresses = typed()
            self.routes = netns.ip('-6 route show table all proto 208')

    def inside(self):
        return self.ns.inside() if self.ns else contextlib.nullcontext()

    def is_back(self, text):
        with self.inside():
            nl = netlink.Odmm()
            wait_for(lambda: [p['state'] for p in nl.prefixes()] == 4 * [ACTIVE], f'{text}: the prefixes')
            equal(described(nl), self.before, f'{text}: all four are back, each on its address')
            equal({wanted: ask(wanted) for wanted in TYPES}, {p[0]: p[1] for p in self.before.values()}, f'{text}: and serve')
            left = nl.prefix(C)['valid_lft']
            ok(1000 - 30 < left <= 1000 + MARGIN and nl.prefix(A)['valid_lft'] == INFINITY, f'{text}: lifetimes are kept', left)
            equal(netns.ip('-6 route show table all proto 208'), self.routes, f'{text}: routes are as they were')
            equal((nl.stats()['adopted'], nl.stats()['adopt_refused'], len(nl.prefixes())), (4, 0, 4), f'{text}: counted')


def test_module_comes_back():
    other = netns.Netns()
    places = Populated(), Populated(other)
    s, t = hold(SESSION, tcp), by_hand(places[0].before[A][1], tcp)
    peers = pair(s), pair(t)
    with kmod.removed():
        equal(typed(), places[0].addresses, 'the module goes: the addresses stay')
        ok(talk(s, peers[0]) and talk(t, peers[1]), 'and connections go on')
    for place, text in zip(places, ('here', 'in another namespace')):
        place.is_back(text)
    ok(talk(s, peers[0]) and talk(t, peers[1]), 'connections go on')
    nl = netlink.Odmm()
    equal(nl.prefix(A)['users'] - nl.prefix(A)['sessions'], 2, 'and count as users, by hand now')
    fails('EBUSY', 'so that nobody deletes it under them', nl.prefix_del, A)
    address = places[0].before[WIDE][1]
    nl.prefix_del(WIDE, force=True)
    wait_for(lambda: not kernel_address(address), 'the address to go')
    equal(netns.ip(f'-6 route show table all {WIDE}'), '', 'one that is deleted takes its route with it')


def test_meanwhile():
    """What others do while the module is away counts when it is back."""
    nl = netlink.Odmm()
    gone, stays = ready(nl, A, SESSION), ready(nl, B, SESSION)
    with kmod.removed():
        netns.ip(f'addr del {gone}/128 dev lo')
        address_add(address_in(C), proto=proto(GRACEFUL), flags=IFA_F_NODAD)
    nl = netlink.Odmm()
    equal((active(nl, B)['address'], active(nl, C)['address']), (stays, address_in(C)), 'what is there, or was added, is a prefix')
    equal(state_of(nl, A), None, 'what was deleted is none')
    equal((ask(GRACEFUL), ask(SESSION)), (address_in(C), stays), 'both serve')


run(test_each_type, test_lengths, test_places, test_duplicate_detection, test_waiting, test_replaced, test_lifetimes, test_like_others,
    test_refused, test_no_types, test_our_own, test_many, test_module_comes_back, test_meanwhile)
