# SPDX-License-Identifier: GPL-2.0
"""
The socket contract of linux/odmm.h for tests, and processes that wait.

getsockopt() of Python's sockets keeps the interpreter locked while it blocks. So whoever may block is a child process: Caller.
"""
import collections
import ctypes
import ipaddress
import os
import pickle
import select
import signal
import socket
import struct
import sys

from tap import error_name, wait_for

SC_TYPE, SC_FLAGS, SC_TIMEOUT, SC_ADDR, SC_STATUS, SETSC, SC_LIFETIME = range(8653, 8660)
NONE, FIXED, SESSION, NONPERSISTENT, GRACEFUL = range(5)
TYPES = (FIXED, SESSION, NONPERSISTENT, GRACEFUL)
ON_NET, BIND, EVENTS = 0x10000, 0x20000, 0x40000
IDLE, PENDING, GRANTED, DEPRECATED, LOST, FAILED = range(6)
EVENT_GRANTED, EVENT_FAILED, EVENT_DEPRECATED, EVENT_REPLACED, EVENT_LOST = range(1, 6)
INFINITY = 0xffffffff
NO_LIMIT = -1
IFA_PROTO_BASE = RTPROT = 0xd0

SETSC_STRUCT = struct.Struct('=IIiI16s')
STATUS_STRUCT = struct.Struct('=8I16s16s')
Status = collections.namedtuple('Status', 'size type flags state error ifindex valid_lft preferred_lft addr replacement')

NOTICE_STRUCT = struct.Struct('=8I16s16s')
Notice = collections.namedtuple('Notice', 'size event type error valid_lft preferred_lft missed reserved addr replacement')
EXTENDED_ERR_STRUCT = struct.Struct('=IBBBBII')
ExtendedErr = collections.namedtuple('ExtendedErr', 'errno origin type code pad info data')
ORIGIN_ODMM = 0xd0
IPV6_RECVERR = 25

SYS_GETSOCKOPT = 55     # x86-64
IP_BIND_ADDRESS_NO_PORT = 24
IPPROTO_MPTCP = 262

_libc = ctypes.CDLL(None, use_errno=True)


def tcp():
    return socket.socket(socket.AF_INET6, socket.SOCK_STREAM)


def udp():
    return socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)


def raw():
    return socket.socket(socket.AF_INET6, socket.SOCK_RAW, 253)     # RFC 3692: for experiments


def ping():
    return socket.socket(socket.AF_INET6, socket.SOCK_DGRAM, socket.IPPROTO_ICMPV6)


KINDS = (tcp, udp, raw, ping)


def wanting(wanted, kind=udp, flags=0, timeout=0, blocking=True, dev=None):
    """A socket that wants a type."""
    s = kind()
    if dev:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, dev.encode())
    s.setblocking(blocking)
    set_option(s, SC_TYPE, wanted)
    if flags:
        set_option(s, SC_FLAGS, flags)
    if timeout:
        set_option(s, SC_TIMEOUT, timeout)
    return s


def set_option(s, option, value):
    s.setsockopt(socket.IPPROTO_IPV6, option, value)


def get_option(s, option):
    return s.getsockopt(socket.IPPROTO_IPV6, option)


def get_addr(s):
    """May block."""
    return str(ipaddress.IPv6Address(s.getsockopt(socket.IPPROTO_IPV6, SC_ADDR, 16)))


def get_status(s):
    values = STATUS_STRUCT.unpack(s.getsockopt(socket.IPPROTO_IPV6, SC_STATUS, STATUS_STRUCT.size))
    return Status(*values[:8], *(str(ipaddress.IPv6Address(a)) for a in values[8:]))


def state(s):
    return get_status(s).state


