#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Links that go down, up and away, and addresses that move from one to another: connections of promised addresses go on."""
import os
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../lib'))
import netlink
import netns
from conversation import Conversation
from life import Watch, hold, pair, state_of, talk
from netlink import (ACTIVE, END_LINK_REMOVED, END_LOST, NETLINK_ADD_MEMBERSHIP, NETLINK_ROUTE, ONLINK, RTM_DELADDR, RTM_NEWADDR,
                     SOL_NETLINK, kernel_address)
from odmm import FIXED, GRANTED, LOST, NONPERSISTENT, SESSION, ask, get_addr, get_status, ready, source, state, tcp
from tap import equal, fails, ok, run, wait_for

A, B, C = '2001:db8:51::/64', '2001:db8:52::/64', '2001:db8:53::/64'
SERVER = '2001:db8:1::1'
RTNLGRP_IPV6_IFADDR = 9
LINKS = {'v0': 'v1', 'w0': 'w1'}


def link_local(dev):
    return wait_for(lambda: [a['address'] for a in netlink.addresses(dev) if a['address'].startswith('fe80')], f'{dev} to be ready')[0]


class Network:
    """A host with two links to a server; it is reached by one of them."""

    def __init__(self):
        self.peer = netns.Netns()
        for ours, theirs in LINKS.items():
            netns.veth(self.peer, ours, theirs)
        with self.peer.inside():
            netns.ip(f'addr add {SERVER}/128 dev lo')
            self.listener = socket.create_server((SERVER, 0), family=socket.AF_INET6)

    def route(self, dev, prefix=A):
        """What a router, and an agent, do when the host is to be reached by that link."""
        with self.peer.inside():
            gateway = link_local(LINKS[dev])
        netns.ip(f'-6 route replace {SERVER} via {gateway} dev {dev}')
        gateway = link_local(dev)
        with self.peer.inside():
            netns.ip(f'-6 route replace {prefix} via {gateway} dev {LINKS[dev]}')

    def onlink(self, dev, prefix=A):
        """The prefix is on that link, where hosts look for each other's address."""
        self.route(dev, prefix)
        with self.peer.inside():
            netns.ip(f'-6 route replace {prefix} dev {LINKS[dev]}')

    def converse(self, wanted):
        """The socket, and its conversation with the server."""
        s = hold(wanted, tcp)
        s.connect(self.listener.getsockname())
        return s, Conversation(s, self.listener.accept()[0])


def down_and_up(network, dev, place):
    netns.ip(f'link set {dev} down')
    netns.ip(f'link set {dev} up')
    place(dev)


def routed(wanted=SESSION, **values):
    """A network, and a conversation of a routed prefix by its link v0."""
    network, nl = Network(), netlink.Odmm()
    network.route('v0')
    address = ready(nl, A, wanted, 'v0', **values)
    s, conversation = network.converse(wanted)
    conversation.goes_on('at first')
    return network, nl, address, s, conversation


def onlink(wanted=SESSION):
    network, nl = Network(), netlink.Odmm()
    network.onlink('v0')
    address = ready(nl, A, wanted, 'v0', flags=ONLINK)
    s, conversation = network.converse(wanted)
    conversation.goes_on('at first')
    return network, nl, address, s, conversation


def is_back(nl, address, dev, text):
    wait_for(lambda: kernel_address(address, dev) and state_of(nl, A) == ACTIVE, f'{address} to be back')
    return ok(True, f'{text}: the address is there')


def test_routed_link_down():
    """Its address is not on the link: the link may come and go."""
    network, nl, address, s, conversation = routed()
    before = kernel_address(address)
    for n in range(2):
        down_and_up(network, 'v0', network.route)
        equal((kernel_address(address), state(s)), (before, GRANTED), f'routed, link down and up {n + 1} times: untouched')
    conversation.goes_on('routed, link down and up')
    equal((nl.stats()['put_back'], source(s)), (0, address), 'routed: nothing had to be put back')
    conversation.ends('routed, link down and up')


