#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Prefixes that are taken away, by an agent or by time: what their sockets see, how long it takes, and who is asked before."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../lib'))
import netlink
from life import Watch, by_hand, child, drain, hold, now, orphan, pair, state_of, talk, took, unused
from netlink import ACTIVE, END_DELETED, END_EXPIRED, END_WITHDRAWN, GONE, kernel_address
from odmm import (DEPRECATED, FIXED, GRACEFUL, GRANTED, INFINITY, LOST, NONPERSISTENT, SESSION, TYPES, ask, get_addr, get_status, raw,
                  ready, state, tcp, udp)
from tap import equal, fails, ok, run, wait_for

A, B, C = '2001:db8:51::/64', '2001:db8:52::/64', '2001:db8:53::/64'
PREFIX_DEPRECATED = netlink.DEPRECATED


def test_at_once():
    """Non-persistent, and graceful replacement without grace."""
    for wanted, values in ((NONPERSISTENT, {}), (GRACEFUL, {'grace': 0})):
        nl, watch, agents = netlink.Odmm(), Watch(), Watch('requests')
        address = ready(nl, A, wanted)
        s = hold(wanted)
        before = nl.stats()['withdrawn']
        nl.prefix_withdraw(A, **values)
        equal((nl.prefixes(), state(s), get_status(s).addr), ([], LOST, address), f'type {wanted}: gone at once, and the socket knows')
        equal(watch.end(A), END_WITHDRAWN, f'type {wanted}: listeners are told why')
        equal(agents.end(A), END_WITHDRAWN, f'type {wanted}: agents too')
        equal(nl.stats()['withdrawn'] - before, 1, f'type {wanted}: counted')
        wait_for(lambda: not kernel_address(address), 'the address to go')
        ok(True, f'type {wanted}: the address goes')
        fails('EOPNOTSUPP', f'type {wanted}: it serves nobody', ask, wanted)


def test_graceful():
    """The old one beside its replacement, for as long as the grace lasts."""
    nl, watch = netlink.Odmm(), Watch()
    old = ready(nl, A, GRACEFUL)
    s = hold(GRACEFUL, tcp)
    peer = pair(s)
    begin = now()
    nl.prefix_withdraw(A, grace=4)
    status = get_status(s)
    equal((status.state, status.addr, status.preferred_lft, status.replacement), (DEPRECATED, old, 0, '::'), 'deprecated at once')
    ok(1 <= status.valid_lft <= 4, 'valid for as long as the grace', status)
    fails('EOPNOTSUPP', 'it serves nobody new', ask, GRACEFUL)
    new = ready(nl, B, GRACEFUL)
    equal((get_status(s).state, get_status(s).addr, get_status(s).replacement), (DEPRECATED, old, new), 'the socket is shown the new one')
    equal((ask(GRACEFUL), get_addr(s)), (new, old), 'new sockets get the new one, old ones keep theirs')
    ok(talk(s, peer), 'the connection goes on')
    wait_for(lambda: get_status(s).valid_lft < status.valid_lft, 'the lifetime to run down')
    ok(talk(s, peer) and nl.prefix(A)['valid_lft'] < 4, 'while its time runs down')
    wait_for(lambda: state(s) == LOST, 'the end')
    took(begin, 4, 4, 'gone')
    equal((watch.end(A), get_status(s).replacement), (END_WITHDRAWN, new), 'as it was withdrawn; the new one is still shown')
    wait_for(lambda: not kernel_address(old), 'the old address to go')
    equal(bool(kernel_address(new)), True, 'the old address goes, the new one stays')


def test_policy_grace():
    """The grace of policy, where none is named."""
    nl = netlink.Odmm()
    nl.policy_set(type=GRACEFUL, grace=2)
    nl.policy_set(type=NONPERSISTENT, grace=2)
    sockets, begin = {}, now()
    for wanted, prefix in ((GRACEFUL, A), (NONPERSISTENT, B)):
        ready(nl, prefix, wanted)
        sockets[prefix] = hold(wanted)
        begin = now()
        nl.prefix_withdraw(prefix)
        equal((state_of(nl, prefix), state(sockets[prefix])), (PREFIX_DEPRECATED, DEPRECATED), f'type {wanted}: grace from policy')
    wait_for(lambda: state(sockets[A]) == state(sockets[B]) == LOST, 'the end of both')
    took(begin, 2, 2, 'both gone')
    nl.policy_set(grace=0)
    ready(nl, C, GRACEFUL)
    nl.prefix_withdraw(C)
    equal(nl.prefixes(), [], 'no grace in policy: gone at once')


