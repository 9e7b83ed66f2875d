#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""The messages and calls of corpus/ give what the files say; afterwards all works, and nothing is left."""
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '../lib'))

# pylint: disable=wrong-import-position
import netns
from netlink import Odmm
from odmm import SESSION, get_addr, ready, wanting
from people import ALICE, Person, become
from tap import diag, equal, ok, run, wait_for

FUZZ = os.path.join(HERE, '../../build/selftests/fuzz/fuzz')
CORPUS = os.path.join(HERE, 'corpus')
P = '2001:db8:7f::/64'
NO_RIGHTS = 'EPERM'
NO_FAMILY = '30583'


def files():
    return sorted(name for name in os.listdir(CORPUS) if name.endswith('.txt'))


def play(name, uid=0):
    """What the program says of a file, and its exit status."""
    done = subprocess.run([FUZZ, '--family', str(Odmm().family), '--corpus', os.path.join(CORPUS, name)], stdout=subprocess.PIPE,
                          text=True, preexec_fn=lambda: become(uid))
    return done.stdout, done.returncode


def nothing_left(nl):
    stats = nl.stats()
    return not any(stats[k] for k in ('sessions', 'requests', 'agents', 'prefixes'))


def as_root():
    nl = Odmm()
    for name in files():
        out, status = play(name)
        wrong = [line for line in out.splitlines() if ', expected ' in line or 'not a line' in line]
        equal((status, wrong), (0, []), f'{name}: {len(out.splitlines())} lines give what they say')
    ok(wait_for(lambda: nothing_left(nl), 'all to go', 120), 'nothing is left')
    address = ready(nl, P, SESSION)
    with wanting(SESSION) as s:
        equal(get_addr(s), address, 'an ordinary grant succeeds')


def as_a_plain_user():
    """Whatever a line says: nothing is changed by it."""
    nl = Odmm()
    ready(nl, P, SESSION)
    before = nl.policies(), [p['prefix'] for p in nl.prefixes()], nl.agents()
    for name in files():
        out, status = play(name, ALICE)
        diag(f'{name}: {out.count(NO_RIGHTS)} of {len(out.splitlines())} have no rights')
        ok(status in (0, 1), f'{name}: is played to its end')
    equal((nl.policies(), [p['prefix'] for p in nl.prefixes()], nl.agents()), before, 'nothing has changed')
    equal(Person(ALICE).do(ask_for_it), True, 'an ordinary grant succeeds')


def calls_of(kind, first, count):
    """What the program makes of a seed, where no message has an answer."""
    with tempfile.NamedTemporaryFile('r') as saved:
        subprocess.run([FUZZ, '--family', NO_FAMILY, '--seed', '1', '--only', kind, '--thread', '3', '--from', str(first), '--count',
                        str(count), '--save', saved.name], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        return saved.read().splitlines()


def same_again():
    """A part of a run is the same without what came before."""
    for kind in ('messages', 'calls'):
        whole = calls_of(kind, 0, 200)
        equal((len(whole), calls_of(kind, 150, 50) == whole[150:], whole[:50] == whole[50:100]), (200, True, False), f'the same {kind}')


def ask_for_it():
    with wanting(SESSION) as s:
        return get_addr(s).startswith('2001:db8:7f:')


def in_place(test):
    def inside():
        netns.dummy('d0')
        test()
    inside.__name__ = test.__name__
    return inside


run(*(in_place(test) for test in (as_root, as_a_plain_user, same_again)), timeout=200)
