#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""odmm prefix, request, agent, session and stats: exact text and exact JSON, empty and full."""
import json
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../lib'))

# pylint: disable=wrong-import-position
import netns
from netlink import ONLINK, PREFIX, PREFIX_ADD, Odmm, attr, encode
from odmm import BIND, FIXED, GRACEFUL, NONPERSISTENT, ON_NET, SESSION, SC_TYPE, Caller, get_addr, ready, set_option, tcp, udp, wanting
from program import gives, is_json, odmm, refuses, rows, same_in_both_forms
from tap import equal, ok, outcome, run, wait_for

P, Q, R = '2001:db8:51::/64', '2001:db8:52::/64', '2001:db8:53::/64'
OBJECTS = ('prefix', 'request', 'agent', 'session')
COUNTERS = ('sessions', 'requests', 'prefixes', 'agents', 'served', 'submitted', 'coalesced', 'accepted', 'granted', 'refused', 'cancelled',
            'timed_out', 'interrupted', 'unsupported', 'over_quota', 'link_removed', 'agent_lost', 'late_answers', 'dad_failed',
            'prefixes_lost', 'forbidden', 'over_sessions', 'over_pending', 'over_held', 'over_rate', 'deprecated', 'aged', 'withdrawn',
            'released', 'put_back', 'retagged', 'adopted', 'adopt_refused', 'aborted', 'notices', 'notices_merged')


def compact(value):
    return json.dumps(value, separators=(',', ':')) + '\n'


def empty():
    for name in OBJECTS:
        gives(f'odmm {name}', name)
        gives(f'odmm -j {name}', f'-j {name}', '[]\n')
        gives(f'odmm -j -p {name}', f'-j -p {name}', '[]\n')
    gives('odmm stats', 'stats', ''.join(f'{name} 0\n' for name in COUNTERS))
    gives('odmm -j stats', '-j stats', compact([{name: 0 for name in COUNTERS}]))


def prefix_rows(a, b, c):
    ever = 4294967295
    return [{'prefix': P, 'dev': 'd0', 'type': 'session-lasting', 'state': 'active', 'address': a, 'sessions': 1, 'users': 2,
             'origin': 'static', 'valid_lft': ever, 'preferred_lft': ever},
            {'prefix': Q, 'dev': 'd0', 'home': 'd0', 'type': 'fixed', 'state': 'active', 'flags': ['onlink'], 'address': b, 'sessions': 0, 'users': 0,
             'origin': 'dhcp', 'valid_lft': ever, 'preferred_lft': ever},
            {'prefix': R, 'dev': 'd0', 'home': 'd1', 'type': 'non-persistent', 'state': 'deprecated', 'address': c, 'sessions': 0, 'users': 0,
             'origin': 'static', 'valid_lft': ever, 'preferred_lft': 0}]


def prefixes():
    nl = Odmm()
    netns.dummy('d0', 'd1')
    addresses = [ready(nl, P, SESSION, 'd0'), ready(nl, Q, FIXED, 'd0', flags=ONLINK, origin='dhcp'),
                 ready(nl, R, NONPERSISTENT, 'd0', home='d1')]
    nl.prefix_change(R, preferred_lft=0)
    s, by_hand = wanting(SESSION), udp()
    by_hand.bind((get_addr(s), 0))
    a, b, c = addresses
    lines = [f'{P} dev d0 type session-lasting state active address {a} sessions 1 users 2 origin static valid_lft forever preferred_lft forever\n',
             f'{Q} dev d0 home d0 type fixed state active onlink address {b} sessions 0 users 0 origin dhcp valid_lft forever preferred_lft forever\n',
             f'{R} dev d0 home d1 type non-persistent state deprecated address {c} sessions 0 users 0 origin static valid_lft forever '
             'preferred_lft 0\n']
    wanted = prefix_rows(a, b, c)
    for words in ('prefix', 'prefix show', 'prefix list', 'p', 'pre s', 'p l'):
        gives(f'odmm {words}', words, ''.join(lines))
    for option in ('-j', '--json', '-js'):
        gives(f'odmm {option} prefix', f'{option} prefix', compact(wanted))
    for option in ('-j -p', '-pretty -json'):
        gives(f'odmm {option} prefix', f'{option} prefix', json.dumps(wanted, indent=4) + '\n')
    gives('-p without -j changes nothing', '-p prefix', ''.join(lines))
    prefix_filters(lines, wanted)
    same_in_both_forms('prefix: both forms tell the same', 'prefix')


