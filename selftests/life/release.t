#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Prefixes that nobody needs any more: how long they stay after their last user, and who counts as one."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../lib'))
import netlink
import netns
from life import ANY_TIME, Watch, by_hand, child, drain, hold, now, orphan, pair, state_of, talk, took
from netlink import ACTIVE, END_RELEASED, EXCLUSIVE, GONE, ONLINK, TENTATIVE, kernel_address
from odmm import (BIND, DEPRECATED, FIXED, GRACEFUL, GRANTED, INFINITY, NONPERSISTENT, ON_NET, SESSION, TYPES, Caller, get_addr,
                  in_prefix, raw, ready, request_waiting, state, tcp, udp, wanting)
from tap import equal, fails, ok, outcome, run, wait_for

A, B, C, D = '2001:db8:51::/64', '2001:db8:52::/64', '2001:db8:53::/64', '2001:db8:54::/64'
FLOOR = 10      # seconds, after what an unprivileged user did
LOOKS = 4       # seconds, at most, from when it could be released until it is: it is looked now and then
USER = 1000
PREFIX_DEPRECATED = netlink.DEPRECATED


def deprecate(nl, prefix):
    nl.prefix_change(prefix, preferred_lft=0)


def quick(nl, *types, linger=1):
    for wanted in types:
        nl.policy_set(type=wanted, linger=linger)


def released(watch, prefix, begin, low, text):
    """A point: it is released, and so many seconds have passed by then."""
    watch.end(prefix, low + ANY_TIME)
    return took(begin, low, low + LOOKS, text)


def test_session():
    """Deprecated, it stays for its sessions, however long."""
    nl, watch, agents = netlink.Odmm(), Watch(), Watch('requests')
    quick(nl, SESSION)
    address = ready(nl, A, SESSION)
    s, t = hold(SESSION, tcp), hold(SESSION)
    peer = pair(s)
    deprecate(nl, A)
    time.sleep(3)
    t.close()
    time.sleep(3)
    equal((state_of(nl, A), state(s)), (PREFIX_DEPRECATED, DEPRECATED), 'held: there after six times the linger')
    ok(talk(s, peer), 'and the connection works')
    s.close()
    peer.close()
    begin = now()
    equal((watch.end(A), agents.end(A)), (END_RELEASED, END_RELEASED), 'the last one closed: released, and agents are told')
    took(begin, 1, 1 + LOOKS, 'released')
    equal((nl.prefixes(), nl.stats()['released']), ([], 1), 'gone and counted')
    wait_for(lambda: not kernel_address(address), 'the address to go')
    equal(len([v for v in agents.news(A) if v['state'] == GONE]), 1, 'agents are told once')


def left(nl, prefix, make):
    """Users of a session-lasting prefix that is deprecated, and whose only session, root's, is closed."""
    address = ready(nl, prefix, SESSION)
    with hold(SESSION):
        kept = make(address)
        deprecate(nl, prefix)
    return kept


def orphaned(address):
    peer, sent = orphan(address)
    orphaned.sent = sent
    return [peer]


OTHERS = (('an accepted child', lambda address: list(child(address))), ('an orphan with unsent data', orphaned),
          ('UDP bound by hand', lambda address: [by_hand(address, udp)]), ('TCP bound by hand', lambda address: [by_hand(address, tcp)]),
          ('RAW bound by hand', lambda address: [by_hand(address, raw)]))


def test_others():
    """Those who are no session keep it just so."""
    nl, watch = netlink.Odmm(), Watch()
    quick(nl, SESSION)
    prefixes = [f'2001:db8:60:{n}::/64' for n in range(len(OTHERS))]
    users = [left(nl, prefix, make) for prefix, (_, make) in zip(prefixes, OTHERS)]
    left(nl, B, lambda _: None)
    watch.end(B)
    time.sleep(3)
    for prefix, (name, _), kept in zip(prefixes, OTHERS, users):
        ok(not watch.is_gone(prefix), f'{name}: kept, when one without users is long released')
        wait_for(lambda p=prefix: state_of(nl, p) == PREFIX_DEPRECATED, f'{prefix} to be deprecated')
        if 'orphan' in name:
            equal(drain(kept[0]), orphaned.sent, f'{name}: all arrives at last')
        for s in kept:
            s.close()
    for prefix, (name, _) in zip(prefixes, OTHERS):
        equal(watch.end(prefix), END_RELEASED, f'{name}: released after it')


