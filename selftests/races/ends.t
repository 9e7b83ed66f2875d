#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""What may end a wait, each against each, at the same moment: one wins, and each request ends once."""
import errno
import itertools
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, '../lib'), HERE]
import collide
from collide import Ask, Command, Duel, GetAddr, Lane, set_type, together
from ledger import Ledger, tally
from netlink import PREFIX, PREFIX_ADD, PREFIX_CHANGE, REQUEST, REQUEST_DONE
from odmm import INFINITY, NONE, SESSION, get_addr, ready, request_waiting, udp, wanting
from people import ALICE
from probe import Probe, agent_for, network, spec
from tap import diag, equal, ok, outcome, run, wait_for

A, B = '2001:db8:51::/64', '2001:db8:52::/64'
ROUNDS = 25
LONG, SHORT = 20000, 3      # ms


class Arena:
    """One who asks, two who may put an end to it, and a prefix that is there but does not serve."""

    def __init__(self, lanes=2):
        self.agent = agent_for(SESSION)
        self.ledger = Ledger()
        self.asker = Lane(ALICE)
        self.lanes = [Lane() for _ in range(lanes)]
        self.doors = [Probe() for _ in range(lanes)]
        ready(self.agent, A, SESSION)
        self.agent.prefix_change(A, preferred_lft=0)
        self.outcomes = []
        self.s = self.ask = self.cookie = None

    def begin(self):
        """Somebody is blocked."""
        self.s = udp()
        self.ask = Ask(self.s, SESSION, timeout=LONG)
        self.asker.start(self.ask)
        self.cookie = request_waiting(self.agent)['cookie']

    def end(self):
        """What he was told; all is then as it was before."""
        got = self.asker.join()[0]
        self.clear()
        self.outcomes.append(got)
        return got

    def clear(self):
        self.s.close()
        self.agent.prefix_change(A, preferred_lft=0)
        outcome(self.agent.prefix_del, B, force=True)
        self.ledger.read()


# What ends a wait; each takes the arena and the number of the lane.

def arrive(arena, n):
    """A prefix serves again: at once, in the context of whoever says so."""
    return Command(arena.doors[n], PREFIX_CHANGE, PREFIX, preferred_lft=INFINITY, **network(A))


def answer(arena, n):
    """A prefix is made, which serves when its address does: in the context of the worker."""
    return Command(arena.doors[n], PREFIX_ADD, PREFIX, **spec(B, SESSION), cookie=arena.cookie)


def refuse(arena, n):
    return Command(arena.doors[n], REQUEST_DONE, REQUEST, cookie=arena.cookie, error=errno.EACCES)


def interrupt(arena, _):
    return collide.interrupt(arena.asker)


def change_mind(arena, _):
    return set_type(arena.s, NONE)


RESULT = {arrive: 'address', answer: 'address', refuse: 'EACCES', interrupt: 'EINTR', change_mind: 'ECANCELED'}


def contest(arena, one, two):
    duel = Duel()
    told = []
    own = arena.agent.prefix(A)['address']
    for _ in range(ROUNDS):
        arena.begin()
        calls = [one(arena, 0), two(arena, 1)]
        duel.aim(*calls)
        together(*zip(arena.lanes, ([call] for call in calls)))
        told.append(arena.end())
        duel.won(told[-1] == RESULT[two] and not (one is arrive and arena.ask.address() == own))
    names = f'{one.__name__}, {two.__name__}'
    ok(set(told) <= {RESULT[one], RESULT[two]}, f'{names}: {tally(told)}, wins {duel.wins}', told)


def test_pairs():
    arena = Arena()
    for one, two in itertools.combinations((arrive, answer, refuse, interrupt, change_mind), 2):
        contest(arena, one, two)
    waited = len(arena.outcomes)
    equal([arena.ledger.count(name) for name in ('submitted', 'coalesced', 'served', 'interrupted', 'timed_out')],
          [waited, 0, 0, arena.outcomes.count('EINTR'), 0], f'{waited} callers waited, and as many wants have ended')
    arena.agent.close()
    arena.ledger.balance()


