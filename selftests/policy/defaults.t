#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""What policy decides for those who do not say: how long a socket waits, and which typed addresses the kernel prefers by itself."""
import os
import signal
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../lib'))

# pylint: disable=wrong-import-position
import netns
from netlink import IFA_F_DEPRECATED, ONLINK, Odmm, kernel_address
from odmm import (FAILED, FIXED, GRACEFUL, IFA_PROTO_BASE, INFINITY, NONPERSISTENT, NO_LIMIT, PENDING, SESSION, TYPES, Caller, ask,
                  get_addr, get_status, ready, setsc, state, tcp, udp, wanting)
from people import ALICE, Person
from tap import equal, fails, ok, outcome, run, wait_for

P, Q, R = '2001:db8:51::/64', '2001:db8:52::/64', '2001:db8:53::/64'
SHORT, LONG = 200, 60000        # ms
SOON = 15                       # s in which an emulated machine is done with what is short


def agent(**policy):
    nl = Odmm()
    nl.claim(*TYPES)
    if policy:
        nl.policy_set(**policy)
    return nl


def timed(call, *args, **kwargs):
    begin = time.monotonic()
    return outcome(call, *args, **kwargs), time.monotonic() - begin


def setsc_once(wanted, timeout=0):
    with udp() as s:
        return setsc(s, wanted, 0, timeout)


def ends_soon(text, call, *args, **kwargs):
    """A point: a wait that has the short time, and not less."""
    answer, took = Caller(timed, call, *args, **kwargs).outcome()
    return ok(answer == 'ETIMEDOUT' and SHORT / 1000 <= took < SOON, f'{text}: ETIMEDOUT', (answer, took))


def timeout_of_a_type():
    nl = agent(type=SESSION, timeout=SHORT)
    others = [Caller(ask, wanted).wait_blocked() for wanted in TYPES if wanted != SESSION]
    ends_soon('IPV6_SC_ADDR waits as long as policy says', ask, SESSION)
    ends_soon('IPV6_SETSC too', setsc_once, SESSION)
    s = wanting(SESSION, blocking=False)
    fails('EINPROGRESS', 'one that does not block', get_addr, s)
    wait_for(lambda: state(s) == FAILED, 'the timeout', SOON)
    fails('ETIMEDOUT', 'waits no longer either', get_addr, s)
    equal(nl.stats()['timed_out'], 3, 'all are counted')
    equal([caller.returned() for caller in others], 3 * [False], 'the other types wait on')
    for caller in others:
        caller.end(signal.SIGKILL)


def timeout_of_all_types():
    nl = agent(timeout=SHORT)
    for wanted in TYPES:
        ends_soon(f'type {wanted}', ask, wanted)
    equal(nl.stats()['timed_out'], 4, 'all are counted')


def timeout_of_the_socket():
    """What the socket says goes."""
    nl = agent(type=SESSION, timeout=SHORT)
    patient = [Caller(ask, SESSION, timeout=timeout).wait_blocked() for timeout in (LONG, NO_LIMIT)]
    patient.append(Caller(setsc_once, SESSION, timeout=NO_LIMIT).wait_blocked())
    ends_soon('a socket that says nothing', ask, SESSION)
    equal([caller.returned() for caller in patient], 3 * [False], 'those that have a longer time, or no limit, wait on')
    nl.policy_set(type=SESSION, timeout=LONG)
    ends_soon('a socket with a shorter time than policy', ask, SESSION, timeout=SHORT)
    for caller in patient:
        caller.end(signal.SIGKILL)


def no_limit():
    """As with no limit of the socket, also after a signal."""
    nl = agent(type=SESSION, timeout=INFINITY)
    waits = [Caller(ask, SESSION, restart=True).wait_blocked() for _ in range(2)]
    ends_soon('a socket of its own limit', ask, SESSION, timeout=SHORT)
    waits[0].interrupt()
    waits[0].wait_blocked()
    equal([caller.returned() for caller in waits], [False, False], 'without a limit a wait goes on, also after a signal')
    nl.policy_set(type=SESSION, timeout=LONG)
    limited = Caller(ask, SESSION, restart=True).wait_blocked()
    limited.interrupt()
    equal(limited.outcome(), 'EINTR', 'with one a signal ends it')
    ready(nl, P, SESSION)
    equal([':' in caller.outcome() for caller in waits], [True, True], 'those without are answered in the end')


