#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Malformed messages: each is refused with an errno and the attribute or the words that say why, and changes nothing."""
import os
import socket
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../lib'))

# pylint: disable=wrong-import-position
import netlink as N
from memory import unreclaimable
from netlink import NLM_F_DUMP, attr, encode
from odmm import FIXED, GRACEFUL, NONPERSISTENT, ON_NET, get_addr, ready, wanting
from probe import HEADERS, Probe, number_of, offset_of, snapshot
from tap import equal, ok, outcome, run, wait_for

HELD, FREE, NEW = '2001:db8:a::/64', '2001:db8:b::/64', '2001:db8:c::/64'
NESTED = 0x8000
EADDRNOTAVAIL = 99


# What policy-set takes for the namespace, and for a type.
OF_NAMESPACE = {'secret': bytes(range(16)), 'sessions': 9, 'pending': 8, 'held': 7, 'on_net_rate': 6, 'on_net_burst': 5,
                'requests_max': 100, 'prefixes_max': 100, 'default_types': 4, 'rfc5014': 0}
OF_TYPE = {'type': 2, 'access': 1, 'gid_min': 1, 'gid_max': 2, 'capability': 1, 'linger': 20, 'grace': 3, 'max_age': 4, 'max_bytes': 5,
           'timeout': 6000, 'abort': 1, 'share_uid': 1}


class Op:
    """An operation with attributes that it would take; and others that it takes at other times."""

    def __init__(self, name, command, table, needs, may=None, dump=False, other=()):
        self.name, self.command, self.table, self.needs, self.may, self.dump = name, command, table, needs, may or {}, dump
        self.other = other

    def values(self):
        return {**self.needs, **self.may}

    def payload(self, **values):
        return encode(self.table, values or self.values())

    def foreign(self):
        """Names of the attributes of the set that the operation has nothing to do with."""
        return [entry.split()[0] for entry in self.table if entry.split()[0] not in [*self.values(), *self.other]]


def network(prefix):
    return {'prefix': prefix.split('/')[0], 'len': int(prefix.split('/')[1])}


def operations(place):
    """In an order in which all of them can be carried out in the end."""
    lo = socket.if_nametoindex('lo')
    held = network(HELD)
    return [
        Op('prefix-get', N.PREFIX_GET, N.PREFIX, held, dump=True),
        Op('prefix-add', N.PREFIX_ADD, N.PREFIX, {**network(NEW), 'type': GRACEFUL, 'ifindex': lo},
           {'home': lo, 'flags': 0, 'origin': 'test', 'valid_lft': 1000, 'preferred_lft': 500, 'cookie': place.request}),
        Op('prefix-change', N.PREFIX_CHANGE, N.PREFIX, held, {'ifindex': lo, 'valid_lft': 1000, 'preferred_lft': 500}),
        Op('prefix-withdraw', N.PREFIX_WITHDRAW, N.PREFIX, held, {'grace': 1000, 'force': True}),
        Op('prefix-del', N.PREFIX_DEL, N.PREFIX, held, {'force': True}),
        Op('request-get', N.REQUEST_GET, N.REQUEST, {'cookie': place.other}, dump=True),
        Op('request-accept', N.REQUEST_ACCEPT, N.REQUEST, {}, {'cookie': place.other}),
        Op('request-done', N.REQUEST_DONE, N.REQUEST, {'cookie': place.other, 'error': EADDRNOTAVAIL}),
        Op('agent-get', N.AGENT_GET, N.AGENT, {'id': place.claim}, dump=True),
        Op('agent-claim', N.AGENT_CLAIM, N.AGENT, {'types': 1 << NONPERSISTENT}, {'ifindex': [lo], 'name': 'tea'}),
        Op('session-get', N.SESSION_GET, N.SESSION, {'id': place.session}, dump=True),
        Op('stats-get', N.STATS_GET, N.STATS, {}),
        Op('policy-get', N.POLICY_GET, N.POLICY, {}, {'type': 2}, dump=True),
        Op('policy-set', N.POLICY_SET, N.POLICY, {}, OF_NAMESPACE, other=OF_TYPE),
        Op('policy-set of a type', N.POLICY_SET, N.POLICY, {}, OF_TYPE, other=OF_NAMESPACE),
    ]


