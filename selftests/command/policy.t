#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""odmm policy: what there is at first, each key set and shown again, in both forms; and what is refused, in the kernel's words."""
import json
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../lib'))

# pylint: disable=wrong-import-position
import netns
from netlink import Odmm
from odmm import FIXED, ready
from program import gives, odmm, refuses, rows
from tap import equal, ok, run

P = '2001:db8:51::/64'
TYPES = ('fixed', 'session-lasting', 'non-persistent', 'graceful-replacement')
FOREVER = 4294967295

# Key, value as given, as shown in text, and in JSON.
OF_TYPE = (
    ('linger', '20', '20', 20), ('linger', 'forever', 'forever', FOREVER), ('linger', '0', '0', 0),
    ('grace', '5', '5', 5),
    ('max-age', '3600', '3600', 3600), ('max-age', 'none', 'none', 0),
    ('max-bytes', '1000', '1000', 1000), ('max-bytes', '64K', '65536', 65536),
    ('max-bytes', '1T', '1099511627776', 1 << 40), ('max-bytes', 'none', 'none', 0),
    ('timeout', '1', '1', 1), ('timeout', '2147483647', '2147483647', 0x7fffffff), ('timeout', 'none', 'none', FOREVER),
    ('timeout', '30000', '30000', 30000),
    ('abort', 'on', 'on', True), ('abort', 'off', 'off', False), ('share', 'uid', 'uid', 'uid'), ('share', 'all', 'all', 'all'))
OF_NAMESPACE = (
    ('sessions', '7', '7', 7), ('pending', '8', '8', 8), ('held', '9', '9', 9), ('on-net-rate', '32767', '32767', 32767),
    ('on-net-rate', 'none', 'none', 0), ('on-net-burst', '32767', '32767', 32767), ('requests-max', '1048576', '1048576', 1048576),
    ('prefixes-max', '0', '0', 0), ('default-types', 'fixed,non-persistent', 'fixed,non-persistent', ['fixed', 'non-persistent']),
    ('default-types', 'session', 'session-lasting', ['session-lasting']), ('default-types', 'none', 'none', []),
    ('sessions', '4294967295', '4294967295', FOREVER))


def all_shown():
    """By type, and None for the namespace: the line as words, and the row."""
    lines, parsed = odmm('policy')[1].splitlines(), rows('policy')
    return {row.get('type'): (line.split(), row) for line, row in zip(lines, parsed)}


def shown(name=None):
    return all_shown()[name]


def after(words, key):
    return words[words.index(key) + 1]


def at_first():
    namespace = ('sessions 65536 pending 8192 held 256 on-net-rate 10 on-net-burst 100 requests-max 65536 prefixes-max 16384 '
                 'default-types none rfc5014 off\n')
    values = {'fixed': ('forever', 0, 'off'), 'session-lasting': (60, 0, 'off'), 'non-persistent': (60, 0, 'on'),
              'graceful-replacement': (60, 60, 'off')}
    lines = {name: f'type {name} access all linger {linger} grace {grace} max-age none max-bytes none timeout 30000 abort {abort} share all\n'
             for name, (linger, grace, abort) in values.items()}
    for words in ('policy', 'policy show', 'policy list', 'pol', 'po s'):
        gives(f'odmm {words}', words, namespace + ''.join(lines.values()))
    for name, line in lines.items():
        gives(f'odmm policy show type {name}', f'policy show type {name}', line)
    first = {'access': 'all', 'max-age': 0, 'max-bytes': 0, 'timeout': 30000, 'share': 'all'}
    for name, (linger, grace, abort) in values.items():
        equal(rows(f'policy show type {name}'),
              [{'type': name, **first, 'linger': FOREVER if linger == 'forever' else linger, 'grace': grace, 'abort': abort == 'on'}],
              f'in JSON: {name}')
    equal(rows('policy')[0],
          {'sessions': 65536, 'pending': 8192, 'held': 256, 'on-net-rate': 10, 'on-net-burst': 100, 'requests-max': 65536,
           'prefixes-max': 16384, 'default-types': [], 'rfc5014': False}, 'in JSON: the namespace')
    equal(json.loads(odmm('-j -p policy')[1]), rows('policy'), 'in pretty JSON')


