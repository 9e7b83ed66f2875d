#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""odmm prefix withdraw: with the grace of policy, with its own, by force; and how a prefix ends, as monitor and the agent tell it."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../lib'))

# pylint: disable=wrong-import-position
import netns
from netlink import Odmm
from odmm import DEPRECATED, EVENTS, FIXED, GRACEFUL, LOST, NONPERSISTENT, ON_NET, SESSION, Caller, ask, get_addr, in_prefix, ready, \
    set_option, setsc, state, udp, wanting
from program import Program, gives, monitor, odmm, refuses, rows
from tap import equal, ok, run, wait_for

P, Q = '2001:db8:51::/64', '2001:db8:52::/64'
POOL = '2001:db8:5100::/63'
HELD = 'Error: odmm: sockets hold that prefix; force takes it away all the same (attribute prefix): Device or resource busy'


def holding(nl, wanted, prefix=P):
    ready(nl, prefix, wanted)
    s = wanting(wanted)
    get_addr(s)
    return s


def at_once():
    nl = Odmm()
    s = holding(nl, NONPERSISTENT)
    gives('withdraw, type without grace', f'prefix withdraw {P}')
    equal((nl.prefixes(), state(s)), ([], LOST), 'it is gone')
    s = holding(nl, GRACEFUL)
    gives('grace 0', f'prefix withdraw {P} grace 0')
    equal((nl.prefixes(), state(s)), ([], LOST), 'it is gone, whatever policy says')


def with_grace():
    nl = Odmm()
    s = holding(nl, GRACEFUL)
    gives('withdraw, grace of policy', f'prefix withdraw {P}')
    row = rows('prefix')[0]
    ok(row['state'] == 'deprecated' and 40 < row['valid_lft'] <= 60 and row['preferred_lft'] == 0, 'deprecated, for a minute', row)
    gives('withdraw again, for a shorter time', f'p w {P} gr 20')
    row = rows('prefix')[0]
    ok(0 < row['valid_lft'] <= 20, 'which holds', row)
    gives('and for a longer time', f'prefix withdraw {P} grace 1000')
    ok(rows('prefix')[0]['valid_lft'] <= 20, 'which does not', rows('prefix'))
    equal((state(s), Odmm().stats()['withdrawn']), (DEPRECATED, 3), 'the socket has it still')
    gives('for ever', f'prefix add {Q} dev lo type graceful-replacement')
    gives('is a deprecation alone', f'prefix withdraw {Q} grace forever')
    equal([row['valid_lft'] for row in rows(f'prefix show {Q}')], [4294967295], 'without end')


def held():
    nl = Odmm()
    for wanted, name in ((FIXED, 'fixed'), (SESSION, 'session-lasting')):
        s = holding(nl, wanted)
        refuses(f'{name}, held', f'prefix withdraw {P}', HELD)
        refuses(f'{name}, held, with grace', f'prefix withdraw {P} grace 50', HELD)
        equal(rows('prefix')[0]['state'], 'active', 'it is as it was')
        gives(f'{name}, by force, with grace', f'prefix withdraw {P} grace 50 force')
        equal(state(s), DEPRECATED, 'it goes later')
        gives(f'{name}, by force', f'prefix withdraw {P} force grace 0')
        equal((state(s), nl.prefixes()), (LOST, []), 'it goes')


def refused():
    refuses('one that is not there', f'prefix withdraw {P}', 'Error: odmm: no such prefix (attribute prefix): No such file or directory')
    for words, message in (('', 'command line is not complete: PREFIX is missing. Try "odmm prefix help".'),
                           ('2001:db8::', 'argument "2001:db8::" is wrong: no prefix length; write 2001:db8::/64'),
                           (f'{P} grace', 'command line is not complete: grace is missing. Try "odmm prefix help".'),
                           (f'{P} grace soon', 'argument "soon" is wrong: not a number'),
                           (f'{P} dev lo', 'what is "dev"? Try "odmm prefix help".')):
        refuses(f'withdraw {words}', f'prefix withdraw {words}', f'Error: {message}', 1)
    ready(Odmm(), P, NONPERSISTENT)
    equal(odmm(f'prefix withdraw {P}', user=2001, group=2001, extra_groups=[]), (2, '', 'Error: odmm: Operation not permitted\n'), 'a plain user')
    equal(len(Odmm().prefixes()), 1, 'nothing has changed')


