#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""The demo of mobility succeeds; with a network that does something wrong for each type it fails, and says where."""
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, path) for path in ('../lib', '../lab')]

# pylint: disable=wrong-import-position
from inside import lab
from tap import diag, equal, ok, run

PLAY = os.path.join(HERE, '../demo-mobility/play')


def play(*breaks, patience=30):
    """Exit status, and the lines of its table."""
    lab('down')     # whatever a test that has failed has left
    words = [word for name in breaks for word in ('--break', name)]
    done = subprocess.run([PLAY, *words], stdout=subprocess.PIPE, text=True, check=False, env={**os.environ, 'DEMO_PATIENCE': str(patience)})
    diag(done.stdout)
    return done.returncode, done.stdout.splitlines()


def says(lines, flow, pattern, text):
    """A point: how a line of the table ends."""
    ok(any(re.search(f'^{flow} .*{pattern}', line) for line in lines), f'{text}: {flow}')


def test_unbroken():
    status, lines = play()
    equal(status, 0, 'the network does what it should: success')
    for flow in ('fixed', 'called', 'session-lasting'):
        says(lines, flow, 'went on, silent for .* ok$', 'goes on')
    says(lines, 'non-persistent', 'cut after .* ok$', 'starts anew')
    says(lines, 'graceful-replacement', 'both for .* ok$', 'has both')
    says(lines, 'new call', 'after .* ok$', 'is answered')


def test_broken():
    """All at once; each is about another type."""
    status, lines = play('no-calls', 'lost-binding', 'keep-non-persistent', 'no-grace', patience=15)
    equal(status, 1, 'the network does much that is wrong: failure')
    for flow in ('fixed', 'called', 'session-lasting', 'graceful-replacement'):
        says(lines, flow, 'silent +NOT$', 'is cut off')
    says(lines, 'non-persistent', 'went on +NOT$', 'is kept')
    says(lines, 'new call', 'not answered +NOT$', 'does not come through')


run(test_unbroken, test_broken, timeout=300)
