# SPDX-License-Identifier: GPL-2.0
"""Processes of other users, of other groups and of user namespaces, that do what a test tells them."""
import ctypes
import os
import pickle
import select
import socket
import struct
import sys

from odmm import SYS_GETSOCKOPT, close_all_but, get_addr, wanting
from tap import outcome, wait_for

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
ALICE, BOB, CAROL = 2001, 2002, 2003
MESSAGE = 1 << 20
CAP_NET_ADMIN, CAP_NET_RAW = 12, 13
PR_SET_KEEPCAPS, LINUX_CAPABILITY_VERSION_3 = 8, 0x20080522

_libc = ctypes.CDLL(None, use_errno=True)
_kept = []      # sockets that this process has asked with


def become(uid, groups=()):
    """A plain user, whose own group has the same number."""
    if uid:
        os.setgroups(groups)
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)


def unshare(flags):
    if _libc.unshare(flags):
        raise OSError(ctypes.get_errno(), 'unshare')


def become_with(uid, capability):
    """A user with that capability and no other; as root, if uid is 0."""
    _libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)
    become(uid)
    mask = struct.pack('=I', 1 << capability)
    if _libc.capset(struct.pack('=Ii', LINUX_CAPABILITY_VERSION_3, 0), 2 * mask + bytes(16)):
        raise OSError(ctypes.get_errno(), 'capset')


def enter_userns(flags=0, owner=0):
    """
    Makes this process root of a user namespace that @owner has made. Its users are ours, 1 to 1, but for root: so they have no rights
    outside.
    """
    ready_r, ready_w = os.pipe()
    done_r, done_w = os.pipe()
    parent = os.getpid()
    helper = os.fork()
    if not helper:
        os.close(ready_w)
        os.read(ready_r, 1)
        for name in ('uid_map', 'gid_map'):
            with open(f'/proc/{parent}/{name}', 'w', encoding='ascii') as f:
                f.write('0 100000 1\n2000 2000 100')
        os.write(done_w, b'x')
        os._exit(0)
    become(owner)
    unshare(CLONE_NEWUSER | flags)
    os.write(ready_w, b'x')
    os.read(done_r, 1)
    os.waitpid(helper, 0)
    for fd in (ready_r, ready_w, done_r, done_w):
        os.close(fd)
    os.setgroups([])
    os.setresgid(0, 0, 0)
    os.setresuid(0, 0, 0)


def in_child(call, *args):
    """What a call gives in a process of its own, that may change what it is."""
    readable, writable = os.pipe()
    sys.stdout.flush()
    pid = os.fork()
    if not pid:
        os.close(readable)
        try:
            value = call(*args)
        except BaseException as e:      # pylint: disable=broad-except
            value = repr(e)
        with os.fdopen(writable, 'wb') as pipe:
            pipe.write(pickle.dumps(value))
        os._exit(0)
    os.close(writable)
    with os.fdopen(readable, 'rb') as pipe:
        value = pickle.loads(pipe.read())
    os.waitpid(pid, 0)
    return value


class Person:
    """
    A process of a user, that does one thing after the other and lives as long as the test. @be() makes it something else. Sockets in
    @keep it shares with us.
    """

    all = []

    def __init__(self, uid=0, groups=(), keep=(), be=None):
        self.line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        sys.stdout.flush()
        self.pid = os.fork()
        if not self.pid:
            close_all_but(theirs.fileno(), *(s.fileno() for s in keep))
            self._live(theirs, be or (lambda: become(uid, groups)))
        theirs.close()
        self.all.append(self)
        answer = self.result()
        if answer is not None:
            raise RuntimeError(f'no such person: {answer}')

    @staticmethod
    def _live(line, be):
        answer = _answer(be, (), {})
        while True:
            line.send(pickle.dumps(answer))
            order = line.recv(MESSAGE)
            if not order:
                os._exit(0)
            answer = _answer(*pickle.loads(order))

    def start(self, call, *args, **kwargs):
        """Tells it what to do, which may block: a function that the test program has by name."""
        self.line.send(pickle.dumps((call, args, kwargs)))
        return self

    def returned(self):
        return bool(select.select([self.line], [], [], 0)[0])

    def result(self):
        """What that gave, or the name of the errno it failed with."""
        wait_for(self.returned, 'a person to return', 60)
        return pickle.loads(self.line.recv(MESSAGE))

    def do(self, call, *args, **kwargs):
        return self.start(call, *args, **kwargs).result()

    def wait_blocked(self):
        """Until it sleeps in getsockopt()."""
        wait_for(lambda: self._syscall() == SYS_GETSOCKOPT or self.returned(), 'a person to block')
        if self.returned():
            raise AssertionError(f'did not block: {self.result()}')
        return self

    def _syscall(self):
        with open(f'/proc/{self.pid}/syscall', encoding='ascii') as f:
            number = f.read().split()[0]
        return int(number) if number.isdigit() else None

    def kill(self):
        """Ends it, and closes what sockets it has alone."""
        os.kill(self.pid, 9)
        os.waitpid(self.pid, 0)
        self.line.close()


def _answer(call, args, kwargs):
    try:
        return outcome(call, *args, **kwargs)
    except BaseException as e:      # pylint: disable=broad-except
        return repr(e)


# What people do. They keep the sockets that they have asked with, newest last.

def ask(n, wanted, **kwargs):
    """Asks with so many new sockets, without waiting: how often each outcome came; addresses are one outcome."""
    return _count(_ask_one(wanted, kwargs) for _ in range(n))


def _ask_one(wanted, kwargs):
    s = outcome(wanting, wanted, blocking=False, **kwargs)
    if isinstance(s, str):
        return s
    _kept.append(s)
    return outcome(get_addr, s)


def _count(outcomes):
    counts = {}
    for what in outcomes:
        what = 'address' if ':' in what else what
        counts[what] = counts.get(what, 0) + 1
    return counts


def ask_again(**kwargs):
    """The same with the sockets that are there already."""
    return _count(outcome(get_addr, s, **kwargs) for s in _kept)


def kept(call, *args):
    """What a call gives for each socket."""
    return [outcome(call, s, *args) for s in _kept]


def close(n=None):
    """Closes the oldest sockets, or all."""
    for s in _kept[:n]:
        s.close()
    del _kept[:n]
