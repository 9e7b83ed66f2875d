#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""The module is removed and inserted two hundred times while sockets ask, prefixes come and go, and dumps are made."""
import contextlib
import os
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../lib'))
import kmod
import netlink
from crowd import Crowd
from memory import unreclaimable
from odmm import NO_LIMIT, NONPERSISTENT, SESSION, Caller, ask, in_prefix, request_waiting
from tap import diag, equal, ok, outcome, run, wait_for

A, B = '2001:db8:51::/64', '2001:db8:52::/64'
ROUNDS = 200
WARM_UP = 20
BLOCKED = 20    # each so many rounds a caller sleeps in the module
SOCKETS = 200   # none that blocks: whoever sleeps in the module keeps it
SLACK = 1000    # kilobytes; some five a round

ANSWERS = {'address', 'ENOPROTOOPT', 'EOPNOTSUPP', 'EINPROGRESS', 'EALREADY', 'ETIMEDOUT'}
BUSY = ('is in use', 'temporarily unavailable')


def dump(nl):
    for what in (nl.sessions, nl.prefixes, nl.requests, nl.policies, nl.agents, nl.stats):
        what()


def bring(nl):
    nl.claim(SESSION)
    nl.prefix_add(A, SESSION)
    nl.prefix_del(A, force=True)


def once(work):
    with contextlib.closing(netlink.Odmm()) as nl:
        work(nl)
    return 'ok'


def until_told(work):
    """How often each outcome came."""
    told, outcomes = [], {}
    signal.signal(signal.SIGUSR1, lambda *_: told.append(True))
    while not told:
        result = outcome(once, work)
        outcomes[result] = outcomes.get(result, 0) + 1
    return outcomes


def remove():
    """Until nobody is in the module for a moment; how often somebody was."""
    busy = 0
    while error := kmod.remove():
        if not any(words in error for words in BUSY):
            raise AssertionError(error)
        busy += 1
    return busy


def reload():
    """Removes it, inserts it, and waits until it is asked again."""
    busy = remove()
    kmod.insert()
    with contextlib.closing(netlink.Odmm()) as nl:
        wait_for(lambda: nl.stats()['sessions'] >= SOCKETS, 'all to ask again')
    return busy


def blocked(answer):
    """A caller that sleeps in the module keeps it; whether that is so, and he is answered, or can be killed."""
    with contextlib.closing(netlink.Odmm()) as nl:
        nl.claim(NONPERSISTENT)
        caller = Caller(ask, NONPERSISTENT, timeout=NO_LIMIT).wait_blocked()
        kept = [any(words in kmod.remove() for words in BUSY) for _ in range(2)] == [True, True]
        if answer:
            nl.prefix_add(B, NONPERSISTENT, cookie=request_waiting(nl, type=NONPERSISTENT)['cookie'])
            kept = kept and in_prefix(caller.outcome(), B)
            nl.prefix_del(B, force=True)
        caller.end(signal.SIGKILL)
    return kept


def rounds(n):
    """How often rmmod(8) was told to come again, and how many blocked callers have had what they should."""
    busy, kept = 0, []
    for number in range(n):
        if number % BLOCKED == BLOCKED - 1:
            kept.append(blocked(number // BLOCKED % 2))
        busy += reload()
    return busy, kept


def test_reload():
    crowd = Crowd(SOCKETS, 0, SESSION)
    callers = [Caller(until_told, dump), Caller(until_told, bring)]
    rounds(WARM_UP)
    before, begin = unreclaimable(), time.monotonic()
    busy, kept = rounds(ROUNDS)
    took, grown = time.monotonic() - begin, unreclaimable() - before
    diag(f'{ROUNDS} times in {took:.1f} s; {busy} times somebody was in it')
    equal(kept, [True] * (ROUNDS // BLOCKED), 'while a caller sleeps in it, it stays; he is answered, or killed')
    answers = crowd.stop()
    for caller in callers:
        caller.interrupt()
    outcomes = [caller.outcome() for caller in callers]
    diag((answers, outcomes))
    ok({'address', 'ENOPROTOOPT'} <= set(answers) <= ANSWERS, 'sockets have clear answers, and were served between', answers)
    # A dump that begins while the module goes is told EPROTONOSUPPORT by netlink itself.
    for text, found in zip(('dumps', 'prefixes'), outcomes):
        ok({'ok', 'ENOENT'} <= set(found) <= {'ok', 'ENOENT', 'EEXIST', 'EPROTONOSUPPORT'}, f'{text}: clear answers, and some that are good', found)
    ok(grown < SLACK, f'kernel memory has grown by less than {SLACK} kB', f'{grown} kB')
    nl = netlink.Odmm()
    wait_for(lambda: not nl.stats()['sessions'], 'all to go')
    equal((nl.requests(), nl.agents(), nl.sessions()), ([], [], []), f'the module of now is the {ROUNDS + WARM_UP + 1}th, and nobody is left in it')
    for caller in callers:
        caller.end()


run(test_reload, timeout=800)
