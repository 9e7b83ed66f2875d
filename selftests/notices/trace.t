#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Tracepoints odmm:*: each fires when it should, and at no other time, with the right fields."""
import collections
import errno
import os
import re
import signal
import socket
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../lib'))
import kmod
import ndp
import netlink
import netns
from netlink import END_DELETED, END_EXPIRED, END_FAILED, END_LINK_REMOVED, END_LOST, END_RELEASED, END_WITHDRAWN, ONLINK
from odmm import (GRACEFUL, INFINITY, NONE, NONPERSISTENT, ON_NET, SC_TYPE, SESSION, Caller, ask, get_addr, ready, request_waiting,
                  set_option, wanting)
from tap import equal, fails, ok, outcome, run, wait_for

TRACING = '/sys/kernel/tracing'
EVENTS = ('submit', 'coalesce', 'accept', 'answer', 'timeout', 'cancel', 'grant', 'deprecate', 'lose', 'release', 'drain')
A, B = '2001:db8:51::/64', '2001:db8:52::/64'
SYS_READ = '0 '       # x86-64
LINE = re.compile(r': odmm_(\w+): (.*)')

Event = collections.namedtuple('Event', 'name fields')


def parsed(lines):
    found = map(LINE.search, lines)
    return [Event(m[1], dict(word.split('=') for word in m[2].split())) for m in found if m]


class Trace:
    """A tracing instance of our own; what happens in other namespaces is left out by the interface that we use, which no other has."""

    def __init__(self):
        if not os.path.isdir(f'{TRACING}/events'):
            subprocess.run(['mount', '-t', 'tracefs', 'none', TRACING], check=True)
        self.path = f'{TRACING}/instances/odmm'
        if os.path.isdir(self.path):
            os.rmdir(self.path)     # of the test before
        os.mkdir(self.path)
        self.write('events/odmm/enable', '1')

    def write(self, name, text):
        with open(f'{self.path}/{name}', 'w', encoding='ascii') as f:
            f.write(text)

    def all(self):
        """Each event so far."""
        with open(f'{self.path}/trace', encoding='ascii') as f:
            return parsed(f)


class Traced:
    """A namespace of ours with an agent, and what is traced of it."""

    def __init__(self, *types):
        self.nl = netlink.Odmm()
        self.id = self.nl.claim(*types) if types else 0
        self.index = str(7000 + os.getpid())
        netns.ip(f'link add d0 index {self.index} type dummy')
        netns.up('d0')
        self.trace = Trace()

    def seen(self):
        return [e for e in self.trace.all() if e.fields.get('ifindex') == self.index]

    def names(self):
        return [e.name for e in self.seen()]

    def are(self, text, *events):
        """A point: these events, in this order, and no other; then it begins anew."""
        got = [(e.name, {k: v for k, v in e.fields.items() if k != 'ifindex'}) for e in self.seen()]
        self.trace.write('trace', '')
        return equal(got, list(events), text)


def request(name, cookie, waiters, agent=0, wanted=SESSION, flags='0x0'):
    return name, {'cookie': str(cookie), 'type': str(wanted), 'flags': flags, 'waiters': str(waiters), 'agent': str(agent)}


def prefix(name, which, sessions, end=END_DELETED, wanted=SESSION):
    return name, {'prefix': which, 'type': str(wanted), 'sessions': str(sessions), 'end': str(end)}


def pending(wanted=SESSION, **kwargs):
    s = wanting(wanted, blocking=False, dev='d0', **kwargs)
    fails('EINPROGRESS', 'asks', get_addr, s)
    return s


def test_list():
    Trace()
    with open(f'{TRACING}/available_events', encoding='ascii') as f:
        names = [line.strip() for line in f if line.startswith('odmm:')]
    equal(sorted(names), sorted(f'odmm:odmm_{name}' for name in EVENTS), 'the kernel lists these tracepoints')


def test_quiet():
    """What is switched off is not traced."""
    t = Traced(SESSION)
    t.trace.write('events/odmm/enable', '0')
    ready(t.nl, A, SESSION, 'd0')
    ask(SESSION, dev='d0')
    t.nl.prefix_del(A, force=True)
    t.are('nothing is traced unless it is switched on')


def test_answered():
    t = Traced(SESSION)
    sockets = [pending() for _ in range(3)]
    t.are('three ask: a request, which two join', request('submit', 1, 1), request('coalesce', 1, 2), request('coalesce', 1, 3))
    t.nl.accept()
    t.are('the agent accepts it', request('accept', 1, 3, t.id))
    ready(t.nl, A, SESSION, 'd0', cookie=1)
    t.are('the answer, and when its address is usable the grant', request('answer', 1, 3, t.id), request('grant', 1, 0, t.id))
    ask(SESSION, dev='d0')
    t.are('who is served at once is no request')
    del sockets


