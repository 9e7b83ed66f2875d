#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""odmmd with source exec: what a program is asked, what may be wrong with what it answers, and that nothing it gave is forgotten."""
import json
import os
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../lib'))

# pylint: disable=wrong-import-position
from daemon import Daemon, Place, answer_to, asking
from netlink import Odmm
from odmm import FIXED, GRANTED, ON_NET, PENDING, SC_TYPE, SESSION, in_prefix, set_option, state
from tap import equal, ok, run, wait_for

A, B = '2001:db8:a::/64', '2001:db8:b::/64'


class Scripts(Place):
    """Programs: each keeps what it is asked in the file "asked", a line each."""

    def __init__(self, body, words='', types='session-lasting', more=''):
        super().__init__('')
        self.program = self.file('program')
        self.script(body)
        self.write(f'source exec type {types} dev lo command {self.program} {words}\n{more}')

    def script(self, body):
        """A new one takes the place of the old: one that runs is not written to."""
        new = self.program + '.new'
        with open(new, 'w', encoding='ascii') as f:
            f.write(f'#!/bin/sh\ncd {self.folder.name}\nread -r question\necho "$question" >> asked\n{body}\n')
        os.chmod(new, 0o755)
        os.rename(new, self.program)

    def asked(self):
        try:
            with open(self.file('asked'), encoding='ascii') as f:
                return [json.loads(line) for line in f]
        except FileNotFoundError:
            return []

    def gone(self):
        """(prefix, why) of each that it was to take back."""
        return [(q['prefix'], q['end']) for q in self.asked() if q['question'] == 'gone']

    def remembered(self):
        with open(os.path.join(self.state, 'exec.json'), encoding='ascii') as f:
            return sorted(json.load(f))


def answering(answer, **kwargs):
    return Scripts(f"echo '{json.dumps(answer)}'", **kwargs)


def test_asks():
    place = answering({'prefix': A, 'valid_lft': 1000, 'preferred_lft': 500}, types='session-lasting,fixed')
    daemon = Daemon(place)
    ok(in_prefix(answer_to(SESSION), A), 'its prefix')
    equal([(p['origin'], p['type'], p['valid_lft'] > 900, 400 < p['preferred_lft'] <= 500) for p in Odmm().prefixes()],
          [('odmmd', SESSION, True, True)], 'of the type asked for, with the lifetimes given')
    equal(answer_to(FIXED, flags=ON_NET), 'EADDRNOTAVAIL', 'the same one again cannot be used')
    equal(place.asked(), [{'question': 'ask', 'cookie': 1, 'type': 'session-lasting', 'dev': 'lo', 'on_net': False},
                          {'question': 'ask', 'cookie': 2, 'type': 'fixed', 'dev': 'lo', 'on_net': True}], 'what it is asked')
    equal(place.remembered(), [A], 'what is out is on disk')
    Odmm().prefix_del(A, force=True)
    wait_for(place.gone, 'it to be told')
    wait_for(lambda: place.remembered() == [], 'that to be written')
    equal(place.gone(), [(A, 'deleted')], 'it is told what is gone')
    equal(daemon.end(), 0, 'it ends well')


def test_refuses():
    for word, error in (('unsupported', 'EOPNOTSUPP'), ('denied', 'EACCES'), ('EDQUOT', 'EDQUOT'), ('EPERM', 'EADDRNOTAVAIL')):
        daemon = Daemon(answering({'refuse': word}))
        equal(answer_to(SESSION), error, f'{word} is {error} for the caller')
        daemon.end()


NONSENSE = {
    'an answer that is none': ('echo hello', 'no JSON object'),
    'no answer': (':', 'no JSON object'),
    'two answers': (f'''echo '{{"prefix":"{A}"}}' '{{"prefix":"{B}"}}' ''', 'no JSON object'),
    'a list': (f'''echo '["{A}"]' ''', 'no JSON object'),
    'an empty object': ('echo {}', 'neither a prefix nor a refusal'),
    'a number for a prefix': ('''echo '{"prefix":1}' ''', 'neither a prefix nor a refusal'),
    'an address': ('''echo '{"prefix":"2001:db8::1"}' ''', 'is none'),
    'bits behind the length': ('''echo '{"prefix":"2001:db8::1/64"}' ''', 'is none'),
    'an IPv4 prefix': ('''echo '{"prefix":"192.0.2.0/24"}' ''', 'is none'),
    'a prefix that the kernel does not take': ('''echo '{"prefix":"ff0e::/64"}' ''', 'ff0e::/64 of source exec'),
    'a lifetime of 0': (f'''echo '{{"prefix":"{A}","valid_lft":0}}' ''', 'a lifetime'),
    'a lifetime without end, and then some': (f'''echo '{{"prefix":"{A}","valid_lft":4294967296}}' ''', 'a lifetime'),
    'preferred for longer than valid': (f'''echo '{{"prefix":"{A}","valid_lft":10,"preferred_lft":11}}' ''', 'a lifetime'),
    'an unknown refusal': ('''echo '{"refuse":"EMAGIC"}' ''', 'its refusal is no error'),
    'an exit status': (f'''echo '{{"prefix":"{A}"}}'; exit 3''', 'exit status 3'),
    'a signal': ('kill -SEGV $$', 'Segmentation fault'),
    'no end of output': ('exec cat /dev/zero', 'does not stop printing'),
}