def of_who_waits_already():
    """A change of policy is for those who ask next."""
    nl = agent(timeout=LONG)
    first = Caller(ask, SESSION).wait_blocked()
    nl.policy_set(timeout=SHORT)
    ends_soon('who comes after the change', ask, SESSION)
    equal(first.returned(), False, 'who came before waits on')
    first.end(signal.SIGKILL)


def lifetimes(address):
    """Of an address in the kernel's table: preferred for how long, and whether it is shown as deprecated."""
    found = kernel_address(address)
    return found['preferred'], bool(found['flags'] & IFA_F_DEPRECATED)


def becomes(address, wanted, text):
    wait_for(lambda: lifetimes(address) == wanted, f'{text}: {wanted}; it is {lifetimes(address)}')
    return ok(True, text)


def default_types():
    nl = Odmm()
    addresses = {wanted: ready(nl, f'2001:db8:{wanted}::/64', wanted) for wanted in TYPES}
    equal([lifetimes(a) for a in addresses.values()], 4 * [(0, True)], 'from the start all typed addresses are deprecated')
    nl.policy_set(default_types=1 << SESSION | 1 << FIXED)
    for wanted in (SESSION, FIXED):
        becomes(addresses[wanted], (INFINITY, False), f'type {wanted} is a default: preferred')
    equal([lifetimes(addresses[t]) for t in (NONPERSISTENT, GRACEFUL)], 2 * [(0, True)], 'the others are not')
    ok('deprecated' not in [line for line in netns.ip('-o -6 addr show dev lo').splitlines() if addresses[FIXED] in line][0],
       'so shows "ip addr"')
    equal([kernel_address(a)['proto'] for a in addresses.values()], [IFA_PROTO_BASE + t for t in TYPES], 'the tags are what they were')
    equal([nl.prefix(f'2001:db8:{t}::/64')['preferred_lft'] for t in TYPES], 4 * [INFINITY], 'the prefixes too')
    nl.policy_set(default_types=1 << GRACEFUL)
    for wanted in (SESSION, FIXED):
        becomes(addresses[wanted], (0, True), f'type {wanted} is none any more: deprecated')
    becomes(addresses[GRACEFUL], (INFINITY, False), 'another one is')
    nl.policy_set(default_types=0)
    becomes(addresses[GRACEFUL], (0, True), 'and back')


def default_types_that_come():
    """What comes later, and what ends."""
    nl = Odmm()
    nl.policy_set(default_types=1 << SESSION)
    address = ready(nl, P, SESSION)
    equal(lifetimes(address), (INFINITY, False), 'one that comes later is preferred from its first moment')
    finite = ready(nl, Q, SESSION, valid_lft=2000, preferred_lft=1000)
    ok(900 < lifetimes(finite)[0] <= 1000, 'as long as the prefix is', lifetimes(finite))
    nl.prefix_change(P, preferred_lft=0)
    becomes(address, (0, True), 'one that is deprecated is so in the table too')
    nl.prefix_change(P, preferred_lft=INFINITY)
    becomes(address, (INFINITY, False), 'and preferred again')
    nl.prefix_withdraw(P, grace=100)
    becomes(address, (0, True), 'withdrawn: deprecated')


def source(destination):
    """What the kernel chooses for a socket that never asked."""
    with udp() as s:
        return outcome(lambda: s.connect((destination, 9)) or s.getsockname()[0])


def link_to_nowhere():
    """A default route, and no address but link-local ones."""
    peer = netns.Netns()
    netns.veth(peer)
    netns.ip('-6 route add default via fe80::1 dev v0')
    return peer


