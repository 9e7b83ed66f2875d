# SPDX-License-Identifier: GPL-2.0
"""What tests of the life of an address have in common: users of each kind, connections, and how prefixes go."""
import ipaddress
import select
import socket
import time

import netlink
import odmm
from tap import ok, wait_for

ANY_TIME = 20   # seconds after which nothing will come any more
SLACK = 3       # seconds that a busy host may take from an emulated machine


def _is(values, prefix):
    """Whether they are about that prefix, however it is written."""
    return ipaddress.IPv6Network((values['prefix'], values['len'])) == ipaddress.IPv6Network(prefix)


class Watch:
    """Hears what becomes of prefixes."""

    def __init__(self, *groups):
        self.nl = netlink.Odmm()
        self.nl.subscribe(*groups or ('events',))
        self.heard = []

    def close(self):
        self.nl.close()

    def _hear(self):
        while select.select([self.nl], [], [], 0)[0]:
            self.heard += [values for command, values in self.nl.events() if command == netlink.PREFIX_NTF]

    def news(self, prefix):
        """All that was heard of a prefix so far."""
        self._hear()
        return [v for v in self.heard if _is(v, prefix)]

    def states(self, prefix):
        return [v['state'] for v in self.news(prefix)]

    def is_gone(self, prefix):
        return netlink.GONE in self.states(prefix)

    def end(self, prefix, timeout=ANY_TIME):
        """Why a prefix is gone; waits for it."""
        wait_for(lambda: self.is_gone(prefix), f'{prefix} to go', timeout)
        return [v['end'] for v in self.news(prefix) if v['state'] == netlink.GONE][0]


def now():
    """Of the clock that the module has for lifetimes, too."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def took(begin, low, high, text):
    """A point: by now at least @low seconds have passed, and not many more than @high."""
    passed = now() - begin
    return ok(low <= passed < high + SLACK, f'{text}: after {low} to {high} s', f'{passed:.2f} s')


def hold(wanted, kind=odmm.udp, flags=odmm.BIND):
    """A socket in session, bound to what it holds."""
    s = kind()
    odmm.setsc(s, wanted, flags)
    return s


def by_hand(address, kind=odmm.udp):
    """A socket that never asked and is bound to an address."""
    s = kind()
    s.bind((address, 0))
    return s


def pair(s):
    """Connects a socket, and returns the other end."""
    with socket.create_server(('::1', 0), family=socket.AF_INET6) as listener:
        s.connect(listener.getsockname())
        return listener.accept()[0]


def child(address):
    """A connection that a listener of that address has accepted, and its client; the listener is closed."""
    with by_hand(address, odmm.tcp) as listener:
        listener.listen()
        client = socket.create_connection((address, listener.getsockname()[1]), source_address=('::1', 0))
        return listener.accept()[0], client


def fill(s):
    """Sends until the peer's window and all buffers are full."""
    s.setblocking(False)
    sent = 0
    try:
        while True:
            sent += s.send(bytes(65536))
    except BlockingIOError:
        return sent


def drain(s):
    """Reads all, up to the end; how much it was."""
    received = 0
    while data := s.recv(1 << 20):
        received += len(data)
    return received


def orphan(address):
    """The peer of a connection that was closed by us with data which the peer does not take; and how much it is."""
    s = by_hand(address, odmm.tcp)
    peer = pair(s)
    sent = fill(s)
    s.close()
    return peer, sent


def talk(s, peer):
    """Whether both directions work."""
    for one, two in ((s, peer), (peer, s)):
        one.settimeout(ANY_TIME)
        two.settimeout(ANY_TIME)
        one.send(b'x')
        if two.recv(1) != b'x':
            return False
    return True


def state_of(nl, prefix):
    """Of a prefix, or None if there is none."""
    found = [p['state'] for p in nl.prefixes() if _is(p, prefix)]
    return found[0] if found else None


def unused(nl, prefix):
    """Waits until nobody uses it."""
    wait_for(lambda: not nl.prefix(prefix)['users'], f'the users of {prefix} to go')
