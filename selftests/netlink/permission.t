#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Who may do what: each operation, asked by root, by a plain user, and by both in a user namespace; and what each gets to see."""
import errno
import os
import select
import socket
import struct
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../lib'))

# pylint: disable=wrong-import-position
import netlink as N
from netlink import AGENT, NLM_F_DUMP, NLMSG_DONE, PREFIX, REQUEST, SESSION as SESSION_SET, SOL_NETLINK, decode, encode
from odmm import FIXED, GRACEFUL, ON_NET, SESSION, Caller, get_addr, ready, wanting
from people import ALICE, BOB, CLONE_NEWNET, become, enter_userns, in_child
from probe import Probe, network, snapshot
from tap import equal, ok, outcome, run, wait_for

HELD = '2001:db8:a::/64'


def lo():
    return socket.if_nametoindex('lo')


def operations():
    """Name, command, what it would take, whether it changes something."""
    add = {**network('2001:db8:b::/64'), 'type': GRACEFUL, 'ifindex': lo()}
    return [('prefix-get', N.PREFIX_GET, PREFIX, network(HELD), False), ('prefix-add', N.PREFIX_ADD, PREFIX, add, True),
            ('prefix-change', N.PREFIX_CHANGE, PREFIX, {**network(HELD), 'valid_lft': 5000}, True),
            ('request-get', N.REQUEST_GET, REQUEST, {'cookie': 1}, False),
            ('request-accept', N.REQUEST_ACCEPT, REQUEST, {'cookie': 1}, True),
            ('request-done', N.REQUEST_DONE, REQUEST, {'cookie': 1, 'error': errno.EACCES}, True),
            ('agent-get', N.AGENT_GET, AGENT, {'id': 1}, False), ('agent-claim', N.AGENT_CLAIM, AGENT, {'types': 8}, True),
            ('session-get', N.SESSION_GET, SESSION_SET, {'id': 1}, False), ('stats-get', N.STATS_GET, N.STATS, {}, False),
            ('policy-set', N.POLICY_SET, N.POLICY, {'secret': bytes(16)}, True),
            ('policy-get', N.POLICY_GET, N.POLICY, {}, False),
            ('prefix-withdraw', N.PREFIX_WITHDRAW, PREFIX, {**network(HELD), 'grace': 1000, 'force': True}, True),
            ('prefix-del', N.PREFIX_DEL, PREFIX, {**network(HELD), 'force': True}, True)]


def try_all(uid=0):
    """What each operation and each dump gives to a user."""
    become(uid)
    nl = Probe()
    got = {name: nl.verdict(command, encode(table, values)).error for name, command, table, values, _ in operations()}
    for name, command, _, _, _ in operations():
        if name in ('prefix-get', 'request-get', 'agent-get', 'session-get', 'policy-get'):
            got[name + ' dump'] = nl.verdict(command, b'', NLM_F_DUMP).error
    for group, number in nl.groups.items():
        got['join ' + group] = joins(number)
        got['bind to ' + group] = joins(number, by_bind=True)
    return got


def joins(number, by_bind=False):
    s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, N.NETLINK_GENERIC)
    try:
        if by_bind and number <= 32:
            s.bind((0, 1 << (number - 1)))
        else:
            s.setsockopt(SOL_NETLINK, N.NETLINK_ADD_MEMBERSHIP, number)
        return 'ok'
    except OSError as e:
        return errno.errorcode[e.errno]
    finally:
        s.close()


def populate():
    """One of everything, of root."""
    place = Probe(), Probe(), wanting(FIXED), wanting(SESSION, blocking=False)
    subprocess.run('ip link set lo up', shell=True, check=True)
    ready(place[0], HELD, FIXED)
    place[1].claim(SESSION)
    for s in place[2:]:
        outcome(get_addr, s)
    return place


def matrix(got, point, may_change, sees_all):
    for name, _, _, _, changes in operations():
        if changes:
            want = 'ok' if may_change else 'EPERM'
        else:
            want = 'ok' if sees_all or name not in ('request-get', 'session-get') else 'ENOENT'
        equal(got[name], want, f'{point}: {name}')
    for name, result in got.items():
        if name.endswith(' dump'):
            equal(result, 'ok', f'{point}: {name}')
        if ' ' in name and not name.endswith(' dump'):
            equal(result, 'ok' if may_change else 'EPERM', f'{point}: {name}')


