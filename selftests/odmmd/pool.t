#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""odmmd with source pool: what it answers, what it takes back, and that it finds again what it gave before it ended."""
import ipaddress
import os
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../lib'))

# pylint: disable=wrong-import-position
import netns
from daemon import Daemon, Place, answer_to, asking
from netlink import END_LOST, GENL_HEADER, GONE, HEADER, PREFIX, PREFIX_NTF, Odmm, encode
from odmm import FAILED, FIXED, GRACEFUL, GRANTED, ON_NET, SC_TYPE, SESSION, Caller, ask, get_addr, in_prefix, ready, set_option, state
from tap import equal, ok, outcome, run, wait_for

POOL, OTHER = '2001:db8:5100::/48', '2001:db8:5200::/48'
FIRST, SECOND = '2001:db8:5100::/64', '2001:db8:5100:1::/64'
CONFIG = f'source pool type session-lasting dev lo pool {POOL}'


def names(nl):
    return sorted((f"{p['prefix']}/{p['len']}" for p in nl.prefixes()), key=ipaddress.IPv6Network)


def test_answers():
    nl = Odmm()
    daemon = Daemon(f'name golden\n{CONFIG}\n  valid_lft 1000 preferred_lft 500\n')
    equal([(a['name'], a['types'], a['ifindex']) for a in nl.agents()], [('golden', 1 << SESSION, [1])], 'its claim')
    ok(in_prefix(answer_to(SESSION), FIRST), 'the first /64 of the pool answers')
    ok(in_prefix(answer_to(SESSION, flags=ON_NET), SECOND), 'the next one answers the next request')
    equal({(p['origin'], p['valid_lft'] > 900, 400 < p['preferred_lft'] <= 500) for p in nl.prefixes()}, {('golden', True, True)},
          'with its origin and lifetimes')
    equal(answer_to(FIXED), 'EOPNOTSUPP', 'what no source serves nobody does')
    equal(daemon.end(), 0, 'SIGTERM ends it with status 0')
    equal((nl.agents(), names(nl)), ([], [FIRST, SECOND]), 'its claim is gone, what it brought stays')


def test_order():
    netns.dummy('d0', 'd1')
    daemon = Daemon(f'source pool type session-lasting,fixed dev d0 pool {POOL} limit 1\n'
                    f'source pool type session-lasting dev d0 pool {OTHER} limit 1\n'
                    'source pool type session-lasting dev d1 pool 2001:db8:5300::/48')
    equal([len(a['ifindex']) for a in Odmm().agents()], [2], 'it claims the links of its sources')
    got = [answer_to(SESSION, dev='d0', flags=ON_NET) for _ in range(3)]
    ok(in_prefix(got[0], POOL), 'the first source that has the type is asked first', got)
    ok(in_prefix(got[1], OTHER), 'what it refuses the next one is asked', got)
    equal(got[2], 'EADDRNOTAVAIL', 'and not that of another link')
    ok(in_prefix(answer_to(SESSION, flags=ON_NET), '2001:db8:5300::/48'), 'but for whom any link will do it is')
    equal(answer_to(FIXED, flags=ON_NET), 'EADDRNOTAVAIL', 'who is alone with a type refuses alone')
    equal(answer_to(GRACEFUL, dev='d1'), 'EOPNOTSUPP', 'a type of nobody')
    equal(answer_to(SESSION, dev='lo', flags=ON_NET), 'EOPNOTSUPP', 'a link of nobody')
    equal(daemon.end(), 0, 'it ends well')


def test_claim_dev():
    netns.dummy('d0', 'd1')
    daemon = Daemon(f'claim-dev d1\nsource pool type fixed dev d0 pool {POOL}\nsource pool type fixed dev d1 pool {OTHER}')
    equal(answer_to(FIXED, dev='d0'), 'EOPNOTSUPP', 'a link that it is not told to serve it does not')
    ok(in_prefix(answer_to(FIXED, dev='d1'), OTHER), 'another it does')
    daemon.end()


