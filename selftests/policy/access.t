#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Who may ask for a type (policy access), and with whom he shares what he gets (policy share-uid)."""
import os
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../lib'))

# pylint: disable=wrong-import-position
from netlink import ACCESS_ALL, ACCESS_CAPABILITY, ACCESS_GROUP, ACTIVE, EXCLUSIVE, Odmm
from odmm import (FIXED, GRACEFUL, GRANTED, IDLE, ON_NET, PENDING, SESSION, TYPES, get_addr, get_status, in_prefix, ready, setsc, state,
                  wanting)
from people import ALICE, BOB, CAP_NET_ADMIN, CAP_NET_RAW, CLONE_NEWNET, Person, ask, become, become_with, close, enter_userns, kept
from tap import equal, fails, ok, outcome, run, wait_for

P, Q, R = '2001:db8:51::/64', '2001:db8:52::/64', '2001:db8:53::/64'
GROUPS = {'access': ACCESS_GROUP, 'gid_min': 3000, 'gid_max': 3010}
WAYS = 4


def setsc_once(wanted, blocking):
    with wanting(0, blocking=blocking) as s:
        return outcome(setsc, s, wanted)


def addr_once(wanted, blocking):
    with wanting(wanted, blocking=blocking) as s:
        return outcome(get_addr, s)


def every_way(wanted):
    """What each way to ask gives, without repetitions: by one call or by several, waiting or not."""
    return sorted({call(wanted, blocking) for call in (addr_once, setsc_once) for blocking in (True, False)})


def agent(*types):
    nl = Odmm()
    nl.claim(*types)
    return nl


def everybody():
    nl = Odmm()
    address = ready(nl, P, SESSION)
    for uid in (0, ALICE, BOB):
        equal(Person(uid).do(every_way, SESSION), [address], f'user {uid} may ask from the start')
    equal(nl.stats()['forbidden'], 0, 'nobody was refused')


def refused(nl, person, point):
    """Four points: with a prefix there and with an agent that could be asked, the answer is no at once, and that is all."""
    before = nl.stats()
    equal(person.do(every_way, SESSION), ['EACCES'], f'{point}: EACCES')
    after = nl.stats()
    equal(after['forbidden'] - before['forbidden'], WAYS, f'{point}: counted')
    given = ('served', 'submitted', 'coalesced', 'requests')
    equal([after[k] for k in given], [before[k] for k in given], f'{point}: nobody is asked and nothing is given')


def allowed(person, address, point):
    equal(person.do(every_way, SESSION), [address], f'{point}: the address')


def no_fast_path():
    nl = Odmm()
    address = ready(nl, P, SESSION)
    nl.policy_set(type=SESSION, **GROUPS)
    refused(nl, Person(ALICE), 'an active prefix is there')
    equal(nl.prefix(P)['sessions'], 0, 'it has no users')
    nl.policy_set(type=SESSION, access=ACCESS_ALL)
    allowed(Person(ALICE), address, 'everybody may again')


def no_request():
    nl = agent(*TYPES)
    nl.policy_set(type=SESSION, **GROUPS)
    refused(nl, Person(ALICE), 'an agent is there')
    equal(Person(ALICE).do(ask, 1, SESSION, flags=ON_NET), {'EACCES': 1}, 'ON_NET: EACCES')
    equal(nl.requests(), [], 'there is no request')
    equal(Person(ALICE).do(ask, 1, FIXED), {'EINPROGRESS': 1}, 'the other types are not concerned')


def nobody_serves():
    """Who may not ask need not know whether there is something."""
    nl = Odmm()
    nl.policy_set(type=SESSION, **GROUPS)
    refused(nl, Person(ALICE), 'neither agent nor prefix')
    equal(nl.stats()['unsupported'], 0, 'and is not told that nobody serves it')


def by_group():
    nl = Odmm()
    address = ready(nl, P, SESSION)
    nl.policy_set(type=SESSION, **GROUPS)
    for groups in ([], [2999], [3011], [10, 2999, 3011, 5000]):
        refused(nl, Person(ALICE, groups), f'groups {groups}')
    for groups in ([3000], [3010], [10, 20, 3005, 4000], [*range(100, 199), 3001]):
        allowed(Person(ALICE, groups), address, f'group {[g for g in groups if 3000 <= g <= 3010][0]} among {len(groups)}')
    allowed(Person(3005), address, "the user's own group")
    refused(nl, Person(), 'root is not in that group')
    allowed(Person(be=lambda: os.setgroups([3005])), address, 'root in that group')


def by_capability():
    nl = Odmm()
    address = ready(nl, P, SESSION)
    nl.policy_set(type=SESSION, access=ACCESS_CAPABILITY)
    allowed(Person(), address, 'root, CAP_NET_ADMIN')
    allowed(Person(be=lambda: become_with(ALICE, CAP_NET_ADMIN)), address, 'a user with CAP_NET_ADMIN')
    refused(nl, Person(ALICE), 'a user')
    refused(nl, Person(be=lambda: become_with(0, CAP_NET_RAW)), 'root without CAP_NET_ADMIN')
    nl.policy_set(type=SESSION, capability=CAP_NET_RAW)
    allowed(Person(be=lambda: become_with(ALICE, CAP_NET_RAW)), address, 'a user with CAP_NET_RAW, which is wanted now')
    refused(nl, Person(be=lambda: become_with(ALICE, CAP_NET_ADMIN)), 'a user with CAP_NET_ADMIN, which is not wanted')