def test_arrival():
    """A prefix that answers nobody grants as well."""
    t = Traced(SESSION)
    s = pending()
    ready(t.nl, A, SESSION, 'd0')
    t.are('a prefix simply comes', request('submit', 1, 1), request('grant', 1, 0))
    s.close()


def test_on_net():
    t = Traced(SESSION)
    sockets = [pending(flags=ON_NET) for _ in range(2)]
    t.are('on the net: nobody joins', request('submit', 1, 1, flags='0x10000'), request('submit', 2, 1, flags='0x10000'))
    ready(t.nl, A, SESSION, 'd0', cookie=2)
    t.are('one is answered', request('answer', 2, 1, flags='0x10000'), request('grant', 2, 0, flags='0x10000'))
    del sockets


def test_refused():
    t = Traced(SESSION)
    s = pending()
    t.nl.accept(1)
    t.nl.refuse(1, errno.EADDRNOTAVAIL)
    t.are('a refusal is neither grant nor cancellation', request('submit', 1, 1), request('accept', 1, 1, t.id))
    s.close()


def test_timeout():
    t = Traced(SESSION)
    patient, hasty = pending(), pending(timeout=100)
    wait_for(lambda: 'timeout' in t.names(), 'the timeout')
    t.are('one of two has waited too long', request('submit', 1, 1), request('coalesce', 1, 2), request('timeout', 1, 2))
    set_option(patient, SC_TYPE, NONE)
    t.are('the other goes: the request is cancelled', request('cancel', 1, 0))
    pending(timeout=100)
    wait_for(lambda: 'cancel' in t.names(), 'the timeout')
    t.are('the only one has waited too long', request('submit', 2, 1), request('timeout', 2, 1), request('cancel', 2, 0))
    hasty.close()


def test_cancel():
    t = Traced(SESSION)
    s = pending()
    set_option(s, SC_TYPE, NONE)
    t.are('a change of mind', request('submit', 1, 1), request('cancel', 1, 0))
    pending().close()
    wait_for(lambda: not t.nl.requests(), 'the close to be found')
    t.are('a close', request('submit', 2, 1), request('cancel', 2, 0))
    caller = Caller(ask, SESSION, dev='d0').wait_blocked()
    request_waiting(t.nl)
    caller.end(signal.SIGKILL)
    wait_for(lambda: not t.nl.requests(), 'the request to go')
    t.are('a killed caller', request('submit', 3, 1), request('cancel', 3, 0))


def test_accept_without_claim():
    t = Traced(SESSION)
    s = pending()
    netlink.Odmm().accept(1)
    t.are('accepted by somebody without a claim', request('submit', 1, 1), request('accept', 1, 1))
    s.close()


def held(t, wanted=SESSION, which=A, **values):
    """A prefix that one socket holds; what was traced of that is forgotten."""
    ready(t.nl, which, wanted, 'd0', **values)
    s = wanting(wanted, dev='d0')
    get_addr(s)
    t.trace.write('trace', '')
    return s


def test_deprecate():
    t = Traced()
    s = held(t)
    for _ in range(2):
        t.nl.prefix_change(A, preferred_lft=0)
        t.nl.prefix_change(A, preferred_lft=0)
        t.are('deprecated, told twice to be: once', prefix('deprecate', A, 1))
        t.nl.prefix_change(A, preferred_lft=INFINITY)
        t.are('preferred again is no such event')
    t.nl.prefix_change(A, valid_lft=1000, preferred_lft=1)
    wait_for(t.names, 'the end of the preferred lifetime')
    t.are('deprecated by time', prefix('deprecate', A, 1))
    s.close()


def test_lose():
    """By each way to go."""
    t = Traced()
    s = held(t)
    t.nl.prefix_del(A, force=True)
    t.are('deleted', prefix('lose', A, 1, END_DELETED))
    s = held(t, NONPERSISTENT)
    t.nl.prefix_withdraw(A)
    t.are('withdrawn', prefix('lose', A, 1, END_WITHDRAWN, NONPERSISTENT))
    s = held(t, GRACEFUL, B)
    t.nl.prefix_withdraw(B, grace=1)
    wait_for(lambda: 'lose' in t.names(), 'the end')
    t.are('withdrawn with grace', prefix('deprecate', B, 1, wanted=GRACEFUL), prefix('lose', B, 1, END_WITHDRAWN, GRACEFUL))
    s = held(t, valid_lft=1)
    wait_for(lambda: 'lose' in t.names(), 'the end')
    t.are('its time over, preferred or not', prefix('lose', A, 1, END_EXPIRED))
    s = held(t, NONPERSISTENT)
    netns.ip(f'-6 addr del {get_addr(s)}/128 dev lo')
    wait_for(t.names, 'the loss')
    t.are('its address deleted by somebody', prefix('lose', A, 1, END_LOST, NONPERSISTENT))