def test_takes_back():
    nl = Odmm()
    ready(nl, FIRST, FIXED)
    daemon = Daemon(f'source pool type session-lasting dev lo pool 2001:db8:5100::/63')
    ok(in_prefix(answer_to(SESSION, flags=ON_NET), SECOND), 'what somebody else has put there is passed over')
    equal(answer_to(SESSION, flags=ON_NET), 'EADDRNOTAVAIL', 'then it is empty')
    nl.prefix_del(SECOND, force=True)
    daemon.has(f'{SECOND}: back to source pool: deleted')
    ok(in_prefix(answer_to(SESSION, flags=ON_NET), SECOND), 'what is gone it has again')
    nl.prefix_del(FIRST, force=True)
    equal(daemon.says('back to source'), 1, 'what was not its own it does not take back')
    daemon.end()


def test_too_late():
    daemon = Daemon(CONFIG)
    daemon.send(signal.SIGSTOP)
    s = asking(SESSION)
    set_option(s, SC_TYPE, 0)
    waiting = asking(SESSION, flags=ON_NET)
    daemon.send(signal.SIGCONT)
    wait_for(lambda: state(waiting) == GRANTED, 'the one that still waits')
    ok(in_prefix(get_addr(waiting), FIRST), 'nothing was given to the one who had left')
    equal(daemon.end(), 0, 'it ends well')


def test_killed():
    nl = Odmm()
    place = Place(f'source pool type session-lasting dev lo pool {POOL} limit 2')
    daemon = Daemon(place)
    held = asking(SESSION, flags=ON_NET)
    wait_for(lambda: state(held) == GRANTED, 'a prefix')
    daemon.send(signal.SIGSTOP)
    caller = Caller(ask, SESSION, flags=ON_NET).wait_blocked()
    daemon.end(signal.SIGKILL)
    again = Daemon(place)
    again.has(f'{FIRST}: adopted by source pool')
    ok(in_prefix(caller.outcome(), SECOND), 'killed and started again it serves who waits')
    equal(answer_to(SESSION, flags=ON_NET), 'EADDRNOTAVAIL', 'what it gave before counts')
    nl.prefix_del(FIRST, force=True)
    again.has(f'{FIRST}: back to source pool: deleted')
    ok(in_prefix(answer_to(SESSION, flags=ON_NET), '2001:db8:5100:2::/64'), 'and when that is gone there is room again')
    caller.end()
    again.end()


def test_adopts_its_own():
    nl = Odmm()
    other_type, other_pool = '2001:db8:5100:2::/64', '2001:db8:9::/64'
    ready(nl, FIRST, SESSION, origin='odmmd')
    ready(nl, SECOND, SESSION, origin='another')
    ready(nl, other_type, FIXED, origin='odmmd')
    ready(nl, other_pool, SESSION, origin='odmmd')
    daemon = Daemon(CONFIG)
    there = (FIRST, SECOND, other_type, other_pool)
    equal([daemon.says(f'{p}: adopted') for p in there], [1, 0, 0, 0], 'of its origin, type and pool')
    equal([daemon.says(f'{p}: there, but of no source') for p in there], [0, 0, 1, 1], 'what is of no source it says')
    equal(len(nl.prefixes()), 4, 'and leaves')
    daemon.end()


def test_two():
    nl = Odmm()
    first, other = Daemon(f'name one\n{CONFIG}'), Daemon(f'name two\n{CONFIG}')
    equal([a['name'] for a in nl.agents()], ['one', 'two'], 'two of them, of one pool')
    sockets = [asking(SESSION, flags=ON_NET) for _ in range(20)]
    wait_for(lambda: {state(s) for s in sockets} == {GRANTED}, 'all to be served')
    equal((len({get_addr(s) for s in sockets}), len(nl.prefixes())), (20, 20), 'each request is answered once')
    third = Daemon(Place(CONFIG), f'-s {first.place.state}', ready=False)
    equal(third.status(), 2, 'a third with the state of the first does not start')
    ok(third.says('another odmmd keeps its state there'), 'and says why', third.read())
    first.end(signal.SIGKILL)
    ok(in_prefix(answer_to(SESSION, flags=ON_NET), POOL), 'when one is killed the other goes on')
    equal(other.end(), 0, 'and ends well')


def flood(n):
    """Requests that come and go."""
    s = asking(SESSION, flags=ON_NET)
    for _ in range(n):
        set_option(s, SC_TYPE, 0)
        set_option(s, SC_TYPE, SESSION)
        outcome(get_addr, s)