def in_a_userns():
    """A capability counts in the user namespace of the network."""
    nl = Odmm()
    ready(nl, P, SESSION)
    nl.policy_set(type=SESSION, access=ACCESS_CAPABILITY)
    refused(nl, Person(be=lambda: enter_userns(owner=ALICE)), 'root of a user namespace, in our network')
    inside = Person(be=lambda: enter_userns(CLONE_NEWNET, owner=ALICE))
    equal(inside.do(_own_network), (['EOPNOTSUPP'], 0), 'in a network of its own he may')


def _own_network():
    nl = Odmm()
    nl.policy_set(access=ACCESS_CAPABILITY)
    return every_way(SESSION), nl.stats()['forbidden']


def in_force_at_once():
    """For whoever asks next; who waits or has an address goes on."""
    nl = agent(GRACEFUL)
    address = ready(nl, P, SESSION)
    alice = Person(ALICE)
    equal([alice.do(ask, 1, SESSION), alice.do(ask, 1, GRACEFUL)], [{'address': 1}, {'EINPROGRESS': 1}], 'one is held, one is asked for')
    nl.policy_set(access=ACCESS_CAPABILITY)
    equal(alice.do(kept, get_addr), [address, 'EALREADY'], 'forbidden: they are still held and asked for')
    nl.prefix_add(Q, GRACEFUL, cookie=1)
    wait_for(lambda: alice.do(kept, state)[1] == GRANTED, 'the answer')
    equal([alice.do(ask, 1, SESSION), alice.do(ask, 1, GRACEFUL)], [{'EACCES': 1}] * 2, 'new wishes are refused')
    equal(alice.do(kept, state), [GRANTED, GRANTED, IDLE, IDLE], 'only those')
    nl.prefix_del(P, force=True)
    equal(alice.do(kept, get_addr)[0], 'EACCES', 'what was lost is not replaced')


OURS = []


def with_ours(call, n=0):
    return outcome(call, OURS[n])


def handed_over():
    """Who calls counts, and not who opened the socket or made the wish."""
    nl = agent(GRACEFUL)
    address = ready(nl, P, SESSION)
    OURS[:] = [wanting(SESSION, blocking=False), wanting(SESSION, blocking=False), wanting(GRACEFUL, blocking=False)]
    alice = Person(ALICE, keep=OURS)
    nl.policy_set(access=ACCESS_CAPABILITY)
    equal(alice.do(with_ours, get_addr, 0), 'EACCES', 'opened by root, asked by a user')
    equal(alice.do(with_ours, get_addr, 2), 'EACCES', 'the same where an agent had to be asked')
    equal((nl.stats()['forbidden'], nl.requests()), (2, []), 'both are counted, nobody is asked')
    equal(get_addr(OURS[0]), address, 'asked by root')
    equal(alice.do(with_ours, get_addr, 0), address, 'what the socket has got then, whoever has the socket may see')
    equal(alice.do(with_ours, get_addr, 1), 'EACCES', 'for another socket that is of no use')


def theirs_passed_to_root():
    """A socket that a user has opened and passed on."""
    nl = Odmm()
    address = ready(nl, P, SESSION)
    nl.policy_set(access=ACCESS_CAPABILITY)
    ours, theirs = socket.socketpair(socket.AF_UNIX)
    OURS[:] = [theirs]
    alice = Person(ALICE, keep=OURS)
    equal(alice.do(pass_one), 'EACCES', 'a user may not')
    _, fds, _, _ = socket.recv_fds(ours, 1, 1)
    equal(get_addr(socket.socket(fileno=fds[0])), address, 'root may, with the same socket')


def pass_one():
    s = wanting(SESSION, blocking=False)
    answer = outcome(get_addr, s)
    socket.send_fds(OURS[0], [b'x'], [s.fileno()])
    return answer


def two_users(nl):
    """Requests of Alice and Bob, who share with nobody."""
    nl.policy_set(type=SESSION, share_uid=1)
    people = Person(ALICE), Person(BOB)
    equal([p.do(ask, 2, SESSION) for p in people], 2 * [{'EINPROGRESS': 2}], 'two users ask twice')
    return people


def asked(nl):
    return [(r['uid'], r['waiters']) for r in nl.requests()]


