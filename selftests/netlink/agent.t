#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Claims of agents: how they begin and end, what they may be, and what becomes of the work of an agent that dies."""
import errno
import os
import signal
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../lib'))

# pylint: disable=wrong-import-position
import netns
from netlink import AGENT, AGENT_CLAIM, AGENT_GET, NETLINK_ADD_MEMBERSHIP, NETLINK_GENERIC, NEW, ONLINK, PREFIX, PREFIX_ADD, SOL_NETLINK, \
    Odmm, encode
from odmm import FIXED, GRACEFUL, NO_LIMIT, ON_NET, SESSION, TYPES, Caller, ask, get_addr, request_waiting, wanting
from probe import HEADERS, Probe, refused
from tap import equal, fails, ok, outcome, run, wait_for

P = '2001:db8:51::/64'


def claims(nl):
    return [a['id'] for a in nl.agents()]


def asking(wanted, **kwargs):
    s = wanting(wanted, blocking=False, **kwargs)
    return s, outcome(get_addr, s)


def claim():
    nl = Odmm()
    equal(nl.agents(), [], 'none in the beginning')
    equal(asking(FIXED)[1], 'EOPNOTSUPP', 'without a claim nobody is asked')
    equal(nl.claim(FIXED, SESSION, name='somebody'), 1, 'the first claim is number 1')
    wanted = {'id': 1, 'port_id': nl.sock.getsockname()[0], 'types': 6, 'name': 'somebody', 'accepted': 0}
    equal(nl.agents(), [wanted], 'the dump shows it')
    equal(nl.do(AGENT_GET, AGENT, id=1), wanted, 'and so does get')
    for number in (0, 2, 0xffffffff):
        refused(nl, f'number {number} is not there', AGENT_GET, AGENT, 'ENOENT', 'no such claim', 'id', id=number)
    equal([asking(wanted)[1] for wanted in TYPES], ['EINPROGRESS', 'EINPROGRESS', 'EOPNOTSUPP', 'EOPNOTSUPP'], 'it is for its types')
    other = Odmm()
    equal((other.claim(GRACEFUL), other.agents()[1]['name']), (2, ''), 'another socket has a claim of its own; a name is not needed')
    equal(nl.do(AGENT_CLAIM, AGENT, types=3)['id'], 3, 'the bit of type 0 is let pass')
    equal(nl.agents()[-1]['types'], 2, 'and means nothing')


def replace():
    netns.dummy('d0')
    nl, other = Odmm(), Odmm()
    nl.claim(FIXED, name='old')
    other.claim(GRACEFUL)
    keep = asking(FIXED)
    nl.accept()
    equal(nl.claim(SESSION, devs=['d0'], name='new'), 3, 'a second claim of a socket has a new number')
    equal([(a['id'], a['name'], a['types'], a.get('ifindex')) for a in nl.agents()],
          [(2, '', 16, None), (3, 'new', 4, [socket.if_nametoindex('d0')])], 'and takes the place of the first')
    equal([asking(FIXED)[1], asking(SESSION)[1]], ['EINPROGRESS', 'EINPROGRESS'], 'the old request may still be joined, the new type is served')
    equal(nl.requests()[0]['state'], NEW, 'what was accepted under the old claim is offered anew')
    wait_for(lambda: FIXED not in [r['type'] for r in nl.requests()], 'the request that nobody serves now to fail')
    fails('EOPNOTSUPP', 'with EOPNOTSUPP', get_addr, keep[0])


def interfaces():
    netns.dummy('d0', 'd1')
    d0, d1 = socket.if_nametoindex('d0'), socket.if_nametoindex('d1')
    nl = Probe()
    nl.claim(FIXED, devs=['d0', 'd1'])
    equal(nl.agents()[0]['ifindex'], [d0, d1], 'interfaces are shown in the order given')
    equal([asking(FIXED, dev='d0')[1], asking(FIXED, dev='lo')[1], asking(FIXED)[1]], ['EINPROGRESS', 'EOPNOTSUPP', 'EINPROGRESS'],
          'a claim is for its interfaces, and for sockets bound to none')
    equal(nl.do(AGENT_CLAIM, AGENT, types=2, ifindex=[d0] * 64)['id'], 2, '64 are taken')
    equal(len(nl.agents()[0]['ifindex']), 64, 'and shown')
    before = nl.agents()
    got = nl.verdict(AGENT_CLAIM, encode(AGENT, {'types': 2, 'ifindex': [d0] * 65}))
    equal((got.error, got.text, got.bad), ('E2BIG', 'odmm: claim names more than 64 interfaces', HEADERS + 8 + 64 * 8), '65 are too many')
    for wrong in (9999, 0x80000000, 0xffffffff):
        got = nl.verdict(AGENT_CLAIM, encode(AGENT, {'types': 2, 'ifindex': [d0, wrong, d1]}))
        equal((got.error, got.text, got.bad), ('ENODEV', 'odmm: no such interface', HEADERS + 16), f'interface {wrong} is not there')
    equal(nl.agents(), before, 'the claim of before stands')


