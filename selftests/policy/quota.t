#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Quotas of a user: sessions, waiting sockets, prefixes of his own and how fast he may ask for them. Who is charged, and that what is charged
comes back. Limits of the namespace. What one user does to another is in starve.t.
"""
import errno
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../lib'))

# pylint: disable=wrong-import-position
import netns
from netlink import Odmm
from odmm import (FAILED, FIXED, GRACEFUL, GRANTED, LOST, NONPERSISTENT, ON_NET, PENDING, SC_FLAGS, SC_LIFETIME, SC_TIMEOUT, SC_TYPE, SESSION,
                  TYPES, get_addr, ready, set_option, setsc, state, tcp, udp, wanting)
from people import (ALICE, BOB, CAP_NET_ADMIN, CAP_NET_RAW, CLONE_NEWNET, CLONE_NEWUSER, Person, ask, ask_again, become, become_with,
                    close, enter_userns, kept, unshare)
from tap import diag, equal, fails, ok, outcome, run, wait_for

P = '2001:db8:51::/64'
MANY = 1000


def agent(*types, **policy):
    """Serves all types if none is named."""
    nl = Odmm()
    nl.claim(*(types or TYPES))
    if policy:
        nl.policy_set(**policy)
    return nl


def over(nl):
    """What has been refused so far, by quota."""
    return {k: v for k, v in nl.stats().items() if k.startswith('over_') and v}


def no_session(nl):
    wait_for(lambda: nl.stats()['sessions'] == 0, 'all sessions to go')


def first_options():
    """How a new socket of this process fares, by the option that makes it a session."""
    results = []
    for option, value in ((SC_TYPE, SESSION), (SC_FLAGS, ON_NET), (SC_TIMEOUT, 5), (SC_LIFETIME, 5)):
        with udp() as s:
            results.append(outcome(set_option, s, option, value))
    with udp() as s:
        s.setblocking(False)
        results.append(outcome(setsc, s, SESSION))
    return results


def sessions():
    nl = agent(sessions=5)
    alice = Person(ALICE)
    equal(alice.do(ask, 6, SESSION), {'EINPROGRESS': 5, 'EDQUOT': 1}, 'sockets of a user up to the quota')
    equal((nl.stats()['sessions'], over(nl)), (5, {'over_sessions': 1}), 'one more is no session, and counted')
    equal(alice.do(first_options), 5 * ['EDQUOT'], 'whatever the first option is')
    equal((nl.stats()['sessions'], over(nl)), (5, {'over_sessions': 6}), 'each is counted')
    equal(Person(BOB).do(ask, 5, SESSION), {'EINPROGRESS': 5}, 'another user has his own quota')
    equal(alice.do(ask_again), {'EALREADY': 5}, 'who has a session can go on')
    nl.policy_set(sessions=6)
    equal(alice.do(ask, 2, SESSION), {'EINPROGRESS': 1, 'EDQUOT': 1}, 'a greater quota holds at once')
    nl.policy_set(sessions=2)
    equal(alice.do(kept, state), 6 * [PENDING], 'a smaller one takes nothing away')
    alice.do(close, 4)
    equal(alice.do(ask, 1, SESSION), {'EDQUOT': 1}, 'but allows nothing more until there is room')
    alice.do(close, 1)
    equal(alice.do(ask, 1, SESSION), {'EINPROGRESS': 1}, 'and then it does')


def pending():
    nl = agent(pending=3)
    alice = Person(ALICE)
    equal(alice.do(ask, 4, SESSION), {'EINPROGRESS': 3, 'EDQUOT': 1}, 'waiting sockets up to the quota')
    equal((over(nl), nl.stats()['sessions'], nl.requests()[0]['waiters']), ({'over_pending': 1}, 4, 3), 'who does not wait is a session')
    equal(Person(BOB).do(ask, 3, SESSION), {'EINPROGRESS': 3}, 'another user has his own quota')
    address = ready(nl, P, GRACEFUL)
    equal(alice.do(ask, 1, GRACEFUL), {'address': 1}, 'what need not be waited for is had beyond it')
    nl.prefix_del(P)
    nl.refuse(1, errno.EACCES)
    equal(alice.do(kept, get_addr), ['EACCES'] * 3 + ['EINPROGRESS', 'EINPROGRESS'], 'when waits have ended there is room')
    equal((len(nl.requests()), ':' in address), (2, True), 'for two requests, of two types')


def held():
    nl = agent(held=2, on_net_rate=0)
    alice = Person(ALICE)
    equal(alice.do(ask, 3, SESSION, flags=ON_NET), {'EINPROGRESS': 2, 'EDQUOT': 1}, 'prefixes asked for alone, up to the quota')
    equal((over(nl), len(nl.requests())), ({'over_held': 1}, 2), 'one more is not asked for')
    for n, request in enumerate(nl.requests()):
        nl.prefix_add(f'2001:db8:{n:x}::/64', SESSION, cookie=request['cookie'])
    wait_for(lambda: alice.do(kept, state)[:2] == [GRANTED, GRANTED], 'the answers')
    equal(alice.do(ask, 1, SESSION, flags=ON_NET), {'EDQUOT': 1}, 'what was got counts as what was asked for')
    equal(alice.do(ask, 5, SESSION), {'EINPROGRESS': 5}, 'what is shared does not')
    equal(Person(BOB).do(ask, 2, SESSION, flags=ON_NET), {'EINPROGRESS': 2}, 'another user has his own quota')


def held_as_long_as_it_is_there():
    """A prefix that is left stays for a while, and counts for that while."""
    nl = agent(SESSION, held=2, on_net_rate=0)
    alice = Person(ALICE)
    alice.do(ask, 2, SESSION, flags=ON_NET)
    prefixes = answer(nl, alice)
    alice.do(kept, change, SC_TYPE, 0)
    equal([p['sessions'] for p in nl.prefixes()], [0, 0], 'nobody has the prefixes any more')
    equal(alice.do(ask, 1, SESSION, flags=ON_NET), {'EDQUOT': 1}, 'as long as they are there they count')
    alice.do(close)
    no_session(nl)
    equal(alice.do(ask, 1, SESSION, flags=ON_NET), {'EDQUOT': 1}, 'also without a session')
    nl.prefix_del(prefixes[0])
    equal(alice.do(ask, 2, SESSION, flags=ON_NET), {'EINPROGRESS': 1, 'EDQUOT': 1}, 'when one is gone there is room for one')


def nothing_charged_after_failure():
    """Who was refused because of one quota has not used up another one."""
    nl = agent(held=1, pending=3, on_net_rate=0)
    alice = Person(ALICE)
    equal(alice.do(ask, 20, SESSION, flags=ON_NET), {'EINPROGRESS': 1, 'EDQUOT': 19}, 'held is used up, pending is not')
    equal(over(nl), {'over_held': 19}, 'each is counted as held')
    equal(alice.do(ask, 3, SESSION), {'EINPROGRESS': 2, 'EDQUOT': 1}, 'pending has the room that it had')
    nl.policy_set(held=3)
    equal(alice.do(ask, 20, SESSION, flags=ON_NET), {'EDQUOT': 20}, 'pending is used up, held is not')
    equal(over(nl), {'over_held': 19, 'over_pending': 21}, 'each is counted as pending')
    nl.policy_set(pending=100)
    equal(alice.do(ask, 3, SESSION, flags=ON_NET), {'EINPROGRESS': 2, 'EDQUOT': 1}, 'held has the room that it had')
    nl.policy_set(requests_max=0, held=100)
    equal(alice.do(ask, 20, GRACEFUL, flags=ON_NET), {'EDQUOT': 20}, 'the namespace is full')
    nl.policy_set(requests_max=100, held=4)
    equal(alice.do(ask, 2, GRACEFUL, flags=ON_NET), {'EINPROGRESS': 1, 'EDQUOT': 1}, 'held still has the room that it had')


def rate():
    nl = agent(on_net_rate=1, on_net_burst=10, held=1000)
    alice = Person(ALICE)
    begin = time.monotonic()
    got = alice.do(ask, 30, SESSION, flags=ON_NET)
    spare = int(time.monotonic() - begin) + 1
    ok(10 <= got['EINPROGRESS'] <= 10 + spare, 'requests come at once up to the burst', got)
    equal(over(nl), {'over_rate': got['EDQUOT']}, 'each beyond it is counted')
    equal(Person(BOB).do(ask, 10, SESSION, flags=ON_NET), {'EINPROGRESS': 10}, 'another user has his own')
    equal(alice.do(ask, 5, SESSION), {'EINPROGRESS': 5}, 'what is shared is free')
    alice.do(close)
    wait_for(lambda: ALICE not in [s['uid'] for s in nl.sessions()], 'her sessions to go')
    again = alice.do(ask, 30, SESSION, flags=ON_NET)
    elapsed = time.monotonic() - begin
    ok(again.get('EINPROGRESS', 0) + got['EINPROGRESS'] <= 10 + elapsed + 1, 'who closes all is not forgotten', (again, elapsed))
    nl.policy_set(on_net_rate=0)
    equal(alice.do(ask, 30, SESSION, flags=ON_NET), {'EINPROGRESS': 30}, 'rate 0 is no limit')


def ask_for(seconds, wanted):
    """How many requests get through in a time, and how long that was."""
    begin, got = time.monotonic(), 0
    while time.monotonic() < begin + seconds:
        got += ask(1, wanted, flags=ON_NET).get('EINPROGRESS', 0)
        close()
    return got, time.monotonic() - begin


def rate_over_time():
    nl = agent(on_net_rate=20, on_net_burst=5, held=10000)
    got, took = Person(ALICE).do(ask_for, 3, SESSION)
    diag(f'{got} in {took:.2f} s')
    ok(got <= 5 + 20 * took + 1, 'no more than burst and rate allow', (got, took))
    ok(got >= 5 + 20 * took / 2, 'and not much less', (got, took))
    ok(nl.stats()['over_rate'] > 0, 'there were more')


def refill():
    """A bucket that is full stays as full as it is."""
    nl = agent(on_net_rate=10, on_net_burst=3, held=1000)
    alice = Person(ALICE)
    alice.do(ask, 10, SESSION, flags=ON_NET)
    time.sleep(1)
    begin = time.monotonic()
    got = alice.do(ask, 20, SESSION, flags=ON_NET).get('EINPROGRESS', 0)
    spare = int((time.monotonic() - begin) * 10) + 1
    ok(3 <= got <= 3 + spare, 'after a pause the burst is there again, and no more than that', (got, spare))
    ok(nl.stats()['over_rate'] > 0, 'there was more')


# How the wait or the use of two ON_NET sockets ends, which gives all charges back.

def answer(nl, alice):
    """The prefixes."""
    prefixes = [f'2001:db8:{request["cookie"]:x}::/64' for request in nl.requests()]
    for prefix, request in zip(prefixes, nl.requests()):
        nl.prefix_add(prefix, SESSION, cookie=request['cookie'])
    wait_for(lambda: alice.do(kept, state) == [GRANTED, GRANTED], 'the answers')
    return prefixes


def by_grant(nl, alice):
    prefixes = answer(nl, alice)
    alice.do(close)
    no_session(nl)
    for prefix in prefixes:
        nl.prefix_del(prefix)


def by_refusal(nl, alice):
    for request in nl.requests():
        nl.refuse(request['cookie'], errno.EACCES)
    assert alice.do(kept, get_addr) == ['EACCES', 'EACCES']


def by_change_of_type(nl, alice):
    alice.do(kept, change, SC_TYPE, 0)


def by_change_of_flags(nl, alice):
    alice.do(kept, change, SC_FLAGS, 0)


def by_loss(nl, alice):
    """A prefix that is taken away is not had any more, also by a socket that is still there."""
    for prefix in answer(nl, alice):
        nl.prefix_del(prefix, force=True)


def by_a_short_life(nl, alice):
    """The answer is there, and gone before its address is usable, or just after that."""
    for n, request in enumerate(nl.requests()):
        nl.prefix_add(f'2001:db8:{n:x}::/64', SESSION, cookie=request['cookie'])
        nl.prefix_del(f'2001:db8:{n:x}::/64', force=True)
    wait_for(lambda: set(alice.do(kept, state)) <= {FAILED, LOST}, 'the end')


def change(s, option, value):
    set_option(s, option, value)


def cycles(end, times, **kwargs):
    """After so many rounds exactly as much is free as in the beginning: two may wait, and have."""
    nl, before = agent(SESSION, held=2, pending=2, on_net_rate=0), over(Odmm())
    alice = Person(ALICE)
    for n in range(times):
        alice.do(close)
        got = alice.do(ask, 2, SESSION, flags=ON_NET, **kwargs)
        if got != {'EINPROGRESS': 2}:
            ok(False, f'{end.__name__}: round {n}', got)
            break
        end(nl, alice)
    equal(alice.do(ask, 3, SESSION, flags=ON_NET), {'EINPROGRESS': 2, 'EDQUOT': 1}, f'{end.__name__}, {times} times: two, and not one more')
    alice.kill()
    no_session(nl)
    equal(over(nl)['over_pending'], before.get('over_pending', 0) + 1, f'{end.__name__}: only one was refused')
    nl.close()


def come_back():
    cycles(by_refusal, 30)
    cycles(by_change_of_type, 30)
    cycles(by_change_of_flags, 30)
    cycles(by_loss, 10)
    cycles(by_a_short_life, 20)


def by_timeout(nl, alice):
    """Nobody does anything."""
    assert alice
    wait_for(lambda: not nl.requests(), 'the timeouts')


def by_close(nl, alice):
    alice.do(close)
    no_session(nl)


def by_death_of_the_agent(nl, alice):
    """A claim that is replaced has ended; with nobody else the requests fail a second later."""
    assert alice
    nl.claim(GRACEFUL)
    wait_for(lambda: not nl.requests(), 'the requests to fail')
    nl.claim(SESSION)


def come_back_after_a_while():
    cycles(by_timeout, 20, timeout=20)
    cycles(by_close, 2)
    cycles(by_grant, 2)
    cycles(by_death_of_the_agent, 2)


def by_kill():
    nl = agent(SESSION, held=2, pending=2, sessions=2, on_net_rate=0)
    for _ in range(3):
        alice = Person(ALICE)
        equal(alice.do(ask, 3, SESSION, flags=ON_NET), {'EINPROGRESS': 2, 'EDQUOT': 1}, 'two, and not one more')
        alice.kill()
        no_session(nl)
    equal((nl.stats()['requests'], over(nl)), (0, {'over_sessions': 3}), 'killed: nothing is left')


def blocked():
    """Callers that wait in the call are charged as others are."""
    nl = agent(SESSION, pending=2)
    people = [Person(ALICE) for _ in range(3)]
    for person in people[:2]:
        person.start(ask_blocking, SESSION).wait_blocked()
    equal(people[2].do(ask_blocking, SESSION), 'EDQUOT', 'two wait in the call, a third may not')
    equal(Person(BOB).start(ask_blocking, SESSION).wait_blocked().returned(), False, 'somebody else may')
    people[0].kill()
    wait_for(lambda: nl.requests()[0]['waiters'] == 2, 'one to go')
    people[2].start(ask_blocking, SESSION).wait_blocked()
    ok(True, 'one is killed: there is room')
    ready(nl, P, SESSION)
    equal({':' in person.result() for person in people[1:]}, {True}, 'all are served')
    equal(people[1].do(ask, 2, GRACEFUL), {'EOPNOTSUPP': 2}, 'nobody waits')


def ask_blocking(wanted):
    with wanting(wanted) as s:
        return get_addr(s)


OURS = []


def with_ours(call, n=0, **kwargs):
    return outcome(call, OURS[n], **kwargs)


def who_calls_pays():
    """Not who opened the socket."""
    nl = agent(SESSION, sessions=2, pending=2)
    OURS[:] = [wanting(SESSION, blocking=False) for _ in range(3)]
    alice, bob = Person(ALICE, keep=OURS), Person(BOB, keep=OURS)
    equal({s['uid'] for s in nl.sessions()}, {0}, 'sockets of root')
    equal([alice.do(with_ours, get_addr, n) for n in range(3)], ['EINPROGRESS', 'EINPROGRESS', 'EDQUOT'], 'asked by a user: his quota')
    equal((sorted(s['uid'] for s in nl.sessions()), over(nl)), ([0, ALICE, ALICE], {'over_sessions': 1}), 'what he has asked with is his')
    equal(bob.do(with_ours, get_addr, 2), 'EINPROGRESS', 'another one may')
    equal(alice.do(ask, 1, SESSION), {'EDQUOT': 1}, 'a socket of his own is one too many')
    set_option(OURS[0], SC_TYPE, 0)
    set_option(OURS[0], SC_TYPE, SESSION)
    equal([get_addr_of_ours(0), alice.do(ask, 1, SESSION)], ['EINPROGRESS', {'EINPROGRESS': 1}], 'asked by root again: it is root who pays')
    equal(sorted(s['uid'] for s in nl.sessions()), [0, ALICE, ALICE, BOB], 'and not the user')


def get_addr_of_ours(n):
    return outcome(get_addr, OURS[n])


def bob_of_alices_userns():
    enter_userns(owner=ALICE)
    become(BOB)


def root_of_alices_userns_twice():
    """A user namespace in a user namespace."""
    enter_userns(owner=ALICE)
    unshare(CLONE_NEWUSER)


def user_namespaces():
    """Whoever somebody is in a user namespace, he is its owner to us."""
    nl = agent(SESSION, sessions=4)
    alice = Person(ALICE)
    people = [Person(be=be) for be in (lambda: enter_userns(owner=ALICE), bob_of_alices_userns, root_of_alices_userns_twice)]
    equal([p.do(ask, 1, SESSION) for p in (alice, *people)], 4 * [{'EINPROGRESS': 1}],
          'a user, root, another user, and root of one further below')
    equal({s['uid'] for s in nl.sessions()}, {ALICE}, 'all are charged to the one who owns the namespace')
    equal([p.do(ask, 1, SESSION) for p in (alice, *people)], 4 * [{'EDQUOT': 1}], 'and share his quota')
    equal(Person(BOB).do(ask, 4, SESSION), {'EINPROGRESS': 4}, 'the real Bob has his')
    people[1].kill()
    wait_for(lambda: len(nl.sessions()) == 7, 'it to end')
    equal(people[0].do(ask, 1, SESSION), {'EINPROGRESS': 1}, 'when one ends another may')


def _own_network():
    nl = agent(SESSION, sessions=1)
    got = ask(3, SESSION)
    become(ALICE)
    return got, ask(2, SESSION), sorted({s['uid'] for s in nl.sessions()})


def network_of_a_userns():
    """There its root is the administrator, and its users are who they are."""
    inside = Person(be=lambda: enter_userns(CLONE_NEWNET, owner=ALICE))
    equal(inside.do(_own_network), ({'EINPROGRESS': 3}, {'EINPROGRESS': 1, 'EDQUOT': 1}, [ALICE]),
          'root of a user namespace has none in its network, a user of it has')


def exempt():
    nl = agent(sessions=1, pending=1, held=1, on_net_rate=1, on_net_burst=1)
    both = {'root': Person(), 'a user with CAP_NET_ADMIN': Person(be=lambda: become_with(ALICE, CAP_NET_ADMIN))}
    for name, person in both.items():
        equal([person.do(ask, 20, SESSION), person.do(ask, 20, SESSION, flags=ON_NET)], 2 * [{'EINPROGRESS': 20}], f'{name}: no quota')
    equal(over(nl), {}, 'nothing is over')
    bare = Person(be=lambda: become_with(0, CAP_NET_RAW))
    equal(bare.do(ask, 1, SESSION), {'EDQUOT': 1}, 'root without CAP_NET_ADMIN: the quota of root')
    equal(Person(ALICE).do(ask, 1, SESSION), {'EDQUOT': 1}, 'a user without it: what she had with it counts')


def open_and_close(n, wanted, flags, kind):
    """One socket at a time."""
    got = {}
    for _ in range(n):
        with wanting(wanted, kind, flags=flags, blocking=False) as s:
            answer = outcome(get_addr, s)
        answer = 'address' if ':' in answer else answer
        got[answer] = got.get(answer, 0) + 1
    return got


def one_at_a_time():
    """What is closed is found before somebody is told that he has too much."""
    nl = agent(SESSION, sessions=5)
    ready(nl, P, FIXED)
    for kind in (udp, tcp):
        equal(Person(ALICE).do(open_and_close, MANY, FIXED, 0, kind), {'address': MANY}, f'{MANY} sockets held and closed, {kind.__name__}')
        equal(Person(ALICE).do(open_and_close, MANY, SESSION, 0, kind), {'EINPROGRESS': MANY},
              f'{MANY} that ask and are closed, {kind.__name__}')
    equal(over(nl), {}, 'nothing is over')
    alice = Person(ALICE)
    wait_for(lambda: alice.do(ask, 4 - len(alice.do(kept, state)), FIXED) and len(alice.do(kept, state)) == 4, 'four to stay')
    equal(alice.do(open_and_close, MANY, FIXED, 0, udp), {'address': MANY}, 'the same beside four that stay')
    ok(nl.stats()['sessions'] <= 5, 'there are never more than the quota', nl.stats()['sessions'])


def one_at_a_time_of_each_quota():
    nl = agent(SESSION, pending=2, on_net_rate=0)
    equal(Person(ALICE).do(open_and_close, MANY, SESSION, 0, udp), {'EINPROGRESS': MANY}, f'pending: {MANY} that ask and are closed')
    nl.policy_set(pending=8192, held=2)
    equal(Person(ALICE).do(open_and_close, MANY, SESSION, ON_NET, udp), {'EINPROGRESS': MANY}, f'held: {MANY} that ask and are closed')
    equal(over(nl), {}, 'nothing is over')


def open_requests():
    """Of the namespace, whoever asks."""
    nl = agent(requests_max=3)
    sockets = [wanting(SESSION, flags=ON_NET, blocking=False) for _ in range(4)]
    equal([outcome(get_addr, s) for s in sockets], 3 * ['EINPROGRESS'] + ['EDQUOT'], 'root too')
    equal((nl.stats()['requests'], over(nl)), (3, {'over_quota': 1}), 'and is counted')
    equal(Person(ALICE).do(ask, 1, FIXED), {'EDQUOT': 1}, 'a user')
    set_option(sockets[0], SC_TYPE, 0)
    equal(Person(ALICE).do(ask, 1, FIXED), {'EINPROGRESS': 1}, 'when one ends there is room')
    equal(Person(BOB).do(ask, 5, FIXED), {'EINPROGRESS': 5}, 'to join one needs none')
    address = ready(nl, P, GRACEFUL)
    equal(outcome(get_addr, wanting(GRACEFUL)), address, 'nor does one who is served at once')


def prefixes():
    nl = agent(prefixes_max=2)
    for n in (1, 2):
        ready(nl, f'2001:db8:{n}::/64', FIXED)
    fails('ENOSPC', 'one prefix too many', nl.prefix_add, P, FIXED)
    s = wanting(SESSION, blocking=False)
    fails('EINPROGRESS', 'a request', get_addr, s)
    fails('ENOSPC', 'an answer too many', nl.prefix_add, P, SESSION, cookie=1)
    equal((state(s), len(nl.prefixes())), (PENDING, 2), 'who waits waits on')
    nl.policy_set(prefixes_max=1)
    equal(len(nl.prefixes()), 2, 'a smaller limit takes nothing away')
    nl.prefix_del('2001:db8:1::/64')
    fails('ENOSPC', 'still as many as allowed', nl.prefix_add, P, SESSION, cookie=1)
    nl.prefix_del('2001:db8:2::/64')
    nl.prefix_add(P, SESSION, cookie=1)
    wait_for(lambda: state(s) == GRANTED, 'the answer')
    ok(True, 'then the answer is taken')


def namespaces():
    """Quotas are for each network."""
    agents = [agent(sessions=2)]
    peer = netns.Netns()
    with peer.inside():
        agents.append(agent(sessions=2))
        there = Person(ALICE)
    here = Person(ALICE)
    for person in (here, there):
        equal(person.do(ask, 3, NONPERSISTENT), {'EINPROGRESS': 2, 'EDQUOT': 1}, 'two in each network')
    equal([nl.stats()['sessions'] for nl in agents], [2, 2], 'and no more')
    peer.close()


run(sessions, pending, held, held_as_long_as_it_is_there, nothing_charged_after_failure, rate, rate_over_time, refill, come_back,
    come_back_after_a_while, by_kill, blocked, who_calls_pays, user_namespaces, network_of_a_userns, exempt, one_at_a_time,
    one_at_a_time_of_each_quota, open_requests, prefixes, namespaces)
