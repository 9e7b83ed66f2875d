#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""A hundred thousand sessions at once: all get the address, all are listed, and when they are closed nothing is left, of memory neither."""
import os
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '../lib'))
import netlink
from memory import unreclaimable
from odmm import SESSION, ready, setsc, udp
from tap import diag, equal, ok, run, wait_for, within

HOLD = os.path.join(HERE, '../../build/selftests/hold')
A = '2001:db8:51::/64'
N = 100000
EACH = 250      # bytes of the module for a session, at least
# For what the kernel keeps of a hundred thousand sockets, and gives back when others want it.
SLACK = 0.1


def hold(n):
    return subprocess.Popen([HOLD, str(n), str(SESSION)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def release(nl, holder):
    holder.stdin.close()
    holder.wait()
    wait_for(lambda: not nl.stats()['sessions'], 'all sessions to go', 120)


def listed():
    """How many sessions the command shows, and how many of those once for each number."""
    shown = subprocess.run(['odmm', 'session', 'show'], capture_output=True, text=True, check=True).stdout.splitlines()
    return len(shown), len({line.split()[1] for line in shown})


def ask_quickly():
    begin = time.monotonic()
    with udp() as s:
        setsc(s, SESSION)
    return time.monotonic() - begin


def test_hundred_thousand():
    nl = netlink.Odmm()
    nl.policy_set(sessions=2 * N)
    address = ready(nl, A, SESSION)
    # Tables that have grown stay so: the first time is not compared.
    with hold(N) as warm_up:
        warm_up.stdout.readline()
        release(nl, warm_up)
    before = unreclaimable()
    with hold(N) as holder:
        equal(holder.stdout.readline().split(), [address, str(N)], f'{N} sockets get the address')
        during = unreclaimable()
        prefix = nl.prefix(A)
        equal([nl.stats()['sessions'], prefix['sessions'], prefix['users']], [N, N, N], 'the counters say so')
        equal(listed(), (N, N), 'each is listed, once')
        within(1, 'one more is served', ask_quickly)
        ok(during - before > N * EACH // 1024, f'they take {during - before} kB of kernel memory')
        release(nl, holder)
    equal([nl.stats()[name] for name in ('sessions', 'requests')], [0, 0], 'closed, none is left')
    limit = before + (during - before) * SLACK
    wait_for(lambda: unreclaimable() < limit, 'memory to be given back', 60)
    diag(f'{before} kB before, {during} kB with them, {unreclaimable()} kB after')
    ok(True, 'memory is back')


run(test_hundred_thousand, timeout=400)