def share_uid():
    nl = agent(SESSION)
    alice, bob = two_users(nl)
    equal(asked(nl), [(ALICE, 2), (BOB, 2)], 'there is a request of each, which his sockets share')
    for prefix, request in zip((P, Q), nl.requests()):
        nl.prefix_add(prefix, SESSION, cookie=request['cookie'])
    wait_for(lambda: not nl.requests(), 'the answers')
    got = [set(p.do(kept, get_addr)) for p in (alice, bob)]
    equal([len(addresses) for addresses in got], [1, 1], 'each has got one address for both sockets')
    equal([in_prefix(addresses.pop(), prefix) for addresses, prefix in zip(got, (P, Q))], [True, True], 'of his own prefix')
    equal([(p['uid'], p['sessions']) for p in nl.prefixes()], [(ALICE, 2), (BOB, 2)], 'a prefix says whom it is for')
    equal([p.do(ask, 1, SESSION) for p in (alice, bob)], 2 * [{'address': 1}], 'who asks again is served by it')
    equal([p['sessions'] for p in nl.prefixes()], [3, 3], 'each by his own')
    equal(Person(2003).do(ask, 1, SESSION), {'EINPROGRESS': 1}, 'a third one has to ask the network')
    equal((outcome(get_addr, wanting(SESSION, blocking=False)), asked(nl)), ('EINPROGRESS', [(2003, 1), (0, 1)]), 'and so has root')


def static_for_all():
    """A prefix that nobody asked for is for all, and ends all waits."""
    nl = agent(SESSION)
    people = two_users(nl)
    address = ready(nl, R, SESSION)
    equal([p.do(kept, get_addr) for p in people], 2 * [[address, address]], 'one that simply comes serves all who wait')
    equal(Person(2003).do(every_way, SESSION), [address], 'and who asks later')
    equal('uid' in nl.prefix(R), False, 'it says of nobody that it is his')
    equal(nl.requests(), [], 'nobody asks any more')


def on_net_alone():
    nl = agent(SESSION)
    nl.policy_set(type=SESSION, share_uid=1)
    alice = Person(ALICE)
    alice.do(ask, 1, SESSION, flags=ON_NET)
    nl.prefix_add(P, SESSION, cookie=1)
    wait_for(lambda: nl.prefix(P)['state'] == ACTIVE, 'the prefix')
    equal((nl.prefix(P)['flags'], nl.prefix(P)['uid']), (EXCLUSIVE, ALICE), 'an ON_NET prefix is exclusive, and his')
    equal(alice.do(ask, 1, SESSION), {'EINPROGRESS': 1}, 'it serves nobody else, not even him')


def shared_without_it():
    """The control: without share-uid the same people share."""
    nl = agent(SESSION)
    people = Person(ALICE), Person(BOB)
    equal([p.do(ask, 2, SESSION) for p in people], 2 * [{'EINPROGRESS': 2}], 'without share-uid: two users ask twice')
    equal(asked(nl), [(ALICE, 4)], 'all share one request')
    nl.prefix_add(P, SESSION, cookie=1)
    wait_for(lambda: not nl.requests(), 'the answer')
    equal(len({a for p in people for a in p.do(kept, get_addr)}), 1, 'and one address')
    equal(('uid' in nl.prefix(P), nl.prefix(P)['sessions']), (False, 4), 'a prefix for everybody')


def other_types():
    nl = agent(SESSION, GRACEFUL)
    nl.policy_set(type=SESSION, share_uid=1)
    people = Person(ALICE), Person(BOB)
    equal([p.do(ask, 1, GRACEFUL) for p in people], 2 * [{'EINPROGRESS': 1}], 'another type')
    equal(asked(nl), [(ALICE, 2)], 'is shared')


def userns_shares_with_its_owner():
    """Who is many users in a user namespace is one for us."""
    nl = agent(SESSION)
    alice, bob = two_users(nl)
    equal(Person(be=_bob_of_alices_userns).do(ask, 1, SESSION), {'EINPROGRESS': 1}, "Bob of Alice's user namespace")
    equal(asked(nl), [(ALICE, 3), (BOB, 2)], 'shares with Alice, and not with Bob')
    for person in (alice, bob):
        person.do(close)


def _bob_of_alices_userns():
    enter_userns(owner=ALICE)
    become(BOB)


def switched_off():
    """What was for one user stays his."""
    nl = agent(SESSION)
    alice, bob = two_users(nl)
    nl.prefix_add(P, SESSION, cookie=nl.requests()[0]['cookie'])
    wait_for(lambda: alice.do(kept, state) == [GRANTED, GRANTED], 'the answer')
    nl.policy_set(type=SESSION, share_uid=0)
    equal(bob.do(ask, 1, SESSION), {'EINPROGRESS': 1}, 'share-uid off again: what was asked for one user does not serve another')
    equal(bob.do(kept, state), 3 * [PENDING], 'who waited waits on')
    ok(in_prefix(alice.do(kept, get_addr)[0], P), 'who has it keeps it')
    nl.prefix_add(Q, SESSION)
    wait_for(lambda: bob.do(kept, state) == 3 * [GRANTED], 'a prefix for all')
    equal(get_status(wanting(SESSION)).state, IDLE, 'who does not ask has nothing')
    fails('EINVAL', 'and no type is no type', get_addr, wanting(0))


run(everybody, no_fast_path, no_request, nobody_serves, by_group, by_capability, in_a_userns, in_force_at_once, handed_over,
    theirs_passed_to_root, share_uid, static_for_all, on_net_alone, shared_without_it, other_types, userns_shares_with_its_owner,
    switched_off)