def notice(s):
    """The next notice on the error queue, and the extended error that comes with it; None if there is none."""
    try:
        data, controls, _, _ = s.recvmsg(256, 256, socket.MSG_ERRQUEUE | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return None
    values = NOTICE_STRUCT.unpack(data)
    err = [ExtendedErr(*EXTENDED_ERR_STRUCT.unpack_from(value)) for level, kind, value in controls
           if (level, kind) == (socket.IPPROTO_IPV6, IPV6_RECVERR)]
    return Notice(*values[:8], *(str(ipaddress.IPv6Address(a)) for a in values[8:])), err[0]


def wait_notice(s):
    return wait_for(lambda: notice(s), 'a notice')[0]


def setsc(s, wanted, flags=0, timeout=0):
    """All of setsc() in one call; may block."""
    buffer = ctypes.create_string_buffer(SETSC_STRUCT.pack(wanted, flags, timeout, 0, bytes(16)), SETSC_STRUCT.size)
    length = ctypes.c_uint32(SETSC_STRUCT.size)
    if _libc.getsockopt(s.fileno(), socket.IPPROTO_IPV6, SETSC, buffer, ctypes.byref(length)):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return str(ipaddress.IPv6Address(SETSC_STRUCT.unpack(buffer.raw)[4]))


def source(s):
    """The address that a socket is bound to."""
    return s.getsockname()[0]


def in_prefix(address, prefix):
    return ipaddress.IPv6Address(address) in ipaddress.IPv6Network(prefix)


def close_all_but(*keep):
    """Sockets that the parent closes must not live on in a child; those that it works on are in @keep."""
    for name in os.listdir('/proc/self/fd'):
        if int(name) > 2 and int(name) not in keep:
            try:
                os.close(int(name))
            except OSError:
                pass


class Caller:
    """A child process that makes a call which may block."""

    def __init__(self, call, *args, uid=0, restart=False, **kwargs):
        self.pipe, answer = os.pipe()
        sys.stdout.flush()
        self.pid = os.fork()
        if not self.pid:
            close_all_but(answer, *(a.fileno() for a in args if hasattr(a, 'fileno')))
            self._child(answer, uid, restart, lambda: call(*args, **kwargs))
        os.close(answer)
        self.status = None

    @staticmethod
    def _child(answer, uid, restart, call):
        # A signal that is handled: whether the call goes on after it is what SA_RESTART says.
        signal.signal(signal.SIGUSR1, lambda *_: None)
        signal.siginterrupt(signal.SIGUSR1, not restart)
        if uid:
            os.setgroups([])
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
        try:
            value = call()
        except OSError as e:
            value = error_name(e.errno)
        except BaseException as e:
            value = repr(e)
        os.write(answer, pickle.dumps(value))
        # With its sockets open, until it is told to go: what it holds is then still held.
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
        signal.sigwait([signal.SIGTERM])
        os._exit(0)

    def blocked(self):
        """Whether it sleeps in getsockopt()."""
        try:
            with open(f'/proc/{self.pid}/syscall', encoding='ascii') as f:
                return f.read().split()[0] == str(SYS_GETSOCKOPT)
        except (ProcessLookupError, FileNotFoundError):
            return False

    def wait_blocked(self):
        wait_for(lambda: self.blocked() or self.returned(), 'a caller to block')
        if self.returned():
            raise AssertionError(f'caller did not block: {self.outcome()}')
        return self

    def returned(self):
        return bool(select.select([self.pipe], [], [], 0)[0])

    def outcome(self, timeout=20):
        """What the call gave, or the name of the errno it failed with; None if it was killed."""
        wait_for(self.returned, 'a caller to return', timeout)
        data = os.read(self.pipe, 65536)
        return pickle.loads(data) if data else None

    def interrupt(self, number=signal.SIGUSR1):
        os.kill(self.pid, number)

    def end(self, number=signal.SIGTERM):
        """Ends the process, and so closes what sockets it has alone."""
        if self.status is None:
            os.kill(self.pid, number)
            self.status = os.waitpid(self.pid, 0)[1]
        return self.status


def blocked_callers(n, call, *args, **kwargs):
    callers = [Caller(call, *args, **kwargs) for _ in range(n)]
    for caller in callers:
        caller.wait_blocked()
    return callers


def ask(wanted, kind=udp, **kwargs):
    """As an application does: a new socket, the wish, the address. The socket is kept open by being a global."""
    global _kept
    _kept = wanting(wanted, kind, **kwargs)
    return get_addr(_kept)


def request_waiting(nl, waiters=1, **match):
    """The one open request, once that many wait for it."""
    def found():
        fit = [r for r in nl.requests() if r['waiters'] == waiters and all(r.get(k) == v for k, v in match.items())]
        return fit[0] if fit else None
    return wait_for(found, f'a request with {waiters} waiters {match or ""}')


def ready(nl, prefix, wanted, dev='lo', **values):
    """Adds a prefix, waits until it serves, and returns its address."""
    nl.prefix_add(prefix, wanted, dev, **values)
    return wait_for(lambda: nl.prefix(prefix)['state'] and nl.prefix(prefix), f'{prefix} to be active')['address']