def test_routed_taken_away():
    for text, command in (('deleted', 'addr del {}/128 dev lo'), ('flushed', '-6 addr flush dev lo scope global')):
        _, nl, address, s, conversation = routed(FIXED)
        netns.ip(command.format(address))
        conversation.goes_on(f'routed, address {text}')
        is_back(nl, address, 'lo', f'routed, {text}')
        conversation.ends(f'routed, address {text}')
        nl.prefix_del(A, force=True)
        s.close()
        for dev in LINKS:
            netns.ip(f'link del {dev}')


def test_routed_move():
    network, nl, address, s, conversation = routed()
    index = socket.if_nametoindex('w0')
    netns.ip('link set v0 down')
    nl.prefix_change(A, dev='w0')
    equal((nl.prefix(A)['ifindex'], get_status(s).ifindex), (index, index), 'routed, moved: it comes by the other link')
    network.route('w0')
    conversation.goes_on('routed, moved to another link')
    equal((kernel_address(address)['ifindex'], state(s)), (socket.if_nametoindex('lo'), GRANTED), 'routed, moved: the address stays')
    netns.ip('link del v0')
    conversation.goes_on('routed, the first link removed')
    conversation.ends('routed, moved')


def test_home():
    """A home of its own, that goes down and up."""
    netns.dummy('d0')
    _, nl, address, s, conversation = routed(home='d0')
    equal(kernel_address(address)['ifindex'], socket.if_nametoindex('d0'), 'home d0: the address is there')
    netns.ip('link set d0 down')
    wait_for(lambda: nl.stats()['put_back'] or kernel_address(address), 'the loss to be noticed')
    netns.ip('link set d0 up')
    conversation.goes_on('home down and up')
    is_back(nl, address, 'd0', 'home down and up')
    equal(state(s), GRANTED, 'home down and up: granted')
    conversation.ends('home down and up')


def test_home_flaps():
    """However often the link goes down: that is not somebody's hand."""
    netns.dummy('d0')
    nl = netlink.Odmm()
    address = ready(nl, A, FIXED, home='d0')
    s = hold(FIXED)
    for n in range(1, 6):
        netns.ip('link set d0 down')
        wait_for(lambda: nl.stats()['put_back'] == n, 'the loss to be noticed')
        netns.ip('link set d0 up')
        wait_for(lambda: state_of(nl, A) == ACTIVE, 'the address to be back')
    equal((state(s), kernel_address(address)['ifindex']), (GRANTED, socket.if_nametoindex('d0')), 'five times down and up in a minute: still there')


def test_home_down_for_long():
    """While its home is down it serves nobody; nor is it given up."""
    netns.dummy('d0')
    nl = netlink.Odmm()
    address = ready(nl, A, SESSION, home='d0')
    s = hold(SESSION)
    netns.ip('link set d0 down')
    wait_for(lambda: nl.stats()['put_back'], 'the loss to be noticed')
    equal((state(s) == LOST, get_addr(s)), (False, address), 'home down: not lost')
    netns.ip('link set d0 up')
    wait_for(lambda: state(s) == GRANTED and state_of(nl, A) == ACTIVE, 'the address to be usable')
    equal((ask(SESSION), talk(*(lambda t: (t, pair(t)))(hold(SESSION, tcp)))), (address, True), 'home up: it serves again')


def test_home_keeps():
    """With keep_addr_on_down the address stays, but for a while nothing leads to it."""
    netns.dummy('d0')
    netns.sysctl('net.ipv6.conf.d0.keep_addr_on_down', 1)
    _, nl, address, _, conversation = routed(home='d0')
    netns.ip('link set d0 down')
    netns.ip('link set d0 up')
    conversation.goes_on('home that keeps addresses, down and up')
    equal((nl.stats()['put_back'], nl.prefix(A)['address']), (0, address), 'nothing had to be put back')
    conversation.ends('home that keeps addresses')


def test_onlink_down():
    """Its address goes with the link, and comes back with it."""
    network, nl, address, s, conversation = onlink()
    down_and_up(network, 'v0', network.onlink)
    conversation.goes_on('on-link, link down and up')
    is_back(nl, address, 'v0', 'on-link, link down and up')
    equal((state(s), source(s)), (GRANTED, address), 'on-link, link down and up: granted, the same')
    conversation.ends('on-link, link down and up')


