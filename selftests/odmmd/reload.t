#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""odmmd reads its configuration again: what has not changed is not disturbed, and what is wrong changes nothing."""
import os
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../lib'))

# pylint: disable=wrong-import-position
import netns
from daemon import Daemon, Place, answer_to, asking
from netlink import Odmm
from odmm import FIXED, GRANTED, ON_NET, SESSION, get_addr, in_prefix, ready, state
from tap import equal, ok, run, wait_for

FIRST, SECOND = '2001:db8:5100::/64', '2001:db8:5100:1::/64'
POOL = 'source pool type session-lasting dev lo pool 2001:db8:5100::/48\n'
OTHER = 'source pool type fixed dev lo pool 2001:db8:5200::/48\n'


def reload(daemon, config, taken=True):
    """Has it read another configuration, and waits until it has."""
    words = ': read again' if taken else ': not taken'
    before = daemon.says(words)
    daemon.place.write(config)
    daemon.send(signal.SIGHUP)
    wait_for(lambda: daemon.says(words) > before, words)


def claims():
    return [(a['name'], a['types']) for a in Odmm().agents()]


def test_more_and_less():
    daemon = Daemon(POOL)
    held = asking(SESSION, flags=ON_NET)
    wait_for(lambda: state(held) == GRANTED, 'a prefix')
    reload(daemon, OTHER + POOL)
    equal(claims(), [('odmmd', 1 << SESSION | 1 << FIXED)], 'another source: its type is claimed')
    ok(in_prefix(answer_to(FIXED), '2001:db8:5200::/64'), 'and served')
    ok(in_prefix(answer_to(SESSION, flags=ON_NET), SECOND), 'the one from before goes on where it was')
    equal(daemon.says('adopted'), 0, 'with what it has given')
    reload(daemon, OTHER)
    equal((claims(), answer_to(SESSION, flags=ON_NET)), ([('odmmd', 1 << FIXED)], 'EOPNOTSUPP'), 'a source that is gone is not claimed any more')
    equal((len(Odmm().prefixes()), daemon.says(f'{FIRST}: there, but of no source')), (3, 1), 'what it gave stays')
    reload(daemon, OTHER + POOL)
    ok(daemon.has(f'{FIRST}: adopted by source pool') and daemon.has(f'{SECOND}: adopted'), 'when it is there again it has that again')
    Odmm().prefix_del(FIRST, force=True)
    ok(daemon.has(f'{FIRST}: back to source pool'), 'and takes it back')
    reload(daemon, f'name new\n{OTHER}')
    equal(claims(), [('new', 1 << FIXED)], 'another name')
    equal(daemon.end(), 0, 'it ends well')


def test_claims_once():
    nl = Odmm()
    daemon = Daemon(POOL)
    number = nl.agents()[0]['id']
    reload(daemon, '# a comment\n' + POOL)
    equal(nl.agents()[0]['id'], number, 'what changes nothing is not claimed anew')
    daemon.end()


WRONG = {
    'a word': (POOL + 'source pool type fixed dev lo\n pool 2001:db8::/48\n\n colour blue\n', ':5: what is "colour"?'),
    'a value': ('# one\n#two\nsource pool type fixed dev lo pool 2001:db8::\n', ':3: argument "2001:db8::" is wrong'),
    'a link': ('source pool type fixed dev nonesuch pool 2001:db8::/48\n', ':1: cannot find device "nonesuch"'),
    'a kind': (POOL + 'source magic type fixed dev lo\n', ':2: argument "magic" is wrong'),
    'no source': ('name nobody\n', 'there is no source'),
    'nothing': ('', 'empty'),
    'no beginning': ('  name odmmd\n', ':1: a statement begins at the beginning of a line'),
    'a word too many': ('name one two\n' + POOL, ':1: what is "two"?'),
    'a missing word': (POOL + 'source pool type fixed dev lo pool\n', ':2: command line is not complete'),
    'a source that does not start': ('name other\nsource pool type session-lasting dev lo pool 2001:db8:9::/48\n'
                                     'source exec type fixed dev lo command /nonesuch\n', '/nonesuch: No such file'),
}