class Place:
    """A namespace with one of everything, so that a message that gets through would do harm."""

    def __init__(self):
        self.nl, self.agent = Probe(), Probe()
        ready(self.nl, HELD, FIXED)
        ready(self.nl, FREE, NONPERSISTENT)
        self.claim = self.agent.claim(GRACEFUL, name='agent')
        self.sockets = [wanting(FIXED), wanting(GRACEFUL, flags=ON_NET, blocking=False), wanting(GRACEFUL, flags=ON_NET, blocking=False)]
        for s in self.sockets:
            outcome(get_addr, s)
        self.request, self.other = [r['cookie'] for r in self.nl.requests()]
        self.session = [s['id'] for s in self.nl.sessions() if s['type'] == FIXED][0]
        self.identifier = self.fixed_identifier()
        self.before = snapshot(self.nl)

    def fixed_identifier(self):
        """What the secret, which nobody can read, does to a prefix."""
        address = ready(self.nl, NEW, FIXED)
        self.nl.prefix_del(NEW)
        return address

    def unchanged(self, point):
        after = snapshot(self.nl)
        changed = {k: (v, after[k]) for k, v in self.before.items() if v != after[k]}
        equal(changed, {}, f'{point}: nothing changed')
        if point.startswith('policy-set'):
            equal(self.fixed_identifier(), self.identifier, f'{point}: nor has the secret')


def refusals(nl, point, command, cases, flags=0):
    """One point for many messages: (what, payload, errnos, offset of the bad attribute)."""
    wrong = []
    for what, payload, errors, bad in cases:
        got = nl.verdict(command, payload, flags)
        if got.error not in errors.split() or got.bad != bad or not got.text:
            wrong.append(f'{what}: {got}, expected {errors} about the attribute at {bad}')
    ok(not wrong and cases, f'{point} ({len(cases)} messages)', '\n'.join(wrong))


def for_each_operation(test):
    place = Place()
    for op in operations(place):
        test(place, op)
        place.unchanged(op.name)


def missing_attributes():
    for_each_operation(_missing)


def _missing(place, op):
    for name in op.needs:
        if op.name == 'request-accept':
            continue
        values = {k: v for k, v in op.values().items() if k != name}
        got = place.nl.verdict(op.command, op.payload(**values) if values else b'')
        equal((got.error, got.missing), ('EINVAL', number_of(op.table, name)), f'{op.name}: without {name}')


def nothing_to_set():
    """A policy-set may name what it likes, but something."""
    place = Place()
    for what, values in (('nothing', {}), ('only a type', {'type': FIXED})):
        got = place.nl.verdict(N.POLICY_SET, encode(N.POLICY, values))
        equal(got[:4], ('EINVAL', 'odmm: nothing to set', None, None), f'policy-set: {what}')
    place.unchanged('policy-set of nothing')


def wrong_lengths():
    for_each_operation(_wrong_lengths)


def _resized(kind, value):
    """Values of other lengths, with the errors that they may give."""
    if kind == 'in6' or (kind == 'raw' and value):
        return [(bytes(n), 'ERANGE') for n in (0, 1, 15, 17, 32, 4000)]
    if kind == 'flag':
        return [(bytes(n), 'ERANGE') for n in (1, 4)]
    if kind == 'string':
        return [(b'', 'EINVAL ERANGE'), (b'no end', 'EINVAL'), (b'x' * 16 + b'\0', 'EINVAL ERANGE'), (b'x' * 4000 + b'\0', 'EINVAL ERANGE')]
    right = 8 if kind == 'u64' else 4
    return [(b'\1' * n, 'EINVAL') for n in (0, 1, 2, 3, 4, 5, 7, 8, 9, 12, 16, 4000) if n != right]


def _wrong_lengths(place, op):
    cases = []
    for number, entry in enumerate(op.table, 1):
        name, kind = entry.split()
        if name not in op.values():
            continue
        rest = op.payload(**{k: v for k, v in op.values().items() if k != name}) if len(op.values()) > 1 else b''
        for data, errors in _resized(kind, op.values()[name]):
            cases.append((f'{name} of {len(data)} bytes', rest + attr(number, data), errors, HEADERS + len(rest)))
    if cases:
        refusals(place.nl, f'{op.name}: wrong lengths', op.command, cases)
    if op.dump:
        refusals(place.nl, f'{op.name}: wrong lengths in a dump', op.command, cases, NLM_F_DUMP)