def test_onlink_taken_away():
    for text, command in (('deleted', 'addr del {}/128 dev v0'), ('flushed', '-6 addr flush dev v0 scope global')):
        _, nl, address, s, conversation = onlink()
        netns.ip(command.format(address))
        conversation.goes_on(f'on-link, address {text}')
        is_back(nl, address, 'v0', f'on-link, {text}')
        conversation.ends(f'on-link, address {text}')
        nl.prefix_del(A, force=True)
        s.close()
        for dev in LINKS:
            netns.ip(f'link del {dev}')


class AddressNews:
    """What the kernel tells of an address: whether it came or went, and where."""

    def __init__(self, address):
        self.address = address
        self.route = netlink.Socket(NETLINK_ROUTE)
        self.route.sock.setsockopt(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, RTNLGRP_IPV6_IFADDR)
        self.heard = []

    def until(self, kind, dev):
        """All that was told up to that, of which each kind and interface is told once."""
        last = kind, dev
        while last not in self.heard:
            for kind_, _, _, data in self.route.messages():
                entry = kind_, socket.if_indextoname(int.from_bytes(data[4:8], 'little'))
                if socket.inet_pton(socket.AF_INET6, self.address) in data and entry not in self.heard:
                    self.heard.append(entry)
        return self.heard


def test_onlink_move():
    """Make before break."""
    network, nl, address, s, conversation = onlink()
    news, before = AddressNews(address), kernel_address(address)
    nl.prefix_change(A, dev='w0')
    equal(news.until(RTM_DELADDR, 'v0'), [(RTM_NEWADDR, 'w0'), (RTM_DELADDR, 'v0')], 'on-link, moved: there before it leaves the old link')
    network.onlink('w0')
    conversation.goes_on('on-link, moved to another link')
    after = kernel_address(address)
    equal(after, {**before, 'ifindex': socket.if_nametoindex('w0')}, 'on-link, moved: it looks as before')
    equal((nl.prefix(A)['ifindex'], nl.prefix(A)['home'], state(s), nl.stats()['put_back']), 2 * (after['ifindex'],) + (GRANTED, 0),
          'on-link, moved: all say so')
    netns.ip('link del v0')
    conversation.goes_on('on-link, the first link removed')
    conversation.ends('on-link, moved')


def test_onlink_move_late():
    """Break before make: the old link is down already."""
    network, nl, address, s, conversation = onlink()
    netns.ip('link set v0 down')
    nl.prefix_change(A, dev='w0')
    network.onlink('w0')
    conversation.goes_on('on-link, the old link down, moved')
    wait_for(lambda: not kernel_address(address, 'v0'), 'the address to leave the old link')
    is_back(nl, address, 'w0', 'on-link, moved')
    equal(state(s), GRANTED, 'on-link, moved: granted')
    conversation.ends('on-link, moved late')


def test_onlink_there_and_back():
    """Faster than the worker."""
    network, nl, address, _, conversation = onlink()
    for n in range(9):
        nl.prefix_change(A, dev='v0' if n % 2 else 'w0')
    network.onlink('w0')
    conversation.goes_on('on-link, moved there and back nine times')
    wait_for(lambda: kernel_address(address, 'w0') and not kernel_address(address, 'v0'), 'the address to be on the last link alone')
    ok(True, 'on-link, moved nine times: it is on the last link alone')
    conversation.ends('on-link, moved nine times')


def test_move_refused():
    nl = netlink.Odmm()
    netns.dummy('d0', 'd1')
    address = ready(nl, A, SESSION, 'd0', flags=ONLINK)
    s = hold(SESSION)
    netns.ip('link set d1 down')
    fails('ENETDOWN', 'on-link, to a link that is down', nl.prefix_change, A, dev='d1')
    equal((nl.prefix(A)['ifindex'], state(s)), (socket.if_nametoindex('d0'), GRANTED), 'it stays where it is')
    ok(kernel_address(address, 'd0'), 'and so does its address')