def prefix_filters(lines, wanted):
    gives('one prefix', f'prefix show {Q}', lines[1])
    gives('one prefix in JSON', f'-j prefix show {Q}', compact(wanted[1:2]))
    gives('by type', 'prefix show type fixed', lines[1])
    gives('by an abbreviated type', 'prefix show type non', lines[2])
    gives('by the number of a type', 'prefix show type 2', lines[0])
    gives('by type, none', 'prefix show type graceful-replacement')
    gives('by interface', 'prefix show dev d0', ''.join(lines))
    gives('by interface, none', 'prefix show dev d1')
    gives('by both', '-j prefix show dev d0 type fixed', compact(wanted[1:2]))
    refuses('one that is not there', 'prefix show 2001:db8:99::/64', 'Error: odmm: no such prefix (attribute prefix): No such file or directory')
    gives('the same in JSON: nothing on stdout', '-j prefix show 2001:db8:99::/64', '', 2,
          'Error: odmm: no such prefix (attribute prefix): No such file or directory\n')


def lifetimes():
    nl = Odmm()
    ready(nl, P, FIXED, valid_lft=5000, preferred_lft=3000)
    row = rows('prefix')[0]
    ok(4990 < row['valid_lft'] <= 5000 and 2990 < row['preferred_lft'] <= 3000, 'lifetimes are the seconds that are left', row)
    ok(re.search(r' valid_lft (499\d|5000) preferred_lft (299\d|3000)$', odmm('prefix')[1]), 'in text too', odmm('prefix'))


def without_an_interface():
    nl = Odmm()
    netns.dummy('d0')
    address = ready(nl, P, SESSION, 'd0')
    netns.ip('link del d0')
    gives('a routed prefix whose link has gone', 'prefix',
          f'{P} type session-lasting state active address {address} sessions 0 users 0 origin static valid_lft forever preferred_lft forever\n')
    ok('dev' not in rows('prefix')[0], 'and in JSON')


def asking(*args, **kwargs):
    s = wanting(*args, blocking=False, **kwargs)
    outcome(get_addr, s)
    return s


def aged(text):
    return re.sub(r'(age_ms"?[: ])\d+', r'\1N', text)


def requests():
    nl = Odmm()
    netns.dummy('d0')
    nl.claim(FIXED, GRACEFUL)
    sockets = [asking(FIXED), asking(FIXED), asking(GRACEFUL, dev='d0'), asking(FIXED, flags=ON_NET)]
    nl.accept(2)
    lines = ['cookie 1 type fixed state new waiters 2 uid 0 age_ms N\n',
             'cookie 2 type graceful-replacement dev d0 state accepted waiters 1 uid 0 agent 1 age_ms N\n',
             'cookie 3 type fixed on-net state new waiters 1 uid 0 age_ms N\n']
    wanted = ('[{"cookie":1,"type":"fixed","state":"new","waiters":2,"uid":0,"age_ms":N},'
              '{"cookie":2,"type":"graceful-replacement","dev":"d0","state":"accepted","waiters":1,"uid":0,"agent":1,"age_ms":N},'
              '{"cookie":3,"type":"fixed","flags":["on-net"],"state":"new","waiters":1,"uid":0,"age_ms":N}]\n')
    for words in ('request', 'request show', 'req l'):
        equal(aged(odmm(words)[1]), ''.join(lines), f'odmm {words}')
    equal(aged(odmm('-j request')[1]), wanted, 'odmm -j request')
    equal(json.loads(re.sub(r'("age_ms": )\d+', r'\1 0', odmm('-j -p request')[1])), json.loads(wanted.replace('N', '0')), 'odmm -j -p request')
    equal(aged(odmm('request show 2')[1]), lines[1], 'one request')
    equal(aged(odmm('request show 0x3')[1]), lines[2], 'by a hexadecimal cookie')
    refuses('one that is not there', 'request show 4', 'Error: odmm: no such request, or it is over (attribute cookie): No such file or directory')
    same_in_both_forms('request: both forms tell the same', 'request')
    equal(aged(odmm('request accept 3')[1]), 'cookie 3 type fixed on-net state accepted waiters 1 uid 0 age_ms N\n', 'accept shows what it took')
    equal(aged(odmm('-j request accept 1')[1]), '[{"cookie":1,"type":"fixed","state":"accepted","waiters":2,"uid":0,"age_ms":N}]\n', 'in JSON')
    del sockets


