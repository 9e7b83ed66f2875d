#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""What policy-set takes and policy-get shows: defaults, each attribute, one type and all, one namespace and others, refusals."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../lib'))

# pylint: disable=wrong-import-position
import netns
from netlink import ACCESS_ALL, ACCESS_CAPABILITY, ACCESS_GROUP, POLICY, POLICY_SET, Odmm
from odmm import FIXED, GRACEFUL, INFINITY, NONPERSISTENT, SESSION, TYPES, ready
from people import CLONE_NEWNET, Person, enter_userns, in_child
from probe import refused
from tap import equal, ok, run

P = '2001:db8:51::/64'
NAMESPACE = {'sessions': 65536, 'pending': 8192, 'held': 256, 'on_net_rate': 10, 'on_net_burst': 100, 'requests_max': 65536,
             'prefixes_max': 16384, 'default_types': 0, 'rfc5014': 0}
# Values that each attribute may have, the default not among them.
OF_NAMESPACE = {'sessions': (0, 1, INFINITY), 'pending': (0, 1, INFINITY), 'held': (0, 1, INFINITY), 'on_net_rate': (0, 1, 32767),
                'on_net_burst': (1, 32767), 'requests_max': (0, 1, 1048576), 'prefixes_max': (0, 1, 1048576),
                'default_types': (2, 4, 8, 16, 30), 'rfc5014': (1, 0)}
OF_TYPE = {'access': (ACCESS_ALL, ), 'linger': (0, 1, INFINITY), 'grace': (1, INFINITY), 'max_age': (1, INFINITY),
           'max_bytes': (1, 1 << 32, (1 << 64) - 1), 'timeout': (1, 0x7fffffff, INFINITY), 'abort': (1, 0), 'share_uid': (1, 0)}


def default(wanted):
    return {'type': wanted, 'access': ACCESS_ALL, 'linger': INFINITY if wanted == FIXED else 60, 'grace': 60 if wanted == GRACEFUL else 0,
            'max_age': 0, 'max_bytes': 0, 'timeout': 30000, 'abort': int(wanted == NONPERSISTENT), 'share_uid': 0}


def defaults():
    nl = Odmm()
    equal(nl.policy(), NAMESPACE, 'of the namespace')
    for wanted in TYPES:
        equal(nl.policy(wanted), default(wanted), f'of type {wanted}')
    equal(nl.policies(), [NAMESPACE] + [default(wanted) for wanted in TYPES], 'a dump has the namespace, and then the types')


def each_of_a_type():
    """Nothing but what is named changes."""
    for wanted in TYPES:
        nl, want = Odmm(), default(wanted)
        others = [NAMESPACE] + [default(other) for other in TYPES if other != wanted]
        wrong = []
        for name, values in OF_TYPE.items():
            for value in values:
                nl.policy_set(type=wanted, **{name: value})
                want[name] = value
                if nl.policy(wanted) != want:
                    wrong.append((name, value, nl.policy(wanted)))
        equal(wrong, [], f'type {wanted}: each attribute is as it was set, the others as they were')
        equal([p for p in nl.policies() if p.get('type') != wanted], others, f'type {wanted}: the others and the namespace as they were')
        nl.policy_set(type=wanted, **{k: v for k, v in default(wanted).items() if k != 'type'})


def all_types():
    nl, wants = Odmm(), {wanted: default(wanted) for wanted in TYPES}
    nl.policy_set(type=SESSION, linger=7, timeout=8)
    wrong = []
    wants[SESSION].update(linger=7, timeout=8)
    for name, values in OF_TYPE.items():
        nl.policy_set(**{name: values[0]})
        for want in wants.values():
            want[name] = values[0]
        if nl.policies() != [NAMESPACE, *wants.values()]:
            wrong.append((name, nl.policies()))
    equal(wrong, [], 'without a type each attribute is set for all of them')


def each_of_the_namespace():
    nl, want = Odmm(), dict(NAMESPACE)
    wrong = []
    for name, values in OF_NAMESPACE.items():
        for value in values:
            nl.policy_set(**{name: value})
            want[name] = value
            if nl.policies() != [want] + [default(wanted) for wanted in TYPES]:
                wrong.append((name, value, nl.policies()))
    equal(wrong, [], 'each attribute is as it was set, all else as it was')
    nl.policy_set(default_types=1 << FIXED | 1)
    equal(nl.policy()['default_types'], 1 << FIXED, 'type 0 has a bit that is let pass, and means nothing')


