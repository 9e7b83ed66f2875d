#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""The module and the namespaces go while sockets wait and hold: nothing hangs, nothing is left."""
import os
import signal
import socket
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '../lib'))
import kmod
import netlink
import netns
from odmm import (BIND, NONPERSISTENT, ON_NET, SC_TYPE, SESSION, TYPES, Caller, ask, get_addr, get_option, in_prefix, ready, request_waiting,
                  setsc, source, tcp, udp, wanting)
from tap import equal, fails, ok, outcome, run, wait_for

MASS = os.path.join(HERE, '../../build/selftests/mass')
A, B = '2001:db8:51::/64', '2001:db8:52::/64'
N = 100
SLAB = '/sys/kernel/slab/net_namespace/'


def crowd(wanted, timeout=-1):
    """A process with N threads that wait."""
    return subprocess.Popen([MASS, str(N), str(wanted), str(timeout)], stdout=subprocess.PIPE, text=True)


def answers_of(callers):
    answers = callers.stdout.read().splitlines()[:-1]
    callers.wait()
    return answers


def agent_for(*types):
    agent = netlink.Odmm()
    agent.claim(*types)
    return agent


def connected_pair(s):
    with socket.create_server(('::1', 0), family=socket.AF_INET6) as listener:
        s.connect(listener.getsockname())
        return listener.accept()[0]


def talk(s, other):
    """Both directions work."""
    for one, two in ((s, other), (other, s)):
        one.settimeout(20)
        two.settimeout(20)
        one.send(b'x')
        if two.recv(1) != b'x':
            return False
    return True


def test_rmmod():
    agent = agent_for(SESSION)
    callers = crowd(SESSION)
    cookie = request_waiting(agent, N)['cookie']
    ok('in use' in kmod.remove() and kmod.loaded(), f'rmmod while {N} callers wait: in use')
    agent.prefix_add(A, SESSION, cookie=cookie)
    address = agent.prefix(A).get('address') or wait_for(lambda: agent.prefix(A).get('address'), 'the address')
    equal(answers_of(callers), [f'{address} {N}'], 'they wait on, and are answered')

    holder, bound = wanting(SESSION), tcp()
    get_addr(holder)
    setsc(bound, SESSION, BIND)
    child = connected_pair(bound)
    agent.claim(NONPERSISTENT)
    pending = [wanting(NONPERSISTENT, blocking=False, flags=flags) for flags in (0, ON_NET)]
    equal([outcome(get_addr, s) for s in pending], 2 * ['EINPROGRESS'], 'some hold, one is connected, some ask without waiting')
    with kmod.removed():
        ok(talk(bound, child), 'rmmod works then; the connection goes on')
        ok([a for a in netlink.addresses('lo') if a['address'] == address], 'its address stays')
        fails('ENOPROTOOPT', 'the options are gone', get_option, holder, SC_TYPE)
        fails('ENOENT', 'the netlink family too', agent.stats)
    ok(talk(bound, child), 'insmod again; the connection goes on')
    nl = agent_for(NONPERSISTENT)
    equal([nl.stats()[k] for k in ('sessions', 'requests', 'agents')], [0, 0, 1], 'the module begins anew')
    again = wait_for(lambda: nl.prefixes() and nl.prefixes()[0]['state'] and nl.prefix(A), 'the prefix to come back')
    equal(again['address'], address, 'but the address left behind is a typed prefix again')
    equal([get_option(s, SC_TYPE) for s in (holder, bound, pending[0])], 3 * [0], 'so do the sockets')
    equal((setsc(holder, SESSION), source(bound)), (address, address), 'they can ask, and what is bound stays bound')
    bound.close()
    child.close()


def ask_until_told():
    """How often each answer came, to one socket after the other, until a signal comes."""
    told, answers = [], {}
    signal.signal(signal.SIGUSR1, lambda *_: told.append(True))
    while not told:
        with udp() as s:
            answer = outcome(setsc, s, SESSION, 0, 5)
        answer = 'an address' if ':' in answer else answer
        answers[answer] = answers.get(answer, 0) + 1
    return answers


def test_rmmod_storm():
    """The module comes and goes while sockets ask without a break."""
    callers = [Caller(ask_until_told) for _ in range(2)]
    removed = 0
    for n in range(10):
        nl = agent_for(SESSION)
        if n % 2:
            outcome(nl.prefix_add, A, SESSION)      # once there it comes back by itself
        time.sleep(0.1)
        if not kmod.remove():
            removed += 1
            kmod.insert()
        nl.close()
    for caller in callers:
        caller.interrupt()
    answers = [caller.outcome() for caller in callers]
    ok(removed, f'the module goes {removed} times of 10 while sockets ask without a break')
    ok(set().union(*answers) <= {'an address', 'ENOPROTOOPT', 'EOPNOTSUPP', 'ETIMEDOUT', 'EINTR'}, f'all have clear answers: {answers}')