def ends():
    """Each end has its word."""
    nl, watch = Odmm(), monitor('prefix')
    netns.dummy('d0')

    def ended(word):
        line = watch.has(f'state gone end {word} ')
        ok(f'{P} ' in line, f'monitor: end {word}', line)

    def come(wanted=NONPERSISTENT, **values):
        return ready(nl, P, wanted, **values)

    come()
    nl.prefix_del(P)
    ended('deleted')
    come()
    nl.prefix_withdraw(P)
    ended('withdrawn')
    come(valid_lft=1)
    ended('expired')
    netns.ip(f'-6 addr del {come()}/128 dev lo')
    ended('lost')
    ready(nl, P, FIXED, 'd0', home='d0')
    netns.ip('link del d0')
    ended('link-removed')


def returned():
    """What was got on demand and is no longer used goes back to the pool of the agent, and out again."""
    nl = Odmm()
    nl.policy_set(linger=1)
    watch = monitor('prefix')
    server = Program(f'agent run type session-lasting pool {POOL} dev lo')
    server.has('ready')
    callers = [Caller(ask, SESSION, flags=ON_NET) for _ in range(2)]
    given = {caller.outcome() for caller in callers}
    ok(any(in_prefix(a, '2001:db8:5100::/64') for a in given) and any(in_prefix(a, '2001:db8:5100:1::/64') for a in given), 'both are out', given)
    equal(Caller(ask, SESSION, flags=ON_NET).outcome(), 'EADDRNOTAVAIL', 'and there are no more')
    callers[0].end()
    line = server.has('^return')
    ok(line.endswith(' end released'), 'one has no user any more: it returns', line)
    prefix = line.split()[2]
    ok(watch.has(f'{prefix} .*state gone end released '), 'monitor tells that too')
    again = Caller(ask, SESSION, flags=ON_NET)
    ok(in_prefix(again.outcome(), prefix), 'and is given to the next')
    nl.prefix_del('2001:db8:5100::/64', force=True)
    ok(server.has('return prefix 2001:db8:5100::/64 end deleted'), 'what is deleted returns as well')
    equal(server.end(), 0, 'it ends well')
    again.end()
    callers[1].end()


def columns():
    """What prefix and session show of the life of an address."""
    nl = Odmm()
    nl.policy_set(type=SESSION, share_uid=1)
    nl.policy_set(type=FIXED, max_bytes=1 << 30)
    nl.claim(SESSION)
    caller = Caller(ask, SESSION, uid=1000)
    wait_for(nl.requests, 'a request')
    nl.prefix_add(P, SESSION, cookie=1)
    caller.outcome()
    row = rows(f'prefix show {P}')[0]
    equal((row['uid'], row['cookie'], 'bytes' in row, 'end' in row), (1000, 1, False, False), 'a prefix of one user: uid and cookie')
    s = udp()
    address = ready(nl, Q, FIXED)
    setsc(s, FIXED, EVENTS)
    s.bind((address, 0))
    s.sendto(bytes(100), ('::1', 9))
    row = rows(f'prefix show {Q}')[0]
    # IPv6 header, UDP header, data.
    equal((row['bytes'], 'uid' in row), (40 + 8 + 100, False), 'a prefix whose bytes are limited: how many were sent')
    ok(f' bytes {row["bytes"]} ' in odmm(f'prefix show {Q}')[1], 'in text too')
    set_option(s, 8659, 77)
    row = rows('session show type fixed')[0]
    equal((row['flags'], row['lifetime']), (['events'], 77), 'a session: its flag, and the limit of its own')
    ok(' events ' in odmm('session')[1] and ' lifetime 77' in odmm('session')[1], 'in text too', odmm('session'))
    caller.end()


run(at_once, with_grace, held, refused, ends, returned, columns)