def many_at_once():
    """One message, with attributes of the namespace and of all types."""
    nl = Odmm()
    namespace = {name: values[0] for name, values in OF_NAMESPACE.items()}
    types = {name: values[0] for name, values in OF_TYPE.items()}
    nl.policy_set(**namespace, **types)
    equal(nl.policies(), [namespace] + [{'type': wanted, **types} for wanted in TYPES], 'all attributes at once')


def access():
    """Groups and the capability are shown when they matter, and kept when they do not."""
    nl = Odmm()
    nl.policy_set(type=FIXED, gid_min=10, gid_max=20, capability=7)
    equal(nl.policy(FIXED), default(FIXED), 'they are not shown while everybody may ask')
    nl.policy_set(type=FIXED, access=ACCESS_GROUP)
    equal(nl.policy(FIXED), {**default(FIXED), 'access': ACCESS_GROUP, 'gid_min': 10, 'gid_max': 20}, 'access by group shows the groups')
    nl.policy_set(type=FIXED, gid_max=10)
    equal([nl.policy(FIXED)[k] for k in ('gid_min', 'gid_max')], [10, 10], 'a single group')
    nl.policy_set(type=FIXED, gid_min=0, gid_max=INFINITY - 1)
    equal([nl.policy(FIXED)[k] for k in ('gid_min', 'gid_max')], [0, INFINITY - 1], 'all groups')
    nl.policy_set(type=FIXED, access=ACCESS_CAPABILITY)
    equal(nl.policy(FIXED), {**default(FIXED), 'access': ACCESS_CAPABILITY, 'capability': 7}, 'access by capability shows that')
    nl.policy_set(type=FIXED, access=ACCESS_ALL)
    equal(nl.policies(), [NAMESPACE] + [default(wanted) for wanted in TYPES], 'and back')


def first_values():
    nl = Odmm()
    nl.policy_set(access=ACCESS_GROUP)
    equal([(p['gid_min'], p['gid_max']) for p in nl.policies()[1:]], 4 * [(0, 0)], 'until it is set the group is that of root')
    nl.policy_set(access=ACCESS_CAPABILITY)
    equal([p['capability'] for p in nl.policies()[1:]], 4 * [12], 'and the capability CAP_NET_ADMIN')


def namespaces():
    nl, peer = Odmm(), netns.Netns()
    nl.policy_set(timeout=5, sessions=6)
    with peer.inside():
        there = Odmm()
    equal(there.policies(), [NAMESPACE] + [default(wanted) for wanted in TYPES], 'another namespace has the defaults')
    there.policy_set(type=FIXED, timeout=9, held=None)
    there.policy_set(held=3)
    equal([there.policy()['held'], there.policy(FIXED)['timeout'], nl.policy()['held'], nl.policy(FIXED)['timeout']], [3, 9, 256, 5],
          'what is set in one is not set in the other')
    peer.close()


TIMEOUT = 'timeout is 1 to 2147483647 ms, or 4294967295 for no limit'
GROUPS = 'first group is greater than the last'
SCOPE = 'that is decided for the namespace, not for a type'
MOST = 'that may be at most 1048576'

# Point, errno, words, attribute that is blamed, values.
REFUSALS = [
    ('groups in the wrong order', 'EINVAL', GROUPS, 'gid_min', {'type': FIXED, 'gid_min': 21, 'gid_max': 20}),
    ('a first group behind the last', 'EINVAL', GROUPS, 'gid_min', {'type': FIXED, 'gid_min': 21}),
    ('a last group before the first', 'EINVAL', GROUPS, 'gid_max', {'type': FIXED, 'gid_max': 9}),
    ('groups that only some types would take', 'EINVAL', GROUPS, 'gid_min', {'gid_min': 15}),
    ('no group', 'EINVAL', 'no such group in this user namespace', 'gid_min', {'type': FIXED, 'gid_min': INFINITY}),
    ('no last group', 'EINVAL', 'no such group in this user namespace', 'gid_max', {'type': FIXED, 'gid_max': INFINITY}),
    ('timeout 0', 'ERANGE', TIMEOUT, 'timeout', {'timeout': 0}),
    ('timeout 0 of a type', 'ERANGE', TIMEOUT, 'timeout', {'type': GRACEFUL, 'timeout': 0}),
    ('timeout 2^31', 'ERANGE', TIMEOUT, 'timeout', {'timeout': 1 << 31}),
    ('timeout -2', 'ERANGE', TIMEOUT, 'timeout', {'timeout': INFINITY - 1}),
    ('too many requests', 'ERANGE', MOST, 'requests_max', {'requests_max': 1048577}),
    ('too many prefixes', 'ERANGE', MOST, 'prefixes_max', {'prefixes_max': INFINITY}),
    ('access of no kind', 'ERANGE', None, 'access', {'type': FIXED, 'access': 3}),
    ('type 0', 'ERANGE', None, 'type', {'type': 0, 'linger': 5}),
    ('type 5', 'ERANGE', None, 'type', {'type': 5, 'linger': 5}),
    ('a capability that there is not', 'ERANGE', None, 'capability', {'capability': 41}),
    ('a burst of 0', 'ERANGE', None, 'on_net_burst', {'on_net_burst': 0}),
    ('a type that there is not as default', 'ERANGE', None, 'default_types', {'default_types': 32}),
] + [(f'{name} of a type', 'EINVAL', SCOPE, name, {'type': FIXED, name: values[0]}) for name, values in OF_NAMESPACE.items()] + [
    ('the secret of a type', 'EINVAL', SCOPE, 'secret', {'type': FIXED, 'secret': bytes(16)})]

