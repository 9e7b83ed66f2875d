#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""When a non-persistent address is lost its connections end at once, with ECONNABORTED: whoever waits on one hears of it."""
import errno
import os
import select
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../lib'))
import netlink
import netns
from blocked import Locked, connecting, receiving
from life import Watch, by_hand, child, hold, now, pair, state_of, talk, took
from netlink import ACTIVE, ONLINK, kernel_address
from odmm import GRACEFUL, LOST, NONPERSISTENT, SESSION, TYPES, raw, ready, state, tcp
from tap import equal, ok, run, wait_for

A, B, C = '2001:db8:51::/64', '2001:db8:52::/64', '2001:db8:53::/64'
NOWHERE = '2001:db8:9::1', 9
PERSISTENT = SESSION
TCP_CLOSE, TCP_LISTEN = 7, 10


def tcp_state(s):
    """The first byte of struct tcp_info."""
    return s.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]


class Crowd:
    """Sockets of all kinds that use an address, each with a thread that sleeps in it."""

    def __init__(self, wanted, address):
        self.kept = []
        self.waiting = {
            'TCP client': self.client(hold(wanted, tcp)),
            'TCP client bound by hand': self.client(by_hand(address, tcp)),
            'accepted child': self.child(address),
            'SYN_SENT': connecting(hold(wanted, tcp), NOWHERE),
            'UDP': receiving(self.speaking(hold(wanted))),
            'UDP bound by hand': receiving(by_hand(address)),
            'RAW': receiving(hold(wanted, raw)),
        }
        self.listener = by_hand(address, tcp)
        self.listener.listen()

    @staticmethod
    def speaking(s):
        """Bound to an address alone; what it sends gives it a port."""
        s.sendto(b'x', ('::1', 9))
        return s

    def client(self, s):
        self.kept.append(pair(s))
        return receiving(s)

    def child(self, address):
        s, client = child(address)
        self.kept.append(client)
        return receiving(s)

    def outcomes(self, timeout=20):
        end = now() + timeout
        return {name: thread.outcome(end - now()) for name, thread in self.waiting.items()}

    def all(self, result):
        return dict.fromkeys(self.waiting, result)

    def listens(self):
        return tcp_state(self.listener) == TCP_LISTEN


class Place:
    """A namespace where an address is about to be lost, and another one is not."""

    def __init__(self, wanted=NONPERSISTENT, **values):
        netns.dummy('d0')
        netns.ip(f'-6 route add {NOWHERE[0]} dev d0')
        netns.ip(f'-6 neigh add {NOWHERE[0]} lladdr 02:00:00:00:00:09 dev d0')
        self.nl, self.watch = netlink.Odmm(), Watch()
        ready(self.nl, B, PERSISTENT if wanted != PERSISTENT else GRACEFUL)
        self.other = hold(PERSISTENT if wanted != PERSISTENT else GRACEFUL, tcp)
        self.peer = pair(self.other)
        self.address = ready(self.nl, A, wanted, 'd0', flags=ONLINK, **values)
        self.crowd = Crowd(wanted, self.address)
        self.never_asked = tcp()
        self.third = pair(self.never_asked)

    def others_live(self, text):
        ok(talk(self.other, self.peer) and talk(self.never_asked, self.third), f'{text}: connections from other addresses go on')

    def count(self):
        return self.nl.stats()['aborted']


def lost(text, lose, **values):
    place = Place(**values)
    lose(place)
    begin = now()
    crowd = place.crowd
    equal(crowd.outcomes(), crowd.all('ECONNABORTED'), f'{text}: all who wait get ECONNABORTED')
    took(begin, 0, 1, f'{text}: at once')
    wait_for(lambda: place.count() >= len(crowd.waiting), 'the count')
    equal((place.count(), crowd.listens()), (len(crowd.waiting), True), f'{text}: each is counted; a listener is left')
    place.others_live(text)
    wait_for(lambda: not kernel_address(place.address), 'the address to go')


def test_taken_away():
    lost('address deleted', lambda place: netns.ip(f'addr del {place.address}/128 dev d0'))


def test_link_down():
    lost('link down', lambda place: netns.ip('link set d0 down'))


def test_link_removed():
    lost('link removed', lambda place: netns.ip('link del d0'))


def test_withdrawn():
    lost('withdrawn', lambda place: place.nl.prefix_withdraw(A))


def test_deleted():
    lost('deleted', lambda place: place.nl.prefix_del(A))


def test_expired():
    def wait(place):
        equal(place.crowd.outcomes(0), place.crowd.all(None), 'expiring: nobody hears of it before')
        place.watch.end(A)
    lost('expired', wait, valid_lft=5)


def test_grace():
    """Deprecated, an address works: nobody is aborted before it goes."""
    def wait(place):
        place.nl.prefix_withdraw(A, grace=3)
        time.sleep(1)
        equal(place.crowd.outcomes(0), place.crowd.all(None), 'deprecated: all wait on')
        place.watch.end(A)
    lost('end of the grace', wait)


def test_default_policy():
    equal([netlink.Odmm().policy(wanted)['abort'] for wanted in TYPES], [0, 0, 1, 0], 'non-persistent alone, if policy says nothing')


def test_switched_off():
    """Then they are left alone, as without the module."""
    place = Place()
    place.nl.policy_set(type=NONPERSISTENT, abort=0)
    place.nl.prefix_withdraw(A)
    wait_for(lambda: not kernel_address(place.address), 'the address to go')
    time.sleep(1)
    equal((place.crowd.outcomes(0), place.count()), (place.crowd.all(None), 0), 'abort 0: all wait on')


