#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Sockets that are closed, passed on and bound, wishes that change, and prefixes that go, at the same moment as others use them."""
import errno
import os
import socket
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, '../lib'), HERE]
import life
from collide import SYS_RECVMSG, SYS_SENDMSG, Ask, Call, Command, Duel, GetAddr, Lane, Message, close, set_type, together
from ledger import Ledger, tally
from netlink import (ACCESS_ALL, ACCESS_CAPABILITY, POLICY, POLICY_SET, PREFIX, PREFIX_ADD, PREFIX_CHANGE, PREFIX_DEL, REQUEST,
                     REQUEST_DONE)
from odmm import (BIND, EVENTS, FIXED, INFINITY, LOST, NONE, NONPERSISTENT, PENDING, SESSION, get_addr, in_prefix, ready, request_waiting,
                  setsc, source, state, tcp, udp, wanting)
from people import ALICE
from probe import Probe, agent_for, network, spec
from tap import equal, ok, outcome, run, wait_for

A = '2001:db8:51::/64'
ROUNDS = 40


def end(agent, ledger):
    agent.policy_set(sessions=65536)
    agent.close()
    ledger.balance()


def sweep():
    """A socket whose owner has no room for it: those of his that are dead are looked for at once."""
    return Ask(udp_for_ever(), FIXED)


_kept = []


def udp_for_ever():
    """Until end_of_kept(): so that the number is not another socket's."""
    _kept.append(udp())
    return _kept[-1]


def end_of_kept():
    for s in _kept:
        s.close()
    _kept.clear()


def test_close_and_submit():
    """The last close comes while somebody submits: what he submits is cancelled when the socket is found dead, or never is."""
    ledger, lanes, agent = Ledger(), [Lane(ALICE), Lane(ALICE)], agent_for(SESSION)
    duel, told = Duel(), []
    for _ in range(ROUNDS):
        s = wanting(SESSION, blocking=False)
        calls = [GetAddr(s), close(s)]
        duel.aim(*calls)
        told.append(together(*zip(lanes, ([call] for call in calls)))[0][0])
        duel.won(told[-1] == 'EBADF')
    ok(set(told) <= {'EINPROGRESS', 'EBADF'}, f'close, submit: {tally(told)}', told)
    end(agent, ledger)


def test_close_and_answer():
    """The look for dead sockets, against the answer to what they have asked."""
    ledger, lanes, agent, door = Ledger(), [Lane(ALICE), Lane()], agent_for(SESSION), Probe()
    duel, told = Duel(), []
    # One is what the ledger keeps.
    agent.policy_set(sessions=2)
    owner = Lane(ALICE)
    for _ in range(ROUNDS):
        s = wanting(SESSION, blocking=False)
        owner.start(GetAddr(s))
        owner.join()
        cookie = request_waiting(agent)['cookie']
        s.close()
        calls = [sweep(), Command(door, REQUEST_DONE, REQUEST, cookie=cookie, error=errno.EACCES)]
        duel.aim(*calls)
        told.append(tuple(outcomes[0] for outcomes in together(*zip(lanes, ([call] for call in calls)))))
        duel.won(told[-1][1] == 'ok')
        end_of_kept()
    ok(set(told) <= {('EOPNOTSUPP', 'ok'), ('EOPNOTSUPP', 'ENOENT')}, f'look for the dead, refusal: {tally(told)}', told)
    end(agent, ledger)


def test_close_and_blocked():
    """A blocked caller keeps his socket, whoever closes it; what he gets is given up when he returns."""
    ledger, asker, lanes, agent, door = Ledger(), Lane(ALICE), [Lane(), Lane()], agent_for(SESSION), Probe()
    told = []
    for _ in range(ROUNDS):
        s = udp()
        asker.start(Ask(s, SESSION))
        cookie = request_waiting(agent)['cookie']
        together((lanes[0], [close(s)]), (lanes[1], [Command(door, REQUEST_DONE, REQUEST, cookie=cookie, error=errno.EACCES)]))
        told += asker.join()
    equal(tally(told), {'EACCES': ROUNDS}, 'closed under a blocked caller: he is told the answer')
    end(agent, ledger)


def test_pass_on():
    """The socket is sent to another process while it is closed: whoever gets it gets its session too."""
    ledger, lanes, agent = Ledger(), [Lane(), Lane()], agent_for(SESSION)
    duel, told = Duel(), []
    for _ in range(ROUNDS):
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        s = wanting(SESSION, blocking=False)
        outcome(get_addr, s)
        fds = struct.pack('=QiiI', 20, socket.SOL_SOCKET, socket.SCM_RIGHTS, s.fileno()) + bytes(4)
        calls = [Call(SYS_SENDMSG, ours.fileno(), Message(b'x', fds), 0), close(s)]
        duel.aim(*calls)
        told.append(together(*zip(lanes, ([call] for call in calls)))[0][0])
        duel.won(told[-1] == 'EBADF')
        if told[-1] == 'ok':
            received = socket.recv_fds(theirs, 1, 1)[1][0]
            with socket.socket(fileno=received) as copy:
                if state(copy) != PENDING:
                    raise AssertionError('the request of a socket that was passed on is gone')
        ours.close()
        theirs.close()
    ok(set(told) <= {'ok', 'EBADF'}, f'pass on, close: {tally(told)}', told)
    end(agent, ledger)