class Doomed:
    """A namespace with a link to ours, which goes with it."""

    def __init__(self, name='odmm-doomed'):
        self.name = name
        netns.ip(f'netns add {name}')
        netns.ip(f'link add watch type veth peer name v1 netns {name}')
        self.ns = netns.Netns.of(f'/run/netns/{name}')
        with self.ns.inside():
            netns.up('lo')

    def delete(self):
        self.ns.close()
        netns.ip(f'netns del {self.name}')

    @staticmethod
    def is_gone():
        return 'watch' not in [name for _, name in socket.if_nameindex()]

    def goes(self, text):
        return ok(wait_for(self.is_gone, 'the namespace to go', 30), text)


def waiting_in_doomed(timeout=-1):
    doomed = Doomed()
    with doomed.ns.inside():
        agent = agent_for(SESSION)
        callers = crowd(SESSION, timeout)
    cookie = request_waiting(agent, N)['cookie']
    doomed.delete()
    time.sleep(1)
    equal((agent.requests()[0]['waiters'], callers.poll(), doomed.is_gone()), (N, None, False), f'its name is gone; {N} callers wait on')
    return doomed, agent, callers, cookie


def test_namespace_answered():
    doomed, agent, callers, cookie = waiting_in_doomed()
    agent.do(netlink.PREFIX_ADD, netlink.PREFIX, prefix='2001:db8:51::', len=64, type=SESSION, ifindex=1, cookie=cookie)
    answers = answers_of(callers)
    ok(len(answers) == 1 and answers[0].endswith(f' {N}') and in_prefix(answers[0].split()[0], A), 'until they are answered', answers)
    agent.close()
    doomed.goes('then the namespace goes')


def test_namespace_timed_out():
    doomed, agent, callers, _ = waiting_in_doomed(5000)
    equal(answers_of(callers), [f'ETIMEDOUT {N}'], 'until their time is up')
    agent.close()
    doomed.goes('then the namespace goes')


def test_namespace_killed():
    doomed, agent, callers, _ = waiting_in_doomed()
    callers.kill()
    callers.wait()
    ok(wait_for(lambda: not agent.requests(), 'no request'), 'until they are killed, which ends the request')
    agent.close()
    doomed.goes('then the namespace goes')


def test_namespace_without_agent():
    """With its last owner outside gone, the agent in it too, nobody can answer any more."""
    doomed, agent, callers, _ = waiting_in_doomed()
    agent.close()
    equal(answers_of(callers), [f'EOPNOTSUPP {N}'], 'until the last agent dies')
    doomed.goes('then the namespace goes')


def test_namespace_with_all():
    """A namespace goes with prefixes, sessions, a connection and pending requests in it."""
    doomed = Doomed()
    with doomed.ns.inside():
        agent = agent_for(NONPERSISTENT)
        ready(agent, A, SESSION)
        s = tcp()
        setsc(s, SESSION, BIND)
        child = connected_pair(s)
        pending = wanting(NONPERSISTENT, blocking=False)
        outcome(get_addr, pending)
    doomed.delete()
    ok(talk(s, child), 'its name is gone; a connection goes on')
    equal(len(agent.sessions()), 2, 'sessions too')
    for x in (s, child, pending, agent):
        x.close()
    doomed.goes('closed, the namespace goes')


def test_killed_callers():
    agent = agent_for(*TYPES)
    for _ in range(3):
        callers = crowd(SESSION)
        request_waiting(agent, N)
        callers.kill()
        callers.wait()
        wait_for(lambda: not agent.requests() and agent.stats()['sessions'] == 0, 'all to go')
    ok(True, f'3 times {N} blocked callers are killed: no request and no session is left')
    equal(agent.stats()['cancelled'], 3, 'each time one request is cancelled')


def test_many_namespaces():
    """Each with a pending request, a prefix that is not ready and a blocked caller."""
    def objects():
        """Even after the allocator has given back what it keeps some are left for a while, module or not."""
        with open(SLAB + 'shrink', 'w', encoding='ascii') as f:
            f.write('1')
        with open(SLAB + 'objects', encoding='ascii') as f:
            return int(f.read().split()[0])

    before = objects()
    for n in range(50):
        ns = netns.Netns()
        with ns.inside():
            agent = agent_for(SESSION, NONPERSISTENT)
            s = wanting(NONPERSISTENT, blocking=False)
            outcome(get_addr, s)
            caller = Caller(ask, SESSION).wait_blocked() if n % 10 == 0 else None
            agent.prefix_add(A, SESSION)
        ns.close()
        agent.close()
        s.close()
        if caller:
            caller.end(signal.SIGKILL)
    wait_for(lambda: objects() < before + 25, f'namespaces to go; there were {before}', 60)
    ok(True, '50 namespaces come and go, none is left')


run(test_rmmod, test_rmmod_storm, test_namespace_answered, test_namespace_timed_out, test_namespace_killed, test_namespace_without_agent,
    test_namespace_with_all, test_killed_callers, test_many_namespaces)
