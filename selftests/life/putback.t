#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Addresses that somebody else takes away: those that were promised to sockets come back, up to a point; others do not."""
import os
import signal
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../lib'))
import ndp
import netlink
import netns
from life import Watch, by_hand, child, hold, now, pair, state_of, talk, took
from netlink import (ACTIVE, END_DELETED, END_LOST, GONE, IFA_F_DEPRECATED, IFA_F_NODAD, IFA_F_NOPREFIXROUTE, IFA_F_TENTATIVE, ONLINK,
                     address_add, kernel_address)
from odmm import (DEPRECATED, FIXED, GRACEFUL, GRANTED, IFA_PROTO_BASE, LOST, NONPERSISTENT, SESSION, Caller, ask, get_addr,
                  get_status, raw, ready, setsc, state, tcp, udp)
from tap import equal, fails, ok, outcome, run, wait_for

A, B = '2001:db8:51::/64', '2001:db8:52::/64'
PREFIX_DEPRECATED = netlink.DEPRECATED
FLAGS = IFA_F_DEPRECATED | IFA_F_NOPREFIXROUTE | IFA_F_NODAD | IFA_F_TENTATIVE


def delete(address, dev='lo'):
    netns.ip(f'addr del {address}/128 dev {dev}')


def flush(_, dev='lo'):
    netns.ip(f'-6 addr flush dev {dev} scope global')


def looks(address):
    """What is to be the same afterwards."""
    a = kernel_address(address)
    return a and {**a, 'flags': a['flags'] & FLAGS}


def comes_back(nl, prefix, before, text):
    wait_for(lambda: looks(before['address']) and state_of(nl, prefix) == ACTIVE, f'{before["address"]} to come back')
    return equal(looks(before['address']), before, text)


def test_comes_back():
    """By whatever hand it goes: twice it is put back, the third time within a minute means it."""
    for wanted in (SESSION, FIXED):
        nl, watch = netlink.Odmm(), Watch()
        lost = nl.stats()['prefixes_lost']
        address = ready(nl, A, wanted)
        s = hold(wanted, tcp)
        peer = pair(s)
        before, put_back = looks(address), nl.stats()['put_back']
        equal((before['proto'], before['flags']), (IFA_PROTO_BASE + wanted, IFA_F_DEPRECATED | IFA_F_NOPREFIXROUTE | IFA_F_NODAD),
              f'type {wanted}: there, and tagged')
        delete(address)
        comes_back(nl, A, before, f'type {wanted}: deleted, it comes back as it was')
        ok(state(s) == GRANTED and talk(s, peer), f'type {wanted}: the connection goes on')
        flush(address)
        comes_back(nl, A, before, f'type {wanted}: flushed, it comes back again')
        ok(state(s) == GRANTED and talk(s, peer) and GONE not in watch.states(A), f'type {wanted}: the connection goes on')
        equal(nl.stats()['put_back'] - put_back, 2, f'type {wanted}: counted')
        delete(address)
        wait_for(lambda: state(s) == LOST, 'the loss')
        equal((watch.end(A), nl.prefixes(), get_status(s).addr), (END_LOST, [], address), f'type {wanted}: the third time it is lost')
        equal((nl.stats()['prefixes_lost'] - lost, kernel_address(address)), (1, None), f'type {wanted}: counted, and it stays away')
        s.close()
        peer.close()


def test_not_promised():
    """Of these nobody may expect that they stay."""
    nl, watch = netlink.Odmm(), Watch()
    addresses, sockets = {}, []
    for wanted, prefix in ((NONPERSISTENT, A), (GRACEFUL, B)):
        addresses[prefix] = ready(nl, prefix, wanted)
        sockets.append(hold(wanted))
    for prefix, address in addresses.items():
        delete(address)
        equal(watch.end(prefix), END_LOST, 'held, but not promised: lost at once')
    equal([state(s) for s in sockets], 2 * [LOST], 'their sockets know')
    equal((nl.stats()['put_back'], [kernel_address(a) for a in addresses.values()]), (0, [None, None]), 'nothing is put back')


def test_not_held():
    nl, watch = netlink.Odmm(), Watch()
    for wanted in (SESSION, FIXED):
        address = ready(nl, A, wanted)
        delete(address)
        equal((watch.end(A), nl.prefixes()), (END_LOST, []), f'type {wanted}, not held: lost')
        watch = Watch()
    equal(nl.stats()['prefixes_lost'], 2, 'counted')


