#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""What the running kernel says of the family (CTRL_CMD_GETFAMILY, CTRL_CMD_GETPOLICY) against the YAML specification."""
import os
import struct
import sys

import yaml

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, '../lib'))

# pylint: disable=wrong-import-position
from netlink import CTRL_ATTR_FAMILY_ID, GENL_HEADER, GENL_ID_CTRL, NETLINK_GENERIC, NLM_F_DUMP, Odmm, Socket, attr, attrs
from tap import equal, run

CTRL_CMD_GETFAMILY, CTRL_CMD_GETPOLICY = 3, 10
FAMILY_NAME, VERSION, HDRSIZE, OPS, MCAST_GROUPS, POLICY, OP_POLICY = 2, 3, 4, 6, 7, 8, 9
OP_ID, OP_FLAGS = 1, 2
GROUP_NAME = 1
CAP_DO, CAP_DUMP, HAS_POLICY, UNS_ADMIN_PERM = 2, 4, 8, 0x10
POLICY_DO, POLICY_DUMP = 1, 2
TYPE, MIN_VALUE_U, MAX_VALUE_U, MIN_LENGTH, MAX_LENGTH, MASK = 1, 4, 5, 6, 7, 12
KERNEL_TYPES = {'flag': 1, 'u32': 4, 'u64': 5, 'binary': 10, 'string': 12}

with open(os.path.join(here, '../../Documentation/netlink/specs/odmm.yaml'), encoding='utf-8') as f:
    SPEC = yaml.safe_load(f)
SETS = {s['name']: {a['name']: {**a, 'number': n} for n, a in enumerate(s['attributes'], 1)} for s in SPEC['attribute-sets']}
OPERATIONS = {o['name']: {**o, 'number': n} for n, o in enumerate(SPEC['operations']['list'], 1)}


def number(data):
    return int.from_bytes(data, 'little')


def text(data):
    return data.rstrip(b'\0').decode()


def family():
    control = Socket(NETLINK_GENERIC)
    payload = GENL_HEADER.pack(CTRL_CMD_GETFAMILY, 1, 0) + attr(FAMILY_NAME, b'odmm\0')
    return dict(attrs(control.ask(GENL_ID_CTRL, payload)[0][GENL_HEADER.size:]))


def policies():
    """Policies by number: attribute to its properties; and for each operation the numbers for do and dump."""
    control = Socket(NETLINK_GENERIC)
    payload = GENL_HEADER.pack(CTRL_CMD_GETPOLICY, 1, 0) + attr(CTRL_ATTR_FAMILY_ID, struct.pack('=H', Odmm().family))
    tables, of = {}, {}
    for answer in control.ask(GENL_ID_CTRL, payload, NLM_F_DUMP):
        values = dict(attrs(answer[GENL_HEADER.size:]))
        for index, table in attrs(values.get(POLICY, b'')):
            for attribute, properties in attrs(table):
                tables.setdefault(index, {})[attribute] = {k: number(v) for k, v in attrs(properties)}
        for op, numbers in attrs(values.get(OP_POLICY, b'')):
            of[op] = {k: number(v) for k, v in attrs(numbers)}
    return tables, of


def is_notification(op):
    return 'notify' in op


def of_the_family():
    values = family()
    equal(text(values[FAMILY_NAME]), SPEC['name'], 'name')
    equal(number(values[VERSION]), [d['value'] for d in SPEC['definitions'] if d['name'] == 'genl-version'][0], 'version')
    equal(number(values[HDRSIZE]), 0, 'no header of its own')
    names = [text(dict(attrs(group))[GROUP_NAME]) for _, group in attrs(values[MCAST_GROUPS])]
    equal(names, [group['name'] for group in SPEC['mcast-groups']['list']], 'multicast groups')


def flags_of(op):
    flags = CAP_DO if 'do' in op else 0
    flags |= CAP_DUMP if 'dump' in op else 0
    return flags | (UNS_ADMIN_PERM if 'uns-admin-perm' in op.get('flags', []) else 0)