def test_nonsense():
    place = Scripts('')
    daemon = Daemon(place)
    for what, (body, words) in NONSENSE.items():
        place.script(f'case $question in *gone*) exit 0;; esac\n{body}')
        equal((answer_to(SESSION), bool(daemon.has(words))), ('EADDRNOTAVAIL', True), f'{what}: a refusal, and it says why')
    os.unlink(place.program)
    equal((answer_to(SESSION), bool(daemon.has('No such file'))), ('EADDRNOTAVAIL', True), 'no program: the same')
    equal((Odmm().prefixes(), place.gone()), ([], [('ff0e::/64', 'unused')]), 'nothing has come of it, and what was given went back')
    equal(daemon.end(), 0, 'it ends well')


def processes_in(folder):
    """How many were started there."""
    found = 0
    for pid in filter(str.isdigit, os.listdir('/proc')):
        try:
            found += os.readlink(f'/proc/{pid}/cwd') == folder
        except OSError:
            pass
    return found


def test_hangs():
    place = Scripts('sleep 1000 & sleep 1000', 'timeout 1', more='source pool type session-lasting dev lo pool 2001:db8:5100::/48\n')
    daemon = Daemon(place)
    begin = time.monotonic()
    ok(in_prefix(answer_to(SESSION), '2001:db8:5100::/64'), 'what hangs is given up, and the next source is asked')
    ok(time.monotonic() - begin >= 1, 'but not before its time is over')
    ok(daemon.has('it has not ended in time'), 'it says so')
    wait_for(lambda: not processes_in(place.folder.name), 'the processes to end')
    ok(True, 'what it had started is gone, too')
    equal(daemon.end(), 0, 'it ends well')


def test_leaves_something_behind():
    place = Scripts(f'''sleep 1000 & echo '{{"prefix":"{A}"}}' ''')
    daemon = Daemon(place)
    ok(in_prefix(answer_to(SESSION), A), 'an answer counts although somebody still has the pipe')
    wait_for(lambda: not processes_in(place.folder.name), 'it to end')
    daemon.end()


SLOW = f'''case $question in
*gone*) exit 0;;
esac
while ! [ -e go ]; do sleep 0.1; done
echo '{{"prefix":"{A}"}}' '''


def test_cancel():
    place = Scripts(SLOW, 'parallel 1')
    daemon = Daemon(place)
    first, second = (asking(SESSION, flags=ON_NET) for _ in range(2))
    wait_for(place.asked, 'the first question')
    set_option(second, SC_TYPE, 0)
    set_option(first, SC_TYPE, 0)
    wait_for(lambda: daemon.says('nobody waits any more') == 2, 'both to be cancelled')
    open(place.file('go'), 'w', encoding='ascii').close()
    wait_for(place.gone, 'what came of it to go back')
    equal(place.gone(), [(A, 'unused')], 'what nobody waits for any more goes back')
    wait_for(lambda: place.remembered() == [], 'that to be written')
    equal(len(place.asked()), 2, 'who had left before its turn was not asked for')
    equal(Odmm().prefixes(), [], 'no prefix')
    equal(daemon.end(), 0, 'it ends well')


COUNTER = '''case $question in
*gone*) exit 0;;
esac
echo run >> running
while ! [ -e go ]; do sleep 0.1; done
cookie=${question#*cookie\\":}
printf '{"prefix":"2001:db8:c:%x::/64"}' "${cookie%%,*}"'''