OTHERS = (('an accepted child', lambda address: list(child(address))), ('UDP bound by hand', lambda address: [by_hand(address, udp)]),
          ('TCP bound by hand', lambda address: [by_hand(address, tcp)]), ('RAW bound by hand', lambda address: [by_hand(address, raw)]))


def test_other_users():
    """Those who are no session hold it too."""
    nl = netlink.Odmm()
    for name, make in OTHERS:
        address = ready(nl, A, SESSION)
        users, before = make(address), looks(address)
        delete(address)
        comes_back(nl, A, before, f'{name}: it comes back')
        if len(users) == 2:
            ok(talk(*users), f'{name}: the connection goes on')
        for s in users:
            s.close()
        nl.prefix_del(A, force=True)


def test_deprecated():
    """One on its way out comes back as such."""
    nl = netlink.Odmm()
    address = ready(nl, A, SESSION, valid_lft=1000)
    s = hold(SESSION)
    nl.prefix_change(A, preferred_lft=0)
    put_back, before = nl.stats()['put_back'], looks(address)
    delete(address)
    wait_for(lambda: nl.stats()['put_back'] > put_back and looks(address) and state_of(nl, A) == PREFIX_DEPRECATED, 'the address')
    a = kernel_address(address)
    equal((state(s), a['proto']), (DEPRECATED, before['proto']), 'deprecated, it comes back as that')
    ok(before['valid'] - 10 < a['valid'] <= before['valid'], 'with what is left of its lifetime', (a, before))
    equal(nl.stats()['deprecated'], 1, 'and is not deprecated a second time')


def test_deleted_by_force():
    """The way to get rid of it."""
    nl, watch = netlink.Odmm(), Watch()
    address = ready(nl, A, SESSION)
    s = hold(SESSION)
    nl.prefix_del(A, force=True)
    equal((watch.end(A), state(s)), (END_DELETED, LOST), 'deleted by force')
    wait_for(lambda: not kernel_address(address), 'the address to go')
    time.sleep(1.5)
    equal((kernel_address(address), nl.prefixes(), nl.stats()['put_back']), (None, [], 0), 'and it stays deleted')
    address = ready(nl, A, SESSION)
    setsc(s, SESSION, 0)
    delete(address)
    nl.prefix_del(A, force=True)
    wait_for(lambda: not nl.prefixes(), 'the prefix to go')
    time.sleep(1.5)
    equal((kernel_address(address), nl.prefixes()), (None, []), 'so does one that was about to be put back')


def test_tag():
    """Somebody clears or changes the tag, as "ip addr replace" without a proto does."""
    nl = netlink.Odmm()
    address = ready(nl, A, SESSION)
    s = hold(SESSION)
    before = looks(address)
    for n, (proto, text) in enumerate(((None, 'cleared'), (IFA_PROTO_BASE + NONPERSISTENT, 'changed'), (3, 'of another kind')), 1):
        address_add(address, proto=proto, replace=True)
        wait_for(lambda n=n: nl.stats()['retagged'] == n and looks(address) == before, 'the tag')
        ok(True, f'tag {text}: it is put back, with flags and lifetimes')
    equal((state(s), len(nl.prefixes()), nl.prefix(A)['type']), (GRANTED, 1, SESSION), 'all else is as it was')
    netns.ip(f'addr change {address}/128 dev lo')
    wait_for(lambda: nl.stats()['retagged'] == 4 and looks(address) == before, 'the tag')
    ok(True, 'ip addr change: the same')
    equal((nl.stats()['put_back'], nl.stats()['adopted'], nl.stats()['adopt_refused']), (0, 0, 0), 'it was never away, and is nothing new')


def test_waiting():
    """Who asks while it is away waits until it is back."""
    nl = netlink.Odmm()
    address = ready(nl, A, SESSION)
    s = hold(SESSION)
    delete(address)
    wait_for(lambda: kernel_address(address), 'the address')
    wait_for(lambda: state_of(nl, A) == ACTIVE, 'the prefix to be active')
    # The second time it is away for a second.
    delete(address)
    wait_for(lambda: nl.stats()['put_back'] == 2, 'the loss to be noticed')
    begin = now()
    caller = Caller(ask, SESSION).wait_blocked()
    equal((kernel_address(address), outcome(get_addr, s)), (None, address), 'away; who holds it is still told which it is')
    equal(caller.outcome(), address, 'who asks gets it in the end')
    took(begin, 0.3, 1, 'when it is back')
    ok(kernel_address(address), 'and it is there')