def test_same_twice():
    """The same end from two sides: the second finds nothing."""
    arena = Arena()
    for way, verdicts in ((refuse, ['ENOENT', 'ok']), (change_mind, ['ok', 'ok']), (interrupt, ['ok', 'ok']), (arrive, ['ok', 'ok'])):
        seen = set()
        for _ in range(ROUNDS):
            arena.begin()
            seen.add(tuple(sorted(sum(together(*((lane, [way(arena, n)]) for n, lane in enumerate(arena.lanes))), []))))
            arena.end()
        equal(seen, {tuple(verdicts)}, f'twice {way.__name__}')
    seen = set()
    for _ in range(ROUNDS):
        arena.begin()
        calls = [Command(nl, PREFIX_ADD, PREFIX, **spec(f'2001:db8:6{n}::/64', SESSION), cookie=arena.cookie) for n, nl in
                 enumerate(arena.doors)]
        seen.add(tuple(sorted(sum(together(*((lane, [call]) for lane, call in zip(arena.lanes, calls))), []))))
        arena.end()
        for n in range(2):
            outcome(arena.agent.prefix_del, f'2001:db8:6{n}::/64', force=True)
    ok(seen <= {('EBUSY', 'ok'), ('ENOENT', 'ok')}, f'twice answer: {seen}')
    arena.agent.close()
    arena.ledger.balance()


def test_limit():
    """The end of the time that somebody has, against the rest."""
    arena = Arena()
    told = []
    for way in (arrive, answer, refuse, change_mind):
        duel, here = Duel(step=20000), []
        for _ in range(ROUNDS):
            before = arena.ledger.count('timed_out')
            arena.s = wanting(SESSION, blocking=False, timeout=SHORT)
            arena.cookie = arena.ledger.asker.stats()['submitted'] + 1
            calls = [GetAddr(arena.s), way(arena, 0)]
            duel.aim(*calls)
            together((arena.lanes[0], calls))
            got = settled(arena.s)
            late = arena.ledger.count('timed_out') > before
            # Who wants nothing any more is not told.
            here.append('ETIMEDOUT' if late and way is change_mind else got)
            duel.won(not late)
            duel.handicap = min(duel.handicap, 0)
            arena.clear()
        ok(set(here) <= {'ETIMEDOUT', 'EINVAL' if way is change_mind else RESULT[way]}, f'limit, {way.__name__}: {tally(here)}', here)
        told += here
    equal(arena.ledger.count('timed_out'), told.count('ETIMEDOUT'), 'the counter says so')
    arena.agent.close()
    arena.ledger.balance()


def settled(s):
    """What has come of it, once something has."""
    def told():
        got = outcome(get_addr, s)
        return got not in ('EALREADY', 'EINPROGRESS') and got
    got = wait_for(told, 'an end')
    return 'address' if ':' in got else got


def test_storm():
    """Everybody at once, without a plan: eight wait together, and are answered, refused, interrupted and change their minds."""
    arena = Arena(lanes=1)
    askers = [arena.asker] + [Lane(ALICE) for _ in range(7)]
    ways = (arrive, refuse, answer)
    told = []
    for n in range(ROUNDS):
        sockets = [udp() for _ in askers]
        for s, lane in zip(sockets, askers):
            lane.start(Ask(s, SESSION, timeout=SHORT if n % 2 else LONG))
        arena.s = sockets[0]
        arena.cookie = arena.ledger.asker.stats()['submitted']
        calls = [interrupt(arena, 0), change_mind(arena, 0), ways[n % 3](arena, 0), refuse(arena, 0), arrive(arena, 0)]
        together((arena.lanes[0], calls))
        told += [lane.join()[0] for lane in askers]
        arena.clear()
        for s in sockets[1:]:
            s.close()
    diag(tally(told))
    stats = {name: arena.ledger.count(name) for name in ('submitted', 'coalesced', 'served', 'interrupted', 'timed_out')}
    equal(sum(stats[name] for name in ('submitted', 'coalesced', 'served')), len(told), 'each asked once')
    # Whose time was up may find, before he runs, that somebody has changed the wish as well.
    late = stats['timed_out'] - told.count('ETIMEDOUT')
    ok(stats['interrupted'] == told.count('EINTR') and 0 <= late <= told.count('ECANCELED'), 'and was told what is counted, or of a change since',
       (stats, tally(told)))
    arena.agent.close()
    arena.ledger.balance()


run(test_pairs, test_same_twice, test_limit, test_storm, timeout=240)