RANGES = {
    'len': ('ERANGE', [0, 1, 15, 65, 127, 128, 129, 0xffffffff]),
    'type': ('ERANGE', [0, 5, 6, 7, 8, 255, 0xffffffff]),
    'ifindex': ('ERANGE', [0]),
    'home': ('ERANGE', [0]),
    'flags': ('EINVAL', [4, 8, 0x10000, 0x80000000, 0xffffffff]),
    'valid_lft': ('ERANGE', [0]),
    'error': ('ERANGE', [0, 4096, 0x7fffffff, 0xffffffff]),
    'types': ('ERANGE', [0, 1, 31, 32, 64, 0xffffffff]),
    'access': ('ERANGE', [3, 4, 0xffffffff]),
    'capability': ('ERANGE', [41, 63, 64, 0xffffffff]),
    'timeout': ('ERANGE', [0, 0x80000000, 0xfffffffe]),
    'abort': ('ERANGE', [2, 0xffffffff]),
    'share_uid': ('ERANGE', [2, 0xffffffff]),
    'on_net_rate': ('ERANGE', [32768, 0xffffffff]),
    'on_net_burst': ('ERANGE', [0, 32768, 0xffffffff]),
    'requests_max': ('ERANGE', [1048577, 0xffffffff]),
    'prefixes_max': ('ERANGE', [1048577, 0xffffffff]),
    'default_types': ('ERANGE', [31, 32, 0x80000000, 0xffffffff]),
    'rfc5014': ('ERANGE', [2, 0xffffffff]),
}


def out_of_range():
    for_each_operation(_out_of_range)


def _out_of_range(place, op):
    cases = []
    for name in op.values():
        if name not in RANGES:
            continue
        errors, values = RANGES[name]
        for value in values:
            changed = {**op.values(), name: [value] if isinstance(op.values()[name], list) else value}
            cases.append((f'{name} {value:#x}', op.payload(**changed), errors, offset_of(op.table, changed, name)))
    if cases:
        refusals(place.nl, f'{op.name}: out of range', op.command, cases)


def strange_attributes():
    for_each_operation(_strange)


def _foreign(kind):
    return {'u32': bytes(4), 'list': b'\1\0\0\0', 'u64': bytes(8), 'in6': bytes(16), 'string': b'x\0'}.get(kind, b'')


def _strange(place, op):
    payload, end = op.payload() if op.values() else b'', HEADERS + (len(op.payload()) if op.values() else 0)
    cases = [(f'number {n}', payload + attr(n, bytes(4)), 'EINVAL', end) for n in (0, len(op.table) + 1, 100, 0x3fff)]
    for name in op.foreign():
        number = number_of(op.table, name)
        data = _foreign(op.table[number - 1].split()[1])
        cases.append((f'foreign {name}', payload + attr(number, data), 'EINVAL', end))
    refusals(place.nl, f'{op.name}: unknown attributes and those of other operations', op.command, cases)
    if op.dump:
        refusals(place.nl, f'{op.name}: the same in a dump', op.command, cases, NLM_F_DUMP)


def nested_flag():
    for_each_operation(_nested)


def _nested(place, op):
    cases = []
    for name in op.values():
        number = number_of(op.table, name)
        values = {k: v for k, v in op.values().items() if k != name}
        rest = encode(op.table, values)
        data = encode(op.table, {name: op.values()[name]})[4:]
        data = data[:16] if op.table[number - 1].split()[1] == 'in6' else data
        cases.append((name, rest + attr(number | NESTED, data), 'EINVAL', HEADERS + len(rest)))
    if cases:
        refusals(place.nl, f'{op.name}: an attribute that says it is a nest', op.command, cases)


def truncated():
    for_each_operation(_truncated)


def _truncated(place, op):
    """Cut within the last attribute; then the length in the header of an attribute, of the message."""
    nl, payload = place.nl, op.payload() if op.values() else attr(1, bytes(4))
    last = encode(op.table, dict([max(op.values().items(), key=lambda v: number_of(op.table, v[0]))])) if op.values() else payload
    wrong = []
    for cut in range(1, len(last)):
        got = nl.verdict(op.command, payload[:-cut])
        if got.error != 'EINVAL' or not got.text:
            wrong.append(f'{cut} bytes cut off: {got}')
    for length in (0, 1, 2, 3, len(last) + 4, 0xffff):
        got = nl.verdict(op.command, payload[:-len(last)] + struct.pack('=H', length) + last[2:])
        if got.error != 'EINVAL' or not got.text:
            wrong.append(f'attribute of length {length}: {got}')
    ok(not wrong, f'{op.name}: cut off in an attribute', '\n'.join(wrong))

    wrong = []
    for length in (0, 1, 2, 3):
        nl.sock.send(nl.message(struct.pack('=BBH', op.command, 1, 0)[:length]))
        got = nl.answer()
        if got.error != 'EINVAL':
            wrong.append(f'generic header of {length} bytes: {got}')
    ok(not wrong, f'{op.name}: cut off in its header', '\n'.join(wrong))


