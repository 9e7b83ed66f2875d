#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""odmm monitor: exact lines in both forms, with times, and that it says so when it has missed something."""
import datetime
import json
import os
import re
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../lib'))

# pylint: disable=wrong-import-position
import netns
from netlink import Odmm
from odmm import FIXED, ON_NET, SC_TYPE, SESSION, get_addr, ready, set_option, state, wanting
from program import Program, listens, monitor
from tap import equal, ok, outcome, run, wait_for

P = '2001:db8:51::/64'
TIME = r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}[+-]\d\d:\d\d'


def play(nl):
    """A short play; the address in it and the port of its agent."""
    agent = Odmm()
    agent.claim(SESSION, name='golden')
    s = wanting(SESSION, blocking=False)
    outcome(get_addr, s)
    cookie = agent.accept()['cookie']
    agent.prefix_add(P, SESSION, cookie=cookie)
    wait_for(lambda: state(s) == 2, 'the grant')
    address, port = get_addr(s), agent.sock.getsockname()[0]
    nl.prefix_change(P, preferred_lft=0)
    nl.prefix_del(P, force=True)
    t = wanting(SESSION, flags=ON_NET, blocking=False)
    outcome(get_addr, t)
    agent.refuse(cookie + 1, 13)
    agent.close()
    return address, port


def aged(line):
    return re.sub(r'(age_ms"?[: ])\d+', r'\1N', line)


def wanted_text(address, port):
    ever = 'origin static valid_lft forever preferred_lft forever cookie 1'
    return [f'agent id 1 name golden types session-lasting port_id {port}',
            'request cookie 1 type session-lasting state new waiters 1 uid 0 age_ms N',
            'request cookie 1 type session-lasting state accepted waiters 1 uid 0 agent 1 age_ms N',
            f'prefix {P} dev lo type session-lasting state tentative sessions 0 {ever}',
            'request cookie 1 type session-lasting state answered waiters 1 uid 0 agent 1 age_ms N',
            f'prefix {P} dev lo type session-lasting state active address {address} sessions 0 {ever}',
            'request cookie 1 type session-lasting state granted waiters 0 uid 0 agent 1 age_ms N',
            f'prefix {P} dev lo type session-lasting state deprecated address {address} sessions 1 '
            'origin static valid_lft forever preferred_lft 0 cookie 1',
            f'prefix {P} dev lo type session-lasting state gone end deleted address {address} sessions 1 '
            'origin static valid_lft forever preferred_lft 0 cookie 1',
            'request cookie 2 type session-lasting on-net state new waiters 1 uid 0 age_ms N',
            'request cookie 2 type session-lasting on-net state failed error EACCES waiters 0 uid 0 age_ms N',
            f'agent id 1 name golden types none port_id {port}']


def wanted_json(address, port):
    ever = 4294967295

    def request(cookie, stage, waiters, flags=None, error=None, agent=None):
        row = {'event': 'request', 'cookie': cookie, 'type': 'session-lasting', 'flags': flags, 'state': stage, 'error': error,
               'waiters': waiters, 'uid': 0, 'agent': agent, 'age_ms': 0}
        return {k: v for k, v in row.items() if v is not None}

    def prefix(stage, sessions, preferred=ever):
        row = {'event': 'prefix', 'prefix': P, 'dev': 'lo', 'type': 'session-lasting', 'state': stage,
               'end': 'deleted' if stage == 'gone' else None, 'address': address if stage != 'tentative' else None, 'sessions': sessions, 'origin': 'static', 'valid_lft': ever,
               'preferred_lft': preferred, 'cookie': 1}
        return {k: v for k, v in row.items() if v is not None}

    def agent(types):
        return {'event': 'agent', 'id': 1, 'name': 'golden', 'types': types, 'port_id': port}

    return [agent(['session-lasting']), request(1, 'new', 1), request(1, 'accepted', 1, agent=1), prefix('tentative', 0),
            request(1, 'answered', 1, agent=1), prefix('active', 0), request(1, 'granted', 0, agent=1), prefix('deprecated', 1, 0),
            prefix('gone', 1, 0), request(2, 'new', 1, ['on-net']), request(2, 'failed', 0, ['on-net'], 'EACCES'), agent([])]


def text():
    watch = monitor()
    wanted = wanted_text(*play(Odmm()))
    got = [aged(line) for line in watch.lines(len(wanted))]
    for line, want in zip(got, wanted):
        equal(line, want, want.replace(want.split()[-1], '...') if 'port_id' in want else want[:70])
    equal(len(got), len(wanted), 'as many lines as events')
    watch.end()
    equal(len(watch.read()), len(wanted), 'and no more')