def by_root():
    place = populate()
    matrix(in_child(try_all), 'root', True, True)
    del place


def by_a_plain_user():
    place = populate()
    before = snapshot(place[0])
    matrix(in_child(try_all, ALICE), 'plain user', False, False)
    equal(snapshot(place[0]), before, 'plain user: nothing has changed')


def _root_of_userns_outside():
    enter_userns()
    return try_all()


def by_root_of_a_userns_outside():
    """The namespace belongs to another user namespace: being root somewhere else is of no use."""
    place = populate()
    before = snapshot(place[0])
    matrix(in_child(_root_of_userns_outside), "root of a userns, in our netns", False, False)
    equal(snapshot(place[0]), before, "root of a userns, in our netns: nothing has changed")


def _userns(uid):
    """As root of a user namespace with a network namespace of its own, or as a plain user in it."""
    enter_userns(CLONE_NEWNET)
    place = populate()
    got = in_child(try_all, uid) if uid else try_all()
    return got, len(place)


def by_root_of_a_userns():
    matrix(in_child(_userns, 0)[0], 'root of userns and netns', True, True)


def by_a_plain_user_of_a_userns():
    matrix(in_child(_userns, ALICE)[0], 'plain user in the netns of a userns', False, False)


def _uids_of_userns():
    enter_userns(CLONE_NEWNET)
    place = populate()
    caller = Caller(_ask, uid=ALICE)
    caller.outcome()
    requests = sorted(r['uid'] for r in place[0].requests())
    sessions = sorted(s['uid'] for s in place[0].sessions())
    caller.end()
    return requests, sessions


def uids_in_a_userns():
    equal(in_child(_uids_of_userns), ([0, ALICE], [0, 0, ALICE]), 'uids are shown as the owner of the namespace sees them')


def _ask(n=1):
    """Keeps n sessions and requests of its own."""
    global _sockets     # pylint: disable=global-statement
    _sockets = [wanting(SESSION, flags=ON_NET, blocking=False) for _ in range(n)]
    return [outcome(get_addr, s) for s in _sockets].count('EINPROGRESS')


def _uids():
    nl = Probe()
    return sorted({r['uid'] for r in nl.requests()}), sorted({s['uid'] for s in nl.sessions()})


def _uids_as(uid):
    become(uid)
    return _uids()


def users(n):
    """Root, Alice and Bob, with n requests each, as many as they like."""
    agent = Probe()
    agent.policy_set(held=1000, on_net_rate=0)
    agent.claim(SESSION)
    callers = [Caller(_ask, n, uid=uid) for uid in (0, ALICE, BOB)]
    equal([caller.outcome(60) for caller in callers], [n] * 3, f'three users have {n} requests each')
    return agent, callers


def filters():
    agent, callers = users(2)
    equal(in_child(_uids_as, 0), ([0, ALICE, BOB], [0, ALICE, BOB]), 'root sees all requests and sessions')
    equal(in_child(_uids_as, ALICE), ([ALICE], [ALICE]), "a user sees her own")
    equal(in_child(_uids_as, BOB), ([BOB], [BOB]), 'another one sees his')
    equal(in_child(_uids_as, 2003), ([], []), 'one who has none sees none')
    hidden(agent)
    equal(in_child(_coalesced), True, 'who joins a request of somebody else sees his session, and not that request')
    for caller in callers:
        caller.end()


def hidden(agent):
    theirs = [r['cookie'] for r in agent.requests() if r['uid'] == BOB][0], [s['id'] for s in agent.sessions() if s['uid'] == BOB][0]
    equal(in_child(_get_as, ALICE, *theirs), ['ENOENT', 'ENOENT'], "what is another's cannot be got, as if it were not there")
    equal(in_child(_get_as, BOB, *theirs), ['ok', 'ok'], 'its owner can get it')


def _get_as(uid, cookie, number):
    become(uid)
    nl = Probe()
    return [nl.verdict(N.REQUEST_GET, encode(REQUEST, {'cookie': cookie})).error,
            nl.verdict(N.SESSION_GET, encode(SESSION_SET, {'id': number})).error]


def _coalesced():
    mine = wanting(SESSION, blocking=False)
    outcome(get_addr, mine)
    become(ALICE)
    hers = wanting(SESSION, blocking=False)
    outcome(get_addr, hers)
    nl = Probe()
    shared = [s.get('cookie') for s in nl.sessions() if not s['flags']]
    return len(shared) == 1 and shared[0] not in [r['cookie'] for r in nl.requests()]