def test_overflow():
    """While it sleeps more happens than its socket can hold."""
    nl = Odmm()
    daemon = Daemon(CONFIG)
    held = asking(SESSION, flags=ON_NET)
    wait_for(lambda: state(held) == GRANTED, 'a prefix')
    daemon.send(signal.SIGSTOP)
    flood(9000)
    nl.prefix_del(FIRST, force=True)
    waiting = asking(SESSION, flags=ON_NET)
    daemon.send(signal.SIGCONT)
    wait_for(lambda: state(waiting) == GRANTED, 'the request that came with the flood', 60)
    daemon.has('the kernel told more than could be heard')
    daemon.has(f'{FIRST}: back to source pool: not there any more')
    ok(True, 'what it has missed it finds out')
    ok(in_prefix(answer_to(SESSION, flags=ON_NET), POOL), 'it hears again')
    nl.prefix_del(SECOND, force=True)
    daemon.has(f'{SECOND}: back to source pool: deleted')
    equal(daemon.end(), 0, 'and ends well')


def bell_of(pid):
    """The netlink port by which it hears: of those in groups."""
    with open(f'/proc/{pid}/net/netlink', encoding='ascii') as f:
        rows = [line.split() for line in list(f)[1:]]
    inodes = {os.readlink(f'/proc/{pid}/fd/{fd}') for fd in os.listdir(f'/proc/{pid}/fd')}
    return next(int(row[2]) for row in rows if row[1] == '16' and int(row[3], 16) and f'socket:[{row[9]}]' in inodes)


def test_forged():
    """News that are not the kernel's."""
    nl = Odmm()
    daemon = Daemon(CONFIG)
    answer_to(SESSION)
    gone = encode(PREFIX, {'prefix': '2001:db8:5100::', 'len': 64, 'state': GONE, 'cookie': 1, 'end': END_LOST})
    payload = GENL_HEADER.pack(PREFIX_NTF, 1, 0) + gone
    nl.sock.sendto(HEADER.pack(HEADER.size + len(payload), nl.family, 0, 0, 0) + payload, (bell_of(daemon.pid), 0))
    ok(in_prefix(answer_to(SESSION, flags=ON_NET), SECOND), 'it goes on')
    nl.prefix_del(FIRST, force=True)
    daemon.has(f'{FIRST}: back to source pool: deleted')
    equal(daemon.says('back to source'), 1, 'news of others than the kernel are no news')
    daemon.end()


def guard_of(dev):
    with open(f'/proc/sys/net/ipv6/conf/{dev}/use_oif_addrs_only', encoding='ascii') as f:
        return int(f.read())


def test_legacy():
    netns.dummy('d0', 'd1')
    daemon = Daemon(f'source pool type fixed dev d0 pool {POOL}\nsource pool type graceful-replacement dev d1 pool {OTHER} onlink')
    equal((guard_of('d0'), guard_of('d1')), (0, 0), 'no link is touched before it is used')
    answer_to(FIXED, dev='d0')
    asking(GRACEFUL, dev='d1')
    wait_for(lambda: len(Odmm().prefixes()) == 2, 'both prefixes')
    equal((guard_of('d0'), guard_of('d1')), (1, 0), 'the link of routed prefixes is guarded, that of on-link ones is not')
    ok(daemon.says('net.ipv6.conf.d0.use_oif_addrs_only = 1'), 'it says so')
    daemon.end()
    equal(guard_of('d0'), 0, 'and restores it')


def test_ends():
    for number in (signal.SIGTERM, signal.SIGINT):
        daemon = Daemon(CONFIG)
        equal(daemon.end(number), 0, f'{number.name} ends it')
    daemon = Daemon(CONFIG)
    daemon.send(signal.SIGSTOP)
    waiting = asking(SESSION)
    daemon.end(signal.SIGKILL)
    wait_for(lambda: state(waiting) == FAILED, 'who waits to be told')
    equal(Odmm().agents(), [], 'killed it leaves no claim')


def test_another_namespace():
    peer = netns.Netns()
    daemon = Daemon(CONFIG, f'-n {peer.path}')
    equal(Odmm().agents(), [], 'with -n it serves another namespace')
    with peer.inside():
        ok(in_prefix(answer_to(SESSION), FIRST), 'and there')
    daemon.end()


run(test_answers, test_order, test_claim_dev, test_takes_back, test_too_late, test_killed, test_adopts_its_own, test_two, test_overflow,
    test_forged, test_legacy, test_ends, test_another_namespace)