def far_apart():
    """Three removals in more than a minute, for a process of its own; the state of a socket then."""
    netns.unshare()
    nl, begin = netlink.Odmm(), now()
    address = ready(nl, A, SESSION)
    s = hold(SESSION)
    for n in range(3):
        if n == 2:
            wait_for(lambda: now() > begin + 61, 'a minute to pass', 70)
        delete(address)
        wait_for(lambda n=n: nl.stats()['put_back'] == n + 1 and state_of(nl, A) == ACTIVE, 'the address to be back')
    return state(s), looks(address)['address'] == address


def test_far_apart():
    """Removals that are far from each other do not add up."""
    equal(FAR_APART.outcome(70), (GRANTED, True), 'three times within more than a minute: it comes back each time')


def test_onlink():
    """On a link, with duplicate detection."""
    nl, peer = netlink.Odmm(), netns.Netns()
    netns.veth(peer, dad=1)
    nl.prefix_add(A, SESSION, 'v0', flags=ONLINK)
    address = Caller(ask, SESSION).outcome()
    with peer.inside():
        netns.ip('-6 addr add 2001:db8:51::1/64 dev v1 nodad')
        listener = socket.create_server(('2001:db8:51::1', 0), family=socket.AF_INET6)
    netns.ip(f'-6 route add {A} dev v0')
    s = hold(SESSION, tcp)
    s.connect(listener.getsockname())
    other = listener.accept()[0]
    before = looks(address)
    begin = now()
    delete(address, 'v0')
    wait_for(lambda: kernel_address(address), 'the address')
    ok(kernel_address(address)['flags'] & IFA_F_TENTATIVE, 'on-link: it comes back through duplicate detection')
    caller = Caller(ask, SESSION)
    comes_back(nl, A, before, 'on-link: as it was')
    took(begin, 0.5, 3, 'on-link: back')
    equal((caller.outcome(), state(s)), (address, GRANTED), 'on-link: who asked meanwhile gets it')
    ok(talk(s, other), 'on-link: the connection goes on')


def test_onlink_duplicate():
    """Meanwhile somebody else has taken it: those who use it cannot change to another."""
    nl, peer, watch = netlink.Odmm(), netns.Netns(), Watch()
    netns.veth(peer, dad=1)
    nl.prefix_add(A, SESSION, 'v0', flags=ONLINK)
    address = Caller(ask, SESSION).outcome()
    s = hold(SESSION)
    defender = ndp.Defender(peer)
    delete(address, 'v0')
    equal(defender.defended(), address, 'on-link: it is looked for before it is put back')
    equal((watch.end(A), state(s), get_status(s).addr), (END_LOST, LOST, address), 'on-link: now a duplicate, it is lost')
    wait_for(lambda: not kernel_address(address), 'the address to go')
    equal((nl.prefixes(), nl.stats()['dad_failed']), ([], 1), 'on-link: counted, and gone')
    fails('EOPNOTSUPP', 'on-link: it serves nobody', ask, SESSION)


def test_many():
    """All of an interface at once."""
    nl = netlink.Odmm()
    prefixes = [f'2001:db8:70:{n:x}::/64' for n in range(1, 41)]
    sockets = {}
    for prefix in prefixes:
        ready(nl, prefix, SESSION)
        sockets[prefix] = hold(SESSION)
    before = {prefix: looks(get_addr(s)) for prefix, s in sockets.items()}
    flush(None)
    # ip(8) looks whether anything is left, and may so take some away twice.
    wait_for(lambda: nl.stats()['put_back'] >= len(prefixes), 'all to be missed')
    wait_for(lambda: {p['state'] for p in nl.prefixes()} == {ACTIVE}, 'all to be back')
    equal({prefix: looks(before[prefix]['address']) for prefix in prefixes}, before, f'{len(prefixes)} flushed at once all come back')
    equal({state(s) for s in sockets.values()}, {GRANTED}, 'to each socket the same')


# It takes a minute, in which the others run.
FAR_APART = Caller(far_apart)
try:
    run(test_comes_back, test_not_promised, test_not_held, test_other_users, test_deprecated, test_deleted_by_force, test_tag, test_waiting,
        test_onlink, test_onlink_duplicate, test_many, test_far_apart)
finally:
    FAR_APART.end(signal.SIGKILL)
