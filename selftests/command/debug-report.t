#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""odmm debug-report with the module loaded and objects to tell of: each section, what is in it, and what is not."""
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../lib'))

# pylint: disable=wrong-import-position
import kmod
import netns
import json
from netlink import Odmm
from odmm import FIXED, GRACEFUL, SESSION, get_addr, ready, wanting
from program import odmm, rows
from tap import equal, ok, outcome, run, wait_for

P = '2001:db8:51::/64'
SECTIONS = ['command', 'kernel', 'kernel taint', 'module loaded', 'module installed', 'prefixes', 'requests', 'agents', 'sessions', 'stats',
            'policy', 'addresses', 'routes', 'rules', 'sysctls', 'tracing', 'kernel log', 'failed']


def report(**kwargs):
    """Exit status, standard error, and the lines of each section."""
    code, out, err = odmm('debug-report', **kwargs)
    parts = re.split(r'^== (.*) ==\n', out, flags=re.M)
    return code, err, dict(zip(parts[1::2], (text.splitlines() for text in parts[2::2])))


def full():
    nl = Odmm()
    nl.claim(GRACEFUL, name='golden')
    address = ready(nl, P, SESSION)
    sockets = [wanting(SESSION), wanting(GRACEFUL, blocking=False)]
    answers = [outcome(get_addr, s) for s in sockets]
    wait_for(lambda: netns.ip(f'-6 route show {P}'), 'the route')
    wanted = {name: rows(words) for name, words in (('prefixes', 'prefix'), ('agents', 'agent'), ('sessions', 'session'), ('policy', 'policy'),
                                                    ('stats', 'stats'))}
    code, err, sections = report()
    equal((code, err, list(sections)), (0, '', SECTIONS), 'all sections, and status 0')
    for name, value in wanted.items():
        equal(json.loads(sections[name][1]), value, f'{name}: as the command shows it')
    request = json.loads(sections['requests'][1])
    equal([(r['type'], r['waiters']) for r in request], [('graceful-replacement', 1)], 'requests: as the command shows it')
    equal(answers, [address, 'EINPROGRESS'], 'there was something to tell of')
    ok(any(address in line for line in sections['addresses']), 'addresses: the typed one is there')
    ok(any(line.startswith('unreachable 2001:db8:51::/64') for line in sections['routes']), 'routes: so is that of its prefix')
    ok(any(line.startswith('/sys/module/odmm/refcnt: ') for line in sections['module loaded']), 'the module that is loaded')
    ok(any('odmm' in line for line in sections['kernel log']), 'lines of the kernel log', sections['kernel log'])
    equal(sections['kernel log'], [line for line in sections['kernel log'] if 'odmm' in line], 'of odmm, and no others')
    ok(set(sections['failed']) <= {'module installed', 'tracing', 'rules'}, 'what has failed', sections['failed'])


def no_secret():
    key = '00112233445566778899aabbccddeeff'
    with tempfile.NamedTemporaryFile('w') as f:
        f.write(key)
        f.flush()
        equal(odmm('policy', 'set', 'secret', f.name)[0], 0, 'a secret is set')
    ready(Odmm(), P, FIXED)
    text = odmm('debug-report')[1].lower()
    ok(not any(form in text for form in (key, ':'.join(re.findall('..', key)), ':'.join(re.findall('....', key)), bytes.fromhex(key)[::-1].hex())),
       'it is not in the report, in no form')
    ok('secret' not in text, 'nor is the word')


def tracing():
    subprocess.run('mountpoint -q /sys/kernel/tracing || mount -t tracefs none /sys/kernel/tracing', shell=True, check=True)
    lines = report()[2]['tracing']
    equal([line for line in lines if 'odmm_grant/enable' in line], ['/sys/kernel/tracing/events/odmm/odmm_grant/enable: 0'],
          'tracing: which tracepoints are on')


def plain_user():
    nl = Odmm()
    ready(nl, P, SESSION)
    mine = wanting(SESSION)
    get_addr(mine)
    code, _, sections = report(user=2001, group=2001, extra_groups=[])
    equal((code, list(sections)), (0, SECTIONS), 'a plain user has all sections')
    equal((len(json.loads(sections['prefixes'][1])), json.loads(sections['sessions'][1])), (1, []), 'with what he may see')


def without_the_module():
    with kmod.removed():
        code, _, sections = report()
        equal((code, list(sections)), (0, SECTIONS), 'without the module: all sections, and status 0')
        equal(sections['prefixes'][-1], 'failed: exit status 2', 'which say what is wrong')
        ok({'prefixes', 'requests', 'agents', 'sessions', 'stats', 'policy', 'module loaded'} <= set(sections['failed']), 'and are named at the end',
           sections['failed'])


run(full, no_secret, tracing, plain_user, without_the_module)
