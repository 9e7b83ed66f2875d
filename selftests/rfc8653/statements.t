#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Statements of RFC 8653 that no test of a part of the module is about. Which test is about which statement is told by
Documentation/rfc8653-conformance.md.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../lib'))

# pylint: disable=wrong-import-position
import netlink
import netns
from odmm import (BIND, GRANTED, KINDS, ON_NET, SC_FLAGS, SC_LIFETIME, SC_TIMEOUT, SC_TYPE, SESSION, TYPES, Caller, get_addr, in_prefix,
                  ready, request_waiting, set_option, source, state, tcp, udp, wanting)
from tap import equal, fails, ok, outcome, run

ADDR_PREFERENCES = 72
TMP, PUBLIC = 0x1, 0x2
PREFIXES = {wanted: f'2001:db8:5{wanted}::/64' for wanted in TYPES}
OTHER = '2001:db8:1::10'


def per_socket():
    """3.3: parts of one application have different needs."""
    nl = netlink.Odmm()
    addresses = {wanted: ready(nl, prefix, wanted) for wanted, prefix in PREFIXES.items()}
    sockets = {wanted: wanting(wanted, kind) for wanted, kind in zip(TYPES, (tcp, udp, tcp, udp))}
    equal({wanted: get_addr(s) for wanted, s in sockets.items()}, addresses, 'sockets of one process have an address of each type')
    nl.prefix_del(PREFIXES[SESSION], force=True)
    equal([state(s) == GRANTED for s in sockets.values()], [wanted != SESSION for wanted in TYPES],
          'what becomes of one of them is nothing to the others')


def any_number():
    """3.4: zero or more of each type at the same time."""
    nl = netlink.Odmm()
    fails('EOPNOTSUPP', 'zero of each type: there is none to have', get_addr, wanting(SESSION))
    for wanted in TYPES:
        for n in range(wanted):
            ready(nl, f'2001:db8:{wanted}{n}::/64', wanted)
    equal(sorted(p['type'] for p in nl.prefixes()), [t for t in TYPES for _ in range(t)], 'one, two, three and four of the four types')
    equal([in_prefix(get_addr(wanting(t)), f'2001:db8:{t}{t - 1}::/64') for t in TYPES], 4 * [True], 'and each type is served')


def exactly():
    """No other type in the place of the one that is wanted, be it better or worse."""
    nl = netlink.Odmm()
    got = {}
    for there in TYPES:
        address = ready(nl, PREFIXES[there], there)
        for wanted in TYPES:
            got[there, wanted] = outcome(get_addr, wanting(wanted)) == (address if wanted == there else 'EOPNOTSUPP')
        nl.prefix_del(PREFIXES[there], force=True)
    equal([pair for pair, fits in got.items() if not fits], [], 'each type is served by its own prefixes and by no others: 16 pairs')


def setting_asks_nobody():
    """Appendix A: setsockopt() returns after executing; the question is another call."""
    nl = netlink.Odmm()
    nl.claim(*TYPES)
    for kind in KINDS:
        s = kind()
        for option, value in ((SC_TYPE, SESSION), (SC_FLAGS, ON_NET | BIND), (SC_TIMEOUT, -1), (SC_LIFETIME, 60)):
            set_option(s, option, value)
        equal((nl.requests(), nl.stats()['submitted'], source(s)), ([], 0, '::'),
              f'{kind.__name__}: what is set on a socket that waits makes no request')


def asking_waits():
    """Appendix A: setsc() waits for the network, and bind() is for the application."""
    nl = netlink.Odmm()
    nl.claim(SESSION)
    s = wanting(SESSION)
    caller = Caller(get_addr, s).wait_blocked()
    nl.prefix_add(PREFIXES[SESSION], SESSION, cookie=request_waiting(nl)['cookie'])
    address = caller.outcome()
    ok(in_prefix(address, PREFIXES[SESSION]), 'the question waits until the network has answered', address)
    equal(source(s), '::', 'the answer binds nothing by itself')
    s.bind((address, 0))
    equal((source(s), state(s)), (address, GRANTED), 'bind() associates the address with the socket')
    caller.end()


def reaches(s, destination):
    s.connect((destination, 9))
    return source(s)


def flags_without_bind():
    """The drafts: an address that was got and not bound is not used, and the flags of RFC 5014 apply."""
    nl = netlink.Odmm()
    netns.dummy('d0')
    netns.ip(f'addr add {OTHER}/64 dev d0 nodad')
    address = ready(nl, PREFIXES[SESSION], SESSION)
    for flags in (TMP, PUBLIC):
        s = wanting(SESSION)
        s.setsockopt(41, ADDR_PREFERENCES, flags)
        equal(get_addr(s), address, f'flags {flags}: the type is what decides which address is given')
        equal(reaches(s, '2001:db8:1::99'), OTHER, f'flags {flags}: not bound, the kernel chooses as for any socket')
        t = wanting(SESSION)
        t.setsockopt(41, ADDR_PREFERENCES, flags)
        t.bind((get_addr(t), 0))
        equal(reaches(t, '2001:db8:1::99'), address, f'flags {flags}: bound by hand, they have nothing to say')


run(per_socket, any_number, exactly, setting_asks_nobody, asking_waits, flags_without_bind)