def lies_about_the_length():
    """A message that claims to be longer than the datagram, or shorter than its header, is no message: no answer, no harm."""
    place = Place()
    nl = place.nl
    for op in operations(place):
        for length in (0, 15, 65536, 0xffffffff):
            body = struct.pack('=BBH', op.command, 1, 0) + (op.payload() if op.values() else b'')
            nl.sock.send(nl.message(body, length=length))
            got = nl.verdict(N.STATS_GET)
            if got.error != 'ok':
                ok(False, f'{op.name}: length {length} leaves the socket usable', got)
        place.unchanged(f'{op.name} in a message of a false length')


def huge():
    place = Place()
    nl, lo = place.nl, socket.if_nametoindex('lo')
    many = encode(N.AGENT, {'types': 2, 'ifindex': [lo] * 10000})
    got = nl.verdict(N.AGENT_CLAIM, many)
    equal((got.error, got.text, got.bad), ('E2BIG', 'odmm: claim names more than 64 interfaces', HEADERS + 8 + 8 * 64),
          'claim of 10,000 interfaces')
    origin = attr(number_of(N.PREFIX, 'origin'), b'x' * 65000 + b'\0')
    got = nl.verdict(N.PREFIX_ADD, operations(place)[1].payload() + origin)
    ok(got.error in ('EINVAL', 'ERANGE') and got.bad, 'an origin of 65,000 bytes', got)
    again = attr(number_of(N.PREFIX, 'len'), struct.pack('=I', 65)) * 20000
    got = nl.verdict(N.PREFIX_DEL, encode(N.PREFIX, network(HELD)) + again)
    equal((got.error, got.bad), ('ERANGE', HEADERS + 28), '20,000 prefix lengths')
    equal(outcome(nl.sock.send, nl.message(bytes(8 << 20))), 'EMSGSIZE', 'a message of 8 MiB')
    place.unchanged('huge messages')


def wrong_commands():
    place = Place()
    nl = place.nl
    for command in (0, N.PREFIX_NTF, N.REQUEST_NTF, N.AGENT_NTF, N.PREFIX_WITHDRAW + 1, 255):
        equal(nl.verdict(command).error, 'EOPNOTSUPP', f'command {command}')
    for op in operations(place):
        if not op.dump:
            equal(nl.verdict(op.command, op.payload() if op.values() else b'', NLM_F_DUMP).error, 'EOPNOTSUPP', f'dump of {op.name}')
    place.unchanged('wrong commands')


def module_users():
    with open('/sys/module/odmm/refcnt', encoding='ascii') as f:
        return int(f.read())


def no_leak():
    """Refusals that come after something was allocated."""
    place = Place()
    nl, rounds = place.nl, 1500
    new, lo = {**network(NEW), 'type': FIXED, 'ifindex': socket.if_nametoindex('lo')}, socket.if_nametoindex('lo')
    messages = [
        (N.PREFIX_ADD, encode(N.PREFIX, {**new, 'home': 9999})), (N.PREFIX_ADD, encode(N.PREFIX, {**new, 'cookie': place.request})),
        (N.PREFIX_GET, encode(N.PREFIX, network(NEW))), (N.REQUEST_GET, encode(N.REQUEST, {'cookie': 9999})),
        (N.REQUEST_ACCEPT, encode(N.REQUEST, {'cookie': 9999})), (N.AGENT_CLAIM, encode(N.AGENT, {'types': 2, 'ifindex': [lo, 9999]})),
        (N.AGENT_GET, encode(N.AGENT, {'id': 9999})), (N.SESSION_GET, encode(N.SESSION, {'id': 9999})),
        (N.PREFIX_WITHDRAW, encode(N.PREFIX, network(NEW))), (N.POLICY_SET, encode(N.POLICY, {'gid_min': 2, 'gid_max': 1}))]
    for command, payload in messages:
        nl.verdict(command, payload)
    users, before = module_users(), unreclaimable()
    passed = {command for _ in range(rounds) for command, payload in messages if nl.verdict(command, payload).error == 'ok'}
    equal(passed, set(), f'{rounds} times refused')
    # The least that could be lost each time is an object of 32 bytes; what else goes on takes some, and gives it back.
    ok(wait_for(lambda: unreclaimable() < before + rounds * len(messages) * 32 // 1024, 'memory to be freed'), 'no memory is lost')
    equal(module_users(), users, 'nobody holds the module')
    place.unchanged('after all that')


def carried_out():
    """The messages that the other tests make wrong would have done something."""
    place = Place()
    for op in operations(place):
        equal(place.nl.verdict(op.command, op.payload() if op.values() else b'').error, 'ok', f'{op.name}: right, it is carried out')
    ok(snapshot(place.nl) != place.before, 'and something has changed')


run(missing_attributes, nothing_to_set, wrong_lengths, out_of_range, strange_attributes, nested_flag, truncated, lies_about_the_length, huge,
    wrong_commands, no_leak, carried_out)
