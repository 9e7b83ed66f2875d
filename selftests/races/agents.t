#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Agents that come, go and answer at the same moment as others: nothing hangs, and nothing is answered twice."""
import ctypes
import errno
import os
import random
import socket
import struct
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, '../lib'), HERE]
import netlink
from collide import SYS_BIND, Ask, Call, Command, Duel, Lane, close, start, together
from ledger import Ledger, tally
from netlink import AGENT, AGENT_CLAIM, NEW, PREFIX, PREFIX_ADD, PREFIX_CHANGE, REQUEST, REQUEST_ACCEPT, REQUEST_DONE
from odmm import FIXED, INFINITY, NO_LIMIT, SESSION, ready, request_waiting, udp
from people import ALICE
from probe import Probe, agent_for, network, spec
from tap import equal, ok, outcome, run, wait_for

A = '2001:db8:51::/64'
ROUNDS = 40
LISTENERS = 200
PAST_GRACE = 3000       # ms


def blocked(lane, nl, timeout=NO_LIMIT):
    """A socket that somebody waits with, and the cookie of its request."""
    s = udp()
    lane.start(Ask(s, SESSION, timeout=timeout))
    return s, request_waiting(nl)['cookie']


def accept(nl, cookie=None):
    return Command(nl, REQUEST_ACCEPT, REQUEST, cookie=cookie)


def refuse(nl, cookie, error=errno.EACCES):
    return Command(nl, REQUEST_DONE, REQUEST, cookie=cookie, error=error)


def answer(nl, cookie, prefix=A):
    return Command(nl, PREFIX_ADD, PREFIX, **spec(prefix, SESSION), cookie=cookie)


def must_be(got, want):
    """Not a point, but a condition of all that follows."""
    if got != want:
        raise AssertionError(f'{got}, not {want}')


def test_accept_twice():
    ledger, lanes, asker = Ledger(), [Lane(), Lane()], Lane(ALICE)
    agents = [agent_for(SESSION) for _ in lanes]
    duel, seen = Duel(), []
    for n in range(ROUNDS):
        s, cookie = blocked(asker, ledger.asker)
        calls = [accept(agent, cookie if n % 2 else None) for agent in agents]
        duel.aim(*calls)
        got = sum(together(*zip(lanes, ([call] for call in calls))), [])
        duel.won(got[1] == 'ok')
        seen.append(tuple(sorted(got)))
        agents[0].refuse(cookie, errno.EACCES)
        asker.join()
        s.close()
    ok(set(seen) <= {('EBUSY', 'ok'), ('ENOENT', 'ok')}, f'two agents accept: one gets it {tally(seen)}; wins {duel.wins}', seen)
    equal(ledger.count('accepted'), ROUNDS, 'as counted')
    for agent in agents:
        agent.close()
    ledger.balance()


class Deathbed:
    """An agent that has accepted dies at the same moment as another does something."""

    def __init__(self):
        self.ledger, self.other = Ledger(), agent_for(SESSION)
        self.lanes, self.asker = [Lane(), Lane()], Lane(ALICE)
        self.duel = Duel()

    def play(self, call):
        """The cookie, the verdict of call(agent, cookie), and the socket of whoever waits."""
        agent = agent_for(SESSION)
        s, cookie = blocked(self.asker, self.ledger.asker)
        agent.accept(cookie)
        calls = [close(agent.sock), call(self.other, cookie)]
        self.duel.aim(*calls)
        return cookie, together(*zip(self.lanes, ([call] for call in calls)))[1][0], s

    def end(self):
        self.other.close()
        self.ledger.balance()


def test_death_and_accept():
    """The request is the other's, then or after that."""
    scene, told = Deathbed(), []
    for _ in range(ROUNDS):
        cookie, verdict, s = scene.play(accept)
        scene.duel.won(verdict == 'EBUSY')
        told.append(verdict)
        if verdict == 'EBUSY':
            wait_for(lambda: scene.other.request(cookie)['state'] == NEW, 'a new offer')
            scene.other.accept(cookie)
        scene.other.refuse(cookie, errno.EACCES)
        must_be(scene.asker.join(), ['EACCES'])
        s.close()
    ok(set(told) <= {'ok', 'EBUSY'}, f'an agent dies while another accepts: {tally(told)}', told)
    equal(scene.ledger.count('agent_lost'), ROUNDS, 'each time the request is offered again')
    scene.end()


def test_death_and_answer():
    """The answer holds, whether the request was still that of the dying agent or open again."""
    scene, told = Deathbed(), []
    for _ in range(ROUNDS):
        lost = scene.ledger.count('agent_lost')
        _, verdict, s = scene.play(refuse)
        must_be(verdict, 'ok')
        told += scene.asker.join()
        scene.duel.won(scene.ledger.count('agent_lost') == lost)
        s.close()
    equal(tally(told), {'EACCES': ROUNDS}, f'an agent dies while the answer comes from elsewhere: it holds; wins {scene.duel.wins}')
    scene.end()


def test_grace_and_answer():
    """The last agent has died; somebody without a claim answers when the grace ends."""
    ledger, lane, asker = Ledger(), Lane(), Lane(ALICE)
    nl = Probe()
    told = []
    for delay in (0.9, 0.98, 0.99, 1.0, 1.01, 1.02):
        agent = agent_for(SESSION)
        s, cookie = blocked(asker, ledger.asker)
        agent.close()
        time.sleep(delay)
        verdict = together((lane, [refuse(nl, cookie)]))[0][0]
        told.append((verdict, asker.join()[0]))
        s.close()
    ok(set(told) <= {('ok', 'EACCES'), ('ENOENT', 'EOPNOTSUPP')}, f'an answer at the end of the grace: {tally(told)}', told)
    equal(ledger.count('late_answers'), sum(verdict == 'ENOENT' for verdict, _ in told), 'late ones are counted')
    ledger.balance()