def chosen_alone():
    """There is nothing else."""
    peer, nl = link_to_nowhere(), Odmm()
    ok(source('2600::1').startswith('fe80'), 'no global address: a link-local one is chosen', source('2600::1'))
    address = ready(nl, P, SESSION, 'v0')
    nl.policy_set(default_types=1 << SESSION)
    becomes(address, (INFINITY, False), 'a default type')
    equal(source('2600::1'), address, 'its address is chosen when there is no other')
    peer.close()


def chosen_among_typed():
    """Preferred ones first, whatever their prefix (RFC 6724: rule 3 comes before rule 8)."""
    peer, nl = link_to_nowhere(), Odmm()
    near, far = ready(nl, P, FIXED, 'v0'), ready(nl, Q, SESSION, 'v0')
    other = '2001:db8:51:1::1'
    equal(source(other), near, 'among deprecated ones the longest match is chosen')
    nl.policy_set(default_types=1 << SESSION)
    becomes(far, (INFINITY, False), 'the other one is of a default type')
    equal(source(other), far, 'it is chosen')
    nl.policy_set(default_types=0)
    becomes(far, (0, True), 'no default type')
    equal(source(other), near, 'it is as it was')
    peer.close()


def beside_others():
    """An address of the link itself is preferred to those elsewhere: that is for the route of the agent to decide."""
    peer, nl = link_to_nowhere(), Odmm()
    netns.ip('addr add 2001:db8:1::10/64 dev v0 nodad')
    onlink = ready(nl, R, SESSION, 'v0', flags=ONLINK)
    equal(source('2001:db8:53:1::1'), '2001:db8:1::10', 'a typed address is not chosen beside another one, though it matches better')
    nl.policy_set(default_types=1 << SESSION)
    becomes(onlink, (INFINITY, False), 'of a default type')
    equal(source('2001:db8:53:1::1'), onlink, 'now it is')
    equal(source('2001:db8:1::99'), '2001:db8:1::10', 'where the other one matches better that is chosen')
    peer.close()


def never_asked():
    """Sockets that the kernel gives a typed address to are no sessions, and cause no request."""
    peer, nl = link_to_nowhere(), agent(default_types=30)
    address = ready(nl, P, SESSION, 'v0')
    becomes(address, (INFINITY, False), 'a default type')
    listener = socket.create_server(('::', 0), family=socket.AF_INET6)
    sockets = []
    for kind in (tcp, udp) * 5:
        s = kind()
        s.connect((address, listener.getsockname()[1]))
        sockets.append(s)
    equal({s.getsockname()[0] for s in sockets}, {address}, 'ten sockets use it and have not asked')
    ok(nl.prefix(P)['users'] >= len(sockets), 'they are users', nl.prefix(P))
    equal(Person(ALICE).do(source, '2600::1'), address, 'so is a user')
    stats = nl.stats()
    equal({name for name, count in stats.items() if count}, {'prefixes', 'agents'}, 'no session, no request, nothing counted')
    equal((nl.sessions(), nl.requests(), get_status(sockets[0]).state), ([], [], 0), 'nor can one be seen')
    equal(outcome(get_addr, sockets[0]), 'EINVAL', 'nor is there anything to get')
    asks = wanting(SESSION, blocking=False)
    equal((get_addr(asks), nl.stats()['sessions']), (address, 1), 'who does ask is one')
    peer.close()


def default_is_no_wish():
    """A type that is preferred by the kernel is not asked for by that."""
    nl = agent(default_types=30)
    s = wanting(GRACEFUL, blocking=False)
    fails('EINPROGRESS', 'a socket asks', get_addr, s)
    equal(([r['type'] for r in nl.requests()], state(s)), ([GRACEFUL], PENDING), 'only what was asked for is requested')


run(timeout_of_a_type, timeout_of_all_types, timeout_of_the_socket, no_limit, of_who_waits_already, default_types, default_types_that_come,
    chosen_alone, chosen_among_typed, beside_others, never_asked, default_is_no_wish)