def test_removed():
    """An on-link prefix goes with its link, a routed one with its home alone."""
    nl, watch, agents = netlink.Odmm(), Watch(), Watch('requests')
    netns.dummy('d0', 'd1')
    ready(nl, A, SESSION, 'd0', flags=ONLINK)
    onlink_one = hold(SESSION)
    ready(nl, B, FIXED, 'd0', home='d1')
    home_one = hold(FIXED)
    address = ready(nl, C, SESSION, 'd0')
    s = hold(SESSION, tcp)
    peer = pair(s)
    netns.ip('link del d0')
    equal((watch.end(A), agents.end(A), state(onlink_one)), (END_LINK_REMOVED, END_LINK_REMOVED, LOST), 'on-link: removed with its link')
    equal((state_of(nl, C), state(s), get_status(s).ifindex, 'ifindex' in nl.prefix(C)), (ACTIVE, GRANTED, 0, False), 'routed: it stays')
    ok(talk(s, peer) and kernel_address(address), 'routed: the connection too')
    equal(state(home_one), GRANTED, 'routed, with a home: it stays')
    netns.ip('link del d1')
    equal((watch.end(B), state(home_one)), (END_LINK_REMOVED, LOST), 'until its home is removed')
    equal(nl.stats()['prefixes_lost'], 0, 'nobody has taken them away')


def test_still_newest():
    """New sockets get the newest one, whatever happens to the links and addresses of older ones."""
    nl = netlink.Odmm()
    netns.dummy('d0', 'd1')
    old = ready(nl, A, SESSION, 'd0')
    s = hold(SESSION)
    new = ready(nl, B, SESSION, 'd1')
    netns.ip('link del d0')
    wait_for(lambda: 'ifindex' not in nl.prefix(A), 'the link to go')
    equal((state(s), ask(SESSION)), (GRANTED, new), 'the link of an older one is removed: new sockets get the newest')
    netns.ip(f'addr del {old}/128 dev lo')
    wait_for(lambda: nl.stats()['put_back'] and state_of(nl, A) == ACTIVE and kernel_address(old), 'the old address to be back')
    equal((state(s), ask(SESSION)), (GRANTED, new), 'an older one was put back: the same')


def test_removed_unheld():
    """Nobody puts these back, and still it is the link that is removed."""
    nl, watch = netlink.Odmm(), Watch()
    netns.dummy('d0')
    ready(nl, A, NONPERSISTENT, 'd0', flags=ONLINK)
    s = hold(NONPERSISTENT)
    ready(nl, B, SESSION, 'd0', flags=ONLINK)
    netns.ip('link del d0')
    equal((watch.end(A), watch.end(B), state(s)), (END_LINK_REMOVED, END_LINK_REMOVED, LOST), 'non-persistent, and not held: link removed')
    equal(nl.stats()['prefixes_lost'], 0, 'nobody has taken them away')


def test_not_promised():
    """A non-persistent one, and one that nobody holds, do not come back after ifdown and ifup."""
    nl, watch = netlink.Odmm(), Watch()
    netns.dummy('d0')
    addresses = [ready(nl, A, NONPERSISTENT, 'd0', flags=ONLINK), ready(nl, B, SESSION, 'd0', flags=ONLINK)]
    s = hold(NONPERSISTENT)
    routed_one = ready(nl, C, NONPERSISTENT, 'd0')
    netns.ip('link set d0 down')
    equal((watch.end(A), watch.end(B), state(s)), (END_LOST, END_LOST, LOST), 'link down: lost')
    netns.ip('link set d0 up')
    link_local('d0')
    equal([kernel_address(a) for a in addresses], [None, None], 'link up: they stay away')
    ok(state_of(nl, C) == ACTIVE and kernel_address(routed_one), 'routed, a non-persistent one does not care for the link')


run(test_routed_link_down, test_routed_taken_away, test_routed_move, test_home, test_home_flaps, test_home_down_for_long, test_home_keeps, test_onlink_down,
    test_onlink_taken_away, test_onlink_move, test_onlink_move_late, test_onlink_there_and_back, test_move_refused, test_removed,
    test_still_newest, test_removed_unheld, test_not_promised)
