#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""One prefix comes and goes ten thousand times while a thousand sockets ask for it: all have clear answers, and nothing is left."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../lib'))
import netlink
import netns
from crowd import Crowd
from memory import unreclaimable
from netlink import PREFIX, PREFIX_ADD, PREFIX_DEL, TENTATIVE, encode
from odmm import FIXED, IFA_PROTO_BASE, NONPERSISTENT, SESSION
from probe import network, spec
from tap import diag, equal, ok, run, wait_for

A = '2001:db8:51::/64'
SOCKETS, BLOCKING = 900, 100
ROUNDS = 10000
USED = 50       # each so many rounds it stays until it is usable, and so is given out
SLACK = 1000    # kilobytes; a hundred bytes a round

# The last: it came, and went before the caller woke up.
ANSWERS = {'address', 'EINPROGRESS', 'EALREADY', 'ETIMEDOUT', 'EADDRNOTAVAIL'}


def flap(nl, wanted, rounds):
    """How often it was usable."""
    usable, add = 0, encode(PREFIX, spec(A, wanted))
    delete = encode(PREFIX, {**network(A), 'force': True})
    for n in range(rounds):
        nl.raw(PREFIX_ADD, add)
        if n % USED == 0:
            wait_for(lambda: nl.prefix(A)['state'] != TENTATIVE, 'the prefix to be usable')
            usable += 1
        nl.raw(PREFIX_DEL, delete)
    return usable


def left():
    """Addresses and routes that the module has made."""
    made = [a['address'] for a in netlink.addresses() if IFA_PROTO_BASE < a['proto'] <= IFA_PROTO_BASE + 4]
    return made + netns.ip('-6 route show table all proto 208').splitlines()


def balance(stats):
    """Of requests: those that were made, and those that have ended, in whatever way."""
    return stats['submitted'], sum(stats[k] for k in ('granted', 'refused', 'cancelled', 'link_removed'))


def all_gone(nl):
    wait_for(lambda: not nl.stats()['sessions'] and not left(), 'all to go')


def test_flap():
    nl = netlink.Odmm()
    nl.claim(SESSION)
    crowd = Crowd(SOCKETS, BLOCKING, SESSION)
    wait_for(lambda: nl.stats()['sessions'] == SOCKETS + BLOCKING, 'all to ask')
    flap(nl, SESSION, ROUNDS // 20)
    before, begin = unreclaimable(), time.monotonic()
    usable = flap(nl, SESSION, ROUNDS)
    took, grown = time.monotonic() - begin, unreclaimable() - before
    diag(f'{ROUNDS} times added and deleted, {usable} times usable, in {took:.1f} s')
    answers = crowd.stop()
    diag(answers)
    ok({'address', 'EINPROGRESS'} <= set(answers) <= ANSWERS, f'{SOCKETS + BLOCKING} sockets ask meanwhile: clear answers', answers)
    ok(grown < SLACK, f'kernel memory has grown by less than {SLACK} kB', f'{grown} kB')
    all_gone(nl)
    stats = nl.stats()
    diag({k: v for k, v in stats.items() if v})
    made, ended = balance(stats)
    equal((made, [stats[k] for k in ('requests', 'prefixes', 'sessions')]), (ended, [0, 0, 0]), 'each request has ended once, and nothing is left')
    equal((nl.prefixes(), nl.requests(), nl.sessions(), left()), ([], [], [], []), 'nor is anything to be seen')
    equal([stats[k] for k in ('prefixes_lost', 'put_back', 'adopted', 'adopt_refused', 'dad_failed')], 5 * [0], 'nobody but us has taken it away')


def test_flap_kinds():
    """Fewer times, of a type that nothing keeps, and of one whose address is always the same."""
    for wanted in (NONPERSISTENT, FIXED):
        nl = netlink.Odmm()
        nl.claim(wanted)
        crowd = Crowd(100, 10, wanted)
        wait_for(lambda nl=nl: nl.stats()['sessions'] == 110, 'all to ask')
        flap(nl, wanted, 500)
        answers = crowd.stop()
        equal(set(answers) - ANSWERS, set(), f'type {wanted}: clear answers')
        all_gone(nl)
        made, ended = balance(nl.stats())
        equal((made, nl.stats()['requests'], nl.prefixes()), (ended, 0, []), f'type {wanted}: each request has ended once, and nothing is left')
        nl.close()


run(test_flap, test_flap_kinds, timeout=600)
