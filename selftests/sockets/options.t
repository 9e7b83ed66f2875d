#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Each option on each kind of socket, good and bad, from a 64-bit and from a 32-bit program."""
import ipaddress
import os
import shlex
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '../lib'))
import netlink
import odmm
import tap

CLIENTS = [os.path.join(HERE, '../../build/selftests', name) for name in ('client64', 'client32')]
KINDS = ('tcp', 'udp', 'raw', 'ping')
PREFIX = '2001:db8:51::/64'
NAMES = {'type': 4, 'flags': 4, 'timeout': 4, 'addr': 16, 'status': 64}


def clients(kind, operations):
    """What each program prints; they run at the same time."""
    words = [word for operation in operations for word in shlex.split(operation)]
    running = [subprocess.Popen([program, kind, *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
               for program in CLIENTS]
    return [program.communicate()[0].splitlines() for program in running]


def plain(line):
    """An empty argument leaves no trace but spaces."""
    return ' '.join(line.replace("''", '').split()).replace(' :', ':')


def expect(kind, text, *steps):
    """Two points: what both programs print is "operation: result" for each step; a result of None is no result."""
    want = [plain(operation + (f': {result}' if result else '')) for operation, result in steps]
    for program, got in zip(CLIENTS, clients(kind, [operation for operation, _ in steps])):
        tap.equal([plain(line) for line in got], want, f'{kind}, {os.path.basename(program)}: {text}')


def u32(*values):
    return b''.join((value & 0xffffffff).to_bytes(4, 'little') for value in values).hex()


def in6(address):
    return ipaddress.IPv6Address(address).packed.hex()


def each_kind(test):
    for kind in KINDS:
        test(kind)


def test_layout():
    expect('udp', 'layout of the structs', (
        'layout', 'status 64 0 4 8 12 16 20 24 28 32 48 setsc 32 0 4 8 12 16'))


def test_defaults():
    each_kind(lambda kind: expect(
        kind, 'a socket that has not asked',
        ('get type 4', 'ok 4 ' + u32(0)), ('get flags 4', 'ok 4 ' + u32(0)), ('get timeout 4', 'ok 4 ' + u32(0)),
        ('get addr 16', 'EINVAL'), ('get status 64', 'ok 64 ' + u32(64) + 60 * '00'),
        # Only asked for: still nothing wanted, and so nothing can be got.
        ('set type 0', 'ok'), ('get addr 16', 'EINVAL'), ('get status 64', 'ok 64 ' + u32(64) + 60 * '00')))


def values_kept(name, values):
    steps = []
    for value in values:
        steps += [(f'set {name} {value}', 'ok'), (f'get {name} 4', 'ok 4 ' + u32(value))]
    return steps


def test_round_trips():
    def one(kind):
        expect(kind, 'types, flags and timeouts are kept', *values_kept('type', (1, 2, 3, 4, 0, 4)),
               *values_kept('flags', (0x10000, 0x20000, 0x40000, 0x70000, 0)), *values_kept('timeout', (1, -1, 30000, 0x7fffffff, 0)))
        expect(kind, 'the three are told by the status',
               ('set type 3', 'ok'), ('set flags 0x30000', 'ok'), ('set timeout 77', 'ok'),
               ('status', 'ok 64 size 64 type 3 flags 0x30000 state 0 error 0 ifindex 0 valid 0 preferred 0 addr :: replacement ::'))
    each_kind(one)


def values_refused(name, good, values):
    steps = [(f'set {name} {good}', 'ok')] + [(f'set {name} {value}', 'EINVAL') for value in values]
    return steps + [(f'get {name} 4', 'ok 4 ' + u32(good))]


def unknown_flags():
    return [1 << bit for bit in range(32) if not 1 << bit & 0x70000] + [0x30001, 0x90000, -1]


def test_bad_values():
    def one(kind):
        expect(kind, 'reserved types, unknown flags and timeouts below -1 change nothing',
               *values_refused('type', 2, (5, 6, 7, 8, 255, 0x102, 0x10002, -1, 0x7fffffff, -0x80000000)),
               *values_refused('flags', 0x10000, unknown_flags()),
               *values_refused('timeout', 5, (-2, -1000, -0x80000000)))
    each_kind(one)


def test_set_lengths():
    def steps(name):
        return ((f'setraw {name} {u32(0x10000 if name == "flags" else 2)}', 'ok'),
                *((f"setraw {name} {'00' * n or repr('')}", 'EINVAL') for n in range(4)),
                # As with other options of this level, what is past the int is not looked at.
                (f'setraw {name} {u32(0)}ff', 'ok'), (f'setraw {name} {u32(0, -1)}', 'ok'),
                (f'get {name} 4', 'ok 4 ' + u32(0)))

    each_kind(lambda kind: expect(
        kind, 'lengths of set', *steps('type'), *steps('flags'), *steps('timeout'),
        *((f'setraw {name} {"00" * 64}', 'ENOPROTOOPT') for name in ('addr', 'status', 'setsc'))))


def test_get_lengths(address):
    status = u32(64, 2, 0, 2, 0, 1, -1, -1) + in6(address) + 16 * '00'

    def one(kind):
        start = [('set type 2', 'ok'), ('get addr 16', 'ok 16 ' + in6(address))]
        ints = []
        for name in ('type', 'flags', 'timeout'):
            ints += [(f'get {name} {n}', 'EINVAL') for n in range(4)]
            ints += [(f'get {name} {n}', 'ok 4 ' + u32(2 if name == 'type' else 0)) for n in (4, 5, 8, 200)]
        expect(kind, 'type, flags, timeout: lengths of get', *start, *ints)
        expect(kind, 'addr: lengths of get', *start, *((f'get addr {n}', 'EINVAL') for n in (0, 4, 15)),
               *((f'get addr {n}', 'ok 16 ' + in6(address)) for n in (16, 17, 28, 200)))
        expect(kind, 'status: lengths of get', *start, *((f'get status {n}', 'EINVAL') for n in range(4)),
               *((f'get status {n}', f'ok {min(n, 64)} ' + status[:2 * n]) for n in (4, 5, 8, 40, 63, 64, 65, 200, 4096)))
        expect(kind, 'a negative length', *start, *((f'getneg {name}', 'EINVAL') for name in (*NAMES, 'setsc')))
    each_kind(one)


def setsc_ok(address, wanted=2, flags='0', timeout=0):
    return f'ok 32 type {wanted} flags {flags} timeout {timeout} reserved 0 addr {address}'


def test_setsc(address):
    def one(kind):
        expect(kind, 'setsc() in one call',
               ('setsc 2 0 0', setsc_ok(address)), ('setsc 2 0 0', setsc_ok(address)),
               ('setsc 2 0 -1', setsc_ok(address, timeout=-1)),
               ('setsc 2 0 0x7fffffff', setsc_ok(address, timeout=0x7fffffff)),
               ('get type 4', 'ok 4 ' + u32(2)), ('get timeout 4', 'ok 4 ' + u32(0x7fffffff)),
               ('get addr 16', 'ok 16 ' + in6(address)),
               ('status', 'ok 64 size 64 type 2 flags 0 state 2 error 0 ifindex 1 valid 4294967295 preferred 4294967295 '
                f'addr {address} replacement ::'))
        expect(kind, 'setsc() of nobody\'s type', ('setsc 1 0 0', 'EOPNOTSUPP'), ('get type 4', 'ok 4 ' + u32(1)))
    each_kind(one)


def test_setsc_refused(address):
    def one(kind):
        bad = [f'setsc {t} 0 0' for t in (0, 5, 6, 7, -1, 0x7fffffff, 0x102)]
        bad += [f'setsc 2 {f} 0' for f in unknown_flags()]
        bad += [f'setsc 2 0 {t}' for t in (-2, -0x80000000)]
        bad += [f'setscraw 32 {u32(2, 0, 0, r)}' for r in (1, 0x100, -1)]
        bad += [f'setscraw {n} {u32(2)}' for n in (0, 4, 16, 31)]
        bad += [f'setscraw {n} {u32(2, 0, 0, 0, *6 * [0])[:2 * (n - 1)]}{"00" * (n - 41)}01' for n in (33, 36, 40)]
        expect(kind, 'bad arguments of setsc() change nothing', ('set type 3', 'ok'), ('set timeout 9', 'ok'),
               *((operation, 'EINVAL') for operation in bad),
               ('get type 4', 'ok 4 ' + u32(3)), ('get flags 4', 'ok 4 ' + u32(0)), ('get timeout 4', 'ok 4 ' + u32(9)))
        expect(kind, 'a longer argument of setsc() with zeros',
               *((f'setscraw {n} {u32(2)}', setsc_ok(address)) for n in (32, 33, 36, 40, 64, 4000)))
        expect(kind, 'the last byte of a long argument counts', (f'setscraw 4000 {u32(2)}{"00" * 3995}01', 'EINVAL'))
    each_kind(one)


def test_pointers(address):
    def one(kind):
        good = [('set type 2', 'ok'), ('get type 4', 'ok 4 ' + u32(2)), ('get addr 16', 'ok 16 ' + in6(address)),
                ('get status 8', 'ok 8 ' + u32(64, 2)), ('setsc 2 0 0', setsc_ok(address))]
        expect(kind, 'buffers at odd places, and at the end of what is mapped', ('place odd', None), *good, ('place edge', None), *good)
        gets = [(f'get {name} {size}', 'EFAULT') for name, size in NAMES.items()]
        sets = [(f'set {name} 0', 'EFAULT') for name in ('type', 'flags', 'timeout')]
        bad = [*sets, *gets, ('setsc 3 0 0', 'EFAULT')]
        expect(kind, 'buffers that are not there, and those whose last byte is not', ('set type 2', 'ok'), ('place fault', None), *bad,
               ('place short', None), *bad, ('place aligned', None), ('get type 4', 'ok 4 ' + u32(2)))
        expect(kind, 'buffers that are read-only', ('place readonly', None), ('set type 2', 'ok'), ('set flags 0', 'ok'),
               ('set timeout 1', 'ok'), *gets, ('setsc 2 0 0', 'EFAULT'))
        expect(kind, 'a length that cannot be read', *((f'getbadlen {name}', 'EFAULT') for name in (*NAMES, 'setsc')))
    each_kind(one)


def test_nonblocking_words():
    """EINPROGRESS, EALREADY and what the status says of it; the same on each kind, by each program."""
    nl = netlink.Odmm()
    nl.claim(odmm.NONPERSISTENT)
    each_kind(lambda kind: expect(
        kind, 'asking without waiting', ('nonblock', None), ('set type 3', 'ok'), ('get addr 16', 'EINPROGRESS'),
        ('get addr 16', 'EALREADY'), ('setsc 3 0 0', 'EALREADY'),
        ('status', 'ok 64 size 64 type 3 flags 0 state 1 error 0 ifindex 0 valid 0 preferred 0 addr :: replacement ::'),
        ('set type 0', 'ok'),
        ('status', 'ok 64 size 64 type 0 flags 0 state 0 error 0 ifindex 0 valid 0 preferred 0 addr :: replacement ::'),
        ('setsc 3 0 0', 'EINPROGRESS')))


def with_prefix(test):
    def run():
        test(odmm.ready(netlink.Odmm(), PREFIX, odmm.SESSION))
    run.__name__ = test.__name__
    return run


tap.run(test_layout, test_defaults, test_round_trips, test_bad_values, test_set_lengths, with_prefix(test_get_lengths),
        with_prefix(test_setsc), with_prefix(test_setsc_refused), with_prefix(test_pointers), test_nonblocking_words)
