# SPDX-License-Identifier: GPL-2.0
"""System calls that are made at the same moment by threads on several CPUs: what collide.c does, and the calls that odmm has to do with."""
import ctypes
import ipaddress
import os
import random
import socket

from netlink import GENL_HEADER, encode
from odmm import SC_ADDR, SC_TYPE, SETSC, SETSC_STRUCT
from tap import error_name

SYS_CLOSE, SYS_SENDTO, SYS_BIND, SYS_SETSOCKOPT, SYS_GETSOCKOPT = 3, 44, 49, 54, 55      # x86-64
SYS_SENDMSG, SYS_RECVMSG, SYS_SETRESUID, SYS_TGKILL = 46, 47, 117, 234
SIGUSR1 = 10

_so = ctypes.CDLL(os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../build/selftests/collide.so'))
_so.collide_lane.restype = ctypes.c_void_p


class _Call(ctypes.Structure):
    _fields_ = [('number', ctypes.c_long), ('args', ctypes.c_long * 6), ('delay', ctypes.c_ulong), ('result', ctypes.c_long)]


class Call:
    """A system call to make; its outcome is 'ok' or the name of an errno."""

    def __init__(self, number, *args):
        self.number, self.args = number, args
        self.delay = 0
        self.result = None

    def raw(self):
        numbers = [ctypes.addressof(a) if isinstance(a, (ctypes.Array, ctypes.Structure)) else a for a in self.args]
        return _Call(self.number, (ctypes.c_long * 6)(*numbers), self.delay, 0)

    def outcome(self):
        return 'ok' if self.result >= 0 else error_name(-self.result)


class Ask(Call):
    """All of setsc(); the outcome is the address."""

    def __init__(self, s, wanted, flags=0, timeout=0):
        self.buffer = ctypes.create_string_buffer(SETSC_STRUCT.pack(wanted, flags, timeout, 0, bytes(16)), SETSC_STRUCT.size)
        length = (ctypes.c_uint32 * 1)(SETSC_STRUCT.size)
        super().__init__(SYS_GETSOCKOPT, s.fileno(), socket.IPPROTO_IPV6, SETSC, self.buffer, length)

    def outcome(self):
        return 'address' if self.result == 0 else super().outcome()

    def address(self):
        return str(ipaddress.IPv6Address(SETSC_STRUCT.unpack(self.buffer.raw)[4]))


class GetAddr(Call):
    """Asks again for what was wanted before."""

    def __init__(self, s):
        self.buffer = ctypes.create_string_buffer(16)
        super().__init__(SYS_GETSOCKOPT, s.fileno(), socket.IPPROTO_IPV6, SC_ADDR, self.buffer, (ctypes.c_uint32 * 1)(16))

    def outcome(self):
        return 'address' if self.result == 0 else super().outcome()


class Command(Call):
    """A command of the odmm family; @nl is a probe.Probe, as a refusal is an outcome too."""

    def __init__(self, nl, command, table, **values):
        message = nl.message(GENL_HEADER.pack(command, 1, 0) + encode(table, values))
        self.nl, self.seq = nl, nl.seq
        super().__init__(SYS_SENDTO, nl.fileno(), ctypes.create_string_buffer(message, len(message)), len(message), 0, 0, 0)

    def outcome(self):
        if self.result < 0:
            return super().outcome()
        return self.nl.answer(self.seq).error


class Message(ctypes.Structure):
    """struct msghdr, of one piece of data and one of control messages."""
    _fields_ = [('name', ctypes.c_long), ('name_len', ctypes.c_long), ('pieces', ctypes.c_long), ('n_pieces', ctypes.c_long),
                ('control', ctypes.c_long), ('control_len', ctypes.c_long), ('flags', ctypes.c_long)]

    def __init__(self, data, control):
        self.buffers = [ctypes.create_string_buffer(b, len(b)) for b in (data, control)]
        where = [ctypes.addressof(b) for b in self.buffers]
        self.piece = (ctypes.c_long * 2)(where[0], len(data))
        super().__init__(0, 0, ctypes.addressof(self.piece), 1, where[1], len(control), 0)


def set_type(s, wanted):
    return Call(SYS_SETSOCKOPT, s.fileno(), socket.IPPROTO_IPV6, SC_TYPE, (ctypes.c_int * 1)(wanted), 4)


def close(s):
    """Takes the file descriptor away from its owner."""
    return Call(SYS_CLOSE, s.detach())


def interrupt(lane):
    return Call(SYS_TGKILL, os.getpid(), lane.tid, SIGUSR1)


class Lane:
    """A thread that makes calls; @uid is whom they are charged to."""

    number = 0

    def __init__(self, uid=0):
        self.pointer = ctypes.c_void_p(_so.collide_lane(Lane.number))
        Lane.number += 1
        self.tid = _so.collide_tid(self.pointer)
        self.calls, self.loaded = [], None
        if uid:
            self.start(Call(SYS_SETRESUID, -1, uid, -1))
            self.join()

    def load(self, calls):
        self.calls = calls
        self.loaded = (_Call * len(calls))(*(call.raw() for call in calls))
        _so.collide_load(self.pointer, self.loaded, len(calls))

    def start(self, *calls):
        """Alone."""
        start((self, calls))

    def is_done(self):
        return bool(_so.collide_done(self.pointer))

    def join(self):
        """The outcomes of the calls that it was started with last."""
        _so.collide_join(self.pointer)
        for call, loaded in zip(self.calls, self.loaded):
            call.result = loaded.result
        return [call.outcome() for call in self.calls]


def start(*work):
    """Pairs of a lane and its calls, all at the same moment."""
    lanes = [lane for lane, _ in work]
    missing = ctypes.c_uint()
    for lane, calls in work:
        lane.load(list(calls))
        lane.missing = missing
    _so.collide_go((ctypes.c_void_p * len(lanes))(*(lane.pointer for lane in lanes)), len(lanes), ctypes.byref(missing))


def together(*work):
    """The same, and the outcomes of each lane."""
    start(*work)
    return [lane.join() for lane, _ in work]


class Duel:
    """
    Two calls, of which one wins. It has to start later the next time: so they come ever closer, and meet where either may win.
    """

    FURTHEST = 1 << 25

    def __init__(self, step=200):
        """@step is how much later, in turns of the loop: more for what takes long, or differs from time to time."""
        self.random = random.Random(0)
        self.handicap = 0       # of the first, or if negative of the second
        self.first_step = self.step = step
        self.last = None
        self.wins = [0, 0]

    def aim(self, first, second):
        first.delay = max(self.handicap, 0) + self.random.randrange(self.first_step)
        second.delay = max(-self.handicap, 0) + self.random.randrange(self.first_step)

    def won(self, second):
        """The second has, or the first."""
        second = bool(second)
        self.wins[second] += 1
        self.step = self.step * 2 if second == self.last else self.first_step
        self.last = second
        self.handicap += -self.step if second else self.step
        self.handicap = max(-self.FURTHEST, min(self.FURTHEST, self.handicap))