def too_many():
    agents = [Odmm() for _ in range(65)]
    equal([a.claim(FIXED) for a in agents[:64]], list(range(1, 65)), '64 claims are taken')
    refused(agents[64], 'one more is too many', AGENT_CLAIM, AGENT, 'ENOSPC', 'too many claims', None, types=2)
    equal(agents[3].claim(SESSION), 65, 'one of the 64 may change')
    agents[7].close()
    equal(agents[64].claim(FIXED), 66, 'where one ends another may begin')
    equal((len(agents[0].agents()), agents[0].stats()['agents']), (64, 64), 'all are dumped and counted')


def ends_with_its_socket():
    nl, agent = Odmm(), Odmm()
    agent.claim(FIXED)
    copy = os.dup(agent.fileno())
    agent.close()
    equal(claims(nl), [1], 'a duplicate of the descriptor keeps it')
    os.close(copy)
    equal(claims(nl), [], 'the last close ends it')
    equal(asking(FIXED)[1], 'EOPNOTSUPP', 'and nobody is asked any more')


def _claim_and_sleep():
    global _agent       # pylint: disable=global-statement
    _agent = Odmm()
    return _agent.claim(SESSION)


def ends_with_its_process():
    nl = Odmm()
    for number, name in ((signal.SIGKILL, 'kill -9'), (signal.SIGTERM, 'exit')):
        agent = Caller(_claim_and_sleep)
        agent.outcome()
        equal(len(claims(nl)), 1, 'another process has a claim')
        agent.end(number)
        wait_for(lambda: not nl.agents(), 'the claim to end', 2)
        ok(True, f'it ends with {name}')


def same_port(port):
    """A client at that port id, as soon as it is free."""
    client = Odmm.__new__(Odmm)
    template = Odmm()
    client.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_GENERIC)
    client.seq, client.family = 0, template.family
    client.sock.settimeout(20)
    template.close()
    return client, lambda: _bind(client.sock, port)


def _bind(sock, port):
    try:
        sock.bind((port, 0))
        return True
    except OSError as e:
        if e.errno != errno.EADDRINUSE:
            raise
        return False


def port_reuse():
    """The number of a port is no name of a claim."""
    nl, first = Odmm(), Odmm()
    port = first.sock.getsockname()[0]
    first.claim(FIXED)
    first.close()
    second, bind = same_port(port)
    ok(bind(), 'another socket gets the same port id')
    equal((second.claim(SESSION), [(a['id'], a['port_id']) for a in nl.agents()]), (2, [(2, port)]), 'and keeps its claim')
    second.close()
    equal(nl.agents(), [], 'until it is closed')


def _grab(port, ready_pipe, rounds):
    """Says that it is ready, binds to the port the moment it is free, claims, closes, says so."""
    kept = 0
    for _ in range(rounds):
        client, bind = same_port(port)
        os.write(ready_pipe, b'x')
        while not bind():
            pass
        number = client.claim(FIXED)
        os.write(ready_pipe, b'y')
        time.sleep(0.005)       # the first socket is closed by then, most of the time
        kept += number in claims(client)
        client.close()
        os.write(ready_pipe, b'z')
    return kept


def _shout():
    """
    Multicasts that take long. Meanwhile the kernel lets nobody change the table of listeners: whoever closes a netlink socket has
    let go of the port and has told nobody yet.
    """
    ears = [socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_USERSOCK) for _ in range(400)]
    for ear in ears:
        ear.setsockopt(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, 1)
    mouth = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_USERSOCK)
    while True:
        try:
            mouth.sendto(bytes(64), (0, 1))
        except OSError:
            pass        # all are full


def port_race():
    """As before, but while the first socket is being closed."""
    rounds, port = 100, 0x0bad0001
    readable, writable = os.pipe()
    grabber, shouter = Caller(_grab, port, _Keep(writable), rounds), Caller(_shout)
    nl = Odmm()
    for _ in range(rounds):
        first, bind = same_port(port)
        wait_for(bind, 'the port to be free')
        first.claim(SESSION)
        for stage in (b'x', b'y', b'z'):
            assert os.read(readable, 1) == stage
            if stage == b'x':
                first.close()
    equal(grabber.outcome(), rounds, f'{rounds} claims of sockets that took the port over stand')
    equal(nl.agents(), [], 'and all have ended')
    shouter.end(signal.SIGKILL)
    grabber.end()


class _Keep(int):
    """A descriptor that a Caller's process keeps."""

    def fileno(self):
        return int(self)


def two_agents():
    one, two = Odmm(), Odmm()
    first, second = one.claim(FIXED, name='one'), two.claim(FIXED, name='two')
    s = asking(FIXED)
    two.accept(1)
    fails('EBUSY', 'the first who accepts wins', one.accept, 1)
    fails('ENOENT', 'and nothing is left for the other', one.accept)
    equal((one.requests()[0]['agent'], [a['accepted'] for a in one.agents()]), (second, [0, 1]), 'it is the work of that one')
    ok(first != second and s[1] == 'EINPROGRESS', 'who asked waits')