def listeners(n):
    """The kernel lets a netlink socket that is being closed wait while it tells so many: its port is free by then."""
    sockets = [netlink.Odmm() for _ in range(n)]
    for nl in sockets:
        nl.subscribe('events')
    return sockets


def test_same_port():
    """A new socket gets the port of one that is being closed, and makes a claim before the end of the old one is known."""
    ledger, lanes, door = Ledger(), [Lane(), Lane(), Lane()], Probe()
    duel, crowd = Duel(), listeners(LISTENERS)
    ready(door, A, SESSION)
    reused = 0
    for _ in range(ROUNDS):
        old = agent_for(SESSION)
        port = old.sock.getsockname()[0]
        new = Probe()
        new.sock.close()
        new.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, netlink.NETLINK_GENERIC)
        new.sock.settimeout(20)
        bind = [Call(SYS_BIND, new.fileno(), netlink_address(port), 12) for _ in range(200)]
        claim = Command(new, AGENT_CLAIM, AGENT, types=1 << SESSION)
        end = close(old.sock)
        duel.aim(end, bind[0])
        news = [Command(door, PREFIX_CHANGE, PREFIX, preferred_lft=lft, **network(A)) for lft in 3 * [0, INFINITY]]
        *tries, verdict = together((lanes[0], [end]), (lanes[1], bind + [claim]), (lanes[2], news))[1]
        # Without the port, the claim has given the socket another.
        reused += 'ok' in tries
        must_be(verdict, 'ok')
        duel.won(tries[0] != 'ok')
        wait_for(lambda: len(ledger.asker.agents()) == 1, 'the old claim to end')
        must_be([a['port_id'] for a in ledger.asker.agents()], [new.sock.getsockname()[0]])
        new.close()
        wait_for(lambda: not ledger.asker.agents(), 'the new claim to end')
    for nl in crowd:
        nl.close()
    ok(reused, f'{reused} times of {ROUNDS} a socket gets the port of a dying one: its claim stays')
    ledger.balance()


def netlink_address(port):
    return ctypes.create_string_buffer(struct.pack('=HHII', socket.AF_NETLINK, 0, port, 0), 12)


def test_claim_storm():
    """Claims are made and replaced while requests are accepted, refused and made."""
    ledger, rng = Ledger(), random.Random(1)
    stay, storms, taker, askers = agent_for(SESSION), [Lane(), Lane()], Lane(), [Lane(ALICE) for _ in range(2)]
    door, told = agent_for(SESSION), []
    for _ in range(ROUNDS):
        agents = [Probe() for _ in storms]
        sockets = [udp() for _ in askers]
        claims = [[Command(agent, AGENT_CLAIM, AGENT, types=1 << rng.choice((SESSION, FIXED))) for _ in range(5)] for agent in agents]
        storm = [(lane, [*some, close(agent.sock)]) for lane, some, agent in zip(storms, claims, agents)]
        for lane, s in zip(askers, sockets):
            lane.start(Ask(s, SESSION, timeout=PAST_GRACE))
        start(*storm, (taker, [accept(door) for _ in range(5)]))
        taker.join()
        for lane, _ in storm:
            join_closed(lane)
        for request in ledger.asker.requests():
            outcome(stay.refuse, request['cookie'], errno.EACCES)
        told += refuse_until_over(stay, askers)
        for s in sockets:
            s.close()
    equal(tally(told), {'EACCES': 2 * ROUNDS}, 'claims come and go: all requests are answered by those who stay')
    door.close()
    stay.close()
    ledger.balance()


def join_closed(lane):
    """Of a lane that has closed the socket which would have told the verdicts."""
    lane.calls = []
    lane.join()


def refuse_until_over(agent, askers):
    """Some may only now have come to ask."""
    def refused():
        for request in agent.requests():
            outcome(agent.refuse, request['cookie'], errno.EACCES)
        return all(lane.is_done() for lane in askers)
    wait_for(refused, 'all to be answered')
    return [lane.join()[0] for lane in askers]


def test_stale():
    """Answers to requests that never were, are over, or are still to come, all along while real ones are answered."""
    ledger, rng = Ledger(), random.Random(2)
    agent, asker, lanes = agent_for(SESSION), Lane(ALICE), [Lane(), Lane()]
    doors = [Probe() for _ in lanes]
    wrong, told = [], []
    for _ in range(ROUNDS):
        s, cookie = blocked(asker, ledger.asker)
        others = {0, 1, cookie - 1, cookie + 1, cookie + 1000, (1 << 64) - 1} - {cookie}
        calls = [[rng.choice((refuse, answer, accept))(nl, rng.choice(sorted(others))) for _ in range(10)] + [refuse(nl, cookie)]
                 for nl in doors]
        got = together(*zip(lanes, calls))
        wrong += [verdict for verdicts in got for verdict in verdicts[:-1] if verdict not in ('ENOENT', 'EINVAL')]
        told.append((sorted(verdicts[-1] for verdicts in got), asker.join()[0]))
        s.close()
    equal(wrong, [], 'an answer to a request that is not there: ENOENT')
    equal([t for t in told if t != (['ENOENT', 'ok'], 'EACCES')], [], 'and those that are get theirs')
    agent.close()
    ledger.balance()


run(test_accept_twice, test_death_and_accept, test_death_and_answer, test_grace_and_answer, test_same_port, test_claim_storm, test_stale,
    timeout=240)
