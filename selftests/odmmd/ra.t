#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""odmmd with source ra: prefixes that a router announces with their type, how they end, and who is not believed."""
import os
import signal
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, '../lib'), os.path.join(HERE, '../notices')]

# pylint: disable=wrong-import-position
import netns
from advert import Router, lladdr, pio, typed
from daemon import Daemon, Place, answer_to
from life import Watch, hold, now, state_of
from ndp import Defender
from netlink import ACTIVE, DEPRECATED, END_DELETED, END_WITHDRAWN, ONLINK, TENTATIVE, Odmm, kernel_address
from odmm import (EVENT_DEPRECATED, EVENT_LOST, FIXED, GRACEFUL, GRANTED, LOST, NONPERSISTENT, ON_NET, SESSION, Caller, ask,
                  get_status, in_prefix, source, state, tcp)
from tap import equal, ok, run, wait_for
from told import holder, read

A, B, C = '2001:db8:51::/64', '2001:db8:a1::/64', '2001:db8:a2::/64'
MAC = '02:00:00:00:00:fe'
ALL = 'source ra type fixed,session-lasting,non-persistent,graceful-replacement dev v0'


class Network:
    """A link with a router, and a daemon that hears it."""

    def __init__(self, config=ALL, dad=0):
        self.peer = netns.Netns()
        netns.veth(self.peer, dad=dad)
        self.nl = Odmm()
        self.router = Router(self.peer).appear()
        self.daemon = Daemon(config, '-d')
        wait_for(self.router.solicited, 'a solicitation')

    def says(self, *options, **values):
        self.router.advertise(*options, lladdr(MAC), **values)

    def reaches(self, prefix, wanted):
        wait_for(lambda: state_of(self.nl, prefix) == wanted, f'{prefix} to be in state {wanted}')
        return self.nl.prefix(prefix)

    def announces(self, prefix, wanted, **values):
        """The address of a prefix that is announced."""
        self.says(typed(prefix, wanted, **values))
        return self.reaches(prefix, ACTIVE)['address']

    def move(self, *options):
        """The carrier goes, and comes back where a router says this."""
        with self.peer.inside():
            netns.ip('link set v1 down')
        self.daemon.has('no carrier')
        before = self.router.solicited()
        with self.peer.inside():
            netns.ip('link set v1 up')
        wait_for(lambda: self.router.solicited() > before, 'a solicitation')
        self.daemon.has('may be at another network: carrier')
        self.router.appear()
        self.says(*options)


def test_announced():
    n = Network()
    n.says(typed(A, SESSION, 3600, 1800))
    p = n.reaches(A, ACTIVE)
    equal((p['type'], p['flags'], p['origin'], 3500 < p['valid_lft'] <= 3600, 1700 < p['preferred_lft'] <= 1800),
          (SESSION, ONLINK, 'odmmd', True, True), 'announced: an on-link prefix with its type and lifetimes')
    address = ask(SESSION)
    ok(in_prefix(address, A) and kernel_address(address, 'v0'), 'a socket gets an address of it, on the link', address)
    equal(n.nl.stats()['submitted'], 0, 'and nobody was asked for it')
    n.says(typed(A, SESSION, 7200, 3600))
    wait_for(lambda: n.nl.prefix(A)['preferred_lft'] > 1800, 'other lifetimes')
    ok(n.nl.prefix(A)['valid_lft'] > 3600, 'announced again: its lifetimes are set anew')
    equal(n.daemon.end(), 0, 'it ends well')


def test_encodings():
    for word, option in (('option 254', typed(A, FIXED, number=254)), ('pio-flags', pio(A, 0x80 | FIXED)),
                         ('pio-reserved', pio(A, 0x80, word=FIXED))):
        n = Network(f'source ra type fixed dev v0 {word}')
        n.says(option)
        equal(n.reaches(A, ACTIVE)['type'], FIXED, f'encoding {word}')
        n.daemon.end()
        n.nl.prefix_del(A)
        netns.ip('link del v0')


def test_other_encoding():
    """What is in another encoding is passed over, and so are types that this source does not have."""
    n = Network('source ra type session-lasting dev v0')
    n.says(typed(A, SESSION, number=254), pio(B, 0x80 | SESSION), pio(C, 0xc0), typed('2001:db8:3::/64', FIXED))
    n.announces('2001:db8:4::/64', SESSION)
    equal(len(n.nl.prefixes()), 1, 'nothing of another encoding, or of a type that is not wanted')


def test_not_announced():
    """Routers cannot be asked."""
    n = Network()
    begin = now()
    equal(answer_to(SESSION), 'EOPNOTSUPP', 'what nobody has announced is refused')
    n.announces(A, SESSION)
    equal(answer_to(SESSION, flags=ON_NET), 'EOPNOTSUPP', 'and so is a new prefix of a type that is')
    ok(now() - begin < 20, 'both at once: a socket waits for half a minute otherwise')
    n.daemon.end()


