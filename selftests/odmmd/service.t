#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""odmmd as a service: what it tells its manager, how its lines look in the journal, and what it does without the module."""
import os
import re
import signal
import socket
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../lib'))

# pylint: disable=wrong-import-position
import kmod
from daemon import Daemon, Place, answer_to
from odmm import SESSION
from tap import equal, ok, run, wait_for

CONFIG = 'source pool type session-lasting dev lo pool 2001:db8:5100::/48\n'


class Manager:
    """The socket that a service manager listens on."""

    def __init__(self, place):
        self.path = place.file('notify')
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sock.bind(self.path)
        self.sock.setblocking(False)
        self.heard = []

    def hear(self):
        try:
            while True:
                self.heard += self.sock.recv(4096).decode().splitlines()
        except BlockingIOError:
            return self.heard

    def wait(self, words, times=1):
        return wait_for(lambda: self.hear().count(words) >= times, words)

    def states(self):
        """Without times and the news of the watchdog."""
        return [s for s in self.hear() if not re.match('MONOTONIC_USEC|WATCHDOG', s)]


def test_notifies():
    place = Place(CONFIG)
    manager = Manager(place)
    daemon = Daemon(place, env={**os.environ, 'NOTIFY_SOCKET': manager.path, 'WATCHDOG_USEC': '1000000'})
    manager.wait('STATUS=0 prefixes, 0 requests being worked on')
    answer_to(SESSION)
    manager.wait('STATUS=1 prefixes, 0 requests being worked on')
    daemon.send(signal.SIGHUP)
    manager.wait('READY=1', 2)
    manager.wait('WATCHDOG=1', 3)
    equal(daemon.end(), 0, 'it ends well')
    equal(manager.states(), ['READY=1', 'STATUS=0 prefixes, 0 requests being worked on', 'STATUS=1 prefixes, 0 requests being worked on',
                             'RELOADING=1', 'READY=1', 'STOPPING=1'], 'it tells how it is')
    times = [s for s in manager.heard if s.startswith('MONOTONIC_USEC=')]
    ok(len(times) == 1 and re.fullmatch(r'MONOTONIC_USEC=\d+', times[0]), 'and when it began to reload', times)
    ok(True, 'the watchdog hears of it')


def log_of(place, in_journal):
    """What it writes to a file, of which it is told that it is the journal's or that another one is."""
    with open(place.file('log'), 'w', encoding='ascii') as log:
        st = os.fstat(log.fileno())
        daemon = subprocess.Popen(['odmmd', '-c', place.config, '-s', place.state], stderr=log,
                                  env={**os.environ, 'JOURNAL_STREAM': f'{st.st_dev}:{st.st_ino + (not in_journal)}'})

    def written():
        with open(place.file('log'), encoding='ascii') as f:
            return f.read()
    wait_for(lambda: 'ready' in written(), 'it to be ready')
    place.write('name\n')
    daemon.send_signal(signal.SIGHUP)
    wait_for(lambda: 'not taken' in written(), 'it to complain')
    daemon.terminate()
    daemon.wait(20)
    return written().splitlines()


def test_journal():
    for in_journal, notice, error in ((True, '<5>', '<3>'), (False, 'odmmd: ', 'odmmd: ')):
        place = Place(CONFIG)
        lines = log_of(place, in_journal)
        equal((lines[0], lines[1]), (f'{notice}ready', f'{error}{place.config}:1: command line is not complete: NAME is missing. Try "odmmd -h".'),
              'lines for the journal have a priority' if in_journal else 'those for others do not')


def test_without_module():
    daemon = Daemon(CONFIG)
    with kmod.removed():
        equal(daemon.status(), 2, 'when the module goes it ends, with a failure')
        ok(daemon.says('the kernel module has been removed'), 'and says why', daemon.read())
        again = Daemon(daemon.place, ready=False)
        equal(again.status(), 2, 'without the module it does not start')
        ok(again.says('the kernel module is not loaded: modprobe odmm'), 'and says what to do', again.read())
    third = Daemon(daemon.place)
    equal(third.end(), 0, 'with it it starts again')


run(test_notifies, test_journal, test_without_module)
