#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Addresses that have been used for long enough (RFC 8653 section 5): by age, by bytes sent, by what their only socket says."""
import os
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../lib'))
import netlink
import netns
from life import by_hand, child, drain, hold, now, pair, state_of, talk, took
from netlink import ACTIVE, ONLINK
from odmm import (BIND, DEPRECATED, FIXED, GRANTED, INFINITY, NONPERSISTENT, ON_NET, SC_LIFETIME, SESSION, TYPES, Caller, ask, get_addr,
                  get_option, get_status, in_prefix, ready, request_waiting, set_option, setsc, state, tcp, udp, wanting)
from tap import equal, fails, ok, outcome, run, wait_for

A, B, C = '2001:db8:51::/64', '2001:db8:52::/64', '2001:db8:53::/64'
PREFIX_DEPRECATED = netlink.DEPRECATED
HEADERS = 40 + 8        # of IPv6 and UDP
UDP_DATA = 1000


def agent_for(*types):
    agent = netlink.Odmm()
    agent.claim(*types)
    return agent


def on_demand(agent, prefix, wanted=SESSION, flags=0, lifetime=0, dev='lo', **values):
    """A socket that has asked for, and got, a prefix, and is bound to the address."""
    s = wanting(wanted, flags=flags | BIND, blocking=False)
    set_option(s, SC_LIFETIME, lifetime)
    outcome(get_addr, s)
    agent.prefix_add(prefix, wanted, dev, cookie=request_waiting(agent)['cookie'], **values)
    wait_for(lambda: ':' in outcome(get_addr, s), 'the address')
    return s


def goes_to_the_network(agent, prefix, wanted=SESSION):
    """Whether the next socket is given a new prefix."""
    caller = Caller(ask, wanted)
    agent.prefix_add(prefix, wanted, cookie=request_waiting(agent)['cookie'])
    return in_prefix(caller.outcome(), prefix)


def test_age():
    agent = agent_for(SESSION)
    agent.policy_set(type=SESSION, max_age=3)
    begin = now()
    address = ready(agent, A, SESSION)
    ready(agent, C, NONPERSISTENT)
    s = hold(SESSION, tcp)
    peer = pair(s)
    ok(get_status(s).preferred_lft <= 3 and agent.prefix(A)['preferred_lft'] <= 3, 'the time until it is deprecated is told',
       (get_status(s), agent.prefix(A)))
    equal(get_status(s).valid_lft, INFINITY, 'it stays valid')
    wait_for(lambda: state(s) == DEPRECATED, 'deprecation')
    took(begin, 3, 3, 'deprecated')
    equal((state_of(agent, A), agent.stats()['aged'], agent.stats()['deprecated']), (PREFIX_DEPRECATED, 1, 1), 'and counted')
    equal((get_status(s).preferred_lft, agent.prefix(A)['preferred_lft']), (0, 0), 'nothing is left of the preferred time')
    ok(get_addr(s) == address and talk(s, peer), 'who holds it keeps it')
    ok(goes_to_the_network(agent, B), 'the next request goes to the network')
    ok(in_prefix(get_status(s).replacement, B), 'the old socket is shown the new one')
    equal(state_of(agent, C), ACTIVE, 'another type is not concerned')


def test_age_changed():
    """A limit counts from the arrival, whenever it is set."""
    nl = netlink.Odmm()
    for wanted, prefix in zip(TYPES, ('2001:db8:60::/64', '2001:db8:61::/64', '2001:db8:62::/64', '2001:db8:63::/64')):
        ready(nl, prefix, wanted)
    sockets = [hold(wanted) for wanted in TYPES]
    equal([nl.policy(wanted)[name] for wanted in TYPES for name in ('max_age', 'max_bytes')], 8 * [0], 'no limits by default')
    begin = now()
    wait_for(lambda: now() > begin + 1, 'a second of life')
    nl.policy_set(max_age=1)
    equal({state(s) for s in sockets}, {DEPRECATED}, 'older than a new limit: deprecated at once, all types')
    nl.policy_set(type=SESSION, max_age=1000)
    nl.policy_set(type=FIXED, max_age=0)
    equal([state(s) for s in sockets], [GRANTED, GRANTED, DEPRECATED, DEPRECATED], 'limit raised, and removed: active again')
    equal(ask(SESSION), get_addr(sockets[1]), 'and it serves again')