def test_linger():
    """As long as policy says, at least a second, or for ever."""
    nl, watch = netlink.Odmm(), Watch()
    for linger, wait in ((3, 3), (0, 1)):
        quick(nl, SESSION, linger=linger)
        ready(nl, A, SESSION)
        s = hold(SESSION)
        deprecate(nl, A)
        s.close()
        begin = now()
        released(watch, A, begin, wait, f'linger {linger}')
        watch = Watch()
    quick(nl, SESSION, linger=INFINITY)
    quick(nl, GRACEFUL)
    for wanted, prefix in ((SESSION, A), (GRACEFUL, B)):
        ready(nl, prefix, wanted)
        s = hold(wanted)
        deprecate(nl, prefix)
        s.close()
    watch.end(B)
    time.sleep(2)
    equal(state_of(nl, A), PREFIX_DEPRECATED, 'linger for ever: it stays')
    begin = now()
    quick(nl, SESSION)
    watch.end(A)
    took(begin, 0, 1 + LOOKS, 'linger made shorter: released soon')


def test_default_policy():
    """Fixed ones stay, of the others each is given a minute."""
    nl = netlink.Odmm()
    equal([nl.policy(type=wanted)['linger'] for wanted in TYPES], [INFINITY, 60, 60, 60], 'linger by default')
    for wanted, prefix in ((FIXED, A), (SESSION, B)):
        ready(nl, prefix, wanted)
        hold(wanted).close()
        deprecate(nl, prefix)
    time.sleep(3)
    equal([state_of(nl, p) for p in (A, B)], 2 * [PREFIX_DEPRECATED], 'neither goes at once')


def keep(wanted):
    """For a process of its own: a session that lives as long as the process."""
    keep.kept = hold(wanted)
    return keep.kept.getsockname()[0]


def keep_by_hand(address):
    keep.kept = by_hand(address)


def test_floor():
    """What an unprivileged user did is not undone faster than in ten seconds; what root did is. The last one counts."""
    nl, watch, agent = netlink.Odmm(), Watch(), netlink.Odmm()
    ready(nl, D, FIXED)
    deprecate(nl, D)
    earlier = now()
    quick(nl, *TYPES)
    agent.claim(NONPERSISTENT)
    asker = Caller(keep, NONPERSISTENT, uid=USER)
    agent.prefix_add(B, NONPERSISTENT, cookie=request_waiting(agent)['cookie'])
    ok(in_prefix(asker.outcome(), B), 'a user has got one on demand')
    last = [asker]
    for prefix, wanted, first_uid, last_uid in ((A, SESSION, 0, USER), (C, GRACEFUL, USER, 0)):
        ready(nl, prefix, wanted)
        first = Caller(keep, wanted, uid=first_uid)
        last.append(Caller(keep, wanted, uid=last_uid))
        equal(first.outcome(), last[-1].outcome(), f'type {wanted}: root and a user share one')
        deprecate(nl, prefix)
        first.end()
        wait_for(lambda p=prefix: nl.prefix(p)['sessions'] == 1, 'the first to be gone')
    begin = now()
    for caller in last:
        caller.end()
    watch.end(C)
    took(begin, 1, 1 + LOOKS, "root's is released")
    ok(not watch.is_gone(A) and not watch.is_gone(B), "the user's are not")
    watch.end(D)
    took(earlier, FLOOR, FLOOR + LOOKS, 'one that nobody ever used, and that was to stay for ever, is released as policy was changed')
    watch.end(A)
    took(begin, FLOOR, FLOOR + LOOKS, "the user's, deprecated, is released")
    watch.end(B)
    took(begin, FLOOR, FLOOR + LOOKS, "the user's, got on demand, too")


def on_demand(agent, prefix, wanted=SESSION, flags=0, **values):
    """A socket that has asked for, and got, a prefix."""
    s = wanting(wanted, flags=flags | BIND, blocking=False)
    outcome(get_addr, s)
    agent.prefix_add(prefix, wanted, cookie=request_waiting(agent)['cookie'], **values)
    wait_for(lambda: ':' in outcome(get_addr, s), 'the address')
    return s