def test_wrong():
    daemon = Daemon(POOL)
    answer_to(SESSION, flags=ON_NET)
    for what, (config, words) in WRONG.items():
        reload(daemon, config, taken=False)
        ok(daemon.says(words), f'{what}: it says what is wrong where', daemon.read())
    os.unlink(daemon.place.config)
    daemon.send(signal.SIGHUP)
    ok(daemon.has('odmmd.conf: No such file'), 'no file: the same')
    equal(claims(), [('odmmd', 1 << SESSION)], 'the claim is as it was')
    ok(in_prefix(answer_to(SESSION, flags=ON_NET), SECOND), 'and so is the source')
    Odmm().prefix_del(FIRST, force=True)
    ok(daemon.has(f'{FIRST}: back to source pool'), 'which takes back what it has given')
    adopted = daemon.says('adopted')
    reload(daemon, POOL)
    equal(daemon.says('adopted'), adopted, 'and is not started anew when the file is right again')
    equal(daemon.end(), 0, 'it ends well')


class Slow(Place):
    """A program that answers when it may."""

    def __init__(self, answer):
        super().__init__('')
        self.program = self.file('program')
        with open(self.program, 'w', encoding='ascii') as f:
            f.write(f'#!/bin/sh\necho >> {self.file("asked")}\nwhile ! [ -e {self.file("go")} ]; do sleep 0.1; done\necho \'{answer}\'\n')
        os.chmod(self.program, 0o755)
        self.source = f'source exec type session-lasting dev lo command {self.program}\n'
        self.write(self.source)

    def asked(self):
        return os.path.exists(self.file('asked')) and os.path.getsize(self.file('asked'))

    def go(self):
        open(self.file('go'), 'w', encoding='ascii').close()


def test_goes_on():
    """What is being worked on while the claim changes."""
    place = Slow('{"prefix": "2001:db8:a::/64"}')
    daemon = Daemon(place)
    waiting = asking(SESSION)
    wait_for(place.asked, 'the question')
    reload(daemon, place.source + OTHER)
    ok(in_prefix(answer_to(FIXED), '2001:db8:5200::/64'), 'the new source answers')
    place.go()
    wait_for(lambda: state(waiting) == GRANTED, 'an answer')
    equal((in_prefix(get_addr(waiting), '2001:db8:a::/64'), place.asked()), (True, 1), 'the one that works goes on, and is asked once')
    daemon.end()


def test_changes_hands():
    place = Slow('{"prefix": "2001:db8:a::/64"}')
    daemon = Daemon(place)
    waiting = asking(SESSION)
    wait_for(place.asked, 'the question')
    reload(daemon, POOL)
    wait_for(lambda: state(waiting) == GRANTED, 'an answer')
    ok(in_prefix(get_addr(waiting), FIRST), 'what a source that is gone worked on another one answers')
    equal(daemon.end(), 0, 'it ends well')


def test_new_number():
    """An interface is removed and made anew."""
    netns.dummy('d0')
    daemon = Daemon('source pool type session-lasting dev d0 pool 2001:db8:5100::/48\n')
    netns.ip('link del d0')
    netns.dummy('other', 'd0')
    reload(daemon, 'source pool type session-lasting dev d0 pool 2001:db8:5100::/48\n')
    ok(in_prefix(answer_to(SESSION, dev='d0'), FIRST), 'after a reload it is served')
    daemon.end()


def test_foreign():
    """What another has added under its name while it was not asked about."""
    daemon = Daemon(POOL)
    ready(Odmm(), FIRST, SESSION, origin='odmmd')
    reload(daemon, POOL)
    ok(daemon.has(f'{FIRST}: adopted'), 'a reload looks at all there is')
    daemon.end()


run(test_more_and_less, test_claims_once, test_wrong, test_goes_on, test_changes_hands, test_new_number, test_foreign)