def test_tentative():
    """The address takes its time: who asks meanwhile waits, but for who wants another one."""
    n = Network(dad=5)
    n.says(typed(A, SESSION))
    n.daemon.has(f'{A}: session-lasting')
    caller = Caller(ask, SESSION).wait_blocked()
    equal((answer_to(SESSION, flags=ON_NET), state_of(n.nl, A)), ('EOPNOTSUPP', TENTATIVE),
          'asked while duplicate detection runs: a prefix of its own is refused')
    got = caller.outcome()
    ok(in_prefix(got, A), 'an address of the prefix that was here', got)
    caller.end()


def test_duplicate():
    """Who waits for an address that somebody else has is refused."""
    n = Network(dad=10)
    n.says(typed(A, NONPERSISTENT))
    caller = Caller(ask, NONPERSISTENT).wait_blocked()
    Defender(n.peer).defended()
    got = caller.outcome(60)
    equal((got, state_of(n.nl, A)), ('EOPNOTSUPP', None), 'no address of the prefix is free: refused')
    caller.end()


def test_deprecated():
    n = Network()
    address = n.announces(A, GRACEFUL)
    s = holder(GRACEFUL)
    n.says(typed(A, GRACEFUL, 3600, 0))
    told, _ = read(s, 'a notice')
    equal((told.event, told.addr), (EVENT_DEPRECATED, address), 'preferred lifetime 0: who holds it is told')
    equal((n.reaches(A, DEPRECATED)['address'], answer_to(GRACEFUL)), (address, 'EOPNOTSUPP'), 'its address works on, nobody else gets it')
    n.announces(A, GRACEFUL)
    equal(answer_to(GRACEFUL), address, 'preferred again: it serves')


def test_two_hours():
    """An advertisement that says that it is over, as anybody could send one."""
    n = Network()
    address = n.announces(A, NONPERSISTENT, valid=86400, preferred=86400)
    s = hold(NONPERSISTENT)
    n.says(typed(A, NONPERSISTENT, 0, 0))
    left = n.reaches(A, DEPRECATED)['valid_lft']
    ok(7100 < left <= 7200, 'valid lifetime 0: two hours', left)
    equal((source(s), bool(kernel_address(address))), (address, True), 'who holds it goes on')


def test_trusted():
    n = Network(f'{ALL} trusted')
    watch = Watch()
    n.announces(A, NONPERSISTENT)
    s = holder(NONPERSISTENT)
    n.says(typed(A, NONPERSISTENT, 0, 0))
    equal(watch.end(A), END_WITHDRAWN, 'a trusted router says 0: withdrawn')
    equal(read(s)[0].event, EVENT_LOST, 'who holds it is told')


def test_router_ends():
    n = Network()
    n.announces(A, SESSION)
    n.says(lifetime=0)
    n.reaches(A, DEPRECATED)
    equal(answer_to(SESSION), 'EOPNOTSUPP', 'the router is none any more: its prefix is deprecated')
    n.announces(A, SESSION)
    n.says(typed(A, SESSION), lifetime=1)
    n.reaches(A, DEPRECATED)
    ok(True, 'nor does it serve when the router has not been heard for as long as it said')


def test_spoofed():
    n = Network()
    n.announces(A, SESSION)
    with n.peer.inside():
        netns.ip('-6 addr add 2001:db8:ff::1/64 dev v1 nodad')
    watch = Watch()
    options = typed(A, SESSION, 0, 0), typed(B, SESSION)
    for kind, values in (('hop-limit', {'hops': 64}), ('source', {'source': '2001:db8:ff::1'}), ('code', {'code': 1})):
        n.says(*options, **values)
        n.daemon.has(f'ignored: {kind} .1 so far')
    for kind, option in (('option-length', b'\xfd' + bytes(7)), ('lifetimes', typed(C, SESSION, 50, 51)),
                         ('reserved-type', typed(C, 5)), ('prefix-length', typed('2001:db8::/48', SESSION)), ('twice', typed(B, FIXED))):
        n.says(*options, option)
        n.daemon.has(f'ignored: {kind} .1 so far')
    equal((len(n.nl.prefixes()), state_of(n.nl, A), watch.news(A) + watch.news(B)), (1, ACTIVE, []),
          'spoofed and malformed: counted by kind, and the kernel was told nothing')
    n.says(typed(A, SESSION, 3600, 0))
    n.reaches(A, DEPRECATED)
    ok(True, 'a good one still counts')