def test_in_flight():
    """Sockets that are nowhere but on their way: their sessions live, until the way is closed."""
    ledger, agent = Ledger(), agent_for(SESSION)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    for _ in range(5):
        with wanting(SESSION, blocking=False) as s:
            outcome(get_addr, s)
            socket.send_fds(ours, [b'x'], [s.fileno()])
    with wanting(NONE) as s:
        wait_for(lambda: len(agent.sessions()) == 7, 'all sessions')
    wait_for(lambda: len(agent.sessions()) == 6, 'the dead one to be found')
    equal(agent.requests()[0]['waiters'], 5, 'sockets on their way wait on')
    lanes = [Lane(), Lane()]
    together((lanes[0], [close(ours)]), (lanes[1], [close(theirs)]))
    end(agent, ledger)


def test_dup_and_fork():
    """Copies in this process and in others, closed at the same moment: the session ends with the last."""
    ledger, lanes, agent = Ledger(), [Lane() for _ in range(4)], agent_for(SESSION)
    for _ in range(ROUNDS):
        s = wanting(SESSION, blocking=False)
        outcome(get_addr, s)
        copies = [s] + [s.dup() for _ in lanes[1:]]
        child = os.fork()
        if not child:
            os._exit(0)     # closes its copies while we close ours
        together(*((lane, [close(copy)]) for lane, copy in zip(lanes, copies)))
        os.waitpid(child, 0)
    wait_for(lambda: not agent.requests(), 'the requests to go')
    ok(True, f'{ROUNDS} times 8 copies are closed at once')
    end(agent, ledger)


def test_prefix_goes_and_bind():
    """The only prefix is deleted while a socket asks for it and binds to it."""
    ledger, lanes, nl, door = Ledger(), [Lane(ALICE), Lane()], Probe(), Probe()
    duel, told = Duel(), []
    for n in range(ROUNDS):
        ready(nl, A, SESSION)
        s = tcp() if n % 2 else udp()
        calls = [Ask(s, SESSION, BIND), Command(door, PREFIX_DEL, PREFIX, force=True, **network(A))]
        duel.aim(*calls)
        got, _ = (outcomes[0] for outcomes in together(*zip(lanes, ([call] for call in calls))))
        told.append(got)
        duel.won(got != 'address')
        if got == 'address' and not (in_prefix(calls[0].address(), A) and source(s) == calls[0].address() and state(s) == LOST):
            raise AssertionError(f'{calls[0].address()}, bound to {source(s)}, state {state(s)}')
        s.close()
    ok(set(told) <= {'address', 'EOPNOTSUPP', 'EADDRNOTAVAIL'}, f'bind, prefix del: {tally(told)}', told)
    end(nl, ledger)


def test_prefix_comes_and_goes():
    """Prefixes are added and deleted while two sockets wait for what comes; nobody holds what is gone and believes it is there."""
    ledger, lanes, agent, doors = Ledger(), [Lane(ALICE), Lane(ALICE), Lane(), Lane()], agent_for(SESSION), [Probe(), Probe()]
    told = []
    for n in range(ROUNDS):
        sockets = [udp(), udp()]
        work = [[Ask(s, SESSION, timeout=200)] for s in sockets]
        work += [[Command(doors[0], PREFIX_ADD, PREFIX, **spec(A, SESSION)) for _ in range(5)],
                 [Command(doors[1], PREFIX_DEL, PREFIX, force=True, **network(A)) for _ in range(5)]]
        work[3][0].delay = n * 20000
        told += [outcomes[0] for outcomes in together(*zip(lanes, work))[:2]]
        outcome(agent.prefix_del, A, force=True)
        for s in sockets:
            if state(s) not in (LOST, NONE, 5):
                raise AssertionError(f'state {state(s)} without a prefix')
            s.close()
    ok(set(told) <= {'address', 'ETIMEDOUT', 'EADDRNOTAVAIL'}, f'prefix add, prefix del, two who wait: {tally(told)}', told)
    end(agent, ledger)