def agents():
    nl, other = Odmm(), Odmm()
    netns.dummy('d0')
    nl.claim(FIXED, SESSION, NONPERSISTENT, GRACEFUL, name='all')
    other.claim(SESSION, devs=['d0', 'lo'])
    s = asking(FIXED)
    nl.accept()
    ports = [x.sock.getsockname()[0] for x in (nl, other)]
    lines = [f'id 1 name all types fixed,session-lasting,non-persistent,graceful-replacement accepted 1 port_id {ports[0]}\n',
             f'id 2 name  types session-lasting devs d0,lo accepted 0 port_id {ports[1]}\n']
    wanted = [{'id': 1, 'name': 'all', 'types': ['fixed', 'session-lasting', 'non-persistent', 'graceful-replacement'], 'accepted': 1,
               'port_id': ports[0]},
              {'id': 2, 'name': '', 'types': ['session-lasting'], 'devs': ['d0', 'lo'], 'accepted': 0, 'port_id': ports[1]}]
    for words in ('agent', 'agent show', 'a l'):
        gives(f'odmm {words}', words, ''.join(lines))
    gives('odmm -j agent', '-j agent', compact(wanted))
    gives('odmm -j -p agent', '-j -p agent', json.dumps(wanted, indent=4) + '\n')
    same_in_both_forms('agent: both forms tell the same', 'agent')
    del s


def inode(s):
    return os.fstat(s.fileno()).st_ino


def sessions():
    nl = Odmm()
    netns.dummy('d0')
    nl.claim(GRACEFUL, FIXED)
    address = ready(nl, P, SESSION)
    sockets = [wanting(SESSION, tcp, flags=BIND), asking(GRACEFUL, udp, flags=ON_NET, dev='d0'), wanting(NONPERSISTENT), asking(FIXED)]
    get_addr(sockets[0])
    nl.refuse(2, 13)
    n = [inode(s) for s in sockets]
    lines = [f'id 1 type session-lasting bind state granted address {address} uid 0 proto tcp inode {n[0]}\n',
             f'id 2 type graceful-replacement on-net state pending dev d0 uid 0 proto udp inode {n[1]} cookie 1\n',
             f'id 3 type non-persistent state idle uid 0 proto udp inode {n[2]}\n',
             f'id 4 type fixed state failed error EACCES uid 0 proto udp inode {n[3]}\n']
    wanted = [{'id': 1, 'type': 'session-lasting', 'flags': ['bind'], 'state': 'granted', 'address': address, 'uid': 0, 'proto': 'tcp',
               'inode': n[0]},
              {'id': 2, 'type': 'graceful-replacement', 'flags': ['on-net'], 'state': 'pending', 'dev': 'd0', 'uid': 0, 'proto': 'udp',
               'inode': n[1], 'cookie': 1},
              {'id': 3, 'type': 'non-persistent', 'state': 'idle', 'uid': 0, 'proto': 'udp', 'inode': n[2]},
              {'id': 4, 'type': 'fixed', 'state': 'failed', 'error': 'EACCES', 'uid': 0, 'proto': 'udp', 'inode': n[3]}]
    for words in ('session', 'session show', 's l'):
        gives(f'odmm {words}', words, ''.join(lines))
    gives('odmm -j session', '-j session', compact(wanted))
    gives('odmm -j -p session', '-j -p session', json.dumps(wanted, indent=4) + '\n')
    gives('by type', 'session show type fixed', lines[3])
    gives('by uid', 'session show uid 0', ''.join(lines))
    gives('by uid, none', 'session show uid 1000')
    gives('by both', '-j session type session-lasting uid 0', compact(wanted[:1]))
    same_in_both_forms('session: both forms tell the same', 'session')
    set_option(sockets[2], SC_TYPE, 0)
    gives('one that wants nothing any more', 'session show', ''.join(lines).replace('type non-persistent', 'type none'))
    sessions_of_others(nl)


def sessions_of_others(nl):
    caller = Caller(_hold, uid=2001)
    caller.outcome()
    wanted = [line for line in odmm('session')[1].splitlines() if 'uid 2001' in line]
    equal(len(wanted), 1, "another user's is shown to root")
    gives('and chosen by his uid', 'session show uid 2001', wanted[0] + '\n')
    got = odmm('session', user=2001, group=2001, extra_groups=[])
    equal(got, (0, wanted[0] + '\n', ''), 'he is shown his own and no other')
    equal(len(nl.sessions()), 5, 'of five')
    caller.end()