def parts_of(sock):
    """The datagrams of a dump, as small as the reader's buffer is; the kernel makes one ahead of those that were read."""
    while True:
        data, messages = sock.recv(8192), []
        while data:
            length, kind = struct.unpack_from('=IH', data)
            if kind == NLMSG_DONE:
                return
            messages.append(data[20:length])
            data = data[(length + 3) & ~3:]
        yield messages


def dump_and_change(command, table, before, after):
    """Uids in a dump that is begun as one user and read on as another."""
    before()
    sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, N.NETLINK_GENERIC)
    sock.send(Probe().message(struct.pack('=BBH', command, 1, 0), NLM_F_DUMP))
    seen, parts = [], 0
    for messages in parts_of(sock):
        seen += [decode(table, message)['uid'] for message in messages]
        parts += 1
        after()
    return sorted(set(seen)), len(seen), parts > 3


def begin_as_root():
    os.setgroups([])


def end_as_alice():
    os.setresuid(-1, ALICE, -1)


def begin_as_alice():
    os.setgroups([])
    os.setresuid(ALICE, ALICE, 0)


def end_as_root():
    os.setresuid(0, 0, 0)


def credentials_of_the_start():
    """A dump goes on as it was begun, in parts, whoever reads it by then."""
    agent, callers = users(300)
    for name, command, table in (('requests', N.REQUEST_GET, REQUEST), ('sessions', N.SESSION_GET, SESSION_SET)):
        got = in_child(dump_and_change, command, table, begin_as_root, end_as_alice)
        equal(got, ([0, ALICE, BOB], 900, True), f'{name}: begun as root, read on by a user: all')
        got = in_child(dump_and_change, command, table, begin_as_alice, end_as_root)
        equal(got, ([ALICE], 300, True), f'{name}: begun as a user, read on by root: what is hers')
    for caller in callers:
        caller.end()
    del agent


def _opened_by_root(uid):
    """A socket that root has opened and handed to a user: the user has no rights by it."""
    nl = Probe()
    become(uid)
    return nl.verdict(N.PREFIX_ADD, encode(PREFIX, operations()[1][3])).error, sorted({r['uid'] for r in nl.requests()})


def handed_over():
    agent, callers = users(1)
    equal(in_child(_opened_by_root, ALICE), ('EPERM', [ALICE]), 'a socket that root opened gives a user no rights')
    for caller in callers:
        caller.end()
    del agent


def _monitor_in_userns():
    enter_userns(CLONE_NEWNET)
    subprocess.run('ip link set lo up', shell=True, check=True)
    monitor = subprocess.Popen(['odmm', 'monitor', 'prefix'], stdout=subprocess.PIPE, text=True)
    nl = Probe()
    lines = []
    for n in range(100):
        ready(nl, f'2001:db8:{n:x}::/64', FIXED)
        if wait_for_line(monitor.stdout, lines):
            break
    monitor.kill()
    monitor.wait()
    return lines


def wait_for_line(pipe, lines):
    """Whether the monitor, which takes a moment to listen, has heard something."""
    os.set_blocking(pipe.fileno(), False)
    lines += [line for line in pipe.read().splitlines() if line] if pipe.readable() and _has_data(pipe) else []
    return bool(lines)


def _has_data(pipe):
    return bool(select.select([pipe], [], [], 0.1)[0])


def monitor_in_a_userns():
    lines = in_child(_monitor_in_userns)
    ok(lines and lines[0].startswith('prefix 2001:db8:'), 'root of a userns watches what happens in its namespace', lines)


def _doors_of_others():
    """Nothing of it is seen from a namespace of somebody else."""
    enter_userns(CLONE_NEWNET)
    nl = Probe()
    return snapshot(nl)


def another_namespace():
    place = populate()
    got = in_child(_doors_of_others)
    equal([got['prefixes'], got['requests'], got['agents'], got['sessions']], [[], [], [], []], 'a new namespace is empty, root or not')
    wait_for(lambda: place[0].prefixes(), 'ours')


run(by_root, by_a_plain_user, by_root_of_a_userns, by_a_plain_user_of_a_userns, by_root_of_a_userns_outside, uids_in_a_userns, filters,
    credentials_of_the_start, handed_over, monitor_in_a_userns, another_namespace)
