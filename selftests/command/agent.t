#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""odmm agent run: what it answers, in time, from which pool, how it ends, and that it loses nothing when the doorbell does."""
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../lib'))

# pylint: disable=wrong-import-position
import netns
from netlink import Odmm
from odmm import FAILED, FIXED, GRACEFUL, NONPERSISTENT, ON_NET, PENDING, SC_TYPE, SESSION, Caller, ask, get_addr, in_prefix, ready, \
    request_waiting, set_option, state, wanting
from program import Program, odmm
from tap import equal, ok, outcome, run, wait_for

POOL = '2001:db8:5100::/48'


def agent(words, options=''):
    """In the background, when it is ready."""
    program = Program(f'{options} agent run {words}')
    program.has('ready')
    return program


def asking(wanted, **kwargs):
    s = wanting(wanted, blocking=False, **kwargs)
    assert outcome(get_addr, s) == 'EINPROGRESS'
    return s


def answer_to(wanted, **kwargs):
    """What an application gets that waits, and how long it took."""
    begin = time.monotonic()
    caller = Caller(ask, wanted, **kwargs)
    got = caller.outcome()
    caller.end()
    return got, time.monotonic() - begin


def pool():
    server = agent(f'type session-lasting pool {POOL} dev lo name golden')
    nl = Odmm()
    equal([(a['name'], a['types']) for a in nl.agents()], [('golden', 4)], 'its claim')
    address, _ = answer_to(SESSION)
    ok(in_prefix(address, '2001:db8:5100::/64'), 'the first /64 of the pool answers', address)
    second, _ = answer_to(SESSION, flags=ON_NET)
    ok(in_prefix(second, '2001:db8:5100:1::/64'), 'the next one answers the next request', second)
    equal(server.lines(5), ['ready types session-lasting', 'accept cookie 1 type session-lasting', 'answer cookie 1 prefix 2001:db8:5100::/64',
                            'accept cookie 2 type session-lasting', 'answer cookie 2 prefix 2001:db8:5100:1::/64'], 'it says what it does')
    equal(outcome(ask, FIXED), 'EOPNOTSUPP', 'what it does not serve nobody does')
    equal((server.end(), server.errors()), (0, ''), 'SIGTERM ends it with status 0')
    equal(nl.agents(), [], 'and its claim')
    equal(len(nl.prefixes()), 2, 'what it brought stays')


def pool_details():
    netns.dummy('d0')
    nl = Odmm()
    ready(nl, '2001:db8:5100::/60', FIXED)
    server = agent(f'type nonp pool {POOL} sub-len 60 dev d0 home lo valid_lft 1000 preferred_lft 500 origin radius limit 2'
                   .replace('nonp', 'non-persistent'))
    first, _ = answer_to(NONPERSISTENT, flags=ON_NET)
    second, _ = answer_to(NONPERSISTENT, flags=ON_NET)
    ok(in_prefix(first, '2001:db8:5100:10::/60'), 'a prefix that is there already is passed over', first)
    ok(in_prefix(second, '2001:db8:5100:20::/60'), 'and the next is a /60 too', second)
    equal(answer_to(NONPERSISTENT, flags=ON_NET)[0], 'EADDRNOTAVAIL', 'beyond its limit it refuses')
    server.has('refuse cookie 3 error EADDRNOTAVAIL')
    server.end()
    p = [p for p in Odmm().prefixes() if p['type'] == NONPERSISTENT] or [{}]
    equal({(x['origin'], x['valid_lft'] > 900, x['preferred_lft'] > 400) for x in p if x}, {('radius', True, True)} if p[0] else set(),
          'origin and lifetimes are those given')


def exhausted():
    server = agent('type fixed pool 2001:db8:5100::/63 dev lo')
    got = [answer_to(FIXED, flags=ON_NET)[0] for _ in range(3)]
    ok(in_prefix(got[0], '2001:db8:5100::/64') and in_prefix(got[1], '2001:db8:5100:1::/64') and got[2] == 'EADDRNOTAVAIL',
       'an empty pool refuses', got)
    server.end()