def test_lifetime_and_age():
    """The earlier one counts, and neither ends what the other has ended."""
    nl = netlink.Odmm()
    ready(nl, A, SESSION, preferred_lft=1)
    nl.policy_set(type=SESSION, max_age=1000)
    s = hold(SESSION)
    wait_for(lambda: state(s) == DEPRECATED, 'deprecation')
    equal(nl.stats()['aged'], 0, 'deprecated by its lifetime, before it is old')
    nl.policy_set(type=SESSION, max_age=2000)
    equal(state(s), DEPRECATED, 'a higher limit does not make it active')
    nl.policy_set(type=SESSION, max_age=1)
    nl.prefix_change(A, preferred_lft=100)
    equal(state(s), DEPRECATED, 'nor does a new lifetime, when it is too old')


def receiver():
    s = udp()
    s.bind(('::1', 0))
    return s


def send(s, to, n):
    for _ in range(n):
        s.sendto(bytes(UDP_DATA), to.getsockname())
        to.recv(2 * UDP_DATA)


def counted(nl, prefix):
    return nl.prefix(prefix).get('bytes')


def test_bytes():
    agent, to = agent_for(SESSION), receiver()
    ready(agent, C, NONPERSISTENT)
    agent.policy_set(type=SESSION, max_bytes=100000)
    s = on_demand(agent, A)
    equal((counted(agent, A), counted(agent, C)), (0, None), 'counted for the limited type alone')
    send(s, to, 10)
    equal(counted(agent, A), 10 * (UDP_DATA + HEADERS), 'what is sent is counted, headers included')
    with by_hand(get_addr(s)) as other:
        send(other, to, 10)
    equal(counted(agent, A), 20 * (UDP_DATA + HEADERS), 'from any socket')
    with receiver() as other:
        send(other, to, 10)
        other.sendto(bytes(UDP_DATA), s.getsockname())
        s.recv(UDP_DATA)
    equal(counted(agent, A), 20 * (UDP_DATA + HEADERS), 'what others send to it is not')
    send(s, to, 70)
    equal((state(s), agent.stats()['aged']), (GRANTED, 0), 'not yet too much')
    send(s, to, 10)
    wait_for(lambda: state(s) == DEPRECATED, 'deprecation')
    equal((state_of(agent, A), agent.stats()['aged']), (PREFIX_DEPRECATED, 1), 'too much: deprecated, and counted')
    equal((get_status(s).preferred_lft, get_status(s).valid_lft), (0, INFINITY), 'not preferred any more, and valid')
    send(s, to, 10)
    equal(counted(agent, A), 110 * (UDP_DATA + HEADERS), 'who holds it may send on')
    ok(goes_to_the_network(agent, B), 'the next request goes to the network')
    equal(counted(agent, B), 0, 'and the new one begins with nothing')


def test_bytes_tcp():
    """Of a connection, both of one that we made and of one that we accepted."""
    nl = netlink.Odmm()
    nl.policy_set(type=SESSION, max_bytes=1000000)
    address = ready(nl, A, SESSION)
    for text, (s, peer) in (('client', (lambda s: (s, pair(s)))(hold(SESSION, tcp))), ('child', child(address))):
        before = counted(nl, A)
        s.sendall(bytes(300000))
        s.shutdown(socket.SHUT_WR)
        equal(drain(peer), 300000, f'TCP {text}: all arrives')
        sent = counted(nl, A) - before
        ok(300000 < sent < 500000, f'TCP {text}: data and headers are counted', sent)
        peer.close()
    keeper = hold(SESSION, tcp)
    other = pair(keeper)
    keeper.sendall(bytes(500000))
    keeper.shutdown(socket.SHUT_WR)
    equal(drain(other), 500000, 'a third connection goes beyond the limit, and is not cut off')
    wait_for(lambda: state(keeper) == DEPRECATED, 'deprecation')
    ok(True, 'deprecated')


def test_bytes_changed():
    nl, to = netlink.Odmm(), receiver()
    ready(nl, A, SESSION)
    s = hold(SESSION)
    send(s, to, 10)
    equal(counted(nl, A), None, 'no limit, no count')
    nl.policy_set(type=SESSION, max_bytes=5000)
    send(s, to, 10)
    wait_for(lambda: state(s) == DEPRECATED, 'deprecation')
    ok(True, 'a limit set later counts for one that is there')
    nl.policy_set(type=SESSION, max_bytes=50000)
    equal((state(s), counted(nl, A)), (GRANTED, 10 * (UDP_DATA + HEADERS)), 'limit raised: active again')
    nl.policy_set(type=SESSION, max_bytes=5000)
    equal(state(s), DEPRECATED, 'lowered again: deprecated')
    nl.policy_set(type=SESSION, max_bytes=0)
    equal((state(s), counted(nl, A)), (GRANTED, None), 'limit removed: active again, and no count')