def test_policy_and_ask():
    """Access is taken away and given back while somebody asks; each time he is told yes or no, and is served or not."""
    ledger, lanes, nl, door = Ledger(), [Lane(ALICE), Lane()], Probe(), Probe()
    address = ready(nl, A, SESSION)
    duel, told = Duel(), []
    for n in range(ROUNDS):
        access = (ACCESS_CAPABILITY, ACCESS_ALL)[n % 2]
        s = udp()
        ask = Ask(s, SESSION)
        change = Command(door, POLICY_SET, POLICY, type=SESSION, access=access, share_uid=n // 2 % 2, max_bytes=n // 4 % 2 * 10000,
                         max_age=n)
        duel.aim(ask, change)
        together((lanes[0], [ask]), (lanes[1], [change]))
        told.append(ask.outcome())
        duel.won((told[-1] == 'address') == (access == ACCESS_ALL))
        if told[-1] == 'address' and ask.address() != address:
            raise AssertionError(f'{ask.address()}, not {address}')
        s.close()
    ok(set(told) <= {'address', 'EACCES', 'EOPNOTSUPP'}, f'ask, policy: {tally(told)}', told)
    equal(ledger.count('forbidden'), told.count('EACCES'), 'each refusal is counted')
    nl.policy_set(type=SESSION, access=ACCESS_ALL, share_uid=0, max_bytes=0, max_age=0)
    end(nl, ledger)


def test_minds():
    """Three threads of a program cannot agree what one socket wants."""
    ledger, lanes, agent, door = Ledger(), [Lane(ALICE) for _ in range(3)], agent_for(SESSION, FIXED), Probe()
    agent_lane, told = Lane(), []
    for _ in range(ROUNDS):
        s = udp()
        cookie = agent.stats()['submitted'] + 1
        work = [[Ask(s, SESSION, timeout=100), Ask(s, FIXED, timeout=100)], [set_type(s, NONE), set_type(s, FIXED), set_type(s, NONE)],
                [Ask(s, FIXED, timeout=100), set_type(s, SESSION), GetAddr(s)]]
        refusals = [Command(door, REQUEST_DONE, REQUEST, cookie=cookie + n, error=errno.EACCES) for n in range(8)]
        got = together(*zip(lanes, work), (agent_lane, refusals))
        told += [verdict for outcomes in got[:3] for verdict in outcomes if verdict != 'ok']
        s.close()
    ok(set(told) <= {'EACCES', 'ECANCELED', 'ETIMEDOUT', 'EINVAL'}, f'minds: {tally(told)}', told)
    end(agent, ledger)


def test_notices_and_close():
    """Notices are queued while they are read, and while the socket is closed."""
    ledger, lanes, nl, door = Ledger(), [Lane(), Lane(), Lane()], Probe(), Probe()
    ready(nl, A, SESSION)
    duel, told = Duel(), []
    for _ in range(ROUNDS):
        s = udp()
        setsc(s, SESSION, EVENTS)
        flaps = [Command(door, PREFIX_CHANGE, PREFIX, preferred_lft=lft, **network(A)) for lft in 3 * [0, INFINITY]]
        reads = [Call(SYS_RECVMSG, s.fileno(), Message(bytes(256), bytes(256)), socket.MSG_ERRQUEUE | socket.MSG_DONTWAIT)
                 for _ in range(6)]
        end_of_it = close(s)
        duel.aim(flaps[0], end_of_it)
        got = together((lanes[0], flaps), (lanes[1], reads), (lanes[2], [end_of_it]))
        told += got[1]
        duel.won(got[1][-1] == 'EBADF')
    ok(set(told) <= {'ok', 'EAGAIN', 'EBADF'}, f'read notices, close: {tally(told)}', told)
    end(nl, ledger)


def test_abort_and_close():
    """Connections are aborted as their address goes, while they are closed."""
    ledger, lanes, nl, door = Ledger(), [Lane(), Lane()], Probe(), Probe()
    duel = Duel()
    for _ in range(ROUNDS // 2):
        ready(nl, A, NONPERSISTENT)
        s = tcp()
        setsc(s, NONPERSISTENT, BIND)
        peer = life.pair(s)
        calls = [close(s), Command(door, PREFIX_DEL, PREFIX, force=True, **network(A))]
        duel.aim(*calls)
        together(*zip(lanes, ([call] for call in calls)))
        peer.settimeout(20)
        got = outcome(peer.recv, 1)
        duel.won(got == 'ECONNRESET')
        if got not in (b'', 'ECONNRESET'):
            raise AssertionError(f'the peer is told {got}')
        peer.close()
    ok(True, f'abort, close: wins {duel.wins}')
    end(nl, ledger)


run(test_close_and_submit, test_close_and_answer, test_close_and_blocked, test_pass_on, test_in_flight, test_dup_and_fork,
    test_prefix_goes_and_bind, test_prefix_comes_and_goes, test_policy_and_ask, test_minds, test_notices_and_close, test_abort_and_close,
    timeout=240)