def test_moved():
    """Elsewhere: what each type promises."""
    n = Network()
    watch = Watch()
    n.says(typed(A, SESSION), typed(B, NONPERSISTENT))
    address = n.reaches(A, ACTIVE)['address']
    n.reaches(B, ACTIVE)
    session, gone = hold(SESSION, tcp), holder(NONPERSISTENT)
    n.move(typed(C, NONPERSISTENT))
    equal(watch.end(B), END_WITHDRAWN, 'moved: the non-persistent prefix is withdrawn')
    equal((read(gone)[0].event, state(gone)), (EVENT_LOST, LOST), 'who holds it is told')
    n.reaches(A, DEPRECATED)
    equal((source(session), get_status(session).state == LOST), (address, False), 'a session-lasting one that is held stays, deprecated')
    n.reaches(C, ACTIVE)
    ok(in_prefix(answer_to(NONPERSISTENT), C), 'new sockets get what is announced there')
    equal((n.daemon.says('may be at another network'), n.daemon.says('another network') - n.daemon.says('may be')), (1, 1), 'one movement')


def test_moved_with_host():
    """The network takes the session-lasting prefix along: the same router, as far as one can see."""
    n = Network()
    watch = Watch()
    n.says(typed(A, SESSION), typed(B, NONPERSISTENT))
    address = n.reaches(A, ACTIVE)['address']
    n.reaches(B, ACTIVE)
    s = hold(SESSION, tcp)
    n.move(typed(A, SESSION), typed(C, NONPERSISTENT))
    equal(watch.end(B), END_WITHDRAWN, 'the non-persistent prefix is withdrawn')
    equal((state_of(n.nl, A), state(s), source(s)), (ACTIVE, GRANTED, address), 'the session-lasting one is as it was')
    ok(DEPRECATED not in watch.states(A), 'and has been all the time')


def test_same_network():
    n = Network()
    watch = Watch()
    n.announces(A, NONPERSISTENT)
    s = holder(NONPERSISTENT)
    n.move(typed(A, NONPERSISTENT))
    n.daemon.has('the same network')
    equal((state_of(n.nl, A), state(s), watch.is_gone(A)), (ACTIVE, GRANTED, False), 'the carrier was lost, but it is the same network: all stays')


def test_plain():
    n = Network('source ra type non-persistent plain dev v0')
    n.says(pio(B))
    equal(n.reaches(B, ACTIVE)['type'], NONPERSISTENT, 'plain: a prefix for autoconfiguration counts as non-persistent')
    ok(in_prefix(ask(NONPERSISTENT), B), 'and serves')
    n.says(pio(A, 0x80))
    n.announces(C, NONPERSISTENT)
    equal(state_of(n.nl, A), None, 'without autoconfiguration it counts for nothing')


def test_many():
    n = Network()
    prefixes = [f'2001:db8:{i}::/64' for i in range(1, 10)]
    n.says(*(typed(p, SESSION) for p in prefixes))
    for p in prefixes[:8]:
        n.reaches(p, ACTIVE)
    n.daemon.has('announced and not taken: 1')
    equal(len(n.nl.prefixes()), 8, 'nine are announced: eight are taken')
    watch = Watch()
    n.nl.prefix_del(prefixes[3])
    equal(watch.end(prefixes[3]), END_DELETED, 'one is deleted')
    n.daemon.has(f'{prefixes[3]}: back')
    n.says(typed(prefixes[8], SESSION))
    n.reaches(prefixes[8], ACTIVE)
    ok(True, 'there is room for the ninth')


def test_started_again():
    place = Place(ALL)
    n = Network(place)
    address = n.announces(A, SESSION)
    s = hold(SESSION)
    n.daemon.end(signal.SIGKILL)
    n.daemon = Daemon(place, '-d')
    n.daemon.has(f'{A}: adopted by source ra')
    n.says(typed(A, SESSION, 7200, 0))
    n.reaches(A, DEPRECATED)
    equal((source(s), len(n.nl.prefixes())), (address, 1), 'killed and started again: it goes on with what is there')


def test_link_again():
    """The configuration means the name."""
    n = Network()
    watch = Watch()
    n.announces(A, SESSION)
    netns.ip('link del v0')
    watch.end(A)
    netns.veth(n.peer)
    n.daemon.has('read again')
    n.router = Router(n.peer).appear()
    ok(in_prefix(n.announces(B, SESSION), B), 'the link was removed and is there again: its router is heard')


def test_words():
    for words, why in (('option 3', 'option is 253 or 254'), ('option 253 pio-flags', 'one or the other'), ('plain', 'not a type here'),
                       ('home lo', 'no home'), ('frob', 'frob')):
        daemon = Daemon(f'source ra type fixed dev lo {words}', ready=False)
        equal((daemon.status(), daemon.says(why)), (1, 1), f'wrong: {words}')
    first = Daemon('source ra type fixed dev lo\nsource ra type fixed dev lo pio-flags', ready=False)
    equal((first.status(), first.says('another encoding')), (2, 1), 'two encodings on one link')


run(test_announced, test_encodings, test_other_encoding, test_not_announced, test_tentative, test_duplicate, test_deprecated, test_two_hours,
    test_trusted, test_router_ends, test_spoofed, test_moved, test_moved_with_host, test_same_network, test_plain, test_many,
    test_started_again, test_link_again, test_words)