# What such a message would also change.
TOO = {'linger': 99, 'abort': 1, 'share_uid': 1}
TOO_OF_NAMESPACE = {'secret': bytes(16), 'sessions': 99, 'pending': 99, 'held': 99, 'rfc5014': 1}


def refusals():
    nl = Odmm()
    nl.policy_set(type=SESSION, gid_min=10, gid_max=12)
    nl.policy_set(type=FIXED, gid_min=10, gid_max=20, access=ACCESS_GROUP)
    nl.policy_set(type=GRACEFUL, gid_min=10, gid_max=20)
    nl.policy_set(type=NONPERSISTENT, gid_min=10, gid_max=20)
    before, secret = nl.policies(), fixed_identifier(nl)
    for point, error, words, bad, values in REFUSALS:
        refused(nl, point, POLICY_SET, POLICY, error, words, bad, **values)
        more = {**TOO, **values} if 'type' in values else {**TOO, **TOO_OF_NAMESPACE, **values}
        refused(nl, f'{point}, and more', POLICY_SET, POLICY, error, words, bad, **more)
        ok(nl.policies() == before, f'{point}: nothing has changed', nl.policies())
    equal(fixed_identifier(nl), secret, 'nor has the secret')


def fixed_identifier(nl):
    """What the secret does to a prefix."""
    address = ready(nl, P, FIXED)
    nl.prefix_del(P)
    return address


def _groups_of_userns():
    enter_userns(CLONE_NEWNET)
    nl = Odmm()
    nl.policy_set(type=FIXED, access=ACCESS_GROUP, gid_min=2000, gid_max=2099)
    refused(nl, 'a group that the user namespace has not', POLICY_SET, POLICY, 'EINVAL', 'no such group in this user namespace', 'gid_max',
            type=FIXED, gid_max=2100)
    return [nl.policy(FIXED)[k] for k in ('gid_min', 'gid_max')]


def groups_of_a_userns():
    equal(in_child(_groups_of_userns), [2000, 2099], 'its own groups it names and sees as it knows them')


def _limits_of_userns():
    enter_userns(CLONE_NEWNET)
    nl = Odmm()
    for name in ('requests_max', 'prefixes_max'):
        nl.policy_set(**{name: NAMESPACE[name] - 1})
        nl.policy_set(**{name: NAMESPACE[name]})
        refused(nl, f'root of a user namespace: {name} beyond what is there from the start', POLICY_SET, POLICY, 'EPERM', None, name,
                held=1, **{name: NAMESPACE[name] + 1})
    return nl.policy()


def limits_of_a_userns():
    """Memory that nobody is charged for is the machine's, and not that of a namespace."""
    equal(in_child(_limits_of_userns), NAMESPACE, 'nothing has changed')


def set_again_and_again(wanted, times):
    """Whether what is set for one type is there at once, and stays, each time."""
    nl = Odmm()
    for n in range(times):
        nl.policy_set(type=wanted, linger=n, max_bytes=n)
        if [nl.policy(wanted)[k] for k in ('linger', 'max_bytes')] != [n, n]:
            return f'lost {n}'
    return 'all'


def at_once():
    people = [Person() for _ in TYPES]
    for person, wanted in zip(people, TYPES):
        person.start(set_again_and_again, wanted, 300)
    equal([person.result() for person in people], 4 * ['all'], 'four who set policy at the same time do not undo what another one did')
    equal([p['linger'] for p in Odmm().policies()[1:]], 4 * [299], 'each has the last word about his type')


run(defaults, each_of_a_type, all_types, each_of_the_namespace, many_at_once, access, first_values, namespaces, refusals, groups_of_a_userns,
    limits_of_a_userns, at_once)