def delay():
    server = agent(f'type session-lasting pool {POOL} dev lo delay 700')
    address, took = answer_to(SESSION)
    ok(in_prefix(address, POOL) and 0.7 <= took < 3, 'answers after the delay, not before', took)
    sockets = [asking(SESSION, flags=ON_NET) for _ in range(5)]
    begin = time.monotonic()
    wait_for(lambda: {state(s) for s in sockets} == {2}, 'all five')
    ok(time.monotonic() - begin < 3, 'the delays of several run side by side', time.monotonic() - begin)
    t = asking(SESSION, flags=ON_NET)
    wait_for(lambda: len(Odmm().requests()) == 1 and Odmm().requests()[0]['state'] == 1, 'it to be accepted')
    set_option(t, SC_TYPE, 0)
    server.has('^late cookie 7$')
    ok(True, 'an answer that is too late is no end')
    ok(in_prefix(answer_to(SESSION, flags=ON_NET)[0], POOL), 'it goes on')
    equal(server.end(), 0, 'and ends well')


def refuse():
    words = {'unsupported': 'EOPNOTSUPP', 'unavailable': 'EADDRNOTAVAIL', 'denied': 'EACCES', 'timeout': 'ETIMEDOUT', 'EDQUOT': 'EDQUOT'}
    for word, name in words.items():
        server = agent(f'type fixed refuse {word}')
        equal(answer_to(FIXED)[0], name, f'refuse {word}')
        equal(server.has('refuse'), f'refuse cookie {list(words).index(word) + 1} error {name}', 'and says so')
        server.end()


def several_types():
    server = agent(f'type fixed refuse denied type session-lasting pool {POOL} dev lo type graceful-replacement stall')
    equal(server.lines(1), ['ready types fixed,session-lasting,graceful-replacement'], 'three types')
    stalled = asking(GRACEFUL)
    equal(answer_to(FIXED)[0], 'EACCES', 'one refused')
    ok(in_prefix(answer_to(SESSION)[0], POOL), 'one served')
    server.has('accept cookie 1 type graceful-replacement')
    equal((state(stalled), Odmm().request(1)['state']), (PENDING, 1), 'one accepted and never answered')
    server.end()
    wait_for(lambda: state(stalled) == FAILED, 'its request to fail')
    equal(outcome(get_addr, stalled), 'EOPNOTSUPP', 'when the agent ends its requests do')


def lie():
    server = agent(f'type session-lasting pool {POOL} dev lo lie type fixed')
    s = asking(SESSION)
    equal(server.has('rejected'), 'rejected cookie 1 error EINVAL', 'the kernel does not take a prefix of another type')
    equal((state(s), Odmm().prefixes()), (PENDING, []), 'nothing has come of it')
    equal(server.end(), 0, 'and the agent lives on')


def count():
    server = agent(f'type session-lasting pool {POOL} dev lo count 2')
    answer_to(SESSION, flags=ON_NET)
    ok(not server.over(), 'after one of two answers it lives')
    answer_to(SESSION, flags=ON_NET)
    equal((server.status(), server.errors()), (0, ''), 'after two it has ended, with status 0')
    equal(Odmm().agents(), [], 'and its claim')


def interfaces():
    netns.dummy('d0', 'd1')
    server = agent(f'type session-lasting pool {POOL} dev d0 type session-lasting pool 2001:db8:5200::/48 dev d1 claim-dev d0 claim-dev d1')
    equal(len(Odmm().agents()[0]['ifindex']), 2, 'it claims two interfaces')
    ok(in_prefix(answer_to(SESSION, dev='d1', flags=ON_NET)[0], '2001:db8:5200::/48'), 'each request is answered from the pool of its interface')
    ok(in_prefix(answer_to(SESSION, dev='d0', flags=ON_NET)[0], POOL), 'so is the other')
    equal(outcome(ask, SESSION, dev='lo', flags=ON_NET), 'EOPNOTSUPP', 'an interface that is not claimed is not served')
    server.end()


def from_a_file():
    with tempfile.NamedTemporaryFile('w', suffix='.agent') as f:
        f.write(f'# what this network can do\ntype session-lasting pool {POOL} # /48\n\tdev lo\n\ntype fixed refuse denied\nname paper\n')
        f.flush()
        server = agent(f'file {f.name} type graceful-replacement refuse timeout')
        equal([(a['name'], a['types']) for a in Odmm().agents()], [('paper', 2 + 4 + 16)], 'words of the file and of the command line')
        ok(in_prefix(answer_to(SESSION)[0], POOL), 'a pool of the file')
        equal([answer_to(FIXED)[0], answer_to(GRACEFUL)[0]], ['EACCES', 'ETIMEDOUT'], 'refusals of both')
        server.end()


