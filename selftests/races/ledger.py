# SPDX-License-Identifier: GPL-2.0
"""What became of each request, as its events tell, against the counters of the module."""
import collections
import errno
import select
import socket

import netlink
from netlink import CANCELLED, FAILED, GRANTED, REQUEST_NTF
from odmm import FIXED, NONE, ON_NET
from people import ALICE, Person, ask
from tap import equal, ok, wait_for

SO_RCVBUFFORCE = 33
ENDS = (GRANTED, FAILED, CANCELLED)
# How a request fails of which no counter tells: whoever should have answered is gone, or what he has brought does not work.
UNCOUNTED = {errno.EOPNOTSUPP, errno.EADDRNOTAVAIL}


class Ledger:
    """Of the namespace in which it is made, from then on."""

    def __init__(self):
        self.nl = netlink.Odmm()
        self.nl.sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 26)
        self.nl.subscribe('events')
        self.asker = netlink.Odmm()
        # An account is forgotten with all that is wrong in it, once its user has nothing: so she keeps a socket.
        self.alice = Person(ALICE)
        self.alice.do(ask, 1, NONE)
        self.before = self.asker.stats()
        self.open, self.ends, self.wrong = set(), {}, []
        self.last = 0

    def read(self):
        """Takes down what has been said so far."""
        while select.select([self.nl], [], [], 0)[0]:
            for command, values in self.nl.events():
                if command == REQUEST_NTF:
                    self._note(values['cookie'], values['state'], values.get('error'))

    def _note(self, cookie, state, error):
        if cookie > self.last:
            self.open.add(cookie)
            self.last = cookie
        elif cookie not in self.open:
            self.wrong.append(f'request {cookie} is over and becomes {state}')
        if state in ENDS:
            self.open.discard(cookie)
            self.ends[cookie] = (state, error)

    def count(self, name):
        return self.asker.stats()[name] - self.before[name]

    def _ended(self, state, error=None):
        return sum(end[0] == state and error in (None, end[1]) for end in self.ends.values())

    def balance(self, refusal=errno.EACCES):
        """Points: each request has begun once and ended once, as counted; nothing is left, of the user who asked neither."""
        wait_for(lambda: not self.asker.stats()['requests'], 'no request to be open')
        wait_for(lambda: self.asker.stats()['sessions'] == 1, 'all sessions but that one to go')
        self.read()
        equal((self.wrong, self.open), ([], set()), f'{len(self.ends)} requests: each has a number of its own, and ends once')
        want = {'submitted': len(self.ends), 'granted': self._ended(GRANTED), 'cancelled': self._ended(CANCELLED),
                'refused': self._ended(FAILED, refusal), 'link_removed': self._ended(FAILED, errno.ENETDOWN)}
        equal({name: self.count(name) for name in want}, want, 'so the counters say')
        rest = {end[1] for end in self.ends.values() if end[0] == FAILED} - {refusal, errno.ENETDOWN}
        ok(rest <= UNCOUNTED, 'others fail for want of an agent, or of an address', rest)
        self._nothing_charged()

    def _nothing_charged(self):
        """Who has nothing can have the last that there is."""
        agent = netlink.Odmm()
        for prefix in agent.prefixes():
            agent.prefix_del(f"{prefix['prefix']}/{prefix['len']}", force=True)
        agent.claim(FIXED)
        before = agent.policy()
        agent.policy_set(sessions=2, pending=1, held=1)
        equal(self.alice.do(ask, 1, FIXED, flags=ON_NET), {'EINPROGRESS': 1}, 'and nothing is charged to the user who asked')
        self.alice.kill()
        agent.policy_set(**{name: before[name] for name in ('sessions', 'pending', 'held')})
        wait_for(lambda: not self.asker.stats()['sessions'], 'her sockets to go')
        agent.close()
        equal([self.asker.stats()[name] for name in ('sessions', 'requests', 'prefixes')], [0, 0, 0], 'nothing is left')


def tally(outcomes):
    return dict(sorted(collections.Counter(outcomes).items()))