def expires(s, begin, low, high, text):
    wait_for(lambda: state(s) == DEPRECATED, 'deprecation')
    return took(begin, low, high, text)


def test_socket_lifetime():
    """IPV6_SC_LIFETIME: before the question, and after the answer."""
    agent = agent_for(SESSION)
    begin = now()
    s = on_demand(agent, A, flags=ON_NET, lifetime=2)
    t = on_demand(agent, B, flags=ON_NET)
    equal((state(s), state(t)), (GRANTED, GRANTED), 'two sockets with addresses of their own')
    ok(get_status(s).preferred_lft <= 2, 'the status tells how long it is preferred', get_status(s))
    equal([x.get('lifetime') for x in agent.sessions()], [2, None], 'the list of sessions shows the lifetime')
    expires(s, begin, 2, 3, 'set before: deprecated')
    equal((state(t), in_prefix(get_addr(s), A)), (GRANTED, True), 'the other is not; the address stays')
    set_option(s, SC_LIFETIME, 1000)
    equal((state(s), get_option(s, SC_LIFETIME)), (GRANTED, 1000), 'prolonged: granted again')
    set_option(s, SC_LIFETIME, 1)
    equal(state(s), DEPRECATED, 'shortened to what is over: deprecated at once')
    set_option(s, SC_LIFETIME, 0)
    equal(state(s), GRANTED, 'without limit: granted again')
    begin = now()
    set_option(t, SC_LIFETIME, int(now() - begin) + 1)
    expires(t, begin, 0, 1, 'set after: deprecated')
    ok(get_addr(t) and agent.stats()['aged'] == 3, 'three times one has aged', agent.stats()['aged'])


def test_counts_from_the_grant():
    """Not from the moment when the agent gave the prefix, before duplicate detection."""
    agent, peer = agent_for(SESSION), netns.Netns()
    netns.veth(peer, dad=3)
    s = wanting(SESSION, flags=ON_NET, blocking=False)
    set_option(s, SC_LIFETIME, 2)
    outcome(get_addr, s)
    agent.prefix_add(A, SESSION, 'v0', flags=ONLINK, cookie=request_waiting(agent)['cookie'])
    wait_for(lambda: ':' in outcome(get_addr, s), 'the address')
    begin = now()
    equal(state(s), GRANTED, 'granted after duplicate detection, that takes longer than the lifetime')
    expires(s, begin, 1.5, 2, 'deprecated')


def test_shared():
    """An address that others may have does not hear of what one socket wants."""
    nl = netlink.Odmm()
    ready(nl, A, SESSION)
    s = udp()
    set_option(s, SC_LIFETIME, 1)
    setsc(s, SESSION)
    begin = now()
    wait_for(lambda: now() > begin + 2, 'two seconds')
    equal((state(s), state_of(nl, A), get_status(s).preferred_lft), (GRANTED, ACTIVE, INFINITY), 'a lifetime is not for shared addresses')


def test_option():
    """What every option can."""
    for s in (tcp(), udp()):
        equal(get_option(s, SC_LIFETIME), 0, 'no lifetime at first')
        for value in (1, 0x7fffffff, 0):
            set_option(s, SC_LIFETIME, value)
            equal(get_option(s, SC_LIFETIME), value, f'{value} is kept')
        set_option(s, SC_LIFETIME, 7)
        for value in (-1, -0x80000000):
            fails('EINVAL', f'{value} is refused', set_option, s, SC_LIFETIME, value)
        fails('EINVAL', 'so is a short one', s.setsockopt, socket.IPPROTO_IPV6, SC_LIFETIME, b'\1\0\0')
        equal(get_option(s, SC_LIFETIME), 7, 'and nothing has changed')
        set_option(s, SC_LIFETIME, 7)
        fails('EINVAL', 'a short buffer for the answer', s.getsockopt, socket.IPPROTO_IPV6, SC_LIFETIME, 3)


run(test_age, test_age_changed, test_lifetime_and_age, test_bytes, test_bytes_tcp, test_bytes_changed, test_socket_lifetime,
    test_counts_from_the_grant, test_shared, test_option)