def as_json():
    server = agent('type fixed refuse denied', '-j -t')
    answer_to(FIXED)
    events = [json.loads(line) for line in server.lines(3)]
    ok(all(re.fullmatch(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}[+-]\d\d:\d\d', event.pop('time')) for event in events), 'with times')
    equal(events, [{'event': 'ready', 'types': ['fixed']}, {'event': 'accept', 'cookie': 1, 'type': 'fixed'},
                   {'event': 'refuse', 'cookie': 1, 'error': 'EACCES'}], 'a line of JSON each')
    server.end()


def joins_late():
    """What waits when it starts is served."""
    first = Odmm()
    first.claim(SESSION)
    sockets = [asking(SESSION, flags=ON_NET) for _ in range(20)]
    server = agent(f'type session-lasting pool {POOL} dev lo')
    wait_for(lambda: {state(s) for s in sockets} == {2}, 'all to be served')
    equal(len({get_addr(s) for s in sockets}), 20, 'all that waited before it came is answered')
    server.end()


def ends():
    for number in (signal.SIGTERM, signal.SIGINT):
        server = agent('type fixed stall')
        stalled = asking(FIXED)
        server.has('accept')
        begin = time.monotonic()
        equal((server.end(number), server.errors()), (0, ''), f'{number.name} ends it cleanly, work or not')
        ok(time.monotonic() - begin < 2, 'at once')
        wait_for(lambda: state(stalled) == FAILED, 'its work to fail')     # pylint: disable=cell-var-from-loop
    server = agent('type fixed stall')
    stalled = asking(FIXED)
    server.has('accept')
    server.end(signal.SIGKILL)
    wait_for(lambda: state(stalled) == FAILED, 'its work to fail', 3)
    equal(Odmm().agents(), [], 'kill -9 leaves no claim')


def restart():
    server = agent('type session-lasting stall')
    caller = Caller(ask, SESSION).wait_blocked()
    server.has('accept')
    server.end(signal.SIGKILL)
    again = agent(f'type session-lasting pool {POOL} dev lo')
    ok(in_prefix(caller.outcome(), POOL), 'one that is started again in time serves who waits')
    again.end()
    caller.end()


def doorbell_overflows():
    """While it sleeps more happens than its socket can hold."""
    server = agent(f'type session-lasting pool {POOL} dev lo')
    server.send(signal.SIGSTOP)
    flood(9000)
    waiting = asking(SESSION, flags=ON_NET)
    server.send(signal.SIGCONT)
    wait_for(lambda: state(waiting) == 2, 'the request that came with the flood', 60)
    ok(in_prefix(get_addr(waiting), POOL), 'what waits is served when doorbells are lost')
    equal(server.has('resync'), 'resync', 'and it says that some were')
    ok(in_prefix(answer_to(SESSION, flags=ON_NET)[0], POOL), 'it hears again')
    equal((server.end(), server.errors()), (0, ''), 'and ends well')


def flood(n):
    """Requests that come and go: two doorbells each."""
    s = wanting(SESSION, flags=ON_NET, blocking=False)
    for _ in range(n):
        outcome(get_addr, s)
        set_option(s, SC_TYPE, 0)
        set_option(s, SC_TYPE, SESSION)


def pipe_closed():
    """Whoever reads its lines goes away."""
    readable, writable = os.pipe()
    server = subprocess.Popen('odmm agent run type fixed refuse denied'.split(), stdout=writable)
    os.close(writable)
    wait_for(lambda: Odmm().agents(), 'it to be ready')
    os.close(readable)
    outcome(ask, FIXED)
    wait_for(lambda: server.poll() is not None, 'it to end')
    equal(Odmm().agents(), [], 'it does not live on unseen')


def wrong_namespace():
    peer = netns.Netns()
    server = agent(f'type session-lasting pool {POOL} dev lo', f'-n {peer.path}')
    equal(Odmm().agents(), [], 'with -n it serves another namespace')
    with peer.inside():
        ok(in_prefix(answer_to(SESSION)[0], POOL), 'and there')
        equal(len(odmm('agent')[1].splitlines()), 1, 'where its claim is')
    server.end()


run(pool, pool_details, exhausted, delay, refuse, several_types, lie, count, interfaces, from_a_file, as_json, joins_late, ends, restart,
    doorbell_overflows, pipe_closed, wrong_namespace)