def keys_of_a_type():
    others = [name for name in TYPES if name != 'session-lasting']
    before = all_shown()
    for key, given, text, value in OF_TYPE:
        gives(f'{key} {given} of a type', f'policy set type session-lasting {key} {given}')
        now = all_shown()
        words, row = now['session-lasting']
        equal((after(words, key), row[key]), (text, value), f'{key} {given} is shown as {text}')
        equal([now[name] for name in others], [before[name] for name in others], f'{key}: other types are as they were')
    equal(all_shown()[None], before[None], 'and so is the namespace')


def keys_of_all_types():
    """The last value of each key, in one command, which names no type."""
    last = {key: (given, value) for key, given, _, value in OF_TYPE}
    gives('all keys, no type', 'policy set ' + ' '.join(f'{key} {given}' for key, (given, _) in last.items()))
    now = all_shown()
    for name in TYPES:
        equal({key: now[name][1][key] for key in last}, {key: value for key, (_, value) in last.items()}, f'{name} has them')


def keys_of_the_namespace():
    first = all_shown()
    before = first[None][1]
    for key, given, text, value in OF_NAMESPACE:
        gives(f'{key} {given}', f'policy set {key} {given}')
        words, row = shown()
        equal((after(words, key), row[key]), (text, value), f'{key} {given} is shown as {text}')
        equal(row, {**before, key: value}, f'{key}: nothing else has changed')
        before = row
    equal({k: v for k, v in all_shown().items() if k}, {k: v for k, v in first.items() if k}, 'nor has a type')


def access():
    for given, text, row in (
            ('group 100', 'access group 100', {'access': 'group', 'group': {'min': 100, 'max': 100}}),
            ('group root', 'access group 0', {'access': 'group', 'group': {'min': 0, 'max': 0}}),
            ('group 100-65000', 'access group 100-65000', {'access': 'group', 'group': {'min': 100, 'max': 65000}}),
            ('capability net_raw', 'access capability net_raw', {'access': 'capability', 'capability': 'net_raw'}),
            ('capability 21', 'access capability sys_admin', {'access': 'capability', 'capability': 'sys_admin'}),
            ('all', 'access all', {'access': 'all'})):
        gives(f'access {given}', f'policy set type fixed access {given}')
        now = all_shown()
        words, got = now['fixed']
        ok(' '.join(words).startswith(f'type fixed {text} linger'), f'access {given} in text', words)
        equal({k: got[k] for k in ('access', 'group', 'capability') if k in got}, row, f'access {given} in JSON')
        equal({now[name][1]['access'] for name in TYPES[1:]}, {'all'}, 'other types are left alone')


def many_at_once():
    gives('keys of both kinds', 'policy set sessions 77 linger 33 abort on default-types fixed')
    now = {name: row for name, (_, row) in all_shown().items()}
    equal((now[None]['sessions'], {now[name]['linger'] for name in TYPES}, {now[name]['abort'] for name in TYPES}), (77, {33}, {True}),
          'all are set')
    gives('abbreviated', 'pol set ty non li 44 gr 5')
    row = shown('non-persistent')[1]
    equal((row['linger'], row['grace']), (44, 5), 'all are understood')
    lines = odmm('policy')[1].splitlines()
    Odmm().policy_set(linger=1, sessions=1, abort=0)
    for line in lines:
        gives('a line that was shown is given back', f'policy set {line}')
    equal(odmm('policy')[1].splitlines(), lines, 'all is as it was shown')


def works():
    """What is set is what counts."""
    gives('prefixes-max 1', 'policy set prefixes-max 1')
    ready(Odmm(), P, FIXED)
    code, _, err = odmm('prefix add 2001:db8:52::/64 dev lo type fixed')
    ok(code == 2 and err.startswith('Error: odmm: '), 'one prefix is all there may be', err)
    gives('access for a group', 'policy set type fixed access group 4711')
    who = {'user': 2001, 'group': 2001, 'extra_groups': []}
    code, _, err = odmm('setsc fixed', **who)
    ok(code == 2 and 'Permission denied' in err, 'who is not in the group may not', (code, err))
    equal(odmm('setsc fixed', user=2001, group=4711, extra_groups=[])[0], 0, 'who is in it may')