def test_default_grace():
    nl = netlink.Odmm()
    ready(nl, A, GRACEFUL)
    s = hold(GRACEFUL)
    nl.prefix_withdraw(A)
    ok(55 < get_status(s).valid_lft <= 60, 'graceful replacement: a minute, if nobody says otherwise', get_status(s))


def user(kind, wanted, address):
    """What must be kept for a user of that kind to be one, and closed for it to be none."""
    if kind == 'session':
        return [hold(wanted)]
    if kind == 'accepted child':
        return list(child(address))
    return [by_hand(address, {'UDP by hand': udp, 'TCP by hand': tcp, 'RAW by hand': raw}[kind])]


def test_busy():
    """Session-lasting and fixed: whoever uses them is asked."""
    for wanted in (SESSION, FIXED):
        nl = netlink.Odmm()
        address = ready(nl, A, wanted)
        for kind in ('session', 'accepted child', 'UDP by hand', 'TCP by hand', 'RAW by hand'):
            sockets = user(kind, wanted, address)
            fails('EBUSY', f'type {wanted}, {kind}: EBUSY', nl.prefix_withdraw, A, grace=5)
            equal((state_of(nl, A), nl.prefix(A)['valid_lft']), (ACTIVE, INFINITY), f'type {wanted}, {kind}: nothing has changed')
            for s in sockets:
                s.close()
            unused(nl, A)
        peer, sent = orphan(address)
        fails('EBUSY', f'type {wanted}, orphan that still sends: EBUSY', nl.prefix_withdraw, A)
        equal(drain(peer), sent, f'type {wanted}, orphan: all arrives')
        peer.close()
        unused(nl, A)
        nl.prefix_withdraw(A)
        equal(nl.prefixes(), [], f'type {wanted}, unused: gone at once')


def test_force():
    for wanted in (SESSION, FIXED):
        nl, watch = netlink.Odmm(), Watch()
        address = ready(nl, A, wanted)
        s, other = hold(wanted), by_hand(address)
        nl.prefix_withdraw(A, force=True)
        equal((nl.prefixes(), state(s), watch.end(A)), ([], LOST, END_WITHDRAWN), f'type {wanted}: by force it is gone at once')
        wait_for(lambda: not kernel_address(address), 'the address to go')
        other.close()


def test_force_with_grace():
    nl = netlink.Odmm()
    address = ready(nl, A, SESSION)
    s = hold(SESSION, tcp)
    peer = pair(s)
    begin = now()
    nl.prefix_withdraw(A, force=True, grace=2)
    equal((state_of(nl, A), state(s)), (PREFIX_DEPRECATED, DEPRECATED), 'by force, with a grace: deprecated')
    ok(talk(s, peer) and kernel_address(address), 'the connection goes on')
    wait_for(lambda: state(s) == LOST, 'the end')
    took(begin, 2, 2, 'gone')
    wait_for(lambda: not kernel_address(address), 'the address to go, though a socket uses it')
    ok(True, 'and is not put back')


def test_not_longer():
    """A grace is no gift: a lifetime that ends earlier does so."""
    nl, watch = netlink.Odmm(), Watch()
    ready(nl, A, GRACEFUL, valid_lft=2)
    ready(nl, B, GRACEFUL)
    s, begin = hold(GRACEFUL), now()
    nl.prefix_withdraw(A, grace=1000)
    ok(nl.prefix(A)['valid_lft'] <= 2, 'a grace does not make a lifetime longer')
    nl.prefix_withdraw(B, grace=1000)
    nl.prefix_withdraw(B, grace=2)
    ok(nl.prefix(B)['valid_lft'] <= 2, 'withdrawn again: the shorter grace counts')
    nl.prefix_withdraw(B, grace=500)
    ok(nl.prefix(B)['valid_lft'] <= 2, 'in any order')
    watch.end(A)
    wait_for(lambda: state(s) == LOST, 'the end')
    took(begin, 2, 2, 'both gone')