def of_the_operations():
    found = {}
    for _, op in attrs(family()[OPS]):
        values = {k: number(v) for k, v in attrs(op)}
        found[values[OP_ID]] = values[OP_FLAGS]
    wanted = {op['number']: flags_of(op) for op in OPERATIONS.values() if not is_notification(op)}
    equal(sorted(found), sorted(wanted), 'numbers of the operations')
    for name, op in OPERATIONS.items():
        if not is_notification(op):
            equal(found.get(op['number'], 0) & ~HAS_POLICY, wanted[op['number']], f'{name}: do, dump and rights')


def changes_need_rights():
    """The specification itself: all but gets."""
    for name, op in OPERATIONS.items():
        if not is_notification(op):
            equal('uns-admin-perm' in op.get('flags', []), not name.endswith('-get'), f'{name}: who may')


def wanted_policy(attribute):
    checks = attribute.get('checks', {})
    wanted = {TYPE: KERNEL_TYPES[attribute['type']]}
    if attribute['type'] == 'u32' and attribute.get('enum-as-flags'):
        flags = [d for d in SPEC['definitions'] if d['name'] == attribute['enum']][0]
        wanted[MASK] = (1 << len(flags['entries'])) - 1
    elif attribute['type'] in ('u32', 'u64'):
        wanted[MIN_VALUE_U] = checks.get('min', 0)
        wanted[MAX_VALUE_U] = checks.get('max', 0xffffffff if attribute['type'] == 'u32' else 0xffffffffffffffff)
    if 'exact-len' in checks:
        wanted[MIN_LENGTH] = wanted[MAX_LENGTH] = checks['exact-len']
    if 'max-len' in checks:
        wanted[MAX_LENGTH] = checks['max-len']
    return wanted


def of_the_policies():
    tables, of = policies()
    for name, op in OPERATIONS.items():
        if is_notification(op):
            continue
        attributes = SETS[op['attribute-set']]
        asked = [attributes[a] for a in op['do'].get('request', {}).get('attributes', []) if attributes[a]['type'] != 'pad']
        wanted = {a['number']: wanted_policy(a) for a in asked}
        numbers = of.get(op['number'], {})
        equal(set(numbers), {POLICY_DO} | ({POLICY_DUMP} if 'dump' in op else set()), f'{name}: has a policy for each way to call it')
        for way, index in numbers.items():
            got = {a: {k: v for k, v in properties.items() if k in (TYPE, MIN_VALUE_U, MAX_VALUE_U, MIN_LENGTH, MAX_LENGTH, MASK)}
                   for a, properties in tables.get(index, {}).items()}
            equal(got, wanted, f"{name}: policy to {'do' if way == POLICY_DO else 'dump'}")


def numbers_of_our_tables():
    """The tables that these tests themselves work with."""
    import netlink      # pylint: disable=import-outside-toplevel
    kinds = {'u32': ('u32',), 'u64': ('u64',), 'flag': ('flag',), 'string': ('string',), 'binary': ('in6', 'raw'), 'pad': ('raw',)}
    for name, table in (('prefix', netlink.PREFIX), ('request', netlink.REQUEST), ('agent', netlink.AGENT), ('session', netlink.SESSION),
                        ('stats', netlink.STATS), ('policy', netlink.POLICY)):
        ours = [entry.split() for entry in table]
        equal([n.replace('_', '-') for n, _ in ours], list(SETS[name]), f'attributes of {name}')
        wrong = [n for (n, kind), a in zip(ours, SETS[name].values()) if kind not in kinds[a['type']] and not a.get('multi-attr')]
        equal(wrong, [], f'kinds of {name}')
    for name, op in OPERATIONS.items():
        equal(getattr(netlink, name.upper().replace('-', '_')), op['number'], f'number of {name}')


run(of_the_family, of_the_operations, changes_need_rights, of_the_policies, numbers_of_our_tables)