def _hold():
    global _held        # pylint: disable=global-statement
    _held = wanting(SESSION)
    return get_addr(_held)


def stats():
    nl = Odmm()
    nl.claim(FIXED)
    ready(nl, P, SESSION)
    sockets = [wanting(SESSION), asking(FIXED), asking(FIXED)]
    get_addr(sockets[0])
    outcome(get_addr, wanting(GRACEFUL))
    wait_for(lambda: nl.stats()['sessions'] == 3, 'the sweep')
    now = nl.stats()
    equal([now[n] for n in ('sessions', 'requests', 'prefixes', 'agents', 'served', 'submitted', 'coalesced', 'unsupported')],
          [3, 1, 1, 1, 1, 1, 1, 1], 'something has been counted')
    gives('odmm stats', 'stats', ''.join(f'{name} {now[name]}\n' for name in COUNTERS))
    gives('odmm -j stats', '-j stats', compact([{name: now[name] for name in COUNTERS}]))
    gives('odmm -j -p stats', '-j -p stats', json.dumps([{name: now[name] for name in COUNTERS}], indent=4) + '\n')
    same_in_both_forms('stats: both forms tell the same', 'stats', '\n')


def other_namespaces():
    peer, name = netns.Netns(), f'odmm-test-{os.getpid()}'
    with peer.inside():
        there = Odmm()
        address = ready(there, P, SESSION)
    line = f'{P} dev lo type session-lasting state active address {address} sessions 0 users 0 origin static valid_lft forever preferred_lft forever\n'
    gives('here there is none', 'prefix')
    for option in ('-n', '--netns'):
        gives(f'by {option} and a path', [option, peer.path, 'prefix'], line)
    netns.ip(f'netns attach {name} {os.getpid()}')
    try:
        gives('a name of ip netns', f'-n {name} prefix')
        ready(Odmm(), Q, FIXED)
        equal([row['prefix'] for row in rows(f'-n {name} prefix')], [Q], 'is followed')
        gives('add in another one', ['-n', peer.path, 'prefix', 'add', R, 'dev', 'lo', 'type', 'fixed'])
        equal(len(there.prefixes()), 2, 'it is there')
    finally:
        netns.ip(f'netns del {name}')
    refuses('a name that is none', f'-n {name} prefix', f'Error: cannot open network namespace "{name}": No such file or directory', 1)


def strange_texts():
    """Whatever somebody calls himself, JSON is valid and a terminal is left alone."""
    nl = Odmm()
    names = [b'a"b\\c', b'\x1b[31mred', b'tab\there', b'\xff\xfe\xc3', 'gr\u00fc\u00df'.encode(), b'\x7f', b'']
    for n, name in enumerate(names):
        values = {'prefix': f'2001:db8:{n:x}::', 'len': 64, 'type': FIXED, 'ifindex': 1}
        nl.raw(PREFIX_ADD, encode(PREFIX, values) + attr(8, name + b'\0'))
    got = odmm('-j prefix')[1]
    is_json('JSON is valid', got)
    equal([row['origin'] for row in json.loads(got)], ['a"b\\c', '?[31mred', 'tab?here', '???', 'gr\u00fc\u00df', '?', ''], 'origins')
    text = odmm('prefix')[1]
    ok(not re.search('[\x00-\x09\x0b-\x1f\x7f]', text), 'text has no control characters', repr(text))
    agent = Odmm()
    agent.claim(FIXED, name='{"x":\x1b\n')
    equal(rows('agent')[0]['name'], '{"x":??', 'the name of an agent')


def the_most():
    """More than fits one message of a dump."""
    nl = Odmm()
    wanted = [f'2001:db8:{n:x}::/64' for n in range(1, 301)]
    for n, prefix in enumerate(wanted):
        nl.prefix_add(prefix, 1 + n % 4)
    wait_for(lambda: {p['state'] for p in nl.prefixes()} == {1}, 'the addresses')
    equal([row['prefix'] for row in rows('prefix')], wanted, '300 prefixes')
    same_in_both_forms('300 prefixes: both forms tell the same', 'prefix')


run(empty, prefixes, lifetimes, without_an_interface, requests, agents, sessions, stats, other_namespaces, strange_texts, the_most)