def test_back_again():
    """A withdrawn prefix that the network gives again."""
    nl = netlink.Odmm()
    address = ready(nl, A, GRACEFUL)
    s = hold(GRACEFUL)
    nl.prefix_withdraw(A, grace=30)
    nl.prefix_change(A, valid_lft=INFINITY, preferred_lft=INFINITY)
    equal((state(s), get_status(s).valid_lft, ask(GRACEFUL)), (GRANTED, INFINITY, address), 'it serves again, without end')


def test_unknown():
    nl = netlink.Odmm()
    ready(nl, A, NONPERSISTENT)
    fails('ENOENT', 'an unknown prefix', nl.prefix_withdraw, B)
    fails('ENOENT', 'a known one of another length', nl.prefix_withdraw, '2001:db8:51::/56')
    equal(len(nl.prefixes()), 1, 'nothing has happened')
    nl.prefix_withdraw(A)
    fails('ENOENT', 'one that is gone', nl.prefix_withdraw, A)


def test_ends():
    """Other ends are called by other names."""
    nl, watch = netlink.Odmm(), Watch('events', 'requests')
    ready(nl, A, NONPERSISTENT)
    nl.prefix_del(A)
    equal(watch.end(A), END_DELETED, 'deleted')
    ready(nl, B, NONPERSISTENT, valid_lft=1)
    equal(watch.end(B), END_EXPIRED, 'expired')
    equal((watch.states(A).count(GONE), watch.states(B).count(GONE)), (2, 2), 'each told to both groups')


def test_lifetimes():
    """They run down by themselves, each type alike."""
    nl, watch, prefixes = netlink.Odmm(), Watch(), [f'2001:db8:60:{t}::/64' for t in TYPES]
    begin = now()
    for wanted, prefix in zip(TYPES, prefixes):
        ready(nl, prefix, wanted, valid_lft=6, preferred_lft=3)
    sockets = [hold(wanted) for wanted in TYPES]
    ok(all(1 <= get_status(s).preferred_lft <= 3 and get_status(s).valid_lft <= 6 for s in sockets), 'as given')
    wait_for(lambda: all(get_status(s).preferred_lft <= 1 for s in sockets), 'the preferred lifetime to run down')
    ok(all(1 <= get_status(s).valid_lft <= 4 for s in sockets), 'the valid one runs with it')
    wait_for(lambda: all(state(s) == DEPRECATED for s in sockets), 'deprecation')
    took(begin, 3, 3, 'deprecated')
    equal([get_status(s).preferred_lft for s in sockets], 4 * [0], 'nothing left to prefer')
    wait_for(lambda: all(state(s) == LOST for s in sockets), 'the end')
    took(begin, 6, 6, 'gone')
    equal([watch.end(prefix) for prefix in prefixes], 4 * [END_EXPIRED], 'expired, held or not')


def test_refresh():
    """A lifetime that is renewed in time does not end; one shortened does earlier."""
    nl, watch = netlink.Odmm(), Watch()
    address = ready(nl, A, SESSION, valid_lft=3, preferred_lft=2)
    s = hold(SESSION)
    ready(nl, B, NONPERSISTENT, valid_lft=3, preferred_lft=2)
    nl.prefix_change(A, valid_lft=1000, preferred_lft=900)
    watch.end(B)
    equal((state(s), get_addr(s), watch.states(A)[-1]), (GRANTED, address, ACTIVE), 'renewed in time: another expires, this one does not')
    ok(890 <= get_status(s).preferred_lft <= 900 and 990 <= get_status(s).valid_lft <= 1000, 'the new lifetimes', get_status(s))
    nl.prefix_change(A, preferred_lft=1)
    wait_for(lambda: state(s) == DEPRECATED, 'deprecation')
    nl.prefix_change(A, preferred_lft=100)
    equal((state(s), ask(SESSION)), (GRANTED, address), 'deprecated, and preferred again: it serves')
    nl.prefix_change(A, valid_lft=1)
    wait_for(lambda: state(s) == LOST, 'the end')
    equal(watch.end(A), END_EXPIRED, 'shortened: expired')


run(test_at_once, test_graceful, test_policy_grace, test_default_grace, test_busy, test_force, test_force_with_grace, test_not_longer,
    test_back_again, test_unknown, test_ends, test_lifetimes, test_refresh)