def test_lose_link():
    t = Traced()
    netns.veth(netns.Netns(), dad=3)
    t.index = str(socket.if_nametoindex('v0'))
    t.nl.prefix_add(A, SESSION, 'v0', flags=ONLINK)
    netns.ip('link del v0')
    t.are('its interface removed', prefix('lose', A, 0, END_LINK_REMOVED))


def test_lose_failed():
    """Its address cannot be made: somebody on the link has each that is tried."""
    t = Traced()
    peer = netns.Netns()
    netns.veth(peer, dad=1)
    ndp.Defender(peer)
    t.index = str(socket.if_nametoindex('v0'))
    t.nl.prefix_add(A, SESSION, 'v0', flags=ONLINK)
    wait_for(t.names, 'the failure')
    t.are('its address could not be made', prefix('lose', A, 0, END_FAILED))


def test_release():
    t = Traced(SESSION)
    t.nl.policy_set(type=SESSION, linger=1)
    s = pending()
    ready(t.nl, A, SESSION, 'd0', cookie=1)
    t.trace.write('trace', '')
    s.close()
    wait_for(lambda: 'lose' in t.names(), 'the release')
    t.are('nobody uses it any more: released, and gone', prefix('release', A, 0, END_RELEASED), prefix('lose', A, 0, END_RELEASED))


def netns_number(path):
    return re.search(r'\[(\d+)\]', os.readlink(path))[1]


def drains(events, number):
    return [e.fields for e in events if e.name == 'drain' and e.fields['netns'] == number]


def test_drain():
    """A namespace goes. What it had has gone before, with its sockets and interfaces."""
    trace = Trace()
    ns = netns.Netns()
    number = netns_number(ns.path)
    with ns.inside():
        agent = netlink.Odmm()
        ready(agent, A, SESSION)
        agent.close()
    ns.close()
    wait_for(lambda: drains(trace.all(), number), 'the namespace to go', 60)
    equal(drains(trace.all(), number), [{'netns': number, 'sessions': '0', 'requests': '0', 'prefixes': '0'}], 'a namespace goes')


def at_once():
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))


def read_along(trace):
    """Whoever wants to see the end of the module: what it traced goes with it. On one processor a reader that goes first is in time."""
    os.sched_setaffinity(0, {0})
    reader = subprocess.Popen(['cat', f'{trace.path}/trace_pipe'], stdout=subprocess.PIPE, preexec_fn=at_once)

    def sleeps():
        with open(f'/proc/{reader.pid}/syscall', encoding='ascii') as f:
            return f.read().startswith(SYS_READ)

    wait_for(sleeps, 'a reader to wait')
    return reader


def test_drain_by_rmmod():
    """The module goes, and gives up what is there."""
    trace, nl = Trace(), netlink.Odmm()
    nl.claim(NONPERSISTENT)
    for which in (A, B):
        ready(nl, which, SESSION)
    sockets = [wanting(SESSION), wanting(SESSION), wanting(NONPERSISTENT, blocking=False)]
    equal([outcome(get_addr, s) for s in sockets][2], 'EINPROGRESS', 'two hold an address, one waits')
    trace.write('trace', '')
    reader = read_along(trace)
    with kmod.removed():
        reader.terminate()
        events = parsed(reader.stdout.read().decode().splitlines())
    number = netns_number('/proc/self/ns/net')
    equal(drains(events, number), [{'netns': number, 'sessions': '3', 'requests': '1', 'prefixes': '2'}],
          'the module goes, with three sessions, a request and two prefixes')


def test_rmmod():
    """Tracepoints that are switched on do not keep the module, and come with it again."""
    t = Traced()
    with kmod.removed():
        ok(not os.path.exists(f'{t.trace.path}/events/odmm'), 'without the module there are no tracepoints')
    equal(sorted(name for name in os.listdir(f'{t.trace.path}/events/odmm') if name.startswith('odmm_')),
          sorted(f'odmm_{name}' for name in EVENTS), 'with it they are back')
    t.trace.write('events/odmm/enable', '1')
    t.nl.close()
    t.nl = netlink.Odmm()
    held(t)
    t.nl.prefix_del(A, force=True)
    t.are('and work', prefix('lose', A, 1, END_DELETED))


def test_filter():
    """Fields can be used in filters of the kernel."""
    t = Traced(SESSION, GRACEFUL)
    t.trace.write('events/odmm/odmm_submit/filter', f'type == {GRACEFUL} && waiters == 1 && ifindex == {t.index}')
    sockets = [pending(wanted) for wanted in (SESSION, GRACEFUL)]
    t.are('a filter by type, waiters and interface', request('submit', 2, 1, wanted=GRACEFUL))
    del sockets


run(test_list, test_quiet, test_answered, test_arrival, test_on_net, test_refused, test_timeout, test_cancel, test_accept_without_claim,
    test_deprecate, test_lose, test_lose_link, test_lose_failed, test_release, test_drain, test_drain_by_rmmod, test_rmmod, test_filter)