def death_with_another():
    one, two, bell = Odmm(), Odmm(), Odmm()
    one.claim(SESSION)
    number = two.claim(SESSION)
    caller = Caller(ask, SESSION).wait_blocked()
    cookie = request_waiting(one)['cookie']
    one.accept(cookie)
    bell.subscribe('requests')
    one.close()
    equal([(v['cookie'], v['state'], v.get('agent')) for _, v in bell.events()], [(cookie, NEW, None)], 'what a dead agent had is offered again')
    equal((two.stats()['agent_lost'], two.requests()[0]['state']), (1, NEW), 'and counted')
    equal(two.accept()['agent'], number, 'the other takes it')
    two.prefix_add(P, SESSION, cookie=cookie)
    ok(caller.outcome().startswith('2001:db8:51:'), 'and answers it')
    caller.end()


def death_alone():
    for accepted in (False, True):
        agent, nl = Odmm(), Odmm()
        agent.claim(SESSION)
        caller = Caller(ask, SESSION).wait_blocked()
        if accepted:
            agent.accept()
        begin = time.monotonic()
        agent.close()
        got = caller.outcome(timeout=5)
        took = time.monotonic() - begin
        equal(got, 'EOPNOTSUPP', f"nobody is left: EOPNOTSUPP, {'accepted' if accepted else 'not accepted yet'}")
        ok(0.3 < took < 2, 'after a short grace, within 2 s', took)
        equal(nl.requests(), [], 'the request is over')
        caller.end()


def death_after_somebody_else_took_it():
    """Whoever accepts without a claim dies unseen. When no claim is left nothing will come."""
    agent, passer_by, nl = Odmm(), Odmm(), Odmm()
    agent.claim(SESSION)
    caller = Caller(ask, SESSION, timeout=NO_LIMIT).wait_blocked()
    passer_by.accept(request_waiting(nl)['cookie'])
    passer_by.close()
    agent.close()
    equal(caller_outcome(caller, 5), 'EOPNOTSUPP', 'nobody waits for ever for somebody without a claim')
    caller.end(signal.SIGKILL)


def caller_outcome(caller, timeout):
    try:
        return caller.outcome(timeout)
    except AssertionError as e:
        return str(e)


def restart():
    agent = Odmm()
    agent.claim(SESSION)
    caller = Caller(ask, SESSION).wait_blocked()
    cookie = agent.accept()['cookie']
    agent.close()
    again, bell = Odmm(), Odmm()
    bell.subscribe('requests')
    again.claim(SESSION)
    equal([v['cookie'] for _, v in bell.events()], [cookie], 'an agent that comes back in time hears of what waits')
    equal(again.accept()['cookie'], cookie, 'and takes it')
    time.sleep(1.2)     # longer than the grace
    ok(not caller.returned(), 'the grace is over with that')
    again.prefix_add(P, SESSION, cookie=cookie)
    ok(caller.outcome().startswith('2001:db8:51:'), 'and who asked gets an address')
    caller.end()


def answered_before_death():
    """The prefix is there, its address comes: nobody need do any more."""
    peer = netns.Netns()
    netns.veth(peer, dad=True)
    agent, nl = Odmm(), Odmm()
    agent.claim(SESSION)
    caller = Caller(ask, SESSION, flags=ON_NET).wait_blocked()
    cookie = agent.accept()['cookie']
    agent.prefix_add(P, SESSION, 'v0', flags=ONLINK, cookie=cookie)
    agent.close()
    ok(caller.outcome().startswith('2001:db8:51:'), 'an answer outlives its agent')
    equal((nl.stats()['agent_lost'], nl.stats()['granted']), (0, 1), 'nothing is lost')
    caller.end()


def other_namespace():
    """A claim is for the namespace of its socket, wherever its process is."""
    here, peer = Odmm(), netns.Netns()
    with peer.inside():
        agent = Odmm()
        lo = socket.if_nametoindex('lo')
    agent.claim(FIXED)
    equal((here.agents(), len(agent.agents())), ([], 1), 'it is shown there and not here')
    equal(asking(FIXED)[1], 'EOPNOTSUPP', 'nobody serves here')
    with peer.inside():
        caller = Caller(ask, FIXED).wait_blocked()
    equal(here.requests(), [], 'a request there is none here')
    cookie = agent.accept()['cookie']
    equal(outcome(here.accept, cookie), 'ENOENT', 'nor can it be taken from here')
    agent.do(PREFIX_ADD, PREFIX, prefix='2001:db8:51::', len=64, type=FIXED, ifindex=lo, cookie=cookie)
    ok(caller.outcome().startswith('2001:db8:51:'), 'it is served from a process that is here')
    equal(here.prefixes(), [], 'and nothing is added here')
    caller.end()



run(claim, replace, interfaces, too_many, ends_with_its_socket, ends_with_its_process, port_reuse, port_race, two_agents, death_with_another,
    death_alone, death_after_somebody_else_took_it, restart, answered_before_death, other_namespace)
