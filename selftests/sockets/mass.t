#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Ten thousand blocked callers are served by one prefix."""
import os
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '../lib'))
import netlink
from odmm import SESSION, request_waiting
from tap import diag, equal, ok, run, wait_for

MASS = os.path.join(HERE, '../../build/selftests/mass')
A = '2001:db8:51::/64'
N = 10000


def test_mass():
    agent = netlink.Odmm()
    agent.claim(SESSION)
    begin = time.monotonic()
    with subprocess.Popen([MASS, str(N), str(SESSION)], stdout=subprocess.PIPE, text=True) as callers:
        wait_for(lambda: (agent.requests() or [{'waiters': 0}])[0]['waiters'] == N, f'{N} waiters', 240)
        diag(f'{N} callers block after {time.monotonic() - begin:.1f} s')
        stats = agent.stats()
        equal([stats[k] for k in ('sessions', 'submitted', 'coalesced', 'requests')], [N, 1, N - 1, 1], f'{N} callers, one request')
        agent.prefix_add(A, SESSION, cookie=request_waiting(agent, N)['cookie'])
        *answers, took = callers.stdout.read().splitlines()
    diag(f'{took} from the first return to the last')
    equal(answers, [f'{agent.prefix(A)["address"]} {N}'], 'all get the same address')
    equal([agent.stats()[k] for k in ('granted', 'timed_out', 'interrupted')], [1, 0, 0], 'one grant')
    ok(wait_for(lambda: agent.stats()['sessions'] == 0 and agent.prefix(A)['users'] == 0, 'all to go'), 'then all sessions go')


run(test_mass, timeout=400)
