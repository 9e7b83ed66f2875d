#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
What the kernel hands out has nothing in it that was left in its memory: the same question has the same answer, to the last byte,
whatever is asked in between and whatever was in the caller's buffer; and behind the answer nothing is written.
"""
import ctypes
import os
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../lib'))

# pylint: disable=wrong-import-position
from netlink import (ACTIVE, AGENT, AGENT_GET, NLM_F_DUMP, POLICY, POLICY_GET, PREFIX, PREFIX_GET, REQUEST_GET, SESSION_GET, Odmm, encode)
from odmm import (EVENTS, FIXED, GRACEFUL, GRANTED, NONPERSISTENT, SC_ADDR, SC_FLAGS, SC_LIFETIME, SC_STATUS, SC_TIMEOUT, SC_TYPE, SESSION, SETSC,
                  SETSC_STRUCT, get_addr, get_status, ready, udp, wanting)
from people import ALICE, Person
from tap import equal, ok, outcome, run, wait_for

P, Q = '2001:db8:51::/64', '2001:db8:52::/64'
ROOM = 256
ROUNDS = 8
LENGTHS = {SC_TYPE: (4, 5, 200), SC_FLAGS: (4, 200), SC_TIMEOUT: (4, 200), SC_LIFETIME: (4, 200), SC_ADDR: (16, 17, 200),
           SC_STATUS: (4, 5, 31, 33, 63, 64, 65, 200)}
WISH = SETSC_STRUCT.pack(SESSION, 0, 1, 0, bytes(16))

_libc = ctypes.CDLL(None, use_errno=True)


def stir():
    """Other calls, that leave other things in the kernel's memory."""
    os.stat('/proc/self/stat')
    os.listdir('/proc/self/net')
    with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as s:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        s.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 232)
    os.urandom(512)


def get(s, option, length, fill, begin=b''):
    """The answer in a buffer that was full of a byte, its length or the error, and whether the rest still is."""
    before = begin + bytes([fill]) * (ROOM - len(begin))
    buffer = (ctypes.c_char * ROOM).from_buffer_copy(before)
    size = ctypes.c_uint32(length)
    error = _libc.getsockopt(s.fileno(), socket.IPPROTO_IPV6, option, buffer, ctypes.byref(size)) and ctypes.get_errno()
    written = 0 if error else size.value
    return error, buffer.raw[:written], buffer.raw[written:] == before[written:]


def same_again(ask):
    """Whether all answers are the same."""
    answers = []
    for n in range(ROUNDS):
        answers.append(ask(0xff if n % 2 else 0))
        stir()
    return len(set(answers)) == 1 and answers[0][-1], answers


def options_in(state, s):
    """A point for a socket in some state."""
    bad = []
    for option, lengths in LENGTHS.items():
        for length in lengths:
            good, answers = same_again(lambda fill, o=option, n=length: get(s, o, n, fill))
            if not good:
                bad.append((option, length, answers))
    ok(not bad, f'{state}: each option of each length', bad)


def sockets_of(nl):
    """One in each state that lasts."""
    yield 'never asked', udp()
    yield 'wants', wanting(SESSION)
    holds = wanting(SESSION)
    get_addr(holds)
    yield 'holds', holds
    waits = wanting(GRACEFUL, blocking=False, timeout=-1)
    outcome(get_addr, waits)
    yield 'waits', waits
    refused = wanting(NONPERSISTENT)
    outcome(get_addr, refused)
    yield 'was refused', refused
    lost = wanting(FIXED)
    get_addr(lost)
    nl.prefix_del(Q, force=True)
    wait_for(lambda: get_status(lost).state != GRANTED, 'the address to be lost')
    yield 'has lost', lost


def options():
    nl = Odmm()
    nl.claim(GRACEFUL)
    ready(nl, P, SESSION)
    ready(nl, Q, FIXED)
    for state, s in sockets_of(nl):
        options_in(state, s)


def the_whole_call():
    """What is behind the address stays, and what is in front of it."""
    nl = Odmm()
    ready(nl, P, SESSION)
    s = udp()
    for length in (32, 33, 200):
        begin = WISH + bytes(length - len(WISH))
        good, answers = same_again(lambda fill, n=length, b=begin: get(s, SETSC, n, fill, b))
        ok(good and answers[0][1][:16] == WISH[:16], f'a wish of {length} bytes', answers)


def read_notice(s, fill):
    """Data, length and what comes along, in a buffer that was full of a byte."""
    buffer = bytearray([fill]) * ROOM
    n, controls, _, _ = s.recvmsg_into([buffer], ROOM, socket.MSG_ERRQUEUE)
    return bytes(buffer[:n]), str(controls), buffer[n:] == bytes([fill]) * (ROOM - n)


def notices():
    """The address in them is new each time: the rest is the same."""
    nl = Odmm()
    nl.claim(GRACEFUL)
    seen = []
    for n in range(ROUNDS):
        s = wanting(GRACEFUL, flags=EVENTS, blocking=False, timeout=-1)
        outcome(get_addr, s)
        nl.prefix_add(P, GRACEFUL, cookie=wait_for(nl.requests, 'the request')[0]['cookie'])
        data, controls, rest = wait_for(lambda s=s, n=n: notice_or_none(s, 0xff if n % 2 else 0), 'a notice')
        seen.append((data[:32], data[48:], controls, rest))
        nl.prefix_del(P, force=True)
        s.close()
        stir()
    ok(len(set(seen)) == 1 and seen[0][-1], 'notices', seen)


def notice_or_none(s, fill):
    got = outcome(read_notice, s, fill)
    return None if isinstance(got, str) else got


def questions(nl):
    """Netlink questions that a plain user may ask, by name."""
    network = {'prefix': P.split('/', maxsplit=1)[0], 'len': 64}
    yield 'a prefix', lambda: nl.raw(PREFIX_GET, encode(PREFIX, network))
    yield 'a claim', lambda: nl.raw(AGENT_GET, encode(AGENT, {'id': nl.agents()[0]['id']}))
    yield 'a policy', lambda: nl.raw(POLICY_GET, encode(POLICY, {'type': SESSION}))
    for name, command in (('prefixes', PREFIX_GET), ('requests', REQUEST_GET), ('claims', AGENT_GET), ('sessions', SESSION_GET),
                          ('policies', POLICY_GET)):
        yield f'all {name}', lambda c=command: nl.raw(c, flags=NLM_F_DUMP)


def ask_all():
    """As somebody else: the names of the questions with different answers."""
    nl = Odmm()
    with wanting(SESSION) as s:
        get_addr(s)
        bad = []
        for name, ask in questions(nl):
            answers = set()
            for _ in range(ROUNDS):
                answers.add(b'|'.join(ask()))
                stir()
            if len(answers) != 1:
                bad.append((name, answers))
        return bad


def answers_by_netlink():
    nl = Odmm()
    nl.claim(GRACEFUL)
    equal(ready(nl, P, SESSION) and nl.prefix(P)['state'], ACTIVE, 'a prefix')
    equal(Person(ALICE).do(ask_all), [], 'each answer to a plain user is the same again')


run(options, the_whole_call, notices, answers_by_netlink)