def test_on_demand():
    """An answer goes with its last user; what simply came stays."""
    nl, watch, agents, agent = netlink.Odmm(), Watch(), Watch('requests'), netlink.Odmm()
    quick(nl, SESSION, GRACEFUL)
    agent.claim(SESSION)
    s, own = on_demand(agent, A), on_demand(agent, B, flags=ON_NET)
    ready(nl, C, GRACEFUL)
    hold(GRACEFUL).close()
    cookies = nl.prefix(A)['cookie'], nl.prefix(B)['cookie']
    equal(nl.prefix(B)['flags'] & EXCLUSIVE, EXCLUSIVE, 'one for a single socket, one for all')
    begin = now()
    s.close()
    own.close()
    for prefix, cookie in zip((A, B), cookies):
        equal((watch.end(prefix), agents.end(prefix)), (END_RELEASED, END_RELEASED), 'got on demand: released after its user')
        equal([v['cookie'] for v in agents.news(prefix)], [cookie], 'agents can tell which request it was for')
    took(begin, 1, 1 + LOOKS, 'released')
    equal((state_of(nl, C), nl.stats()['released']), (ACTIVE, 2), 'what came by itself stays')
    t = on_demand(agent, A)
    equal(in_prefix(get_addr(t), A), True, 'the next one has it given anew')


def test_back_in_time():
    """Whoever comes while it lingers keeps it."""
    nl, watch, agent = netlink.Odmm(), Watch(), netlink.Odmm()
    quick(nl, SESSION, linger=2)
    agent.claim(SESSION)
    s = on_demand(agent, A)
    address = get_addr(s)
    s.close()
    wait_for(lambda: not nl.prefix(A)['sessions'], 'the session to be gone')
    ready(nl, B, NONPERSISTENT, valid_lft=4)
    t = hold(SESSION)
    equal(get_addr(t), address, 'a new socket gets the one that lingers')
    watch.end(B)
    equal((state_of(nl, A), state(t)), (ACTIVE, GRANTED), 'and keeps it for longer than the linger')
    t.close()
    wait_for(lambda: not nl.prefix(A)['sessions'], 'the session to be gone')
    deprecate(nl, A)
    u = by_hand(address)
    ready(nl, C, NONPERSISTENT, valid_lft=4)
    watch.end(C)
    ok(not watch.is_gone(A) and kernel_address(address), 'so does one bound by hand')
    u.close()
    equal(watch.end(A), END_RELEASED, 'until it is closed')


def test_quiet():
    """Sockets bound by hand keep one for long: it serves, and nobody hears of each look for users."""
    nl, watch, agent = netlink.Odmm(), Watch(), netlink.Odmm()
    quick(nl, SESSION, GRACEFUL)
    agent.claim(GRACEFUL)
    users = left(nl, A, lambda address: [by_hand(address)])
    s = on_demand(agent, B, GRACEFUL)
    users.append(by_hand(get_addr(s)))
    s.close()
    wait_for(lambda: not nl.prefix(A)['sessions'] + nl.prefix(B)['sessions'], 'the sessions to be gone')
    time.sleep(4)
    equal(watch.states(A), [TENTATIVE, ACTIVE, PREFIX_DEPRECATED], 'told: that it came, was usable, was deprecated; no more')
    equal(watch.states(B), [TENTATIVE, ACTIVE], 'and of another: that it came and was usable')
    equal(nl.stats()['deprecated'], 1, 'deprecated once')


def test_linger_after_others():
    """The linger begins when the last user has gone, be it a session or not."""
    nl, watch = netlink.Odmm(), Watch()
    quick(nl, SESSION, linger=4)
    users = left(nl, A, lambda address: [by_hand(address)])
    wait_for(lambda: not nl.prefix(A)['sessions'], 'the session to be gone')
    # Just before the end of what its session has left it.
    time.sleep(3)
    users.pop().close()
    released(watch, A, now(), 4, 'closed by hand 3 s after the last session: released')


def test_left_early():
    """Whoever asked has gone when the answer is usable."""
    nl, watch, agent, peer = netlink.Odmm(), Watch(), netlink.Odmm(), netns.Netns()
    netns.veth(peer, dad=4)
    quick(nl, SESSION)
    agent.claim(SESSION)
    for prefix, flags, text in ((A, 0, 'for all'), (B, ON_NET, 'for one')):
        s = wanting(SESSION, flags=flags, blocking=False)
        fails('EINPROGRESS', f'{text}: asked', get_addr, s)
        agent.prefix_add(prefix, SESSION, 'v0', flags=ONLINK, cookie=request_waiting(agent)['cookie'])
        s.close()
        wait_for(lambda: not nl.requests(), 'the request to go')
        equal(state_of(nl, prefix), TENTATIVE, f'{text}: nobody waits any more, and it is not usable yet')
    for prefix, text in ((B, 'for one'), (A, 'for all')):
        equal(watch.end(prefix), END_RELEASED, f'{text}: released, unused')


run(test_session, test_others, test_linger, test_default_policy, test_floor, test_on_demand, test_back_in_time,
    test_quiet, test_linger_after_others, test_left_early)