def secrets():
    gives_fixed = []
    with tempfile.TemporaryDirectory() as folder:
        file = f'{folder}/secret'
        gives('secret, made', ['policy', 'set', 'secret', file, 'create'])
        with open(file, encoding='ascii') as f:
            key = f.read()
        ok(len(key) == 33 and os.stat(file).st_mode & 0o777 == 0o600, '32 digits, for root alone', key)
        for _ in range(2):
            gives('secret, from the file', ['policy', 'set', 'secret', file, 'create'])
            gives_fixed.append(ready(Odmm(), P, FIXED))
            Odmm().prefix_del(P)
        gives('another secret', ['policy', 'set', 'secret', '/dev/stdin'], code=1, err='Error: /dev/stdin: not a secret: 32 hexadecimal digits '
              'are expected\n')
        ok(key.strip() not in ''.join(odmm(words)[1] for words in ('policy', '-j policy', 'debug-report')), 'nobody is told of it')
    equal(gives_fixed[0], gives_fixed[1], 'the same secret, the same address')


def refused():
    """By the kernel: nothing is changed."""
    before = odmm('policy')[1]
    for words, message in (
            ('linger 5 timeout 0', 'timeout is 1 to 2147483647 ms, or 4294967295 for no limit (attribute timeout): Numerical result out of range'),
            ('timeout 2147483648', 'timeout is 1 to 2147483647 ms, or 4294967295 for no limit (attribute timeout): Numerical result out of range'),
            ('requests-max 1048577', 'that may be at most 1048576 (attribute requests-max): Numerical result out of range'),
            ('linger 5 prefixes-max 1048577', 'that may be at most 1048576 (attribute prefixes-max): Numerical result out of range'),
            ('sessions 5 on-net-burst 0', 'integer out of range (attribute on-net-burst): Numerical result out of range'),
            ('on-net-rate 32768', 'integer out of range (attribute on-net-rate): Numerical result out of range'),
            ('access capability 41', 'integer out of range (attribute capability): Numerical result out of range'),
            ('type fixed access group 4294967295', 'no such group in this user namespace (attribute group): Invalid argument')):
        refuses(f'policy set {words}', f'policy set {words}', f'Error: odmm: {message}')
        equal(odmm('policy')[1], before, 'nothing has changed')
    equal(odmm('policy set linger 5', user=2001, group=2001, extra_groups=[]), (2, '', 'Error: odmm: Operation not permitted\n'), 'a plain user')
    equal(odmm('policy', user=2001, group=2001, extra_groups=[]), (0, before, ''), 'may look')


def command_line():
    before = odmm('policy')[1]
    for words, message in (
            ('set', 'command line is not complete: KEY is missing. Try "odmm policy help".'),
            ('set linger', 'command line is not complete: linger is missing. Try "odmm policy help".'),
            ('set linger soon', 'argument "soon" is wrong: not a number'), ('set abort yes', 'argument "yes" is wrong: on or off is expected'),
            ('set type fixed sessions 5', 'sessions is one for all types'), ('set linger 1 linger 2', 'linger is given twice'),
            ('frob', 'what is "frob"? Try "odmm policy help".'), ('show linger', 'what is "linger"? Try "odmm policy help".')):
        refuses(f'policy {words}', f'policy {words}', f'Error: {message}', 1)
    equal(odmm('policy')[1], before, 'nothing has changed')


def elsewhere():
    """Each namespace has its own."""
    peer, before = netns.Netns(), odmm('policy')[1]
    gives('in another namespace', f'-n {peer.path} policy set linger 123')
    equal(odmm('policy')[1], before, 'here nothing has changed')
    with peer.inside():
        equal([row.get('linger') for row in rows('policy')], [None] + 4 * [123], 'but there')


def rfc5014():
    if odmm('policy set rfc5014 on')[0]:
        refuses('rfc5014, which this kernel cannot', 'policy set rfc5014 on',
                'Error: odmm: this kernel cannot probe setsockopt() (attribute rfc5014): Operation not supported')
        return
    equal((after(shown()[0], 'rfc5014'), shown()[1]['rfc5014']), ('on', True), 'rfc5014 on')
    gives('rfc5014 off', 'policy set rfc5014 off')
    equal((after(shown()[0], 'rfc5014'), shown()[1]['rfc5014']), ('off', False), 'rfc5014 off')


run(at_first, keys_of_a_type, keys_of_all_types, keys_of_the_namespace, access, many_at_once, works, secrets, refused, command_line, elsewhere, rfc5014)