def as_json():
    watch = monitor(options='-j')
    wanted = wanted_json(*play(Odmm()))
    lines = watch.lines(len(wanted))
    got = [json.loads(line) for line in lines]
    equal([{**row, **({'age_ms': 0} if 'age_ms' in row else {})} for row in got], wanted, 'the same in JSON')
    equal([list(row) for row in got], [list(row) for row in wanted], 'members in the order of the text')
    ok(all(line == json.dumps(row, separators=(',', ':')) for line, row in zip(lines, got)), 'one line each, without blanks')
    watch.end()


def times():
    for option in ('-t', '-ts', '--timestamp'):
        watch = monitor(options=option)
        play(Odmm())
        lines = watch.lines(12)
        ok(all(re.match(TIME + r' (agent|request|prefix) ', line) for line in lines), f'{option}: each line begins with the time', lines[0])
        watch.end()
    watch = monitor(options='-j -t')
    before = datetime.datetime.now(datetime.timezone.utc)
    play(Odmm())
    got = [json.loads(line) for line in watch.lines(12)]
    after = datetime.datetime.now(datetime.timezone.utc)
    ok(all(re.fullmatch(TIME, row['time']) and list(row)[:2] == ['time', 'event'] for row in got), 'in JSON it is the first member', got[0])
    at = [datetime.datetime.fromisoformat(row['time']) for row in got]
    ok(at == sorted(at) and before <= at[0] and at[-1] <= after + datetime.timedelta(seconds=5), 'and it is the time', at)
    watch.end()


def chosen():
    every = [monitor(words) for words in ('prefix', 'req agent', 'all', 'agent all')]
    wanted = wanted_text(*play(Odmm()))
    for watch, kinds in zip(every, (['prefix'], ['request', 'agent'], ['prefix', 'request', 'agent'], ['prefix', 'request', 'agent'])):
        expected = [line for line in wanted if line.split()[0] in kinds]
        equal([aged(line) for line in watch.lines(len(expected))], expected, f"only {' and '.join(kinds)}")
        watch.end()
        equal(len(watch.read()), len(expected), 'and no more')


def other_namespace():
    peer = netns.Netns()
    here, there = monitor(), Program(f'-n {peer.path} monitor')
    wait_for(there.listens, 'the monitor to listen')
    with peer.inside():
        ready(Odmm(), P, FIXED)
    there.has('active')
    ok(True, 'with -n it watches another namespace')
    here.end()
    equal(here.read(), [], 'without it does not')
    there.end()


def losses():
    """While it sleeps more happens than its socket can hold."""
    nl = Odmm()
    nl.claim(SESSION)
    for options, lost in (('', 'events lost'), ('-j', '{"event":"events lost"}')):
        watch = monitor(options=options)
        watch.send(signal.SIGSTOP)
        flood(9000)
        watch.send(signal.SIGCONT)
        watch.has(lost, 60)
        lines = wait_to_settle(watch)
        equal(lines.count(lost), 1, f'it says that events were lost: {lost}')
        ok(1000 < lines.index(lost), 'after those that were not', lines.index(lost))
        other = Odmm()
        other.claim(FIXED, name='after')
        watch.has('after')
        ok(lines.index(lost) == len(lines) - 1, 'and before those that come then')
        other.close()
        equal(watch.end(), -signal.SIGTERM, 'it goes on until it is ended')


def wait_to_settle(watch):
    before = -1
    while len(watch.read()) != before:
        before = len(watch.read())
        wait_or_not(lambda: len(watch.read()) != before)      # pylint: disable=cell-var-from-loop
    return watch.read()


def wait_or_not(condition):
    try:
        wait_for(condition, 'more', 1)
    except AssertionError:
        pass


def flood(n):
    """Requests that come and go: two events each."""
    s = wanting(SESSION, flags=ON_NET, blocking=False)
    for _ in range(n):
        outcome(get_addr, s)
        set_option(s, SC_TYPE, 0)
        set_option(s, SC_TYPE, SESSION)


def pipe_closed():
    readable, writable = os.pipe()
    watch = subprocess.Popen(['odmm', 'monitor'], stdout=writable)
    os.close(writable)
    wait_for(lambda: listens(watch.pid), 'the monitor to listen')
    os.close(readable)
    nl = Odmm()
    wait_for(lambda: nl.claim(SESSION) and watch.poll() is not None, 'it to end')
    ok(True, 'it ends when nobody reads what it writes')


run(text, as_json, times, chosen, other_namespace, losses, pipe_closed)