def test_parallel():
    place = Scripts(COUNTER, 'parallel 3')
    daemon = Daemon(place)
    sockets = [asking(SESSION, flags=ON_NET) for _ in range(12)]
    wait_for(lambda: len(place.asked()) == 3, 'three programs')
    daemon.has('request 12: ')
    equal((processes_in(place.folder.name) >= 3, len(place.asked())), (True, 3), 'no more than it is told run at a time')
    open(place.file('go'), 'w', encoding='ascii').close()
    wait_for(lambda: {state(s) for s in sockets} == {GRANTED}, 'all')
    equal(len(Odmm().prefixes()), 12, 'all are served in the end')
    equal(daemon.end(), 0, 'it ends well')


def test_comes_back():
    """Killed with two prefixes out, one of which goes meanwhile."""
    place = Scripts(COUNTER)
    open(place.file('go'), 'w', encoding='ascii').close()
    daemon = Daemon(place)
    sockets = [asking(SESSION, flags=ON_NET) for _ in range(2)]
    wait_for(lambda: {state(s) for s in sockets} == {GRANTED}, 'both')
    os.unlink(place.file('go'))
    waiting = asking(SESSION, flags=ON_NET)
    wait_for(lambda: len(place.asked()) == 3, 'the third question')
    daemon.end(signal.SIGKILL)
    Odmm().prefix_del('2001:db8:c:1::/64', force=True)
    open(place.file('go'), 'w', encoding='ascii').close()
    again = Daemon(place)
    again.has('2001:db8:c:2::/64: adopted by source exec')
    wait_for(place.gone, 'the other to go back')
    wait_for(lambda: state(waiting) == GRANTED, 'who waited all the time')
    wait_for(lambda: place.remembered() == ['2001:db8:c:2::/64', '2001:db8:c:3::/64'], 'that to be written')
    equal(place.gone(), [('2001:db8:c:1::/64', 'unknown')], 'what went while it was away goes back, once')
    equal(again.end(), 0, 'it ends well')


def test_told_again():
    """A program that cannot take a prefix back is told again by the next daemon."""
    place = answering({'prefix': A})
    daemon = Daemon(place)
    answer_to(SESSION)
    place.script('exit 1')
    Odmm().prefix_del(A, force=True)
    daemon.has('exit status 1')
    daemon.end()
    equal(place.remembered(), [A], 'what it has not taken back is not forgotten')
    place.script('exit 0')
    again = Daemon(place)
    wait_for(lambda: place.remembered() == [], 'it to be taken')
    equal(place.gone(), [(A, 'deleted'), (A, 'unknown')], 'it is told again')
    again.end()


def test_ends_with_programs():
    place = Scripts('sleep 1000')
    daemon = Daemon(place)
    s = asking(SESSION)
    wait_for(place.asked, 'the question')
    equal(daemon.end(), 0, 'it ends although a program runs')
    wait_for(lambda: not processes_in(place.folder.name), 'the program to end')
    ok(state(s) != GRANTED, 'which ends, too')


def test_corrupt_state():
    place = answering({'prefix': A})
    os.mkdir(place.state)
    for text in ('{"2001:db8::/64": {"command": ', '[]', ''):
        with open(os.path.join(place.state, 'exec.json'), 'w', encoding='ascii') as f:
            f.write(text)
        daemon = Daemon(place)
        ok(daemon.has('exec.json: line 1: .*it is exec.json.corrupt now'), f'state {text!r}: it says so')
        with open(os.path.join(place.state, 'exec.json.corrupt'), encoding='ascii') as f:
            equal(f.read(), text, 'and puts it aside')
        equal(daemon.end(), 0, 'and goes on without')


def test_busy():
    """It sleeps while it waits for a program."""
    place = Scripts('sleep 1000')
    daemon = Daemon(place)
    s = asking(SESSION)
    wait_for(place.asked, 'the question')

    def used():
        with open(f'/proc/{daemon.pid}/schedstat', encoding='ascii') as f:
            return int(f.read().split()[2])     # how often it ran
    wait_for(lambda: 'S' in subprocess.run(['ps', '-o', 'stat=', '-p', str(daemon.pid)], capture_output=True, text=True, check=True).stdout,
             'it to sleep')
    before = used()
    time.sleep(2)
    ok(used() - before < 20, 'it does not wait busily', used() - before)
    equal(state(s), PENDING, 'while somebody waits')
    daemon.end()


run(test_asks, test_refuses, test_nonsense, test_hangs, test_leaves_something_behind, test_cancel, test_parallel, test_comes_back,
    test_told_again, test_ends_with_programs, test_corrupt_state, test_busy)