def test_others_by_default():
    place = Place(SESSION)
    place.nl.prefix_withdraw(A, force=True)
    wait_for(lambda: not kernel_address(place.address), 'the address to go')
    time.sleep(1)
    equal((place.crowd.outcomes(0), place.count()), (place.crowd.all(None), 0), 'session-lasting, by force: all wait on')


def test_switched_on():
    for wanted in (SESSION, GRACEFUL):
        place = Place(wanted)
        place.nl.policy_set(type=wanted, abort=1)
        place.nl.prefix_withdraw(A, force=True, grace=0)
        equal(place.crowd.outcomes(), place.crowd.all('ECONNABORTED'), f'type {wanted}, abort 1: all who wait get ECONNABORTED')
        place.others_live(f'type {wanted}')
        place.nl.prefix_del(B, force=True)
        netns.ip('link del d0')


def test_put_back():
    """One that is put back was not lost, though policy would abort."""
    place = Place(SESSION)
    place.nl.policy_set(type=SESSION, abort=1)
    netns.ip(f'addr del {place.address}/128 dev d0')
    wait_for(lambda: place.nl.stats()['put_back'] and kernel_address(place.address), 'the address to be back')
    time.sleep(0.5)
    equal((place.crowd.outcomes(0), place.count()), (place.crowd.all(None), 0), 'put back: all wait on')


def test_afterwards():
    """What is left of the sockets."""
    nl = netlink.Odmm()
    address = ready(nl, A, NONPERSISTENT)
    s, t = hold(NONPERSISTENT, tcp), Crowd.speaking(hold(NONPERSISTENT))
    peer = pair(s)
    peer.send(b'unread')
    wait_for(lambda: s.recv(6, socket.MSG_PEEK) == b'unread', 'data')
    nl.prefix_withdraw(A)
    wait_for(lambda: not kernel_address(address), 'the address to go')
    equal((state(s), state(t)), (LOST, LOST), 'lost')
    for x, text in ((s, 'TCP'), (t, 'UDP')):
        poll = select.poll()
        poll.register(x, select.POLLIN)
        ok(poll.poll(0) and poll.poll(0)[0][1] & select.POLLERR, f'{text}: poll shows an error', poll.poll(0))
        equal(x.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR), errno.ECONNABORTED, f'{text}: SO_ERROR is ECONNABORTED')
    equal(s.recv(6), b'unread', 'TCP: what had arrived can be read')
    ready(nl, B, NONPERSISTENT)
    other = hold(NONPERSISTENT, tcp)
    ok(talk(other, pair(other)), 'a new socket, a new address: all is well')


def aborted(s):
    return s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == errno.ECONNABORTED


def test_thousand():
    nl = netlink.Odmm()
    address = ready(nl, A, NONPERSISTENT)
    sockets, kept = [], []
    for n in range(250):
        sockets += [Crowd.speaking(hold(NONPERSISTENT)), by_hand(address), by_hand(address, tcp), hold(NONPERSISTENT, raw)]
        kept.append(pair(sockets[-2]))
    begin = now()
    nl.prefix_withdraw(A)
    wait_for(lambda: not kernel_address(address), 'the address to go')
    took(begin, 0, 3, '1,000 sockets: the address goes')
    wait_for(lambda: nl.stats()['aborted'] >= len(sockets), 'the count')
    equal((sum(map(aborted, sockets)), nl.stats()['aborted']), (len(sockets), len(sockets)), 'and each of them is aborted')


def test_no_port():
    """A UDP socket that is bound to the address alone, and in no table of the kernel yet."""
    nl = netlink.Odmm()
    ready(nl, A, NONPERSISTENT)
    waiting = receiving(hold(NONPERSISTENT))
    nl.prefix_withdraw(A)
    equal(waiting.outcome(5), 'ECONNABORTED', 'UDP without a port: aborted')


def test_locked():
    """Somebody keeps his socket locked. Others do not wait for him for long."""
    nl = netlink.Odmm()
    address = ready(nl, A, NONPERSISTENT)
    s, t = hold(NONPERSISTENT, tcp), hold(NONPERSISTENT, tcp)
    peers = pair(s), pair(t)
    locked, waiting = Locked(s), receiving(t)
    begin = now()
    nl.prefix_withdraw(A)
    equal(waiting.outcome(), 'ECONNABORTED', 'one socket is locked: another one is aborted')
    took(begin, 0, 1, 'at once')
    wait_for(lambda: not kernel_address(address), 'the address to go')
    ready(nl, B, NONPERSISTENT)
    equal(state_of(nl, B), ACTIVE, 'the address goes, and others can come')
    took(begin, 0, 3, 'soon')
    equal((locked.release(), len(peers)), (100, 2), 'the locked one finishes what it is at')
    wait_for(lambda: tcp_state(s) == TCP_CLOSE, 'the late one')
    equal(nl.stats()['aborted'], 1, 'and is aborted late, which is not counted')


run(test_taken_away, test_link_down, test_link_removed, test_withdrawn, test_deleted, test_expired, test_grace, test_default_policy,
    test_switched_off, test_others_by_default, test_switched_on, test_put_back, test_afterwards, test_thousand, test_no_port,
    test_locked)
